#include "tenjo/synth/place/floor_plan.h"

#include <algorithm>
#include <cmath>

namespace tenjo::synth {

ReachGrid::ReachGrid(const Rect& room, float radius_m)
    : room_(room),
      radius_m_(radius_m),
      columns_(static_cast<int>(std::ceil((room.x1 - room.x0) / kCellM))),
      rows_(static_cast<int>(std::ceil((room.y1 - room.y0) / kCellM))),
      cells_(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_), kOpen) {
  const float inf = 1e3F;
  Block({room.x0 - inf, room.y0 - inf, room.x0, room.y1 + inf});
  Block({room.x1, room.y0 - inf, room.x1 + inf, room.y1 + inf});
  Block({room.x0 - inf, room.y0 - inf, room.x1 + inf, room.y0});
  Block({room.x0 - inf, room.y1, room.x1 + inf, room.y1 + inf});
}

int ReachGrid::Index(const Vec3f& at) const {
  const int i = static_cast<int>(std::floor((at.x() - room_.x0) / kCellM));
  const int j = static_cast<int>(std::floor((at.y() - room_.y0) / kCellM));
  return i < 0 || j < 0 || i >= columns_ || j >= rows_ ? -1 : j * columns_ + i;
}

void ReachGrid::Block(const Rect& rect) {
  const Rect grown = Grown(rect, radius_m_);
  // Cells whose middles lie inside.
  const auto first = [](float distance) {
    return static_cast<int>(std::ceil(distance / kCellM - 0.5F));
  };
  const auto last = [](float distance) {
    return static_cast<int>(std::floor(distance / kCellM - 0.5F));
  };
  const int i0 = std::max(0, first(grown.x0 - room_.x0));
  const int i1 = std::min(columns_ - 1, last(grown.x1 - room_.x0));
  const int j0 = std::max(0, first(grown.y0 - room_.y0));
  const int j1 = std::min(rows_ - 1, last(grown.y1 - room_.y0));
  for (int j = j0; j <= j1; ++j) {
    for (int i = i0; i <= i1; ++i) {
      cells_[static_cast<std::size_t>(j) * static_cast<std::size_t>(columns_) +
             static_cast<std::size_t>(i)] = kBlocked;
    }
  }
}

void ReachGrid::Flood(const Vec3f& from) {
  std::vector<int> open;
  const auto visit = [&](int index) {
    std::uint8_t& cell = cells_[static_cast<std::size_t>(index)];
    if (cell == kOpen) {
      cell = kReached;
      open.push_back(index);
    }
  };
  if (const int start = Index(from); start >= 0) {
    visit(start);
  }
  while (!open.empty()) {
    const int index = open.back();
    open.pop_back();
    const int column = index % columns_;
    if (column > 0) {
      visit(index - 1);
    }
    if (column + 1 < columns_) {
      visit(index + 1);
    }
    if (index >= columns_) {
      visit(index - columns_);
    }
    if (index + columns_ < columns_ * rows_) {
      visit(index + columns_);
    }
  }
}

bool ReachGrid::Reached(const Vec3f& at) const {
  const int index = Index(at);
  return index >= 0 && cells_[static_cast<std::size_t>(index)] == kReached;
}

bool ReachGrid::ReachedNear(const Vec3f& at, float distance_m) const {
  const int steps = static_cast<int>(distance_m / kCellM);
  for (int j = -steps; j <= steps; ++j) {
    for (int i = -steps; i <= steps; ++i) {
      const Vec3f to(static_cast<float>(i) * kCellM, static_cast<float>(j) * kCellM, 0);
      if (to.norm() <= distance_m && Reached(at + to)) {
        return true;
      }
    }
  }
  return false;
}

bool FloorPlan::IsOpen(const Rect& rect) const {
  return rect.x0 >= room_.x0 - 1e-4F && rect.y0 >= room_.y0 - 1e-4F &&
         rect.x1 <= room_.x1 + 1e-4F && rect.y1 <= room_.y1 + 1e-4F &&
         std::none_of(obstacles_.begin(), obstacles_.end(),
                      [&](const Rect& other) { return Overlaps(rect, other); });
}

bool FloorPlan::Fits(const Rect& rect, float margin) const {
  return IsOpen(rect) &&
         std::none_of(obstacles_.begin(), obstacles_.end(),
                      [&](const Rect& other) { return Overlaps(rect, other, margin); }) &&
         std::none_of(kept_.begin(), kept_.end(),
                      [&](const Rect& other) { return Overlaps(rect, other); });
}

ReachGrid FloorPlan::Reach(std::span<const Rect> more) const {
  ReachGrid grid(room_, kBodyM);
  for (const Rect& rect : obstacles_) {
    grid.Block(rect);
  }
  for (const Rect& rect : more) {
    grid.Block(rect);
  }
  if (!targets_.empty()) {
    grid.Flood(targets_.front());
  }
  return grid;
}

bool FloorPlan::StaysOpen(std::span<const Rect> more) const {
  const ReachGrid grid = Reach(more);
  return std::all_of(targets_.begin(), targets_.end(),
                     [&](const Vec3f& target) { return grid.Reached(target); });
}

}  // namespace tenjo::synth
