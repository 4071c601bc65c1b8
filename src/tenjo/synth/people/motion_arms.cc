// What arms do: hang, swing, rest somewhere, hold things.
#include <algorithm>
#include <cmath>

#include "tenjo/synth/people/motion_parts.h"

namespace tenjo::synth {
namespace {

// A place before, beside and above the middle of the shoulders, turned with the chest.
Vec3f FromShoulders(const ArmScene& scene, float ahead, float left, float up) {
  const Vec3f middle = (scene.skeleton.shoulder(0) + scene.skeleton.shoulder(1)) / 2;
  return middle + TurnZ(scene.chest_yaw) * Vec3f(ahead, left, up);
}

// A place about the hips, turned with the pelvis.
Vec3f FromHips(const ArmScene& scene, float ahead, float left, float up) {
  const Vec3f middle = (scene.skeleton.hip(0) + scene.skeleton.hip(1)) / 2;
  const Vec3f front = scene.skeleton.turn(scene.skeleton.bones(0).pelvis) * Vec3f::UnitX();
  return middle + TurnZ(std::atan2(front.y(), front.x())) * Vec3f(ahead, left, up);
}

Vec3f Ahead(const ArmScene& scene, float x, float y, float z) {
  return TurnZ(scene.chest_yaw) * Vec3f(x, y, z);
}

float UpperArm(const ArmScene& scene, int side) { return scene.skeleton.measures(side).upper_arm; }

// How far an arm must be held away for the hand to pass the hips, with room for clothes.
float ClearAbduction(const ArmScene& scene, int side) {
  const auto& m = scene.skeleton.measures(side);
  const float shoulder = std::abs(scene.skeleton.shoulder(side).y() -
                                  scene.skeleton.hip(0).y() / 2 - scene.skeleton.hip(1).y() / 2);
  const float needed = scene.girth.hip_half + 0.045F - shoulder;
  return std::asin(std::clamp(needed / (m.upper_arm + m.lower_arm), -0.05F, 0.5F)) +
         scene.style.splay_rad;
}

ArmGoal Hanging(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  const auto seed = scene.style.seed;
  const float drift =
      Waver(seed, 20U + static_cast<std::uint32_t>(side), scene.state.time_s, 0.07F);
  // Hands hang a little before the hips; a walker's swing as fitted, about that.
  const auto s = static_cast<std::size_t>(side);
  const float swing = scene.style.arm_swing;
  const float walking = swing * (scene.gait.arm_pitch[s] + 0.08F) - 0.02F;
  const float walking_elbow =
      scene.style.elbow_rad + swing * std::max(-0.2F, scene.gait.elbow[s] - 0.45F);
  const float flexion = Mix(0.02F + 0.04F * drift, walking, scene.walk);
  const float elbow = std::max(0.08F, Mix(scene.style.elbow_rad, walking_elbow, scene.walk));
  ArmGoal goal = ArmFromAngles(scene.skeleton, side, TurnZ(scene.chest_yaw), flexion,
                               ClearAbduction(scene, side) + 0.02F * drift, elbow, 0.12F);
  goal.palm = Ahead(scene, -0.35F, -sign, 0);
  goal.curl = 0.42F;
  return goal;
}

ArmGoal InPocket(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromHips(scene, 0.05F, sign * (scene.girth.hip_half + 0.02F), 0.03F);
  goal.pole = Ahead(scene, -1, sign * 0.35F, -0.2F);
  goal.palm = Ahead(scene, 0, -sign, 0);
  goal.fingers = Ahead(scene, 0.45F, -sign * 0.12F, -1);
  goal.curl = 0.2F;
  return goal;
}

ArmGoal Crossed(const ArmScene& scene, int side) {
  // The right forearm lies over the left one.
  const float sign = SideSign(side);
  const float front = scene.girth.chest_front + (side == 0 ? 0.055F : 0.10F);
  ArmGoal goal;
  goal.wrist = FromShoulders(scene, front, -sign * 0.07F,
                             -0.80F * UpperArm(scene, side) + (side == 0 ? 0.01F : 0.0F));
  goal.pole = Ahead(scene, -0.25F, sign, -0.75F);
  goal.palm = Ahead(scene, -1, 0, 0);
  goal.fingers = Ahead(scene, -0.25F, -sign, 0.15F);
  goal.curl = 0.3F;
  return goal;
}

ArmGoal Clasped(const ArmScene& scene, int side, bool before) {
  const float sign = SideSign(side);
  ArmGoal goal;
  if (before) {
    goal.wrist = FromHips(scene, scene.girth.belly_front + 0.05F + (side == 0 ? 0.0F : 0.025F),
                          sign * 0.055F, 0.04F);
    goal.pole = Ahead(scene, -0.7F, sign, -0.3F);
    goal.palm = Ahead(scene, -1, -0.3F * sign, 0);
    goal.fingers = Ahead(scene, 0.1F, -sign, -0.8F);
  } else {
    goal.wrist = FromHips(scene, scene.girth.back - 0.05F - (side == 0 ? 0.0F : 0.025F),
                          sign * 0.055F, 0.07F);
    goal.pole = Ahead(scene, -0.5F, sign, 0);
    goal.palm = Ahead(scene, -1, 0, 0);
    goal.fingers = Ahead(scene, 0, -sign, -0.5F);
  }
  goal.curl = 0.5F;
  return goal;
}

ArmGoal OnHip(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromHips(scene, -0.01F, sign * (scene.girth.hip_half + 0.045F), 0.13F);
  goal.pole = Ahead(scene, -0.5F, sign, 0.1F);
  goal.palm = Ahead(scene, 0, -sign, -0.4F);
  goal.fingers = Ahead(scene, 0.9F, -0.35F * sign, -0.4F);
  goal.curl = 0.3F;
  return goal;
}

ArmGoal AtChin(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromShoulders(scene, scene.girth.chest_front + 0.07F, sign * 0.05F, 0.02F);
  goal.pole = Ahead(scene, 0.2F, sign * 0.3F, -1);
  goal.palm = Ahead(scene, -1, 0, 0);
  goal.fingers = Ahead(scene, -0.25F, -sign * 0.25F, 1);
  goal.curl = 0.7F;
  return goal;
}

// The other arm of one at the chin: across the belly, bearing the elbow.
ArmGoal AcrossBelly(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromShoulders(scene, scene.girth.belly_front + 0.05F, -sign * 0.08F,
                             -0.95F * UpperArm(scene, side));
  goal.pole = Ahead(scene, -0.4F, sign, -0.7F);
  goal.palm = Ahead(scene, -1, 0, 0);
  goal.fingers = Ahead(scene, 0, -sign, 0);
  return goal;
}

ArmGoal OnLap(const ArmScene& scene, int side) {
  const auto& skeleton = scene.skeleton;
  const float sign = SideSign(side);
  const auto seed = scene.style.seed;
  const Vec3f hip = skeleton.hip(side);
  const Vec3f knee = skeleton.joint(skeleton.bones(side).lowerleg1);
  const float along = Mix(0.45F, 0.8F, SeedShare(seed, 31U + static_cast<std::uint32_t>(side)));
  ArmGoal goal;
  goal.wrist = Mix(hip, knee, along) + Vec3f(0, -sign * 0.03F, scene.girth.thigh_front + 0.055F);
  goal.pole = Ahead(scene, -0.6F, sign * 0.5F, -0.6F);
  goal.palm = Vec3f(0, 0, -1);
  goal.fingers = (knee - hip).normalized() + Vec3f(0, -sign * 0.3F, 0);
  goal.curl = 0.25F;
  return goal;
}

IdleHands StandingHands(const ArmScene& scene) {
  // A habit lasts a while, then another takes its place.
  const float slot = std::floor(scene.state.time_s / 14 + SeedShare(scene.style.seed, 40));
  const float draw =
      SeedShare(scene.style.seed + 977U * static_cast<std::uint32_t>(static_cast<int>(slot)), 41);
  constexpr std::array<std::pair<float, IdleHands>, 8> kHabits = {
      {{0.42F, IdleHands::kHang},
       {0.54F, IdleHands::kPockets},
       {0.66F, IdleHands::kOnePocket},
       {0.76F, IdleHands::kCrossed},
       {0.86F, IdleHands::kClaspedBefore},
       {0.91F, IdleHands::kClaspedBehind},
       {0.96F, IdleHands::kOnHips},
       {1.01F, IdleHands::kAtChin}}};
  for (const auto& [below, hands] : kHabits) {
    if (draw < below) {
      return hands;
    }
  }
  return IdleHands::kHang;
}

ArmGoal Idle(const ArmScene& scene, int side, IdleHands hands) {
  const bool main = (side == 0) == scene.style.left_handed;
  switch (hands) {
    case IdleHands::kPockets:
      return InPocket(scene, side);
    case IdleHands::kOnePocket:
      return main ? Hanging(scene, side) : InPocket(scene, side);
    case IdleHands::kCrossed:
      return Crossed(scene, side);
    case IdleHands::kClaspedBefore:
      return Clasped(scene, side, true);
    case IdleHands::kClaspedBehind:
      return Clasped(scene, side, false);
    case IdleHands::kOnHips:
      return main || SeedShare(scene.style.seed, 42) < 0.5F ? OnHip(scene, side)
                                                            : Hanging(scene, side);
    case IdleHands::kAtChin:
      return main ? AtChin(scene, side) : AcrossBelly(scene, side);
    case IdleHands::kHang:
      break;
  }
  return Hanging(scene, side);
}

ArmGoal HoldCup(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal = ArmFromAngles(scene.skeleton, side, TurnZ(scene.chest_yaw), 0.18F,
                               0.7F * ClearAbduction(scene, side) + 0.06F, 1.65F, 0.45F);
  goal.palm = Ahead(scene, 0.2F, -sign, 0);
  goal.curl = 0.75F;
  // Now and then a sip.
  const float sip =
      Waver(scene.style.seed, 25U + static_cast<std::uint32_t>(side), scene.state.time_s, 0.06F);
  const float stands = 1 - Smooth(0.1F, 0.7F, scene.walk);
  if (stands > 0 && sip > 0.72F) {
    ArmGoal drink = goal;
    drink.wrist = FromShoulders(scene, scene.girth.chest_front + 0.07F, sign * 0.09F, 0.08F);
    drink.pole = Ahead(scene, 0.3F, sign * 0.5F, -1);
    goal = MixArms(scene.skeleton, side, goal, drink, stands * Smooth(0.72F, 0.85F, sip));
  }
  return goal;
}

ArmGoal HoldTray(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  const float reach =
      std::min(scene.girth.belly_front + 0.19F, 0.92F * UpperArm(scene, side) + 0.12F);
  goal.wrist = FromShoulders(scene, reach, sign * 0.17F, -1.02F * UpperArm(scene, side));
  goal.pole = Ahead(scene, -0.6F, sign * 0.5F, -1);
  goal.palm = Ahead(scene, 0, -0.35F * sign, 1);
  goal.fingers = Ahead(scene, 1, -0.25F * sign, 0.1F);
  goal.curl = 0.3F;
  return goal;
}

ArmGoal HoldPhone(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  if (scene.state.activity != Activity::kPay && SeedShare(scene.style.seed, 44) < 0.22F) {
    goal.wrist = FromShoulders(scene, 0.055F, sign * 0.15F, 0.11F);  // a call: at the ear
    goal.pole = Ahead(scene, 0.55F, sign * 0.6F, -1);
    goal.palm = Ahead(scene, 0.1F, -sign, 0);
    goal.fingers = Ahead(scene, -0.35F, -sign * 0.12F, 1);
    goal.curl = 0.45F;
    return goal;
  }
  goal.wrist = FromShoulders(scene, scene.girth.chest_front + 0.17F, sign * 0.06F,
                             Mix(-0.30F, -0.12F, SeedShare(scene.style.seed, 43)) - 0.02F);
  goal.pole = Ahead(scene, -0.1F, sign * 0.35F, -1);
  goal.palm = Ahead(scene, -0.8F, -0.25F * sign, 0.8F);
  goal.fingers = Ahead(scene, 0.6F, -0.45F * sign, 0.75F);
  goal.curl = 0.35F;
  return goal;
}

ArmGoal HoldUmbrella(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromShoulders(scene, scene.girth.chest_front + 0.13F, sign * 0.15F,
                             -0.72F * UpperArm(scene, side));
  goal.pole = Ahead(scene, -0.4F, sign * 0.35F, -1);
  goal.palm = Ahead(scene, 0, -sign, 0);
  goal.curl = 1.0F;
  return goal;
}

ArmGoal HoldPackage(const ArmScene& scene, int side) {
  const float sign = SideSign(side);
  ArmGoal goal;
  goal.wrist = FromShoulders(scene, scene.girth.belly_front + 0.17F, sign * 0.07F,
                             -0.97F * UpperArm(scene, side));
  goal.pole = Ahead(scene, -0.7F, sign * 0.5F, -1);
  goal.palm = Ahead(scene, -0.35F, -sign, 0.5F);
  goal.curl = 0.5F;
  return goal;
}

}  // namespace

ArmGoal ArmFromAngles(const Skeleton& skeleton, int side, const Eigen::Quaternionf& heading,
                      float flexion, float abduction, float elbow, float inward) {
  const auto& m = skeleton.measures(side);
  const float sign = SideSign(side);
  const Vec3f upper =
      heading * Vec3f(std::sin(flexion) * std::cos(abduction), sign * std::sin(abduction),
                      -std::cos(flexion) * std::cos(abduction));
  const Vec3f front = Perpendicular(heading * Vec3f(std::cos(inward), -sign * std::sin(inward), 0),
                                    upper, heading * Vec3f::UnitZ());
  const Vec3f lower = std::cos(elbow) * upper + std::sin(elbow) * front;
  ArmGoal goal;
  goal.wrist = skeleton.shoulder(side) + m.upper_arm * upper + m.lower_arm * lower;
  goal.pole = -front;
  return goal;
}

ArmGoal MixArms(const Skeleton& skeleton, int side, const ArmGoal& a, const ArmGoal& b,
                float share) {
  if (share <= 0) {
    return a;
  }
  if (share >= 1) {
    return b;
  }
  const Vec3f shoulder = skeleton.shoulder(side);
  const Vec3f from = a.wrist - shoulder;
  const Vec3f to = b.wrist - shoulder;
  const Eigen::AngleAxisf arc(Eigen::Quaternionf::FromTwoVectors(from, to));
  ArmGoal goal;
  goal.wrist = shoulder + Eigen::AngleAxisf(share * arc.angle(), arc.axis()) * from.normalized() *
                              Mix(from.norm(), to.norm(), share);
  goal.pole = Mix(Vec3f(a.pole.normalized()), Vec3f(b.pole.normalized()), share);
  goal.palm = Mix(a.palm, b.palm, share);
  const auto fingers = [&](const ArmGoal& g, const Vec3f& dir) {
    return g.fingers.squaredNorm() > 1e-8F ? Vec3f(g.fingers.normalized()) : dir;
  };
  const Vec3f along = (goal.wrist - shoulder).normalized();
  goal.fingers = Mix(fingers(a, along), fingers(b, along), share);
  if (a.fingers.isZero() && b.fingers.isZero()) {
    goal.fingers.setZero();
  }
  goal.curl = Mix(a.curl, b.curl, share);
  return goal;
}

ArmGoal FreeArm(const ArmScene& scene, int side) {
  ArmGoal goal = Idle(scene, side, StandingHands(scene));
  if (scene.walk > 0) {
    goal = MixArms(scene.skeleton, side, goal, Idle(scene, side, scene.style.walking_hands),
                   scene.walk);
  }
  return MixArms(scene.skeleton, side, goal, OnLap(scene, side), Smooth(scene.sit));
}

ArmGoal HoldingArm(const ArmScene& scene, int side, HeldThing thing) {
  ArmGoal goal;
  switch (thing) {
    case HeldThing::kCup:
      goal = HoldCup(scene, side);
      break;
    case HeldThing::kTray:
      goal = HoldTray(scene, side);
      break;
    case HeldThing::kPhone:
      goal = HoldPhone(scene, side);
      break;
    case HeldThing::kUmbrella:
      goal = HoldUmbrella(scene, side);
      break;
    case HeldThing::kPackage:
      goal = HoldPackage(scene, side);
      break;
    case HeldThing::kNothing:
      return FreeArm(scene, side);
  }
  // Things keep clear of the thighs of who sits.
  if (scene.sit > 0) {
    const float lap = scene.skeleton.hip(side).z() + scene.girth.thigh_front + 0.14F;
    goal.wrist.z() = Mix(goal.wrist.z(), std::max(goal.wrist.z(), lap), scene.sit);
  }
  return goal;
}

}  // namespace tenjo::synth
