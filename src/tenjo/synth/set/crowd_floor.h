#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "tenjo/synth/place/place.h"

// The floor of a place as people walk it: what is near, and ways through space and time that keep
// clear of furniture and of everybody whose way is already known. Internal to this room.
namespace tenjo::synth {

using Vec2f = Eigen::Vector2f;

//! Where people are over time, in ticks of kTickS.
class Occupancy {
 public:
  static constexpr float kTickS = 0.1F;

  Occupancy(float begin_s, float end_s);
  //! One place a tick from the tick of `begin_s` on; ticks outside the time are left out.
  void Add(float begin_s, const std::vector<Vec2f>& places);
  //! Distance to the nearest body at a time; large if nobody is there.
  float Nearest(const Vec2f& at, float time_s) const;
  //! True if nobody comes nearer than `distance_m` from one time to another.
  bool StaysFree(const Vec2f& at, float from_s, float to_s, float distance_m) const;

 private:
  float begin_s_;
  std::vector<std::vector<Vec2f>> ticks_;
};

//! A place on a way; between two of them one walks straight on.
struct Knot {
  float time_s = 0;
  Vec2f at = Vec2f::Zero();
};

class WalkFloor {
 public:
  static constexpr float kCellM = 0.125F;
  static constexpr float kSqueezeM = 0.16F;  //!< radius of a body that goes sideways
  static constexpr float kBodyM = 0.27F;     //!< radius of one that does not

  explicit WalkFloor(const Place& place);

  //! Distance to the nearest furniture or wall, at most 1 m; negative inside. The floor behind a
  //! door counts as floor.
  float Clearance(const Vec2f& at) const;
  //! Makes ways round a place longer, so that people keep out of the line at the till.
  void Avoid(const Vec2f& at, float radius_m, float cost);

  struct Walk {
    Vec2f from = Vec2f::Zero();
    Vec2f to = Vec2f::Zero();
    float time_s = 0;
    float speed_mps = 1.2F;
    float apart_m = 0.5F;    //!< from everybody, whatever happens
    float latest_s = 0;      //!< gives up on ways that take until later
    bool into_line = false;  //!< walks on avoided floor as on any other
  };
  //! The quickest comfortable way, waiting where others pass: Silver's A* in space and time (2005)
  //! over a grid, then corners cut where nothing is near. Empty if there is none.
  std::optional<std::vector<Knot>> Find(const Walk& walk, const Occupancy& others) const;

 private:
  struct Search;
  int Index(const Vec2f& at) const;  // -1 outside
  Vec2f Middle(int cell) const;
  float ClearanceAt(const Vec2f& at) const;
  float CellCost(int cell, bool into_line) const;  // of a metre; 0: blocked
  std::vector<float> CostsTo(int goal, const Walk& walk) const;
  std::vector<Knot> Straighten(const std::vector<Knot>& way, const Walk& walk,
                               const Occupancy& others) const;
  bool IsStraight(const Knot& a, const Knot& b, float clear_m, const Walk& walk,
                  const Occupancy& others) const;

  const Place& place_;
  float x0_, y0_;
  int columns_, rows_;
  std::vector<float> clearance_;
  std::vector<float> avoid_;
};

}  // namespace tenjo::synth
