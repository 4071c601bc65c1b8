#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tenjo/synth/place/place.h"

// Who may stand where on the floor. Internal to this room.
namespace tenjo::synth {

inline bool Overlaps(const Rect& a, const Rect& b, float margin = 0) {
  return a.x0 < b.x1 + margin && b.x0 < a.x1 + margin && a.y0 < b.y1 + margin &&
         b.y0 < a.y1 + margin;
}
inline Rect Grown(const Rect& r, float by) { return {r.x0 - by, r.y0 - by, r.x1 + by, r.y1 + by}; }
inline Rect Around(const Vec3f& at, float half_x, float half_y) {
  return {at.x() - half_x, at.y() - half_y, at.x() + half_x, at.y() + half_y};
}

//! The floor that a body of a radius can reach from a place, on a grid.
class ReachGrid {
 public:
  static constexpr float kCellM = 0.125F;

  ReachGrid(const Rect& room, float radius_m);
  void Block(const Rect& rect);  //!< grown by the radius
  void Flood(const Vec3f& from);
  bool Reached(const Vec3f& at) const;
  //! True if some reached floor lies within `distance_m`.
  bool ReachedNear(const Vec3f& at, float distance_m) const;

 private:
  enum : std::uint8_t { kOpen, kBlocked, kReached };
  int Index(const Vec3f& at) const;  //!< -1 outside

  Rect room_;
  float radius_m_;
  int columns_;
  int rows_;
  std::vector<std::uint8_t> cells_;
};

class FloorPlan {
 public:
  // A little more than the body that must pass, because the grid rounds.
  static constexpr float kBodyM = 0.28F;

  explicit FloorPlan(const Rect& room) : room_(room) {}

  //! Inside the room, `margin` away from obstacles, and on no floor that is kept free.
  bool Fits(const Rect& rect, float margin = 0) const;
  //! Inside the room and on no obstacle.
  bool IsOpen(const Rect& rect) const;
  //! True if with these obstacles too every target can be walked to from the first.
  bool StaysOpen(std::span<const Rect> more) const;

  void Block(const Rect& rect) { obstacles_.push_back(rect); }
  void KeepFree(const Rect& rect) { kept_.push_back(rect); }
  void AddTarget(const Vec3f& at) { targets_.push_back(at); }

  const Rect& room() const { return room_; }
  const std::vector<Rect>& obstacles() const { return obstacles_; }
  const std::vector<Vec3f>& targets() const { return targets_; }
  ReachGrid Reach(std::span<const Rect> more) const;

 private:
  Rect room_;
  std::vector<Rect> obstacles_;
  std::vector<Rect> kept_;
  std::vector<Vec3f> targets_;
};

}  // namespace tenjo::synth
