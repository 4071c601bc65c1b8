#include "tenjo/quantize/float_graph.h"

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <tuple>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/model/half_weights.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

const onnx::TensorProto* FindConstant(const onnx::GraphProto& graph, const std::string& name) {
  for (const auto& tensor : graph.initializer()) {
    if (tensor.name() == name) {
      return &tensor;
    }
  }
  return nullptr;
}

// The numbers of a tensor of 32-bit floats, or nothing.
std::optional<std::vector<float>> FloatsOf(const onnx::TensorProto& tensor) {
  std::size_t count = 1;
  for (const auto side : tensor.dims()) {
    if (side < 1 || side > (1 << 24)) {
      return std::nullopt;
    }
    count *= static_cast<std::size_t>(side);
    if (count > (std::size_t{1} << 31U)) {
      return std::nullopt;
    }
  }
  if (tensor.data_type() != onnx::TensorProto::FLOAT ||
      tensor.data_location() == onnx::TensorProto::EXTERNAL) {
    return std::nullopt;
  }
  std::vector<float> values;
  if (tensor.has_raw_data()) {
    if (tensor.raw_data().size() != count * sizeof(float)) {
      return std::nullopt;
    }
    values.resize(count);
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  } else {
    values.assign(tensor.float_data().begin(), tensor.float_data().end());
  }
  return values.size() == count ? std::optional(std::move(values)) : std::nullopt;
}

const onnx::AttributeProto* FindAttribute(const onnx::NodeProto& node, const std::string& name) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == name) {
      return &attribute;
    }
  }
  return nullptr;
}

std::int64_t IntOf(const onnx::NodeProto& node, const std::string& name, std::int64_t otherwise) {
  const onnx::AttributeProto* found = FindAttribute(node, name);
  return found != nullptr ? found->i() : otherwise;
}

std::vector<int> IntsOf(const onnx::NodeProto& node, const std::string& name,
                        std::vector<int> otherwise) {
  const onnx::AttributeProto* found = FindAttribute(node, name);
  return found != nullptr ? std::vector<int>(found->ints().begin(), found->ints().end())
                          : otherwise;
}

std::optional<FilterPlaces> PlacesOf(const onnx::NodeProto& node) {
  const onnx::AttributeProto* pad = FindAttribute(node, "auto_pad");
  if (pad != nullptr && pad->s() != "NOTSET" && pad->s() != "VALID") {
    return std::nullopt;
  }
  const std::vector<int> strides = IntsOf(node, "strides", {1, 1});
  const std::vector<int> dilations = IntsOf(node, "dilations", {1, 1});
  const std::vector<int> pads = IntsOf(node, "pads", {0, 0, 0, 0});
  const auto sound = [](const std::vector<int>& values, std::size_t count, int least) {
    return values.size() == count &&
           std::all_of(values.begin(), values.end(), [&](int value) { return value >= least; });
  };
  if (!sound(strides, 2, 1) || !sound(dilations, 2, 1) || !sound(pads, 4, 0)) {
    return std::nullopt;
  }
  return FilterPlaces{.stride = {strides[0], strides[1]},
                      .dilation = {dilations[0], dilations[1]},
                      .pad_before = {pads[0], pads[1]},
                      .pad_behind = {pads[2], pads[3]}};
}

float FloatOf(const onnx::NodeProto& node, const std::string& name, float otherwise) {
  const onnx::AttributeProto* found = FindAttribute(node, name);
  return found != nullptr ? found->f() : otherwise;
}

void SetFloats(onnx::TensorProto* tensor, const std::vector<float>& values) {
  tensor->clear_float_data();
  tensor->set_data_type(onnx::TensorProto::FLOAT);
  tensor->set_raw_data(values.data(), values.size() * sizeof(float));
}

