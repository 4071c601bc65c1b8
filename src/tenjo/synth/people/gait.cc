#include "tenjo/synth/people/gait.h"

#include <algorithm>
#include <cmath>

#include "tenjo/synth/people/gait_table.h"

namespace tenjo::synth {
namespace {

constexpr float kTurn = 6.2831853F;
constexpr float kGravity = 9.81F;
// Slower and faster than the captures the series would be invented.
constexpr float kSlowest = 0.6F * gait_table::kLowestSpeed;

float RelativeSpeed(float speed_mps, float leg_length_m) {
  return speed_mps / std::sqrt(kGravity * leg_length_m);
}

float FittedSpeed(float speed_mps, float leg_length_m) {
  return std::clamp(RelativeSpeed(speed_mps, leg_length_m), kSlowest, gait_table::kHighestSpeed);
}

constexpr float kStraightKnee = 3 * kDegree;  // never quite locked

//! How far the heel of a foot that bears may have risen.
float Rise(float phase) { return Smooth(kHeelRisePhase, 0.45F, phase); }

float Evaluate(const gait_table::Series& series, float phase, float speed) {
  const float above = speed - gait_table::kMiddleSpeed;
  const auto term = [&](std::size_t k) { return series.base[k] + above * series.per_speed[k]; };
  float sum = term(0);
  for (std::size_t k = 1; k <= gait_table::kHarmonics; ++k) {
    const float angle = kTurn * static_cast<float>(k) * phase;
    sum += term(2 * k - 1) * std::cos(angle) + term(2 * k) * std::sin(angle);
  }
  return sum;
}

float Fraction(float phase) { return phase - std::floor(phase); }

// The ankle against the hips and the walked way, from the fitted joint angles; leg lengths.
struct AnklePlace {
  float ahead;
  float above;
};
AnklePlace FittedAnkle(float phase, float speed, float stride) {
  constexpr float kSegment = 0.455F;  // thigh and shank, shares of the leg
  const float thigh = Evaluate(gait_table::kThighPitch, phase, speed);
  const float shank = thigh - Evaluate(gait_table::kKneeFlexion, phase, speed);
  return {kSegment * (std::sin(thigh) + std::sin(shank)) + stride * phase,
          Evaluate(gait_table::kPelvisHeight, phase, speed) -
              kSegment * (std::cos(thigh) + std::cos(shank))};
}

}  // namespace

float StrideLength(float speed_mps, float leg_length_m, float step_scale) {
  // Steps do not vanish with the speed: people who shuffle still step.
  const float speed = std::max(RelativeSpeed(speed_mps, leg_length_m), 0.05F);
  return step_scale * leg_length_m * gait_table::kStride *
         std::pow(speed / gait_table::kMiddleSpeed, gait_table::kStridePower);
}

float ToeOffPhase(float speed_mps, float leg_length_m) {
  return gait_table::kToeOff[0] +
         gait_table::kToeOff[1] * (FittedSpeed(speed_mps, leg_length_m) - gait_table::kMiddleSpeed);
}

float MidStancePhase(float speed_mps, float leg_length_m) {
  // Who hurries is farther behind the foot when it strikes, so that the other leg still reaches.
  constexpr float kPerSpeed = 0.1F;
  return gait_table::kMidStance +
         kPerSpeed * (FittedSpeed(speed_mps, leg_length_m) - gait_table::kMiddleSpeed);
}

float WalkingWidth(float speed_mps, float leg_length_m) {
  return leg_length_m * (gait_table::kStepWidth[0] +
                         gait_table::kStepWidth[1] *
                             (FittedSpeed(speed_mps, leg_length_m) - gait_table::kMiddleSpeed));
}

TrunkGait TrunkAt(float phase, float speed_mps, float leg_length_m) {
  const float speed = FittedSpeed(speed_mps, leg_length_m);
  const float left = Fraction(phase);
  const float right = Fraction(phase + 0.5F);
  const auto difference = [&](const gait_table::Series& series) {
    return (Evaluate(series, left, speed) - Evaluate(series, right, speed)) / 2;
  };
  const auto mean = [&](const gait_table::Series& series) {
    return (Evaluate(series, left, speed) + Evaluate(series, right, speed)) / 2;
  };
  return {.pelvis_yaw = -difference(gait_table::kPelvisYaw),
          .pelvis_list = difference(gait_table::kPelvisList),
          .pelvis_rise = leg_length_m * mean(gait_table::kPelvisHeight),
          .pelvis_sway = leg_length_m * difference(gait_table::kPelvisSway),
          .chest_yaw = -difference(gait_table::kChestYaw),
          .chest_pitch = mean(gait_table::kChestPitch),
          .arm_pitch = {Evaluate(gait_table::kArmPitch, left, speed),
                        Evaluate(gait_table::kArmPitch, right, speed)},
          .elbow = {Evaluate(gait_table::kElbowFlexion, left, speed),
                    Evaluate(gait_table::kElbowFlexion, right, speed)}};
}

FootGait FootAt(float phase, float speed_mps, float leg_length_m) {
  const float speed = FittedSpeed(speed_mps, leg_length_m);
  const float at = Fraction(phase);
  const float toe_off = ToeOffPhase(speed_mps, leg_length_m);
  FootGait foot;
  foot.pitch = Evaluate(gait_table::kFootPitch, at, speed);
  if (at < toe_off) {
    // The fit wavers about the flat foot; a sole that bears the body lies still.
    foot.pitch =
        foot.pitch > 0 ? foot.pitch * (1 - Smooth(0.03F, 0.13F, at)) : foot.pitch * Rise(at);
    foot.toe = std::clamp(-foot.pitch, 0.0F, kMostToe);
    return foot;
  }
  const float share = (at - toe_off) / (1 - toe_off);
  const float stride = StrideLength(speed_mps, leg_length_m) / leg_length_m;
  const AnklePlace start = FittedAnkle(toe_off, speed, stride);
  const AnklePlace end = FittedAnkle(1, speed, stride);
  const AnklePlace now = FittedAnkle(at, speed, stride);
  foot.swings = true;
  // A foot leaves while its ankle moves on already, and has all but come to rest when it touches:
  // so its ankle is never faster than 1.34 times its mean.
  constexpr float kLeaves = 0.5F;
  constexpr float kLands = 0.05F;
  const float rest = 1 - share;
  foot.progress = share * share * (3 - 2 * share) + kLeaves * share * rest * rest -
                  kLands * share * share * rest;
  foot.lift = leg_length_m * std::max(0.0F, now.above - Mix(start.above, end.above, share));
  // Ankle and toes are drawn up as the foot passes the other (less than shoes let captures show).
  const float drawn = Smooth(0.1F, 0.4F, share) * (1 - Smooth(0.6F, 0.9F, share));
  foot.pitch *= 1 - 0.16F * drawn;
  foot.toe = std::clamp(-foot.pitch, 0.0F, kMostToe) * Mix(1.0F, 0.45F, Smooth(3 * share));
  return foot;
}

float BearingKnee(float phase, float speed_mps, float leg_length_m) {
  return std::max(kStraightKnee, Evaluate(gait_table::kKneeFlexion, Fraction(phase),
                                          FittedSpeed(speed_mps, leg_length_m)));
}

FootGoal PlantFoot(const SideMeasures& measures, const Vec3f& place, float yaw, float pitch,
                   float toe) {
  // About the heel, or the ball; once the toes bend no further, about their tip.
  Vec3f pivot = pitch > 0 ? measures.heel : measures.ball;
  if (const float beyond = -pitch - toe; pitch < 0 && beyond > 0) {
    pivot = measures.toe_tip + TurnY(beyond) * (measures.ball - measures.toe_tip);
  }
  const Vec3f& fixed = pitch > 0 ? measures.heel : measures.ball;
  const Vec3f below(measures.ankle.x(), measures.ankle.y(), 0);
  FootGoal goal;
  goal.ankle = place + TurnZ(yaw) * (pivot - below + TurnY(-pitch) * (measures.ankle - fixed));
  goal.yaw = yaw;
  goal.pitch = pitch;
  goal.toe = toe;
  return goal;
}

}  // namespace tenjo::synth
