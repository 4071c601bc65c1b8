#include "tenjo/quantize/quantize.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <random>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/execution_graph.h"
#include "tenjo/model/network.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/runner.h"
#include "tenjo/quantize/weights.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/tiny_onnx.h"

namespace tenjo {
namespace {

using testing::Failure;

using testing::TempDir;

constexpr int kSide = 64;

std::vector<cv::Mat> Images(int count) {
  std::mt19937_64 engine(7);
  std::vector<cv::Mat> images;
  for (int i = 0; i < count; ++i) {
    cv::Mat image(kSide, kSide, CV_8UC3);
    const auto slope = static_cast<int>(engine() % 5);
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < 3 * kSide; ++x) {
        image.ptr(y)[x] =
            static_cast<std::uint8_t>((static_cast<int>(engine() % 64) + slope * (x + y)) % 256);
      }
    }
    images.push_back(image);
  }
  return images;
}

Network SmallNetwork() {
  Network network =
      MakePoseNetwork({.width = 0.25, .stages = 1, .input_width = kSide, .input_height = kSide});
  InitialiseWeights(&network, 3);
  return network;
}

std::vector<float> AnswersOf(const std::string& onnx, const ModelInfo& info,
                             const std::vector<cv::Mat>& images) {
  GraphRunner runner(onnx, info, images.front().size(), 1);
  std::vector<float> all;
  runner.Run(images, [&](std::size_t, const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) {
      all.insert(all.end(), answer.data, answer.data + answer.size());
    }
  });
  return all;
}

// Energy of the difference over that of the first.
double Difference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double lost = 0;
  double all = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    lost += std::pow(static_cast<double>(a[i]) - b[i], 2);
    all += std::pow(static_cast<double>(a[i]), 2);
  }
  return lost / all;
}

onnx::ModelProto Read(const std::filesystem::path& path) {
  onnx::ModelProto model;
  EXPECT_TRUE(model.ParseFromString(ReadFile(path)));
  return model;
}

void Save(const onnx::ModelProto& model, const std::filesystem::path& path) {
  std::string bytes;
  ASSERT_TRUE(model.SerializeToString(&bytes));
  WriteFile(path, bytes);
}

class QuantizeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::WriteTinyPoseNetwork(float_, {.width = kSide, .height = kSide});
    options_.model = float_;
    options_.out = int8_;
    options_.search_images = 1;
    options_.max_drop = 0.1;
    options_.ranges = RangeMethod::kMse;
    options_.threads = 1;
  }
  std::string Fails(const QuantizeOptions& options, const std::vector<cv::Mat>& images) {
    const std::string what = Failure([&] { Quantize(options, images); });
    EXPECT_FALSE(what.empty());
    EXPECT_FALSE(std::filesystem::exists(options.out));
    return what;
  }

  TempDir folder_;
  std::filesystem::path float_ = folder_ / "net.onnx";
  std::filesystem::path int8_ = folder_ / "net-int8.onnx";
  QuantizeOptions options_;
};

TEST_F(QuantizeTest, RunsInEightBitsAndKeepsItsOutputs) {
  WriteOnnx(SmallNetwork(), float_);
  options_.ranges = RangeMethod::kAuto;
  const auto images = Images(2);
  const QuantizeReport report = Quantize(options_, images);
  EXPECT_EQ(report.quantised(), static_cast<int>(report.layers.size()));
  EXPECT_LT(report.loss, options_.max_drop);
  // Names and scales weigh more here than in a network of millions of weights.
  EXPECT_LE(static_cast<double>(report.bytes), 0.36 * static_cast<double>(report.bytes_float));

  // What OpenVINO computes with integers is what was foretold in floating point.
  const ModelInfo info = ReadModelInfo(int8_);
  const double lost = Difference(AnswersOf(ReadFile(float_), info, images),
                                 AnswersOf(ReadFile(int8_), info, images));
  EXPECT_LT(lost, 3 * report.loss + 0.01);

  const ExecutionGraph graph =
      ReadExecutionGraph(int8_, {.width = kSide, .height = kSide, .threads = 1});
  EXPECT_GT(graph.convolutions, 20);
  EXPECT_GE(graph.in_8_bits, 0.95 * graph.convolutions);
  EXPECT_EQ(ReadExecutionGraph(float_, {.width = kSide, .height = kSide}).in_8_bits, 0);
}

