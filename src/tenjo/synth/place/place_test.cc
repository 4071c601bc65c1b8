#include "tenjo/synth/place/place.h"

#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/synth/place/floor_plan.h"
#include "tenjo/synth/place/furniture.h"
#include "tenjo/synth/place/style.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

constexpr int kPlaces = 40;

const FurnitureAsset& Asset() {
  static const auto asset = FurnitureAsset::Load(testing::SourceDir() / "assets" / "furniture.bin");
  return *asset;
}

Place DrawOne(int seed, const PlaceOptions& base = {}) {
  PlaceOptions options = base;
  options.cafe = seed % 3 != 0;
  options.split = seed % 5 == 4 ? PlaceSplit::kTest : base.split;
  Random random(static_cast<std::uint64_t>(seed) + 1000);
  return DrawPlace(Asset(), options, random);
}

//! Floor that a body can walk over from a start: a flood over IsFree, by itself.
class Walk {
 public:
  Walk(const Place& place, const Vec3f& from, float radius) : place_(place) {
    columns_ = static_cast<int>((place.room.x1 - place.room.x0) / kStep) + 1;
    rows_ = static_cast<int>((place.room.y1 - place.room.y0) / kStep) + 1;
    seen_.assign(At(0, rows_), false);
    std::deque<std::pair<int, int>> open = {Cell(from)};
    while (!open.empty()) {
      const auto [i, j] = open.front();
      open.pop_front();
      if (i < 0 || j < 0 || i >= columns_ || j >= rows_ || seen_[At(i, j)]) {
        continue;
      }
      const Vec3f at(place.room.x0 + static_cast<float>(i) * kStep,
                     place.room.y0 + static_cast<float>(j) * kStep, 0);
      if (!IsFree(place, at, radius)) {
        continue;
      }
      seen_[At(i, j)] = true;
      open.insert(open.end(), {{i + 1, j}, {i - 1, j}, {i, j + 1}, {i, j - 1}});
    }
  }
  bool Reaches(const Vec3f& at, float within) const {
    for (int j = 0; j < rows_; ++j) {
      for (int i = 0; i < columns_; ++i) {
        const Vec3f cell(place_.room.x0 + static_cast<float>(i) * kStep,
                         place_.room.y0 + static_cast<float>(j) * kStep, 0);
        if (seen_[At(i, j)] && (cell - at).head<2>().norm() <= within) {
          return true;
        }
      }
    }
    return false;
  }

 private:
  static constexpr float kStep = 0.05F;
  std::size_t At(int i, int j) const {
    return static_cast<std::size_t>(j) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(i);
  }
  std::pair<int, int> Cell(const Vec3f& at) const {
    return {static_cast<int>(std::lround((at.x() - place_.room.x0) / kStep)),
            static_cast<int>(std::lround((at.y() - place_.room.y0) / kStep))};
  }
  const Place& place_;
  int columns_;
  int rows_;
  std::vector<bool> seen_;
};

TEST(Place, SameSeedSamePlace) {
  for (int seed = 0; seed < 12; ++seed) {
    const Place a = DrawOne(seed);
    const Place b = DrawOne(seed);
    ASSERT_EQ(a.meshes.size(), b.meshes.size());
    for (std::size_t i = 0; i < a.meshes.size(); ++i) {
      ASSERT_EQ(a.meshes[i].positions, b.meshes[i].positions);
      ASSERT_EQ(a.meshes[i].triangles, b.meshes[i].triangles);
      ASSERT_EQ(a.meshes[i].material.seed, b.meshes[i].material.seed);
      ASSERT_EQ(a.meshes[i].material.a, b.meshes[i].material.a);
    }
    ASSERT_EQ(a.lights.size(), b.lights.size());
    ASSERT_EQ(a.shelves.size(), b.shelves.size());
    ASSERT_EQ(a.seats.size(), b.seats.size());
  }
}

