#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/quantize.h"
#include "tenjo/quantize/ranges.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

//! A graph with what post-training quantisation found for it.
struct CalibratedGraph {
  FloatGraph graph;
  std::map<std::string, TensorStatistics> statistics;
  std::map<std::string, ActivationRange> ranges;
  std::vector<QuantisedWeights> weights;        //!< one a convolution
  std::vector<std::vector<float>> bias_errors;  //!< by convolution and filter
};

//! Statistics of all tensors that convolutions read, ranges by least squared error (or as the
//! options ask for), each weight rounded by itself. `equalised`: channels of `graph` were made
//! equal before, and progress says so. `images` as Quantize takes them.
CalibratedGraph Calibrate(const FloatGraph& graph, bool equalised, const QuantizeOptions& options,
                          const ModelInfo& info, const std::vector<cv::Mat>& images);

//! Rounds all weights anew by CompensateRounding.
void Compensate(const QuantizeOptions& options, const ModelInfo& info,
                const std::vector<cv::Mat>& images, CalibratedGraph* calibrated);

}  // namespace tenjo
