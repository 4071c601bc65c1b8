#include "tenjo/model/narrow.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <opencv2/core.hpp>
#include <random>
#include <string>

#include "tenjo/testing/dead_channels.h"
#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

using testing::Failure;

void ExpectSameShape(const Network& a, const Network& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].name, b.layers[i].name);
    EXPECT_EQ(a.layers[i].inputs, b.layers[i].inputs);
    EXPECT_EQ(a.layers[i].in_channels, b.layers[i].in_channels) << a.layers[i].name;
    EXPECT_EQ(a.layers[i].out_channels, b.layers[i].out_channels) << a.layers[i].name;
    EXPECT_EQ(a.layers[i].groups, b.layers[i].groups) << a.layers[i].name;
  }
  EXPECT_EQ(WeightShapes(a), WeightShapes(b));
}

void ExpectSame(const Network& a, const Network& b) {
  ExpectSameShape(a, b);
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (const auto& [name, tensor] : a.weights) {
    EXPECT_EQ(tensor.values, b.weights.at(name).values) << name;
  }
  EXPECT_EQ(a.outputs.size(), b.outputs.size());
  EXPECT_EQ(a.facts.training_data, b.facts.training_data);
}

// Of every kind of pose network, `check` sees the options.
template <typename Check>
void ForEachKind(double width, Check check) {
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const int stages : {0, 1, 2}) {
      for (const Activation activation : {Activation::kRelu, Activation::kElu}) {
        for (const bool heads : {false, true}) {
          check(PoseNetworkOptions{.base = base,
                                   .width = width,
                                   .stages = stages,
                                   .activation = activation,
                                   .person_heads = heads});
        }
      }
    }
  }
}

TEST(NarrowNetwork, HasTheFormOfANetworkMadeNarrow) {
  ForEachKind(0.5, [](PoseNetworkOptions options) {
    const Network wide = MakePoseNetwork(options);
    options.width = 0.25;
    ExpectSameShape(NarrowNetwork(wide, 0.5), MakePoseNetwork(options));
    ExpectSameShape(NarrowNetwork(FoldBatchNorm(wide), 0.5),
                    FoldBatchNorm(MakePoseNetwork(options)));
  });
  ExpectSameShape(NarrowNetwork(MakePoseNetwork({}), 0.5), MakePoseNetwork({.width = 0.5}));
  ExpectSameShape(NarrowNetwork(MakeAppearanceNetwork({.numbers = 20}), 0.5),
                  MakeAppearanceNetwork({.width = 0.5, .numbers = 20}));
}

TEST(NarrowNetwork, FindsTheNetworkThatAnotherHides) {
  std::mt19937_64 engine(3);
  const auto check = [&](Network narrow, Network wide) {
    std::uniform_real_distribution<float> uniform(0.5F, 1.5F);
    for (Network* network : {&narrow, &wide}) {
      for (auto& [name, tensor] : network->weights) {
        if (tensor.shape.size() == 1) {
          std::generate(tensor.values.begin(), tensor.values.end(),
                        [&] { return uniform(engine); });
        }
      }
    }
    wide = testing::AddDeadChannels(narrow, std::move(wide), &engine);
    ExpectSame(NarrowNetwork(wide, 0.5), narrow);
    ExpectSame(NarrowNetwork(FoldBatchNorm(wide), 0.5), FoldBatchNorm(narrow));
  };
  ForEachKind(0.5, [&](PoseNetworkOptions options) {
    const Network wide = MakePoseNetwork(options);
    options.width = 0.25;
    check(MakePoseNetwork(options), wide);
  });
  check(MakeAppearanceNetwork({.width = 0.25, .numbers = 20}),
        MakeAppearanceNetwork({.width = 0.5, .numbers = 20}));
}