TEST(Place, MeshesAreValid) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    std::size_t triangles = 0;
    for (const Mesh& mesh : place.meshes) {
      ASSERT_EQ(mesh.positions.size(), mesh.normals.size());
      ASSERT_EQ(mesh.positions.size(), mesh.rest.size());
      ASSERT_EQ(mesh.person, -1);
      for (std::size_t i = 0; i < mesh.positions.size(); ++i) {
        ASSERT_TRUE(mesh.positions[i].allFinite() && mesh.rest[i].allFinite());
        ASSERT_NEAR(mesh.normals[i].norm(), 1, 1e-3);
      }
      for (const auto& t : mesh.triangles) {
        ASSERT_LT(std::max({t[0], t[1], t[2]}), mesh.positions.size());
      }
      const Material& m = mesh.material;
      ASSERT_TRUE(m.a.minCoeff() >= 0 && m.a.allFinite() && m.b.allFinite() && m.c.allFinite());
      ASSERT_TRUE(m.scale > 0 && m.gloss >= 0 && m.gloss <= 1 && m.emission >= 0);
      triangles += mesh.triangles.size();
    }
    EXPECT_LT(triangles, 90000U) << seed;
    EXPECT_LT(place.meshes.size(), 160U) << seed;
  }
}

TEST(Place, RoomsAreOfTheirSize) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    const Rect& r = place.room;
    EXPECT_TRUE(r.x1 - r.x0 >= 4 && r.x1 - r.x0 <= 14 && r.y1 - r.y0 >= 4 && r.y1 - r.y0 <= 14)
        << seed;
    EXPECT_NEAR(r.x0 + r.x1, 0, 1e-4);
    EXPECT_TRUE(place.ceiling_m >= 2.4F && place.ceiling_m <= 5.2F) << seed;
    EXPECT_FALSE(place.doors.empty());
    ASSERT_EQ(place.doors.size(), place.doors_inward.size());
  }
}

TEST(Place, ObstaclesDoNotOverlap) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    for (std::size_t i = 0; i < place.obstacles.size(); ++i) {
      const Rect& a = place.obstacles[i];
      EXPECT_TRUE(a.x1 > a.x0 && a.y1 > a.y0) << seed;
      for (std::size_t k = 0; k < i; ++k) {
        EXPECT_FALSE(Overlaps(a, place.obstacles[k], -1e-3F)) << seed << ": " << i << " and " << k;
      }
    }
  }
}

TEST(Place, WhatStandsOnTheFloorIsAnObstacle) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    const Rect inner =
        Grown(place.room, -0.09F);  // frames, pictures and baseboards are on the walls
    int outside = 0;
    Vec3f example = Vec3f::Zero();
    for (const Mesh& mesh : place.meshes) {
      for (const Vec3f& p : mesh.positions) {
        if (p.z() < 0.05F || p.z() > 1.5F || !Overlaps(inner, {p.x(), p.y(), p.x(), p.y()})) {
          continue;
        }
        const bool covered =
            std::any_of(place.obstacles.begin(), place.obstacles.end(), [&](const Rect& r) {
              return Overlaps(Grown(r, 0.13F), {p.x(), p.y(), p.x(), p.y()});
            });
        if (!covered) {
          ++outside;
          example = p;
        }
      }
    }
    EXPECT_EQ(outside, 0) << seed << " kind " << static_cast<int>(place.kind) << " at "
                          << example.transpose();
  }
}

TEST(Place, EverythingCanBeWalkedTo) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    const Walk walk(place, place.doors[0] + place.doors_inward[0] * 0.5F, 0.25F);
    for (std::size_t i = 0; i < place.doors.size(); ++i) {
      EXPECT_TRUE(walk.Reaches(place.doors[i] + place.doors_inward[i] * 0.5F, 0.1F))
          << seed << " door " << i;
    }
    for (const ShelfFront& shelf : place.shelves) {
      EXPECT_TRUE(walk.Reaches(shelf.stand, 0.1F)) << seed << " shelf " << shelf.id;
    }
    if (!place.queue.empty()) {
      EXPECT_TRUE(walk.Reaches(place.queue[0], 0.1F)) << seed << " queue";
    }
  }
}

