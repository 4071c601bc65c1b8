#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/infer/torch/network_module.h"
#include "tenjo/model/narrow.h"

namespace tenjo {

//! What the layers of a network that was cut to fewer channels (NarrowNetwork) should give: what
//! the same channels of the wide network's layers give, which goes on showing it while the narrow
//! one learns (hints: Romero et al. 2015, FitNets, arXiv:1412.6550; no regressor is needed between
//! them).
class Hints {
 public:
  //! `wide` without batch norm, on `device`; `kept` of its channels are those of the narrow
  //! network.
  Hints(const Network& wide, const KeptChannels& kept, torch::Device device, bool channels_last);

  //! What a narrow network's forward is to give besides its answers: the layers that are compared,
  //! all dense convolutions.
  std::map<std::string, torch::Tensor> Asked() const;

  //! Mean over the layers of the squared difference in shares of what the wide network's layer
  //! varies over pictures and pixels: 0 when alike, 1 for a constant. `images`: N x 3 x H x W,
  //! 8-bit BGR.
  torch::Tensor Loss(const torch::Tensor& images,
                     const std::map<std::string, torch::Tensor>& given) const;

 private:
  std::shared_ptr<NetworkModule> wide_;
  std::map<std::string, torch::Tensor> kept_;  // by layer that is compared
};

}  // namespace tenjo
