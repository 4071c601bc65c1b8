#pragma once

#include "tenjo/model/network.h"

namespace tenjo {

//! A network whose weights lie between those of two of the same layers: (1 - share) of `from`,
//! `share` of `to`. Between a network and what it became by training on other pictures there are
//! often ones that are as good on both (Wortsman et al. 2022, WiSE-FT). Facts are those of `to`.
//! Throws Error if the layers differ or the share is not in [0, 1].
Network BlendWeights(const Network& from, const Network& to, double share);

}  // namespace tenjo
