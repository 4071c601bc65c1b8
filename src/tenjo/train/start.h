#pragma once

#include <filesystem>

#include "tenjo/model/network.h"

namespace tenjo {

//! A network to start from: Tenjo's own .onnx, or an IR .xml that can be imported.
Network ReadStart(const std::filesystem::path& path);

//! Gives `network` the weights of those layers of `start` that fit, and says how many; `path` names
//! it. Throws Error if none does.
void StartLayers(const Network& start, const std::filesystem::path& path, Network* network);

}  // namespace tenjo
