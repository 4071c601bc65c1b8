#pragma once

#include <array>
#include <cstddef>

#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Parts of a person that hide each other.
enum class BodyPart : std::uint8_t {
  kHead,
  kTrunk,
  kLeftUpperArm,
  kRightUpperArm,
  kLeftForearm,
  kRightForearm,
  kLeftThigh,
  kRightThigh,
  kLeftShank,
  kRightShank,
};
inline constexpr std::size_t kNumBodyParts = 10;

//! How far a place on the person's surface lies outside of each part (below 0: inside), a part
//! being capsules between keypoints.
std::array<float, kNumBodyParts> OffParts(const PersonTruth& person, const Vec3f& place);

//! Whether the part meets at the keypoint (its own limb), so that seeing it there is seeing the
//! keypoint.
bool Meets(BodyPart part, std::size_t point);

//! Whether a place on the person's surface, skin or cloth, is of a part that meets at the keypoint:
//! no other part is clearly nearer.
bool IsOwnPart(const PersonTruth& person, std::size_t point, const Vec3f& place);

}  // namespace tenjo::synth
