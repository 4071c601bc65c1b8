#include "tenjo/synth/render/body_part.h"

#include <algorithm>
#include <limits>

namespace tenjo::synth {
namespace {

constexpr std::size_t kLeftEye = 1;
constexpr std::size_t kLeftEar = 3;
constexpr std::size_t kShoulder = 5;  // left; right is the next
constexpr std::size_t kElbow = 7;
constexpr std::size_t kWrist = 9;
constexpr std::size_t kHip = 11;
constexpr std::size_t kKnee = 13;
constexpr std::size_t kAnkle = 15;
constexpr std::size_t kNeck = 17;

// Half thickness of dressed parts, in body heights.
constexpr float kHeadRadius = 0.075F;
constexpr float kTrunkRadius = 0.065F;  // about the spine
constexpr float kFlankRadius = 0.045F;
constexpr float kUpperArmRadius = 0.03F;
constexpr float kForearmRadius = 0.025F;
constexpr float kThighRadius = 0.05F;
constexpr float kShankRadius = 0.035F;

constexpr float kHandShare = 0.5F;   // of the forearm
constexpr float kFootShare = 0.15F;  // of the shank

// A sleeve that lies against the trunk may be either's.
constexpr float kDoubt = 0.02F;

float Distance(const Vec3f& p, const Vec3f& a, const Vec3f& b) {
  const Vec3f along = b - a;
  const float squared = along.squaredNorm();
  const float share = squared > 0 ? std::clamp((p - a).dot(along) / squared, 0.0F, 1.0F) : 0;
  return (p - a - share * along).norm();
}

BodyPart OnSide(BodyPart left, std::size_t side) {
  return static_cast<BodyPart>(static_cast<std::size_t>(left) + side);
}

}  // namespace

std::array<float, kNumBodyParts> OffParts(const PersonTruth& person, const Vec3f& place) {
  std::array<float, kNumBodyParts> off;
  off.fill(std::numeric_limits<float>::max());
  const auto add = [&](BodyPart part, const Vec3f& a, const Vec3f& b, float radius) {
    float& least = off[static_cast<std::size_t>(part)];
    least = std::min(least, Distance(place, a, b) - radius * person.height_m);
  };
  const auto& k = person.keypoints;
  add(BodyPart::kHead, 0.5F * (k[kLeftEar] + k[kLeftEar + 1]),
      0.5F * (k[kLeftEye] + k[kLeftEye + 1]), kHeadRadius);
  add(BodyPart::kTrunk, k[kNeck], 0.5F * (k[kHip] + k[kHip + 1]), kTrunkRadius);
  add(BodyPart::kTrunk, k[kShoulder], k[kShoulder + 1], kFlankRadius);
  add(BodyPart::kTrunk, k[kHip], k[kHip + 1], kFlankRadius);
  for (std::size_t side = 0; side < 2; ++side) {
    const Vec3f& shoulder = k[kShoulder + side];
    const Vec3f& elbow = k[kElbow + side];
    const Vec3f& wrist = k[kWrist + side];
    const Vec3f& hip = k[kHip + side];
    const Vec3f& knee = k[kKnee + side];
    const Vec3f& ankle = k[kAnkle + side];
    add(BodyPart::kTrunk, shoulder, hip, kFlankRadius);
    add(OnSide(BodyPart::kLeftUpperArm, side), shoulder, elbow, kUpperArmRadius);
    add(OnSide(BodyPart::kLeftForearm, side), elbow, wrist + kHandShare * (wrist - elbow),
        kForearmRadius);
    add(OnSide(BodyPart::kLeftThigh, side), hip, knee, kThighRadius);
    add(OnSide(BodyPart::kLeftShank, side), knee, ankle + kFootShare * (ankle - knee),
        kShankRadius);
  }
  return off;
}

bool Meets(BodyPart part, std::size_t point) {
  if (point < kShoulder) {
    return part == BodyPart::kHead;
  }
  if (point == kNeck) {
    return part == BodyPart::kTrunk || part == BodyPart::kHead;
  }
  const std::size_t side = (point - kShoulder) % 2;
  const auto own = [&](BodyPart left) { return part == OnSide(left, side); };
  switch (point - side) {
    case kShoulder:
      return part == BodyPart::kTrunk || own(BodyPart::kLeftUpperArm);
    case kElbow:
      return own(BodyPart::kLeftUpperArm) || own(BodyPart::kLeftForearm);
    case kWrist:
      return own(BodyPart::kLeftForearm);
    case kHip:
      return part == BodyPart::kTrunk || own(BodyPart::kLeftThigh);
    case kKnee:
      return own(BodyPart::kLeftThigh) || own(BodyPart::kLeftShank);
    default:
      return own(BodyPart::kLeftShank);
  }
}

bool IsOwnPart(const PersonTruth& person, std::size_t point, const Vec3f& place) {
  const auto off = OffParts(person, place);
  float own = std::numeric_limits<float>::max();
  float other = own;
  for (std::size_t part = 0; part < kNumBodyParts; ++part) {
    float& least = Meets(static_cast<BodyPart>(part), point) ? own : other;
    least = std::min(least, off[part]);
  }
  return own <= other + kDoubt * person.height_m;
}

}  // namespace tenjo::synth