int CountReaders(const onnx::GraphProto& graph, const std::string& tensor) {
  int count = 0;
  for (const auto& node : graph.node()) {
    count += static_cast<int>(std::count(node.input().begin(), node.input().end(), tensor));
  }
  for (const auto& output : graph.output()) {
    count += output.name() == tensor ? 1 : 0;
  }
  return count;
}

const onnx::NodeProto* MakerOf(const onnx::GraphProto& graph, const std::string& tensor) {
  for (const auto& node : graph.node()) {
    if (std::find(node.output().begin(), node.output().end(), tensor) != node.output().end()) {
      return &node;
    }
  }
  return nullptr;
}

// Nodes in the place of one.
void Replace(onnx::GraphProto* graph, int at, const std::vector<onnx::NodeProto>& nodes) {
  onnx::GraphProto before;
  before.mutable_node()->Swap(graph->mutable_node());
  for (int i = 0; i < before.node_size(); ++i) {
    if (i == at) {
      for (const onnx::NodeProto& node : nodes) {
        *graph->add_node() = node;
      }
    } else {
      graph->add_node()->Swap(before.mutable_node(i));
    }
  }
}

// The weights of some of the channels that filters see.
std::vector<float> ChannelsFrom(const std::vector<float>& weights, std::size_t filters,
                                std::size_t all, std::size_t first, std::size_t count) {
  const std::size_t kernel = weights.size() / filters / all;
  std::vector<float> some;
  for (std::size_t f = 0; f < filters; ++f) {
    const auto begin = weights.begin() + static_cast<std::ptrdiff_t>((f * all + first) * kernel);
    some.insert(some.end(), begin, begin + static_cast<std::ptrdiff_t>(count * kernel));
  }
  return some;
}

bool IsQuantised(const onnx::NodeProto& node) {
  static const std::set<std::string> kOps = {
      "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv",
      "QLinearMatMul",  "ConvInteger",      "MatMulInteger",         "FakeQuantize"};
  return kOps.contains(node.op_type());
}

// Multiplied by a positive number, their result is multiplied by it.
bool PassesFactors(const std::string& op) {
  static const std::set<std::string> kOps = {"Relu",        "LeakyRelu",         "MaxPool",
                                             "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
                                             "Identity"};
  return kOps.contains(op);
}

}  // namespace

std::string PartOfLayer(const std::string& layer, std::size_t part) {
  return fmt::format("{}/part{}", layer, part);
}

FloatGraph::FloatGraph(const std::filesystem::path& path)
    : path_(path), model_(std::make_unique<onnx::ModelProto>()) {
  const OnnxOutline outline = ReadOnnxOutline(path);
  if (!model_->ParseFromString(ReadFile(path))) {
    throw Error(
        fmt::format("{} is not an ONNX network, or is damaged or cut short", path.string()));
  }
  half_weights_ = WidenWeights(model_->mutable_graph()) > 0;
  const onnx::GraphProto& graph = model_->graph();
  for (const auto& node : graph.node()) {
    if (IsQuantised(node)) {
      throw Error(
          fmt::format("{} is quantised already ({} '{}'); quantise the FP32 network it was made of",
                      path.string(), Printable(node.op_type()), Printable(node.name())));
    }
  }
  if (outline.inputs.size() != 1) {
    throw Error(fmt::format("{} has {} inputs; a network that is quantised has one, the image",
                            path.string(), outline.inputs.size()));
  }
  input_ = outline.inputs.front().name;
  for (const auto& output : graph.output()) {
    outputs_.push_back(output.name());
  }
  FoldBatchNorm();
  PartJoined();
  TakeConvolutions();
}

FloatGraph::FloatGraph(const FloatGraph& other)
    : convolutions(other.convolutions),
      path_(other.path_),
      model_(std::make_unique<onnx::ModelProto>(*other.model_)),
      half_weights_(other.half_weights_),
      nodes_(other.nodes_),
      input_(other.input_),
      outputs_(other.outputs_),
      left_out_(other.left_out_),
      parts_(other.parts_) {}

