#pragma once

#include <algorithm>
#include <array>

namespace tenjo {

//! The grid on which poses are decoded is this many times finer than the network's maps.
inline constexpr int kUpsampling = 4;

//! One map of a network's output; the values belong to the caller.
struct MapPlane {
  const float* data = nullptr;
  int width = 0;
  int height = 0;

  const float* row(int y) const { return data + static_cast<std::ptrdiff_t>(y) * width; }
};

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

//! Map coordinate of the first of the four taps of coordinate `u` >= 0 of the fine grid.
inline constexpr int FirstTap(int u) { return (u + 2) / kUpsampling - 2; }

//! The four map coordinates from `first` on, held inside the map (its border is repeated).
inline std::array<int, 4> TapCoordinates(int first, int size) {
  std::array<int, 4> taps{};
  for (int i = 0; i < 4; ++i) {
    taps[i] = std::clamp(first + i, 0, size - 1);
  }
  return taps;
}

// The sums below are in the order in which OpenCV adds, so that values and with them ties agree.

inline float SumAlongRow(const std::array<float, 4>& value, const std::array<float, 4>& taps) {
  return value[0] * taps[0] + value[1] * taps[1] + value[2] * taps[2] + value[3] * taps[3];
}

inline float SumAlongColumn(const std::array<float, 4>& value, const std::array<float, 4>& taps) {
  return value[0] * taps[0] + (value[1] * taps[1] + (value[2] * taps[2] + value[3] * taps[3]));
}

}  // namespace tenjo
