#include "tenjo/appearance/crop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Keypoints under this are as good as guessed.
constexpr float kSeen = 0.1F;
// The body's axis must be at least this long, as a share of the box's longer side: shorter, the
// person is seen from straight above and the axis says where they face.
constexpr double kLeastAxis = 0.15;
// Of the box's longer side: nearer to the point below the camera there is no up.
constexpr double kBelow = 0.5;
// What networks have learned to take for nothing: their mean.
constexpr std::uint8_t kGrey = 128;

//! Pixels of the image for one of the picture.
double ScaleOf(const PersonCrop& crop, const cv::Mat& picture) {
  return std::max({crop.w / picture.cols, crop.h / picture.rows, 1e-3});
}

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

void CutPerson(const cv::Mat& image, const PersonCrop& crop, cv::Mat& picture) {
  TENJO_CHECK(image.type() == CV_8UC3 && picture.type() == CV_8UC3 && !image.empty() &&
              !picture.empty());
  const double scale = ScaleOf(crop, picture);
  const double c = scale * std::cos(crop.up_rad);
  const double s = scale * std::sin(crop.up_rad);
  const double mx = (picture.cols - 1) / 2.0;
  const double my = (picture.rows - 1) / 2.0;
  const double x = crop.cx;
  const double y = crop.cy;
  if (scale > 2) {
    // Far smaller than the image: its pixels are averaged first, those near the person alone.
    const double half = 0.5 * scale * std::hypot(picture.cols, picture.rows) + 2;
    const cv::Rect near =
        cv::Rect(cv::Point(static_cast<int>(x - half), static_cast<int>(y - half)),
                 cv::Size(static_cast<int>(2 * half), static_cast<int>(2 * half))) &
        cv::Rect(0, 0, image.cols, image.rows);
    if (!near.empty()) {
      const double shrink = scale / 1.5;
      cv::Mat source;
      const cv::Size size(std::max(1, static_cast<int>(near.width / shrink)),
                          std::max(1, static_cast<int>(near.height / shrink)));
      const double sx = static_cast<double>(near.width) / size.width;
      const double sy = static_cast<double>(near.height) / size.height;
      cv::resize(image(near), source, size, 0, 0, cv::INTER_AREA);
      const cv::Matx23d picture_to_near(c / sx, -s / sx,
                                        (x - near.x + 0.5 - c * mx + s * my) / sx - 0.5, s / sy,
                                        c / sy, (y - near.y + 0.5 - s * mx - c * my) / sy - 0.5);
      cv::warpAffine(source, picture, picture_to_near, picture.size(),
                     cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
      return;
    }
  }
  const cv::Matx23d picture_to_image(c, -s, x - c * mx + s * my, s, c, y - s * mx - c * my);
  cv::warpAffine(image, picture, picture_to_image, picture.size(),
                 cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
}

void MaskPerson(const PersonCrop& crop, CropMask mask, cv::Mat& picture) {
  if (mask == CropMask::kNone) {
    return;
  }
  TENJO_CHECK(picture.type() == CV_8UC3);
  const double scale = ScaleOf(crop, picture);
  // Half the box's sides, in the picture's pixels.
  const double half_w = std::max(0.5 * crop.w / scale, 1e-6);
  const double half_h = std::max(0.5 * crop.h / scale, 1e-6);
  for (int y = 0; y < picture.rows; ++y) {
    cv::Vec3b* row = picture.ptr<cv::Vec3b>(y);
    const double v = std::abs(y - (picture.rows - 1) / 2.0) / half_h;
    for (int x = 0; x < picture.cols; ++x) {
      const double u = std::abs(x - (picture.cols - 1) / 2.0) / half_w;
      const bool seen = mask == CropMask::kBox ? u <= 1 && v <= 1 : u * u + v * v <= 1;
      if (!seen) {
        row[x] = cv::Vec3b::all(kGrey);
      }
    }
  }
}

}  // namespace tenjo
