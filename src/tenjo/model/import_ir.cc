#include "tenjo/model/import_ir.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/model/ir_graph.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

constexpr int kLongestChain = 16;

// What human-pose-estimation-0001 calls the convolution that is `name` here.
std::string IrName(const std::string& name) {
  const std::map<std::string, std::string> cpm = {{"cpm/align", "conv4_3_CPM/al"},
                                                  {"cpm/reduce", "conv4_3_CPM/red"},
                                                  {"cpm/trunk1/dw", "conv4_3_CPM/dw1"},
                                                  {"cpm/trunk1/sep", "conv4_3_CPM/dw1/1x1"},
                                                  {"cpm/trunk2/dw", "conv4_3_CPM/dw2"},
                                                  {"cpm/trunk2/sep", "conv4_3_CPM/dw2/1x1"},
                                                  {"cpm/trunk3/dw", "conv4_3_CPM/dw3"},
                                                  {"cpm/trunk3/sep", "conv4_3_CPM/inc"},
                                                  {"cpm/conv", "conv4_4_CPM"},
                                                  {"stage0/trunk1", "conv5_1_CPM_L1"},
                                                  {"stage0/trunk2", "conv5_2_CPM_L1"},
                                                  {"stage0/trunk3", "conv5_3_CPM_L1"},
                                                  {"stage0/pafs/hidden", "conv5_4_CPM_L1"},
                                                  {"stage0/heatmaps/hidden", "conv5_4_CPM_L2"},
                                                  {"stage0/pafs", "conv5_5_CPM_L1"},
                                                  {"stage0/heatmaps", "conv5_5_CPM_L2"},
                                                  {"stage1/pafs/hidden", "Mconv6_stage2_L1"},
                                                  {"stage1/heatmaps/hidden", "Mconv6_stage2_L2"},
                                                  {"stage1/pafs", "Mconv7_stage2_L1"},
                                                  {"stage1/heatmaps", "Mconv7_stage2_L2"}};
  if (const auto found = cpm.find(name); found != cpm.end()) {
    return found->second;
  }
  const std::string_view view = name;
  if (view.starts_with("base/")) {
    return name.substr(std::string_view("base/").size());
  }
  // stage1/block3/conv1
  const std::string_view block = "stage1/block";
  TENJO_CHECK(view.starts_with(block));
  const char number = view[block.size()];
  const std::string_view step = view.substr(block.size() + 2);
  return fmt::format("Mconv{}_stage2_L1/{}", number,
                     step == "squeeze" ? "sq"
                     : step == "conv1" ? "3x3"
                                       : "3x3/2");
}

class Importer {
 public:
  explicit Importer(const std::filesystem::path& path) : graph_(path) {
    network_ = MakePoseNetwork({.stages = 1, .activation = Activation::kElu});
    for (Layer& layer : network_.layers) {
      if (layer.kind == LayerKind::kConvolution) {
        layer.bias = true;
        layer.batch_norm = false;
      }
    }
    network_.weights.clear();
    for (const auto& [id, node] : graph_.nodes()) {
      by_name_[node.name] = id;
      for (const int input : node.inputs) {
        users_[input].push_back(id);
      }
    }
  }

  Network Import() {
    for (const Layer& layer : network_.layers) {
      if (layer.kind == LayerKind::kConvolution) {
        convolutions_[Find(layer)] = &layer;
      }
    }
    for (const auto& [id, layer] : convolutions_) {
      ImportConvolution(id, *layer);
    }
    ImportFacts();
    CheckNetwork(network_, "imported");
    return std::move(network_);
  }

 private:
  [[noreturn]] void Other(const std::string& what) const {
    graph_.Fail(
        fmt::format("this is not human-pose-estimation-0001, the one OpenVINO network that can be "
                    "imported: {}",
                    what));
  }

