#include "tenjo/model/network_onnx.h"

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include <fstream>
#include <functional>
#include <random>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/half.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using testing::TempDir;

void Put(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

bool Same(const Layer& a, const Layer& b) {
  return a.kind == b.kind && a.name == b.name && a.inputs == b.inputs &&
         a.in_channels == b.in_channels && a.out_channels == b.out_channels &&
         a.kernel == b.kernel && a.stride == b.stride && a.dilation == b.dilation &&
         a.padding == b.padding && a.groups == b.groups && a.bias == b.bias &&
         a.batch_norm == b.batch_norm && a.activation == b.activation;
}

void ExpectSame(const Network& a, const Network& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_TRUE(Same(a.layers[i], b.layers[i])) << a.layers[i].name;
  }
  ASSERT_EQ(a.outputs.size(), b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    EXPECT_EQ(a.outputs[i].layer, b.outputs[i].layer);
    EXPECT_EQ(a.outputs[i].role, b.outputs[i].role);
    EXPECT_EQ(a.outputs[i].stage, b.outputs[i].stage);
  }
  ASSERT_EQ(a.weights.size(), b.weights.size());
  for (const auto& [name, tensor] : a.weights) {
    EXPECT_EQ(tensor.shape, b.weights.at(name).shape);
    EXPECT_EQ(tensor.values, b.weights.at(name).values) << name;
  }
  EXPECT_EQ(a.facts.task, b.facts.task);
  EXPECT_EQ(a.facts.input_width, b.facts.input_width);
  EXPECT_EQ(a.facts.mean, b.facts.mean);
  EXPECT_EQ(a.facts.scale, b.facts.scale);
  EXPECT_EQ(a.facts.colour, b.facts.colour);
  EXPECT_EQ(a.facts.training_data, b.facts.training_data);
  EXPECT_EQ(a.facts.licence, b.facts.licence);
}

TEST(NetworkOnnx, ComesBackAsItWasWritten) {
  const TempDir folder;
  for (const PoseBase base : {PoseBase::kMobileNetV1, PoseBase::kVgg19}) {
    for (const int stages : {0, 2}) {
      Network network =
          MakePoseNetwork({.base = base,
                           .width = 0.25,
                           .stages = stages,
                           .activation = stages == 0 ? Activation::kRelu : Activation::kElu,
                           .person_heads = stages == 2});
      network.facts.mean = {123.675F, 116.28F, 103.53F};
      network.facts.scale = {0.1F, 1.0F / 3, 57.375F};
      network.facts.colour = ColourOrder::kRgb;
      network.facts.training_data = "drawn people, 20 pictures";
      network.facts.licence = "MIT";
      WriteOnnx(network, folder / "a.onnx");
      ExpectSame(ReadOnnxNetwork(folder / "a.onnx"), FoldBatchNorm(network));
      const ModelInfo info = ReadModelInfo(folder / "a.onnx");
      EXPECT_EQ(info.heatmaps, "stage" + std::to_string(stages) + "/heatmaps");
      EXPECT_EQ(info.boxes, stages == 2 ? "person/boxes" : "");
      EXPECT_EQ(MapsOf(info).size(), stages == 2 ? 4U : 2U);
    }
  }
  Network appearance = MakeAppearanceNetwork({.width = 0.25, .numbers = 16});
  appearance.facts.crop_mask = CropMask::kEllipse;
  WriteOnnx(appearance, folder / "b.onnx");
  ExpectSame(ReadOnnxNetwork(folder / "b.onnx"), FoldBatchNorm(appearance));
  const ModelInfo info = ReadModelInfo(folder / "b.onnx");
  EXPECT_EQ(info.task, "appearance");
  EXPECT_EQ(info.embedding, "embedding");
  EXPECT_EQ(info.crop_mask, CropMask::kEllipse);
  EXPECT_EQ(ReadOnnxNetwork(folder / "b.onnx").facts.crop_mask, CropMask::kEllipse);
  EXPECT_EQ(MapsOf(info).size(), 0U);
  const Network refine = MakeRefineNetwork({.width = 0.25});
  WriteOnnx(refine, folder / "c.onnx");
  ExpectSame(ReadOnnxNetwork(folder / "c.onnx"), FoldBatchNorm(refine));
  const ModelInfo refining = ReadModelInfo(folder / "c.onnx");
  EXPECT_EQ(refining.task, "refine");
  EXPECT_EQ(refining.points, "points");
  EXPECT_EQ(refining.stride, 16);
  EXPECT_EQ(OutputsOf(refining).size(), 1U);
}

std::string Failure(const std::filesystem::path& path) {
  const std::string what = testing::Failure([&] { ReadOnnxNetwork(path); });
  if (!what.empty()) {
    EXPECT_NE(what.find(path.filename().string()), std::string::npos) << what;
  }
  return what;
}

