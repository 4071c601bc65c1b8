#include "tenjo/model/network_onnx.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/model/half_weights.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

constexpr int kIrVersion = 8;
constexpr int kOpset = 13;
constexpr const char* kProducer = "tenjo";
// Of a layer's tensor before its activation.
constexpr std::string_view kPreactivation = "/preactivation";
//! Metadata that only ReadOnnxNetwork reads: the outputs of all stages.
constexpr const char* kStagesKey = "stages";

const char* NameOf(Activation activation) {
  return activation == Activation::kElu ? "Elu" : "Relu";
}

// ---- writing ----

class Writer {
 public:
  explicit Writer(const Network& network) : network_(network) {
    model_.set_ir_version(kIrVersion);
    model_.set_producer_name(kProducer);
    auto* opset = model_.add_opset_import();
    opset->set_domain("");
    opset->set_version(kOpset);
    graph_ = model_.mutable_graph();
    graph_->set_name(network.facts.task);
  }

  onnx::ModelProto Write() {
    auto* input = graph_->add_input();
    input->set_name(std::string(kImage));
    SetShape(input, {"batch", "3", "height", "width"});
    for (const Layer& layer : network_.layers) {
      AddLayer(layer);
    }
    for (const auto& [name, tensor] : network_.weights) {
      AddWeights(name, tensor);
    }
    const auto finals = network_.FinalOutputs();
    for (const NetworkOutput& output : finals) {
      auto* value = graph_->add_output();
      value->set_name(output.layer);
      const std::string planes = std::to_string(network_.Find(output.layer)->out_channels);
      if (output.role == "embedding") {
        SetShape(value, {"batch", planes});
      } else {
        SetShape(value, {"batch", planes, "map_height", "map_width"});
      }
    }
    AddMetadata(finals);
    return std::move(model_);
  }

