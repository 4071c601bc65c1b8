#pragma once

// What MakePose is put together from; for motion*.cc only.

#include "tenjo/synth/people/gait.h"
#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/people/motion_skeleton.h"

namespace tenjo::synth {

//! How far the trunk reaches about its joints, metres; hands and seats keep out of it.
struct BodyGirth {
  float hip_half = 0.18F;     //!< sideways, from waist to the fork
  float chest_front = 0.12F;  //!< x
  float belly_front = 0.12F;
  float back = -0.12F;
  float thigh_front = 0.07F;  //!< from the thigh's bone to its skin
  float thigh_back = 0.08F;
};
BodyGirth MeasureGirth(const BodyAsset& asset, const Skeleton& skeleton);

//! A wavering number in about -1..1 that depends on nothing else; `tempo` in turns a second.
float Waver(std::uint32_t seed, std::uint32_t channel, float time_s, float tempo);
//! A number in 0..1 of a seed.
float SeedShare(std::uint32_t seed, std::uint32_t channel);

//! Where a foot stands under a body that faces along x, and its yaw; `walk` 0 stands, 1 walks.
struct NeutralFoot {
  Vec3f place;
  float yaw;
};
NeutralFoot NeutralStance(const MotionStyle& style, int side, float hip_width_m, float leg_length_m,
                          float speed_mps, float walk);

//! An arm by its angles: flexion forwards, abduction sideways, elbow flexion, and how far the
//! forearm turns inwards (0 straight ahead, 1 across the body). `heading` carries the frame.
ArmGoal ArmFromAngles(const Skeleton& skeleton, int side, const Eigen::Quaternionf& heading,
                      float flexion, float abduction, float elbow, float inward);
//! From one goal to another on an arc about the shoulder.
ArmGoal MixArms(const Skeleton& skeleton, int side, const ArmGoal& a, const ArmGoal& b,
                float share);

struct ArmScene {
  const Skeleton& skeleton;
  const BodyGirth& girth;
  const MotionStyle& style;
  const MotionState& state;
  float chest_yaw;
  float walk;  //!< 0..1
  float sit;   //!< 0..1
  TrunkGait gait;
};
ArmGoal FreeArm(const ArmScene& scene, int side);
ArmGoal HoldingArm(const ArmScene& scene, int side, HeldThing thing);

//! What the trunk and the feet do before the legs and arms are solved; in the body's frame.
struct Stance {
  TorsoGoal torso;
  struct Foot {
    FootGoal goal;
    Vec3f place = Vec3f::Zero();  // of PlantFoot
    float yaw = 0;
    bool grounded = true;
  };
  std::array<Foot, 2> feet;
};
//! Poses the trunk, lowering the hips until every foot that bears can be reached.
void Settle(Skeleton& skeleton, Stance& stance);
void StandOrWalk(const Skeleton& skeleton, const MotionStyle& style, const MotionState& state,
                 float walk, const TrunkGait& gait, Stance& stance);
void SitDown(const Skeleton& skeleton, const BodyGirth& girth, const MotionStyle& style,
             const MotionState& state, Stance& stance);
//! Leans, bends, turns and steps until the shoulders are near enough to the targets (body's frame).
void LeanToTargets(Skeleton& skeleton, const MotionStyle& style,
                   const std::array<std::optional<Vec3f>, 2>& targets, float blend, bool seated,
                   Stance& stance);

}  // namespace tenjo::synth
