#pragma once

#include <torch/types.h>

#include "tenjo/model/narrow.h"
#include "tenjo/model/network.h"

namespace tenjo {

//! All convolutions have a bias, 0 where there was none, as those of NarrowOnPictures have.
Network WithBiases(Network network);

struct NarrowedNetwork {
  Network network;
  KeptChannels kept;  //!< of the network that was cut
};

//! The same network with a share of its channels, as close to its function on `images` (N x 3 x H x
//! W, 8-bit BGR) as layers can be fitted one after another, batch norm folded: channels are chosen
//! by what they tell of what reads them (ChooseChannels), then each convolution, from the image on,
//! is fitted by least squares to give from what the narrow network has what the wide one gave (He
//! et al. 2017, Channel pruning for accelerating very deep neural networks, arXiv:1707.06168;
//! before ReLU only what it lets through counts, after Zhang et al. 2015, arXiv:1505.06798). Says
//! how much of the variance of the outputs is kept. Throws Error as ChooseChannels does.
NarrowedNetwork NarrowOnPictures(const Network& network, double share, const torch::Tensor& images);

}  // namespace tenjo
