#pragma once

#include <cstddef>
#include <vector>

namespace tenjo {

//! A copy of one map of a network's output with its border repeated twice all around, so that
//! bicubic interpolation needs not ask where it is. Values that are not finite, or beyond 1e30,
//! are no evidence: they become 0.
class PaddedMap {
 public:
  static constexpr int kBorder = 2;

  PaddedMap() = default;
  //! Of `height` rows of `width` values, at least one each.
  PaddedMap(const float* values, int width, int height) { Assign(values, width, height); }

  //! Keeps the memory it has.
  void Assign(const float* values, int width, int height);

  int width() const { return width_; }
  int height() const { return height_; }
  //! Where row `y` begins, from -2 to height + 1; holds the columns from -2 to width + 1.
  const float* row(int y) const {
    return values_.data() + static_cast<std::ptrdiff_t>(y + kBorder) * stride() + kBorder;
  }
  std::ptrdiff_t stride() const { return width_ + 2 * kBorder; }

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<float> values_;
};

}  // namespace tenjo
