#include "tenjo/synth/people/motion_skeleton.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace tenjo::synth {
namespace {

constexpr float kPi = 3.14159265F;

// The rotation that takes the rest frame (axis, side) to the posed one; both pairs perpendicular.
Eigen::Quaternionf FrameTurn(const Vec3f& rest_axis, const Vec3f& rest_side, const Vec3f& axis,
                             const Vec3f& side) {
  Mat3f from;
  from << rest_axis, rest_side, rest_axis.cross(rest_side);
  Mat3f to;
  to << axis, side, axis.cross(side);
  return Eigen::Quaternionf(to * from.transpose()).normalized();
}

// The part of a rotation that turns about `axis`, in radians.
float TwistAbout(const Eigen::Quaternionf& turn, const Vec3f& axis) {
  return WrapAngle(2 * std::atan2(turn.vec().dot(axis), turn.w()));
}

float LimitedReach(float distance, float a, float b, float most_flexion) {
  const float nearest = std::sqrt(a * a + b * b - 2 * a * b * std::cos(kPi - most_flexion));
  return std::clamp(distance, nearest, 0.9985F * (a + b));
}

// Where the middle joint of a two-bone chain lies: on the side of `pole`.
Vec3f MiddleJoint(const Vec3f& from, const Vec3f& dir, float distance, float a, float b,
                  const Vec3f& pole) {
  const float along = (a * a - b * b + distance * distance) / (2 * distance);
  const float off = std::sqrt(std::max(0.0F, a * a - along * along));
  return from + along * dir + off * pole;
}

}  // namespace

float WrapAngle(float angle) {
  const float turned = std::fmod(angle + kPi, 2 * kPi);
  return turned <= 0 ? turned + kPi : turned - kPi;
}

Vec3f Perpendicular(const Vec3f& v, const Vec3f& axis, const Vec3f& fallback) {
  const Vec3f flat = v - v.dot(axis) * axis;
  if (flat.squaredNorm() > 1e-8F) {
    return flat.normalized();
  }
  const Vec3f other = fallback - fallback.dot(axis) * axis;
  return other.squaredNorm() > 1e-8F ? other.normalized() : axis.unitOrthogonal();
}

Eigen::Quaternionf TurnX(float angle) {
  return Eigen::Quaternionf(Eigen::AngleAxisf(angle, Vec3f::UnitX()));
}
Eigen::Quaternionf TurnY(float angle) {
  return Eigen::Quaternionf(Eigen::AngleAxisf(angle, Vec3f::UnitY()));
}
Eigen::Quaternionf TurnZ(float angle) {
  return Eigen::Quaternionf(Eigen::AngleAxisf(angle, Vec3f::UnitZ()));
}

