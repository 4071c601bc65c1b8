#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/wardrobe.h"

namespace tenjo::synth {

//! What a body does.
enum class Activity : std::uint8_t {
  kStand,
  kWalk,
  kTurn,
  kQueue,
  kReach,    //!< one hand (or both) to a target; also taking and putting back
  kPay,
  kCarry,    //!< something held before the body while standing or walking
  kSitDown,
  kSit,
  kBend,
  kLookAround,
  kCapture,  //!< from a BVH file
};

//! How one identity moves: its gait's tempo, sway, arm swing, posture. Drawn once a person.
struct MotionStyle {
  float step_scale = 1;
  float arm_swing = 1;
  float lean_rad = 0;
  float toe_out_rad = 0.1F;
  float sway = 1;
  std::uint32_t seed = 0;
};
MotionStyle DrawMotionStyle(const BodyShape& shape, Random& random);

//! A moment of an activity.
struct MotionState {
  Activity activity = Activity::kStand;
  float time_s = 0;           //!< since the activity began: standing sways, reaching goes out and back
  float distance_m = 0;       //!< walked along the path: the gait's phase comes from it, so feet do not slide
  float speed_mps = 0;        //!< of walking, 0.4-1.8
  float blend = 1;            //!< 0..1 how far the activity replaced standing (reach, bend, sit)
  std::optional<Vec3f> left_target;   //!< world place a hand goes to (reach, pay)
  std::optional<Vec3f> right_target;
  Vec3f look_at = Vec3f::Zero();      //!< world place the face turns to, within the neck's limits
  bool has_look_at = false;
  float seat_height_m = 0.45F;
  HeldThing left_holds = HeldThing::kNothing;   //!< an arm that holds something is posed for it
  HeldThing right_holds = HeldThing::kNothing;
  Vec3f place = Vec3f::Zero();        //!< on the floor
  float yaw_rad = 0;
};

//! Pose of a body in a state. Feet rest on the floor; deterministic.
BodyPose MakePose(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
                  const MotionState& state);

}  // namespace tenjo::synth
