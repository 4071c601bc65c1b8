#pragma once

#include <filesystem>
#include <string>

#include "tenjo/model/network.h"

namespace tenjo {

enum class WeightStorage {
  kFloat,
  kHalf  //!< convolutions' weights in 16 bits: half the file, the same 32-bit arithmetic
};

//! Writes the network as an ONNX file that describes itself (docs/formats.md): batch norm folded,
//! batch, height and width open, the last stage's outputs. ONNX's own checker has seen it.
//! Throws Error if the network does not hold together or the file cannot be written.
void WriteOnnx(const Network& network, const std::filesystem::path& path,
               WeightStorage storage = WeightStorage::kFloat);

//! The layer that a tensor of such a file belongs to: a layer with an activation has two.
std::string LayerOfTensor(const std::string& tensor);

//! Reads what WriteOnnx wrote. Throws Error for other files, damaged ones included.
Network ReadOnnxNetwork(const std::filesystem::path& path);

}  // namespace tenjo
