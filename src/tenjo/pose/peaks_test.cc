#include "tenjo/pose/peaks.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <random>
#include <string>
#include <vector>

#include "tenjo/pose/reference_decoder_test.h"

namespace tenjo {
namespace {

// The rule of the header, on the maxima of the enlarged map.
std::vector<std::array<int, 2>> Suppressed(const std::vector<std::array<int, 2>>& maxima) {
  std::vector<std::array<int, 2>> kept;
  for (const auto& peak : maxima) {
    bool free = true;
    for (const auto& other : kept) {
      free = free && std::hypot(peak[0] - other[0], peak[1] - other[1]) >= 6;
    }
    if (free) {
      kept.push_back(peak);
    }
  }
  return kept;
}

void ExpectSamePeaks(PeakFinder* finder, const std::vector<float>& map, int width, int height) {
  const auto expected = Suppressed(testing::ReferencePeaks(map.data(), width, height));
  const cv::Mat plane(height, width, CV_32F, const_cast<float*>(map.data()));
  cv::Mat large;
  cv::resize(plane, large, {}, 4, 4, cv::INTER_CUBIC);
  const std::vector<Peak> peaks =
      finder->Find(PaddedMap(map.data(), width, height), 0.1F, std::numeric_limits<int>::max());
  ASSERT_EQ(peaks.size(), expected.size());
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    EXPECT_EQ((std::array{peaks[i].u, peaks[i].v}), expected[i]);
    EXPECT_NEAR(peaks[i].value, large.at<float>(peaks[i].v, peaks[i].u), 1e-6);
  }
}

TEST(PeakFinder, FindsEveryMaximumOfTheEnlargedMap) {
  PeakFinder finder;
  for (int trial = 0; trial < 400; ++trial) {
    SCOPED_TRACE("trial " + std::to_string(trial));
    std::mt19937 random(trial);
    const int width = 1 + static_cast<int>(random() % 24);
    const int height = 1 + static_cast<int>(random() % 24);
    std::vector<float> map(width * height);
    std::uniform_real_distribution<float> unit(-1, 1);
    // Noise of all strengths, around the threshold most of all, with steps that make the
    // interpolation overshoot far from any maximum of the map itself.
    const float strength = std::pow(10.0F, 2 * unit(random) - 1);
    const float level = 0.2F * unit(random);
    const int step = static_cast<int>(random() % (width + 1));
    for (int i = 0; i < width * height; ++i) {
      map[i] =
          level + strength * unit(random) + (trial % 2 == 0 && i % width >= step ? 0.6F : 0.0F);
    }
    ExpectSamePeaks(&finder, map, width, height);
  }
}

TEST(PeakFinder, FindsPeaksThatNoMapPixelReaches) {
  // Four equal neighbours: the maximum lies between them and is higher than each.
  PeakFinder finder;
  std::vector<float> map(8 * 8, 0.0F);
  map[3 * 8 + 3] = map[3 * 8 + 4] = map[4 * 8 + 3] = 0.0801F;
  map[4 * 8 + 4] = 0.0805F;
  ExpectSamePeaks(&finder, map, 8, 8);
  EXPECT_EQ(finder.Find(PaddedMap(map.data(), 8, 8), 0.1F, 10).size(), 1U);
}

TEST(PeakFinder, FindsPeaksAtTheBorders) {
  PeakFinder finder;
  for (int i = 0; i < 6 * 5; ++i) {
    std::vector<float> map(6 * 5, 0.01F);
    map[i] = 1;
    map[(i + 1) % 30] += 0.01F;
    map[(i + 6) % 30] += 0.02F;
    ExpectSamePeaks(&finder, map, 6, 5);
  }
}

TEST(PeakFinder, KeepsNothingFromTheMapBefore) {
  PeakFinder finder;
  std::vector<float> map(10 * 10, 0.0F);
  map[55] = 1;
  map[56] = 0.5F;
  map[65] = 0.4F;
  const auto first = finder.Find(PaddedMap(map.data(), 10, 10), 0.1F, 10);
  ASSERT_EQ(first.size(), 1U);
  const std::vector<float> empty(10 * 10, 0.0F);
  EXPECT_TRUE(finder.Find(PaddedMap(empty.data(), 10, 10), 0.1F, 10).empty());
  EXPECT_EQ(finder.Find(PaddedMap(map.data(), 10, 10), 0.1F, 10).size(), 1U);
}

TEST(PeakFinder, ConstantMapsHaveNoPeak) {
  PeakFinder finder;
  for (const float value : {-1.0F, 0.0F, 0.05F, 0.5F, 1e20F}) {
    const std::vector<float> map(12 * 9, value);
    EXPECT_TRUE(finder.Find(PaddedMap(map.data(), 12, 9), 0.1F, 10).empty()) << value;
  }
}

TEST(PeakFinder, KeepsTheHighestWhenThereAreTooMany) {
  std::mt19937 random(7);
  std::uniform_real_distribution<float> unit(0, 1);
  std::vector<float> map(60 * 40);
  for (float& value : map) {
    value = unit(random);
  }
  PeakFinder finder;
  const auto all =
      finder.Find(PaddedMap(map.data(), 60, 40), 0.1F, std::numeric_limits<int>::max());
  const auto some = finder.Find(PaddedMap(map.data(), 60, 40), 0.1F, 20);
  ASSERT_GT(all.size(), 100U);
  ASSERT_EQ(some.size(), 20U);
  float least = 10;
  for (std::size_t i = 0; i < some.size(); ++i) {
    least = std::min(least, some[i].value);
    if (i > 0) {
      EXPECT_LE(some[i - 1].u, some[i].u);
    }
  }
  int higher = 0;
  for (const Peak& peak : all) {
    higher += static_cast<int>(peak.value > least);
  }
  EXPECT_EQ(higher, 19);
}

}  // namespace
}  // namespace tenjo
