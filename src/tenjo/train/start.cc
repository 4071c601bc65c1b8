#include "tenjo/train/start.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "tenjo/base/error.h"
#include "tenjo/model/import_ir.h"
#include "tenjo/model/network_onnx.h"

namespace tenjo {

Network ReadStart(const std::filesystem::path& path) {
  return path.extension() == ".xml" ? ImportIr(path) : ReadOnnxNetwork(path);
}

void StartLayers(const Network& start, const std::filesystem::path& path, Network* network) {
  const int copied = CopyWeights(start, network);
  spdlog::info("{} of {} layers start from {}", copied, network->layers.size(), path.string());
  if (copied == 0) {
    throw Error(
        fmt::format("No layer of {} fits the network that is to be trained.", path.string()));
  }
}

}  // namespace tenjo
