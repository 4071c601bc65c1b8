#include "tenjo/quantize/compensate.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <random>

#include "tenjo/model/network.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/reads.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

double Number(std::mt19937_64* random) {
  return static_cast<double>((*random)() >> 11U) * 0x1p-53 * 2 - 1;
}

GraphConvolution RandomConvolution(int filters, int groups, int inputs, int kernel,
                                   std::mt19937_64* random) {
  GraphConvolution conv;
  conv.name = "conv";
  conv.shape = {filters, inputs, kernel, kernel};
  conv.groups = groups;
  conv.places = FilterPlaces();
  conv.weights.resize(static_cast<std::size_t>(filters * inputs * kernel * kernel));
  std::generate(conv.weights.begin(), conv.weights.end(),
                [&] { return static_cast<float>(Number(random)); });
  conv.bias.resize(conv.filters());
  return conv;
}

// Numbers that vary together: mixtures of a few.
Reads RandomReads(const GraphConvolution& conv, int sources, std::mt19937_64* random) {
  Reads reads;
  const auto n = static_cast<int>(conv.filter_size());
  for (int g = 0; g < conv.groups; ++g) {
    cv::Mat mixture(n, sources, CV_64F);
    std::for_each(mixture.begin<double>(), mixture.end<double>(),
                  [&](double& value) { value = Number(random); });
    reads.covariance.emplace_back(mixture * mixture.t() + 0.01 * cv::Mat::eye(n, n, CV_64F));
    reads.mean.emplace_back(conv.filter_size(), 0.1);
  }
  return reads;
}

TensorStatistics SquaresOf(const GraphConvolution& conv, const Reads& reads) {
  TensorStatistics statistics;
  for (const cv::Mat& covariance : reads.covariance) {
    for (int c = 0; c < conv.shape[1]; ++c) {
      const int at = c * conv.shape[2] * conv.shape[3];
      statistics.channel_square.push_back(covariance.at<double>(at, at));
    }
  }
  return statistics;
}

double Sum(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return sum;
}

TEST(CompensateRounding, NeverErrsMoreThanEachByItselfAndFarLessWhereReadsVaryTogether) {
  std::mt19937_64 random(5);
  for (const auto& [filters, groups, inputs, kernel] :
       {std::array{6, 1, 40, 1}, std::array{4, 1, 5, 3}, std::array{8, 8, 1, 3},
        std::array{6, 2, 12, 1}, std::array{1, 1, 1, 1}}) {
    for (const int largest : {kPortableWeight, kLargestWeight, 3}) {
      const GraphConvolution conv = RandomConvolution(filters, groups, inputs, kernel, &random);
      const Reads reads = RandomReads(conv, 4, &random);
      const QuantisedWeights start = QuantiseWeights(conv, SquaresOf(conv, reads), largest);
      const QuantisedWeights out = CompensateRounding(conv, reads, start, largest);
      const std::vector<double> before = AnswerErrors(conv, reads, start);
      const std::vector<double> after = AnswerErrors(conv, reads, out);
      ASSERT_EQ(after.size(), conv.filters());
      for (std::size_t f = 0; f < after.size(); ++f) {
        EXPECT_LE(after[f], before[f] * (1 + 1e-3) + 1e-12) << f;
        EXPECT_GT(out.steps[f], 0);
      }
      for (const std::int8_t value : out.values) {
        EXPECT_LE(std::abs(value), largest);
      }
      if (conv.filter_size() > 20) {
        EXPECT_LT(Sum(after), 0.3 * Sum(before)) << filters << " " << largest;
      }
    }
  }
}

// Small enough to try all: rounding one filter of three weights, at the step that came out.
TEST(CompensateRounding, ComesNearTheBestOfAllRoundings) {
  std::mt19937_64 random(9);
  double best_sum = 0;
  double sum = 0;
  for (int trial = 0; trial < 30; ++trial) {
    const GraphConvolution conv = RandomConvolution(1, 1, 3, 1, &random);
    const Reads reads = RandomReads(conv, 2, &random);
    const int largest = 4;
    const QuantisedWeights out = CompensateRounding(
        conv, reads, QuantiseWeights(conv, SquaresOf(conv, reads), largest), largest);
    double best = std::numeric_limits<double>::infinity();
    QuantisedWeights tried = out;
    for (int a = -largest; a <= largest; ++a) {
      for (int b = -largest; b <= largest; ++b) {
        for (int c = -largest; c <= largest; ++c) {
          tried.values = {static_cast<std::int8_t>(a), static_cast<std::int8_t>(b),
                          static_cast<std::int8_t>(c)};
          best = std::min(best, AnswerErrors(conv, reads, tried).front());
        }
      }
    }
    const double mine = AnswerErrors(conv, reads, out).front();
    EXPECT_GE(mine, best * (1 - 1e-6));
    best_sum += best;
    sum += mine;
  }
  EXPECT_LT(sum, 2 * best_sum);
}

