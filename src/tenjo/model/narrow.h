#pragma once

#include "tenjo/model/network.h"

namespace tenjo {

//! A network of the same layers with fewer channels: of n channels that must be as many (those of a
//! convolution, and what adding ties to them) the most important max(8, 8 round(share n / 8)) stay,
//! in their order and with their weights. The image and the outputs keep all of theirs, and so does
//! what is tied to them.
//! Importance goes by the sum of absolute weights of filters (Li et al. 2017, Pruning filters for
//! efficient ConvNets, arXiv:1608.08710) of all that makes a channel, batch norm folded, times that
//! of the weights with which it is read: so it is the same however a channel is scaled in between.
//! A share of 1 leaves the network as it is. Throws Error for a share outside (0, 1].
Network NarrowNetwork(const Network& network, double share);

}  // namespace tenjo
