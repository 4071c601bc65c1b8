#include "tenjo/synth/people/body.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "tenjo/base/error.h"
#include "tenjo/base/packed_file.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

using testing::SourceDir;
using testing::TempDir;

std::filesystem::path AssetPath() { return SourceDir() / "assets" / "body.bin"; }

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(AssetPath());
  return *asset;
}

void WriteAll(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// zlib's checksum, bit by bit.
std::uint32_t SlowCrc(const std::string& bytes, std::size_t from) {
  std::uint32_t crc = 0xffffffffU;
  for (std::size_t i = from; i < bytes.size(); ++i) {
    crc ^= static_cast<std::uint8_t>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1U) ^ (0xedb88320U & (0U - (crc & 1U)));
    }
  }
  return ~crc;
}

std::vector<int> VerticesOf(const BodyAsset& asset, BodyGroup group) {
  std::set<int> vertices;
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] == group) {
      vertices.insert(asset.quads[q].begin(), asset.quads[q].end());
    }
  }
  return {vertices.begin(), vertices.end()};
}

// Signed volume by the divergence theorem: positive where faces look outwards.
double Volume(const BodyAsset& asset, const std::vector<Vec3f>& positions, BodyGroup group) {
  double volume = 0;
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] == group) {
      const auto& c = asset.quads[q];
      for (const auto& [i, j, k] : {std::array{0, 1, 2}, std::array{0, 2, 3}}) {
        volume += positions[c[static_cast<std::size_t>(i)]].cast<double>().dot(
                      positions[c[static_cast<std::size_t>(j)]].cast<double>().cross(
                          positions[c[static_cast<std::size_t>(k)]].cast<double>())) /
                  6;
      }
    }
  }
  return volume;
}

TEST(BodyAsset, HoldsTheGroupsAndTheRig) {
  const BodyAsset& asset = Asset();
  EXPECT_EQ(asset.bone_names.size(), asset.parents.size());
  EXPECT_GE(asset.bone_names.size(), 42U);
  EXPECT_EQ(asset.quads.size(), asset.quad_groups.size());
  EXPECT_EQ(asset.quads.size(), asset.quad_bones.size());
  EXPECT_EQ(VerticesOf(asset, BodyGroup::kBody).size(), 13380U);
  for (int group = 0; group < kNumBodyGroups; ++group) {
    EXPECT_FALSE(VerticesOf(asset, static_cast<BodyGroup>(group)).empty()) << group;
  }
  EXPECT_EQ(asset.vertex(297), 297);
  EXPECT_EQ(asset.parents[static_cast<std::size_t>(asset.bone("lowerarm01.L"))],
            asset.bone("upperarm02.L"));
  EXPECT_THROW(asset.bone("tail"), CheckFailure);
  EXPECT_THROW(asset.point("tail"), CheckFailure);
  EXPECT_THROW(asset.vertex(13700), CheckFailure);  // a joint cube: not in the asset
}

TEST(BodyAsset, StaysSmall) { EXPECT_LT(std::filesystem::file_size(AssetPath()), 3U << 20U); }

