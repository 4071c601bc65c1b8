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
  if (threshold > 0) {
    MaximiseGains(summed, rows, cols);
  } else {
    // Even those that do not touch may be pairs.
    gains_.assign(summed.begin(), summed.end());
    for (double& gain : gains_) {
      gain = -gain;
    }
    const std::span<const int> assigned = solver_.Solve(gains_, rows, cols);
    match_.assign(assigned.begin(), assigned.end());
  }
  for (int row = 0; row < rows; ++row) {
    const int col = match_[row];
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
    gains_[i] = std::max(limit - costs[i], 0.0);
  }
  MaximiseGains(gains_, rows, cols);
  for (int row = 0; row < rows; ++row) {
    const int col = match_[row];
    match_[row] = col >= 0 && costs[row * cols + col] < limit ? col : -1;
  }
  return match_;
}

void IouMatcher::MaximiseGains(std::span<const double> gains, int rows, int cols) {
  match_.assign(static_cast<std::size_t>(rows), -1);
  joined_.Reset(static_cast<std::size_t>(rows) + static_cast<std::size_t>(cols));
  edges_.clear();
  const double* gain = gains.data();
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col, ++gain) {
      if (*gain > 0) {
        edges_.push_back({row, col});
        joined_.Join(row, rows + col);
      }
    }
  }
  group_of_root_.assign(joined_.size(), -1);
  num_groups_ = 0;
  const auto group_of = [&](int node) -> Group& {
    int& group = group_of_root_[joined_.Find(node)];
    if (group < 0) {
      group = static_cast<int>(num_groups_++);
      if (groups_.size() < num_groups_) {
        groups_.emplace_back();
      }
      groups_[group].rows.clear();
      groups_[group].cols.clear();
    }
    return groups_[group];
  };
  taken_.assign(static_cast<std::size_t>(cols), 0);
  for (const Edge& edge : edges_) {
    Group& group = group_of(edge.row);
    if (group.rows.empty() || group.rows.back() != edge.row) {
      group.rows.push_back(edge.row);
    }
    if (taken_[edge.col] == 0) {
      taken_[edge.col] = 1;
      group.cols.push_back(edge.col);
    }
  }
  for (std::size_t g = 0; g < num_groups_; ++g) {
    MatchGroup(groups_[g], gains, cols);
  }
}

void IouMatcher::MatchGroup(const Group& group, std::span<const double> gains, int cols) {
  if (group.rows.size() == 1 && group.cols.size() == 1) {
    match_[group.rows[0]] = group.cols[0];
    return;
  }
  group_costs_.clear();
  for (const int row : group.rows) {
    for (const int col : group.cols) {
      group_costs_.push_back(-std::max(0.0, gains[row * cols + col]));
    }
  }
  const std::span<const int> assigned = solver_.Solve(
      group_costs_, static_cast<int>(group.rows.size()), static_cast<int>(group.cols.size()));
  for (std::size_t r = 0; r < group.rows.size(); ++r) {
    match_[group.rows[r]] = assigned[r] < 0 ? -1 : group.cols[assigned[r]];
  }
}

}  // namespace tenjo
