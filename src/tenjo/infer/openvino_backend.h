#pragma once

#include <memory>

#include "tenjo/infer/backend.h"

namespace tenjo {

//! OpenVINO on its CPU, GPU, NPU or AUTO. Colour order, mean, scale and the conversion from 8-bit
//! NHWC are part of the compiled graph; scaling to the input's size is not, as a resize before the
//! graph costs no more than one inside it (docs/benchmarks.md) and keeps the aspect ratio.
std::unique_ptr<Backend> CreateOpenVinoBackend(const ModelInfo& info,
                                               const BackendOptions& options);

}  // namespace tenjo
