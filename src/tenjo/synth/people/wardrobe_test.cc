#include "tenjo/synth/people/wardrobe.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/people/palette.h"
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
  RestBody rest;
  OutfitPtr outfit;
};

Someone Draw(std::uint64_t seed, OutfitSplit split = OutfitSplit::kTrain,
             OutfitRole role = OutfitRole::kGuest) {
  Random random(seed, 11);
  Someone someone;
  someone.shape = DrawBodyShape(Asset(), random);
  someone.rest = ShapeBody(Asset(), someone.shape);
  someone.outfit = DrawOutfit(Asset(), someone.shape, random, split, role);
  return someone;
}

PosedBody Pose(const Someone& someone, Activity activity, float time_s) {
  Random random(5);
  MotionState state;
  state.activity = activity;
  state.time_s = time_s;
  state.speed_mps = activity == Activity::kWalk ? 1.2F : 0;
  state.distance_m = 1.2F * time_s;
  state.right_target = Vec3f(0.5F, -0.1F, 0.7F * someone.shape.height_m);
  const BodyPose pose =
      MakePose(Asset(), someone.rest, DrawMotionStyle(someone.shape, random), state);
  return PoseBody(Asset(), someone.rest, pose);
}

PosedBody AtRest(const Someone& someone) {
  BodyPose pose;
  pose.rotations.assign(Asset().bone_names.size(), Eigen::Quaternionf::Identity());
  return PoseBody(Asset(), someone.rest, pose);
}

std::size_t ExpectSound(const std::vector<Mesh>& meshes, int person) {
  std::size_t triangles = 0;
  bool held_begun = false;
  for (const Mesh& mesh : meshes) {
    EXPECT_EQ(mesh.person, person);
    EXPECT_EQ(mesh.normals.size(), mesh.positions.size());
    EXPECT_EQ(mesh.rest.size(), mesh.positions.size());
    EXPECT_FALSE(mesh.triangles.empty());
    held_begun = held_begun || !mesh.in_mask;
    EXPECT_EQ(mesh.in_mask, !held_begun);  // held things come last
    int bad = 0;
    for (std::size_t i = 0; i < mesh.positions.size(); ++i) {
      bad += mesh.positions[i].allFinite() && mesh.rest[i].allFinite() &&
                     std::abs(mesh.normals[i].norm() - 1) < 1e-3F
                 ? 0
                 : 1;
    }
    EXPECT_EQ(bad, 0);
    for (const auto& triangle : mesh.triangles) {
      for (const std::uint32_t v : triangle) {
        EXPECT_LT(v, mesh.positions.size());
      }
    }
    EXPECT_TRUE((mesh.material.a.array() >= 0).all() && (mesh.material.a.array() <= 1).all());
    triangles += mesh.triangles.size();
  }
  return triangles;
}

TEST(Wardrobe, OutfitsAreSoundInEveryPose) {
  for (int i = 0; i < 40; ++i) {
    const Someone someone = Draw(i, i % 3 == 2 ? OutfitSplit::kTest : OutfitSplit::kTrain,
                                 i % 5 == 4 ? OutfitRole::kStaff : OutfitRole::kGuest);
    const Activity activities[] = {Activity::kStand, Activity::kWalk, Activity::kSit,
                                   Activity::kReach, Activity::kBend};
    for (const Activity activity : activities) {
      const PosedBody posed = Pose(someone, activity, 0.37F * static_cast<float>(i));
      const auto held = static_cast<HeldThing>(i % 6);
      const std::vector<Mesh> meshes =
          Dress(Asset(), someone.rest, posed, *someone.outfit, held, HeldThing::kNothing, i);
      const std::size_t triangles = ExpectSound(meshes, i);
      EXPECT_GT(triangles, 12000U);
      EXPECT_LT(triangles, 52000U);
      // Nothing flies away from the body (an open umbrella reaches far).
      for (const Mesh& mesh : meshes) {
        for (const Vec3f& p : mesh.positions) {
          ASSERT_LT((p - posed.keypoints[17]).norm(), 1.3F * someone.shape.height_m);
        }
      }
    }
  }
}

