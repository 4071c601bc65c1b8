#include "tenjo/model/blend.h"

#include <fmt/format.h>

#include "tenjo/base/error.h"

namespace tenjo {

Network BlendWeights(const Network& from, const Network& to, double share) {
  if (!(share >= 0 && share <= 1)) {
    throw Error(fmt::format("the share {} is not between 0 and 1", share));
  }
  const Network start = FoldBatchNorm(from);
  Network blend = FoldBatchNorm(to);
  for (auto& [name, tensor] : blend.weights) {
    const auto found = start.weights.find(name);
    if (found == start.weights.end() || found->second.shape != tensor.shape) {
      throw Error(
          fmt::format("the networks differ in {}; only networks of one form can be blended", name));
    }
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
      tensor.values[i] =
          static_cast<float>((1 - share) * found->second.values[i] + share * tensor.values[i]);
    }
  }
  if (start.weights.size() != blend.weights.size()) {
    throw Error("the networks differ in their layers; only networks of one form can be blended");
  }
  return blend;
}

}  // namespace tenjo