FloatGraph::~FloatGraph() = default;

// scale * (x - mean) / sqrt(variance + epsilon) + shift, of a convolution that nothing else reads.
void FloatGraph::FoldBatchNorm() {
  onnx::GraphProto* graph = model_->mutable_graph();
  for (int at = 0; at < graph->node_size(); ++at) {
    onnx::NodeProto& norm = *graph->mutable_node(at);
    if (norm.op_type() != "BatchNormalization" || norm.input_size() != 5) {
      continue;
    }
    onnx::NodeProto* conv = nullptr;
    for (auto& node : *graph->mutable_node()) {
      if (node.op_type() == "Conv" && node.output(0) == norm.input(0)) {
        conv = &node;
      }
    }
    if (conv == nullptr || conv->input_size() < 2 || CountReaders(*graph, norm.input(0)) != 1 ||
        CountReaders(*graph, conv->input(1)) != 1) {
      continue;
    }
    std::vector<std::vector<float>> numbers;
    for (const std::string& name :
         {conv->input(1), norm.input(1), norm.input(2), norm.input(3), norm.input(4),
          conv->input_size() > 2 ? conv->input(2) : std::string()}) {
      const onnx::TensorProto* tensor = FindConstant(*graph, name);
      auto values = tensor == nullptr ? std::nullopt : FloatsOf(*tensor);
      numbers.push_back(values ? std::move(*values) : std::vector<float>());
    }
    std::vector<float>& weight = numbers[0];
    const std::vector<float>& scale = numbers[1];
    const std::vector<float>& shift = numbers[2];
    const std::vector<float>& mean = numbers[3];
    const std::vector<float>& variance = numbers[4];
    std::vector<float>& bias = numbers[5];
    const std::size_t filters = scale.size();
    if (filters == 0 || weight.empty() || weight.size() % filters != 0 || shift.size() != filters ||
        mean.size() != filters || variance.size() != filters ||
        (conv->input_size() > 2 && bias.size() != filters)) {
      continue;
    }
    bias.resize(filters, 0.0F);
    const std::size_t each = weight.size() / filters;
    for (std::size_t f = 0; f < filters; ++f) {
      const double factor =
          scale[f] / std::sqrt(static_cast<double>(variance[f]) + FloatOf(norm, "epsilon", 1e-5F));
      for (std::size_t i = 0; i < each; ++i) {
        weight[f * each + i] = static_cast<float>(weight[f * each + i] * factor);
      }
      bias[f] = static_cast<float>((static_cast<double>(bias[f]) - mean[f]) * factor + shift[f]);
    }
    const std::string bias_name = norm.output(0) + "/folded_bias";
    for (auto& tensor : *graph->mutable_initializer()) {
      if (tensor.name() == conv->input(1)) {
        SetFloats(&tensor, weight);
      }
    }
    auto* tensor = graph->add_initializer();
    tensor->set_name(bias_name);
    tensor->add_dims(static_cast<std::int64_t>(filters));
    SetFloats(tensor, bias);
    if (conv->input_size() > 2) {
      conv->set_input(2, bias_name);
    } else {
      conv->add_input(bias_name);
    }
    conv->set_output(0, norm.output(0));
    graph->mutable_node()->DeleteSubrange(at, 1);
    --at;
  }
}

// Parts may read what was joined in turn: they come behind and are looked at next.
void FloatGraph::PartJoined() {
  onnx::GraphProto* graph = model_->mutable_graph();
  for (int at = 0; at < graph->node_size(); ++at) {
    if (graph->node(at).op_type() == "Conv" && PartConvolution(at)) {
      --at;
    }
  }
  // A Concat that nobody reads any more.
  for (int at = graph->node_size() - 1; at >= 0; --at) {
    if (graph->node(at).op_type() == "Concat" &&
        CountReaders(*graph, graph->node(at).output(0)) == 0) {
      graph->mutable_node()->DeleteSubrange(at, 1);
    }
  }
}

