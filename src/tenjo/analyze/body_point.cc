#include "tenjo/analyze/body_point.h"

#include <initializer_list>

namespace tenjo {
namespace {

// Usual heights of an adult's joints above the floor (Winter, Biomechanics of Human Movement:
// shares of a body height of 1.68 m).
constexpr double kAnkle_m = 0.07;
constexpr double kKnee_m = 0.48;
constexpr double kHip_m = 0.89;
constexpr double kShoulder_m = 1.37;
constexpr double kHead_m = 1.55;

std::optional<Point2> MeanOf(const Person& person, std::initializer_list<int> keypoints) {
  Point2 sum;
  int seen = 0;
  for (const int k : keypoints) {
    const Keypoint& point = person.keypoints[static_cast<std::size_t>(k)];
    if (point.score >= kLeastKeypointScore) {
      sum.x += static_cast<double>(point.x);
      sum.y += static_cast<double>(point.y);
      ++seen;
    }
  }
  if (seen == 0) {
    return std::nullopt;
  }
  return Point2{sum.x / seen, sum.y / seen};
}

std::optional<Point2> HeadOf(const Person& person) {
  return MeanOf(person, {kNose, kLeftEye, kRightEye, kLeftEar, kRightEar});
}

std::optional<Point2> ToFloor(const Camera& camera, const std::optional<Point2>& pixel,
                              double height_m) {
  if (!pixel) {
    return std::nullopt;
  }
  const auto floor = camera.ToPlane({pixel->x, pixel->y}, height_m);
  if (!floor) {
    return std::nullopt;
  }
  return Point2{floor->x(), floor->y()};
}

std::optional<Point2> StandsAt(const Person& person, const Camera& camera) {
  struct Joint {
    std::optional<Point2> pixel;
    double height_m = 0;
  };
  const Joint joints[] = {{MeanOf(person, {kLeftAnkle, kRightAnkle}), kAnkle_m},
                          {MeanOf(person, {kLeftKnee, kRightKnee}), kKnee_m},
                          {MeanOf(person, {kLeftHip, kRightHip}), kHip_m},
                          {MeanOf(person, {kLeftShoulder, kRightShoulder}), kShoulder_m},
                          {HeadOf(person), kHead_m}};
  for (const Joint& joint : joints) {
    if (const auto floor = ToFloor(camera, joint.pixel, joint.height_m)) {
      return floor;
    }
  }
  return ToFloor(camera, PixelOf(person, BodyPoint::kMiddle), kHip_m);
}

}  // namespace

std::optional<Point2> PixelOf(const Person& person, BodyPoint point) {
  const Box& box = person.box;
  switch (point) {
    case BodyPoint::kFeet:
      if (const auto ankles = MeanOf(person, {kLeftAnkle, kRightAnkle})) {
        return ankles;
      }
      return Point2{box.x + box.w / 2, box.bottom()};
    case BodyPoint::kMiddle:
      return Point2{box.x + box.w / 2, box.y + box.h / 2};
    case BodyPoint::kHead:
      if (const auto head = HeadOf(person)) {
        return head;
      }
      return Point2{box.x + box.w / 2, box.y};
    case BodyPoint::kLeftWrist:
      return MeanOf(person, {kLeftWrist});
    case BodyPoint::kRightWrist:
      return MeanOf(person, {kRightWrist});
  }
  return std::nullopt;
}

std::optional<Point2> FloorOf(const Person& person, BodyPoint point, const Camera& camera,
                              double wrist_m) {
  switch (point) {
    case BodyPoint::kFeet:
      return StandsAt(person, camera);
    case BodyPoint::kMiddle:
      if (const auto hips = ToFloor(camera, MeanOf(person, {kLeftHip, kRightHip}), kHip_m)) {
        return hips;
      }
      return ToFloor(camera, PixelOf(person, point), kHip_m);
    case BodyPoint::kHead:
      return ToFloor(camera, PixelOf(person, point), kHead_m);
    case BodyPoint::kLeftWrist:
    case BodyPoint::kRightWrist:
      return ToFloor(camera, PixelOf(person, point), wrist_m);
  }
  return std::nullopt;
}

}  // namespace tenjo
