#pragma once

#include <opencv2/core/mat.hpp>
#include <vector>

#include "tenjo/model/network.h"
#include "tenjo/quantize/qdq.h"
#include "tenjo/quantize/quantize.h"

namespace tenjo {

//! Where training in 8 bits begins: `network` (no batch norm, a bias everywhere) becomes what
//! post-training quantisation makes of it, and its rounding is returned. Channels are equalised,
//! but for the answers of all stages; layers in 8 bits get weights of whole steps and corrected
//! biases. Of `options` `symmetric`, `weight_bits` and `threads` are heeded; `images` as Quantize
//! takes them. Throws Error as it does.
TrainedRounding QuantiseForTraining(QuantizeOptions options, const std::vector<cv::Mat>& images,
                                    Network* network);

}  // namespace tenjo
