#include "tenjo/pose/person_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Finer pixels to each side of the most likely one that have a say in the place.
constexpr int kReach = 2;
// A thousand places so much less likely than the most likely one make a tenth of a thousandth of
// its weight.
constexpr float kNothing = -16;

// One point's likelihood, over the finer pixels of all maps.
class Likelihood {
 public:
  Likelihood(const float* planes, int width, int height)
      : planes_(planes),
        map_width_(width),
        width_(width * kPointSplit),
        height_(height * kPointSplit) {
    plane_ = static_cast<std::ptrdiff_t>(width) * height;
  }

  Keypoint Find(double finer) const {
    const std::ptrdiff_t count = kPlanesOfPoint * plane_;
    std::ptrdiff_t at_most = 0;
    for (std::ptrdiff_t i = 1; i < count; ++i) {
      at_most = planes_[i] > planes_[at_most] ? i : at_most;
    }
    const float most = planes_[at_most];
    if (!std::isfinite(most)) {
      return {};
    }
    const auto split = static_cast<int>(at_most / plane_);
    const auto cell = static_cast<int>(at_most % plane_);
    const int px = cell % map_width_ * kPointSplit + split % kPointSplit;
    const int py = cell / map_width_ * kPointSplit + split / kPointSplit;
    double all = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) {
      all += Weight(planes_[i], most);
    }
    double near = 0;
    double sum_x = 0;
    double sum_y = 0;
    for (int y = std::max(0, py - kReach); y <= std::min(height_ - 1, py + kReach); ++y) {
      for (int x = std::max(0, px - kReach); x <= std::min(width_ - 1, px + kReach); ++x) {
        const double weight = Weight(At(x, y), most);
        near += weight;
        sum_x += weight * x;
        sum_y += weight * y;
      }
    }
    const auto place = [&](double at) { return static_cast<float>((at + 0.5) * finer - 0.5); };
    return {place(sum_x / near), place(sum_y / near), static_cast<float>(near / all)};
  }

 private:
  // 0 for what is no number, and for what all of together would not count.
  static double Weight(float logit, float most) {
    return logit - most > kNothing ? static_cast<double>(std::exp(logit - most)) : 0;
  }

  float At(int x, int y) const {
    const int plane = y % kPointSplit * kPointSplit + x % kPointSplit;
    return planes_[plane * plane_ + static_cast<std::ptrdiff_t>(y / kPointSplit) * map_width_ +
                   x / kPointSplit];
  }

  const float* planes_;
  int map_width_;
  int width_;
  int height_;
  std::ptrdiff_t plane_ = 0;
};

}  // namespace

PersonCrop WithMargin(const PersonCrop& crop) {
  PersonCrop wide = crop;
  wide.w *= kPointsMargin;
  wide.h *= kPointsMargin;
  return wide;
}

PersonPoints DecodePoints(const float* maps, int width, int height, int stride) {
  TENJO_CHECK(width > 0 && height > 0 && stride > 0);
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(width) * height;
  PersonPoints points;
  const float* person = maps + kPersonPlane * plane;
  const double logit = std::accumulate(person, person + plane, 0.0) / static_cast<double>(plane);
  points.person = std::isfinite(logit) ? 1 / (1 + std::exp(-logit)) : 0;
  for (int p = 0; p < kNumPersonPoints; ++p) {
    const Likelihood likelihood(maps + p * kPlanesOfPoint * plane, width, height);
    Keypoint& point = points.at[static_cast<std::size_t>(p)];
    point = likelihood.Find(static_cast<double>(stride) / kPointSplit);
    points.certainty += static_cast<double>(point.score) / kNumPersonPoints;
    if (p < kNumKeypoints && point.score > 0) {
      const auto cell = [&](float at, int size) {
        return std::clamp(static_cast<int>((at + 0.5F) / static_cast<float>(stride)), 0, size - 1);
      };
      const float seen =
          maps[(kSeenPlane + p) * plane +
               static_cast<std::ptrdiff_t>(cell(point.y, height)) * width + cell(point.x, width)];
      point.score = std::isfinite(seen) ? 1 / (1 + std::exp(-seen)) : 0;
    }
  }
  return points;
}

std::optional<RotatedBox> BoxOfSides(const PersonPoints& points) {
  const Keypoint& top = points.at[kBoxTop];
  const Keypoint& bottom = points.at[kBoxBottom];
  const Keypoint& left = points.at[kBoxLeft];
  const Keypoint& right = points.at[kBoxRight];
  const double up_x = top.x - bottom.x;
  const double up_y = top.y - bottom.y;
  const double across_x = right.x - left.x;
  const double across_y = right.y - left.y;
  const double h = std::hypot(up_x, up_y);
  const double w = std::hypot(across_x, across_y);
  if (!(h > 1 && w > 1) || !(std::min({top.score, bottom.score, left.score, right.score}) > 0)) {
    return std::nullopt;
  }
  // Both axes say how the box is turned, the longer one more precisely.
  const double angle = std::atan2(h * up_x + w * across_y, w * across_x - h * up_y);
  return RotatedBox{.cx = (top.x + bottom.x + left.x + right.x) / 4,
                    .cy = (top.y + bottom.y + left.y + right.y) / 4,
                    .w = w,
                    .h = h,
                    .degrees = angle * 180 / std::numbers::pi};
}

}  // namespace tenjo
