#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tenjo/model/network.h"

namespace tenjo {

//! Places of the channels of each layer's output that stay, in their order.
using KeptChannels = std::map<std::string, std::vector<int>, std::less<>>;
//! Of what convolutions read, by layer: covariances of all pairs of its input channels over
//! pictures and pixels, row by row (in_channels x in_channels).
using ReadCovariances = std::map<std::string, std::vector<double>, std::less<>>;

//! Of n channels that must be as many (those of a convolution, and what adding ties to them) the
//! most important max(8, 8 round(share n / 8)) stay. The image and the outputs keep all of theirs,
//! and so does what is tied to them. Throws Error for a share outside (0, 1]. Without `read`,
//! importance goes by the sum of absolute weights of filters (Li et al. 2017, Pruning filters for
//! efficient ConvNets, arXiv:1608.08710) of all that makes a channel, batch norm folded, times that
//! of the weights with which it is read: so it is the same however a channel is scaled in between.
//! With it, one channel after another is taken with which least squares explains most of what the
//! convolutions that read them give (after ThiNet: Luo et al. 2017, arXiv:1707.06342).
KeptChannels ChooseChannels(const Network& network, double share, const ReadCovariances& read = {});

//! The network of the same layers with those channels, in their order and with their weights.
Network KeepChannels(const Network& network, const KeptChannels& kept);

//! Both, by weights alone. A share of 1 leaves the network as it is.
Network NarrowNetwork(const Network& network, double share);

}  // namespace tenjo
