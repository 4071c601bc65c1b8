#pragma once

#include <map>
#include <opencv2/core/mat.hpp>
#include <set>
#include <string>
#include <vector>

#include "tenjo/quantize/qdq.h"
#include "tenjo/quantize/quantize.h"

namespace tenjo {

//! Where training in 8 bits begins: what post-training quantisation makes of a network, its
//! channels equalised. All by layer.
struct TrainingStart {
  std::map<std::string, std::vector<float>>
      weights;  //!< whole numbers of steps, of layers in 8 bits
  std::map<std::string, std::vector<float>> biases;  //!< corrected
  TrainedRounding rounding;
};

//! `options` as for Quantize, of which the model, `symmetric`, `weight_bits` and `threads` are
//! heeded; `images` too. `answers`: tensors that training looks at besides the file's outputs,
//! whose scale stays. Throws Error as Quantize does.
TrainingStart QuantiseForTraining(const QuantizeOptions& options,
                                  const std::set<std::string>& answers,
                                  const std::vector<cv::Mat>& images);

}  // namespace tenjo