 private:
  // Digits fix a side, words leave it open.
  static void SetShape(onnx::ValueInfoProto* value, const std::vector<std::string>& sides) {
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::string& side : sides) {
      auto* dim = type->mutable_shape()->add_dim();
      if (const auto fixed = ParseInt(side)) {
        dim->set_dim_value(*fixed);
      } else {
        dim->set_dim_param(side);
      }
    }
  }

  onnx::NodeProto* Node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::string& output) {
    auto* node = graph_->add_node();
    node->set_op_type(op);
    node->set_name(output);
    for (const std::string& input : inputs) {
      node->add_input(input);
    }
    node->add_output(output);
    return node;
  }

  static void Ints(onnx::NodeProto* node, const char* name, const std::vector<int>& values) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INTS);
    for (const int value : values) {
      attribute->add_ints(value);
    }
  }

  static void Int(onnx::NodeProto* node, const char* name, int value) {
    auto* attribute = node->add_attribute();
    attribute->set_name(name);
    attribute->set_type(onnx::AttributeProto::INT);
    attribute->set_i(value);
  }

  void AddLayer(const Layer& layer) {
    switch (layer.kind) {
      case LayerKind::kConvolution:
        AddConvolution(layer);
        return;
      case LayerKind::kMaxPool: {
        auto* node = Node("MaxPool", layer.inputs, layer.name);
        Ints(node, "kernel_shape", {layer.kernel, layer.kernel});
        Ints(node, "strides", {layer.stride, layer.stride});
        return;
      }
      case LayerKind::kConcat:
        Int(Node("Concat", layer.inputs, layer.name), "axis", 1);
        return;
      case LayerKind::kAdd:
        AddSum(layer);
        return;
      case LayerKind::kGlobalAveragePool:
        Node("GlobalAveragePool", layer.inputs, layer.name);
        return;
      case LayerKind::kL2Normalise:
        AddNormalise(layer);
        return;
    }
  }

  void AddConvolution(const Layer& layer) {
    const bool active = layer.activation != Activation::kNone;
    std::vector<std::string> inputs = {layer.inputs.front(), layer.name + "/weight"};
    if (layer.bias) {
      inputs.push_back(layer.name + "/bias");
    }
    const std::string result = active ? layer.name + std::string(kPreactivation) : layer.name;
    auto* node = Node("Conv", inputs, result);
    Ints(node, "kernel_shape", {layer.kernel, layer.kernel});
    Ints(node, "strides", {layer.stride, layer.stride});
    Ints(node, "dilations", {layer.dilation, layer.dilation});
    Ints(node, "pads", {layer.padding, layer.padding, layer.padding, layer.padding});
    Int(node, "group", layer.groups);
    if (active) {
      Node(NameOf(layer.activation), {result}, layer.name);
    }
  }

  void AddSum(const Layer& layer) {
    if (layer.inputs.size() == 2) {
      Node("Add", layer.inputs, layer.name);
    } else {
      Node("Sum", layer.inputs, layer.name);
    }
  }

  void AddNormalise(const Layer& layer) {
    const std::string flat = layer.name + "/flat";
    const std::string length = layer.name + "/length";
    const std::string least = layer.name + "/least";
    Int(Node("Flatten", layer.inputs, flat), "axis", 1);
    auto* norm = Node("ReduceL2", {flat}, length);
    Ints(norm, "axes", {1});
    Int(norm, "keepdims", 1);
    AddWeights(least, {{1}, {1e-12F}});
    Node("Max", {length, least}, length + "/positive");
    Node("Div", {flat, length + "/positive"}, layer.name);
  }

  void AddWeights(const std::string& name, const Tensor& tensor) {
    auto* weights = graph_->add_initializer();
    weights->set_name(name);
    weights->set_data_type(onnx::TensorProto::FLOAT);
    for (const int side : tensor.shape) {
      weights->add_dims(side);
    }
    weights->set_raw_data(tensor.values.data(), tensor.values.size() * sizeof(float));
  }

  void AddMetadata(const std::vector<NetworkOutput>& finals) {
    const NetworkFacts& facts = network_.facts;
    const auto put = [&](const std::string& key, const std::string& value) {
      if (!value.empty()) {
        auto* entry = model_.add_metadata_props();
        entry->set_key(key);
        entry->set_value(value);
      }
    };
    std::vector<std::string> names;
    names.reserve(finals.size());
    for (const NetworkOutput& output : finals) {
      names.push_back(fmt::format("{}={}", output.role, output.layer));
    }
    std::vector<std::string> stages;
    for (const NetworkOutput& output : network_.outputs) {
      stages.push_back(fmt::format("{}:{}={}", output.role, output.stage, output.layer));
    }
    put("task", facts.task);
    put("input_size", fmt::format("{}x{}", facts.input_width, facts.input_height));
    put("colour", facts.colour == ColourOrder::kRgb ? "rgb" : "bgr");
    put("mean", fmt::format("{}", fmt::join(facts.mean, ",")));
    put("scale", fmt::format("{}", fmt::join(facts.scale, ",")));
    put("stride", std::to_string(facts.stride));
    put("skeleton", facts.skeleton);
    put("outputs", fmt::format("{}", fmt::join(names, ",")));
    put("crop_mask", facts.crop_mask == CropMask::kNone ? "" : NameOf(facts.crop_mask));
    put("training_data", facts.training_data);
    put("licence", facts.licence);
    put(kStagesKey, fmt::format("{}", fmt::join(stages, ",")));
  }

  const Network& network_;
  onnx::ModelProto model_;
  onnx::GraphProto* graph_ = nullptr;
};

// ---- reading ----

class Reader {
 public:
  Reader(const onnx::ModelProto& model, const std::filesystem::path& path)
      : graph_(model.graph()), path_(path) {
    if (model.producer_name() != kProducer) {
      Fail("was not written by Tenjo, so its layers cannot be read back");
    }
    for (const auto& entry : model.metadata_props()) {
      if (entry.key() == kStagesKey) {
        stages_ = entry.value();
      }
    }
  }