Skeleton::Skeleton(const BodyAsset& asset, const RestBody& rest)
    : asset_(asset),
      rest_(rest),
      root_(asset.bone("root")),
      spine_{asset.bone("spine05"), asset.bone("spine04"), asset.bone("spine03"),
             asset.bone("spine02"), asset.bone("spine01")},
      neck_{asset.bone("neck01"), asset.bone("neck02"), asset.bone("neck03"), asset.bone("head")},
      turns_(asset.bone_names.size(), Eigen::Quaternionf::Identity()),
      places_(rest.bone_heads) {
  for (int side = 0; side < 2; ++side) {
    const std::string end = side == 0 ? ".L" : ".R";
    const auto id = [&](const char* name) { return asset.bone(name + end); };
    auto& b = bones_[static_cast<std::size_t>(side)];
    b = {.clavicle = id("clavicle"),
         .shoulder = id("shoulder01"),
         .upperarm1 = id("upperarm01"),
         .upperarm2 = id("upperarm02"),
         .lowerarm1 = id("lowerarm01"),
         .lowerarm2 = id("lowerarm02"),
         .wrist = id("wrist"),
         .thumb = id("finger1-1"),
         .finger1 = id("finger3-1"),
         .finger2 = id("finger3-2"),
         .pelvis = id("pelvis"),
         .upperleg1 = id("upperleg01"),
         .upperleg2 = id("upperleg02"),
         .lowerleg1 = id("lowerleg01"),
         .lowerleg2 = id("lowerleg02"),
         .foot = id("foot"),
         .toe = id("toe2-1")};
    const auto head = [&](int bone) { return rest.bone_heads[static_cast<std::size_t>(bone)]; };
    const std::string prefix = side == 0 ? "left_" : "right_";
    const auto point = [&](const char* name) {
      return rest.points[static_cast<std::size_t>(asset.point(prefix + name))];
    };
    auto& m = measures_[static_cast<std::size_t>(side)];
    const Vec3f upper = head(b.lowerarm1) - head(b.upperarm1);
    const Vec3f lower = head(b.wrist) - head(b.lowerarm1);
    const Vec3f thigh = head(b.lowerleg1) - head(b.upperleg1);
    const Vec3f shank = head(b.foot) - head(b.lowerleg1);
    m.upper_arm = upper.norm();
    m.lower_arm = lower.norm();
    m.thigh = thigh.norm();
    m.shank = shank.norm();
    m.upper_arm_dir = upper / m.upper_arm;
    m.lower_arm_dir = lower / m.lower_arm;
    m.elbow_axis = m.upper_arm_dir.cross(m.lower_arm_dir).normalized();
    m.finger_dir = (head(b.finger1) - head(b.wrist)).normalized();
    m.palm_normal =
        Perpendicular(SideSign(side) * m.finger_dir.cross(head(b.thumb) - head(b.wrist)),
                      m.finger_dir, Vec3f::UnitX());
    m.thigh_dir = thigh / m.thigh;
    m.shank_dir = shank / m.shank;
    m.ankle = point("ankle");
    m.heel = point("heel");
    m.ball = point("ball");
    m.toe_tip = point("toe_tip");
  }
  rest_hips_ = (rest.bone_heads[static_cast<std::size_t>(bones_[0].upperleg1)] +
                rest.bone_heads[static_cast<std::size_t>(bones_[1].upperleg1)]) /
               2;
  leg_length_ = measures_[0].thigh + measures_[0].shank + measures_[0].ankle.z();
}

void Skeleton::SetTurn(int bone, const Eigen::Quaternionf& global) {
  const auto b = static_cast<std::size_t>(bone);
  const int parent = asset_.parents[b];
  if (parent >= 0) {
    const auto p = static_cast<std::size_t>(parent);
    places_[b] = places_[p] + turns_[p] * (rest_.bone_heads[b] - rest_.bone_heads[p]);
  }
  turns_[b] = global.normalized();
}

void Skeleton::SetLocal(int bone, const Eigen::Quaternionf& local) {
  const int parent = asset_.parents[static_cast<std::size_t>(bone)];
  SetTurn(bone, parent < 0 ? local : Eigen::Quaternionf(turn(parent) * local));
}

void Skeleton::PoseTorso(const TorsoGoal& goal) {
  const Eigen::Quaternionf pelvis =
      TurnZ(goal.pelvis_yaw) * TurnY(goal.pelvis_pitch) * TurnX(goal.pelvis_roll);
  const Vec3f root_head = rest_.bone_heads[static_cast<std::size_t>(root_)];
  places_[static_cast<std::size_t>(root_)] = goal.hips + pelvis * (root_head - rest_hips_);
  SetTurn(root_, pelvis);
  // The lumbar spine flexes most, the chest hardly.
  constexpr std::array<float, 5> kFlexion = {0.26F, 0.26F, 0.22F, 0.16F, 0.10F};
  constexpr std::array<float, 5> kTwist = {0.10F, 0.14F, 0.22F, 0.27F, 0.27F};
  for (std::size_t i = 0; i < spine_.size(); ++i) {
    SetLocal(spine_[i], TurnZ(kTwist[i] * goal.spine_twist) *
                            TurnY(kFlexion[i] * goal.spine_pitch) *
                            TurnX(kFlexion[i] * goal.spine_side));
  }
  for (int side = 0; side < 2; ++side) {
    const auto& b = bones(side);
    for (const int bone : {b.clavicle, b.shoulder, b.upperarm1, b.pelvis, b.upperleg1}) {
      SetLocal(bone, Eigen::Quaternionf::Identity());
    }
  }
}

Vec3f Skeleton::shoulder(int side) const {
  const auto at = static_cast<std::size_t>(bones(side).upperarm1);
  const auto chest_bone = static_cast<std::size_t>(spine_[4]);
  return places_[chest_bone] + chest() * (rest_.bone_heads[at] - rest_.bone_heads[chest_bone]);
}

void Skeleton::PoseHead(float yaw, float pitch, float roll) {
  for (const int bone : neck_) {
    SetLocal(bone, TurnZ(yaw / 4) * TurnY(pitch / 4) * TurnX(roll / 4));
  }
}

