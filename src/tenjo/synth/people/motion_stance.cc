// What the trunk and the feet do: stand, walk, sit, lean.
#include <algorithm>
#include <cmath>

#include "tenjo/synth/people/motion_parts.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = 3.14159265F;
constexpr float kLiftShare = 0.5F;      // of the fitted lift: the ankle leaves higher than fitted
constexpr float kStraightLeg = 0.998F;  // of its length: knees are never quite locked

// Height above the ankle at which the hip joint may stand, `off` metres away from above it.
float HighestHip(const SideMeasures& m, float off) {
  const float longest = kStraightLeg * (m.thigh + m.shank);
  return std::sqrt(std::max(0.05F, longest * longest - off * off));
}

// The lower of two, without a kink.
float SoftMin(float a, float b) {
  constexpr float kRound = 0.006F;
  const float h = Clamp01(0.5F + 0.5F * (b - a) / kRound);
  return Mix(b, a, h) - kRound * h * (1 - h);
}

FootPlant InBody(const FootPlant& plant, const MotionState& state) {
  const Eigen::Quaternionf back = TurnZ(-state.yaw_rad);
  return {back * (plant.from - state.place), WrapAngle(plant.from_yaw - state.yaw_rad),
          back * (plant.to - state.place), WrapAngle(plant.to_yaw - state.yaw_rad)};
}

FootPlant StraightPlant(const Skeleton& skeleton, const MotionStyle& style, float speed, int side,
                        float phase) {
  const float leg = skeleton.leg_length();
  const float stride = StrideLength(speed, leg, style.step_scale);
  const float hips = (skeleton.hip(0) - skeleton.hip(1)).norm();
  const NeutralFoot neutral = NeutralStance(style, side, hips, leg, speed, 1);
  FootPlant plant;
  plant.from = neutral.place + Vec3f(stride * (MidStancePhase(speed, leg) - phase), 0, 0);
  plant.to = plant.from + Vec3f(stride, 0, 0);
  plant.from_yaw = plant.to_yaw = neutral.yaw;
  return plant;
}

// Lowest of the sole's places against the ankle.
float SoleBelowAnkle(const SideMeasures& m, const FootGoal& goal) {
  const Eigen::Quaternionf turn = TurnY(-goal.pitch);
  const float heel = (turn * (m.heel - m.ankle)).z();
  const Vec3f ball = turn * (m.ball - m.ankle);
  const float toe = (ball + TurnY(-goal.pitch - goal.toe) * (m.toe_tip - m.ball)).z();
  return std::min({heel - m.heel.z(), ball.z() - m.ball.z(), toe - m.toe_tip.z()});
}

// Straight walking of a body at a speed, as seen by its left foot: how high the hips are carried
// and how far the heel of the foot behind must rise for its leg to reach. Heights of hips are of
// their middle above the floor.
class WalkCycle {
 public:
  WalkCycle(const Skeleton& skeleton, const MotionStyle& style, float speed)
      : skeleton_(skeleton),
        style_(style),
        speed_(speed),
        leg_(skeleton.leg_length()),
        half_((skeleton.hip(0) - skeleton.hip(1)).norm() / 2),
        toe_off_(ToeOffPhase(speed, leg_)) {
    // In a long stride the leg behind does not reach from so high.
    lacking_ = std::max(0.0F, HipHeight(toe_off_) - Height(toe_off_, kSteepest, kPushingKnee));
  }

  float speed() const { return speed_; }
  float leg() const { return leg_; }
  float toe_off() const { return toe_off_; }

  // At a phase of either foot, in strides: both halves are alike.
  float HipHeight(float phase) const {
    const float own = std::fmod(phase, 0.5F);
    const auto as_knees_bend = [&](float at) {
      return Height(at, FootAt(at, speed_, leg_).pitch, BearingKnee(at, speed_, leg_));
    };
    // Late in the stance the heel rises instead of the body sinking lower than it is at the strike.
    const float vault =
        Mix(as_knees_bend(own), as_knees_bend(0), Smooth(kHeelRisePhase + 0.03F, 0.5F, own));
    return vault - lacking_ * Dip(own);
  }