TEST_F(QuantizeTest, SymmetricKeepsTensorRtsRules) {
  options_.symmetric = true;
  Quantize(options_, Images(2));
  const onnx::ModelProto model = Read(int8_);
  int zeros = 0;
  for (const auto& tensor : model.graph().initializer()) {
    EXPECT_NE(tensor.data_type(), onnx::TensorProto::UINT8) << tensor.name();
    EXPECT_NE(tensor.data_type(), onnx::TensorProto::INT32) << tensor.name();
    if (tensor.name().ends_with("zero")) {
      ++zeros;
      EXPECT_TRUE(std::all_of(tensor.raw_data().begin(), tensor.raw_data().end(),
                              [](char value) { return value == 0; }));
    }
  }
  EXPECT_EQ(zeros, 9);
  const ModelInfo info = ReadModelInfo(int8_);
  EXPECT_LT(Difference(AnswersOf(ReadFile(float_), info, Images(2)),
                       AnswersOf(ReadFile(int8_), info, Images(2))),
            0.1);
}

TEST_F(QuantizeTest, SameBytesForAnyThreads) {
  Quantize(options_, Images(3));
  const std::string one = ReadFile(int8_);
  options_.threads = 2;
  Quantize(options_, Images(3));
  EXPECT_EQ(ReadFile(int8_), one);
}

TEST_F(QuantizeTest, CostlyLayersGoBackUntilItFits) {
  const QuantizeReport all = Quantize(options_, Images(2));
  options_.max_drop = 0.8 * all.loss;
  const QuantizeReport some = Quantize(options_, Images(2));
  EXPECT_LE(some.loss, options_.max_drop);
  EXPECT_LT(some.quantised(), all.quantised());
  double least_kept = 1e9;
  double most_quantised = 0;
  for (const QuantizedLayer& layer : some.layers) {
    if (layer.quantised) {
      most_quantised = std::max(most_quantised, layer.cost);
    } else {
      least_kept = std::min(least_kept, layer.cost);
    }
  }
  EXPECT_GE(least_kept, most_quantised);
}

TEST_F(QuantizeTest, MeasuresAccuracyOnWholeFilesThatGoAway) {
  int calls = 0;
  options_.max_drop = 0.01;
  options_.accuracy = [&](const std::filesystem::path& path) {
    EXPECT_TRUE(std::filesystem::exists(path));
    ReadModelInfo(path);
    // The first INT8 network is bad, the second good.
    const double answers[] = {0.5, 0.4, 0.495};
    return std::vector<Accuracy>{{"other", 0.3}, {"AP", answers[std::min(calls++, 2)]}};
  };
  const QuantizeReport report = Quantize(options_, Images(2));
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(report.accuracy_float.at(1).value, 0.5);
  EXPECT_EQ(report.accuracy.at(1).value, 0.495);
  EXPECT_EQ(report.quantised(), static_cast<int>(report.layers.size()) - 1);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    ++files;
  }
  EXPECT_EQ(files, 2);
}

TEST_F(QuantizeTest, KeepsLayersByName) {
  options_.keep = {"conv1"};
  const QuantizeReport report = Quantize(options_, Images(2));
  EXPECT_EQ(report.quantised(), static_cast<int>(report.layers.size()) - 1);
  EXPECT_FALSE(report.layers.front().quantised);
  options_.out = folder_ / "other.onnx";
  options_.keep = {"conv7"};
  EXPECT_SAYS(Fails(options_, Images(2)), "conv7");
}

TEST_F(QuantizeTest, LayersInFp32HaveTheWeightsOfTheFile) {
  const auto images = Images(2);
  const auto bytes = [&](WeightStorage storage) {
    WriteOnnx(SmallNetwork(), float_, storage);
    options_.keep = {"cpm/conv"};
    const std::size_t before = std::filesystem::file_size(float_);
    EXPECT_FALSE(Quantize(options_, images).layers.empty());
    const double lost = Difference(AnswersOf(ReadFile(float_), ReadModelInfo(float_), images),
                                   AnswersOf(ReadFile(int8_), ReadModelInfo(int8_), images));
    EXPECT_LT(lost, options_.max_drop);
    return std::pair(before, std::filesystem::file_size(int8_));
  };
  const auto whole = bytes(WeightStorage::kFloat);
  const auto half = bytes(WeightStorage::kHalf);
  EXPECT_LT(half.first, whole.first);
  const auto kept = 2 * SmallNetwork().weights.at("cpm/conv/weight").values.size();
  EXPECT_LT(half.second, whole.second - kept / 2);
}

