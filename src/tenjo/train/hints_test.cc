#include "tenjo/train/hints.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <vector>

#include "tenjo/model/narrow.h"

namespace tenjo {
namespace {

TEST(Hints, AreTheMeanShareOfWhatLayersVaryThatIsMissed) {
  torch::manual_seed(6);
  const Network wide = FoldBatchNorm(MakePoseNetwork({.width = 0.25, .stages = 0}));
  const KeptChannels kept = ChooseChannels(wide, 0.5);
  const Hints hints(wide, kept, torch::kCPU, true);
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 48, 40}, torch::kUInt8);
  // What the wide network gives in the channels kept is no loss, the mean of each is a loss of 1.
  NetworkModule module(wide);
  auto same = hints.Asked();
  EXPECT_TRUE(same.contains("cpm/conv"));
  module.forward(images, {}, &same);
  auto means = same;
  auto off = same;
  double expected = 0;
  for (auto& [layer, value] : same) {
    value = value.detach().index_select(1, ToTorch(kept.at(layer)));
    means[layer] = value.mean({0, 2, 3}, true).expand_as(value);
    off[layer] = value + 0.5;
    expected += 0.25 / value.var({0, 2, 3}, false).mean().item<double>();
  }
  EXPECT_NEAR(hints.Loss(images, same).item<double>(), 0, 1e-6);
  EXPECT_NEAR(hints.Loss(images, means).item<double>(), 1, 1e-4);
  expected /= static_cast<double>(same.size());
  EXPECT_NEAR(hints.Loss(images, off).item<double>(), expected, 1e-3 * expected);
}

// Learning by them alone brings a narrow network closer.
TEST(Hints, LeadToWhatTheyShow) {
  torch::manual_seed(7);
  const Network wide = FoldBatchNorm(MakePoseNetwork({.width = 0.25, .stages = 0}));
  const KeptChannels kept = ChooseChannels(wide, 0.5);
  const Hints hints(wide, kept, torch::kCPU, false);
  NetworkModule narrow(KeepChannels(wide, kept));
  const torch::Tensor images = torch::randint(0, 256, {2, 3, 48, 40}, torch::kUInt8);
  std::vector<double> losses;
  for (int step = 0; step < 20; ++step) {
    auto layers = hints.Asked();
    narrow.forward(images, {}, &layers);
    const torch::Tensor loss = hints.Loss(images, layers);
    losses.push_back(loss.item<double>());
    narrow.zero_grad();
    loss.backward();
    const torch::NoGradGuard no_grad;
    for (const torch::Tensor& parameter : narrow.parameters()) {
      parameter.sub_(0.002 * parameter.grad().sign());
    }
  }
  EXPECT_LT(losses.back(), 0.8 * losses.front());
}

}  // namespace
}  // namespace tenjo
