#include "tenjo/testing/tiny_onnx.h"

#include <onnx/onnx_pb.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace tenjo::testing {
namespace {

using Shape = std::vector<std::int64_t>;

// -1 in a shape is a dimension left open.
void SetType(const std::string& name, const Shape& shape, onnx::ValueInfoProto* value) {
  value->set_name(name);
  auto* tensor = value->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(onnx::TensorProto::FLOAT);
  for (std::size_t i = 0; i < shape.size(); ++i) {
    auto* dim = tensor->mutable_shape()->add_dim();
    if (shape[i] < 0) {
      dim->set_dim_param(std::string("d").append(std::to_string(i)));
    } else {
      dim->set_dim_value(shape[i]);
    }
  }
}

class Graph {
 public:
  explicit Graph(onnx::GraphProto* graph) : graph_(graph) {}

  void Weights(const std::string& name, const Shape& shape, const std::vector<float>& values) {
    auto* tensor = graph_->add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    for (const auto dim : shape) {
      tensor->add_dims(dim);
    }
    tensor->set_raw_data(values.data(), values.size() * sizeof(float));
  }

  onnx::NodeProto* Node(const std::string& type, const std::vector<std::string>& inputs,
                        const std::string& output) {
    auto* node = graph_->add_node();
    node->set_op_type(type);
    node->set_name(output + "_node");
    for (const auto& input : inputs) {
      node->add_input(input);
    }
    node->add_output(output);
    return node;
  }

  static void Ints(onnx::NodeProto* node, const std::string& name, const Shape& values) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const auto value : values) {
      attribute->add_ints(value);
    }
  }

  void Pool(const std::string& input, const std::string& output, int stride) {
    auto* node = Node("AveragePool", {input}, output);
    Ints(node, "kernel_shape", {stride, stride});
    Ints(node, "strides", {stride, stride});
  }

  void Convolve1x1(const std::string& input, const std::string& output, int in, int out,
                   const std::vector<float>& weights) {
    Weights(output + "_w", {out, in, 1, 1}, weights);
    Ints(Node("Conv", {input, output + "_w"}, output), "kernel_shape", {1, 1});
  }

 private:
  onnx::GraphProto* graph_;
};

// Uniform in [-1, 1); the standard distributions differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::vector<float> Numbers(std::size_t count, float size) {
    std::vector<float> out(count);
    for (float& value : out) {
      const auto bits = static_cast<float>(engine_() >> 40U);
      value = size * (bits / static_cast<float>(1U << 23U) - 1.0F);
    }
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

onnx::ModelProto NewModel() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("tenjo tests");
  auto* opset = model.add_opset_import();
  opset->set_domain("");
  opset->set_version(13);
  model.mutable_graph()->set_name("tiny");
  return model;
}

void Save(const onnx::ModelProto& model, const std::filesystem::path& path) {
  std::ofstream file(path, std::ios::binary);
  if (!model.SerializeToOstream(&file) || !file.flush()) {
    throw std::runtime_error("cannot write " + path.string());
  }
}

void AddMetadata(const TinyPoseOptions& options, onnx::ModelProto* model) {
  if (!options.metadata) {
    return;
  }
  std::map<std::string, std::string> entries = {
      {"task", "pose"},
      {"input_size", std::to_string(options.width) + "x" + std::to_string(options.height)},
      {"colour", "bgr"},
      {"mean", "0,0,0"},
      {"scale", "1,1,1"},
      {"stride", std::to_string(options.stride)},
      {"skeleton", "openpose18"},
      {"outputs", "heatmaps=" + options.heatmaps + ",pafs=" + options.pafs},
      {"training_data", "none: random weights"},
      {"licence", "Apache-2.0"},
  };
  for (const auto& [key, value] : options.set) {
    entries[key] = value;
  }
  for (const auto& [key, value] : entries) {
    if (!options.without.contains(key)) {
      auto* entry = model->add_metadata_props();
      entry->set_key(key);
      entry->set_value(value);
    }
  }
}

void AddConvolutions(const TinyPoseOptions& options, Graph* graph) {
  constexpr int kHidden = 8;
  Random random(options.seed);
  const auto weights = [&](std::size_t count, float size) {
    return options.nan_weights ? std::vector<float>(count, std::numeric_limits<float>::quiet_NaN())
                               : random.Numbers(count, size);
  };
  std::string last = options.input;
  int channels = 3;
  for (int reduction = 1; reduction < options.stride; reduction *= 2) {
    const std::string name = "conv" + std::to_string(reduction);
    const auto inputs = static_cast<float>(channels * 9);
    // The first layer meets numbers up to 255.
    const float size = (reduction == 1 ? 0.02F : 1.7F) / std::sqrt(inputs);
    graph->Weights(name + "_w", {kHidden, channels, 3, 3},
                   weights(static_cast<std::size_t>(kHidden * channels * 9), size));
    auto* node = graph->Node("Conv", {last, name + "_w"}, name);
    Graph::Ints(node, "kernel_shape", {3, 3});
    Graph::Ints(node, "strides", {2, 2});
    Graph::Ints(node, "pads", {1, 1, 1, 1});
    graph->Node("Relu", {name}, name + "_relu");
    last = name + "_relu";
    channels = kHidden;
  }
  for (const auto& [name, out] : {std::pair(options.heatmaps, options.heatmap_channels),
                                  std::pair(options.pafs, options.paf_channels)}) {
    graph->Convolve1x1(last, name, channels, out,
                       weights(static_cast<std::size_t>(out * channels), 0.6F));
  }
}