TEST_F(QuantizeTest, SaysWhatIsWrong) {
  EXPECT_SAYS(Fails(options_, {}), "no images");
  const cv::Mat black(kSide, kSide, CV_8UC3, cv::Scalar(0, 0, 0));
  EXPECT_SAYS(Fails(options_, {black, black}), "one colour");
  EXPECT_SAYS(Fails(options_, {black}), "one colour");
  options_.max_drop = 0;
  EXPECT_SAYS(Fails(options_, Images(1)), "lose");
  options_.max_drop = 0.1;
  options_.weight_bits = 4;
  EXPECT_SAYS(Fails(options_, Images(1)), "bits");
  options_.weight_bits = 7;

  const QuantizeReport report = Quantize(options_, Images(1));
  ASSERT_EQ(report.warnings.size(), 1U);
  EXPECT_SAYS(report.warnings.front(), "1 image");
  QuantizeOptions again = options_;
  again.model = int8_;
  again.out = folder_ / "twice.onnx";
  EXPECT_SAYS(Fails(again, Images(1)), "already");
  EXPECT_SAYS(Failure([&] {
                QuantizeOptions same = options_;
                same.out = same.model;
                Quantize(same, Images(1));
              }),
              "take the place");

  testing::WriteTinyPoseNetwork(folder_ / "nan.onnx",
                                {.width = kSide, .height = kSide, .nan_weights = true});
  again.model = folder_ / "nan.onnx";
  EXPECT_SAYS(Fails(again, Images(1)), "finite");
}

TEST_F(QuantizeTest, DamagedFilesAreErrors) {
  const std::string whole = ReadFile(float_);
  std::mt19937_64 engine(5);
  QuantizeOptions options = options_;
  options.model = folder_ / "damaged.onnx";
  for (int i = 0; i < 12; ++i) {
    std::string bytes = whole;
    if (i % 2 == 0) {
      bytes.resize(engine() % bytes.size());
    } else {
      for (int flips = 0; flips < 20; ++flips) {
        bytes[engine() % std::min<std::size_t>(bytes.size(), 4000)] ^=
            static_cast<char>(1U << engine() % 8);
      }
    }
    std::ofstream(options.model, std::ios::binary) << bytes;
    try {
      FloatGraph graph(options.model);
    } catch (const Error&) {
      // Expected; a flipped bit may also leave a network as good as before.
    }
  }
}

TEST_F(QuantizeTest, WhatCannotBeQuantisedStays) {
  // Weights that are computed, and a Gemm-like layer, beside real convolutions.
  onnx::ModelProto model = Read(float_);
  auto* graph = model.mutable_graph();
  for (auto& node : *graph->mutable_node()) {
    if (node.op_type() == "Conv") {
      const std::string weight = node.input(1);
      node.set_input(1, weight + "/copy");
      onnx::NodeProto copy;
      copy.set_op_type("Identity");
      copy.add_input(weight);
      copy.add_output(weight + "/copy");
      std::vector<onnx::NodeProto> nodes(graph->node().begin(), graph->node().end());
      graph->clear_node();
      *graph->add_node() = copy;
      for (const auto& old : nodes) {
        *graph->add_node() = old;
      }
      break;
    }
  }
  options_.model = folder_ / "computed.onnx";
  Save(model, options_.model);
  const QuantizeReport report = Quantize(options_, Images(1));
  ASSERT_EQ(report.left_out.size(), 1U);
  EXPECT_SAYS(report.left_out.front(), "computed");
}

TEST_F(QuantizeTest, TheInt8FileIsFoundBesideTheOther) {
  Quantize(options_, Images(1));
  const auto automatic = ChooseNetwork(float_, Precision::kAuto, "openvino", "CPU");
  EXPECT_EQ(automatic.model, int8_);
  EXPECT_SAYS(automatic.said, "8 bits");
  EXPECT_EQ(ChooseNetwork(float_, Precision::kAuto, "torch", "CPU").model, float_);
  EXPECT_EQ(ChooseNetwork(float_, Precision::kAuto, "openvino", "GPU").model, float_);
  EXPECT_EQ(ChooseNetwork(float_, Precision::kInt8, "openvino", "CPU").model, int8_);
  EXPECT_EQ(ChooseNetwork(float_, Precision::kFp32, "openvino", "CPU").model, float_);
  EXPECT_EQ(ChooseNetwork(int8_, Precision::kFp32, "openvino", "CPU").model, float_);
  EXPECT_EQ(ChooseNetwork(int8_, Precision::kAuto, "openvino", "CPU").model, int8_);

  // A network that was trained further is another one.
  testing::WriteTinyPoseNetwork(float_, {.width = kSide, .height = kSide, .seed = 2});
  const auto stale = ChooseNetwork(float_, Precision::kAuto, "openvino", "CPU");
  EXPECT_EQ(stale.model, float_);
  EXPECT_SAYS(stale.said, "left aside");
  EXPECT_SAYS(Failure([&] { ChooseNetwork(float_, Precision::kInt8, "openvino", "CPU"); }), "anew");
  std::filesystem::remove(int8_);
  EXPECT_SAYS(Failure([&] { ChooseNetwork(float_, Precision::kInt8, "openvino", "CPU"); }),
              "no net-int8.onnx");
  EXPECT_EQ(ChooseNetwork(float_, Precision::kAuto, "openvino", "CPU").said, "");
}