TEST(NetworkOnnx, HalfPrecisionComesBackRoundedAndIsHalfTheFile) {
  const TempDir folder;
  Network network = FoldBatchNorm(MakePoseNetwork({.width = 0.25, .stages = 1}));
  WriteOnnx(network, folder / "float.onnx");
  WriteOnnx(network, folder / "half.onnx", WeightStorage::kHalf);
  EXPECT_LT(std::filesystem::file_size(folder / "half.onnx"),
            0.6 * static_cast<double>(std::filesystem::file_size(folder / "float.onnx")));
  for (auto& [name, tensor] : network.weights) {
    if (tensor.shape.size() == 4) {
      for (float& value : tensor.values) {
        value = FromHalf(ToHalf(value));
      }
    }
  }
  ExpectSame(ReadOnnxNetwork(folder / "half.onnx"), network);
  // What half precision cannot hold stays as it is.
  network.weights.begin()->second.values.front() = 1e6F;
  WriteOnnx(network, folder / "large.onnx", WeightStorage::kHalf);
  ExpectSame(ReadOnnxNetwork(folder / "large.onnx"), network);
}

class ReadOnnxNetworkTest : public ::testing::Test {
 protected:
  ReadOnnxNetworkTest() {
    Network network = MakePoseNetwork({.width = 0.25, .stages = 0, .person_heads = true});
    WriteOnnx(network, folder_ / "good.onnx");
    bytes_ = ReadFile(folder_ / "good.onnx");
  }

  std::string FailureOf(const std::function<void(onnx::ModelProto*)>& change) {
    onnx::ModelProto model;
    model.ParseFromString(bytes_);
    change(&model);
    Put(folder_ / "bad.onnx", model.SerializeAsString());
    return Failure(folder_ / "bad.onnx");
  }

  TempDir folder_;
  std::string bytes_;
};

TEST_F(ReadOnnxNetworkTest, SaysWhatIsWrong) {
  EXPECT_EQ(FailureOf([](auto*) {}), "");
  EXPECT_SAYS(FailureOf([](auto* m) { m->set_producer_name("pytorch"); }), "not written by Tenjo");
  EXPECT_SAYS(FailureOf([](auto* m) { m->mutable_graph()->mutable_node(0)->set_op_type("Sin"); }),
              "Sin");
  EXPECT_SAYS(FailureOf([](auto* m) {
                m->mutable_graph()->mutable_node(0)->mutable_attribute(1)->set_ints(0, 1);
              }),
              "Conv");
  EXPECT_SAYS(FailureOf([](auto* m) {
                m->mutable_graph()->mutable_initializer(0)->mutable_raw_data()->resize(7);
              }),
              "weights");
  EXPECT_SAYS(FailureOf([](auto* m) {
                m->mutable_graph()->mutable_initializer(0)->set_dims(0, 1LL << 60);
              }),
              "impossible shape");
  EXPECT_SAYS(FailureOf([](auto* m) { m->mutable_graph()->mutable_node()->RemoveLast(); }),
              "there is no layer");
  EXPECT_SAYS(FailureOf([](auto* m) {
                for (auto& entry : *m->mutable_metadata_props()) {
                  if (entry.key() == "stages") {
                    entry.set_value("heatmaps=x");
                  }
                }
              }),
              "ROLE:STAGE=LAYER");
  Network broken = MakePoseNetwork({.width = 0.25, .stages = 0});
  broken.weights.begin()->second.values[0] = std::nanf("");
  EXPECT_THROW(WriteOnnx(broken, folder_ / "nan.onnx"), Error);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "nan.onnx"));
  EXPECT_SAYS(Failure(folder_ / "x.xml"), "tenjo import");
}

// Whatever the bytes are: a network or an Error, nothing else.
TEST_F(ReadOnnxNetworkTest, DamagedFilesAreErrorsOrNetworks) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 60; ++i) {
    std::string bytes = bytes_;
    if (i % 3 == 0) {
      bytes.resize(engine() % bytes.size());
    } else {
      // The graph's text stands at both ends, the weights between.
      const std::size_t reach = i % 3 == 1 ? 20000 : 2000;
      for (int flip = 0; flip < 4; ++flip) {
        const std::size_t at = engine() % std::min(reach, bytes.size());
        bytes[i % 3 == 1 ? at : bytes.size() - 1 - at] ^= static_cast<char>(1U << (engine() % 8));
      }
    }
    Put(folder_ / "bad.onnx", bytes);
    Failure(folder_ / "bad.onnx");
  }
}

}  // namespace
}  // namespace tenjo