void AddPooling(const TinyPoseOptions& options, Graph* graph) {
  graph->Pool(options.input, "pooled", options.stride);
  for (const auto& [name, out] : {std::pair(options.heatmaps, options.heatmap_channels),
                                  std::pair(options.pafs, options.paf_channels)}) {
    std::vector<float> weights(static_cast<std::size_t>(out) * 3);
    for (std::size_t c = 0; c < static_cast<std::size_t>(out); ++c) {
      weights[c * 3 + c % 3] = options.nan_weights ? std::numeric_limits<float>::quiet_NaN() : 1.0F;
    }
    graph->Convolve1x1("pooled", name, 3, out, weights);
  }
}

}  // namespace

void WriteTinyPoseNetwork(const std::filesystem::path& path, const TinyPoseOptions& options) {
  onnx::ModelProto model = NewModel();
  const Shape size = options.dynamic ? Shape{-1, -1} : Shape{options.height, options.width};
  const Shape map = options.dynamic ? Shape{-1, -1}
                                    : Shape{(options.height + options.stride - 1) / options.stride,
                                            (options.width + options.stride - 1) / options.stride};
  auto* proto = model.mutable_graph();
  SetType(options.input, {1, 3, size[0], size[1]}, proto->add_input());
  if (options.second_input) {
    SetType("second", {1}, proto->add_input());
  }
  SetType(options.heatmaps, {1, options.heatmap_channels, map[0], map[1]}, proto->add_output());
  SetType(options.pafs, {1, options.paf_channels, map[0], map[1]}, proto->add_output());
  Graph graph(proto);
  if (options.body == TinyBody::kPooling) {
    AddPooling(options, &graph);
  } else {
    AddConvolutions(options, &graph);
  }
  AddMetadata(options, &model);
  Save(model, path);
}

void WriteConstantPoseNetwork(const std::filesystem::path& path, const std::vector<float>& heatmaps,
                              const std::vector<float>& pafs, int height, int width, int stride,
                              const std::vector<float>& centres, const std::vector<float>& boxes) {
  const auto plane = static_cast<std::size_t>(height) * static_cast<std::size_t>(width);
  if (heatmaps.size() != 19 * plane || pafs.size() != 38 * plane ||
      boxes.size() != 6 * centres.size() || (!centres.empty() && centres.size() != plane)) {
    throw std::runtime_error("constant maps of the wrong size");
  }
  TinyPoseOptions options;
  options.width = width * stride;
  options.height = height * stride;
  options.stride = stride;
  std::vector<std::tuple<std::string, int, const std::vector<float>*>> maps = {
      {options.heatmaps, 19, &heatmaps}, {options.pafs, 38, &pafs}};
  if (!centres.empty()) {
    maps.emplace_back("centres", 1, &centres);
    maps.emplace_back("boxes", 6, &boxes);
    options.set["outputs"] =
        "heatmaps=" + options.heatmaps + ",pafs=" + options.pafs + ",centres=centres,boxes=boxes";
  }
  onnx::ModelProto model = NewModel();
  auto* proto = model.mutable_graph();
  SetType(options.input, {1, 3, options.height, options.width}, proto->add_input());
  Graph graph(proto);
  graph.Pool(options.input, "pooled", stride);
  for (const auto& [name, channels, values] : maps) {
    SetType(name, {1, channels, height, width}, proto->add_output());
    // Zero times the picture, so that the outputs depend on the input as a network's do.
    graph.Convolve1x1("pooled", name + "_zero", 3, channels,
                      std::vector<float>(static_cast<std::size_t>(channels) * 3));
    graph.Weights(name + "_map", {1, channels, height, width}, *values);
    graph.Node("Add", {name + "_zero", name + "_map"}, name);
  }
  AddMetadata(options, &model);
  Save(model, path);
}

void WriteDotPoseNetwork(const std::filesystem::path& path, const DotPerson& person, int width,
                         int height) {
  const auto plane =
      static_cast<std::size_t>(person.rows) * static_cast<std::size_t>(person.columns);
  if (person.maps.size() != 57 * plane || person.rows % 2 == 0 || person.columns % 2 == 0) {
    throw std::runtime_error("the dot's maps must be 57 planes of odd sides");
  }
  TinyPoseOptions options;
  options.width = width;
  options.height = height;
  onnx::ModelProto model = NewModel();
  auto* proto = model.mutable_graph();
  SetType(options.input, {1, 3, height, width}, proto->add_input());
  Graph graph(proto);
  graph.Pool(options.input, "pooled", options.stride);
  // The brightness of one dot, summed over the cells that it lies in, becomes 1.
  const float cell = static_cast<float>(options.stride * options.stride);
  const float bright = 3 * 255 * static_cast<float>(person.dot * person.dot) / cell;
  graph.Convolve1x1("pooled", "dots", 3, 1, std::vector<float>(3, 1 / bright));
  std::size_t first = 0;
  for (const auto& [name, channels] :
       {std::pair(options.heatmaps, 19), std::pair(options.pafs, 38)}) {
    // A convolution in ONNX is a correlation, so the maps are laid in turned by half a turn.
    std::vector<float> weights(static_cast<std::size_t>(channels) * plane);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] = person.maps[(first + i / plane) * plane + (plane - 1 - i % plane)];
    }
    first += static_cast<std::size_t>(channels);
    SetType(name, {1, channels, height / options.stride, width / options.stride},
            proto->add_output());
    graph.Weights(name + "_w", {channels, 1, person.rows, person.columns}, weights);
    auto* node = graph.Node("Conv", {"dots", name + "_w"}, name);
    Graph::Ints(node, "kernel_shape", {person.rows, person.columns});
    const int up = person.rows / 2;
    const int left = person.columns / 2;
    Graph::Ints(node, "pads", {up, left, up, left});
  }
  AddMetadata(options, &model);
  Save(model, path);
}

}  // namespace tenjo::testing