// W * (a, b, c) = Wa * a + Wb * b + Wc * c.
bool FloatGraph::PartConvolution(int at) {
  onnx::GraphProto* graph = model_->mutable_graph();
  const onnx::NodeProto whole = graph->node(at);
  const auto joined = whole.input_size() < 2 ? std::nullopt : JoinedInto(whole.input(0));
  const onnx::TensorProto* weight = joined ? FindConstant(*graph, whole.input(1)) : nullptr;
  if (weight == nullptr || weight->dims_size() != 4 || IntOf(whole, "group", 1) != 1) {
    return false;
  }
  std::size_t all = 0;
  for (const auto& [tensor, channels] : *joined) {
    all += channels;
  }
  const auto values = FloatsOf(*weight);
  if (!values || static_cast<std::size_t>(weight->dims(1)) != all) {
    return false;
  }
  const std::vector<std::int64_t> sides(weight->dims().begin(), weight->dims().end());
  const std::string& made = whole.output(0);
  const std::string layer = LayerOfTensor(made);
  const auto [of, before] =
      parts_.contains(made) ? parts_.at(made) : std::pair(made, std::size_t{0});
  std::vector<onnx::NodeProto> nodes;
  std::size_t offset = 0;
  std::string sum;
  for (std::size_t i = 0; i < joined->size(); ++i) {
    const auto& [tensor, channels] = (*joined)[i];
    const std::string name = PartOfLayer(layer, i + 1) + made.substr(layer.size());
    onnx::NodeProto part = whole;
    part.set_name(name + "/Conv");
    part.set_output(0, name);
    part.set_input(0, tensor);
    part.set_input(1, name + "/weight");
    if (i > 0 && part.input_size() > 2) {
      part.mutable_input()->RemoveLast();  // the bias, which the first one has
    }
    nodes.push_back(part);
    auto* constant = graph->add_initializer();
    constant->set_name(name + "/weight");
    for (std::size_t d = 0; d < sides.size(); ++d) {
      constant->add_dims(d == 1 ? static_cast<std::int64_t>(channels) : sides[d]);
    }
    SetFloats(constant,
              ChannelsFrom(*values, static_cast<std::size_t>(sides[0]), all, offset, channels));
    parts_[name] = {of, before + offset};
    if (i > 0) {
      onnx::NodeProto& add = nodes.emplace_back();
      add.set_op_type("Add");
      add.add_input(sum);
      add.add_input(name);
      add.add_output(i + 1 == joined->size() ? made : fmt::format("{}/sum{}", layer, i));
      add.set_name(add.output(0) + "/Add");
    }
    sum = nodes.back().output(0);
    offset += channels;
  }
  Replace(graph, at, nodes);
  return true;
}

// The tensors that a Concat made this one of, with their channels.
std::optional<std::vector<std::pair<std::string, std::size_t>>> FloatGraph::JoinedInto(
    const std::string& tensor) const {
  const onnx::NodeProto* join = MakerOf(model_->graph(), tensor);
  if (join == nullptr || join->op_type() != "Concat" || IntOf(*join, "axis", 0) != 1 ||
      join->input_size() < 2) {
    return std::nullopt;
  }
  std::vector<std::pair<std::string, std::size_t>> joined;
  for (const std::string& input : join->input()) {
    joined.emplace_back(input, Channels(input));
    if (joined.back().second == 0) {
      return std::nullopt;
    }
  }
  return joined;
}

