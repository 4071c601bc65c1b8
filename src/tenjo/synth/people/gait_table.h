#pragma once

// Written by tools/fit_gait.py: 227 strides of 72 walks of the CMU motion capture database
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
inline constexpr float kMiddleSpeed = 0.3973F;
inline constexpr float kLowestSpeed = 0.2074F;
inline constexpr float kHighestSpeed = 0.6093F;
//! Stride (two steps) = kStride * (speed / kMiddleSpeed) ^ kStridePower.
inline constexpr float kStride = 1.4929F;
inline constexpr float kStridePower = 0.5568F;
inline constexpr std::array<float, 2> kToeOff = {0.6174F, -0.1237F};    //!< phase, and per speed
inline constexpr std::array<float, 2> kStepWidth = {0.1090F, 0.0093F};  //!< between the ankles

//! Thigh before the vertical; strides scatter by 0.100.
inline constexpr Series kThighPitch = {
    {0.2196F, 0.3931F, 0.0361F, -0.0589F, -0.0770F, -0.0089F, 0.0347F, -0.0098F, -0.0010F},
    {0.0028F, 0.5087F, 0.1507F, -0.1486F, 0.1169F, 0.0359F, 0.0398F, -0.0235F, -0.0257F}};
//! Knee; strides scatter by 0.152.
inline constexpr Series kKneeFlexion = {
    {0.5991F, 0.0905F, -0.2718F, -0.2933F, -0.0514F, -0.0339F, 0.0856F, -0.0343F, 0.0033F},
    {0.1734F, 0.1318F, 0.0652F, -0.2949F, 0.3366F, 0.0798F, 0.0095F, -0.0908F, -0.0488F}};
//! Toes up against the flat foot; strides scatter by 0.093.
inline constexpr Series kFootPitch = {
    {-0.2167F, 0.2818F, 0.4229F, 0.3170F, -0.1438F, -0.0179F, -0.0807F, 0.0376F, 0.0371F},
    {-0.2631F, 0.8050F, 0.2351F, -0.0357F, -0.6381F, -0.0909F, 0.1622F, 0.2382F, -0.0680F}};
//! This side of the pelvis forward; strides scatter by 0.058.
inline constexpr Series kPelvisYaw = {
    {0.0016F, 0.0568F, 0.0369F, 0.0006F, 0.0003F, 0.0033F, -0.0008F, -0.0002F, 0.0001F},
    {-0.0330F, 0.2889F, 0.1021F, 0.0063F, -0.0028F, 0.0331F, -0.0399F, -0.0010F, 0.0004F}};
//! This side of the pelvis up; strides scatter by 0.040.
inline constexpr Series kPelvisList = {
    {0.0004F, -0.0814F, 0.0365F, 0.0001F, -0.0003F, -0.0124F, -0.0092F, 0.0001F, 0.0000F},
    {0.0158F, -0.0983F, -0.0036F, -0.0036F, -0.0033F, -0.0268F, -0.0016F, -0.0014F, -0.0032F}};
//! Shares of the leg's length; strides scatter by 0.010.
inline constexpr Series kPelvisHeight = {
    {-0.0000F, -0.0002F, -0.0017F, -0.0086F, -0.0073F, -0.0002F, -0.0007F, 0.0016F, -0.0028F},
    {-0.0000F, -0.0029F, -0.0361F, -0.0208F, -0.0644F, -0.0040F, -0.0126F, -0.0010F, -0.0078F}};
//! Towards this side, shares of the leg's length; strides scatter by 0.007.
inline constexpr Series kPelvisSway = {
    {-0.0000F, -0.0231F, 0.0241F, 0.0002F, -0.0000F, -0.0024F, -0.0015F, 0.0000F, 0.0000F},
    {0.0000F, 0.0264F, -0.0572F, -0.0009F, -0.0013F, 0.0026F, 0.0010F, -0.0002F, -0.0004F}};
//! This shoulder forward; strides scatter by 0.066.
inline constexpr Series kChestYaw = {
    {0.0014F, -0.0638F, -0.0085F, 0.0004F, 0.0002F, 0.0086F, -0.0023F, 0.0001F, 0.0000F},
    {-0.0171F, -0.0294F, -0.0638F, -0.0026F, 0.0007F, 0.0124F, -0.0455F, -0.0022F, -0.0001F}};
//! Chest forward; strides scatter by 0.054.
inline constexpr Series kChestPitch = {
    {0.0614F, 0.0010F, 0.0044F, 0.0126F, -0.0058F, 0.0003F, 0.0014F, 0.0024F, 0.0006F},
    {-0.0850F, 0.0040F, -0.0143F, -0.0614F, 0.0238F, -0.0009F, -0.0023F, -0.0058F, -0.0213F}};
//! Upper arm before the vertical; strides scatter by 0.120.
inline constexpr Series kArmPitch = {
    {-0.0803F, -0.1660F, -0.0311F, 0.0066F, -0.0061F, -0.0073F, -0.0010F, 0.0011F, 0.0018F},
    {-0.0184F, -0.7934F, -0.4036F, -0.0021F, 0.0281F, -0.0458F, -0.0059F, 0.0182F, 0.0221F}};
//! Elbow; strides scatter by 0.126.
inline constexpr Series kElbowFlexion = {
    {0.4976F, -0.1182F, -0.0600F, 0.0351F, -0.0100F, 0.0030F, -0.0055F, -0.0009F, -0.0017F},
    {0.1031F, -0.6375F, -0.6464F, -0.0490F, 0.2218F, 0.0729F, 0.0384F, -0.0254F, -0.0257F}};

}  // namespace tenjo::synth::gait_table