  // Of the foot's sole while it bears.
  FootGait Bearing(float own) const {
    FootGait foot = FootAt(std::min(own, toe_off_ - 1e-4F), speed_, leg_);
    if (own > kHeelRisePhase) {
      const float hips = HipHeight(own);
      const float knee = std::max(kPushingKnee, BearingKnee(own, speed_, leg_));
      float flat = 0;
      float steep = kSteepest;
      for (int i = 0; i < 14 && Height(own, flat, knee) < hips; ++i) {
        const float middle = (flat + steep) / 2;
        (Height(own, middle, knee) < hips ? flat : steep) = middle;
        if (i == 13) {
          flat = steep;
        }
      }
      foot.pitch = std::min(foot.pitch, flat);
      foot.toe = std::clamp(-foot.pitch, 0.0F, kMostToe);
    }
    return foot;
  }

 private:
  static constexpr float kSteepest = -73 * kDegree;
  static constexpr float kPushingKnee = 7 * kDegree;

  // 1 while the foot behind leaves the floor, 0 in the middle of the stance.
  float Dip(float own) const {
    constexpr float kHalfWidth = 0.19F;
    const float off = std::remainder(own - 0.85F * (toe_off_ - 0.5F), 0.5F) / kHalfWidth;
    const float cosine = std::abs(off) < 1 ? std::cos(kPi / 2 * off) : 0.0F;
    return cosine * cosine;
  }

  // Of the hips with the foot so pitched and the knee so bent.
  float Height(float own, float pitch, float knee) const {
    const auto& m = skeleton_.measures(0);
    const TrunkGait trunk = TrunkAt(own, speed_, leg_);
    const Vec3f hip = TurnZ(trunk.pelvis_yaw) * TurnX(trunk.pelvis_list) * Vec3f(0, half_, 0) +
                      Vec3f(0, trunk.pelvis_sway, 0);
    const FootPlant plant = StraightPlant(skeleton_, style_, speed_, 0, own);
    const Vec3f ankle =
        PlantFoot(m, plant.from, plant.from_yaw, pitch, std::clamp(-pitch, 0.0F, kMostToe)).ankle;
    const float off = (hip - ankle).head<2>().squaredNorm();
    const float reach =
        m.thigh * m.thigh + m.shank * m.shank + 2 * m.thigh * m.shank * std::cos(knee);
    return ankle.z() + std::sqrt(std::max(0.05F, reach - off)) - hip.z();
  }

  const Skeleton& skeleton_;
  const MotionStyle& style_;
  float speed_;
  float leg_;
  float half_;
  float toe_off_;
  float lacking_ = 0;
};

Stance::Foot WalkingFoot(const SideMeasures& m, const FootPlant& plant, float phase,
                         const WalkCycle& cycle, float walk) {
  const FootGait gait = FootAt(phase, cycle.speed(), cycle.leg());
  Stance::Foot foot;
  if (!gait.swings) {
    const FootGait bears = cycle.Bearing(phase);
    foot.goal = PlantFoot(m, plant.from, plant.from_yaw, walk * bears.pitch, walk * bears.toe);
    foot.place = plant.from;
    foot.yaw = plant.from_yaw;
    return foot;
  }
  const float toe_off = cycle.toe_off();
  const float share = (phase - toe_off) / (1 - toe_off);
  const FootGait leaves = cycle.Bearing(toe_off);
  const FootGait lands = FootAt(0, cycle.speed(), cycle.leg());
  const Vec3f start =
      PlantFoot(m, plant.from, plant.from_yaw, walk * leaves.pitch, walk * leaves.toe).ankle;
  const Vec3f end = PlantFoot(m, plant.to, plant.to_yaw, walk * lands.pitch, 0).ankle;
  foot.goal.ankle = Mix(start, end, gait.progress);
  const float bump = std::sin(kPi * share);
  // A short step, the first of a walk, is not lifted like a long one.
  const float size =
      Smooth(0.1F, 0.8F, (plant.to - plant.from).norm() / StrideLength(cycle.speed(), cycle.leg()));
  foot.goal.ankle.z() =
      Mix(start.z(), end.z(), share) + Mix(0.035F * bump, kLiftShare * gait.lift, walk * size);
  const float turned = WrapAngle(plant.to_yaw - plant.from_yaw);
  foot.goal.yaw = plant.from_yaw + Smooth(gait.progress) * turned;
  const float fitted = FootAt(toe_off, cycle.speed(), cycle.leg()).pitch;
  const float leaving = 1 - Smooth(2.5F * share);
  foot.goal.pitch = walk * (gait.pitch + (leaves.pitch - fitted) * leaving);
  foot.goal.toe = walk * std::max(gait.toe, leaves.toe * (1 - Smooth(3 * share)));
  // The toes pass the floor by a centimetre.
  const float clearance = 0.013F * Smooth(0, 0.15F, share) * (1 - Smooth(0.9F, 1, share));
  const float sole =
      foot.goal.ankle.z() - m.ankle.z() + (SoleBelowAnkle(m, foot.goal) + m.ankle.z());
  foot.goal.ankle.z() += std::max(0.0F, clearance - sole);
  foot.place = Mix(plant.from, plant.to, gait.progress);
  foot.yaw = foot.goal.yaw;
  foot.grounded = false;
  return foot;
}

}  // namespace

