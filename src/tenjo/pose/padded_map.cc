#include "tenjo/pose/padded_map.h"

#include <algorithm>
#include <cmath>

#include "tenjo/pose/float4.h"

namespace tenjo {
namespace {

constexpr float kGreatestValue = 1e30F;

void CopyFinite(const float* from, int count, float* to) {
  const Float4 greatest = Float4{} + kGreatestValue;
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const Float4 four = Load4(from + i);
    // False of a not-a-number, too.
    Store4(to + i, (four <= greatest) & (four >= -greatest) ? four : Float4{});
  }
  for (; i < count; ++i) {
    to[i] = std::abs(from[i]) <= kGreatestValue ? from[i] : 0.0F;
  }
}

}  // namespace

void PaddedMap::Assign(const float* values, int width, int height) {
  width_ = width;
  height_ = height;
  values_.resize(static_cast<std::size_t>(stride()) * (height + 2 * kBorder));
  for (int y = 0; y < height; ++y) {
    float* to = values_.data() + (y + kBorder) * stride();
    CopyFinite(values + static_cast<std::ptrdiff_t>(y) * width, width, to + kBorder);
    to[0] = to[1] = to[kBorder];
    to[width + kBorder] = to[width + kBorder + 1] = to[width + kBorder - 1];
  }
  float* first = values_.data() + kBorder * stride();
  float* last = values_.data() + (height + kBorder - 1) * stride();
  for (int i = 1; i <= kBorder; ++i) {
    std::copy_n(first, stride(), first - i * stride());
    std::copy_n(last, stride(), last + i * stride());
  }
}

}  // namespace tenjo
