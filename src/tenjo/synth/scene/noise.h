#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "tenjo/synth/scene/scene.h"

// Building blocks of the procedural patterns: all deterministic, of zero or known mean, and
// filtered by the size of a pixel in closed form, so that a pattern seen from far is its own
// average.
namespace tenjo::synth {

inline std::uint32_t HashCell(std::int32_t x, std::int32_t y, std::uint32_t seed) {
  std::uint32_t h = static_cast<std::uint32_t>(x) * 0x9e3779b1U ^
                    static_cast<std::uint32_t>(y) * 0x85ebca77U ^
                    (seed + 0x165667b1U) * 0xc2b2ae3dU;
  h = (h ^ (h >> 15)) * 0x2c1b3c6dU;
  h = (h ^ (h >> 12)) * 0x297a2d39U;
  return h ^ (h >> 15);
}
//! In [0, 1), of 16 bits of a hash.
inline float HashUnit(std::uint32_t hash, int shift = 0) {
  return static_cast<float>((hash >> shift) & 0xffffU) * (1.0F / 65536.0F);
}

//! Faster than std::floor without SSE4.1; |x| below 2^31.
inline std::int32_t FloorInt(float x) {
  const auto i = static_cast<std::int32_t>(x);
  return i - static_cast<std::int32_t>(static_cast<float>(i) > x);
}
inline float Fraction(float x) { return x - static_cast<float>(FloorInt(x)); }
inline float Clamp01(float x) { return x < 0 ? 0 : (x > 1 ? 1 : x); }
inline float Smooth(float low, float high, float x) {
  const float t = Clamp01((x - low) / (high - low));
  return t * t * (3 - 2 * t);
}
inline Vec3f Mix(const Vec3f& a, const Vec3f& b, float t) { return a + (b - a) * t; }

//! What is left of a detail of `cycles` periods a pixel: 1 if the pixel is fine, 0 if it is coarse.
inline float Fade(float cycles) { return 1 - Smooth(0.25F, 0.9F, cycles); }

inline constexpr int kNoisePeriod = 32;
using NoiseTable = std::array<std::uint8_t, kNoisePeriod * kNoisePeriod * kNoisePeriod>;
//! Random bytes, as many of each value.
extern const NoiseTable kNoiseTable;

//! Value noise in [-1, 1] with mean 0, one lattice cell a unit; repeats after 32 units.
inline float Noise(float x, float y, float z) {
  const int ix = FloorInt(x);
  const int iy = FloorInt(y);
  const int iz = FloorInt(z);
  float fx = x - static_cast<float>(ix);
  float fy = y - static_cast<float>(iy);
  float fz = z - static_cast<float>(iz);
  fx = fx * fx * (3 - 2 * fx);
  fy = fy * fy * (3 - 2 * fy);
  fz = fz * fz * (3 - 2 * fz);
  constexpr int kMask = kNoisePeriod - 1;
  const int x0 = ix & kMask;
  const int x1 = (ix + 1) & kMask;
  const int y0 = (iy & kMask) * kNoisePeriod;
  const int y1 = ((iy + 1) & kMask) * kNoisePeriod;
  const int z0 = (iz & kMask) * kNoisePeriod * kNoisePeriod;
  const int z1 = ((iz + 1) & kMask) * kNoisePeriod * kNoisePeriod;
  const auto at = [](int index) {
    return static_cast<float>(kNoiseTable[static_cast<std::size_t>(index)]);
  };
  const auto along = [&](int row) {
    const float a = at(row + x0);
    return a + (at(row + x1) - a) * fx;
  };
  const float a0 = along(y0 + z0);
  const float a = a0 + (along(y1 + z0) - a0) * fy;
  const float b0 = along(y0 + z1);
  const float b = b0 + (along(y1 + z1) - b0) * fy;
  return (a + (b - a) * fz) * (2.0F / 255.0F) - 1;
}

//! Noise() with its slope.
inline float NoiseSlope(float x, float y, float z, Vec3f& slope) {
  const int ix = FloorInt(x);
  const int iy = FloorInt(y);
  const int iz = FloorInt(z);
  const float tx = x - static_cast<float>(ix);
  const float ty = y - static_cast<float>(iy);
  const float tz = z - static_cast<float>(iz);
  const float fx = tx * tx * (3 - 2 * tx);
  const float fy = ty * ty * (3 - 2 * ty);
  const float fz = tz * tz * (3 - 2 * tz);
  constexpr int kMask = kNoisePeriod - 1;
  const auto at = [&](int dx, int dy, int dz) {
    const int index = ((iz + dz) & kMask) * kNoisePeriod * kNoisePeriod +
                      ((iy + dy) & kMask) * kNoisePeriod + ((ix + dx) & kMask);
    return static_cast<float>(kNoiseTable[static_cast<std::size_t>(index)]);
  };
  // By rows along x: their values and how they rise.
  const float a00 = at(0, 0, 0);
  const float a10 = at(0, 1, 0);
  const float a01 = at(0, 0, 1);
  const float a11 = at(0, 1, 1);
  const float d00 = at(1, 0, 0) - a00;
  const float d10 = at(1, 1, 0) - a10;
  const float d01 = at(1, 0, 1) - a01;
  const float d11 = at(1, 1, 1) - a11;
  const float r00 = a00 + d00 * fx;
  const float r10 = a10 + d10 * fx;
  const float r01 = a01 + d01 * fx;
  const float r11 = a11 + d11 * fx;
  const float low = r00 + (r10 - r00) * fy;
  const float high = r01 + (r11 - r01) * fy;
  const float d_low = d00 + (d10 - d00) * fy;
  const float d_high = d01 + (d11 - d01) * fy;
  constexpr float kScale = 2.0F / 255.0F;
  slope = kScale * Vec3f((d_low + (d_high - d_low) * fz) * 6 * tx * (1 - tx),
                         ((r10 - r00) + ((r11 - r01) - (r10 - r00)) * fz) * 6 * ty * (1 - ty),
                         (high - low) * 6 * tz * (1 - tz));
  return (low + (high - low) * fz) * kScale - 1;
}

//! The share of a pixel of width `width` about x that a pulse train of period 1 covers, each pulse
//! on [0, duty) of its period: exact box filtering.
inline float Pulse(float x, float duty, float width) {
  const float w = width < 1e-3F ? 1e-3F : (width > 64 ? 64 : width);
  const float start = Fraction(x) - 0.5F * w;
  const auto integral = [duty](float t) {
    const int whole = FloorInt(t);
    const float rest = t - static_cast<float>(whole);
    return static_cast<float>(whole) * duty + (rest < duty ? rest : duty);
  };
  return Clamp01((integral(start + w) - integral(start)) / w);
}

}  // namespace tenjo::synth
