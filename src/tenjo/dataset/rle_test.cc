#include "tenjo/dataset/rle.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "tenjo/base/error.h"
#include "tenjo/base/random.h"

namespace tenjo {
namespace {

constexpr std::int16_t kValue = 3;

// Runs down the columns by the definition, pixel by pixel.
std::vector<std::uint32_t> SlowRuns(const cv::Mat& map) {
  std::vector<std::uint32_t> runs = {0};
  bool inside = false;
  for (int x = 0; x < map.cols; ++x) {
    for (int y = 0; y < map.rows; ++y) {
      if ((map.at<std::int16_t>(y, x) == kValue) != inside) {
        inside = !inside;
        runs.push_back(0);
      }
      ++runs.back();
    }
  }
  return runs;
}

cv::Mat DrawMap(Random& random) {
  cv::Mat map(random.Integer(1, 40), random.Integer(1, 40), CV_16S, cv::Scalar(-1));
  const float density = random.Uniform();
  const bool blobs = random.Chance(0.5F);
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) {
      if (!blobs && random.Chance(density)) {
        map.at<std::int16_t>(y, x) = random.Chance(0.8F) ? kValue : std::int16_t{1};
      }
    }
  }
  if (blobs) {
    const cv::Rect all(0, 0, map.cols, map.rows);
    const cv::Rect box = cv::Rect(random.Integer(-5, map.cols), random.Integer(-5, map.rows),
                                  random.Integer(1, 40), random.Integer(1, 40)) &
                         all;
    map(box).setTo(kValue);
  }
  return map;
}

cv::Rect BoxOf(const cv::Mat& map) {
  cv::Rect box;
  for (int y = 0; y < map.rows; ++y) {
    for (int x = 0; x < map.cols; ++x) {
      if (map.at<std::int16_t>(y, x) == kValue) {
        box |= cv::Rect(x, y, 1, 1);
      }
    }
  }
  return box;
}

TEST(Rle, RunsAreThoseOfTheDefinition) {
  Random random(4);
  for (int i = 0; i < 500; ++i) {
    const cv::Mat map = DrawMap(random);
    const auto runs = MaskRuns(map, kValue, BoxOf(map));
    ASSERT_EQ(runs, SlowRuns(map)) << i;
    // A box larger than the mask changes nothing.
    ASSERT_EQ(MaskRuns(map, kValue, {0, 0, map.cols, map.rows}), runs) << i;
  }
}

TEST(Rle, TextAndMaskComeBack) {
  Random random(5);
  for (int i = 0; i < 500; ++i) {
    const cv::Mat map = DrawMap(random);
    const auto runs = MaskRuns(map, kValue, BoxOf(map));
    const auto again = DecodeRuns(EncodeRuns(runs));
    ASSERT_EQ(again, runs) << i;
    const cv::Mat mask = MaskOfRuns(again, map.cols, map.rows);
    ASSERT_EQ(cv::countNonZero((map == kValue) / 255 != mask), 0) << i;
  }
}

// As pycocotools writes them.
TEST(Rle, KnownTexts) {
  EXPECT_EQ(EncodeRuns({6, 1, 40, 4, 5, 4, 5, 4, 21}), "61X13mN000`0");
  EXPECT_EQ(EncodeRuns({0, 25}), "0i0");
}

TEST(Rle, DamagedTextsAreErrors) {
  EXPECT_THROW(DecodeRuns("~~"), Error);
  EXPECT_THROW(DecodeRuns("0P"), Error);  // ends within a number
  EXPECT_THROW(DecodeRuns("PPPPPPPPPPPP"), Error);
  EXPECT_THROW(DecodeRuns("O"), Error);  // -1
  EXPECT_THROW(MaskOfRuns({3, 5}, 3, 3), Error);
  EXPECT_THROW(MaskOfRuns({3, 7}, 3, 3), Error);
}

}  // namespace
}  // namespace tenjo
