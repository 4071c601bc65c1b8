#pragma once

#include "tenjo/synth/people/motion_skeleton.h"

namespace tenjo::synth {

// Human gait as fitted to motion captures (tools/fit_gait.py). The phase counts strides of the left
// foot: 0 is its heel strike, 0.5 the right foot's.

//! Metres of one stride (two steps) at a speed.
float StrideLength(float speed_mps, float leg_length_m, float step_scale = 1);

//! What the trunk and arms do at a moment of walking, against standing upright.
struct TrunkGait {
  float pelvis_yaw = 0;   //!< left, radians
  float pelvis_list = 0;  //!< left side up
  float pelvis_rise = 0;  //!< metres about its mean
  float pelvis_sway = 0;  //!< metres to the left
  float chest_yaw = 0;    //!< against the way walked
  float chest_pitch = 0;
  std::array<float, 2> arm_pitch = {0, 0};  //!< upper arm before the vertical
  std::array<float, 2> elbow = {0, 0};
};
TrunkGait TrunkAt(float phase, float speed_mps, float leg_length_m);

//! What one foot does; `phase` is its own, in strides since a heel strike.
struct FootGait {
  bool swings = false;
  float progress = 0;  //!< of the swing from the place left to the place reached, 0..1
  float lift = 0;      //!< metres of the ankle above the straight way
  float pitch = 0;     //!< toes up; about the heel above 0, about the ball below
  float toe = 0;       //!< toes bent up
};
FootGait FootAt(float phase, float speed_mps, float leg_length_m);

//! Phase at which a foot leaves the floor.
float ToeOffPhase(float speed_mps, float leg_length_m);
//! Phase at which the body stands over a foot.
float MidStancePhase(float speed_mps, float leg_length_m);
inline constexpr float kMostToe = 1.0F;  //!< that toes are bent up, radians
//! Phase at which the heel of a foot that bears begins to rise.
inline constexpr float kHeelRisePhase = 0.3F;
//! Flexion of the knee of a foot that bears.
float BearingKnee(float phase, float speed_mps, float leg_length_m);
//! Metres between a walker's ankles, sideways.
float WalkingWidth(float speed_mps, float leg_length_m);

//! The foot standing at `place` (below the ankle, on the floor) turned by `yaw`, with the heel or
//! the toes left on the floor by `pitch`; the toes are bent by `toe`.
FootGoal PlantFoot(const SideMeasures& measures, const Vec3f& place, float yaw, float pitch,
                   float toe);

}  // namespace tenjo::synth