TEST(BodyAsset, SaysWhatIsWrongWithAFile) {
  const TempDir dir;
  const auto message = [](const std::filesystem::path& path) -> std::string {
    try {
      BodyAsset::Load(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message(dir / "absent.bin").find("cannot be read"), std::string::npos);
  WriteAll(dir / "empty.bin", "");
  EXPECT_NE(message(dir / "empty.bin").find("too short"), std::string::npos);
  const std::string good = ReadPackedFile(AssetPath(), 8U << 20U);
  WriteAll(dir / "other.bin", "GIF89a" + good.substr(6));
  EXPECT_NE(message(dir / "other.bin").find("TENJOBDY"), std::string::npos);
  std::string version = good;
  version[8] = 9;
  WriteAll(dir / "version.bin", version);
  EXPECT_NE(message(dir / "version.bin").find("version 9"), std::string::npos);
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);
  WriteAll(dir / "flipped.bin", flipped);
  EXPECT_NE(message(dir / "flipped.bin").find("checksum"), std::string::npos);
}

TEST(BodyAsset, SurvivesDamageBehindARightChecksum) {
  const TempDir dir;
  const std::string good = ReadPackedFile(AssetPath(), 8U << 20U);
  ASSERT_EQ(SlowCrc(good, 16),
            static_cast<std::uint32_t>(static_cast<std::uint8_t>(good[12])) |
                static_cast<std::uint32_t>(static_cast<std::uint8_t>(good[13])) << 8U |
                static_cast<std::uint32_t>(static_cast<std::uint8_t>(good[14])) << 16U |
                static_cast<std::uint32_t>(static_cast<std::uint8_t>(good[15])) << 24U);
  Random random(7);
  int refused = 0;
  for (int round = 0; round < 24; ++round) {
    std::string bad = good;
    if (round % 4 == 0) {
      bad.resize(16 + static_cast<std::size_t>(random.Index(static_cast<int>(bad.size()) - 16)));
    } else {
      // Most rounds hurt the head and the tables, where a byte means most.
      const int reach = round % 4 == 1 ? 48 : round % 4 == 2 ? 2000 : static_cast<int>(bad.size());
      for (int k = 0; k < 4; ++k) {
        const auto at = static_cast<std::size_t>(16 + random.Index(reach - 16));
        bad[at] = static_cast<char>(random.Next());
      }
    }
    const std::uint32_t crc = SlowCrc(bad, 16);
    for (std::size_t i = 0; i < 4; ++i) {
      bad[12 + i] = static_cast<char>(crc >> (8 * i));
    }
    WriteAll(dir / "bad.bin", bad);
    try {
      const auto asset = BodyAsset::Load(dir / "bad.bin");
      ShapeBody(*asset, BodyShape{});
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 12);
}

TEST(BodyShape, PeopleOfACafe) {
  const BodyAsset& asset = Asset();
  Random random(3);
  int children = 0;
  int women = 0;
  std::vector<float> men;
  std::set<int> skins;
  constexpr int kPeople = 500;
  for (int i = 0; i < kPeople; ++i) {
    const BodyShape shape = DrawBodyShape(asset, random);
    skins.insert(shape.skin);
    children += shape.child ? 1 : 0;
    women += shape.female ? 1 : 0;
    if (shape.child) {
      EXPECT_GT(shape.height_m, 1.0F);
      EXPECT_LT(shape.age_years, 16);
    } else {
      EXPECT_GT(shape.height_m, 1.45F);
      EXPECT_LT(shape.height_m, 2.0F);
      if (!shape.female) {
        men.push_back(shape.height_m);
      }
    }
  }
  EXPECT_NEAR(children, 0.07 * kPeople, 25);
  EXPECT_NEAR(women, 0.5 * kPeople, 60);
  EXPECT_EQ(skins.size(), static_cast<std::size_t>(kNumSkins));
  std::nth_element(men.begin(), men.begin() + static_cast<std::ptrdiff_t>(men.size() / 2),
                   men.end());
  EXPECT_NEAR(men[men.size() / 2], 1.745, 0.02);
}

TEST(BodyShape, SameSeedSameBody) {
  Random a(5);
  Random b(5);
  EXPECT_EQ(DrawBodyShape(Asset(), a).coefficients, DrawBodyShape(Asset(), b).coefficients);
}

TEST(ShapeBody, StandsOnTheFloorAndFacesForward) {
  const BodyAsset& asset = Asset();
  const auto body = VerticesOf(asset, BodyGroup::kBody);
  Random random(11);
  for (int i = 0; i < 30; ++i) {
    const BodyShape shape = DrawBodyShape(asset, random);
    const RestBody rest = ShapeBody(asset, shape);
    float low = 9;
    float high = -9;
    for (const int v : body) {
      low = std::min(low, rest.positions[static_cast<std::size_t>(v)].z());
      high = std::max(high, rest.positions[static_cast<std::size_t>(v)].z());
    }
    EXPECT_NEAR(low, 0, 1e-5);
    EXPECT_NEAR(high - low, shape.height_m, 0.002);
    EXPECT_NEAR(rest.height_m, shape.height_m, 0.002);
    EXPECT_GT(rest.keypoints[0].x(), rest.keypoints[3].x() + 0.05F)
        << "the nose is before the ears";
    for (std::size_t k = 1; k < 17; k += 2) {
      EXPECT_GT(rest.keypoints[k].y(), 0.01F) << "left is +y: " << asset.point_names[k];
      const Vec3f mirrored(rest.keypoints[k].x(), -rest.keypoints[k].y(), rest.keypoints[k].z());
      EXPECT_LT((mirrored - rest.keypoints[k + 1]).norm(), 0.012F) << asset.point_names[k];
    }
  }
}

// Anthropometry (Drillis and Contini 1966): shares of the stature between the joints of adults.
TEST(ShapeBody, JointsAreWhereAnatomyHasThem) {
  const BodyAsset& asset = Asset();
  const std::map<std::string, std::tuple<std::size_t, std::size_t, double>> shares = {
      {"upper arm", {5, 7, 0.160}}, {"lower arm", {7, 9, 0.146}}, {"thigh", {11, 13, 0.245}},
      {"shank", {13, 15, 0.240}},   {"shoulders", {5, 6, 0.210}}, {"nose to ankle", {0, 15, 0.88}}};
  Random random(12);
  std::map<std::string, double> sums;
  int adults = 0;
  while (adults < 60) {
    const BodyShape shape = DrawBodyShape(asset, random);
    if (shape.child) {
      continue;
    }
    ++adults;
    const auto& keypoints = ShapeBody(asset, shape).keypoints;
    for (const auto& [name, part] : shares) {
      const auto& [a, b, expected] = part;
      const double share = (keypoints[a] - keypoints[b]).norm() / shape.height_m;
      EXPECT_NEAR(share, expected, 0.055) << name;
      sums[name] += share;
    }
  }
  for (const auto& [name, part] : shares) {
    EXPECT_NEAR(sums[name] / adults, std::get<2>(part), 0.015) << name;
  }
}

// Solid angle of the body seen from a place, in turns (van Oosterom and Strackee 1983): 1 inside.
double WindingNumber(const BodyAsset& asset, const std::vector<Vec3f>& positions,
                     const Vec3f& place) {
  double angle = 0;
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] != BodyGroup::kBody) {
      continue;
    }
    std::array<Eigen::Vector3d, 4> c;
    for (std::size_t k = 0; k < 4; ++k) {
      c[k] = (positions[asset.quads[q][k]] - place).cast<double>();
    }
    for (const auto& [i, j, k] :
         {std::array<std::size_t, 3>{0, 1, 2}, std::array<std::size_t, 3>{0, 2, 3}}) {
      const double a = c[i].norm();
      const double b = c[j].norm();
      const double d = c[k].norm();
      angle +=
          2 * std::atan2(c[i].dot(c[j].cross(c[k])),
                         a * b * d + c[i].dot(c[j]) * d + c[i].dot(c[k]) * b + c[j].dot(c[k]) * a);
    }
  }
  return angle / (4 * std::acos(-1.0));
}

