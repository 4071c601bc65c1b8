#include "tenjo/pose/point_likelihood.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "tenjo/base/random.h"
#include "tenjo/pose/person_points.h"

namespace tenjo {
namespace {

constexpr int kWidth = 5;
constexpr int kHeight = 7;
constexpr int kFinerWidth = kWidth * kPointSplit;
constexpr int kFinerHeight = kHeight * kPointSplit;

// Chances by finer pixel, row by row, as the planes of a network that is that certain.
std::vector<float> PlanesOf(const std::vector<double>& chances) {
  std::vector<float> planes(chances.size());
  for (int y = 0; y < kFinerHeight; ++y) {
    for (int x = 0; x < kFinerWidth; ++x) {
      const int split = y % kPointSplit * kPointSplit + x % kPointSplit;
      const int cell = y / kPointSplit * kWidth + x / kPointSplit;
      planes[static_cast<std::size_t>(split * kWidth * kHeight + cell)] = static_cast<float>(
          std::log(std::max(1e-30, chances[static_cast<std::size_t>(y * kFinerWidth + x)])));
    }
  }
  return planes;
}

std::vector<double> Nowhere() {
  return std::vector<double>(static_cast<std::size_t>(kFinerWidth) * kFinerHeight, 0.0);
}

double& At(std::vector<double>& chances, int x, int y) {
  return chances[static_cast<std::size_t>(y * kFinerWidth + x)];
}

std::vector<double> RandomChances(Random& random) {
  std::vector<double> chances = Nowhere();
  double sum = 0;
  for (double& chance : chances) {
    chance = std::exp(static_cast<double>(random.Uniform(-9, 0)));
    sum += chance;
  }
  for (double& chance : chances) {
    chance /= sum;
  }
  return chances;
}

PointLikelihood Read(const std::vector<double>& chances) {
  PointLikelihood likelihood;
  EXPECT_TRUE(likelihood.Read(PlanesOf(chances).data(), kWidth, kHeight));
  return likelihood;
}

// The similarity that (x, y) has to where the point is, to be expected.
double Expected(const std::vector<double>& chances, double x, double y, double spread) {
  double sum = 0;
  for (int py = 0; py < kFinerHeight; ++py) {
    for (int px = 0; px < kFinerWidth; ++px) {
      const double square = (px - x) * (px - x) + (py - y) * (py - y);
      sum += chances[static_cast<std::size_t>(py * kFinerWidth + px)] *
             std::exp(-square / (2 * spread * spread));
    }
  }
  return sum;
}

TEST(PointLikelihood, NoPlaceIsExpectedToBeMoreAlikeThanTheOneFound) {
  Random random(11);
  for (int i = 0; i < 30; ++i) {
    const std::vector<double> chances = RandomChances(random);
    const double spread = static_cast<double>(random.Uniform(0.7F, 5));
    const PointLikelihood::Found found = Read(chances).MostAlike(spread);
    double best = 0;
    for (int y = 0; y < kFinerHeight; ++y) {
      for (int x = 0; x < kFinerWidth; ++x) {
        best = std::max(best, Expected(chances, x, y, spread));
      }
    }
    EXPECT_NEAR(found.share, Expected(chances, found.x, found.y, spread), 0.03 * best);
    EXPECT_GE(Expected(chances, found.x, found.y, spread), 0.98 * best);
  }
}

TEST(PointLikelihood, OfTwoPlacesTheSurerIsTakenNotTheMiddle) {
  std::vector<double> chances = Nowhere();
  At(chances, 3, 5) = 0.6;
  At(chances, 16, 22) = 0.4;
  const PointLikelihood::Found found = Read(chances).MostAlike(2);
  EXPECT_NEAR(found.x, 3, 0.01);
  EXPECT_NEAR(found.y, 5, 0.01);
  EXPECT_NEAR(found.share, 0.6, 1e-3);
}

TEST(PointLikelihood, ManyWeakPlacesNearEachOtherOutweighOneStrong) {
  std::vector<double> chances = Nowhere();
  At(chances, 2, 3) = 0.3;
  for (int dx = -1; dx <= 1; ++dx) {
    for (int dy = -1; dy <= 1; ++dy) {
      At(chances, 14 + dx, 20 + dy) = 0.7 / 9;
    }
  }
  PointLikelihood likelihood = Read(chances);
  EXPECT_NEAR(likelihood.MostLikely().x, 2, 0.01);
  const PointLikelihood::Found found = likelihood.MostAlike(3);
  EXPECT_NEAR(found.x, 14, 0.01);
  EXPECT_NEAR(found.y, 20, 0.01);
}

TEST(PointLikelihood, APeakBetweenFinerPixelsIsFound) {
  Random random(5);
  for (int i = 0; i < 30; ++i) {
    const double x = static_cast<double>(random.Uniform(6, 13));
    const double y = static_cast<double>(random.Uniform(6, 21));
    std::vector<double> chances = Nowhere();
    for (int py = 0; py < kFinerHeight; ++py) {
      for (int px = 0; px < kFinerWidth; ++px) {
        At(chances, px, py) = std::exp(-((px - x) * (px - x) + (py - y) * (py - y)) / 2);
      }
    }
    const PointLikelihood::Found found = Read(chances).MostAlike(1.5);
    EXPECT_NEAR(found.x, x, 0.02);
    EXPECT_NEAR(found.y, y, 0.02);
    // Two Gaussians multiplied and summed: of variance 1 and of 1.5 squared.
    EXPECT_NEAR(found.share, 2.25 / (2.25 + 1), 0.005);
  }
}

TEST(PointLikelihood, WhatWasKnownBeforeDecidesBetweenTwoPlaces) {
  std::vector<double> chances = Nowhere();
  At(chances, 4, 5) = 0.6;
  At(chances, 15, 21) = 0.4;
  PointLikelihood likelihood = Read(chances);
  likelihood.Join(14, 20, 3, 0.5);
  const PointLikelihood::Found found = likelihood.MostAlike(2);
  EXPECT_NEAR(found.x, 15, 0.05);
  EXPECT_NEAR(found.y, 21, 0.05);
  // By Bayes' rule, written out; what a network may be wrong by is left out.
  const double anywhere = 0.5 / (kFinerWidth * kFinerHeight);
  const double there = 0.5 * std::exp(-2.0 / 18) / (2 * std::numbers::pi * 9) + anywhere;
  EXPECT_NEAR(found.share, 0.4 * there / (0.4 * there + 0.6 * anywhere), 0.01);
}

TEST(PointLikelihood, WhatWasKnownForNothingChangesNothing) {
  Random random(7);
  const std::vector<double> chances = RandomChances(random);
  PointLikelihood likelihood = Read(chances);
  const PointLikelihood::Found before = likelihood.MostAlike(2);
  likelihood.Join(3, 3, 2, 0);
  const PointLikelihood::Found after = likelihood.MostAlike(2);
  EXPECT_NEAR(before.x, after.x, 0.05);
  EXPECT_NEAR(before.y, after.y, 0.05);
  EXPECT_NEAR(before.share, after.share, 0.01);
}

TEST(PointLikelihood, AnotherLookThatMirrorsIsReadWhereItMirrors) {
  Random random(13);
  const cv::Matx23d mirror(-1, 0, kFinerWidth - 1, 0, 1, 0);
  for (int i = 0; i < 20; ++i) {
    const std::vector<double> first = RandomChances(random);
    const std::vector<double> second = RandomChances(random);
    PointLikelihood both = Read(first);
    both.Join(Read(second), mirror);
    // Written out, without the chance that a network is wrong; the border is known in part alone.
    std::vector<double> joined = Nowhere();
    for (int y = 0; y + 1 < kFinerHeight; ++y) {
      for (int x = 1; x < kFinerWidth; ++x) {
        const auto at = static_cast<std::size_t>(y * kFinerWidth);
        At(joined, x, y) = std::pow(first[at + static_cast<std::size_t>(x)] *
                                        second[at + static_cast<std::size_t>(kFinerWidth - 1 - x)],
                                    0.75);
      }
    }
    double sum = 0;
    for (const double chance : joined) {
      sum += chance;
    }
    for (double& chance : joined) {
      chance /= sum;
    }
    const PointLikelihood::Found found = both.MostAlike(2);
    EXPECT_NEAR(found.share, Expected(joined, found.x, found.y, 2), 0.05 * found.share);
  }
}

TEST(PointLikelihood, AnotherLookFromElsewhereMeetsBetweenItsFinerPixels) {
  // The same Gaussian, half as large and moved in the other picture.
  const cv::Matx23d to_other(0.5, 0, 3.3, 0, 0.5, 6.6);
  std::vector<double> first = Nowhere();
  std::vector<double> second = Nowhere();
  for (int y = 0; y < kFinerHeight; ++y) {
    for (int x = 0; x < kFinerWidth; ++x) {
      const auto gaussian = [&](double mx, double my, double sigma) {
        return std::exp(-((x - mx) * (x - mx) + (y - my) * (y - my)) / (2 * sigma * sigma));
      };
      At(first, x, y) = gaussian(9, 12, 4);
      At(second, x, y) = gaussian(0.5 * 10 + 3.3, 0.5 * 14 + 6.6, 2);
    }
  }
  PointLikelihood both = Read(first);
  both.Join(Read(second), to_other);
  const PointLikelihood::Found found = both.MostAlike(1);
  EXPECT_NEAR(found.x, 9.5, 0.1);
  EXPECT_NEAR(found.y, 13, 0.1);
}

TEST(PointLikelihood, WhatAnotherLookDoesNotShowKeepsItsOrder) {
  std::vector<double> chances = Nowhere();
  At(chances, 4, 5) = 0.6;
  At(chances, 15, 21) = 0.4;
  PointLikelihood likelihood = Read(chances);
  likelihood.Join(Read(chances), cv::Matx23d(1, 0, 1000, 0, 1, 0));
  const PointLikelihood::Found found = likelihood.MostLikely();
  EXPECT_NEAR(found.x, 4, 1e-6);
  EXPECT_NEAR(found.share, std::pow(0.6, 0.75) / (std::pow(0.6, 0.75) + std::pow(0.4, 0.75)), 1e-4);
}

TEST(PointLikelihood, NothingIsKnownOfNumbersThatAreNone) {
  std::vector<float> planes(static_cast<std::size_t>(kFinerWidth) * kFinerHeight,
                            std::numeric_limits<float>::quiet_NaN());
  PointLikelihood likelihood;
  EXPECT_FALSE(likelihood.Read(planes.data(), kWidth, kHeight));
  std::fill(planes.begin(), planes.end(), std::numeric_limits<float>::infinity());
  EXPECT_FALSE(likelihood.Read(planes.data(), kWidth, kHeight));
}

}  // namespace
}  // namespace tenjo
