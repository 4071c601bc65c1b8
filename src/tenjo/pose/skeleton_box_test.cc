#include "tenjo/pose/skeleton_box.h"

#include <gtest/gtest.h>

#include <random>

namespace tenjo {
namespace {

TEST(SkeletonBox, WidensTheExtent) {
  Skeleton s;
  s[kNose] = {100, 50, 0.9F};
  s[kLeftAnkle] = {200, 450, 0.1F};
  s[kRightWrist] = {-900, -900, 0};  // not found
  // The extent is 100 x 400; 100 is made 120, around 150; the geometric mean is 219.09.
  const Box box = SkeletonBox(s);
  EXPECT_NEAR(box.x, 90 - 21.909, 1e-3);
  EXPECT_NEAR(box.right(), 210 + 21.909, 1e-3);
  EXPECT_NEAR(box.y, 50 - 43.818, 1e-3);
  EXPECT_NEAR(box.bottom(), 450 + 32.863, 1e-3);
}

TEST(SkeletonBox, PointsOnALineGetABox) {
  Skeleton s;
  s[kNose] = {100, 50, 1};
  s[kLeftShoulder] = {100, 80, 1};
  s[kLeftHip] = {100, 150, 1};
  const Box upright = SkeletonBox(s);
  EXPECT_GT(upright.w, 30);
  EXPECT_NEAR(upright.x + upright.w / 2, 100, 1e-6);
  for (Keypoint& keypoint : s) {
    std::swap(keypoint.x, keypoint.y);
  }
  EXPECT_GT(SkeletonBox(s).h, 30);
}

TEST(SkeletonBox, APointHasASmallBoxAndNobodyNone) {
  Skeleton s;
  EXPECT_EQ(SkeletonBox(s).area(), 0);
  s[kNose] = {10, 20, 1};
  const Box box = SkeletonBox(s);
  EXPECT_GT(box.area(), 0);
  EXPECT_LT(box.area(), 4);
}

TEST(SkeletonBox, HoldsEveryPointAndMovesWithThem) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> unit(0, 1);
  for (int trial = 0; trial < 200; ++trial) {
    Skeleton s;
    Skeleton moved;
    for (int k = 0; k < kNumKeypoints; ++k) {
      s[k] = {300 * unit(random), 300 * unit(random), unit(random) < 0.3F ? 0.0F : 1.0F};
      moved[k] = {2 * s[k].x + 7, 2 * s[k].y - 3, s[k].score};
    }
    const Box box = SkeletonBox(s);
    for (const Keypoint& keypoint : s) {
      if (keypoint.score > 0) {
        EXPECT_LE(box.x, keypoint.x);
        EXPECT_GE(box.right(), keypoint.x);
        EXPECT_LE(box.y, keypoint.y);
        EXPECT_GE(box.bottom(), keypoint.y);
      }
    }
    if (box.w > 3) {
      const Box twice = SkeletonBox(moved);
      EXPECT_NEAR(twice.x, 2 * box.x + 7, 1e-3);
      EXPECT_NEAR(twice.h, 2 * box.h, 1e-3);
    }
  }
}

}  // namespace
}  // namespace tenjo
