#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tenjo/vision/box.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! A point of the body in image pixels; score in [0, 1], 0 means not found.
struct Keypoint {
  float x = 0;
  float y = 0;
  float score = 0;
};

inline constexpr int kNumKeypoints = 17;

//! The 17 keypoints of COCO in COCO's order.
using Skeleton = std::array<Keypoint, kNumKeypoints>;

inline constexpr std::array<std::string_view, kNumKeypoints> kKeypointNames = {
    "nose",           "left_eye",   "right_eye",   "left_ear",   "right_ear",   "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip",
    "right_hip",      "left_knee",  "right_knee",  "left_ankle", "right_ankle"};

enum CocoKeypoint : int {
  kNose,
  kLeftEye,
  kRightEye,
  kLeftEar,
  kRightEar,
  kLeftShoulder,
  kRightShoulder,
  kLeftElbow,
  kRightElbow,
  kLeftWrist,
  kRightWrist,
  kLeftHip,
  kRightHip,
  kLeftKnee,
  kRightKnee,
  kLeftAnkle,
  kRightAnkle,
};

//! One person in one image.
struct Person {
  std::optional<std::int64_t> id;  //!< of its track, from 1; empty without a tracker
  double score = 0;                //!< in [0, 1]
  Box box;                         //!< around what is known of the person, image pixels
  Skeleton keypoints;              //!< all of score 0 where only the box was found
  //! About the whole body, hidden or not, its height along the person's vertical; empty where
  //! nothing says so. Then `box` is UprightBox of it.
  std::optional<RotatedBox> rotated_box = {};
};

//! True where at least one keypoint was found.
inline bool HasSkeleton(const Person& person) {
  return std::any_of(person.keypoints.begin(), person.keypoints.end(),
                     [](const Keypoint& point) { return point.score > 0; });
}

}  // namespace tenjo
