#pragma once

#include <random>

#include "tenjo/model/network.h"

namespace tenjo::testing {

//! A small pose network of any kind (base, width, stages, activation, heads, size, normalisation),
//! with random weights and with batch norm as it is after training.
Network RandomPoseNetwork(std::mt19937_64* engine);
//! The same of appearance networks.
Network RandomAppearanceNetwork(std::mt19937_64* engine);

//! The same of refining ones.
Network RandomRefineNetwork(std::mt19937_64* engine);

}  // namespace tenjo::testing
