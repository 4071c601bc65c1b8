#include "tenjo/synth/people/motion.h"

#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/motion_parts.h"

namespace tenjo::synth {
namespace {

bool Walks(const MotionState& state) {
  switch (state.activity) {
    case Activity::kWalk:
      return true;
    case Activity::kSitDown:
    case Activity::kSit:
    case Activity::kCapture:
      return false;
    default:
      return state.speed_mps > 0.05F || state.phase.has_value();
  }
}

bool Sits(const MotionState& state) {
  return state.activity == Activity::kSit || state.activity == Activity::kSitDown;
}

Vec3f ToBody(const MotionState& state, const Vec3f& world) {
  return TurnZ(-state.yaw_rad) * (world - state.place);
}

std::array<std::optional<Vec3f>, 2> BodyTargets(const MotionStyle& style, const MotionState& state,
                                                const Skeleton& skeleton) {
  std::array<std::optional<Vec3f>, 2> targets;
  if (state.left_target) {
    targets[0] = ToBody(state, *state.left_target);
  }
  if (state.right_target) {
    targets[1] = ToBody(state, *state.right_target);
  }
  if (targets[0] || targets[1]) {
    return targets;
  }
  const float height = skeleton.rest().height_m;
  if (state.activity == Activity::kPay) {
    const int side = style.left_handed ? 0 : 1;
    targets[static_cast<std::size_t>(side)] =
        Vec3f(0.30F * height, SideSign(side) * 0.06F, 0.62F * height);
  } else if (state.activity == Activity::kBend) {
    const int side = style.left_handed ? 0 : 1;
    targets[static_cast<std::size_t>(side)] =
        Vec3f(0.24F * height, SideSign(side) * 0.08F, 0.06F * height);
  }
  return targets;
}

bool UsesTargets(const MotionState& state) {
  return state.activity == Activity::kReach || state.activity == Activity::kPay ||
         state.activity == Activity::kBend || Sits(state);
}

// The hand at a target: the middle of the palm goes there, so the wrist stays a little short of it.
ArmGoal AtTarget(const Skeleton& skeleton, int side, const Vec3f& target,
                 const MotionState& state) {
  const auto& m = skeleton.measures(side);
  const float sign = SideSign(side);
  const Vec3f shoulder = skeleton.shoulder(side);
  const Vec3f dir = (target - shoulder).normalized();
  ArmGoal goal;
  goal.wrist = target - 0.03F * dir;
  const float up = Smooth(0.0F, 0.9F, dir.z());
  goal.pole = Vec3f(Mix(-0.3F, 0.5F, up), sign * Mix(0.45F, 0.8F, up), -0.9F);
  goal.palm =
      state.activity == Activity::kPay ? Vec3f(0, -0.3F * sign, -1) : Vec3f(0, -sign, -0.35F);
  if (dir.z() < -0.75F) {
    goal.palm = Vec3f(-1, -0.4F * sign, 0);
  }
  goal.curl = (target - shoulder).norm() > m.upper_arm + m.lower_arm ? 0.1F : 0.3F;
  return goal;
}

void PoseArms(Skeleton& skeleton, const ArmScene& scene,
              const std::array<std::optional<Vec3f>, 2>& targets) {
  const auto& state = scene.state;
  std::array<HeldThing, 2> holds = {state.left_holds, state.right_holds};
  // A tray takes both hands where both are free for it.
  for (std::size_t s = 0; s < 2; ++s) {
    if (holds[s] == HeldThing::kTray && holds[1 - s] == HeldThing::kNothing) {
      holds[1 - s] = HeldThing::kTray;
    }
  }
  if (state.activity == Activity::kCarry && holds[0] == HeldThing::kNothing &&
      holds[1] == HeldThing::kNothing) {
    holds = {HeldThing::kTray, HeldThing::kTray};
  }
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<std::size_t>(side);
    ArmGoal goal = HoldingArm(scene, side, holds[s]);
    if (targets[s]) {
      const float share = Sits(state) ? 1.0F : Smooth(state.blend);
      goal = MixArms(skeleton, side, goal, AtTarget(skeleton, side, *targets[s], state), share);
    } else if (state.activity == Activity::kBend || state.activity == Activity::kReach) {
      // The hand with nothing to do hangs, or rests on the thigh of who bends low.
      const float bow = Smooth(0.35F, 0.9F, (skeleton.chest() * Vec3f::UnitZ()).x());
      ArmGoal on_thigh = goal;
      const Vec3f knee = skeleton.joint(skeleton.bones(side).lowerleg1);
      on_thigh.wrist =
          Mix(skeleton.hip(side), knee, 0.75F) + Vec3f(0.03F, SideSign(side) * 0.03F, 0.09F);
      on_thigh.pole = Vec3f(-0.4F, SideSign(side), 0.2F);
      on_thigh.palm = Vec3f(-0.3F, -0.3F * SideSign(side), -1);
      goal = MixArms(skeleton, side, goal, on_thigh, bow * Smooth(state.blend));
    }
    skeleton.PoseArm(side, goal);
  }
}

void PoseHead(Skeleton& skeleton, const MotionStyle& style, const MotionState& state,
              const std::array<std::optional<Vec3f>, 2>& targets) {
  const Vec3f eyes = skeleton.joint(skeleton.bones(0).clavicle) + Vec3f(0, 0, 0.2F);
  // Where the eyes wander by themselves.
  const bool searching = state.activity == Activity::kLookAround;
  const float reach = searching                            ? 62 * kDegree
                      : state.activity == Activity::kQueue ? 26 * kDegree
                                                           : 14 * kDegree;
  const float tempo = searching ? 0.16F : 0.06F;
  const Vec3f front = skeleton.chest() * Vec3f::UnitX();
  const float chest_yaw = std::atan2(front.y(), front.x());
  // The head stays level whatever the trunk does.
  const float chest_pitch = std::asin(std::clamp(-front.z(), -1.0F, 1.0F));
  float yaw = reach * std::clamp(1.4F * Waver(style.seed, 10, state.time_s, tempo), -1.0F, 1.0F);
  float pitch = Mix(2.0F, searching ? 8.0F : 12.0F, SeedShare(style.seed, 11)) * kDegree +
                9 * kDegree * Waver(style.seed, 12, state.time_s, 0.09F);
  const bool phone =
      state.left_holds == HeldThing::kPhone || state.right_holds == HeldThing::kPhone;
  if (phone && SeedShare(style.seed, 44) >= 0.22F && state.activity != Activity::kPay) {
    yaw *= 0.25F;
    pitch = 34 * kDegree + 0.2F * pitch;
  }
  std::optional<Vec3f> gaze;
  float share = 1;
  if (state.has_look_at) {
    gaze = ToBody(state, state.look_at);
  } else if (UsesTargets(state) && (targets[0] || targets[1])) {
    gaze = targets[1] ? *targets[1] : *targets[0];
    share = Sits(state) ? 0.3F : 0.85F * Smooth(2 * state.blend);
  }
  if (gaze) {
    const Vec3f to = *gaze - eyes;
    yaw = Mix(yaw, std::atan2(to.y(), to.x()), share);
    pitch = Mix(pitch, -std::atan2(to.z(), to.head<2>().norm()), share);
  }
  const float turned = std::clamp(WrapAngle(yaw - chest_yaw), -68 * kDegree, 68 * kDegree);
  const float nodded = std::clamp(pitch - chest_pitch, -48 * kDegree, 42 * kDegree);
  skeleton.PoseHead(turned, nodded, -0.06F * turned);
}

}  // namespace

