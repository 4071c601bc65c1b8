#include "tenjo/train/fake_quantiser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "tenjo/base/atomic_file.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/quantize.h"
#include "tenjo/quantize/runner.h"
#include "tenjo/quantize/training_start.h"
#include "tenjo/testing/paths.h"
#include "tenjo/train/narrow_on_pictures.h"

namespace tenjo {
namespace {

Network SmallNetwork(int stages) {
  Network network =
      MakePoseNetwork({.width = 0.25, .stages = stages, .activation = Activation::kElu});
  InitialiseWeights(&network, 5);
  return WithBiases(FoldBatchNorm(network));
}

cv::Mat Noise(std::uint64_t seed) {
  cv::Mat image(64, 96, CV_8UC3);
  cv::RNG(seed).fill(image, cv::RNG::UNIFORM, 0, 256);
  return image;
}

torch::Tensor AsBatch(const cv::Mat& image) {
  return torch::from_blob(image.data, {1, image.rows, image.cols, 3}, torch::kUInt8)
      .permute({0, 3, 1, 2})
      .clone();
}

// A network as training in 8 bits finds it when it begins.
struct Rounded {
  explicit Rounded(Network network, const RecipeQuantize& recipe = {}) {
    QuantizeOptions options;
    options.weight_bits = recipe.weight_bits;
    options.symmetric = recipe.symmetric;
    options.threads = 1;
    const TrainedRounding rounding = QuantiseForTraining(options, {Noise(1), Noise(2)}, &network);
    module = std::make_unique<NetworkModule>(network);
    quantiser = std::make_shared<FakeQuantiser>(network, recipe);
    quantiser->Begin(rounding);
    module->SetRounding(quantiser);
    module->eval();
    quantiser->eval();
    begun = std::move(network);
  }
  Network begun;
  std::unique_ptr<NetworkModule> module;
  std::shared_ptr<FakeQuantiser> quantiser;
};

// What OpenVINO answers on the file. Not for symmetric ones: on processors without VNNI oneDNN
// halves the weights of layers that read signed numbers, and so loses a bit that the file has.
TEST(FakeQuantiser, RoundsAsTheFileDoes) {
  Rounded rounded(SmallNetwork(1));
  const Network& network = rounded.begun;
  const testing::TempDir folder;
  WriteOnnx(network, folder / "n.onnx");
  WriteTrainedQdq(folder / "n.onnx", rounded.quantiser->Learned(), folder / "n-int8.onnx");
  const torch::NoGradGuard no_grad;
  const cv::Mat picture = Noise(1);
  const torch::Tensor image = AsBatch(picture);
  auto answers = rounded.module->forward(image);
  GraphRunner runner(ReadFile(folder / "n-int8.onnx"), ReadModelInfo(folder / "n.onnx"), {96, 64},
                     1);
  const FloatGraph graph(folder / "n.onnx");
  double energy = 0;
  double error = 0;
  double rounding = 0;
  rounded.module->SetRounding(nullptr);
  auto plain = rounded.module->forward(image);
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

TEST(FakeQuantiser, BeginsWithWhatPostTrainingQuantisationGives) {
  const Network network = SmallNetwork(0);  // all answers are the file's, so all else is equalised
  Rounded rounded(network);
  const testing::TempDir folder;
  WriteOnnx(network, folder / "n.onnx");
  WriteOnnx(rounded.begun, folder / "begun.onnx");
  WriteTrainedQdq(folder / "begun.onnx", rounded.quantiser->Learned(), folder / "begun-int8.onnx");
  QuantizeOptions options;
  options.model = folder / "n.onnx";
  options.out = folder / "n-int8.onnx";
  options.ranges = RangeMethod::kMse;
  options.equalise = Equalisation::kOn;
  options.max_drop = 1;
  options.threads = 1;
  Quantize(options, {Noise(1), Noise(2)});
  const auto answers_of = [&](const std::string& name) {
    std::vector<float> numbers;
    GraphRunner runner(ReadFile(folder / name), ReadModelInfo(folder / "n.onnx"), {96, 64}, 1);
    runner.Run({Noise(3)}, [&](std::size_t, const std::vector<Answer>& answers) {
      for (const Answer& answer : answers) {
        numbers.insert(numbers.end(), answer.data, answer.data + answer.size());
      }
    });
    return numbers;
  };
  const std::vector<float> begun = answers_of("begun-int8.onnx");
  const std::vector<float> quantised = answers_of("n-int8.onnx");
  ASSERT_EQ(begun.size(), quantised.size());
  const double wanted = cv::norm(quantised, cv::NORM_L2SQR);
  // A number in the middle between two steps may go either way.
  EXPECT_LT(cv::norm(begun, quantised, cv::NORM_L2SQR), 1e-4 * wanted);
}

// What training compares stays what it was: also the answers of stages that no file has.
TEST(FakeQuantiser, EqualisingLeavesTheAnswersOfAllStages) {
  const Network network = SmallNetwork(1);
  const Network begun = Rounded(network).begun;
  const torch::NoGradGuard no_grad;
  const torch::Tensor image = AsBatch(Noise(1));
  auto before = NetworkModule(network).forward(image);
  for (const auto& [role, stages] : NetworkModule(begun).forward(image)) {
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
      const torch::Tensor& was = before.at(role)[stage];
      EXPECT_LT((stages[stage] - was).norm().item<float>(), 0.1 * was.norm().item<float>())
          << role << " " << stage;
    }
  }
}

TEST(FakeQuantiser, FiltersRoundByStepsThatLearn) {
  Network network;
  network.layers = {
      {.name = "a", .inputs = {std::string(kImage)}, .in_channels = 1, .out_channels = 2}};
  FakeQuantiser quantiser(network, {});
  TrainedRounding start;
  start.tensors[std::string(kImage)] = {};
  start.weight_steps["a"] = {0.5F, 2.0F};
  quantiser.Begin(start);
  const torch::Tensor weight =
      torch::tensor({0.6F, -0.3F, 100.0F, 3.2F, -300.0F, 0.9F}).view({2, 1, 1, 3}).requires_grad_();
  const torch::Tensor out = quantiser.RoundWeight(network.layers[0], weight);
  // Whole numbers up to 64, as 7 bits hold.
  EXPECT_TRUE(
      torch::allclose(out.flatten(), torch::tensor({0.5F, -0.5F, 32.0F, 4.0F, -128.0F, 0.0F})));
  out.sum().backward();
  EXPECT_TRUE(
      torch::equal(weight.grad().flatten(), torch::tensor({1.0F, 1.0F, 0.0F, 1.0F, 0.0F, 1.0F})));
  const torch::Tensor by_steps = quantiser.named_parameters()["a/log_steps"].grad();
  const double factor = 1 / std::sqrt(3.0 * 64);
  EXPECT_NEAR(by_steps[0].item<double>(), factor * 0.5 * ((1 - 1.2) + (-1 + 0.6) + 64), 1e-5);
  EXPECT_NEAR(by_steps[1].item<double>(), factor * 2 * ((2 - 1.6) - 64 + (0 - 0.45)), 1e-5);
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
  // One of the tensor a, one a filter of both layers; the image's step does not learn.
  ASSERT_EQ(parameters.size(), 3U);
  torch::Tensor log_step = parameters["a/log_step"];
  {
    const torch::NoGradGuard no_grad;
    log_step.fill_(std::log(0.5F));
  }
  // Signed until Begin says otherwise: -64 to 63.5.
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
  EXPECT_NEAR(quantiser.Learned().tensors.at(layer).step, 0.1, 1e-3);
  quantiser.eval();
  quantiser.RoundTensor(layer, torch::full({4}, 1000.0F));
  EXPECT_NEAR(quantiser.Learned().tensors.at(layer).step, 0.1, 1e-3);
}

TEST(FakeQuantiser, JoinedChannelsRoundPartByPart) {
  const Network network = SmallNetwork(1);
  const FakeQuantiser quantiser(network, {});
  const TrainedRounding learned = quantiser.Learned();
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConcat) {
      EXPECT_FALSE(learned.tensors.contains(layer.name)) << layer.name;
      for (const std::string& input : layer.inputs) {
        EXPECT_TRUE(learned.tensors.contains(input)) << input;
      }
    }
  }
  const std::string whole = "stage1/block1/squeeze";
  EXPECT_FALSE(learned.weight_steps.contains(whole));
  for (const std::size_t part : {1, 2, 3}) {
    EXPECT_TRUE(learned.weight_steps.contains(PartOfLayer(whole, part))) << part;
  }
}

}  // namespace
}  // namespace tenjo