TEST(Wardrobe, SameSeedSameOutfit) {
  for (int i = 0; i < 6; ++i) {
    const Someone a = Draw(100 + i);
    const Someone b = Draw(100 + i);
    const PosedBody posed = Pose(a, Activity::kWalk, 0.4F);
    const auto left =
        Dress(Asset(), a.rest, posed, *a.outfit, HeldThing::kCup, HeldThing::kTray, 0);
    const auto right =
        Dress(Asset(), b.rest, posed, *b.outfit, HeldThing::kCup, HeldThing::kTray, 0);
    ASSERT_EQ(left.size(), right.size());
    for (std::size_t m = 0; m < left.size(); ++m) {
      EXPECT_EQ(left[m].positions, right[m].positions);
      EXPECT_EQ(left[m].triangles, right[m].triangles);
      EXPECT_EQ(left[m].material.a, right[m].material.a);
      EXPECT_EQ(left[m].material.seed, right[m].material.seed);
    }
  }
}

TEST(Wardrobe, OutfitsDiffer) {
  std::set<std::array<int, 7>> seen;
  constexpr int kPeople = 48;
  for (int i = 0; i < kPeople; ++i) {
    const OutfitStyle s = Draw(200 + i).outfit->style;
    seen.insert({static_cast<int>(s.top), static_cast<int>(s.outer), static_cast<int>(s.bottom),
                 static_cast<int>(s.hair), static_cast<int>(s.hat), static_cast<int>(s.bag),
                 static_cast<int>(s.shoe)});
  }
  EXPECT_GE(seen.size(), kPeople - 2U);
}

TEST(Wardrobe, TestSplitIsHeldOut) {
  int held_out_kinds = 0;
  for (int i = 0; i < 40; ++i) {
    const Someone train = Draw(300 + i, OutfitSplit::kTrain);
    for (const Piece& piece : train.outfit->pieces) {
      EXPECT_FALSE(IsHeldOutColour(piece.material.a));
    }
    const OutfitStyle& t = train.outfit->style;
    EXPECT_NE(t.top, TopKind::kRuffleTop);
    EXPECT_NE(t.outer, OuterKind::kDownVest);
    EXPECT_NE(t.bottom, BottomKind::kCulottes);
    EXPECT_NE(t.hair, HairKind::kTopKnot);
    EXPECT_NE(t.hat, HatKind::kBeret);
    EXPECT_NE(t.hat, HatKind::kStrawHat);
    EXPECT_NE(t.bag, BagKind::kWaistBag);
    const Someone test = Draw(300 + i, OutfitSplit::kTest);
    int held_out = 0;
    for (const Piece& piece : test.outfit->pieces) {
      held_out += IsHeldOutColour(piece.material.a) ? 1 : 0;
    }
    EXPECT_GE(held_out, 1);
    const OutfitStyle& s = test.outfit->style;
    held_out_kinds += s.top == TopKind::kRuffleTop || s.bottom == BottomKind::kCulottes ||
                              s.hair == HairKind::kTopKnot || s.bag == BagKind::kWaistBag ||
                              s.hat == HatKind::kBeret
                          ? 1
                          : 0;
  }
  EXPECT_GE(held_out_kinds, 5);
}

TEST(Wardrobe, StaffWearAprons) {
  int aprons = 0;
  for (int i = 0; i < 30; ++i) {
    const OutfitStyle style = Draw(400 + i, OutfitSplit::kTrain, OutfitRole::kStaff).outfit->style;
    aprons += style.apron ? 1 : 0;
    EXPECT_EQ(style.bag, BagKind::kNone);
    EXPECT_EQ(style.outer, OuterKind::kNone);
  }
  EXPECT_GE(aprons, 18);
}