float SeedShare(std::uint32_t seed, std::uint32_t channel) {
  Random random(seed, channel);
  return random.Uniform();
}

float Waver(std::uint32_t seed, std::uint32_t channel, float time_s, float tempo) {
  constexpr float kTwoPi = 6.2831853F;
  Random random(seed, channel);
  float sum = 0;
  for (const float part : {1.0F, 1.73F, 2.91F}) {
    sum +=
        std::sin(kTwoPi * (part * tempo * time_s * random.Uniform(0.8F, 1.2F) + random.Uniform())) /
        part;
  }
  return sum / 1.5F;
}

BodyGirth MeasureGirth(const BodyAsset& asset, const Skeleton& skeleton) {
  const RestBody& rest = skeleton.rest();
  const auto& bones = skeleton.bones(0);
  const auto& m = skeleton.measures(0);
  std::vector<bool> arm(asset.bone_names.size(), false);
  for (int side = 0; side < 2; ++side) {
    const auto& b = skeleton.bones(side);
    for (const int bone : {b.upperarm1, b.upperarm2, b.lowerarm1, b.lowerarm2, b.wrist, b.thumb,
                           b.finger1, b.finger2}) {
      arm[static_cast<std::size_t>(bone)] = true;
    }
  }
  const float h = rest.height_m;
  const Vec3f hip = rest.bone_heads[static_cast<std::size_t>(bones.upperleg1)];
  BodyGirth girth{.hip_half = 0,
                  .chest_front = 0,
                  .belly_front = 0,
                  .back = 0,
                  .thigh_front = 0,
                  .thigh_back = 0};
  // The eyes, tights, skirt and hair follow the body's vertices in the file.
  const std::size_t count = 13380;
  for (std::size_t v = 0; v < std::min(count, rest.positions.size()); ++v) {
    const Vec3f& p = rest.positions[v];
    if (arm[asset.influence_bones[v][0]]) {
      continue;
    }
    const float z = p.z() / h;
    if (z > 0.46F && z < 0.62F) {
      girth.hip_half = std::max(girth.hip_half, std::abs(p.y()));
      girth.belly_front = std::max(girth.belly_front, p.x());
      girth.back = std::min(girth.back, p.x());
    }
    if (z > 0.64F && z < 0.78F && std::abs(p.y()) < 0.12F * h) {
      girth.chest_front = std::max(girth.chest_front, p.x());
    }
    const Vec3f off = p - hip - (p - hip).dot(m.thigh_dir) * m.thigh_dir;
    const float along = (p - hip).dot(m.thigh_dir) / m.thigh;
    if (along > 0.25F && along < 0.6F && std::abs(off.y()) < 0.08F) {
      girth.thigh_front = std::max(girth.thigh_front, off.x());
      girth.thigh_back = std::max(girth.thigh_back, -off.x());
    }
  }
  return girth;
}

