#pragma once

#include <array>
#include <vector>

#include "tenjo/synth/people/body.h"

namespace tenjo::synth {

inline constexpr float kDegree = 0.017453293F;

//! 0 left, 1 right; Sign() mirrors a left-hand value.
inline constexpr float SideSign(int side) { return side == 0 ? 1.0F : -1.0F; }

inline float Clamp01(float x) { return x < 0 ? 0.0F : (x > 1 ? 1.0F : x); }
inline float Smooth(float x) {
  const float t = Clamp01(x);
  return t * t * (3 - 2 * t);
}
inline float Smooth(float low, float high, float x) { return Smooth((x - low) / (high - low)); }
inline float Mix(float a, float b, float t) { return a + (b - a) * t; }
inline Vec3f Mix(const Vec3f& a, const Vec3f& b, float t) { return a + (b - a) * t; }
//! The angle in (-pi, pi].
float WrapAngle(float angle);
//! `v` made perpendicular to the unit vector `axis`, unit length; `fallback` where nothing is left.
Vec3f Perpendicular(const Vec3f& v, const Vec3f& axis, const Vec3f& fallback);

Eigen::Quaternionf TurnX(float angle);
Eigen::Quaternionf TurnY(float angle);
Eigen::Quaternionf TurnZ(float angle);

//! The bones of one side.
struct SideBones {
  int clavicle, shoulder, upperarm1, upperarm2, lowerarm1, lowerarm2, wrist, thumb, finger1,
      finger2;
  int pelvis, upperleg1, upperleg2, lowerleg1, lowerleg2, foot, toe;
};

//! Lengths and directions of a body at rest that posing needs.
struct SideMeasures {
  float upper_arm, lower_arm, thigh, shank;
  Vec3f upper_arm_dir, lower_arm_dir, elbow_axis;  //!< the elbow flexes about elbow_axis
  Vec3f finger_dir, palm_normal;                   //!< palm_normal points out of the palm
  Vec3f thigh_dir, shank_dir;
  Vec3f ankle, heel, ball, toe_tip;  //!< at rest
};

//! Where an arm goes, in the body's frame (x forward, y left, z up).
struct ArmGoal {
  Vec3f wrist = Vec3f::Zero();
  Vec3f pole = Vec3f(-0.3F, 0, -1);  //!< where the elbow points
  Vec3f palm = Vec3f(0, 0, 0);       //!< where the palm faces; zero: as it falls
  Vec3f fingers = Vec3f::Zero();     //!< where the fingers point; zero: along the forearm
  float curl = 0.35F;                //!< of the fingers, radians a joint
};

//! Where a foot goes, in the body's frame.
struct FootGoal {
  Vec3f ankle = Vec3f::Zero();
  float yaw = 0;
  float pitch = 0;             //!< toes up
  Vec3f knee = Vec3f::Zero();  //!< where the knee points; zero: as the foot does
  float toe = 0;               //!< toes bent up against the foot
};

//! Pelvis and trunk.
struct TorsoGoal {
  Vec3f hips = Vec3f::Zero();  //!< middle of the hip joints
  float pelvis_yaw = 0;        //!< left is positive
  float pelvis_pitch = 0;      //!< forward
  float pelvis_roll = 0;       //!< left side up
  float spine_pitch = 0;       //!< of the chest against the pelvis
  float spine_side = 0;        //!< towards the right
  float spine_twist = 0;       //!< left
};

//! A skeleton being posed, in the body's frame. Bones are set from the root outwards.
class Skeleton {
 public:
  Skeleton(const BodyAsset& asset, const RestBody& rest);

  const RestBody& rest() const { return rest_; }
  const SideMeasures& measures(int side) const { return measures_[static_cast<std::size_t>(side)]; }
  const SideBones& bones(int side) const { return bones_[static_cast<std::size_t>(side)]; }
  float leg_length() const { return leg_length_; }  //!< hip joint to sole
  Vec3f rest_hips() const { return rest_hips_; }

  //! Pelvis, spine, and the shoulders' bones as the spine carries them.
  void PoseTorso(const TorsoGoal& goal);
  //! The head against the chest: yaw left, pitch down, roll to the right.
  void PoseHead(float yaw, float pitch, float roll);
  //! Analytic two-bone inverse kinematics with the shoulder girdle following the arm.
  void PoseArm(int side, const ArmGoal& goal);
  void PoseLeg(int side, const FootGoal& goal);

  Vec3f joint(int bone) const { return places_[static_cast<std::size_t>(bone)]; }
  const Eigen::Quaternionf& turn(int bone) const { return turns_[static_cast<std::size_t>(bone)]; }
  Vec3f hip(int side) const { return joint(bones(side).upperleg1); }
  //! Shoulder joint as the spine carries it, before the arm moves the girdle.
  Vec3f shoulder(int side) const;
  const Eigen::Quaternionf& chest() const { return turn(spine_[4]); }

  BodyPose Finish() const;

 private:
  void SetTurn(int bone, const Eigen::Quaternionf& global);
  void SetLocal(int bone, const Eigen::Quaternionf& local);
  void PoseGirdle(int side, const ArmGoal& goal);
  void PoseHand(int side, const ArmGoal& goal, const Eigen::Quaternionf& forearm);

  const BodyAsset& asset_;
  const RestBody& rest_;
  int root_;
  std::array<int, 5> spine_;
  std::array<int, 4> neck_;
  std::array<SideBones, 2> bones_;
  std::array<SideMeasures, 2> measures_;
  float leg_length_ = 0;
  Vec3f rest_hips_ = Vec3f::Zero();
  std::vector<Eigen::Quaternionf> turns_;
  std::vector<Vec3f> places_;
};

}  // namespace tenjo::synth
