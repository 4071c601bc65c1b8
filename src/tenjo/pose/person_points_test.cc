#include "tenjo/pose/person_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "tenjo/base/random.h"

namespace tenjo {
namespace {

constexpr int kWidth = 6;
constexpr int kHeight = 8;
constexpr int kStride = 16;
constexpr int kPlane = kWidth * kHeight;

// Maps whose likelihoods are Gaussians about places in pixels of the input.
class Drawn {
 public:
  Drawn() : maps_(static_cast<std::size_t>(kPersonPointPlanes) * kPlane, -4.0F) {}

  void Put(int point, double x, double y, double sigma = 0.8) {
    const double finer = static_cast<double>(kStride) / kPointSplit;
    for (int fy = 0; fy < kHeight * kPointSplit; ++fy) {
      for (int fx = 0; fx < kWidth * kPointSplit; ++fx) {
        const double dx = fx - ((x + 0.5) / finer - 0.5);
        const double dy = fy - ((y + 0.5) / finer - 0.5);
        const int plane =
            point * kPlanesOfPoint + fy % kPointSplit * kPointSplit + fx % kPointSplit;
        At(plane, fx / kPointSplit, fy / kPointSplit) =
            static_cast<float>(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      }
    }
  }
  float& At(int plane, int x, int y) {
    return maps_[static_cast<std::size_t>(plane) * kPlane + static_cast<std::size_t>(y) * kWidth +
                 static_cast<std::size_t>(x)];
  }
  void Fill(int plane, float value) {
    for (int i = 0; i < kPlane; ++i) {
      maps_[static_cast<std::size_t>(plane) * kPlane + static_cast<std::size_t>(i)] = value;
    }
  }
  const float* maps() const { return maps_.data(); }
  PersonPoints Decode() const { return DecodePoints(maps_.data(), kWidth, kHeight, kStride); }

 private:
  std::vector<float> maps_;
};

TEST(PersonPoints, AreFoundBetweenFinerPixels) {
  Random random(3);
  for (int i = 0; i < 50; ++i) {
    Drawn drawn;
    std::vector<std::pair<double, double>> places;
    for (int p = 0; p < kNumPersonPoints; ++p) {
      places.emplace_back(random.Uniform(12, 80), random.Uniform(12, 110));
      drawn.Put(p, places.back().first, places.back().second);
    }
    const PersonPoints found = drawn.Decode();
    for (int p = 0; p < kNumPersonPoints; ++p) {
      const auto at = static_cast<std::size_t>(p);
      EXPECT_NEAR(found.at[at].x, places[at].first, 0.2);
      EXPECT_NEAR(found.at[at].y, places[at].second, 0.2);
    }
    EXPECT_GT(found.certainty, 0.95);
  }
}

TEST(PersonPoints, KeypointsAreScoredWhereTheyAre) {
  Drawn drawn;
  drawn.Put(kLeftWrist, 40, 60);
  drawn.At(kSeenPlane + kLeftWrist, 2, 3) = 3;
  drawn.Put(kRightWrist, 8, 8);
  const PersonPoints found = drawn.Decode();
  EXPECT_NEAR(found.at[kLeftWrist].score, 1 / (1 + std::exp(-3.0)), 1e-6);
  EXPECT_NEAR(found.at[kRightWrist].score, 1 / (1 + std::exp(4.0)), 1e-6);
}

TEST(PersonPoints, WhatIsAllAlikeIsUncertain) {
  Drawn drawn;
  EXPECT_LT(drawn.Decode().certainty, 0.05);
}

TEST(PersonPoints, APersonIsSaidByTheMeanOfThePlane) {
  Drawn drawn;
  drawn.Fill(kPersonPlane, 1);
  drawn.At(kPersonPlane, 0, 0) = 1 + kPlane;
  EXPECT_NEAR(drawn.Decode().person, 1 / (1 + std::exp(-2.0)), 1e-6);
}

TEST(PersonPoints, NumbersThatAreNoneGiveNobody) {
  Drawn drawn;
  for (int plane = 0; plane < kPersonPointPlanes; ++plane) {
    drawn.Fill(plane, std::numeric_limits<float>::quiet_NaN());
  }
  const PersonPoints found = drawn.Decode();
  EXPECT_EQ(found.person, 0);
  EXPECT_EQ(found.at[kNose].score, 0);
  EXPECT_FALSE(BoxOfSides(found));
}

TEST(PersonPoints, LeftIsRightInAMirroredLook) {
  constexpr double kLast = kWidth * kStride - 1;
  Random random(9);
  Drawn first;
  Drawn second;
  std::vector<std::pair<double, double>> places;
  for (int p = 0; p < kNumPersonPoints; ++p) {
    places.emplace_back(random.Uniform(20, 75), random.Uniform(20, 100));
    first.Put(p, places.back().first, places.back().second, 2);
  }
  const auto put = [&](int named, int meant) {
    const auto& [x, y] = places[static_cast<std::size_t>(meant)];
    second.Put(named, kLast - x, y, 2);
  };
  put(kNose, kNose);
  for (int left = 1; left < kNumKeypoints; left += 2) {
    put(left, left + 1);
    put(left + 1, left);
  }
  put(kBoxTop, kBoxTop);
  put(kBoxBottom, kBoxBottom);
  put(kBoxLeft, kBoxRight);
  put(kBoxRight, kBoxLeft);
  first.Fill(kSeenPlane + kLeftWrist, 1);
  second.Fill(kSeenPlane + kRightWrist, 2);
  first.Fill(kPersonPlane, 0);
  second.Fill(kPersonPlane, 3);

  const PersonPoints alone = first.Decode();
  const PersonPoints both =
      DecodePoints(first.maps(), kWidth, kHeight, kStride, {},
                   OtherLook{second.maps(), cv::Matx23d(-1, 0, kLast, 0, 1, 0)});
  for (int p = 0; p < kNumPersonPoints; ++p) {
    const auto at = static_cast<std::size_t>(p);
    EXPECT_NEAR(both.at[at].x, places[at].first, 1);
    EXPECT_NEAR(both.at[at].y, places[at].second, 1);
  }
  EXPECT_GT(both.certainty, alone.certainty + 0.1);
  EXPECT_NEAR(both.at[kLeftWrist].score, 1 / (1 + std::exp(-1.5)), 1e-6);
  EXPECT_NEAR(both.person, 1 / (1 + std::exp(-1.5)), 1e-6);
}

TEST(PersonPoints, AnotherLookWithoutNumbersChangesNoPlace) {
  Drawn first;
  Drawn broken;
  for (int p = 0; p < kNumPersonPoints; ++p) {
    first.Put(p, 30 + p, 40 + p);
  }
  for (int plane = 0; plane < kPersonPointPlanes; ++plane) {
    broken.Fill(plane, std::numeric_limits<float>::quiet_NaN());
  }
  const PersonPoints alone = first.Decode();
  const PersonPoints both = DecodePoints(first.maps(), kWidth, kHeight, kStride, {},
                                         OtherLook{broken.maps(), cv::Matx23d(1, 0, 0, 0, 1, 0)});
  EXPECT_EQ(both.at[kNose].x, alone.at[kNose].x);
  EXPECT_EQ(both.certainty, alone.certainty);
  EXPECT_EQ(both.person, 0);
}

PersonPoints SidesOf(const RotatedBox& box) {
  const double angle = box.degrees * std::numbers::pi / 180;
  const auto point = [&](double u, double v) {
    return Keypoint{static_cast<float>(box.cx + std::cos(angle) * u - std::sin(angle) * v),
                    static_cast<float>(box.cy + std::sin(angle) * u + std::cos(angle) * v), 1};
  };
  PersonPoints points;
  points.at[kBoxTop] = point(0, -box.h / 2);
  points.at[kBoxBottom] = point(0, box.h / 2);
  points.at[kBoxLeft] = point(-box.w / 2, 0);
  points.at[kBoxRight] = point(box.w / 2, 0);
  return points;
}

TEST(BoxOfSides, IsTheBoxWhoseSidesTheyAre) {
  Random random(5);
  for (int i = 0; i < 200; ++i) {
    const RotatedBox box = {.cx = random.Uniform(20, 80),
                            .cy = random.Uniform(20, 100),
                            .w = random.Uniform(5, 60),
                            .h = random.Uniform(5, 90),
                            .degrees = random.Uniform(-170, 170)};
    const auto found = BoxOfSides(SidesOf(box));
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->cx, box.cx, 1e-3);
    EXPECT_NEAR(found->cy, box.cy, 1e-3);
    EXPECT_NEAR(found->w, box.w, 1e-3);
    EXPECT_NEAR(found->h, box.h, 1e-3);
    EXPECT_NEAR(found->degrees, box.degrees, 1e-2);
  }
}

TEST(BoxOfSides, IsEmptyWithoutAnArea) {
  EXPECT_FALSE(BoxOfSides(SidesOf({.cx = 10, .cy = 10, .w = 0.5, .h = 20})));
}

TEST(WithMargin, AddsAQuarter) {
  const PersonCrop wide = WithMargin({.cx = 1, .cy = 2, .w = 40, .h = 80, .up_rad = 0.3});
  EXPECT_DOUBLE_EQ(wide.w, 50);
  EXPECT_DOUBLE_EQ(wide.h, 100);
  EXPECT_DOUBLE_EQ(wide.up_rad, 0.3);
}

}  // namespace
}  // namespace tenjo
