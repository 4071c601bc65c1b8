#pragma once

#include <filesystem>

#include "tenjo/model/network.h"

namespace tenjo {

//! Open Model Zoo's human-pose-estimation-0001 (OpenVINO IR: NAME.xml with NAME.bin beside it, in
//! any precision) as a network in FP32: weights out of their integers, the quantisation of
//! activations left out. Its layers are those of MakePoseNetwork({.stages = 1, .activation =
//! kElu}) with batch norm folded, as the file has it.
//! Throws Error if the file is damaged or another network.
Network ImportIr(const std::filesystem::path& path);

}  // namespace tenjo
