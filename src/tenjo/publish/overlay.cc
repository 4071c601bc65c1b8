#include "tenjo/publish/overlay.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>

namespace tenjo {
namespace {

constexpr double kTrail_s = 3;

constexpr std::array<std::pair<int, int>, 16> kBones = {{{kLeftShoulder, kRightShoulder},
                                                         {kLeftShoulder, kLeftElbow},
                                                         {kLeftElbow, kLeftWrist},
                                                         {kRightShoulder, kRightElbow},
                                                         {kRightElbow, kRightWrist},
                                                         {kLeftShoulder, kLeftHip},
                                                         {kRightShoulder, kRightHip},
                                                         {kLeftHip, kRightHip},
                                                         {kLeftHip, kLeftKnee},
                                                         {kLeftKnee, kLeftAnkle},
                                                         {kRightHip, kRightKnee},
                                                         {kRightKnee, kRightAnkle},
                                                         {kNose, kLeftEye},
                                                         {kNose, kRightEye},
                                                         {kLeftEye, kLeftEar},
                                                         {kRightEye, kRightEar}}};

cv::Scalar SideColour(int keypoint) {
  if (keypoint == kNose) {
    return {255, 255, 255};
  }
  // COCO's names alternate: odd ones are left.
  return keypoint % 2 == 1 ? cv::Scalar(80, 220, 80) : cv::Scalar(60, 140, 255);
}

//! Sub-pixel drawing: OpenCV takes fixed point numbers.
constexpr int kShift = 4;
cv::Point Fixed(double x, double y) {
  return {static_cast<int>(std::lround(x * (1 << kShift))),
          static_cast<int>(std::lround(y * (1 << kShift)))};
}

void DrawSkeleton(const Person& person, int thickness, cv::Mat& image) {
  for (const auto& [from, to] : kBones) {
    const Keypoint& a = person.keypoints[static_cast<std::size_t>(from)];
    const Keypoint& b = person.keypoints[static_cast<std::size_t>(to)];
    if (a.score > 0 && b.score > 0) {
      cv::line(image, Fixed(a.x, a.y), Fixed(b.x, b.y), SideColour(to), thickness, cv::LINE_AA,
               kShift);
    }
  }
  for (int i = 0; i < kNumKeypoints; ++i) {
    const Keypoint& point = person.keypoints[static_cast<std::size_t>(i)];
    if (point.score > 0) {
      cv::circle(image, Fixed(point.x, point.y), (thickness + 1) << kShift, SideColour(i),
                 cv::FILLED, cv::LINE_AA, kShift);
    }
  }
}

// The whole body's box where it is known, else the upright one.
void DrawBox(const Person& person, const cv::Scalar& colour, int thickness, cv::Mat& image) {
  const Box& box = person.box;
  if (!person.rotated_box) {
    cv::rectangle(image, Fixed(box.x, box.y), Fixed(box.right(), box.bottom()), colour, thickness,
                  cv::LINE_AA, kShift);
    return;
  }
  const RotatedBox& rotated = *person.rotated_box;
  const double angle = rotated.degrees * std::numbers::pi / 180;
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  const auto corner = [&](double u, double v) {
    const double x = u * rotated.w / 2;
    const double y = v * rotated.h / 2;
    return Fixed(rotated.cx + c * x - s * y, rotated.cy + s * x + c * y);
  };
  const std::array<cv::Point, 4> corners = {corner(-1, -1), corner(1, -1), corner(1, 1),
                                            corner(-1, 1)};
  for (std::size_t i = 0; i < corners.size(); ++i) {
    cv::line(image, corners[i], corners[(i + 1) % corners.size()], colour, thickness, cv::LINE_AA,
             kShift);
  }
}

void DrawLabel(const std::string& text, const cv::Scalar& colour, cv::Point at, double scale,
               cv::Mat& image) {
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, scale, 1, &baseline);
  at.x = std::clamp(at.x, 0, std::max(0, image.cols - size.width - 4));
  at.y = std::max(at.y, size.height + 4);
  cv::rectangle(image, cv::Rect(at.x, at.y - size.height - 4, size.width + 4, size.height + 6),
                colour, cv::FILLED);
  cv::putText(image, text, {at.x + 2, at.y - 1}, cv::FONT_HERSHEY_SIMPLEX, scale, {0, 0, 0}, 1,
              cv::LINE_AA);
}

}  // namespace

cv::Scalar ColourOfId(std::int64_t id) {
  // Hues a golden angle apart.
  const double hue = std::fmod(static_cast<double>(id) * 0.61803398875, 1.0) * 6;
  const auto channel = [&](double offset) {
    const double k = std::fmod(offset + hue, 6.0);
    return 255 * (1 - 0.65 * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
  };
  return {channel(1), channel(3), channel(5)};
}

void Overlay::UpdateTrails(const std::vector<Person>& people, double time_s) {
  for (const Person& person : people) {
    if (person.id) {
      const Box& box = person.box;
      trails_[*person.id].push_back(
          {time_s, {static_cast<float>(box.x + box.w / 2), static_cast<float>(box.y + box.h / 2)}});
    }
  }
  for (auto trail = trails_.begin(); trail != trails_.end();) {
    auto& points = trail->second;
    while (!points.empty() &&
           (points.front().time_s < time_s - kTrail_s || points.front().time_s > time_s)) {
      points.pop_front();
    }
    trail = points.empty() ? trails_.erase(trail) : std::next(trail);
  }
}

void Overlay::Draw(const std::vector<Person>& people, double time_s, cv::Mat& image) {
  UpdateTrails(people, time_s);
  const int thickness = std::max(1, static_cast<int>(std::lround(image.rows / 300.0)));
  const double text_scale = std::clamp(image.rows / 900.0, 0.35, 1.5);
  for (const auto& [id, points] : trails_) {
    for (std::size_t i = 1; i < points.size(); ++i) {
      cv::line(image, Fixed(points[i - 1].at.x, points[i - 1].at.y),
               Fixed(points[i].at.x, points[i].at.y), ColourOfId(id), thickness, cv::LINE_AA,
               kShift);
    }
  }
  for (const Person& person : people) {
    const cv::Scalar colour = person.id ? ColourOfId(*person.id) : cv::Scalar(200, 200, 200);
    const Box& box = person.box;
    DrawBox(person, colour, thickness, image);
    DrawSkeleton(person, thickness, image);
    if (person.id) {
      DrawLabel(std::to_string(*person.id), colour,
                {static_cast<int>(box.x), static_cast<int>(box.y)}, text_scale, image);
    }
  }
}

}  // namespace tenjo
