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

//! Whether the convolution reads what a Concat made. OpenVINO 2026.4 fuses the rounding of joined
//! channels wrongly on AVX2 (whole outputs are lost), so such layers stay in FP32.
bool ReadsJoined(const FloatGraph& graph, const GraphConvolution& convolution);

//! Writes `out`, an ONNX file with QuantizeLinear and DequantizeLinear about each convolution that
//! is quantised, made of the file `model`. Throws Error if ONNX's checker refuses it.
void WriteQdq(const QuantisedGraph& quantised, const std::filesystem::path& model,
              const std::filesystem::path& out);

//! What training in 8 bits learned: the ranges of tensors by name, as the layers that make them are
//! named. Filters are rounded by RoundWeights.
struct TrainedRanges {
  std::map<std::string, ActivationRange> tensors;
  int weight_bits = 7;
};

//! Writes the 8-bit form of a network whose weights were trained under these ranges, without
//! calibration. Convolutions that read tensors without range stay in FP32. Throws Error if `model`
//! is no FP32 network of Tenjo.
void WriteTrainedQdq(const std::filesystem::path& model, const TrainedRanges& ranges,
                     const std::filesystem::path& out);

}  // namespace tenjo
