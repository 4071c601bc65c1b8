#pragma once

#include <memory>

#include "tenjo/infer/backend.h"

namespace tenjo {

//! OpenVINO on its CPU, GPU, NPU or AUTO. Colour order, mean, scale and the conversion from 8-bit
//! NHWC are part of the compiled graph; the scaling to the input's size is not, because a resize
//! before the graph is faster (docs/benchmarks.md).
std::unique_ptr<Backend> CreateOpenVinoBackend(const ModelInfo& info,
                                               const BackendOptions& options);

}  // namespace tenjo
