#pragma once

#include <torch/types.h>

#include <optional>

namespace tenjo {

//! Mixed precision for as long as it lives: LibTorch computes convolutions and products in `type`
//! (bf16 or half precision) and keeps weights in float. Without a type, nothing changes.
class Autocast {
 public:
  Autocast(std::optional<torch::ScalarType> type, torch::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_ = false;
  bool cuda_ = false;
};

}  // namespace tenjo