NeutralFoot NeutralStance(const MotionStyle& style, int side, float hip_width_m, float leg_length_m,
                          float speed_mps, float walk) {
  const float standing = 0.5F * hip_width_m * style.stance_width;
  const float walking = std::max(0.5F * WalkingWidth(speed_mps, leg_length_m), 0.28F * hip_width_m);
  const float sign = SideSign(side);
  // Nobody stands with both feet level.
  const float stagger = 0.05F * (SeedShare(style.seed, 3) - 0.5F) * sign * (1 - walk);
  return {Vec3f(stagger, sign * Mix(standing, walking, walk), 0),
          sign * style.toe_out_rad * Mix(1.6F, 1, walk)};
}

void Settle(Skeleton& skeleton, Stance& stance) {
  skeleton.PoseTorso(stance.torso);
  float lower = 0;
  for (int side = 0; side < 2; ++side) {
    const auto& foot = stance.feet[static_cast<std::size_t>(side)];
    if (foot.grounded) {
      const Vec3f hip = skeleton.hip(side);
      const float off = (hip - foot.goal.ankle).head<2>().norm();
      const float room = foot.goal.ankle.z() + HighestHip(skeleton.measures(side), off) - hip.z();
      lower = SoftMin(lower, room);
    }
  }
  if (lower < 0) {
    stance.torso.hips.z() += lower;
    skeleton.PoseTorso(stance.torso);
  }
}

