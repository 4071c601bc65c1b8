#include "tenjo/synth/people/dye.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tenjo/synth/people/wardrobe_outfit.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

struct Someone {
  BodyShape shape;
  OutfitPtr outfit;
};

Someone Draw(std::uint64_t seed, OutfitSplit split = OutfitSplit::kTrain) {
  Random random(seed, 21);
  Someone someone;
  someone.shape = DrawBodyShape(Asset(), random);
  someone.outfit = DrawOutfit(Asset(), someone.shape, random, split);
  return someone;
}

bool IsCloth(const Outfit& outfit, std::size_t piece) {
  return piece >= outfit.first_cloth && piece < outfit.first_cloth + outfit.cloth_pieces;
}

void ExpectSameCut(const Outfit& a, const Outfit& b) {
  ASSERT_EQ(a.pieces.size(), b.pieces.size());
  ASSERT_EQ(a.drapes.size(), b.drapes.size());
  for (std::size_t i = 0; i < a.pieces.size(); ++i) {
    EXPECT_EQ(a.pieces[i].positions, b.pieces[i].positions);
    EXPECT_EQ(a.pieces[i].triangles, b.pieces[i].triangles);
  }
}

TEST(Dye, AfreshChangesColoursAndNotTheCutNorTheSkin) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Someone someone = Draw(seed);
    Random random(seed);
    const OutfitPtr other = DyeAfresh(*someone.outfit, someone.shape, random);
    ExpectSameCut(*someone.outfit, *other);
    int changed = 0;
    int cloth = 0;
    for (std::size_t i = 0; i < other->pieces.size(); ++i) {
      const Material& before = someone.outfit->pieces[i].material;
      const Material& after = other->pieces[i].material;
      EXPECT_EQ(before.pattern, after.pattern);
      if (before.pattern == Pattern::kSkin) {
        EXPECT_EQ(before.a, after.a);
      }
      if (IsCloth(*other, i)) {
        EXPECT_FALSE(IsHeldOutColour(after.a));
        ++cloth;
        changed += before.a != after.a ? 1 : 0;
      }
    }
    EXPECT_GE(2 * changed, cloth) << seed;
  }
}

TEST(Dye, PiecesOfOneClothStayOfOneCloth) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const Someone someone = Draw(seed);
    Random random(seed);
    const OutfitPtr other = DyeAfresh(*someone.outfit, someone.shape, random);
    std::map<std::uint32_t, Vec3f> colours;  // by the old cloth
    const auto look = [&](const Material& before, const Material& after) {
      if (before.seed != 0) {
        const auto [found, fresh] = colours.try_emplace(before.seed, after.a);
        EXPECT_EQ(found->second, after.a);
      }
    };
    for (std::size_t i = 0; i < other->pieces.size(); ++i) {
      if (IsCloth(*other, i)) {
        look(someone.outfit->pieces[i].material, other->pieces[i].material);
      }
    }
    for (std::size_t i = 0; i < other->drapes.size(); ++i) {
      look(someone.outfit->drapes[i].material(), other->drapes[i].material());
    }
  }
}

TEST(Dye, AlikeIsAlike) {
  Random random(7);
  const Uniform uniform = DrawUniform(OutfitSplit::kTest, random);
  std::set<std::array<float, 3>> colours;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const OutfitPtr outfit = DyeAlike(*Draw(seed, OutfitSplit::kTest).outfit, uniform);
    for (std::size_t i = 0; i < outfit->pieces.size(); ++i) {
      const Material& material = outfit->pieces[i].material;
      if (IsCloth(*outfit, i) && material.seed != 0) {
        EXPECT_EQ(material.pattern, Pattern::kPlain);
        colours.insert({material.a.x(), material.a.y(), material.a.z()});
      }
    }
  }
  EXPECT_LE(colours.size(), 3U);  // upper, lower, shoes
}

TEST(Dye, PicturesComeOnSomeCloth) {
  int pictures = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Someone someone = Draw(seed);
    Random random(seed);
    const OutfitPtr other = DyeWithPictures(*someone.outfit, 3, random);
    ExpectSameCut(*someone.outfit, *other);
    for (std::size_t i = 0; i < other->pieces.size(); ++i) {
      const Material& material = other->pieces[i].material;
      if (material.pattern == Pattern::kTexture) {
        EXPECT_TRUE(IsCloth(*other, i));
        EXPECT_TRUE(material.texture >= 0 && material.texture < 3);
        ++pictures;
      }
    }
  }
  EXPECT_GT(pictures, 3);
}

}  // namespace
}  // namespace tenjo::synth
