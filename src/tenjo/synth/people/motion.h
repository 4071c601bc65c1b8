#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/bvh.h"
#include "tenjo/synth/people/wardrobe.h"

namespace tenjo::synth {

//! What a body does.
enum class Activity : std::uint8_t {
  kStand,
  kWalk,
  kTurn,     //!< stands while yaw_rad changes; FootSteps lets it step round
  kQueue,    //!< stands as one does who waits: shifts, folds arms, looks ahead
  kReach,    //!< one hand (or both) to a target; also taking and putting back
  kPay,      //!< the right hand over a counter; to right_target, if there is one
  kCarry,    //!< something held before the body while standing or walking
  kSitDown,  //!< blend 0 stands, 1 sits; standing up is the way back
  kSit,
  kBend,  //!< down to the floor, or to a target
  kLookAround,
  kCapture,  //!< from a BVH file
};

//! Where hands go while they have nothing to do.
enum class IdleHands : std::uint8_t {
  kHang,
  kPockets,
  kOnePocket,
  kCrossed,
  kClaspedBefore,
  kClaspedBehind,
  kOnHips,
  kAtChin,
};

//! How one identity moves: its gait's tempo, sway, arm swing, posture. Drawn once a person.
struct MotionStyle {
  float step_scale = 1;
  float arm_swing = 1;
  float lean_rad = 0;   //!< of the trunk, forwards
  float stoop_rad = 0;  //!< rounding of the back
  float toe_out_rad = 0.1F;
  float sway = 1;
  float stance_width = 1;   //!< of standing feet, in hip widths
  float elbow_rad = 0.25F;  //!< flexion of a hanging arm
  float splay_rad = 0;      //!< arms held away from the body
  bool left_handed = false;
  IdleHands walking_hands = IdleHands::kHang;
  std::uint32_t seed = 0;
};
MotionStyle DrawMotionStyle(const BodyShape& shape, Random& random);

//! Where a foot stands and where it goes next, in the world; `place` is below the ankle, on the
//! floor.
struct FootPlant {
  Vec3f from = Vec3f::Zero();
  float from_yaw = 0;
  Vec3f to = Vec3f::Zero();
  float to_yaw = 0;
};

//! A moment of an activity.
struct MotionState {
  Activity activity = Activity::kStand;
  float time_s = 0;  //!< since the activity began: standing sways, looking about wanders
  float distance_m =
      0;  //!< walked along a straight path: the gait's phase comes from it, so feet do not slide
  float speed_mps = 0;  //!< of walking, 0.4-1.8; standing activities walk too where it is above 0
  float blend = 1;      //!< 0..1 how far the activity replaced standing (reach, pay, bend, sit)
  std::optional<Vec3f> left_target;  //!< world place a hand goes to (reach, pay, bend)
  std::optional<Vec3f> right_target;
  Vec3f look_at = Vec3f::Zero();  //!< world place the face turns to, within the neck's limits
  bool has_look_at = false;
  float seat_height_m = 0.45F;
  HeldThing left_holds = HeldThing::kNothing;  //!< an arm that holds something is posed for it
  HeldThing right_holds = HeldThing::kNothing;
  Vec3f place = Vec3f::Zero();  //!< on the floor, below the standing body's middle
  float yaw_rad = 0;

  // Set by FootSteps where a path bends, starts or stops; left alone, a straight path is assumed.
  std::optional<float> phase;  //!< strides walked (left heel strikes at whole numbers)
  float walk = 1;              //!< 0..1 how much of walking there is in the body
  std::optional<std::array<FootPlant, 2>> feet;

  std::shared_ptr<const MotionCapture> capture;  //!< for kCapture, with capture_s its time
  float capture_s = 0;
};

//! Pose of a body in a state. Feet rest on the floor; deterministic. A kCapture without capture is
//! a broken promise.
BodyPose MakePose(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
                  const MotionState& state);

//! Metres that the middle of a seat lies behind MotionState::place of who sits on it.
float SeatSetback(const BodyAsset& asset, const RestBody& rest);

//! Distance from the shoulder joint that a wrist reaches without leaning.
float ArmReach(const BodyAsset& asset, const RestBody& rest);

//! A body's place on its way.
struct PathPoint {
  float time_s = 0;
  Vec3f place = Vec3f::Zero();
  float yaw_rad = 0;
};

//! Footsteps along any path, planned ahead so that a foot on the floor never slides: walking on
//! curves, starting, stopping, stepping round on the spot.
class FootSteps {
 public:
  //! Times ascend; one point stands still. Between points place and yaw run straight (yaw the short
  //! way).
  FootSteps(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
            std::vector<PathPoint> path);
  //! Sets place, yaw_rad, speed_mps, distance_m, phase, walk and feet for a time (clamped to the
  //! path).
  void Apply(float time_s, MotionState& state) const;

 private:
  struct Sample {
    float time_s, phase, speed, walk, distance;
    Vec3f place;
    float yaw;
  };
  struct Landing {
    float phase;  // of the stride that begins here
    Vec3f place;
    float yaw;
  };
  Sample At(float time_s) const;
  Sample AtPhase(float phase) const;
  void PlanLandings(int side);

  MotionStyle style_;
  float leg_length_ = 1;
  float hip_width_ = 0.2F;
  std::vector<Sample> samples_;
  std::array<std::vector<Landing>, 2> landings_;
};

}  // namespace tenjo::synth
