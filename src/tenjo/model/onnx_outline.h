#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tenjo {

//! An input or output of a graph.
struct OnnxValue {
  std::string name;
  bool is_float = false;  //!< a tensor of float32 or float16
  bool has_shape = false;
  std::vector<std::int64_t> shape;  //!< -1 where a dimension is dynamic
};

//! What an ONNX file holds besides its operations and weights.
struct OnnxOutline {
  std::vector<OnnxValue> inputs;  //!< weights that old files list among the inputs are left out
  std::vector<OnnxValue> outputs;
  std::map<std::string, std::string> metadata;
};

//! Reads the outline, passing over operations and weights without loading them.
//! Throws Error if the file cannot be read, is cut short or is not an ONNX network.
OnnxOutline ReadOnnxOutline(const std::filesystem::path& path);

//! A name out of a file as it may stand in a message: control characters replaced, cut at 80 bytes.
std::string Printable(const std::string& text);

}  // namespace tenjo
