#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace tenjo {

//! One step of a compiled network.
struct ExecutedLayer {
  std::string name;
  std::string type;       //!< as OpenVINO names it: Convolution, Pooling, ...
  std::string precision;  //!< of its arithmetic: f32, bf16, u8, i8, ...
  std::string kernel;     //!< as brgconv_avx512_vnni_I8
};

struct ExecutionGraph {
  std::vector<ExecutedLayer> layers;
  int convolutions = 0;
  int in_8_bits = 0;  //!< convolutions whose arithmetic is in 8-bit integers
};

struct ExecutionOptions {
  int width = 0;  //!< of the input, pixels
  int height = 0;
  int threads = 0;                //!< 0: all cores
  std::string precision = "f32";  //!< of what is not quantised
};

//! How OpenVINO's CPU really runs a network (.onnx or .xml with one image as its input), read from
//! the compiled network. Throws Error if it cannot be compiled.
ExecutionGraph ReadExecutionGraph(const std::filesystem::path& model,
                                  const ExecutionOptions& options);

}  // namespace tenjo
