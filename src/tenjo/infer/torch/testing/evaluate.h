#pragma once

#include <torch/utils.h>

#include <map>
#include <string>
#include <vector>

#include "tenjo/infer/torch/network_module.h"

namespace tenjo::testing {

using Answers = std::map<std::string, std::vector<torch::Tensor>>;

//! What the network answers, batch norm by its running mean, without gradients.
inline Answers Evaluate(const Network& network, const torch::Tensor& images) {
  const torch::NoGradGuard no_grad;
  NetworkModule module(network);
  module.eval();
  return module.forward(images);
}

}  // namespace tenjo::testing
