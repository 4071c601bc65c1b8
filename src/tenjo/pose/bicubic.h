#pragma once

#include <array>

namespace tenjo {

//! The grid on which poses are decoded is this many times finer than the network's maps.
inline constexpr int kUpsampling = 4;

//! Bicubic interpolation as cv::resize(INTER_CUBIC) does it (Keys 1981 with a = -0.75) for a factor
//! of 4: taps of the pixels of the fine grid whose coordinate has the remainder `phase` by 4.
inline constexpr std::array<float, 4> CubicTaps(int phase) {
  constexpr float kA = -0.75F;
  constexpr std::array<float, 4> kFraction = {0.625F, 0.875F, 0.125F, 0.375F};
  const float t = kFraction[phase];
  const float s = 1 - t;
  const float before = kA * t * s * s;
  const float first = ((kA + 2) * t - (kA + 3)) * t * t + 1;
  const float second = ((kA + 2) * s - (kA + 3)) * s * s + 1;
  return {before, first, second, 1 - before - first - second};
}

inline constexpr std::array<std::array<float, 4>, kUpsampling> kCubicTaps = {
    CubicTaps(0), CubicTaps(1), CubicTaps(2), CubicTaps(3)};

//! Map coordinate, from -2 on, of the first of the four taps of coordinate `u` >= 0 of the fine
//! grid.
inline constexpr int FirstTap(int u) {
  return static_cast<int>(static_cast<unsigned>(u + 2) / kUpsampling) - 2;
}

}  // namespace tenjo