void StandOrWalk(const Skeleton& skeleton, const MotionStyle& style, const MotionState& state,
                 float walk, const TrunkGait& gait, Stance& stance) {
  const float leg = skeleton.leg_length();
  const float hips = (skeleton.hip(0) - skeleton.hip(1)).norm();
  const float speed = std::max(state.speed_mps, 0.3F);
  const float phase =
      state.phase.value_or(state.distance_m / StrideLength(speed, leg, style.step_scale));
  const WalkCycle cycle(skeleton, style, speed);
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<std::size_t>(side);
    const auto& m = skeleton.measures(side);
    float own = phase + (side == 0 ? 0.0F : 0.5F);
    own -= std::floor(own);
    if (state.feet) {
      stance.feet[s] = WalkingFoot(m, InBody((*state.feet)[s], state), own, cycle, walk);
    } else if (walk > 0) {
      stance.feet[s] =
          WalkingFoot(m, StraightPlant(skeleton, style, speed, side, own), own, cycle, walk);
    } else {
      const NeutralFoot neutral = NeutralStance(style, side, hips, leg, speed, 0);
      stance.feet[s].place = neutral.place;
      stance.feet[s].yaw = neutral.yaw;
      stance.feet[s].goal = PlantFoot(m, neutral.place, neutral.yaw, 0, 0);
    }
  }
  // Standing: the weight wanders from leg to leg, the hip of the leg that bears comes up.
  const float still = 1 - walk;
  const float restless = state.activity == Activity::kQueue ? 1.3F : 1.0F;
  const float weight = std::clamp(1.5F * Waver(style.seed, 1, state.time_s, 0.05F), -1.0F, 1.0F);
  const float shift = still * restless * 0.22F * hips * weight;
  const float list = still * restless * 3.0F * kDegree * weight;
  auto& torso = stance.torso;
  const Vec3f between = (stance.feet[0].place + stance.feet[1].place) / 2;
  torso.hips = Vec3f(still * between.x() + 0.01F * Waver(style.seed, 2, state.time_s, 0.11F),
                     still * between.y() + walk * style.sway * gait.pelvis_sway + shift, 0);
  torso.hips.z() = skeleton.rest_hips().z() + 0.1F;
  if (walk > 0) {
    const float walking = cycle.HipHeight(phase - std::floor(phase));
    torso.hips.z() = Mix(skeleton.rest_hips().z() + 0.01F, walking, walk);
  }
  torso.pelvis_yaw =
      walk * gait.pelvis_yaw + still * 2.5F * kDegree * Waver(style.seed, 4, state.time_s, 0.06F);
  torso.pelvis_roll = walk * style.sway * gait.pelvis_list + list;
  torso.pelvis_pitch = 0.25F * style.lean_rad;
  torso.spine_pitch = 0.75F * style.lean_rad + style.stoop_rad + walk * (gait.chest_pitch - 0.03F);
  torso.spine_side = -0.9F * torso.pelvis_roll;
  torso.spine_twist = walk * (gait.chest_yaw - gait.pelvis_yaw) +
                      still * 3 * kDegree * Waver(style.seed, 5, state.time_s, 0.08F);
}

void SitDown(const Skeleton& skeleton, const BodyGirth& girth, const MotionStyle& style,
             const MotionState& state, Stance& stance) {
  const auto& m = skeleton.measures(0);
  const float b = Clamp01(state.blend);
  auto& torso = stance.torso;
  const float seat = state.seat_height_m + 0.86F * girth.thigh_back;
  const Vec3f standing = torso.hips;
  const Vec3f sitting(-0.92F * m.thigh, 0, seat);
  // First back, then down.
  const float back = Smooth(1.15F * b);
  const float down = Smooth(Mix(b, b * b, 0.4F));
  const float tall = std::min(standing.z(), skeleton.rest_hips().z());
  torso.hips = Vec3f(Mix(standing.x(), sitting.x(), back), standing.y() * (1 - b),
                     b > 0 ? Mix(tall, seat, down) : standing.z());
  const float reclined = Mix(-16.0F, 6.0F, SeedShare(style.seed, 7)) * kDegree;
  const float bow = 40 * kDegree * std::sin(kPi * b);
  torso.pelvis_pitch = Mix(torso.pelvis_pitch, -6 * kDegree + 0.5F * reclined, b) + 0.55F * bow;
  torso.spine_pitch =
      Mix(torso.spine_pitch, 0.5F * reclined + 8 * kDegree + style.stoop_rad, b) + 0.45F * bow;
  torso.pelvis_roll *= 1 - b;
  torso.spine_side *= 1 - b;
  // On a high seat the feet stand on its rest.
  const float rest = b * std::max(0.0F, seat - m.shank - m.ankle.z() - 0.10F);
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<std::size_t>(side);
    auto& foot = stance.feet[s];
    foot.place.z() = rest;
    foot.goal = PlantFoot(skeleton.measures(side), foot.place, foot.yaw, 0, 0);
    foot.grounded = b < 0.6F;
  }
}

