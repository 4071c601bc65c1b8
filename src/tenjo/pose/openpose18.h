#pragma once

#include <array>

#include "tenjo/vision/person.h"

namespace tenjo {

//! The 18 keypoints of OpenPose (Cao et al. 2017) in the order of their heatmaps: COCO's 17 in
//! another order, and the neck between the shoulders. Plane 18 is the background.
enum OpenPoseKeypoint : int {
  kOpNose,
  kOpNeck,
  kOpRightShoulder,
  kOpRightElbow,
  kOpRightWrist,
  kOpLeftShoulder,
  kOpLeftElbow,
  kOpLeftWrist,
  kOpRightHip,
  kOpRightKnee,
  kOpRightAnkle,
  kOpLeftHip,
  kOpLeftKnee,
  kOpLeftAnkle,
  kOpRightEye,
  kOpLeftEye,
  kOpRightEar,
  kOpLeftEar,
  kOpBackground,
};

inline constexpr int kNumOpenPoseKeypoints = 18;
inline constexpr int kNumOpenPoseLimbs = 19;
inline constexpr int kNumHeatmaps = kNumOpenPoseKeypoints + 1;
inline constexpr int kNumPafs = 2 * kNumOpenPoseLimbs;

//! Two keypoints and the planes of the part affinity field that points from one to the other:
//! x in plane `paf`, y in plane `paf` + 1.
struct OpenPoseLimb {
  int from;
  int to;
  int paf;
};

//! The limbs in the order in which people are put together. All but the last two are a tree with
//! the neck as its root; the last two (shoulder to ear) only complete people.
inline constexpr std::array<OpenPoseLimb, kNumOpenPoseLimbs> kOpenPoseLimbs = {{
    {kOpNeck, kOpRightShoulder, 12},
    {kOpNeck, kOpLeftShoulder, 20},
    {kOpRightShoulder, kOpRightElbow, 14},
    {kOpRightElbow, kOpRightWrist, 16},
    {kOpLeftShoulder, kOpLeftElbow, 22},
    {kOpLeftElbow, kOpLeftWrist, 24},
    {kOpNeck, kOpRightHip, 0},
    {kOpRightHip, kOpRightKnee, 2},
    {kOpRightKnee, kOpRightAnkle, 4},
    {kOpNeck, kOpLeftHip, 6},
    {kOpLeftHip, kOpLeftKnee, 8},
    {kOpLeftKnee, kOpLeftAnkle, 10},
    {kOpNeck, kOpNose, 28},
    {kOpNose, kOpRightEye, 30},
    {kOpRightEye, kOpRightEar, 34},
    {kOpNose, kOpLeftEye, 32},
    {kOpLeftEye, kOpLeftEar, 36},
    {kOpRightShoulder, kOpRightEar, 18},
    {kOpLeftShoulder, kOpLeftEar, 26},
}};
inline constexpr int kNumTreeLimbs = 17;

//! COCO's keypoint of each of OpenPose's, -1 for the neck.
inline constexpr std::array<int, kNumOpenPoseKeypoints> kCocoOfOpenPose = {
    kNose,      -1,         kRightShoulder, kRightElbow, kRightWrist, kLeftShoulder,
    kLeftElbow, kLeftWrist, kRightHip,      kRightKnee,  kRightAnkle, kLeftHip,
    kLeftKnee,  kLeftAnkle, kRightEye,      kLeftEye,    kRightEar,   kLeftEar};

using OpenPoseSkeleton = std::array<Keypoint, kNumOpenPoseKeypoints>;

//! The neck is the middle of the shoulders, with the lesser of their scores, where both are known.
inline OpenPoseSkeleton ToOpenPose(const Skeleton& skeleton) {
  OpenPoseSkeleton result;
  for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
    if (kCocoOfOpenPose[k] >= 0) {
      result[k] = skeleton[kCocoOfOpenPose[k]];
    }
  }
  const Keypoint& right = result[kOpRightShoulder];
  const Keypoint& left = result[kOpLeftShoulder];
  if (right.score > 0 && left.score > 0) {
    result[kOpNeck] = {(right.x + left.x) / 2, (right.y + left.y) / 2,
                       right.score < left.score ? right.score : left.score};
  }
  return result;
}

//! Leaves the neck out.
inline Skeleton ToCoco(const OpenPoseSkeleton& skeleton) {
  Skeleton result;
  for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
    if (kCocoOfOpenPose[k] >= 0) {
      result[kCocoOfOpenPose[k]] = skeleton[k];
    }
  }
  return result;
}

}  // namespace tenjo