MotionStyle DrawMotionStyle(const BodyShape& shape, Random& random) {
  MotionStyle style;
  const float old = Smooth(55, 80, shape.age_years);
  style.step_scale = std::clamp(random.Normal(0.94F - 0.1F * old, 0.035F), 0.78F, 1.0F);
  style.arm_swing = std::clamp(random.Normal(0.95F, 0.3F), 0.25F, 1.5F);
  style.lean_rad = random.Normal(1.5F + 4 * old, 2.0F) * kDegree;
  style.stoop_rad = std::max(-2.0F, random.Normal(2.0F + 10 * old, 3.5F)) * kDegree;
  style.toe_out_rad =
      std::clamp(random.Normal(shape.female ? 5.0F : 8.0F, 4.0F), -4.0F, 20.0F) * kDegree;
  style.sway = std::clamp(random.Normal(shape.female ? 1.15F : 0.9F, 0.25F), 0.4F, 1.8F);
  style.stance_width = std::clamp(random.Normal(shape.female ? 0.85F : 1.15F, 0.22F), 0.55F, 1.7F);
  style.elbow_rad = std::clamp(random.Normal(0.28F, 0.1F), 0.1F, 0.6F);
  style.splay_rad =
      std::max(0.0F, random.Normal(0.02F + 0.06F * Clamp01(2 * shape.weight - 1), 0.025F));
  style.left_handed = random.Chance(0.1F);
  const float hands = random.Uniform();
  style.walking_hands = hands < 0.84F   ? IdleHands::kHang
                        : hands < 0.90F ? IdleHands::kPockets
                        : hands < 0.96F ? IdleHands::kOnePocket
                        : hands < 0.98F ? IdleHands::kClaspedBehind
                                        : IdleHands::kCrossed;
  style.seed = random.Next();
  return style;
}

float SeatSetback(const BodyAsset& asset, const RestBody& rest) {
  return 0.92F * Skeleton(asset, rest).measures(0).thigh;
}

float ArmReach(const BodyAsset& asset, const RestBody& rest) {
  const Skeleton skeleton(asset, rest);
  return skeleton.measures(0).upper_arm + skeleton.measures(0).lower_arm;
}

BodyPose MakePose(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
                  const MotionState& state) {
  if (state.activity == Activity::kCapture) {
    TENJO_CHECK(state.capture != nullptr);
    BodyPose pose = state.capture->Pose(asset, rest, state.capture_s);
    pose.yaw_rad = state.yaw_rad;
    pose.place = state.place;
    return pose;
  }
  Skeleton skeleton(asset, rest);
  const BodyGirth girth = MeasureGirth(asset, skeleton);
  const float walk = Walks(state) ? Clamp01(state.walk) : 0.0F;
  const float leg = skeleton.leg_length();
  const float speed = std::max(state.speed_mps, 0.3F);
  const float phase =
      state.phase.value_or(state.distance_m / StrideLength(speed, leg, style.step_scale));
  const TrunkGait gait = walk > 0 ? TrunkAt(phase, speed, leg) : TrunkGait{};

  Stance stance;
  StandOrWalk(skeleton, style, state, walk, gait, stance);
  Settle(skeleton, stance);
  if (Sits(state)) {
    SitDown(skeleton, girth, style, state, stance);
  }
  std::array<std::optional<Vec3f>, 2> targets;
  if (UsesTargets(state)) {
    targets = BodyTargets(style, state, skeleton);
    const float blend = Sits(state) ? 1.0F : Smooth(state.blend);
    LeanToTargets(skeleton, style, targets, blend, Sits(state), stance);
  }
  Settle(skeleton, stance);
  for (int side = 0; side < 2; ++side) {
    skeleton.PoseLeg(side, stance.feet[static_cast<std::size_t>(side)].goal);
  }
  const Vec3f front = skeleton.chest() * Vec3f::UnitX();
  const ArmScene scene{.skeleton = skeleton,
                       .girth = girth,
                       .style = style,
                       .state = state,
                       .chest_yaw = std::atan2(front.y(), front.x()),
                       .walk = walk,
                       .sit = Sits(state) ? Clamp01(state.blend) : 0.0F,
                       .gait = gait};
  PoseArms(skeleton, scene, targets);
  PoseHead(skeleton, style, state, targets);

  BodyPose pose = skeleton.Finish();
  pose.yaw_rad = state.yaw_rad;
  pose.place = state.place;
  return pose;
}

}  // namespace tenjo::synth
