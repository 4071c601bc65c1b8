#include "tenjo/track/iou_matcher.h"

#include <algorithm>

#include "tenjo/base/error.h"

namespace tenjo {

std::span<const int> IouMatcher::Match(std::span<const Box> detections, std::span<const Box> tracks,
                                       double iou_threshold) {
  ious_.resize(detections.size() * tracks.size());
  double* iou = ious_.data();
  for (const Box& detection : detections) {
    for (const Box& track : tracks) {
      *iou++ = IoU(detection, track);
    }
  }
  return MatchAffinities(ious_, static_cast<int>(detections.size()),
                         static_cast<int>(tracks.size()), iou_threshold);
}

template <typename Good>
bool IouMatcher::OneToOne(std::span<const double> values, int rows, int cols, const Good& good) {
  TENJO_CHECK(values.size() == static_cast<std::size_t>(rows) * static_cast<std::size_t>(cols));
  match_.assign(static_cast<std::size_t>(rows), -1);
  taken_.assign(static_cast<std::size_t>(cols), 0);
  bool one_to_one = true;
  any_ = false;
  const double* value = values.data();
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col, ++value) {
      if (good(*value)) {
        one_to_one = one_to_one && match_[row] < 0 && taken_[col] == 0;
        any_ = true;
        match_[row] = col;
        taken_[col] = 1;
      }
    }
  }
  return one_to_one;
}

std::span<const int> IouMatcher::MatchAffinities(std::span<const double> affinities, int rows,
                                                 int cols, double threshold,
                                                 std::span<const double> weights) {
  const bool one_to_one =
      OneToOne(affinities, rows, cols, [&](double affinity) { return affinity > threshold; });
  if (one_to_one && (any_ || affinities.empty())) {
    return match_;
  }
  const std::span<const double> summed = weights.empty() ? affinities : weights;
  TENJO_CHECK(summed.size() == affinities.size());
  gains_.assign(summed.begin(), summed.end());
  for (double& gain : gains_) {
    gain = -gain;
  }
  const std::span<const int> assigned = solver_.Solve(gains_, rows, cols);
  for (int row = 0; row < rows; ++row) {
    const int col = assigned[row];
    match_[row] = col >= 0 && affinities[row * cols + col] >= threshold ? col : -1;
  }
  return match_;
}

std::span<const int> IouMatcher::MatchUnder(std::span<const double> costs, int rows, int cols,
                                            double limit) {
  if (OneToOne(costs, rows, cols, [&](double cost) { return cost < limit; })) {
    return match_;
  }
  gains_.resize(costs.size());
  for (std::size_t i = 0; i < costs.size(); ++i) {
    gains_[i] = std::min(costs[i] - limit, 0.0);
  }
  const std::span<const int> assigned = solver_.Solve(gains_, rows, cols);
  for (int row = 0; row < rows; ++row) {
    const int col = assigned[row];
    match_[row] = col >= 0 && costs[row * cols + col] < limit ? col : -1;
  }
  return match_;
}

}  // namespace tenjo