  Network Read(const ModelInfo& info) {
    NetworkFacts& facts = network_.facts;
    facts.task = info.task;
    facts.input_width = info.input_width;
    facts.input_height = info.input_height;
    facts.colour = info.colour;
    facts.mean = info.mean;
    facts.scale = info.scale;
    facts.stride = info.stride;
    facts.skeleton = info.skeleton;
    facts.crop_mask = info.crop_mask;
    facts.training_data = info.training_data;
    facts.licence = info.licence;
    ReadWeights();
    channels_.emplace(info.input, 3);
    if (info.input != kImage) {
      Fail(
          fmt::format("has the input {}, Tenjo's networks have {}", Printable(info.input), kImage));
    }
    for (at_ = 0; at_ < graph_.node_size(); ++at_) {
      ReadNode(graph_.node(at_));
    }
    ReadStages();
    CheckNetwork(network_, path_.string());
    return std::move(network_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(fmt::format("{} {}", path_.string(), what));
  }
  [[noreturn]] void FailNode(const onnx::NodeProto& node) const {
    Fail(fmt::format("holds the operation {} ('{}') in a form that Tenjo does not write",
                     Printable(node.op_type()), Printable(node.name())));
  }

  void ReadWeights() {
    for (const auto& tensor : graph_.initializer()) {
      Tensor read;
      std::size_t count = 1;
      for (const auto dim : tensor.dims()) {
        if (dim < 1 || dim > std::numeric_limits<int>::max() ||
            count > tensor.raw_data().size() / static_cast<std::size_t>(dim) + 1) {
          Fail(fmt::format("has weights {} of an impossible shape", Printable(tensor.name())));
        }
        read.shape.push_back(static_cast<int>(dim));
        count *= static_cast<std::size_t>(dim);
      }
      if (tensor.data_type() != onnx::TensorProto::FLOAT ||
          tensor.raw_data().size() != count * sizeof(float)) {
        Fail(fmt::format("has weights {} that are not {} numbers of 32 bits",
                         Printable(tensor.name()), count));
      }
      read.values.resize(count);
      std::memcpy(read.values.data(), tensor.raw_data().data(), tensor.raw_data().size());
      weights_[tensor.name()] = std::move(read);
    }
  }

  // A square attribute: all its numbers the same.
  int Square(const onnx::NodeProto& node, const char* name, int otherwise) const {
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() != name) {
        continue;
      }
      const auto& values = attribute.ints();
      const bool same = !values.empty() && std::all_of(values.begin(), values.end(), [&](auto v) {
        return v == values[0] && v >= 0 && v <= std::numeric_limits<int>::max();
      });
      if (!same) {
        FailNode(node);
      }
      return static_cast<int>(values[0]);
    }
    return otherwise;
  }

  int Groups(const onnx::NodeProto& node) const {
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "group") {
        if (attribute.i() < 1 || attribute.i() > std::numeric_limits<int>::max()) {
          FailNode(node);
        }
        return static_cast<int>(attribute.i());
      }
    }
    return 1;
  }

  void ReadNode(const onnx::NodeProto& node) {
    if (node.output_size() != 1 || node.input_size() < 1) {
      FailNode(node);
    }
    const std::string& op = node.op_type();
    if (op == "Conv") {
      ReadConvolution(node);
    } else if (op == "MaxPool") {
      Layer layer = Plain(LayerKind::kMaxPool, node);
      layer.kernel = Square(node, "kernel_shape", 1);
      layer.stride = Square(node, "strides", 1);
      Add(std::move(layer));
    } else if (op == "Concat") {
      Add(Plain(LayerKind::kConcat, node));
    } else if (op == "Add" || op == "Sum") {
      Add(Plain(LayerKind::kAdd, node));
    } else if (op == "GlobalAveragePool") {
      Add(Plain(LayerKind::kGlobalAveragePool, node));
    } else if (op == "Flatten") {
      ReadNormalise(node);
    } else {
      FailNode(node);
    }
  }

  int Channels(const onnx::NodeProto& node, const std::string& input) const {
    const auto found = channels_.find(input);
    if (found == channels_.end()) {
      FailNode(node);
    }
    return found->second;
  }

  Layer Plain(LayerKind kind, const onnx::NodeProto& node) const {
    Layer layer;
    layer.kind = kind;
    layer.name = node.output(0);
    for (const std::string& input : node.input()) {
      layer.inputs.push_back(input);
      layer.in_channels =
          (kind == LayerKind::kConcat ? layer.in_channels : 0) + Channels(node, input);
    }
    layer.out_channels = layer.in_channels;
    return layer;
  }

  void ReadConvolution(const onnx::NodeProto& node) {
    if (node.input_size() < 2 || node.input_size() > 3) {
      FailNode(node);
    }
    Layer layer;
    layer.inputs = {node.input(0)};
    layer.name = node.output(0);
    // An activation follows at once where there is one.
    if (layer.name.ends_with(kPreactivation)) {
      const int next = at_ + 1;
      if (next >= graph_.node_size() || graph_.node(next).input_size() != 1 ||
          graph_.node(next).input(0) != layer.name || graph_.node(next).output_size() != 1) {
        FailNode(node);
      }
      const onnx::NodeProto& active = graph_.node(next);
      if (active.op_type() != "Relu" && active.op_type() != "Elu") {
        FailNode(active);
      }
      layer.activation = active.op_type() == "Elu" ? Activation::kElu : Activation::kRelu;
      layer.name = active.output(0);
      at_ = next;
    }
    layer.in_channels = Channels(node, node.input(0));
    layer.bias = node.input_size() == 3;
    layer.groups = Groups(node);
    layer.stride = Square(node, "strides", 1);
    layer.dilation = Square(node, "dilations", 1);
    layer.padding = Square(node, "pads", 0);
    const Tensor weight = Take(node, node.input(1));
    if (weight.shape.size() != 4) {
      FailNode(node);
    }
    layer.out_channels = weight.shape[0];
    layer.kernel = weight.shape[2];
    network_.weights[layer.name + "/weight"] = weight;
    if (layer.bias) {
      network_.weights[layer.name + "/bias"] = Take(node, node.input(2));
    }
    Add(std::move(layer));
  }

  Tensor Take(const onnx::NodeProto& node, const std::string& name) const {
    const auto found = weights_.find(name);
    if (found == weights_.end()) {
      FailNode(node);
    }
    return found->second;
  }

  // Flatten, ReduceL2, Max, Div.
  void ReadNormalise(const onnx::NodeProto& node) {
    constexpr int kNodes = 4;
    if (at_ + kNodes > graph_.node_size() || graph_.node(at_ + 1).op_type() != "ReduceL2" ||
        graph_.node(at_ + 2).op_type() != "Max" || graph_.node(at_ + 3).op_type() != "Div" ||
        graph_.node(at_ + 3).output_size() != 1) {
      FailNode(node);
    }
    Layer layer = Plain(LayerKind::kL2Normalise, node);
    at_ += kNodes - 1;
    layer.name = graph_.node(at_).output(0);
    Add(std::move(layer));
  }

  void Add(Layer layer) {
    channels_[layer.name] = layer.out_channels;
    network_.layers.push_back(std::move(layer));
  }

  // "ROLE:STAGE=LAYER,..."
  void ReadStages() {
    for (const std::string_view part : Split(stages_, ',')) {
      const std::size_t colon = part.find(':');
      const std::size_t equals = part.find('=');
      const auto stage = colon < equals && equals != std::string_view::npos
                             ? ParseInt(part.substr(colon + 1, equals - colon - 1))
                             : std::nullopt;
      if (!stage || *stage < 0 || *stage > std::numeric_limits<int>::max()) {
        Fail(
            fmt::format("has the metadata {} '{}', it should be ROLE:STAGE=LAYER with commas "
                        "between",
                        kStagesKey, Printable(stages_)));
      }
      network_.outputs.push_back({std::string(part.substr(equals + 1)),
                                  std::string(part.substr(0, colon)), static_cast<int>(*stage)});
    }
  }

  const onnx::GraphProto& graph_;
  const std::filesystem::path& path_;
  std::string stages_;
  std::map<std::string, Tensor> weights_;
  std::map<std::string, int> channels_;
  Network network_;
  int at_ = 0;
};

}  // namespace