TEST(Place, SeatsHaveFreeFloorBesideThem) {
  int seats = 0;
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    const Walk walk(place, place.doors[0] + place.doors_inward[0] * 0.5F, 0.14F);
    for (const Seat& seat : place.seats) {
      ++seats;
      EXPECT_TRUE(walk.Reaches(seat.place, 0.95F)) << seed;
      EXPECT_TRUE(seat.height_m > 0.3F && seat.height_m < 0.9F) << seat.height_m;
      EXPECT_TRUE(
          Overlaps(place.room, {seat.place.x(), seat.place.y(), seat.place.x(), seat.place.y()}));
      EXPECT_LE(std::abs(seat.yaw_rad), 3.1416F);
    }
  }
  EXPECT_GT(seats, 4 * kPlaces);
}

TEST(Place, GoodsAreWithinReach) {
  int shelves = 0;
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    std::set<int> ids;
    for (const ShelfFront& shelf : place.shelves) {
      ++shelves;
      EXPECT_TRUE(ids.insert(shelf.id).second);
      EXPECT_TRUE(IsFree(place, shelf.stand, 0.25F)) << seed;
      EXPECT_FALSE(shelf.goods.empty());
      for (const Vec3f& at : shelf.goods) {
        const Eigen::Vector2f to = (at - shelf.stand).head<2>();
        EXPECT_LT(to.norm(), 0.9F);
        EXPECT_TRUE(at.z() >= 0.3F && at.z() <= 1.8F);
        EXPECT_GT(to.dot(Eigen::Vector2f(std::cos(shelf.yaw_rad), std::sin(shelf.yaw_rad))), 0.2F)
            << "faces away";
      }
    }
  }
  EXPECT_GT(shelves, 2 * kPlaces);
}

TEST(Place, CafesHaveATillAndAQueue) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    if (seed % 3 == 0) {
      continue;
    }
    const Place place = DrawOne(seed);
    ASSERT_FALSE(place.queue.empty()) << seed;
    EXPECT_LT((place.till - place.queue[0]).head<2>().norm(), 0.95F) << seed;
    EXPECT_TRUE(place.till.z() > 0.8F && place.till.z() < 1.3F);
    for (std::size_t i = 0; i < place.queue.size(); ++i) {
      EXPECT_TRUE(IsFree(place, place.queue[i], 0.3F)) << seed << " " << i;
      if (i > 0) {
        EXPECT_GT((place.queue[i] - place.queue[i - 1]).norm(), 0.6F);
      }
    }
    for (const Seat& staff : place.behind_counter) {
      EXPECT_TRUE(IsFree(place, staff.place, 0.25F)) << seed;
      EXPECT_EQ(staff.height_m, 0);
    }
  }
}

TEST(Place, LightsAreInsideAndNotTooMany) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    ASSERT_FALSE(place.lights.empty()) << seed;
    EXPECT_LE(place.lights.size(), 12U) << seed;
    const Rect room = Grown(place.room, 0.2F);  // windows lie within the walls
    for (const Light& light : place.lights) {
      EXPECT_TRUE(
          Overlaps(room, {light.centre.x(), light.centre.y(), light.centre.x(), light.centre.y()}))
          << seed;
      EXPECT_TRUE(light.centre.z() > 0 && light.centre.z() < place.ceiling_m) << seed;
      EXPECT_TRUE(light.radiance.allFinite() && light.radiance.minCoeff() >= 0 &&
                  light.radiance.maxCoeff() > 0)
          << seed;
      const Vec3f towards(
          light.half_u.y() * light.half_v.z() - light.half_u.z() * light.half_v.y(),
          light.half_u.z() * light.half_v.x() - light.half_u.x() * light.half_v.z(),
          light.half_u.x() * light.half_v.y() - light.half_u.y() * light.half_v.x());
      ASSERT_GT(towards.norm(), 1e-4F);
      // Shines down or into the room.
      EXPECT_TRUE(towards.z() < 0 ||
                  towards.dot(Vec3f(-light.centre.x(), -light.centre.y(), 0)) > 0 ||
                  light.kind == LightKind::kWindow);
    }
  }
}