TEST(NarrowNetwork, KeepsWhatPassesOnMost) {
  Network network = MakePoseNetwork({.base = PoseBase::kVgg19, .width = 0.25, .stages = 0});
  std::vector<float>& bias = network.weights.at("base/conv3_1/bias").values;
  std::vector<float>& made = network.weights.at("base/conv3_1/weight").values;
  std::vector<float>& read = network.weights.at("base/conv3_2/weight").values;
  const std::size_t count = bias.size();
  const std::size_t row = made.size() / count;
  std::vector<std::pair<double, float>> order;
  for (std::size_t c = 0; c < count; ++c) {
    bias[c] = static_cast<float>(c);
    double in = 0;
    for (std::size_t i = 0; i < row; ++i) {
      in += std::abs(made[c * row + i]);
    }
    double out = 0;
    for (std::size_t o = 0; o < count; ++o) {
      for (std::size_t k = 0; k < 9; ++k) {
        out += std::abs(read[(o * count + c) * 9 + k]);
      }
    }
    order.emplace_back(in * out, bias[c]);
  }
  std::sort(order.begin(), order.end(), std::greater<>());
  std::vector<float> best;
  for (std::size_t c = 0; c < count / 4; ++c) {
    best.push_back(order[c].second);
  }
  std::sort(best.begin(), best.end());
  EXPECT_EQ(NarrowNetwork(network, 0.25).weights.at("base/conv3_1/bias").values, best);
  // Larger before and smaller behind is the same function of the picture.
  for (std::size_t c = 0; c < count; ++c) {
    const auto factor = static_cast<float>(1U << (c % 5));
    for (std::size_t i = 0; i < row; ++i) {
      made[c * row + i] *= factor;
    }
    for (std::size_t o = 0; o < count; ++o) {
      for (std::size_t k = 0; k < 9; ++k) {
        read[(o * count + c) * 9 + k] /= factor;
      }
    }
  }
  EXPECT_EQ(NarrowNetwork(network, 0.25).weights.at("base/conv3_1/bias").values, best);
}

// What least squares from the channels `taken` explains of W x, for x of covariance C.
double Explained(const cv::Mat& weights, const cv::Mat& covariance, const std::vector<int>& taken) {
  const auto n = static_cast<int>(taken.size());
  cv::Mat among(n, n, CV_64F);
  cv::Mat with(n, covariance.cols, CV_64F);
  for (int i = 0; i < n; ++i) {
    covariance.row(taken[i]).copyTo(with.row(i));
    for (int j = 0; j < n; ++j) {
      among.at<double>(i, j) = covariance.at<double>(taken[i], taken[j]);
    }
  }
  cv::Mat solved;
  cv::solve(among, with, solved, cv::DECOMP_CHOLESKY);
  return cv::trace(weights * with.t() * solved * weights.t())[0];
}

TEST(ChooseChannels, TakesWhatExplainsMostOfWhatReadsIt) {
  const Network network = FoldBatchNorm(MakePoseNetwork({.width = 0.25, .stages = 0}));
  cv::theRNG().state = 5;
  ReadCovariances read;
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution && layer.groups == 1) {
      cv::Mat factors(layer.in_channels, layer.in_channels + 2, CV_64F);
      cv::randn(factors, 0, 1);
      const cv::Mat covariance = factors * factors.t();
      read[layer.name].assign(covariance.begin<double>(), covariance.end<double>());
    }
  }
  const KeptChannels kept = ChooseChannels(network, 0.5, read);
  // Read by one convolution, through a depthwise one.
  const Layer& reader = *network.Find("base/conv2_2/sep");
  const std::string& made = network.Find(reader.inputs.front())->inputs.front();
  const int n = reader.in_channels;
  const Tensor& weight = network.weights.at(reader.name + "/weight");
  cv::Mat weights;
  cv::Mat(reader.out_channels, n, CV_32F, const_cast<float*>(weight.values.data()))
      .convertTo(weights, CV_64F);
  const cv::Mat covariance(n, n, CV_64F, read.at(reader.name).data());
  std::vector<int> taken;
  while (static_cast<int>(taken.size()) < n / 2) {
    std::pair<double, int> best = {-1, -1};
    for (int c = 0; c < n; ++c) {
      if (std::find(taken.begin(), taken.end(), c) == taken.end()) {
        std::vector<int> more = taken;
        more.push_back(c);
        best = std::max(best, {Explained(weights, covariance, more), c});
      }
    }
    taken.push_back(best.second);
  }
  std::sort(taken.begin(), taken.end());
  EXPECT_EQ(kept.at(made), taken);
  EXPECT_EQ(kept.at(reader.inputs.front()), taken);
  EXPECT_EQ(kept.at(std::string(kImage)), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(kept.at("stage0/pafs").size(), static_cast<std::size_t>(kPafChannels));
  CheckNetwork(KeepChannels(network, kept), "chosen by what it reads");
}