  int Find(const Layer& layer) const {
    const std::string name = IrName(layer.name);
    for (const std::string& candidate : {name + "/WithoutBiases", name}) {
      const auto found = by_name_.find(candidate);
      if (found != by_name_.end() && (graph_.At(found->second).type == "Convolution" ||
                                      graph_.At(found->second).type == "GroupConvolution")) {
        return found->second;
      }
    }
    Other(fmt::format("it has no convolution {}", name));
  }

  // The only user of a layer's output that is of one of these types; the quantisation of
  // activations is looked through.
  std::optional<int> UserOf(int id, const std::vector<std::string>& types) const {
    const auto users = users_.find(id);
    if (users == users_.end()) {
      return std::nullopt;
    }
    for (const int user : users->second) {
      if (std::find(types.begin(), types.end(), graph_.At(user).type) != types.end()) {
        return user;
      }
    }
    return std::nullopt;
  }

  bool IsAttribute(const IrNode& node, const char* key, int value) const {
    const auto found = node.data.find(key);
    return found != node.data.end() && found->second == fmt::format("{0},{0}", value);
  }

  void ImportConvolution(int id, const Layer& layer) {
    const IrNode& node = graph_.At(id);
    if (node.inputs.size() != 2 || !IsAttribute(node, "strides", layer.stride) ||
        !IsAttribute(node, "dilations", layer.dilation) ||
        !IsAttribute(node, "pads_begin", layer.padding) ||
        !IsAttribute(node, "pads_end", layer.padding)) {
      Other(fmt::format("{} has another stride, dilation or padding", node.name));
    }
    const std::string source = Source(node.inputs[0], 0);
    if (source != layer.inputs.front()) {
      Other(fmt::format("{} takes {} in the place of {}", node.name, source, layer.inputs.front()));
    }
    Tensor weight = graph_.Evaluate(node.inputs[1]);
    if (weight.shape.size() == 5 && weight.shape[2] == 1) {
      weight.shape = {weight.shape[0] * weight.shape[1], 1, weight.shape[3], weight.shape[4]};
    }
    const std::vector<int> wanted = {layer.out_channels, layer.in_channels / layer.groups,
                                     layer.kernel, layer.kernel};
    if (weight.shape != wanted) {
      Other(fmt::format("{} has weights of another shape", node.name));
    }
    Tensor bias = {{layer.out_channels},
                   std::vector<float>(static_cast<std::size_t>(layer.out_channels))};
    int last = id;
    const auto add = UserOf(id, {"Add"});
    if (add && graph_.At(*add).inputs.size() == 2 && graph_.IsConstant(graph_.At(*add).inputs[1])) {
      last = *add;
      Tensor values = graph_.Evaluate(graph_.At(*add).inputs[1]);
      if (values.values.size() != bias.values.size()) {
        Other(fmt::format("{} has a bias of another shape", node.name));
      }
      bias.values = std::move(values.values);
    }
    const auto active = UserOf(last, {"ReLU", "Elu", "PReLU", "Clamp"});
    const std::string type = active ? graph_.At(*active).type : "";
    const std::string expected = layer.activation == Activation::kElu    ? "Elu"
                                 : layer.activation == Activation::kRelu ? "ReLU"
                                                                         : "";
    if (type != expected) {
      Other(
          fmt::format("{} is followed by '{}', not by '{}'", node.name, Printable(type), expected));
    }
    network_.weights[layer.name + "/weight"] = std::move(weight);
    network_.weights[layer.name + "/bias"] = std::move(bias);
  }

