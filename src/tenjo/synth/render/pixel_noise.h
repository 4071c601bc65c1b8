#pragma once

#include <array>
#include <cstdint>

namespace tenjo::synth {

//! Numbers in [0, 1) for the rays of one pixel, spread so that the pixels of every 4x4 block cover
//! the range evenly: the filter that follows averages over about such blocks.
class PixelNoise {
 public:
  static constexpr int kCells = 16;
  //! Place in the 4x4 block: pixels of one cell draw from the same strata.
  static constexpr int Cell(int x, int y) { return (y & 3) * 4 + (x & 3); }

  PixelNoise(std::uint64_t seed, int x, int y, int sample)
      : cell_(static_cast<std::uint32_t>(Cell(x, y))),
        state_(Mix(static_cast<std::uint32_t>(seed) ^
                   Mix(static_cast<std::uint32_t>(seed >> 32) + static_cast<std::uint32_t>(x) +
                       Mix(static_cast<std::uint32_t>(y) +
                           Mix(static_cast<std::uint32_t>(sample) + 0x9e3779b9U))))),
        shift_(static_cast<std::uint32_t>(sample) * 7U) {}

  //! One number from 16 strata.
  float Stratified1() { return (Stratum(kOrders[0]) + Next()) * (1.0F / 16); }
  //! A pair from 4x4 strata; `which` (0 or 1) keeps two pairs of a pixel apart.
  std::array<float, 2> Stratified2(int which) {
    const auto stratum = static_cast<std::uint32_t>(Stratum(kOrders[1 + which]));
    return {(static_cast<float>(stratum & 3U) + Next()) * 0.25F,
            (static_cast<float>(stratum >> 2U) + Next()) * 0.25F};
  }
  float Next() {
    state_ = state_ * 747796405U + 2891336453U;
    const std::uint32_t word = ((state_ >> ((state_ >> 28U) + 4U)) ^ state_) * 277803737U;
    return static_cast<float>(((word >> 22U) ^ word) >> 8U) * 0x1p-24F;
  }

 private:
  using Order = std::array<std::uint8_t, 16>;
  // Permutations in which neighbouring cells get far strata.
  static constexpr std::array<Order, 3> kOrders = {
      Order{0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5},
      Order{5, 15, 0, 10, 8, 2, 13, 7, 3, 9, 6, 12, 14, 4, 11, 1},
      Order{12, 1, 11, 6, 7, 10, 0, 13, 9, 4, 14, 3, 2, 15, 5, 8}};

  static std::uint32_t Mix(std::uint32_t x) {
    x = (x ^ (x >> 16U)) * 0x7feb352dU;
    x = (x ^ (x >> 15U)) * 0x846ca68bU;
    return x ^ (x >> 16U);
  }
  float Stratum(const Order& order) const {
    return static_cast<float>((order[cell_] + shift_) & 15U);
  }

  std::uint32_t cell_;
  std::uint32_t state_;
  std::uint32_t shift_;
};

}  // namespace tenjo::synth
