#include "tenjo/appearance/distance.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Four sums at a time, which every machine's vectors can do: no machine sums in another order.
using Lanes = float __attribute__((vector_size(16)));

Lanes Load(const float* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof(lanes));
  return lanes;
}

}  // namespace

float Dot(std::span<const float> a, std::span<const float> b) {
  TENJO_CHECK(a.size() == b.size());
  const std::size_t size = a.size();
  Lanes sum[4] = {};
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    for (std::size_t k = 0; k < 4; ++k) {
      sum[k] += Load(&a[i + 4 * k]) * Load(&b[i + 4 * k]);
    }
  }
  const Lanes all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  float dot = (all[0] + all[1]) + (all[2] + all[3]);
  for (; i < size; ++i) {
    dot += a[i] * b[i];
  }
  return dot;
}

bool IsUsable(std::span<const float> embedding) {
  bool any = false;
  for (const float value : embedding) {
    // Beyond this a sum of squares is not finite.
    if (!(std::abs(value) <= 1e15F)) {
      return false;
    }
    any = any || std::abs(value) > 1e-15F;
  }
  return any;
}

void Normalise(std::span<float> embedding) {
  double squares = 0;
  for (const float value : embedding) {
    squares += static_cast<double>(value) * value;
  }
  TENJO_CHECK(squares > 0);
  const double scale = 1 / std::sqrt(squares);
  for (float& value : embedding) {
    value = static_cast<float>(value * scale);
  }
}

double CosineDistance(std::span<const float> a, std::span<const float> b) {
  return std::max(0.0, 1 - static_cast<double>(Dot(a, b)));
}

double EuclideanDistance(std::span<const float> a, std::span<const float> b) {
  return std::sqrt(2 * CosineDistance(a, b));
}

}  // namespace tenjo