TEST(ShapeBody, JointsLieInsideTheBody) {
  const BodyAsset& asset = Asset();
  Random random(13);
  for (int i = 0; i < 3; ++i) {
    const RestBody rest = ShapeBody(asset, DrawBodyShape(asset, random));
    for (std::size_t k = 5; k < kNumBodyPoints; ++k) {
      EXPECT_NEAR(WindingNumber(asset, rest.positions, rest.keypoints[k]), 1, 0.1)
          << asset.point_names[k];
    }
    EXPECT_NEAR(WindingNumber(asset, rest.positions, Vec3f(1, 0, 1)), 0, 0.02);
    for (std::size_t k : {0U, 3U, 4U}) {  // on the skin
      const Vec3f out =
          rest.keypoints[k] - rest.points[static_cast<std::size_t>(asset.point("head_top"))];
      EXPECT_LT(out.norm(), 0.3F * rest.height_m);
    }
  }
}

TEST(ShapeBody, RefusesTooManyCoefficients) {
  BodyShape shape;
  shape.coefficients.assign(1000, 0.0F);
  EXPECT_THROW(ShapeBody(Asset(), shape), CheckFailure);
}

TEST(PoseBody, AtRestChangesNothing) {
  const BodyAsset& asset = Asset();
  Random random(1);
  const RestBody rest = ShapeBody(asset, DrawBodyShape(asset, random));
  const PosedBody posed = PoseBody(asset, rest, RestPose(asset));
  for (std::size_t v = 0; v < rest.positions.size(); ++v) {
    ASSERT_LT((posed.positions[v] - rest.positions[v]).norm(), 1e-5F);
    ASSERT_NEAR(posed.normals[v].norm(), 1, 1e-4);
  }
  for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
    EXPECT_LT((posed.keypoints[k] - rest.keypoints[k]).norm(), 1e-5F) << asset.point_names[k];
  }
}

