#include "tenjo/vision/person_crop.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>

namespace tenjo {
namespace {

// Keypoints under this are as good as guessed.
constexpr float kSeen = 0.1F;
// The body's axis must be at least this long, as a share of the box's longer side: shorter, the
// person is seen from straight above and the axis says where they face.
constexpr double kLeastAxis = 0.15;
// Of the box's longer side: nearer to the point below the camera there is no up.
constexpr double kBelow = 0.5;

std::optional<cv::Point2d> Mean(const Skeleton& skeleton, std::initializer_list<int> which) {
  cv::Point2d sum;
  int count = 0;
  for (const int k : which) {
    const Keypoint& point = skeleton[static_cast<std::size_t>(k)];
    if (point.score > kSeen) {
      sum += cv::Point2d(point.x, point.y);
      ++count;
    }
  }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

//! From the lower to the upper body, if both are seen.
std::optional<cv::Point2d> BodyAxis(const Skeleton& skeleton) {
  const auto shoulders = Mean(skeleton, {kLeftShoulder, kRightShoulder});
  const auto head = Mean(skeleton, {kNose, kLeftEye, kRightEye, kLeftEar, kRightEar});
  const auto hips = Mean(skeleton, {kLeftHip, kRightHip});
  const auto ankles = Mean(skeleton, {kLeftAnkle, kRightAnkle, kLeftKnee, kRightKnee});
  const auto upper = shoulders ? shoulders : head;
  const auto lower = hips ? hips : ankles;
  return upper && lower ? std::optional(*upper - *lower) : std::nullopt;
}

double UpOf(const cv::Point2d& axis) { return std::atan2(axis.x, -axis.y); }

// A rotated box is the crop, but does not say which of its ends is up.
PersonCrop FromRotatedBox(const Person& person, std::optional<cv::Point2d> below) {
  const RotatedBox& box = *person.rotated_box;
  PersonCrop crop{.cx = box.cx,
                  .cy = box.cy,
                  .w = box.w,
                  .h = box.h,
                  .up_rad = box.degrees * std::numbers::pi / 180};
  std::optional<cv::Point2d> up = BodyAxis(person.keypoints);
  if (!up && below) {
    up = cv::Point2d(box.cx, box.cy) - *below;
  }
  if (up && up->x * std::sin(crop.up_rad) - up->y * std::cos(crop.up_rad) < 0) {
    crop.up_rad += crop.up_rad > 0 ? -std::numbers::pi : std::numbers::pi;
  }
  return crop;
}

}  // namespace

double UpAt(double x, double y, std::optional<cv::Point2d> below) {
  return below ? UpOf(cv::Point2d(x, y) - *below) : 0;
}

bool KnowsUp(const Person& person, std::optional<cv::Point2d> below) {
  return below || BodyAxis(person.keypoints);
}

PersonCrop CropOf(const Person& person, std::optional<cv::Point2d> below) {
  if (person.rotated_box) {
    return FromRotatedBox(person, below);
  }
  const Box& box = person.box;
  const double side = std::max(box.w, box.h);
  PersonCrop crop{.cx = box.x + box.w / 2, .cy = box.y + box.h / 2, .w = box.w, .h = box.h};
  const auto axis = BodyAxis(person.keypoints);
  if (axis && std::hypot(axis->x, axis->y) > kLeastAxis * side) {
    crop.up_rad = UpOf(*axis);
  } else if (below && std::hypot(crop.cx - below->x, crop.cy - below->y) > kBelow * side) {
    crop.up_rad = UpAt(crop.cx, crop.cy, below);
  }
  // The box is upright: its reach along a slanted axis is less than that of its corners.
  const double c = std::abs(std::cos(crop.up_rad));
  const double s = std::abs(std::sin(crop.up_rad));
  const double slant = 1 - 0.5 * c * s;
  crop.w = (c * box.w + s * box.h) * slant;
  crop.h = (s * box.w + c * box.h) * slant;
  return crop;
}

}  // namespace tenjo
