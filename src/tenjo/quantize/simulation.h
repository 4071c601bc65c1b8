#pragma once

#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/runner.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

//! The network in FP32 with the errors of 8 bits in it, each layer's and each tensor's to be
//! switched on and off without compiling it again: tensors are rounded by steps that are inputs,
//! layers answer weight * x + switch * (rounded weight - weight) * x.
class Simulation {
 public:
  //! With `weights` (one a convolution) their errors can be switched on; without, only tensors'.
  Simulation(const FloatGraph& graph, const std::vector<QuantisedWeights>& weights,
             const std::vector<std::vector<float>>& bias_errors, const ModelInfo& info,
             const std::vector<cv::Mat>& images, int threads);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  void SetTensor(const std::string& tensor, const ActivationRange& range);
  void ClearTensor(const std::string& tensor);
  void SetWeights(std::size_t convolution, bool rounded);

  //! What is lost of the outputs against the plain network: the energy of the difference over that
  //! of the outputs' own changes from their mean, averaged over outputs; 0 is none.
  double Loss();

 private:
  std::vector<cv::Mat> images_;
  std::unique_ptr<GraphRunner> runner_;
  bool has_weights_;
  std::vector<std::vector<std::vector<float>>> truth_;  // by image and output
  std::vector<double> energy_;                          // by output
};

}  // namespace tenjo
