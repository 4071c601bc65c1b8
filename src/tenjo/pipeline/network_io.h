#pragma once

#include <opencv2/core/types.hpp>
#include <vector>

#include "tenjo/infer/backend.h"
#include "tenjo/model/model_info.h"
#include "tenjo/pose/decoder.h"

namespace tenjo {

//! The grey around an image that means nothing to the network, in BGR.
cv::Scalar PaddingOf(const ModelInfo& model);

//! The request's outputs as what the decoder takes; they stay the request's.
PoseMaps ToMaps(const std::vector<TensorView>& outputs, const ModelInfo& model);

}  // namespace tenjo
