#include "tenjo/quantize/qdq.h"

#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>

#include <set>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/model/half_weights.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/model/onnx_outline.h"

namespace tenjo {
namespace {

void WriteTensor(FloatGraph::Writer* writer, const ActivationRange& range, const std::string& from,
                 const std::string& to) {
  writer->Floats(from + "/scale", {}, {range.step});
  writer->Bytes(from + "/zero", {}, {0}, range.is_signed);
  writer->Node("QuantizeLinear", {from, from + "/scale", from + "/zero"}, from + "/quantised");
  writer->Node("DequantizeLinear", {from + "/quantised", from + "/scale", from + "/zero"}, to);
}

void WriteFloatConvolution(FloatGraph::Writer* writer, const GraphConvolution& conv,
                           const std::string& input) {
  writer->Floats(conv.name + "/weight", conv.shape, conv.weights);
  writer->Floats(conv.name + "/bias", {conv.shape[0]}, conv.bias);
  writer->Convolution({input, conv.name + "/weight", conv.name + "/bias"}, conv.name);
}

void WriteConvolution(FloatGraph::Writer* writer, const GraphConvolution& conv,
                      const QuantisedWeights& weights, const std::vector<float>& bias_error,
                      const std::string& input) {
  const std::string weight = conv.name + "/weight";
  const std::string bias = conv.name + "/bias";
  std::vector<float> corrected = conv.bias;
  for (std::size_t f = 0; f < corrected.size(); ++f) {
    corrected[f] -= bias_error[f];
  }
  writer->Bytes(weight + "_quantised", conv.shape, weights.values, true);
  writer->Floats(weight + "_scale", {conv.shape[0]}, weights.steps);
  writer->Bytes(weight + "_zero", {conv.shape[0]}, std::vector<std::int8_t>(conv.filters()), true);
  writer->Floats(bias, {conv.shape[0]}, corrected);
  auto* node = writer->Node("DequantizeLinear",
                            {weight + "_quantised", weight + "_scale", weight + "_zero"}, weight);
  auto* axis = node->add_attribute();
  axis->set_name("axis");
  axis->set_type(onnx::AttributeProto::INT);
  axis->set_i(0);
  writer->Convolution({input, weight, bias}, conv.name);
}

}  // namespace

bool ReadsJoined(const FloatGraph& graph, const GraphConvolution& convolution) {
  return graph.MadeBy(convolution.input) == "Concat";
}

void WriteQdq(const QuantisedGraph& quantised, const std::filesystem::path& model,
              const std::filesystem::path& out) {
  const FloatGraph& graph = *quantised.graph;
  FloatGraph::Form form;
  for (std::size_t i = 0; i < graph.convolutions.size(); ++i) {
    if ((*quantised.quantised)[i]) {
      form.tensors.insert(graph.convolutions[i].input);
    }
  }
  form.tensor = [&](FloatGraph::Writer& writer, const std::string& from, const std::string& to) {
    WriteTensor(&writer, quantised.ranges->at(from), from, to);
  };
  form.convolution = [&](FloatGraph::Writer& writer, std::size_t place, const std::string& input) {
    const GraphConvolution& conv = graph.convolutions[place];
    if ((*quantised.quantised)[place]) {
      WriteConvolution(&writer, conv, (*quantised.weights)[place], (*quantised.bias_errors)[place],
                       input);
    } else {
      WriteFloatConvolution(&writer, conv, input);
    }
  };
  std::string bytes = graph.Write(
      form,
      {{kPrecisionKey, "int8"}, {kQuantisedFromKey, fmt::format("{:016x}", HashFiles({model}))}});
  onnx::ModelProto proto;
  TENJO_CHECK(proto.ParseFromString(bytes));
  if (graph.half_weights()) {
    NarrowWeights(proto.mutable_graph());  // of layers in FP32, as the given network has them
    bytes = proto.SerializeAsString();
  }
  try {
    onnx::checker::check_model(proto);
  } catch (const std::exception& error) {
    throw Error(fmt::format("ONNX's checker refuses the network for {}: {}", out.string(),
                            Printable(error.what())));
  }
  WriteFile(out, bytes);
}

void WriteTrainedQdq(const std::filesystem::path& model, const TrainedRounding& rounding,
                     const std::filesystem::path& out) {
  const FloatGraph graph(model);
  std::vector<QuantisedWeights> weights;
  std::vector<std::vector<float>> bias_errors;
  std::vector<bool> quantised;
  for (const GraphConvolution& conv : graph.convolutions) {
    const auto steps = rounding.weight_steps.find(LayerOfTensor(conv.name));
    quantised.push_back(steps != rounding.weight_steps.end());
    weights.push_back(quantised.back() ? RoundWeights(conv, steps->second,
                                                      LargestWeight(conv, rounding.weight_bits))
                                       : QuantisedWeights());
    bias_errors.emplace_back(conv.filters());
  }
  WriteQdq({.graph = &graph,
            .weights = &weights,
            .bias_errors = &bias_errors,
            .ranges = &rounding.tensors,
            .quantised = &quantised},
           model, out);
}

}  // namespace tenjo
