#include "tenjo/model/half_weights.h"

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tenjo/base/half.h"

namespace tenjo {
namespace {

constexpr int kDimensions = 4;
constexpr float kLargestHalf = 65504;

std::int64_t CastTo(const onnx::NodeProto& node) {
  for (const auto& attribute : node.attribute()) {
    if (attribute.name() == "to") {
      return attribute.i();
    }
  }
  return onnx::TensorProto::UNDEFINED;
}

// The bytes of the numbers in half precision; empty if one is too large.
std::string HalfBytes(const std::string& bytes) {
  std::string out(bytes.size() / 2, '\0');
  for (std::size_t i = 0; i < bytes.size() / sizeof(float); ++i) {
    float value = 0;
    std::memcpy(&value, bytes.data() + i * sizeof(float), sizeof(float));
    if (!(value >= -kLargestHalf && value <= kLargestHalf)) {
      return {};
    }
    const std::uint16_t half = ToHalf(value);
    std::memcpy(out.data() + i * sizeof(half), &half, sizeof(half));
  }
  return out;
}

std::string FloatBytes(const std::string& bytes) {
  std::string out(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size() / sizeof(std::uint16_t); ++i) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + i * sizeof(half), sizeof(half));
    const float value = FromHalf(half);
    std::memcpy(out.data() + i * sizeof(value), &value, sizeof(value));
  }
  return out;
}

}  // namespace

void NarrowWeights(onnx::GraphProto* graph) {
  std::vector<onnx::NodeProto> casts;
  for (auto& tensor : *graph->mutable_initializer()) {
    if (tensor.data_type() != onnx::TensorProto::FLOAT || tensor.dims_size() != kDimensions ||
        !tensor.has_raw_data()) {
      continue;
    }
    std::string bytes = HalfBytes(tensor.raw_data());
    if (bytes.empty()) {
      continue;
    }
    onnx::NodeProto& cast = casts.emplace_back();
    cast.set_op_type("Cast");
    cast.set_name(tensor.name());
    cast.add_output(tensor.name());
    auto* to = cast.add_attribute();
    to->set_name("to");
    to->set_type(onnx::AttributeProto::INT);
    to->set_i(onnx::TensorProto::FLOAT);
    tensor.set_name(tensor.name() + "/half");
    cast.add_input(tensor.name());
    tensor.set_data_type(onnx::TensorProto::FLOAT16);
    tensor.set_raw_data(std::move(bytes));
  }
  // What a node reads must stand before it.
  for (const auto& node : graph->node()) {
    casts.push_back(node);
  }
  graph->clear_node();
  for (auto& node : casts) {
    graph->add_node()->Swap(&node);
  }
}

int WidenWeights(onnx::GraphProto* graph) {
  std::map<std::string, int> readers;
  for (const auto& node : graph->node()) {
    for (const std::string& input : node.input()) {
      ++readers[input];
    }
  }
  std::map<std::string, onnx::TensorProto*> halves;
  for (auto& tensor : *graph->mutable_initializer()) {
    if (tensor.data_type() == onnx::TensorProto::FLOAT16 && tensor.has_raw_data() &&
        readers[tensor.name()] == 1) {
      halves[tensor.name()] = &tensor;
    }
  }
  auto* nodes = graph->mutable_node();
  int kept = 0;
  int widened = 0;
  for (int i = 0; i < nodes->size(); ++i) {
    const onnx::NodeProto& node = nodes->Get(i);
    const bool casts = node.op_type() == "Cast" && node.input_size() == 1 &&
                       node.output_size() == 1 && CastTo(node) == onnx::TensorProto::FLOAT;
    const auto found = casts ? halves.find(node.input(0)) : halves.end();
    if (found == halves.end()) {
      nodes->SwapElements(kept++, i);
      continue;
    }
    onnx::TensorProto* tensor = found->second;
    tensor->set_name(node.output(0));
    tensor->set_data_type(onnx::TensorProto::FLOAT);
    tensor->set_raw_data(FloatBytes(tensor->raw_data()));
    ++widened;
  }
  nodes->DeleteSubrange(kept, nodes->size() - kept);
  return widened;
}

}  // namespace tenjo