TEST(PoseBody, FacesLookOutwards) {
  const BodyAsset& asset = Asset();
  const double volume = Volume(asset, asset.mean, BodyGroup::kBody);
  EXPECT_GT(volume, 0.04);
  EXPECT_LT(volume, 0.12);
  EXPECT_GT(Volume(asset, asset.mean, BodyGroup::kLeftEye), 0);
}

TEST(PoseBody, TurnsThenMovesTheWholeBody) {
  const BodyAsset& asset = Asset();
  const RestBody rest = ShapeBody(asset, BodyShape{});
  BodyPose pose = RestPose(asset);
  pose.yaw_rad = 1.2F;
  pose.place = Vec3f(3, -2, 0);
  const PosedBody posed = PoseBody(asset, rest, pose);
  const Eigen::AngleAxisf turn(1.2F, Vec3f::UnitZ());
  for (std::size_t v = 0; v < rest.positions.size(); v += 101) {
    EXPECT_LT((posed.positions[v] - (turn * rest.positions[v] + pose.place)).norm(), 1e-4F);
  }
}

// Bending one joint moves exactly the keypoints beyond it, and keeps bones' lengths.
TEST(PoseBody, KeypointsFollowTheirBones) {
  const BodyAsset& asset = Asset();
  const RestBody rest = ShapeBody(asset, BodyShape{});
  const std::map<std::string, std::set<std::string>> moved_by = {
      {"upperarm01.L", {"left_elbow", "left_wrist"}},
      {"lowerarm01.R", {"right_wrist"}},
      {"upperleg01.R", {"right_knee", "right_ankle"}},
      {"lowerleg01.L", {"left_ankle"}},
      {"wrist.L", {}},
      {"foot.L", {}},
      {"head", {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}},
  };
  for (const auto& [bone, expected] : moved_by) {
    BodyPose pose = RestPose(asset);
    pose.rotations[static_cast<std::size_t>(asset.bone(bone))] =
        Eigen::AngleAxisf(0.7F, Vec3f(0.3F, 1, 0.2F).normalized());
    const PosedBody posed = PoseBody(asset, rest, pose);
    std::set<std::string> moved;
    for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
      if ((posed.keypoints[k] - rest.keypoints[k]).norm() > 1e-3F) {
        moved.insert(asset.point_names[k]);
      }
    }
    EXPECT_EQ(moved, expected) << bone;
    EXPECT_NEAR((posed.keypoints[7] - posed.keypoints[9]).norm(),
                (rest.keypoints[7] - rest.keypoints[9]).norm(), 1e-4);
  }
}

}  // namespace
}  // namespace tenjo::synth
