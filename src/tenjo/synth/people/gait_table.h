#pragma once

// Written by tools/fit_gait.py: 226 strides of 71 walks of the CMU motion capture database
// (mocap.cs.cmu.edu, created with funding from NSF EIA-0196217). Angles in radians; phase 0 is this
// side's heel strike.

#include <array>

namespace tenjo::synth::gait_table {

inline constexpr int kHarmonics = 4;
//! A series c0, a1, b1, a2, b2, ... at kMiddleSpeed, and what each gains per unit of speed.
struct Series {
  std::array<float, 1 + 2 * kHarmonics> base;
  std::array<float, 1 + 2 * kHarmonics> per_speed;
};

// Speeds are divided by sqrt(g * leg length), lengths by the leg's length.
inline constexpr float kMiddleSpeed = 0.3974F;
inline constexpr float kLowestSpeed = 0.2390F;
inline constexpr float kHighestSpeed = 0.6094F;
//! Stride (two steps) = kStride * (speed / kMiddleSpeed) ^ kStridePower.
inline constexpr float kStride = 1.4933F;
inline constexpr float kStridePower = 0.5448F;
inline constexpr std::array<float, 2> kToeOff = {0.6176F, -0.1287F};    //!< phase, and per speed
inline constexpr std::array<float, 2> kStepWidth = {0.1092F, 0.0039F};  //!< between the ankles
inline constexpr float kMidStance = 0.1949F;  //!< phase at which the hips pass over the ankle

//! Thigh before the vertical; strides scatter by 0.074.
inline constexpr Series kThighPitch = {
    {0.0352F, 0.3937F, 0.0367F, -0.0589F, -0.0772F, -0.0090F, 0.0348F, -0.0099F, -0.0010F},
    {0.0142F, 0.4988F, 0.1375F, -0.1466F, 0.1218F, 0.0400F, 0.0360F, -0.0217F, -0.0271F}};
//! Knee; strides scatter by 0.107.
inline constexpr Series kKneeFlexion = {
    {0.4145F, 0.0906F, -0.2725F, -0.2937F, -0.0517F, -0.0342F, 0.0858F, -0.0343F, 0.0034F},
    {0.1906F, 0.1296F, 0.0839F, -0.2839F, 0.3457F, 0.0880F, 0.0023F, -0.0892F, -0.0517F}};
//! Toes up against the flat foot; strides scatter by 0.087.
inline constexpr Series kFootPitch = {
    {-0.2170F, 0.2812F, 0.4234F, 0.3174F, -0.1443F, -0.0177F, -0.0809F, 0.0375F, 0.0373F},
    {-0.2540F, 0.8214F, 0.2225F, -0.0473F, -0.6273F, -0.0944F, 0.1698F, 0.2433F, -0.0736F}};
//! This side of the pelvis forward; strides scatter by 0.058.
inline constexpr Series kPelvisYaw = {
    {0.0016F, 0.0567F, 0.0372F, 0.0007F, 0.0002F, 0.0032F, -0.0007F, -0.0003F, 0.0001F},
    {-0.0296F, 0.2936F, 0.0953F, 0.0033F, -0.0005F, 0.0351F, -0.0416F, -0.0006F, -0.0003F}};
//! This side of the pelvis up; strides scatter by 0.039.
inline constexpr Series kPelvisList = {
    {-0.0000F, -0.0817F, 0.0366F, 0.0002F, -0.0002F, -0.0124F, -0.0093F, 0.0001F, -0.0000F},
    {0.0262F, -0.0922F, -0.0078F, -0.0056F, -0.0048F, -0.0254F, 0.0001F, -0.0020F, -0.0027F}};
//! Shares of the leg's length; strides scatter by 0.009.
inline constexpr Series kPelvisHeight = {
    {-0.0000F, -0.0002F, -0.0017F, -0.0085F, -0.0072F, -0.0002F, -0.0007F, 0.0016F, -0.0028F},
    {-0.0000F, -0.0020F, -0.0361F, -0.0221F, -0.0666F, -0.0042F, -0.0127F, -0.0013F, -0.0072F}};
//! Towards this side, shares of the leg's length; strides scatter by 0.006.
inline constexpr Series kPelvisSway = {
    {-0.0000F, -0.0232F, 0.0242F, 0.0002F, -0.0001F, -0.0024F, -0.0015F, 0.0000F, 0.0000F},
    {0.0000F, 0.0280F, -0.0587F, -0.0012F, -0.0010F, 0.0029F, 0.0013F, -0.0003F, -0.0003F}};
//! This shoulder forward; strides scatter by 0.066.
inline constexpr Series kChestYaw = {
    {0.0008F, -0.0640F, -0.0084F, 0.0004F, 0.0002F, 0.0087F, -0.0023F, 0.0001F, 0.0000F},
    {-0.0016F, -0.0238F, -0.0667F, -0.0007F, 0.0004F, 0.0110F, -0.0457F, -0.0016F, 0.0002F}};
//! Chest forward; strides scatter by 0.053.
inline constexpr Series kChestPitch = {
    {0.0609F, 0.0011F, 0.0041F, 0.0127F, -0.0059F, 0.0003F, 0.0014F, 0.0024F, 0.0006F},
    {-0.0705F, 0.0007F, -0.0093F, -0.0643F, 0.0268F, -0.0014F, -0.0012F, -0.0052F, -0.0205F}};
//! Upper arm before the vertical; strides scatter by 0.119.
inline constexpr Series kArmPitch = {
    {-0.0795F, -0.1658F, -0.0311F, 0.0066F, -0.0060F, -0.0073F, -0.0010F, 0.0011F, 0.0018F},
    {-0.0387F, -0.8044F, -0.4099F, -0.0018F, 0.0235F, -0.0480F, -0.0066F, 0.0191F, 0.0205F}};
//! Elbow; strides scatter by 0.110.
inline constexpr Series kElbowFlexion = {
    {0.4966F, -0.1174F, -0.0598F, 0.0353F, -0.0102F, 0.0029F, -0.0055F, -0.0009F, -0.0017F},
    {0.1245F, -0.6589F, -0.6622F, -0.0530F, 0.2336F, 0.0767F, 0.0406F, -0.0258F, -0.0257F}};

}  // namespace tenjo::synth::gait_table