TEST(NarrowNetwork, CountsAreMultiplesOfEight) {
  const Network network = MakePoseNetwork({.width = 0.375, .stages = 1, .person_heads = true});
  const auto channels = [&](double share, const char* layer) {
    return NarrowNetwork(network, share).Find(layer)->out_channels;
  };
  ASSERT_EQ(network.Find("base/conv1")->out_channels, 16);
  ASSERT_EQ(network.Find("base/conv2_1/sep")->out_channels, 24);
  ASSERT_EQ(network.Find("cpm/conv")->out_channels, 48);
  EXPECT_EQ(channels(0.01, "base/conv2_1/sep"), 8);
  EXPECT_EQ(channels(0.5, "base/conv2_1/sep"), 16);  // 12 lies between 8 and 16
  EXPECT_EQ(channels(0.5, "cpm/conv"), 24);
  EXPECT_EQ(channels(0.9, "base/conv1"), 16);
  EXPECT_EQ(channels(0.9, "cpm/conv"), 40);
  for (const double share : {0.01, 0.3, 0.77, 0.999}) {
    const Network narrow = NarrowNetwork(network, share);
    CheckNetwork(narrow, "narrow");
    EXPECT_EQ(narrow.Find("stage1/input")->in_channels,
              38 + 19 + narrow.Find("cpm/conv")->out_channels);
  }
  // Fewer than eight stay as many.
  Network small = MakeAppearanceNetwork({.width = 0.25, .numbers = 5});
  EXPECT_EQ(NarrowNetwork(small, 0.1).Find("embedding")->out_channels, 5);
}

// A sum that is an answer keeps all that is added, and a convolution in groups all that it has.
TEST(NarrowNetwork, WhatIsTiedToAnOutputStaysWhole) {
  Network network = MakeAppearanceNetwork({.width = 0.25, .numbers = 32});
  Layer more = *network.Find("base/conv6/sep");
  more.name = "more";
  more.inputs = {"base/conv5_6/sep"};
  more.groups = 4;
  more.in_channels = network.Find("base/conv5_6/sep")->out_channels;
  const Layer sum = {.kind = LayerKind::kAdd,
                     .name = "sum",
                     .inputs = {"base/conv6/sep", "more"},
                     .in_channels = more.out_channels,
                     .out_channels = more.out_channels};
  const auto mean = std::find_if(network.layers.begin(), network.layers.end(),
                                 [](const Layer& layer) { return layer.name == "embedding/mean"; });
  mean->inputs = {"sum"};
  network.layers.insert(mean, {more, sum});
  InitialiseWeights(&network, 3);
  CheckNetwork(network, "with groups");
  const Network grouped = NarrowNetwork(network, 0.5);
  EXPECT_EQ(grouped.Find("more")->groups, 4);
  EXPECT_EQ(grouped.weights.at("more/weight").values, network.weights.at("more/weight").values);
  EXPECT_EQ(grouped.Find("base/conv6/sep")->out_channels, more.out_channels);
  EXPECT_EQ(grouped.Find("base/conv5_6/sep")->out_channels, more.in_channels);
  EXPECT_EQ(grouped.Find("base/conv5_5/sep")->out_channels,
            network.Find("base/conv5_5/sep")->out_channels / 2);

  Network pose = MakePoseNetwork({.width = 0.25, .stages = 1});
  Layer again = *pose.Find("stage1/pafs");
  again.name = "again";
  pose.layers.push_back(again);
  pose.layers.push_back({.kind = LayerKind::kAdd,
                         .name = "both",
                         .inputs = {"stage0/pafs", "again"},
                         .in_channels = kPafChannels,
                         .out_channels = kPafChannels});
  for (NetworkOutput& output : pose.outputs) {
    output.layer = output.layer == "stage1/pafs" ? "both" : output.layer;
  }
  InitialiseWeights(&pose, 4);
  const Network summed = NarrowNetwork(pose, 0.5);
  EXPECT_EQ(summed.Find("again")->out_channels, kPafChannels);
  EXPECT_EQ(summed.Find("again")->in_channels, pose.Find("again")->in_channels / 2);
}

TEST(NarrowNetwork, AllChannelsAreTheSameNetwork) {
  Network network = MakePoseNetwork({.width = 0.25, .stages = 1, .person_heads = true});
  network.facts.training_data = "drawn people";
  ExpectSame(NarrowNetwork(network, 1), network);
  EXPECT_EQ(NarrowNetwork(network, 0.5).facts.training_data, "drawn people");
}

TEST(NarrowNetwork, OtherSharesAreErrors) {
  const Network network = MakePoseNetwork({.width = 0.25, .stages = 0});
  for (const double share : {0.0, -0.5, 1.01, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_SAYS(Failure([&] { NarrowNetwork(network, share); }), "of its channels; above 0 to 1");
  }
}

}  // namespace
}  // namespace tenjo