TEST(CompensateRounding, ReadsThatNeverVaryOrAreUnknownLeaveItSound) {
  std::mt19937_64 random(3);
  GraphConvolution conv = RandomConvolution(2, 1, 4, 1, &random);
  const QuantisedWeights start = QuantiseWeights(conv, {}, kPortableWeight);
  EXPECT_EQ(CompensateRounding(conv, {}, start, kPortableWeight).values, start.values);
  Reads still;
  still.covariance.emplace_back(cv::Mat::zeros(4, 4, CV_64F));
  still.mean.emplace_back(4, 1.0);
  for (const float step : CompensateRounding(conv, still, start, kPortableWeight).steps) {
    EXPECT_TRUE(std::isfinite(step) && step > 0);
  }
  std::fill(conv.weights.begin(), conv.weights.end(), 0.0F);
  const QuantisedWeights zeros =
      CompensateRounding(conv, RandomReads(conv, 2, &random),
                         QuantiseWeights(conv, {}, kPortableWeight), kPortableWeight);
  for (std::size_t i = 0; i < zeros.values.size(); ++i) {
    EXPECT_EQ(zeros.values[i], 0);
  }
}

// The closed form: what the filters of a small network read on one image, place by place.
TEST(MeasureReads, SeesWhatFiltersSee) {
  Network network;
  network.facts = MakePoseNetwork({}).facts;
  network.facts.stride = 2;
  network.facts.input_width = 10;
  network.facts.input_height = 8;
  network.layers = {{.name = "a",
                     .inputs = {std::string(kImage)},
                     .in_channels = 3,
                     .out_channels = 19,
                     .kernel = 3,
                     .stride = 2,
                     .padding = 1,
                     .bias = true,
                     .activation = Activation::kRelu}};
  network.layers.push_back(network.layers.front());
  network.layers.back().name = "b";
  network.layers.back().out_channels = 38;
  network.outputs = {{.layer = "a", .role = "heatmaps", .stage = 0},
                     {.layer = "b", .role = "pafs", .stage = 0}};
  InitialiseWeights(&network, 1);
  const testing::TempDir folder;
  WriteOnnx(network, folder / "n.onnx");
  cv::Mat image(8, 10, CV_8UC3);
  cv::RNG(4).fill(image, cv::RNG::UNIFORM, 0, 256);
  const ModelInfo info = ReadModelInfo(folder / "n.onnx");
  const FloatGraph graph(folder / "n.onnx");
  const std::vector<Reads> reads = MeasureReads(graph, info, {image}, 1, [] {});
  ASSERT_EQ(reads.size(), 2U);
  ASSERT_EQ(reads[0].covariance.size(), 1U);
  std::vector<std::vector<double>> rows;
  for (int y = -1; y < 7; y += 2) {
    for (int x = -1; x < 9; x += 2) {
      auto& row = rows.emplace_back();
      for (int c = 0; c < 3; ++c) {
        for (int ky = 0; ky < 3; ++ky) {
          for (int kx = 0; kx < 3; ++kx) {
            const int from = info.colour == ColourOrder::kRgb ? 2 - c : c;
            const bool inside = y + ky >= 0 && y + ky < 8 && x + kx >= 0 && x + kx < 10;
            row.push_back(!inside ? 0
                                  : (image.at<cv::Vec3b>(y + ky, x + kx)[from] -
                                     info.mean[static_cast<std::size_t>(c)]) /
                                        info.scale[static_cast<std::size_t>(c)]);
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < 27; ++i) {
    double mean_i = 0;
    for (const auto& row : rows) {
      mean_i += row[i] / static_cast<double>(rows.size());
    }
    EXPECT_NEAR(reads[0].mean[0][i], mean_i, 1e-5);
    for (std::size_t j = 0; j < 27; ++j) {
      double mean_j = 0;
      double product = 0;
      for (const auto& row : rows) {
        mean_j += row[j] / static_cast<double>(rows.size());
        product += row[i] * row[j] / static_cast<double>(rows.size());
      }
      EXPECT_NEAR(reads[0].covariance[0].at<double>(static_cast<int>(i), static_cast<int>(j)),
                  product - mean_i * mean_j, 1e-4);
    }
  }
}

}  // namespace
}  // namespace tenjo