void Skeleton::PoseGirdle(int side, const ArmGoal& goal) {
  // About a third of raising an arm comes from the girdle (the scapulohumeral rhythm, Inman 1944).
  const auto& m = measures(side);
  const Vec3f aim = chest().inverse() * (goal.wrist - shoulder(side));
  const float distance = aim.norm();
  const float stretch = Smooth(0.55F, 1.0F, distance / (m.upper_arm + m.lower_arm));
  const Vec3f dir = distance > 1e-6F ? Vec3f(aim / distance) : -Vec3f::UnitZ();
  const float elevation = std::acos(std::clamp(-dir.z(), -1.0F, 1.0F));
  const float sign = SideSign(side);
  const float raise =
      Mix(-4 * kDegree, 24 * kDegree, Smooth(40 * kDegree, 165 * kDegree, elevation));
  const float forward = 14 * kDegree * dir.x() * std::sqrt(std::max(0.0F, 1 - dir.z() * dir.z()));
  const float across = 10 * kDegree * Clamp01(-sign * dir.y());
  const Eigen::Quaternionf turn_girdle =
      TurnZ(-sign * stretch * (forward + across)) * TurnX(sign * Mix(0.6F, 1, stretch) * raise);
  SetLocal(bones(side).clavicle, Eigen::Quaternionf::Identity().slerp(0.65F, turn_girdle));
  SetLocal(bones(side).shoulder, Eigen::Quaternionf::Identity().slerp(0.45F, turn_girdle));
}

void Skeleton::PoseArm(int side, const ArmGoal& goal) {
  const auto& m = measures(side);
  const auto& b = bones(side);
  PoseGirdle(side, goal);
  SetLocal(b.upperarm1, Eigen::Quaternionf::Identity());
  const Vec3f start = joint(b.upperarm1);
  const Vec3f to = goal.wrist - start;
  const Vec3f dir = to.squaredNorm() > 1e-8F ? Vec3f(to.normalized()) : -Vec3f::UnitZ();
  const Vec3f pole = Perpendicular(goal.pole, dir, -Vec3f::UnitX());
  const float reach = LimitedReach(to.norm(), m.upper_arm, m.lower_arm, 140 * kDegree);
  const Vec3f elbow = MiddleJoint(start, dir, reach, m.upper_arm, m.lower_arm, pole);
  const Vec3f wrist = start + reach * dir;
  const Vec3f axis = pole.cross(dir);

  // Half of the arm's own turning is left to the second bone, so that the shoulder does not wring.
  const Eigen::Quaternionf upper =
      FrameTurn(m.upper_arm_dir, m.elbow_axis, (elbow - start).normalized(), axis);
  const Eigen::Quaternionf local = turn(b.shoulder).inverse() * upper;
  const float twist = TwistAbout(local, m.upper_arm_dir);
  SetTurn(b.upperarm1,
          upper * Eigen::Quaternionf(Eigen::AngleAxisf(-0.55F * twist, m.upper_arm_dir)));
  SetTurn(b.upperarm2, upper);
  SetTurn(b.lowerarm1, upper);
  const Vec3f forearm = (wrist - joint(b.lowerarm1)).normalized();
  const Vec3f hinge = Perpendicular(axis, forearm, Vec3f::UnitY());
  PoseHand(side, goal, FrameTurn(m.lower_arm_dir, m.elbow_axis, forearm, hinge));
}

