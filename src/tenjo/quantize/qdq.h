#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/ranges.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

//! A graph with all that makes it one of 8 bits; what is pointed to belongs to the caller.
struct QuantisedGraph {
  const FloatGraph* graph = nullptr;
  const std::vector<QuantisedWeights>* weights = nullptr;  //!< one a convolution
  //! By convolution and filter: taken off the bias.
  const std::vector<std::vector<float>>* bias_errors = nullptr;
  const std::map<std::string, ActivationRange>* ranges = nullptr;  //!< by tensor
  const std::vector<bool>* quantised = nullptr;                    //!< else in FP32
};

//! Whether the convolution reads what a Concat made whose parts could not be told apart. OpenVINO
//! 2026.4 fuses the rounding of joined channels wrongly on AVX2 (whole outputs are lost), so such
//! layers stay in FP32.
bool ReadsJoined(const FloatGraph& graph, const GraphConvolution& convolution);

//! Writes `out`, an ONNX file with QuantizeLinear and DequantizeLinear about each convolution that
//! is quantised, made of the file `model`. Throws Error if ONNX's checker refuses it.
void WriteQdq(const QuantisedGraph& quantised, const std::filesystem::path& model,
              const std::filesystem::path& out);

//! How layers round in training in 8 bits, by the names of the layers.
struct TrainedRounding {
  std::map<std::string, ActivationRange> tensors;          //!< by the layer that makes the tensor
  std::map<std::string, std::vector<float>> weight_steps;  //!< by convolution, one a filter
  int weight_bits = 7;
};

//! Writes the 8-bit form of a network whose weights were trained under this rounding, without
//! calibration. Convolutions without steps stay in FP32. Throws Error if `model` is no FP32 network
//! of Tenjo.
void WriteTrainedQdq(const std::filesystem::path& model, const TrainedRounding& rounding,
                     const std::filesystem::path& out);

}  // namespace tenjo