void FloatGraph::TakeConvolutions() {
  onnx::GraphProto* graph = model_->mutable_graph();
  for (int at = 0; at < graph->node_size(); ++at) {
    const std::string& op = graph->node(at).op_type();
    if (op == "Conv") {
      TakeConvolution(at);
    } else if (op == "ConvTranspose" || op == "Gemm" || op == "MatMul") {
      left_out_.push_back(
          fmt::format("{} '{}' is no convolution", op, Printable(graph->node(at).output(0))));
    }
  }
  if (convolutions.empty()) {
    std::string why;
    for (const std::string& left : left_out_) {
      why += (why.empty() ? ": " : ", ") + left;
    }
    throw Error(fmt::format("{} has no convolution that can be quantised{}", path_.string(), why));
  }
  // What nothing reads but the convolutions is written anew with them.
  std::set<std::string> read;
  for (int at = 0; at < graph->node_size(); ++at) {
    const auto& inputs = graph->node(at).input();
    const bool taken = std::find(nodes_.begin(), nodes_.end(), at) != nodes_.end();
    for (int i = 0; i < inputs.size(); ++i) {
      if (!taken || i == 0) {
        read.insert(inputs[i]);
      }
    }
  }
  auto* constants = graph->mutable_initializer();
  for (int i = constants->size() - 1; i >= 0; --i) {
    if (!read.contains((*constants)[i].name())) {
      constants->DeleteSubrange(i, 1);
    }
  }
}

bool FloatGraph::TakeConvolution(int at) {
  const onnx::GraphProto& graph = model_->graph();
  const onnx::NodeProto& node = graph.node(at);
  const auto leave = [&](const std::string& why) {
    left_out_.push_back(fmt::format("the convolution {} {}", Printable(node.output(0)), why));
    return false;
  };
  if (node.input_size() < 2 || node.output_size() != 1) {
    return leave("lacks weights");
  }
  const onnx::TensorProto* weight = FindConstant(graph, node.input(1));
  if (weight == nullptr) {
    return leave("has weights that are computed");
  }
  GraphConvolution conv;
  conv.name = node.output(0);
  conv.input = node.input(0);
  conv.groups = static_cast<int>(IntOf(node, "group", 1));
  conv.places = PlacesOf(node);
  if (const auto part = parts_.find(conv.name); part != parts_.end()) {
    std::tie(conv.part_of, conv.offset) = part->second;
  }
  for (const auto side : weight->dims()) {
    conv.shape.push_back(static_cast<int>(side));
  }
  auto values = FloatsOf(*weight);
  if (conv.shape.size() != 4 || !values) {
    return leave("has weights that are not FP32 of four dimensions");
  }
  if (conv.groups < 1 || conv.shape[0] % conv.groups != 0) {
    return leave("has filters that do not part into its groups");
  }
  conv.weights = std::move(*values);
  conv.bias.assign(conv.filters(), 0.0F);
  if (node.input_size() > 2 && !node.input(2).empty()) {
    const onnx::TensorProto* bias = FindConstant(graph, node.input(2));
    auto numbers = bias == nullptr ? std::nullopt : FloatsOf(*bias);
    if (!numbers || numbers->size() != conv.filters()) {
      return leave("has a bias that is not constant");
    }
    conv.bias = std::move(*numbers);
  }
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(conv.weights.begin(), conv.weights.end(), finite) ||
      !std::all_of(conv.bias.begin(), conv.bias.end(), finite)) {
    throw Error(fmt::format("{} has weights that are not finite in the layer {}", path_.string(),
                            Printable(conv.name)));
  }
  convolutions.push_back(std::move(conv));
  nodes_.push_back(at);
  return true;
}

std::vector<std::string> FloatGraph::ConvolutionInputs() const {
  std::vector<std::string> tensors;
  for (const GraphConvolution& conv : convolutions) {
    if (std::find(tensors.begin(), tensors.end(), conv.input) == tensors.end()) {
      tensors.push_back(conv.input);
    }
  }
  return tensors;
}

std::vector<std::string> FloatGraph::OutputsWith(
    const std::vector<std::string>& more_outputs) const {
  std::vector<std::string> names = outputs_;
  for (const std::string& tensor : more_outputs) {
    if (std::find(names.begin(), names.end(), tensor) == names.end()) {
      names.push_back(tensor);
    }
  }
  return names;
}

