#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/analyze/geometry.h"

namespace tenjo {

//! How long people were where on the floor: cell (i, j) spans cell_m * [i, i+1) x cell_m * [j,
//! j+1).
class FloorHeat {
 public:
  explicit FloorHeat(double cell_m) : cell_m_(cell_m) {}

  //! Points farther than 1 km from the origin are a wrong calibration and are left out.
  void Add(const Point2& floor, double seconds);
  double cell_m() const { return cell_m_; }
  const std::map<std::pair<int, int>, double>& cells() const { return cells_; }
  void Clear() { cells_.clear(); }

 private:
  double cell_m_;
  std::map<std::pair<int, int>, double> cells_;
};

//! A track from its first frame to its last, and where it went if the camera is calibrated.
struct TrackRecord {
  std::string camera;
  std::int64_t track = 0;
  double began_utc_s = 0;
  double ended_utc_s = 0;
  std::vector<Point2> path;  //!< metres on the floor, to about 0.1 m; empty without calibration
  double walked_m = 0;       //!< length of the path
};

//! Collects the path of one track in bounded memory.
class PathBuilder {
 public:
  void Add(const Point2& floor);
  //! The path so far, simplified.
  std::vector<Point2> Path() const;
  double Length() const;

 private:
  double tolerance_m_ = 0.1;
  std::vector<Point2> points_;
};

}  // namespace tenjo
