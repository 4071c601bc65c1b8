#pragma once

#include <random>

#include "tenjo/model/network.h"

namespace tenjo::testing {

//! The function of `narrow` in a network of the same layers with more channels, `wide`: those of
//! `narrow` stand at random places, in their order, all others are zero. What reads these keeps the
//! weights of `wide`.
Network AddDeadChannels(const Network& narrow, Network wide, std::mt19937_64* engine);

}  // namespace tenjo::testing
