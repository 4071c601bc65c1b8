#include "tenjo/synth/people/dye.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>

#include "tenjo/synth/people/wardrobe_outfit.h"

namespace tenjo::synth {
namespace {

using OwnOutfit = std::unique_ptr<Outfit, OutfitDeleter>;

//! Parts of a body's height that tell what a piece is worn as.
constexpr float kShoesBelow = 0.10F;
constexpr float kWaist = 0.53F;

//! Mean height at rest, metres.
float HeightOf(const Piece& piece) {
  float sum = 0;
  for (const Vec3f& place : piece.pattern) {
    sum += place.z();
  }
  return piece.pattern.empty() ? 0 : sum / static_cast<float>(piece.pattern.size());
}

ClothUse UseOf(float height_m, float body_m) {
  if (height_m < kShoesBelow * body_m) {
    return ClothUse::kShoe;
  }
  return height_m < kWaist * body_m ? ClothUse::kTrousers : ClothUse::kTop;
}

//! Height of the body that the outfit was cut to.
float BodyHeight(const Outfit& outfit) {
  float top = 1;
  for (const Piece& piece : outfit.pieces) {
    for (const Vec3f& place : piece.positions) {
      top = std::max(top, place.z());
    }
  }
  return top;
}

//! The same shape in other cloth. Pieces of one old material stay of one material.
OutfitPtr Dyed(const Outfit& outfit,
               const std::function<Material(const Material&, ClothUse)>& dye) {
  OwnOutfit dyed(new Outfit(outfit));
  const float body_m = BodyHeight(outfit);
  std::map<std::uint32_t, Material> known;  // by the old one's seed
  const auto change = [&](const Material& old, ClothUse use) {
    if (old.seed == 0) {
      return old;  // buttons and the like
    }
    const auto [found, fresh] = known.try_emplace(old.seed);
    if (fresh) {
      found->second = dye(old, use);
    }
    return found->second;
  };
  for (std::size_t i = 0; i < dyed->cloth_pieces; ++i) {
    Piece& piece = dyed->pieces[dyed->first_cloth + i];
    piece.material = change(piece.material, UseOf(HeightOf(piece), body_m));
  }
  for (Drape& drape : dyed->drapes) {
    // A skirt hangs below the waist; a coat's lower part is of the coat's own cloth.
    drape.SetMaterial(change(drape.material(), ClothUse::kSkirt));
  }
  return dyed;
}

bool IsUsedUp(Pattern pattern) { return pattern == Pattern::kKnit || pattern == Pattern::kDenim; }

//! Another cloth of the same kind.
Material Afresh(const Material& old, ClothUse use, OutfitSplit split, Random& random) {
  Material fresh =
      ClothMaterial(old.pattern == Pattern::kDenim ? ClothUse::kDenim : use, split, random);
  fresh.pattern = old.pattern;
  fresh.scale = old.scale * random.Uniform(0.8F, 1.25F);
  fresh.gloss = old.gloss;
  fresh.roughness = old.roughness;
  if (IsUsedUp(old.pattern)) {
    fresh.b = 0.6F * fresh.a;
  } else if (old.pattern == Pattern::kSpeckle) {
    fresh.b = 0.65F * fresh.a + 0.35F * fresh.b;
  }
  return fresh;
}

}  // namespace

OutfitPtr DyeAfresh(const Outfit& outfit, const BodyShape& shape, Random& random) {
  const OutfitSplit split = outfit.style.split;
  const OutfitPtr cloth = Dyed(
      outfit, [&](const Material& old, ClothUse use) { return Afresh(old, use, split, random); });
  OwnOutfit dyed(new Outfit(*cloth));
  const Material hair = HairMaterial(shape.age_years, shape.skin, split, random);
  std::map<std::uint32_t, Material> things;
  for (std::size_t i = 0; i < dyed->pieces.size(); ++i) {
    Material& material = dyed->pieces[i].material;
    if (material.pattern == Pattern::kHair) {
      material = hair;
    } else if (i >= dyed->first_thing) {
      const auto [found, fresh] = things.try_emplace(material.seed);
      if (fresh) {
        found->second = Afresh(material, ClothUse::kBag, split, random);
      }
      if (material.seed != 0) {  // buckles, lenses and the like stay
        material = found->second;
      }
    }
  }
  return dyed;
}

Uniform DrawUniform(OutfitSplit split, Random& random) {
  const auto plain = [&](ClothUse use) {
    Material material = ClothMaterial(use, split, random);
    material.pattern = Pattern::kPlain;
    return material;
  };
  return {plain(ClothUse::kTop), plain(ClothUse::kTrousers), plain(ClothUse::kShoe),
          plain(ClothUse::kBag)};
}

OutfitPtr DyeAlike(const Outfit& outfit, const Uniform& uniform) {
  const OutfitPtr cloth = Dyed(outfit, [&](const Material& old, ClothUse use) {
    Material worn = use == ClothUse::kShoe                                  ? uniform.shoes
                    : use == ClothUse::kTrousers || use == ClothUse::kSkirt ? uniform.lower
                                                                            : uniform.upper;
    worn.seed = old.seed;
    return worn;
  });
  OwnOutfit dyed(new Outfit(*cloth));
  for (std::size_t i = dyed->first_thing; i < dyed->pieces.size(); ++i) {
    Material& material = dyed->pieces[i].material;
    if (material.seed != 0) {
      const std::uint32_t seed = material.seed;
      material = uniform.bag;
      material.seed = seed;
    }
  }
  return dyed;
}

OutfitPtr DyeWithPictures(const Outfit& outfit, int textures, Random& random) {
  constexpr float kPictures = 0.3F;  // of the garments
  return Dyed(outfit, [&](const Material& old, ClothUse use) {
    const bool picture = use != ClothUse::kShoe && random.Chance(kPictures);
    Material material = old;
    if (picture) {
      material.pattern = Pattern::kTexture;
      material.texture = random.Index(textures);
      material.scale = random.Uniform(1.2F, 5);  // pictures a metre
    }
    return material;
  });
}

}  // namespace tenjo::synth