std::string FloatGraph::MadeBy(const std::string& tensor) const {
  const onnx::NodeProto* maker = MakerOf(model_->graph(), tensor);
  return maker != nullptr ? maker->op_type() : std::string();
}

std::vector<FloatGraph::Use> FloatGraph::ScalableUses(const std::string& tensor) const {
  std::vector<Use> uses;
  if (!Follow(tensor, 0, &uses)) {
    uses.clear();
  }
  return uses;
}

bool FloatGraph::Follow(const std::string& tensor, std::size_t offset,
                        std::vector<Use>* uses) const {
  if (std::find(outputs_.begin(), outputs_.end(), tensor) != outputs_.end()) {
    return false;
  }
  const onnx::GraphProto& graph = model_->graph();
  for (int at = 0; at < graph.node_size(); ++at) {
    const onnx::NodeProto& node = graph.node(at);
    if (std::find(node.input().begin(), node.input().end(), tensor) == node.input().end()) {
      continue;
    }
    const auto taken = std::find(nodes_.begin(), nodes_.end(), at);
    if (taken != nodes_.end()) {
      uses->push_back({static_cast<std::size_t>(taken - nodes_.begin()), offset});
    } else if (node.op_type() == "Concat") {
      if (!FollowConcat(node, tensor, offset, uses)) {
        return false;
      }
    } else if (!PassesFactors(node.op_type()) || !Follow(node.output(0), offset, uses)) {
      return false;
    }
  }
  return true;
}

bool FloatGraph::FollowConcat(const onnx::NodeProto& node, const std::string& tensor,
                              std::size_t offset, std::vector<Use>* uses) const {
  if (IntOf(node, "axis", 0) != 1) {
    return false;
  }
  std::size_t before = 0;
  for (const std::string& input : node.input()) {
    if (input == tensor && !Follow(node.output(0), offset + before, uses)) {
      return false;
    }
    const std::size_t channels = Channels(input);
    if (channels == 0) {
      return false;
    }
    before += channels;
  }
  return true;
}

// 0: not known.
std::size_t FloatGraph::Channels(const std::string& tensor) const {
  static const std::set<std::string> kSame = {"Elu", "Add", "Sum", "Sigmoid", "Clip"};
  const onnx::GraphProto& graph = model_->graph();
  for (int at = 0; at < graph.node_size(); ++at) {
    const onnx::NodeProto& node = graph.node(at);
    if (node.output_size() < 1 || node.output(0) != tensor) {
      continue;
    }
    const auto taken = std::find(nodes_.begin(), nodes_.end(), at);
    if (taken != nodes_.end()) {
      return convolutions[static_cast<std::size_t>(taken - nodes_.begin())].filters();
    }
    if (node.op_type() == "Conv" && node.input_size() > 1) {
      const onnx::TensorProto* weight = FindConstant(graph, node.input(1));
      return weight != nullptr && weight->dims_size() > 0
                 ? static_cast<std::size_t>(weight->dims(0))
                 : 0;
    }
    if (PassesFactors(node.op_type()) || kSame.contains(node.op_type())) {
      return Channels(node.input(0));
    }
    if (node.op_type() == "Concat" && IntOf(node, "axis", 0) == 1) {
      std::size_t sum = 0;
      for (const std::string& input : node.input()) {
        const std::size_t one = Channels(input);
        if (one == 0) {
          return 0;
        }
        sum += one;
      }
      return sum;
    }
    return 0;
  }
  return 0;
}