void Skeleton::PoseHand(int side, const ArmGoal& goal, const Eigen::Quaternionf& forearm) {
  const auto& m = measures(side);
  const auto& b = bones(side);
  const Vec3f axis = forearm * m.lower_arm_dir;
  const Vec3f palm = Perpendicular(forearm * m.palm_normal, axis, Vec3f::UnitX());
  float turned = 0;
  const Vec3f wanted = goal.palm - goal.palm.dot(axis) * axis;
  if (wanted.squaredNorm() > 0.01F * goal.palm.squaredNorm()) {
    turned = std::atan2(palm.cross(wanted).dot(axis), palm.dot(wanted));
    turned = std::clamp(turned, -95 * kDegree, 95 * kDegree);
  }
  const auto pronated = [&](float share) {
    return Eigen::Quaternionf(Eigen::AngleAxisf(share * turned, axis)) * forearm;
  };
  SetTurn(b.lowerarm1, pronated(0.25F));
  SetTurn(b.lowerarm2, pronated(0.7F));
  Eigen::Quaternionf hand = pronated(1.0F);
  // At rest the hand already stands at an angle to the forearm: straighten it, then bend as wanted.
  const Vec3f fingers =
      goal.fingers.squaredNorm() > 1e-8F ? Vec3f(goal.fingers.normalized()) : axis;
  const Eigen::AngleAxisf bend(Eigen::Quaternionf::FromTwoVectors(hand * m.finger_dir, fingers));
  hand = Eigen::AngleAxisf(std::clamp(bend.angle(), 0.0F, 60 * kDegree), bend.axis()) * hand;
  SetTurn(b.wrist, hand);
  const Vec3f knuckles = m.finger_dir.cross(m.palm_normal).normalized();
  SetLocal(b.thumb, Eigen::Quaternionf(Eigen::AngleAxisf(0.25F * goal.curl, knuckles)));
  SetLocal(b.finger1, Eigen::Quaternionf(Eigen::AngleAxisf(goal.curl, knuckles)));
  SetLocal(b.finger2, Eigen::Quaternionf(Eigen::AngleAxisf(1.3F * goal.curl, knuckles)));
}

void Skeleton::PoseLeg(int side, const FootGoal& goal) {
  const auto& m = measures(side);
  const auto& b = bones(side);
  SetLocal(b.pelvis, Eigen::Quaternionf::Identity());
  SetLocal(b.upperleg1, Eigen::Quaternionf::Identity());
  const Vec3f start = joint(b.upperleg1);
  const Vec3f to = goal.ankle - start;
  const Vec3f dir = to.squaredNorm() > 1e-8F ? Vec3f(to.normalized()) : -Vec3f::UnitZ();
  // The knee looks where the foot does, and keeps to the front of the pelvis when the thigh is
  // raised.
  const Vec3f ahead(std::cos(goal.yaw), std::sin(goal.yaw), 0);
  const Vec3f front = turn(b.pelvis) * Vec3f(1, 0.12F * SideSign(side), 0.6F);
  const float raised = Smooth(0.2F, 0.8F, dir.x());
  const Vec3f usual = Mix(Vec3f(ahead + 0.35F * front), Vec3f(front + Vec3f::UnitZ()), raised);
  const Vec3f pole = Perpendicular(goal.knee.isZero() ? usual : goal.knee, dir, Vec3f::UnitZ());
  const float reach = LimitedReach(to.norm(), m.thigh, m.shank, 150 * kDegree);
  const Vec3f knee = MiddleJoint(start, dir, reach, m.thigh, m.shank, pole);
  const Vec3f ankle = start + reach * dir;
  const Vec3f axis = pole.cross(dir);
  const Vec3f thigh_side = Perpendicular(Vec3f::UnitY(), m.thigh_dir, Vec3f::UnitX());
  const Vec3f shank_side = Perpendicular(Vec3f::UnitY(), m.shank_dir, Vec3f::UnitX());
  const Eigen::Quaternionf thigh =
      FrameTurn(m.thigh_dir, thigh_side, (knee - start).normalized(), axis);
  SetTurn(b.upperleg1, thigh);
  SetTurn(b.upperleg2, thigh);
  SetTurn(b.lowerleg1, thigh);
  const Vec3f shank_dir = (ankle - joint(b.lowerleg1)).normalized();
  const Eigen::Quaternionf shank =
      FrameTurn(m.shank_dir, shank_side, shank_dir, Perpendicular(axis, shank_dir, Vec3f::UnitY()));
  SetTurn(b.lowerleg1, shank);
  SetTurn(b.lowerleg2, shank);
  const Eigen::Quaternionf foot = TurnZ(goal.yaw) * TurnY(-goal.pitch);
  SetTurn(b.foot, foot);
  SetTurn(b.toe, foot * TurnY(-goal.toe));
}

BodyPose Skeleton::Finish() const {
  BodyPose pose;
  pose.rotations.resize(turns_.size());
  for (std::size_t b = 0; b < turns_.size(); ++b) {
    const int parent = asset_.parents[b];
    pose.rotations[b] =
        parent < 0 ? turns_[b]
                   : (turns_[static_cast<std::size_t>(parent)].inverse() * turns_[b]).normalized();
  }
  pose.root = joint(root_) - rest_.bone_heads[static_cast<std::size_t>(root_)];
  return pose;
}

}  // namespace tenjo::synth
