#pragma once

#include <optional>
#include <vector>

#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/set/crowd_floor.h"

// One visit: the way, what is done on it, and the body's pose at any time of it. Internal to this
// room.
namespace tenjo::synth {

//! A way is smoothed over so many seconds before and after; who is to stand still at a time must
//! have arrived so much earlier.
inline constexpr float kSettleS = 0.75F;
inline constexpr float kWayStepS = 0.05F;

//! Faces one way while standing.
struct Stop {
  float from_s = 0;
  float to_s = 0;
  float yaw_rad = 0;
};

//! Something done while standing or sitting: comes up from `from_s` to `full_s`, goes from `back_s`
//! to `to_s`.
struct Act {
  Activity activity = Activity::kReach;
  float from_s = 0, full_s = 0, back_s = 0, to_s = 0;
  std::optional<Vec3f> left_target;
  std::optional<Vec3f> right_target;
  float seat_height_m = 0;

  float Blend(float time_s) const;
};

//! What goes on from a time until the next phase.
struct Phase {
  float from_s = 0;
  Activity activity = Activity::kWalk;
  HeldThing left = HeldThing::kNothing;
  HeldThing right = HeldThing::kNothing;
  std::optional<Vec3f> look_at;
};

struct Visit {
  int identity = 0;
  bool staff = false;
  float enter_s = 0;
  float leave_s = 0;
  int enter_door = -1;
  int leave_door = -1;
  std::vector<Knot> knots;  //!< of the hips' middle
  std::vector<Stop> stops;
  std::vector<Act> acts;
  std::vector<Phase> phases;  //!< the first begins with the visit
};

//! The middle's places every kWayStepS from `enter_s` to `leave_s`: straight pieces, smoothed.
std::vector<Vec2f> SmoothWay(const Visit& visit);
//! The body's facing at the same times: where one walks to, or a stop's, turned no faster than
//! 2.3 rad/s.
std::vector<float> SmoothYaw(const Visit& visit, const std::vector<Vec2f>& way);

//! How a body goes through its visit.
class VisitMotion {
 public:
  VisitMotion(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style, Visit visit);

  BodyPose PoseAt(float time_s) const;
  //! What the hands hold.
  std::pair<HeldThing, HeldThing> HoldsAt(float time_s) const;
  Vec3f MiddleAt(float time_s) const;
  float YawAt(float time_s) const;
  //! 0 stands .. 1 sits.
  float SittingAt(float time_s) const;
  const Visit& visit() const { return visit_; }

 private:
  //! From one change of phase, act or habit to the next.
  struct Epoch {
    float from_s;
    std::size_t phase;
    int act;         // -1 none
    float latest_s;  // idle hands change their habit then
  };
  void FindEpochs();
  BodyPose PoseIn(std::size_t epoch, float time_s) const;
  BodyPose PlainPose(const Epoch& epoch, float time_s) const;

  const BodyAsset& asset_;
  const RestBody& rest_;
  MotionStyle style_;
  Visit visit_;
  std::vector<Vec2f> way_;
  std::vector<float> yaw_;
  std::optional<FootSteps> steps_;
  std::vector<Epoch> epochs_;
};

}  // namespace tenjo::synth
