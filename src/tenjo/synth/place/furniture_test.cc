#include "tenjo/synth/place/furniture.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "tenjo/base/crc32.h"
#include "tenjo/base/error.h"
#include "tenjo/base/packed_file.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

std::filesystem::path AssetPath() { return testing::SourceDir() / "assets" / "furniture.bin"; }

void Put32(std::string& data, std::size_t at, std::uint32_t value) {
  std::memcpy(data.data() + at, &value, 4);
}

//! The same bytes with a checksum that fits, so that damage gets past it.
std::string Resealed(std::string data) {
  Put32(data, 12, Crc32(std::string_view(data).substr(16)));
  return data;
}

TEST(Furniture, ModelsAreWholeAndSized) {
  const auto asset = FurnitureAsset::Load(AssetPath());
  EXPECT_LE(std::filesystem::file_size(AssetPath()), 2'000'000U);
  std::set<std::string> names;
  for (const FurnitureModel& model : asset->impl->models) {
    EXPECT_TRUE(names.insert(model.name).second);
    EXPECT_GT(model.size.minCoeff(), 0.01F) << model.name;
    EXPECT_LT(model.size.maxCoeff(), 3.5F) << model.name;
    std::size_t triangles = 0;
    Vec3f low = Vec3f::Constant(1e9F);
    Vec3f high = -low;
    for (const FurniturePiece& piece : model.pieces) {
      ASSERT_EQ(piece.positions.size(), piece.normals.size());
      triangles += piece.triangles.size();
      for (std::size_t i = 0; i < piece.positions.size(); ++i) {
        low = low.cwiseMin(piece.positions[i]);
        high = high.cwiseMax(piece.positions[i]);
        ASSERT_NEAR(piece.normals[i].norm(), 1, 1e-3) << model.name;
      }
      for (const auto& t : piece.triangles) {
        ASSERT_LT(std::max({t[0], t[1], t[2]}), piece.positions.size());
      }
    }
    EXPECT_LT((high - low - model.size).cwiseAbs().maxCoeff(), 2e-3F) << model.name;
    EXPECT_NEAR(low.z(), 0, 1e-3) << model.name;
    EXPECT_LE(triangles, 1500U) << model.name;
    EXPECT_GE(triangles, 50U) << model.name;
  }
}

TEST(Furniture, ChairsFaceForwardAndCanBeSatOn) {
  const auto asset = FurnitureAsset::Load(AssetPath());
  for (const FurnitureModel& model : asset->impl->models) {
    if (model.kind != "chair" && model.kind != "office_chair" && model.kind != "lounge_chair") {
      continue;
    }
    ASSERT_EQ(model.seats.size(), 1U) << model.name;
    EXPECT_GT(model.seats[0].height_m, 0.3F) << model.name;
    EXPECT_LT(model.seats[0].height_m, 0.6F) << model.name;
    // What is well above the seat is the back, behind the middle.
    double x = 0;
    int count = 0;
    for (const FurniturePiece& piece : model.pieces) {
      for (const Vec3f& p : piece.positions) {
        if (p.z() > 0.8F * model.size.z()) {
          x += p.x();
          ++count;
        }
      }
    }
    EXPECT_LT(x / count, -0.05 * model.size.x()) << model.name;
  }
}

TEST(Furniture, SplitsShareNothing) {
  const auto asset = FurnitureAsset::Load(AssetPath());
  for (const char* kind :
       {"chair", "bar_stool", "lounge_chair", "small_plant", "sofa", "plant", "bookcase"}) {
    const auto train = asset->impl->Of(kind, PlaceSplit::kTrain);
    const auto test = asset->impl->Of(kind, PlaceSplit::kTest);
    EXPECT_FALSE(train.empty()) << kind;
    EXPECT_FALSE(test.empty()) << kind;
    for (const FurnitureModel* model : train) {
      EXPECT_EQ(std::count(test.begin(), test.end(), model), 0) << kind;
    }
  }
}

TEST(Furniture, MissingFileIsAnError) {
  EXPECT_THROW(FurnitureAsset::Load("/nowhere/furniture.bin"), Error);
}

TEST(Furniture, EveryDamageIsAnError) {
  const std::string whole = ReadPackedFile(AssetPath(), 8U << 20U);
  Random random(1);
  for (int i = 0; i < 60; ++i) {
    std::string cut =
        whole.substr(0, static_cast<std::size_t>(random.Index(static_cast<int>(whole.size()))));
    EXPECT_THROW(ParseFurniture(cut, "cut"), Error);
    std::string flipped = whole;
    char& byte = flipped[static_cast<std::size_t>(random.Index(static_cast<int>(whole.size())))];
    byte = static_cast<char>(byte ^ (1 << random.Index(8)));
    EXPECT_THROW(ParseFurniture(flipped, "flipped"), Error);
  }
  EXPECT_THROW(ParseFurniture("", "empty"), Error);
  EXPECT_THROW(ParseFurniture(whole + "x", "longer"), Error);
  EXPECT_THROW(ParseFurniture(Resealed(whole + "x"), "longer"), Error);
}

TEST(Furniture, GarbageWithARightChecksumIsAnErrorOrReadsSafely) {
  const std::string whole = ReadPackedFile(AssetPath(), 8U << 20U).substr(0, 30000);
  Random random(2);
  for (int i = 0; i < 300; ++i) {
    std::string data = whole;
    const int changes = random.Integer(1, 12);
    for (int k = 0; k < changes; ++k) {
      const auto at = 16 + static_cast<std::size_t>(
                               random.Index(i % 2 == 0 ? 200 : static_cast<int>(data.size()) - 16));
      data[at] = static_cast<char>(random.Index(256));
    }
    if (i % 3 == 0) {  // few models, so that parsing can come to an end
      Put32(data, 16, static_cast<std::uint32_t>(random.Index(4)));
    }
    try {
      ParseFurniture(Resealed(data), "garbage");
    } catch (const Error&) {
    }
  }
}

}  // namespace
}  // namespace tenjo::synth