void LeanToTargets(Skeleton& skeleton, const MotionStyle& style,
                   const std::array<std::optional<Vec3f>, 2>& targets, float blend, bool seated,
                   Stance& stance) {
  const float leg = skeleton.leg_length();
  Settle(skeleton, stance);
  const Vec3f shoulders = (skeleton.shoulder(0) + skeleton.shoulder(1)) / 2;
  Vec3f target = Vec3f::Zero();
  float count = 0;
  float sides = 0;
  for (int side = 0; side < 2; ++side) {
    if (const auto& t = targets[static_cast<std::size_t>(side)]) {
      target += *t;
      sides += SideSign(side);
      ++count;
    }
  }
  if (count == 0) {
    return;
  }
  target /= count;
  const float low = seated ? 0.0F : Smooth(1.0F * leg, 0.25F * leg, target.z());
  const float high = Smooth(shoulders.z() + 0.05F, shoulders.z() + 0.45F, target.z());
  const Vec3f away = target - Vec3f(shoulders.x(), shoulders.y(), target.z());
  const float near = Smooth(0.05F, 0.3F, away.head<2>().norm());
  const float azimuth =
      near * std::clamp(std::atan2(away.y(), away.x()), -75 * kDegree, 75 * kDegree);
  // Some crouch, some only stoop.
  float crouch = Mix(0.12F, 0.40F, SeedShare(style.seed, 8));
  const int stepping = sides > 0 ? 0 : 1;

  const auto leaning = [&](float s, float b) {
    Stance out = stance;
    auto& torso = out.torso;
    const float pitch = s * Mix(Mix(34.0F, 82.0F, low), 12.0F, high) * kDegree;
    torso.pelvis_pitch += (seated ? 0.35F : 0.5F) * pitch;
    torso.spine_pitch += 0.5F * pitch;
    torso.pelvis_yaw += b * (seated ? 0.0F : 0.3F) * azimuth;
    torso.spine_twist += b * 0.5F * azimuth - s * sides * 17 * kDegree / count;
    torso.spine_side += s * (-14 * kDegree * std::sin(azimuth) + high * sides * 9 * kDegree);
    if (!seated) {
      const float forward = s * leg * Mix(0.12F, -0.09F, low);
      torso.hips += Vec3f(forward * std::cos(azimuth), forward * std::sin(azimuth), 0);
      torso.hips.z() += s * leg * (0.12F * high - crouch * low);
      auto& foot = out.feet[static_cast<std::size_t>(stepping)];
      if (foot.grounded) {
        const float step =
            0.2F * leg * s / std::max(b, 1e-3F);  // stepped once, not with every lean
        foot.place += step * Smooth(2 * b) * Vec3f(std::cos(azimuth), std::sin(azimuth), 0);
        const float lift = 0.05F * Smooth(2.5F * s) * std::sin(kPi * Clamp01(2 * b));
        foot.place.z() += lift;
      }
      for (int side = 0; side < 2; ++side) {
        auto& stood = out.feet[static_cast<std::size_t>(side)];
        if (stood.grounded) {
          const float squat = Smooth(0.25F, 0.55F, crouch) * low;
          const float heel = s * std::max(high * 26, squat * 24) * kDegree;
          stood.goal = PlantFoot(skeleton.measures(side), stood.place, stood.yaw, -heel, heel);
        }
      }
    }
    return out;
  };
  const auto reached = [&](float s) {
    Stance trial = leaning(s, 1);
    Settle(skeleton, trial);
    for (int side = 0; side < 2; ++side) {
      const auto& m = skeleton.measures(side);
      if (const auto& t = targets[static_cast<std::size_t>(side)];
          t && (*t - skeleton.shoulder(side)).norm() > 0.96F * (m.upper_arm + m.lower_arm)) {
        return false;
      }
    }
    return true;
  };
  float needed = 0;
  if (!reached(0)) {
    float none = 0;
    needed = 1;
    // What leaning alone does not reach, crouching lower may.
    for (int i = 0; i < 6 && low > 0 && !reached(1); ++i) {
      crouch = std::min(0.62F, crouch + 0.1F);
    }
    for (int i = 0; i < 12 && reached(1); ++i) {
      const float middle = (none + needed) / 2;
      (reached(middle) ? needed : none) = middle;
    }
  }
  stance = leaning(needed * blend, blend);
}

}  // namespace tenjo::synth