std::string FloatGraph::Write(
    const Form& form, const std::vector<std::pair<std::string, std::string>>& more_metadata) const {
  onnx::ModelProto model = *model_;
  model.mutable_graph()->clear_node();
  model.mutable_graph()->clear_value_info();
  Writer writer(&model);
  std::map<std::string, std::string> renamed;
  const auto made = [&](const std::string& tensor) {
    if (form.tensors.contains(tensor)) {
      renamed[tensor] = tensor + "/dequantised";
      form.tensor(writer, tensor, renamed[tensor]);
    }
  };
  made(input_);
  std::size_t next = 0;
  const onnx::GraphProto& graph = model_->graph();
  for (int at = 0; at < graph.node_size(); ++at) {
    onnx::NodeProto node = graph.node(at);
    for (auto& input : *node.mutable_input()) {
      if (const auto found = renamed.find(input); found != renamed.end()) {
        input = found->second;
      }
    }
    if (next < nodes_.size() && nodes_[next] == at) {
      writer.original_ = &graph.node(at);
      form.convolution(writer, next, node.input(0));
      ++next;
    } else {
      *model.mutable_graph()->add_node() = node;
    }
    for (const auto& output : node.output()) {
      made(output);
    }
  }
  for (const std::string& output : form.more_outputs) {
    if (std::find(outputs_.begin(), outputs_.end(), output) == outputs_.end()) {
      auto* value = model.mutable_graph()->add_output();
      value->set_name(output);
      value->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    }
  }
  for (const auto& [key, value] : more_metadata) {
    auto* entry = model.add_metadata_props();
    entry->set_key(key);
    entry->set_value(value);
  }
  std::string bytes;
  if (!model.SerializeToString(&bytes)) {
    throw Error(
        fmt::format("the network made of {} is too large for an ONNX file", path_.string()));
  }
  return bytes;
}

std::string FloatGraph::WriteFloat(const std::vector<std::string>& more_outputs) const {
  Form form;
  form.more_outputs = more_outputs;
  form.convolution = [this](Writer& writer, std::size_t place, const std::string& input) {
    const GraphConvolution& conv = convolutions[place];
    writer.Floats(conv.name + "/weight", conv.shape, conv.weights);
    writer.Floats(conv.name + "/bias", {conv.shape[0]}, conv.bias);
    writer.Convolution({input, conv.name + "/weight", conv.name + "/bias"}, conv.name);
  };
  return Write(form);
}

onnx::NodeProto* FloatGraph::Writer::Node(const std::string& op,
                                          const std::vector<std::string>& inputs,
                                          const std::string& output) {
  auto* node = model_->mutable_graph()->add_node();
  node->set_op_type(op);
  node->set_name(output + "/" + op);
  for (const std::string& input : inputs) {
    node->add_input(input);
  }
  node->add_output(output);
  return node;
}

void FloatGraph::Writer::Floats(const std::string& name, const std::vector<int>& shape,
                                const std::vector<float>& values) {
  auto* tensor = model_->mutable_graph()->add_initializer();
  tensor->set_name(name);
  for (const int side : shape) {
    tensor->add_dims(side);
  }
  SetFloats(tensor, values);
}

void FloatGraph::Writer::Bytes(const std::string& name, const std::vector<int>& shape,
                               const std::vector<std::int8_t>& values, bool is_signed) {
  auto* tensor = model_->mutable_graph()->add_initializer();
  tensor->set_name(name);
  tensor->set_data_type(is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
  for (const int side : shape) {
    tensor->add_dims(side);
  }
  tensor->set_raw_data(values.data(), values.size());
}

void FloatGraph::Writer::ScalarInput(const std::string& name) {
  auto* input = model_->mutable_graph()->add_input();
  input->set_name(name);
  auto* type = input->mutable_type()->mutable_tensor_type();
  type->set_elem_type(onnx::TensorProto::FLOAT);
  type->mutable_shape()->add_dim()->set_dim_value(1);
}

onnx::NodeProto* FloatGraph::Writer::Convolution(const std::vector<std::string>& inputs,
                                                 const std::string& output) {
  auto* node = Node("Conv", inputs, output);
  *node->mutable_attribute() = original_->attribute();
  return node;
}

}  // namespace tenjo