TEST_F(QuantizeTest, EqualisingChangesWeightsAndNotOutputs) {
  // Channels made as unequal as can be.
  Network network = SmallNetwork();
  std::mt19937_64 engine(2);
  for (auto& [name, tensor] : network.weights) {
    if (name.ends_with("/bn_scale")) {
      for (float& value : tensor.values) {
        value *= std::exp2(static_cast<float>(engine() % 9) - 4);
      }
    }
  }
  WriteOnnx(network, float_);
  const FloatGraph before(float_);
  FloatGraph equal(before);
  EXPECT_GT(EqualiseLayers(&equal), 10);
  const ModelInfo info = ReadModelInfo(float_);
  EXPECT_LT(Difference(AnswersOf(before.WriteFloat({}), info, Images(2)),
                       AnswersOf(equal.WriteFloat({}), info, Images(2))),
            1e-8);
  // The first layer is followed by a depthwise one: filter and its input have the same range.
  const GraphConvolution& first = equal.convolutions[0];
  const GraphConvolution& second = equal.convolutions[1];
  ASSERT_GT(second.groups, 1);
  for (std::size_t c = 0; c < first.filters(); ++c) {
    const auto most = [&](const GraphConvolution& conv) {
      float value = 0;
      for (std::size_t i = 0; i < conv.filter_size(); ++i) {
        value = std::max(value, std::abs(conv.weights[c * conv.filter_size() + i]));
      }
      return value;
    };
    EXPECT_NEAR(most(first) / most(second), 1, 0.05);
  }
}

TEST_F(QuantizeTest, JoinedChannelsAreReadApart) {
  WriteOnnx(SmallNetwork(), float_);
  const FloatGraph graph(float_);
  const std::string whole = "stage1/block1/squeeze";
  std::size_t channels = 0;
  std::vector<std::string> read;
  for (const GraphConvolution& conv : graph.convolutions) {
    EXPECT_NE(graph.MadeBy(conv.input), "Concat") << conv.name;
    EXPECT_NE(LayerOfTensor(conv.name), whole);
    if (!conv.part_of.empty()) {
      EXPECT_EQ(LayerOfTensor(conv.part_of), whole);
      EXPECT_EQ(LayerOfTensor(conv.name), PartOfLayer(whole, read.size() + 1));
      EXPECT_EQ(conv.offset, channels);
      channels += static_cast<std::size_t>(conv.shape[1]);
      read.push_back(conv.input);
    }
  }
  EXPECT_EQ(read.size(), 3);
  EXPECT_EQ(channels, SmallNetwork().weights.at(whole + "/weight").shape[1]);
  EXPECT_LT(Difference(AnswersOf(ReadFile(float_), ReadModelInfo(float_), Images(2)),
                       AnswersOf(graph.WriteFloat({}), ReadModelInfo(float_), Images(2))),
            1e-10);

  options_.keep = {whole};
  const QuantizeReport report = Quantize(options_, Images(2));
  EXPECT_EQ(report.quantised(), static_cast<int>(report.layers.size()) - 3);
}

