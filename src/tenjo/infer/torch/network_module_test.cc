#include "tenjo/infer/torch/network_module.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <random>

#include "tenjo/base/error.h"
#include "tenjo/infer/torch/testing/evaluate.h"
#include "tenjo/model/narrow.h"
#include "tenjo/testing/dead_channels.h"

namespace tenjo {
namespace {

Network Small(PoseNetworkOptions options) {
  options.width = 0.25;
  return MakePoseNetwork(options);
}

// Batch norm as it is after some training, so that folding it has something to do.
void DisturbBatchNorm(Network* network, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  const auto uniform = [&](float low, float high) {
    return low + (high - low) * static_cast<float>(engine() >> 40U) / static_cast<float>(1U << 24U);
  };
  for (auto& [name, tensor] : network->weights) {
    for (float& value : tensor.values) {
      if (name.ends_with("/bn_scale") || name.ends_with("/bn_variance")) {
        value = uniform(0.5F, 1.5F);
      } else if (name.ends_with("/bn_shift") || name.ends_with("/bn_mean") ||
                 name.ends_with("/bias")) {
        value = uniform(-0.3F, 0.3F);
      }
    }
  }
}

using testing::Answers;
using testing::Evaluate;

double MostApart(const Answers& a, const Answers& b) {
  EXPECT_EQ(a.size(), b.size());
  double most = 0;
  for (const auto& [role, stages] : a) {
    EXPECT_EQ(stages.size(), b.at(role).size());
    for (std::size_t i = 0; i < stages.size(); ++i) {
      most = std::max(most, (stages[i] - b.at(role)[i]).abs().max().item<double>());
    }
  }
  return most;
}

// One program start with LibTorch costs a second, so there are few, longer tests.
TEST(NetworkModule, AnswersOfEveryKindOfNetwork) {
  torch::manual_seed(1);
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 64, 96}, torch::kUInt8);
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const int stages : {0, 2}) {
      for (const Activation activation : {Activation::kRelu, Activation::kElu}) {
        Network network = Small({.base = base,
                                 .stages = stages,
                                 .activation = activation,
                                 .person_heads = stages == 2});
        DisturbBatchNorm(&network, 3);
        const Answers answers = Evaluate(network, images);
        ASSERT_EQ(answers.at("heatmaps").size(), static_cast<std::size_t>(stages + 1));
        EXPECT_EQ(answers.at("heatmaps").back().sizes().vec(),
                  (std::vector<std::int64_t>{2, 19, 8, 12}));
        EXPECT_EQ(answers.at("pafs").front().sizes().vec(),
                  (std::vector<std::int64_t>{2, 38, 8, 12}));
        EXPECT_EQ(answers.contains("boxes"), stages == 2);
        EXPECT_LT(MostApart(answers, Evaluate(FoldBatchNorm(network), images)), 1e-3);
        if (stages == 2) {
          Answers cut = Evaluate(CutStages(network, 1), images);
          EXPECT_TRUE(cut.at("heatmaps").back().equal(answers.at("heatmaps")[1]));
          EXPECT_TRUE(cut.at("boxes").back().equal(answers.at("boxes").back()));
        }
      }
    }
  }
}

TEST(NetworkModule, LearnsAndWritesItsWeightsBack) {
  torch::manual_seed(2);
  Network network = Small({.stages = 1, .activation = Activation::kElu, .person_heads = true});
  const auto before = network.weights;
  NetworkModule module(network);
  const int frozen = module.Freeze("base/conv1");
  EXPECT_EQ(frozen, 1);
  module.UseChannelsLast();
  module.train();
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 64, 64}, torch::kUInt8);
  torch::Tensor loss = torch::zeros({});
  for (const auto& [role, stages] : module.forward(images)) {
    for (const torch::Tensor& map : stages) {
      loss = loss + (map - 1).square().sum();
    }
  }
  loss.backward();
  {
    const torch::NoGradGuard no_grad;
    for (const auto& item : module.named_parameters()) {
      EXPECT_EQ(item.value().requires_grad(), !item.key().starts_with("base/conv1/"));
      if (item.value().requires_grad()) {
        ASSERT_TRUE(item.value().grad().defined()) << item.key();
        EXPECT_GT(item.value().grad().abs().max().item<float>(), 0) << item.key();
        item.value().sub_(1e-3 * item.value().grad().sign());
      }
    }
  }
  module.ToNetwork(&network);
  CheckNetwork(network, "after a step");
  EXPECT_EQ(network.weights.size(), before.size());
  for (const auto& [name, tensor] : network.weights) {
    EXPECT_EQ(tensor.values == before.at(name).values, name.starts_with("base/conv1/")) << name;
  }
  module.eval();
  const torch::NoGradGuard no_grad;
  EXPECT_LT(MostApart(module.forward(images), Evaluate(network, images)), 1e-4);
  NetworkModule other(Small({.stages = 1, .activation = Activation::kElu, .person_heads = true}));
  other.FromNetwork(network);
  other.eval();
  EXPECT_TRUE(MostApart(other.forward(images), Evaluate(network, images)) == 0);
}

