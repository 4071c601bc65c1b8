#include "tenjo/train/fake_quantiser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "tenjo/base/atomic_file.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/runner.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

Network SmallNetwork(int stages) {
  Network network =
      MakePoseNetwork({.width = 0.25, .stages = stages, .activation = Activation::kElu});
  InitialiseWeights(&network, 5);
  return FoldBatchNorm(network);
}

struct Rounded {
  explicit Rounded(const Network& network, const RecipeQuantize& options = {})
      : module(network), quantiser(std::make_shared<FakeQuantiser>(network, options)) {
    torch::manual_seed(3);
    images = torch::randint(0, 256, {2, 3, 64, 96}, torch::kUInt8);
    quantiser->Calibrate(&module, {images});
    module.SetRounding(quantiser);
    module.eval();
    quantiser->eval();
  }
  NetworkModule module;
  std::shared_ptr<FakeQuantiser> quantiser;
  torch::Tensor images;
};

// What OpenVINO answers on the file. Not for symmetric ones: on processors without VNNI oneDNN
// halves the weights of layers that read signed numbers, and so loses a bit that the file has.
TEST(FakeQuantiser, RoundsAsTheFileDoes) {
  const Network network = SmallNetwork(1);
  Rounded rounded(network);
  const testing::TempDir folder;
  WriteOnnx(network, folder / "n.onnx");
  WriteTrainedQdq(folder / "n.onnx", rounded.quantiser->Ranges(), folder / "n-int8.onnx");
  const torch::NoGradGuard no_grad;
  const torch::Tensor image = rounded.images.slice(0, 0, 1);
  auto answers = rounded.module.forward(image);
  cv::Mat picture(64, 96, CV_8UC3);
  const torch::Tensor pixels = image[0].permute({1, 2, 0}).contiguous();
  std::memcpy(picture.data, pixels.data_ptr(), 64 * 96 * 3);
  GraphRunner runner(ReadFile(folder / "n-int8.onnx"), ReadModelInfo(folder / "n.onnx"), {96, 64},
                     1);
  const FloatGraph graph(folder / "n.onnx");
  double energy = 0;
  double error = 0;
  double rounding = 0;
  rounded.module.SetRounding(nullptr);
  auto plain = rounded.module.forward(image);
  runner.Run({picture}, [&](std::size_t, const std::vector<Answer>& given) {
    for (std::size_t i = 0; i < given.size(); ++i) {
      for (const NetworkOutput& output : network.outputs) {
        if (output.layer != graph.outputs()[i]) {
          continue;
        }
        const auto stage = static_cast<std::size_t>(output.stage);
        const torch::Tensor want = answers.at(output.role)[stage].contiguous();
        const torch::Tensor unrounded = plain.at(output.role)[stage].contiguous();
        ASSERT_EQ(static_cast<std::size_t>(want.numel()), given[i].size());
        for (std::size_t j = 0; j < given[i].size(); ++j) {
          const double value = want.data_ptr<float>()[j];
          energy += value * value;
          error += std::pow(value - given[i].data[j], 2);
          rounding += std::pow(value - unrounded.data_ptr<float>()[j], 2);
        }
      }
    }
  });
  EXPECT_GT(energy, 0);
  // A number in the middle between two steps may go either way.
  EXPECT_LT(error, 0.03 * rounding) << energy;
}

TEST(FakeQuantiser, GradientsPassStraightThroughAndStopWhereItIsCutOff) {
  Network network;
  network.layers = {{.name = "a",
                     .inputs = {std::string(kImage)},
                     .in_channels = 3,
                     .out_channels = 2,
                     .bias = true},
                    {.name = "b", .inputs = {"a"}, .in_channels = 2, .out_channels = 1}};
  FakeQuantiser quantiser(network, {});
  const auto parameters = quantiser.named_parameters();
  ASSERT_EQ(parameters.size(), 1U);  // the image's step does not learn
  torch::Tensor log_step = parameters["a/log_step"];
  {
    const torch::NoGradGuard no_grad;
    log_step.fill_(std::log(0.5F));
  }
  // Signed until calibration says otherwise: -64 to 63.5.
  const torch::Tensor value = torch::tensor({0.6F, -0.3F, 100.0F, -100.0F}).requires_grad_();
  const torch::Tensor out = quantiser.RoundTensor("a", value);
  EXPECT_TRUE(torch::allclose(out, torch::tensor({0.5F, -0.5F, 63.5F, -64.0F})));
  out.sum().backward();
  EXPECT_TRUE(torch::equal(value.grad(), torch::tensor({1.0F, 1.0F, 0.0F, 0.0F})));
  // d/ds of s * round(v / s), straight through: round(v/s) - v/s inside, the bound outside.
  const double factor = 1 / std::sqrt(4.0 * 127);
  const double by_step = (1 - 1.2) + (-1 + 0.6) + 127 - 128;
  EXPECT_NEAR(log_step.grad().item<double>(), factor * by_step * 0.5, 1e-6);
}

TEST(FakeQuantiser, RunningStepsFollowTheLargestValues) {
  RecipeQuantize options;
  options.ranges = QuantizeRanges::kRunning;
  const Network network = SmallNetwork(0);
  FakeQuantiser quantiser(network, options);
  EXPECT_TRUE(quantiser.parameters().empty());
  const std::string layer = network.layers[0].name;
  const torch::Tensor value = torch::full({4}, 12.7F);
  for (int i = 0; i < 300; ++i) {
    quantiser.RoundTensor(layer, value);
  }
  EXPECT_NEAR(quantiser.Ranges().tensors.at(layer).step, 0.1, 1e-3);
  quantiser.eval();
  quantiser.RoundTensor(layer, torch::full({4}, 1000.0F));
  EXPECT_NEAR(quantiser.Ranges().tensors.at(layer).step, 0.1, 1e-3);
}

TEST(FakeQuantiser, LeavesJoinedChannelsAlone) {
  const Network network = SmallNetwork(1);
  const FakeQuantiser quantiser(network, {});
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConcat) {
      EXPECT_FALSE(quantiser.Ranges().tensors.contains(layer.name)) << layer.name;
    }
  }
}

}  // namespace
}  // namespace tenjo