TEST_F(QuantizeTest, BatchNormIsFolded) {
  // conv1 -> batch norm -> the rest, written by hand.
  testing::WriteTinyPoseNetwork(float_, {.width = kSide, .height = kSide});
  onnx::ModelProto model = Read(float_);
  auto* graph = model.mutable_graph();
  auto* conv = graph->mutable_node(0);
  ASSERT_EQ(conv->op_type(), "Conv");
  const std::string name = conv->output(0);
  conv->set_output(0, name + "/before");
  std::vector<onnx::NodeProto> nodes(graph->node().begin(), graph->node().end());
  onnx::NodeProto norm;
  norm.set_op_type("BatchNormalization");
  norm.add_input(name + "/before");
  norm.add_output(name);
  for (const char* part : {"scale", "shift", "mean", "variance"}) {
    norm.add_input(part);
    auto* tensor = graph->add_initializer();
    tensor->set_name(part);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->add_dims(8);
    for (int c = 0; c < 8; ++c) {
      tensor->add_float_data(0.5F + 0.25F * static_cast<float>(c + norm.input_size()));
    }
  }
  nodes.insert(nodes.begin() + 1, norm);
  graph->clear_node();
  for (const auto& node : nodes) {
    *graph->add_node() = node;
  }
  Save(model, float_);
  const FloatGraph folded(float_);
  const std::string bytes = folded.WriteFloat({});
  onnx::ModelProto written;
  ASSERT_TRUE(written.ParseFromString(bytes));
  for (const auto& node : written.graph().node()) {
    EXPECT_NE(node.op_type(), "BatchNormalization");
  }
  const ModelInfo info = ReadModelInfo(float_);
  EXPECT_LT(
      Difference(AnswersOf(ReadFile(float_), info, Images(2)), AnswersOf(bytes, info, Images(2))),
      1e-9);
}

GraphConvolution RandomConvolution(std::uint64_t seed, int filters, int slices, int groups) {
  std::mt19937_64 engine(seed);
  GraphConvolution conv;
  conv.name = "conv";
  conv.shape = {filters, slices, 3, 3};
  conv.groups = groups;
  conv.bias.assign(static_cast<std::size_t>(filters), 0);
  conv.weights.resize(static_cast<std::size_t>(filters * slices * 9));
  for (float& value : conv.weights) {
    value = static_cast<float>(static_cast<double>(engine() >> 11U) * 0x1p-53 - 0.5);
  }
  return conv;
}

TensorStatistics RandomInput(std::uint64_t seed, int channels) {
  std::mt19937_64 engine(seed);
  TensorStatistics input;
  for (int c = 0; c < channels; ++c) {
    const double mean = static_cast<double>(engine() % 100) / 10;
    input.channel_mean.push_back(mean);
    input.channel_square.push_back(mean * mean + 1);
  }
  return input;
}

TEST(Weights, StayInTheirRangeAndNearTheirValues) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const int groups = seed % 2 == 0 ? 1 : 4;
    const GraphConvolution conv = RandomConvolution(seed, 8, 3, groups);
    for (const int largest : {kPortableWeight, kLargestWeight}) {
      const auto rounded = QuantiseWeights(conv, RandomInput(seed, 3 * groups), largest);
      const auto values = rounded.Dequantised();
      for (std::size_t i = 0; i < values.size(); ++i) {
        EXPECT_LE(std::abs(rounded.values[i]), largest);
        EXPECT_LE(std::abs(values[i] - conv.weights[i]), 0.5F * 0.45F);
      }
    }
  }
  // Two products of the largest numbers fit into 16 bits.
  EXPECT_LE(2 * 255 * kPortableWeight, 32767);
}

TEST(Weights, BiasErrorIsTheMeanOfTheErrorsAnswer) {
  for (const int groups : {1, 4}) {
    const GraphConvolution conv = RandomConvolution(9, 8, 3, groups);
    const TensorStatistics input = RandomInput(9, 3 * groups);
    const auto rounded = QuantiseWeights(conv, input, 3);
    const auto error = BiasError(conv, rounded, input);
    const auto values = rounded.Dequantised();
    for (int f = 0; f < 8; ++f) {
      double sum = 0;
      for (int s = 0; s < 3; ++s) {
        const int channel = f / (8 / groups) * 3 + s;
        for (int k = 0; k < 9; ++k) {
          const auto at = static_cast<std::size_t>((f * 3 + s) * 9 + k);
          sum += (static_cast<double>(values[at]) - conv.weights[at]) *
                 input.channel_mean[static_cast<std::size_t>(channel)];
        }
      }
      EXPECT_NEAR(error[static_cast<std::size_t>(f)], sum, 1e-4);
    }
  }
}

TEST(Weights, FiltersOfNothingAreNothing) {
  GraphConvolution conv = RandomConvolution(1, 2, 1, 1);
  std::fill(conv.weights.begin(), conv.weights.end(), 0.0F);
  const auto rounded = QuantiseWeights(conv, RandomInput(1, 1), kPortableWeight);
  for (const float value : rounded.Dequantised()) {
    EXPECT_EQ(value, 0);
  }
}

}  // namespace
}  // namespace tenjo
