#include "tenjo/infer/torch/depthwise.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>

#include "tenjo/base/random.h"

namespace tenjo {
namespace {

struct Answers {
  torch::Tensor out;
  torch::autograd::variable_list gradients;
};

// The largest difference, in shares of the largest number.
double Apart(const torch::Tensor& a, const torch::Tensor& b) {
  const torch::Tensor exact = b.to(torch::kFloat64);
  return (a.to(torch::kFloat64) - exact).abs().max().item<double>() /
         std::max(1e-9, exact.abs().max().item<double>());
}

class DepthwiseTest : public ::testing::TestWithParam<bool> {};

TEST_P(DepthwiseTest, IsTheConvolutionAndItsGradients) {
  const bool half = GetParam();
  for (int round = 0; round < 40; ++round) {
    torch::manual_seed(round);
    Random random(static_cast<std::uint64_t>(round));
    const int channels = random.Integer(1, 70);
    const int kernel = random.Integer(0, 2) == 0 ? 1 : 3;
    const int stride = random.Integer(1, 2);
    const int dilation = random.Integer(1, 3);
    const int padding = random.Integer(0, 3);
    const int reach = dilation * (kernel - 1) + 1;
    const int height = random.Integer(std::max(1, reach - 2 * padding), 12);
    const int width = random.Integer(std::max(1, reach - 2 * padding), 12);
    torch::Tensor input = torch::randn({random.Integer(1, 3), channels, height, width});
    if (half) {
      input = input.to(torch::kBFloat16);
    }
    if (round % 2 == 0) {
      input = input.contiguous(torch::MemoryFormat::ChannelsLast);
    }
    input.set_requires_grad(true);
    const torch::Tensor weight =
        torch::randn({channels, 1, kernel, kernel}).set_requires_grad(true);
    const torch::Tensor bias =
        round % 3 == 0 ? torch::Tensor() : torch::randn({channels}).set_requires_grad(true);

    torch::autograd::variable_list inputs = {input, weight};
    torch::autograd::variable_list exact_inputs = {
        input.detach().to(torch::kFloat64).set_requires_grad(true),
        weight.detach().to(torch::kFloat64).set_requires_grad(true)};
    torch::Tensor exact_bias;
    if (bias.defined()) {
      exact_bias = bias.detach().to(torch::kFloat64).set_requires_grad(true);
      inputs.push_back(bias);
      exact_inputs.push_back(exact_bias);
    }
    const torch::Tensor out = DepthwiseConvolve(input, weight, bias, stride, padding, dilation);
    const torch::Tensor exact = torch::conv2d(exact_inputs[0], exact_inputs[1], exact_bias, stride,
                                              padding, dilation, channels);
    ASSERT_EQ(out.sizes(), exact.sizes()) << round;
    ASSERT_EQ(out.scalar_type(), input.scalar_type());
    const double nearest = half ? 1.0 / 256 : 1e-6;
    EXPECT_LT(Apart(out, exact), nearest) << round;
    const torch::Tensor slope = torch::randn(out.sizes()).to(input.scalar_type());
    const auto gradients = torch::autograd::grad({out}, inputs, {slope});
    const auto wanted = torch::autograd::grad({exact}, exact_inputs, {slope.to(torch::kFloat64)});
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(gradients[i].scalar_type(), inputs[i].scalar_type());
      EXPECT_LT(Apart(gradients[i], wanted[i]), i == 0 ? nearest : 1e-5) << round << ' ' << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, DepthwiseTest, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "bf16" : "fp32"; });

TEST(Depthwise, RoundsToBf16AsLibTorchDoes) {
  // A filter of one is a copy: what is stored is what was loaded, rounded again.
  torch::Tensor values = torch::tensor({0.0F, -1.5F, 1.0F, 1.00390625F, 1.01171875F, 3e38F, 3.4e38F,
                                        -3.4e38F, 1e-40F, INFINITY, -INFINITY, NAN});
  const torch::Tensor input = torch::ones({1, 12, 1, 1}).to(torch::kBFloat16);
  const torch::Tensor out = DepthwiseConvolve(input, values.view({12, 1, 1, 1}), {}, 1, 0, 1);
  const torch::Tensor wanted = values.to(torch::kBFloat16).view({1, 12, 1, 1});
  EXPECT_TRUE(torch::equal(out.view(torch::kInt16).slice(1, 0, 11),
                           wanted.view(torch::kInt16).slice(1, 0, 11)));
  EXPECT_TRUE(torch::isnan(out[0][11]).all().item<bool>());
}

TEST(Depthwise, ThreadsDoNotChangeIt) {
  torch::manual_seed(3);
  const torch::Tensor input = torch::randn({5, 20, 95, 90});
  const torch::Tensor weight = torch::randn({20, 1, 3, 3}).set_requires_grad(true);
  std::vector<torch::Tensor> gradients;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    const torch::Tensor out = DepthwiseConvolve(input, weight, {}, 2, 1, 1);
    gradients.push_back(torch::autograd::grad({out.square().sum()}, {weight})[0]);
  }
  EXPECT_TRUE(torch::equal(gradients[0], gradients[1]));
}

TEST(Depthwise, LeavesOtherConvolutionsAlone) {
  const torch::Tensor input = torch::randn({1, 4, 5, 5});
  EXPECT_TRUE(TakesDepthwise(input, torch::randn({4, 1, 3, 3}), 4));
  EXPECT_FALSE(TakesDepthwise(input, torch::randn({4, 4, 3, 3}), 1));
  EXPECT_FALSE(TakesDepthwise(input, torch::randn({8, 1, 3, 3}), 4));
  EXPECT_FALSE(TakesDepthwise(input, torch::randn({4, 2, 3, 3}), 2));
  EXPECT_FALSE(TakesDepthwise(input.to(torch::kFloat64), torch::randn({4, 1, 3, 3}), 4));
}

}  // namespace
}  // namespace tenjo
