#pragma once

#include <cstddef>
#include <span>

namespace tenjo {

//! The sum in the order in which numpy adds (pairwise summation, Higham 1993, in blocks of at most
//! 128 with eight partial sums), so that means agree with published ones to the last bit.
inline double PairwiseSum(std::span<const double> values) {
  constexpr std::size_t kLanes = 8;
  constexpr std::size_t kBlock = 128;
  const std::size_t count = values.size();
  if (count < kLanes) {
    double sum = 0;
    for (const double value : values) {
      sum += value;
    }
    return sum;
  }
  if (count > kBlock) {
    const std::size_t half = count / 2 - count / 2 % kLanes;
    return PairwiseSum(values.subspan(0, half)) + PairwiseSum(values.subspan(half));
  }
  double lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    lanes[i] = values[i];
  }
  std::size_t at = kLanes;
  for (; at + kLanes <= count; at += kLanes) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      lanes[i] += values[at + i];
    }
  }
  double sum = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) +
               ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  for (; at < count; ++at) {
    sum += values[at];
  }
  return sum;
}

}  // namespace tenjo
