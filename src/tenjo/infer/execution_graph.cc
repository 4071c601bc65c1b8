#include "tenjo/infer/execution_graph.h"

#include <fmt/format.h>

#include <openvino/openvino.hpp>

#include "tenjo/base/error.h"
#include "tenjo/infer/openvino_error.h"

namespace tenjo {
namespace {

std::string Fact(const ov::Node& node, const char* key) {
  const auto& facts = node.get_rt_info();
  const auto found = facts.find(key);
  return found == facts.end() ? std::string() : found->second.as<std::string>();
}

}  // namespace

ExecutionGraph ReadExecutionGraph(const std::filesystem::path& path,
                                  const ExecutionOptions& options) {
  ExecutionGraph out;
  try {
    ov::Core core;
    auto model = core.read_model(path.string());
    model->reshape(ov::PartialShape{1, 3, options.height, options.width});
    ov::AnyMap properties = {ov::hint::inference_precision(ov::element::Type(options.precision))};
    if (options.threads > 0) {
      properties.emplace(ov::inference_num_threads(options.threads));
    }
    const ov::CompiledModel compiled = core.compile_model(model, "CPU", properties);
    for (const auto& node : compiled.get_runtime_model()->get_ordered_ops()) {
      ExecutedLayer layer;
      layer.name = node->get_friendly_name();
      layer.type = Fact(*node, "layerType");
      layer.precision = Fact(*node, "runtimePrecision");
      layer.kernel = Fact(*node, "primitiveType");
      if (layer.type == "Convolution") {
        ++out.convolutions;
        out.in_8_bits += layer.precision == "u8" || layer.precision == "i8" ? 1 : 0;
      }
      out.layers.push_back(std::move(layer));
    }
  } catch (const std::exception& error) {
    throw Error(fmt::format("OpenVINO cannot run {} at {}x{}: {}", path.string(), options.width,
                            options.height, OneLine(error.what())));
  }
  return out;
}

}  // namespace tenjo