TEST(Place, BrightnessIsThatOfARoom) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    // Outgoing radiance of white floor in the open: all lights, nothing in the way.
    double mean = 0;
    constexpr int kPoints = 64;
    for (int k = 0; k < kPoints; ++k) {
      const Vec3f at(
          place.room.x0 + (place.room.x1 - place.room.x0) * (static_cast<float>(k % 8) + 0.5F) / 8,
          place.room.y0 + (place.room.y1 - place.room.y0) * (static_cast<float>(k >> 3) + 0.5F) / 8,
          0);
      for (const Light& light : place.lights) {
        const Vec3f d = light.centre - at;
        const Vec3f area(light.half_u.y() * light.half_v.z() - light.half_u.z() * light.half_v.y(),
                         light.half_u.z() * light.half_v.x() - light.half_u.x() * light.half_v.z(),
                         light.half_u.x() * light.half_v.y() - light.half_u.y() * light.half_v.x());
        const double along = std::max(0.0F, -area.dot(d)) * 4;
        const double r2 = d.squaredNorm();
        const bool lit =
            light.kind != LightKind::kSpot ||
            std::acos(std::min(1.0F, -area.normalized().dot(d.normalized()))) < light.cone_rad;
        mean += lit ? light.radiance.y() * along * d.z() / (r2 * r2) / 3.14159265 / kPoints : 0;
      }
    }
    const double all = mean + place.ambient.y();
    EXPECT_GT(all, 0.1) << seed;
    EXPECT_LT(all, 3.5) << seed;
  }
}

TEST(Place, CamerasCanHangInTheMiddle) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    Random random(static_cast<std::uint64_t>(seed));
    for (int i = 0; i < 40; ++i) {
      const float angle = random.Uniform(0, 6.28F);
      const float r = 0.7F * std::sqrt(random.Uniform());
      const Vec3f at(r * std::cos(angle), r * std::sin(angle),
                     random.Uniform(2.3F, place.ceiling_m - 0.1F));
      ASSERT_TRUE(IsCameraFree(place, at, 0.2F)) << seed;
    }
  }
}

TEST(Place, WhatIsHighIsListed) {
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    const Rect inner = Grown(place.room, -0.09F);
    for (const Mesh& mesh : place.meshes) {
      for (const Vec3f& p : mesh.positions) {
        if (p.z() < 2 || p.z() > place.ceiling_m - 0.06F ||
            !Overlaps(inner, {p.x(), p.y(), p.x(), p.y()})) {
          continue;
        }
        ASSERT_FALSE(IsCameraFree(place, p, 0.08F)) << seed << " at " << p.transpose();
      }
    }
  }
}

TEST(Place, SplitsShareNoFamiliesOrKinds) {
  for (const auto& families :
       {std::pair(FloorFamilies(PlaceSplit::kTrain), FloorFamilies(PlaceSplit::kTest)),
        std::pair(WallFamilies(PlaceSplit::kTrain), WallFamilies(PlaceSplit::kTest))}) {
    EXPECT_GE(families.second.size(), 4U);
    for (const int family : families.second) {
      EXPECT_EQ(std::count(families.first.begin(), families.first.end(), family), 0);
    }
  }
  std::set<RoomKind> train;
  std::set<RoomKind> test;
  for (int seed = 0; seed < 60; ++seed) {
    PlaceOptions options;
    options.cafe = seed % 2 == 0;
    Random one(static_cast<std::uint64_t>(seed));
    train.insert(DrawPlace(Asset(), options, one).kind);
    options.split = PlaceSplit::kTest;
    Random two(static_cast<std::uint64_t>(seed));
    test.insert(DrawPlace(Asset(), options, two).kind);
  }
  EXPECT_EQ(train.size(), 8U);
  EXPECT_EQ(test.size(), 4U);
  for (const RoomKind kind : test) {
    EXPECT_EQ(train.count(kind), 0U);
  }
}

TEST(Place, CeilingIsAsAskedOrAnError) {
  PlaceOptions options;
  for (const float ceiling : {2.2F, 2.4F, 3.7F, 5.2F, 6.0F}) {
    options.ceiling_m = ceiling;
    for (int seed = 0; seed < 4; ++seed) {
      EXPECT_EQ(DrawOne(seed, options).ceiling_m, ceiling);
    }
  }
  for (const float wrong : {-1.0F, 1.5F, 100.0F, std::nanf("")}) {
    options.ceiling_m = wrong;
    EXPECT_THROW(DrawOne(1, options), Error);
  }
}