TEST(Wardrobe, HeldThingsAreInTheHand) {
  for (int i = 0; i < 10; ++i) {
    const Someone someone = Draw(500 + i);
    const PosedBody posed = Pose(someone, Activity::kCarry, 1);
    for (const auto thing : {HeldThing::kCup, HeldThing::kPhone, HeldThing::kTray,
                             HeldThing::kPackage, HeldThing::kUmbrella}) {
      const auto meshes =
          Dress(Asset(), someone.rest, posed, *someone.outfit, thing, HeldThing::kNothing, 3);
      float nearest = 1e9F;
      int things = 0;
      for (const Mesh& mesh : meshes) {
        things += mesh.in_mask ? 0 : 1;
        for (const Vec3f& p : mesh.positions) {
          if (!mesh.in_mask) {
            nearest = std::min(nearest, (p - posed.keypoints[9]).norm());
          }
        }
      }
      EXPECT_GE(things, 1);
      EXPECT_LT(nearest, 0.22F);  // to a corner of it
    }
    const auto none = Dress(Asset(), someone.rest, posed, *someone.outfit, HeldThing::kNothing,
                            HeldThing::kNothing, 3);
    const auto both =
        Dress(Asset(), someone.rest, posed, *someone.outfit, HeldThing::kTray, HeldThing::kTray, 3);
    for (const Mesh& mesh : none) {
      EXPECT_TRUE(mesh.in_mask);
    }
    // One tray, not two: those of both hands would reach over 0.7 m.
    std::vector<Vec3f> places;
    for (const Mesh& mesh : both) {
      if (!mesh.in_mask) {
        places.insert(places.end(), mesh.positions.begin(), mesh.positions.end());
      }
    }
    float widest = 0;
    for (const Vec3f& p : places) {
      for (const Vec3f& q : places) {
        widest = std::max(widest, (p - q).norm());
      }
    }
    EXPECT_LT(widest, 0.65F);
  }
}

//! A skirt follows the legs: no part of it is drawn out much longer than it was cut.
TEST(Wardrobe, SkirtsDoNotStretch) {
  for (const BottomKind bottom : {BottomKind::kShortSkirt, BottomKind::kMidiSkirt,
                                  BottomKind::kFlaredSkirt, BottomKind::kLongSkirt}) {
    for (int i = 0; i < 4; ++i) {
      Someone someone = Draw(600 + i);
      OutfitStyle style = someone.outfit->style;
      style.bottom = bottom;
      style.outer = OuterKind::kNone;
      style.apron = false;
      someone.outfit = MakeOutfit(Asset(), someone.shape, style);
      ASSERT_FALSE(someone.outfit->drapes.empty());
      const Mesh rest = someone.outfit->drapes[0].Pose(AtRest(someone));
      for (int step = 0; step < 6; ++step) {
        const Mesh walk = someone.outfit->drapes[0].Pose(
            Pose(someone, Activity::kWalk, 0.17F * static_cast<float>(step)));
        std::size_t stretched = 0;
        // The first triangle of each pair runs along the cloth's fall, which is stiff; across it,
        // folds open.
        for (std::size_t t = 0; t < rest.triangles.size(); t += 2) {
          const std::uint32_t a = rest.triangles[t][0];
          const std::uint32_t b = rest.triangles[t][1];
          const float before = (rest.positions[a] - rest.positions[b]).norm();
          const float after = (walk.positions[a] - walk.positions[b]).norm();
          stretched += after > 1.5F * before + 0.01F ? 1 : 0;
        }
        EXPECT_EQ(stretched, 0U) << static_cast<int>(bottom) << " " << step;
      }
    }
  }
}

TEST(Wardrobe, BodyOfAnotherAssetIsRefused) {
  const Someone someone = Draw(700);
  EXPECT_THROW(Dress(Asset(), someone.rest, PosedBody{}, *someone.outfit, HeldThing::kNothing,
                     HeldThing::kNothing, 0),
               CheckFailure);
}

}  // namespace
}  // namespace tenjo::synth