void WriteOnnx(const Network& network, const std::filesystem::path& path, WeightStorage storage) {
  CheckNetwork(network, fmt::format("to be written to {}", path.string()));
  onnx::ModelProto model = Writer(FoldBatchNorm(network)).Write();
  if (storage == WeightStorage::kHalf) {
    NarrowWeights(model.mutable_graph());
  }
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& error) {
    throw Error(fmt::format("ONNX's checker refuses the network for {}: {}", path.string(),
                            Printable(error.what())));
  }
  std::string bytes;
  if (!model.SerializeToString(&bytes)) {
    throw Error(fmt::format("the network for {} is too large for an ONNX file", path.string()));
  }
  WriteFile(path, bytes);
}

std::string LayerOfTensor(const std::string& tensor) {
  return tensor.ends_with(kPreactivation) ? tensor.substr(0, tensor.size() - kPreactivation.size())
                                          : tensor;
}

Network ReadOnnxNetwork(const std::filesystem::path& path) {
  if (path.extension() == ".xml") {
    throw Error(fmt::format("{} is OpenVINO IR; `tenjo import` makes an ONNX network of it",
                            path.string()));
  }
  const ModelInfo info = ReadModelInfo(path);
  onnx::ModelProto model;
  if (!model.ParseFromString(ReadFile(path))) {
    throw Error(
        fmt::format("{} is not an ONNX network, or is damaged or cut short", path.string()));
  }
  WidenWeights(model.mutable_graph());
  return Reader(model, path).Read(info);
}

}  // namespace tenjo