TEST(Place, GoodsAreTheTrianglesAtTheirPlaces) {
  int looked_at = 0;
  for (int seed = 0; seed < kPlaces; ++seed) {
    const Place place = DrawOne(seed);
    std::set<std::pair<int, std::uint32_t>> begins;
    for (const ShelfFront& shelf : place.shelves) {
      ASSERT_EQ(shelf.goods.size(), shelf.parts.size());
      for (std::size_t i = 0; i < shelf.goods.size(); ++i) {
        const GoodsPart& part = shelf.parts[i];
        ASSERT_LT(static_cast<std::size_t>(part.mesh), place.meshes.size());
        const Mesh& mesh = place.meshes[static_cast<std::size_t>(part.mesh)];
        ASSERT_GT(part.triangles, 0U);
        ASSERT_LE(part.first_triangle + part.triangles, mesh.triangles.size());
        ASSERT_LE(part.first_vertex + part.vertices, mesh.positions.size());
        EXPECT_TRUE(begins.insert({part.mesh, part.first_triangle}).second);
        float nearest = 9;
        for (std::uint32_t t = part.first_triangle; t < part.first_triangle + part.triangles; ++t) {
          for (const std::uint32_t vertex : mesh.triangles[t]) {
            ASSERT_TRUE(vertex >= part.first_vertex && vertex < part.first_vertex + part.vertices);
            nearest = std::min(nearest, (mesh.positions[vertex] - shelf.goods[i]).norm());
            EXPECT_LT((mesh.positions[vertex] - shelf.goods[i]).norm(), 0.5F);
          }
        }
        EXPECT_LT(nearest, 0.3F);
        ++looked_at;
      }
    }
  }
  EXPECT_GT(looked_at, 100);
}

TEST(Place, TexturesAreTakenOverAndNumbered) {
  PlaceOptions options;
  for (int i = 0; i < 5; ++i) {
    options.textures.push_back(
        {.width = i + 1,
         .height = 1,
         .rgb = std::vector<std::uint8_t>(static_cast<std::size_t>(3 * (i + 1)), 99)});
  }
  int used = 0;
  for (int seed = 0; seed < 20; ++seed) {
    const Place place = DrawOne(seed, options);
    EXPECT_LE(place.textures.size(), 2U);
    std::set<int> numbers;
    for (const Mesh& mesh : place.meshes) {
      if (mesh.material.pattern == Pattern::kTexture) {
        ASSERT_LT(static_cast<std::size_t>(mesh.material.texture), place.textures.size());
        numbers.insert(mesh.material.texture);
      }
    }
    EXPECT_EQ(numbers.size(), place.textures.size());
    used += static_cast<int>(numbers.size());
  }
  EXPECT_GT(used, 5);
}

TEST(FloorPlan, ReachIsThatOfAWalk) {
  // Two halves of a room and a gap between them.
  const Rect room{0, 0, 6, 4};
  for (const float gap : {0.3F, 0.5F, 0.8F, 1.2F}) {
    FloorPlan plan(room);
    plan.AddTarget(Vec3f(1, 2, 0));
    plan.AddTarget(Vec3f(5, 2, 0));
    plan.Block({2.9F, 0, 3.1F, 2 - gap / 2});
    const Rect other{2.9F, 2 + gap / 2, 3.1F, 4};
    EXPECT_EQ(plan.StaysOpen(std::span(&other, 1)), gap > 0.6F) << gap;
    EXPECT_TRUE(plan.StaysOpen({})) << gap;
  }
}

TEST(Place, IsFreeIsARoundBody) {
  Place place;
  place.room = {-2, -2, 2, 2};
  place.obstacles = {{0, 0, 1, 1}};
  EXPECT_FALSE(IsFree(place, Vec3f(0.5F, 0.5F, 0), 0.1F));
  EXPECT_FALSE(IsFree(place, Vec3f(-0.2F, 0.5F, 0), 0.25F));
  EXPECT_TRUE(IsFree(place, Vec3f(-0.2F, -0.2F, 0), 0.25F));  // past the corner
  EXPECT_FALSE(IsFree(place, Vec3f(-1.9F, 0, 0), 0.25F));
  EXPECT_TRUE(IsFree(place, Vec3f(-1.7F, 0, 0), 0.25F));
}

}  // namespace
}  // namespace tenjo::synth
