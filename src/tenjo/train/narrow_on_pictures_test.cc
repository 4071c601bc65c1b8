#include "tenjo/train/narrow_on_pictures.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tenjo/infer/torch/testing/evaluate.h"
#include "tenjo/model/narrow.h"
#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

using testing::Answers;
using testing::Evaluate;

// Root of the mean square of the difference, in shares of what `a` varies.
double Difference(const torch::Tensor& a, const torch::Tensor& b) {
  return ((a - b).square().mean() / a.var()).sqrt().item<double>();
}

torch::Tensor Noise(std::int64_t count, std::int64_t size) {
  return torch::randint(0, 256, {count, 3, size, size}, torch::kUInt8);
}

// Weights of a size that keeps signals alive, outputs included.
void Enliven(Network* network) {
  for (auto& [name, tensor] : network->weights) {
    if (tensor.shape.size() > 1 && network->Find(name.substr(0, name.rfind('/'))) != nullptr) {
      const auto reads = static_cast<double>(tensor.values.size()) / tensor.shape[0];
      const torch::Tensor drawn =
          torch::randn({static_cast<std::int64_t>(tensor.values.size())}) * std::sqrt(2 / reads);
      tensor.values.assign(drawn.data_ptr<float>(), drawn.data_ptr<float>() + drawn.numel());
    }
  }
}

// The same function with every channel twice.
Network Doubled(const Network& network) {
  KeptChannels twice = ChooseChannels(network, 1);
  std::set<std::string> whole = {std::string(kImage)};
  for (const NetworkOutput& output : network.outputs) {
    whole.insert(output.layer);
  }
  for (auto& [layer, channels] : twice) {
    if (!whole.contains(layer)) {
      const std::vector<int> once = channels;
      channels.insert(channels.end(), once.begin(), once.end());
    }
  }
  // Of what is put together, by parts.
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConcat) {
      std::vector<int>& channels = twice.at(layer.name);
      channels.clear();
      int before = 0;
      for (const std::string& input : layer.inputs) {
        for (const int c : twice.at(input)) {
          channels.push_back(before + c);
        }
        before += network.Find(input)->out_channels;
      }
    }
  }
  Network wide = KeepChannels(network, twice);
  for (const Layer& layer : network.layers) {
    if (layer.kind != LayerKind::kConvolution || layer.groups > 1) {
      continue;
    }
    // What is there twice counts half each.
    std::vector<int> times;
    for (const std::string& input : layer.inputs) {
      for (const int c : twice.at(input)) {
        times.push_back(
            static_cast<int>(std::count(twice.at(input).begin(), twice.at(input).end(), c)));
      }
    }
    Tensor& weight = wide.weights.at(layer.name + "/weight");
    const std::size_t each = static_cast<std::size_t>(layer.kernel) * layer.kernel;
    for (std::size_t i = 0; i < weight.values.size(); ++i) {
      weight.values[i] /= static_cast<float>(times[i / each % times.size()]);
    }
  }
  return wide;
}

TEST(NarrowOnPictures, FindsTheFunctionThatNeedsHalf) {
  torch::manual_seed(4);
  for (const PoseNetworkOptions& form :
       {PoseNetworkOptions{.stages = 1, .activation = Activation::kElu, .person_heads = true},
        PoseNetworkOptions{.base = PoseBase::kVgg19, .stages = 0}}) {
    PoseNetworkOptions options = form;
    options.width = 0.25;
    Network half = FoldBatchNorm(MakePoseNetwork(options));
    Enliven(&half);
    const Network wide = Doubled(half);
    const torch::Tensor images = Noise(6, 64);
    const Answers before = Evaluate(wide, images);
    const Answers given = Evaluate(half, images);
    const Network found = NarrowOnPictures(wide, 0.5, images).network;
    EXPECT_EQ(WeightShapes(found), WeightShapes(half));
    const Answers after = Evaluate(found, images);
    for (const auto& [role, stages] : before) {
      EXPECT_LT(Difference(stages.back(), given.at(role).back()), 1e-4) << role;
      EXPECT_LT(Difference(stages.back(), after.at(role).back()), 1e-2) << role;
    }
  }
}

TEST(NarrowOnPictures, IsCloserThanTheHeaviestChannelsAsTheyAre) {
  torch::manual_seed(5);
  Network wide = MakePoseNetwork({.width = 0.25, .stages = 0});  // with batch norm
  Enliven(&wide);
  const torch::Tensor images = Noise(12, 64);
  const torch::Tensor others = Noise(12, 64);
  const Network fitted = NarrowOnPictures(wide, 0.75, images).network;
  const Network cut = NarrowNetwork(FoldBatchNorm(wide), 0.75);
  EXPECT_EQ(WeightShapes(fitted), WeightShapes(cut));
  for (const torch::Tensor& pictures : {images, others}) {
    const Answers answers = Evaluate(wide, pictures);
    for (const auto& [role, stages] : answers) {
      const double fit = Difference(stages.back(), Evaluate(fitted, pictures).at(role).back());
      EXPECT_LT(fit, 0.9) << role;
      EXPECT_LT(fit, 0.7 * Difference(stages.back(), Evaluate(cut, pictures).at(role).back()))
          << role;
    }
  }
}

TEST(NarrowOnPictures, ShareMustBeOne) {
  const Network network = MakePoseNetwork({.width = 0.25, .stages = 0});
  EXPECT_NE(testing::Failure([&] {
              NarrowOnPictures(network, 1.5, Noise(1, 64));
            }).find("cannot be cut to 1.5"),
            std::string::npos);
}

}  // namespace
}  // namespace tenjo
