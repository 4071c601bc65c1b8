#pragma once

#include <opencv2/core/types.hpp>
#include <vector>

#include "tenjo/infer/backend.h"
#include "tenjo/model/model_info.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/pose/person_decoder.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! The grey around an image that means nothing to the network, in BGR.
cv::Scalar PaddingOf(const ModelInfo& model);

//! The request's outputs as what the decoder takes; they stay the request's.
PoseMaps ToMaps(const std::vector<TensorView>& outputs, const ModelInfo& model);

//! The same of a network with person heads; without them `centres` is null.
PersonMaps ToPersonMaps(const std::vector<TensorView>& outputs, const ModelInfo& model);

//! Everyone in a network's answer, in pixels of its input: skeletons, and where the network has
//! person heads and `use_heads` says so, boxes merged with them (pose/merge_people.h).
std::vector<Person> FindPeople(const std::vector<TensorView>& outputs, const ModelInfo& model,
                               const PoseDecoder& decoder, const PersonDecoderOptions& heads = {},
                               bool use_heads = true);

}  // namespace tenjo
