#include "tenjo/analyze/floor_map.h"

#include <cmath>

namespace tenjo {

void FloorHeat::Add(const Point2& floor, double seconds) {
  constexpr double kFarthest_m = 1000;
  if (!(std::abs(floor.x) <= kFarthest_m && std::abs(floor.y) <= kFarthest_m)) {
    return;
  }
  const auto cell = [&](double v) { return static_cast<int>(std::floor(v / cell_m_)); };
  cells_[{cell(floor.x), cell(floor.y)}] += seconds;
}

void PathBuilder::Add(const Point2& floor) {
  // Who stands still does not fill memory.
  constexpr double kLeastStep_m = 0.05;
  if (!points_.empty() && Distance(points_.back(), floor) < kLeastStep_m) {
    return;
  }
  points_.push_back(floor);
  constexpr std::size_t kMost = 1000;
  if (points_.size() > kMost) {
    points_ = SimplifyPath(points_, tolerance_m_);
    while (points_.size() > kMost / 2) {
      tolerance_m_ *= 2;
      points_ = SimplifyPath(points_, tolerance_m_);
    }
  }
}

std::vector<Point2> PathBuilder::Path() const { return SimplifyPath(points_, tolerance_m_); }

double PathBuilder::Length() const {
  const std::vector<Point2> path = Path();
  double length = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    length += Distance(path[i - 1], path[i]);
  }
  return length;
}

}  // namespace tenjo
