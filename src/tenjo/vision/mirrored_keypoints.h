#pragma once

#include <array>

#include "tenjo/vision/person.h"

namespace tenjo {

//! COCO's keypoints of the other side: what each is called in a mirrored picture.
inline constexpr std::array<int, kNumKeypoints> kMirroredKeypoints = {
    kNose,         kRightEye,   kLeftEye,   kRightEar,   kLeftEar,   kRightShoulder,
    kLeftShoulder, kRightElbow, kLeftElbow, kRightWrist, kLeftWrist, kRightHip,
    kLeftHip,      kRightKnee,  kLeftKnee,  kRightAnkle, kLeftAnkle};

}  // namespace tenjo
