// Training of depthwise convolutions on one thread: Tenjo's against LibTorch's (oneDNN), forward
// and backward, by shape and precision, in channels_last order. Rounds are interleaved, medians
// printed, one line of JSON a setting.
#include <torch/autograd.h>
#include <torch/types.h>

#include <chrono>
#include <cstdio>
#include <vector>

#include "median.h"
#include "tenjo/infer/torch/depthwise.h"
#include "tenjo/infer/torch/network_module.h"

namespace {

struct Shape {
  int channels;
  int side;
  int stride;
  int dilation;
};

double Seconds(bool own, const Shape& shape, const torch::autograd::variable_list& inputs,
               const torch::Tensor& slope) {
  const auto start = std::chrono::steady_clock::now();
  torch::Tensor out;
  if (own) {
    out = tenjo::DepthwiseConvolve(inputs[0], inputs[1], inputs[2], shape.stride, shape.dilation,
                                   shape.dilation);
  } else {
    // As autocast does it: weights of the input's precision.
    const auto type = inputs[0].scalar_type();
    out = torch::conv2d(inputs[0], inputs[1].to(type), inputs[2].to(type), shape.stride,
                        shape.dilation, shape.dilation, shape.channels);
  }
  torch::autograd::grad({out}, inputs, {slope});
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void Measure(const Shape& shape, bool bf16) {
  constexpr int kBatch = 16;
  constexpr int kRounds = 7;
  const auto type = bf16 ? torch::kBFloat16 : torch::kFloat32;
  const auto maps = [&](int side) {
    return torch::randn({kBatch, shape.channels, side, side})
        .to(type)
        .contiguous(torch::MemoryFormat::ChannelsLast);
  };
  const torch::autograd::variable_list inputs = {
      maps(shape.side).set_requires_grad(true),
      torch::randn({shape.channels, 1, 3, 3}).set_requires_grad(true),
      torch::randn({shape.channels}).set_requires_grad(true)};
  const torch::Tensor slope = maps((shape.side - 1) / shape.stride + 1);
  std::vector<double> own;
  std::vector<double> theirs;
  for (int round = 0; round <= kRounds; ++round) {
    const double a = Seconds(true, shape, inputs, slope);
    const double b = Seconds(false, shape, inputs, slope);
    if (round > 0) {  // the first one warms up
      own.push_back(a);
      theirs.push_back(b);
    }
  }
  std::printf(
      "{\"channels\": %d, \"side\": %d, \"stride\": %d, \"dilation\": %d, \"bf16\": %s, "
      "\"tenjo_ms\": %.2f, \"libtorch_ms\": %.2f, \"ratio\": %.2f}\n",
      shape.channels, shape.side, shape.stride, shape.dilation, bf16 ? "true" : "false",
      1e3 * Median(own), 1e3 * Median(theirs), Median(theirs) / Median(own));
}

}  // namespace

int main() {
  tenjo::KeepMemory();
  tenjo::SetTorchThreads(1);
  for (const Shape& shape : {Shape{32, 128, 1, 1}, Shape{64, 128, 2, 1}, Shape{128, 64, 1, 1},
                             Shape{512, 32, 1, 1}, Shape{512, 32, 1, 2}}) {
    for (const bool bf16 : {false, true}) {
      Measure(shape, bf16);
    }
  }
  return 0;
}
