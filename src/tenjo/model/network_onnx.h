#pragma once

#include <filesystem>

#include "tenjo/model/network.h"

namespace tenjo {

//! Writes the network as an ONNX file that describes itself (docs/formats.md): batch norm folded,
//! batch, height and width open, the last stage's outputs. ONNX's own checker has seen it.
//! Throws Error if the network does not hold together or the file cannot be written.
void WriteOnnx(const Network& network, const std::filesystem::path& path);

//! Reads what WriteOnnx wrote. Throws Error for other files, damaged ones included.
Network ReadOnnxNetwork(const std::filesystem::path& path);

}  // namespace tenjo