TEST(NetworkModule, GradientsAreTheSlopes) {
  torch::manual_seed(3);
  Network network = Small({.stages = 0});
  DisturbBatchNorm(&network, 4);
  NetworkModule module(network);
  module.train();
  module.to(torch::kFloat64);
  const torch::Tensor images = torch::randn({2, 3, 32, 32}, torch::kFloat64);
  const torch::Tensor target = torch::randn({2, 19, 4, 4}, torch::kFloat64);
  const auto loss = [&] {
    return (module.forward(images).at("heatmaps").back() - target).square().sum();
  };
  loss().backward();
  for (const char* name : {"base/conv1/weight", "base/conv5_5/dw/bn_scale", "cpm/trunk2/dw/weight",
                           "stage0/heatmaps/bias"}) {
    torch::Tensor values = module.named_parameters()[name];
    const torch::NoGradGuard no_grad;
    torch::Tensor flat = values.view({-1});
    const double step = 1e-6;
    const double was = flat[0].item<double>();
    flat[0] = was + step;
    const double above = loss().item<double>();
    flat[0] = was - step;
    const double below = loss().item<double>();
    flat[0] = was;
    const double slope = values.grad().view({-1})[0].item<double>();
    EXPECT_NEAR((above - below) / (2 * step), slope, 1e-4 * (1 + std::abs(slope))) << name;
  }
}

TEST(NetworkModule, PicturesAreNormalisedAsTheNetworkSays) {
  Network network = Small({.stages = 0});
  network.facts.colour = ColourOrder::kRgb;
  network.facts.mean = {10, 20, 30};
  network.facts.scale = {2, 4, 5};
  const NetworkModule module(network);
  const torch::Tensor bgr =
      torch::tensor({50, 40, 20}, torch::kInt32).to(torch::kUInt8).view({1, 3, 1, 1});
  const torch::Tensor out = module.Normalise(bgr).view({3});
  EXPECT_TRUE(out.equal(torch::tensor({5.0F, 5.0F, 4.0F})));
  Network broken = network;
  broken.weights.erase("base/conv1/weight");
  EXPECT_THROW(NetworkModule{broken}, Error);
}

TEST(NetworkModule, DeadChannelsCanBeTakenOut) {
  torch::manual_seed(7);
  std::mt19937_64 engine(8);
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 64, 64}, torch::kUInt8);
  const auto check = [&](Network narrow, Network wide) {
    DisturbBatchNorm(&narrow, engine());
    DisturbBatchNorm(&wide, engine());
    wide = testing::AddDeadChannels(narrow, std::move(wide), &engine);
    for (const Network& dead : {wide, FoldBatchNorm(wide)}) {
      const Network cut = NarrowNetwork(dead, 0.5);
      EXPECT_LT(CountWeights(cut), 0.5 * static_cast<double>(CountWeights(dead)));
      const Answers truth = Evaluate(dead, images);
      double largest = 1;
      for (const auto& [role, stages] : truth) {
        for (const torch::Tensor& map : stages) {
          largest = std::max(largest, map.abs().max().item<double>());
        }
      }
      EXPECT_LT(MostApart(truth, Evaluate(cut, images)), 1e-5 * largest);
    }
  };
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const int stages : {0, 2}) {
      PoseNetworkOptions options = {
          .base = base,
          .width = 0.25,
          .stages = stages,
          .activation = stages == 0 ? Activation::kRelu : Activation::kElu,
          .person_heads = stages == 2};
      const Network narrow = MakePoseNetwork(options);
      options.width = 0.5;
      check(narrow, MakePoseNetwork(options));
    }
  }
  check(MakeAppearanceNetwork({.width = 0.25, .numbers = 16}),
        MakeAppearanceNetwork({.width = 0.5, .numbers = 16}));
}

TEST(NetworkModule, BatchNormCanBePutBack) {
  torch::manual_seed(5);
  Network network = Small({.stages = 1});
  DisturbBatchNorm(&network, 6);
  const Network folded = FoldBatchNorm(network);
  const auto layers = LayersForBatchNorm(folded);
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 64, 64}, torch::kUInt8);
  NetworkModule module(folded);
  Network back = folded;
  InsertBatchNorm(&back, module.Moments(images, layers));
  EXPECT_EQ(LayersForBatchNorm(back).size(), 0U);
  EXPECT_EQ(CountWeights(back), CountWeights(network));
  const Answers truth = Evaluate(folded, images);
  EXPECT_LT(MostApart(truth, Evaluate(back, images)), 1e-3);
  // In training, too, on the pictures it was measured on.
  NetworkModule trained(back);
  trained.train();
  const torch::NoGradGuard no_grad;
  EXPECT_LT(MostApart(truth, trained.forward(images)), 1e-2);
}

}  // namespace
}  // namespace tenjo