  // Which of our layers makes what comes out of `id`.
  std::string Source(int id, int depth) const {
    if (depth > kLongestChain) {
      Other(fmt::format("layers follow {} in a circle", graph_.At(id).name));
    }
    if (const auto found = convolutions_.find(id); found != convolutions_.end()) {
      return found->second->name;
    }
    const IrNode& node = graph_.At(id);
    if (node.type == "Parameter") {
      return std::string(kImage);
    }
    std::vector<std::string> sources;
    for (const int input : node.inputs) {
      if (!graph_.IsConstant(input)) {
        sources.push_back(Source(input, depth + 1));
      }
    }
    const bool one = node.type == "FakeQuantize" || node.type == "ReLU" || node.type == "Elu" ||
                     node.type == "Add" || node.type == "Multiply";
    if (one && sources.size() == 1) {
      return sources.front();
    }
    for (const Layer& layer : network_.layers) {
      const bool kind = (layer.kind == LayerKind::kAdd && node.type == "Add") ||
                        (layer.kind == LayerKind::kConcat && node.type == "Concat");
      if (kind && layer.inputs == sources) {
        return layer.name;
      }
    }
    Other(fmt::format("it has no {} like '{}'", node.type, node.name));
  }

  // The file computes pixel * factor + shift, the facts say (pixel - mean) / scale.
  void ImportFacts() {
    const Layer& first = *network_.Find("base/conv1");
    std::array<double, 3> factor = {1, 1, 1};
    std::array<double, 3> shift = {0, 0, 0};
    int id = graph_.At(Find(first)).inputs[0];
    std::vector<const IrNode*> steps;
    for (int i = 0; i < kLongestChain && graph_.At(id).type != "Parameter"; ++i) {
      steps.push_back(&graph_.At(id));
      if (steps.back()->inputs.empty()) {
        break;
      }
      id = steps.back()->inputs[0];
    }
    const IrNode& parameter = graph_.At(id);
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if ((*step)->type == "FakeQuantize") {
        continue;
      }
      const bool known = (*step)->type == "Multiply" || (*step)->type == "Add";
      if (!known || (*step)->inputs.size() != 2 || !graph_.IsConstant((*step)->inputs[1])) {
        Other(fmt::format("{} stands before the first convolution", (*step)->name));
      }
      const Tensor value = graph_.Evaluate((*step)->inputs[1]);
      if (value.values.size() != 1 && value.values.size() != 3) {
        Other(fmt::format("{} has a constant of another shape", (*step)->name));
      }
      for (std::size_t c = 0; c < 3; ++c) {
        const double v = value.values[value.values.size() == 3 ? c : 0];
        if ((*step)->type == "Multiply") {
          factor[c] *= v;
          shift[c] *= v;
        } else {
          shift[c] += v;
        }
      }
    }
    const auto shape = parameter.data.find("shape");
    const std::string text = shape == parameter.data.end() ? "" : shape->second;
    const auto sides = Split(text, ',');
    const auto side = [&](std::size_t i) {
      const auto value = sides.size() == 4 ? ParseInt(sides[i]) : std::nullopt;
      return value && *value >= 1 && *value <= kMaxInputSide ? static_cast<int>(*value) : 0;
    };
    NetworkFacts& facts = network_.facts;
    facts.input_height = side(2);
    facts.input_width = side(3);
    if (parameter.type != "Parameter" || facts.input_height == 0 || facts.input_width == 0) {
      Other("its input is not 1x3xHxW");
    }
    for (std::size_t c = 0; c < 3; ++c) {
      if (!(factor[c] > 0) || !std::isfinite(factor[c]) || !std::isfinite(shift[c])) {
        Other("its picture is not normalised by numbers greater than 0");
      }
      facts.scale[c] = static_cast<float>(1 / factor[c]);
      facts.mean[c] = static_cast<float>(-shift[c] / factor[c]);
    }
    facts.training_data = "COCO 2017 train (Open Model Zoo's human-pose-estimation-0001)";
    facts.licence = "Apache-2.0";
  }

  IrGraph graph_;
  Network network_;
  std::map<std::string, int> by_name_;
  std::map<int, std::vector<int>> users_;
  std::map<int, const Layer*> convolutions_;
};

}  // namespace

Network ImportIr(const std::filesystem::path& path) {
  if (path.extension() != ".xml") {
    throw Error(fmt::format("{} is not an .xml file of OpenVINO IR", path.string()));
  }
  return Importer(path).Import();
}

}  // namespace tenjo
