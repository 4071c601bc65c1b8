#include "tenjo/infer/torch/autocast.h"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace tenjo {

Autocast::Autocast(std::optional<torch::ScalarType> type, torch::Device device) {
  if (!type) {
    return;
  }
  on_ = true;
  cuda_ = device.is_cuda();
  at::autocast::increment_nesting();
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_dtype(device.type(), *type);
  at::autocast::set_autocast_enabled(device.type(), true);
#else
  if (cuda_) {
    at::autocast::set_autocast_gpu_dtype(*type);
    at::autocast::set_enabled(true);
  } else {
    at::autocast::set_autocast_cpu_dtype(*type);
    at::autocast::set_cpu_enabled(true);
  }
#endif
}

Autocast::~Autocast() {
  if (!on_) {
    return;
  }
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  at::autocast::set_autocast_enabled(cuda_ ? torch::kCUDA : torch::kCPU, false);
#else
  if (cuda_) {
    at::autocast::set_enabled(false);
  } else {
    at::autocast::set_cpu_enabled(false);
  }
#endif
  if (at::autocast::decrement_nesting() == 0) {
    at::autocast::clear_cache();
  }
}

}  // namespace tenjo
