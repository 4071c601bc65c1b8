#include "tenjo/pose/person_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "tenjo/base/error.h"
#include "tenjo/pose/point_likelihood.h"
#include "tenjo/vision/keypoint_sigmas.h"

namespace tenjo {
namespace {

// Keypoints of an earlier look are that likely right: the square of their score, as weak ones are
// mostly wrong, and then off by so many times what annotators are, and some pixels. Chosen on
// rendered validation pictures (docs/lab.md).
constexpr double kKnownDeviations = 1.5;
constexpr double kKnownPixels = 4;
// Finer pixels: a kernel that is thinner falls between them.
constexpr double kLeastSpread = 0.5;

double AreaOf(const PersonKnown& known, int width, int height) {
  return known.area > 0 ? known.area
                        : kBodyShare * width * height / (kPointsMargin * kPointsMargin);
}

double Chance(float logit) {
  return std::isfinite(logit) ? 1 / (1 + std::exp(-static_cast<double>(logit))) : 0;
}

}  // namespace

PersonCrop WithMargin(const PersonCrop& crop) {
  PersonCrop wide = crop;
  wide.w *= kPointsMargin;
  wide.h *= kPointsMargin;
  return wide;
}

PersonPoints DecodePoints(const float* maps, int width, int height, int stride,
                          const PersonKnown& known) {
  TENJO_CHECK(width > 0 && height > 0 && stride > 0);
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(width) * height;
  const double finer = static_cast<double>(stride) / kPointSplit;
  const double size = std::sqrt(AreaOf(known, width * stride, height * stride));
  const auto pixel = [&](double at) { return (at + 0.5) * finer - 0.5; };
  const auto finer_pixel = [&](float at) { return (static_cast<double>(at) + 0.5) / finer - 0.5; };
  // Whether a keypoint is seen, as the map pixel that it lies in says.
  const auto seen = [&](std::size_t k, const Keypoint& point) {
    const auto cell = [&](float at, int cells) {
      return std::clamp(static_cast<int>((at + 0.5F) / static_cast<float>(stride)), 0, cells - 1);
    };
    return Chance(
        maps[(kSeenPlane + static_cast<std::ptrdiff_t>(k)) * plane +
             static_cast<std::ptrdiff_t>(cell(point.y, height)) * width + cell(point.x, width)]);
  };

  PersonPoints points;
  const float* person = maps + kPersonPlane * plane;
  points.person = Chance(static_cast<float>(std::accumulate(person, person + plane, 0.0) /
                                            static_cast<double>(plane)));
  PointLikelihood likelihood;
  for (std::size_t p = 0; p < kNumPersonPoints; ++p) {
    const float* planes = maps + static_cast<std::ptrdiff_t>(p) * kPlanesOfPoint * plane;
    if (!likelihood.Read(planes, width, height)) {
      continue;
    }
    PointLikelihood::Found found = likelihood.MostLikely();
    points.certainty += found.share / kNumPersonPoints;
    Keypoint& point = points.at[p];
    if (p < kNumKeypoints) {
      const double spread = 2 * kKeypointSigmas[p] * size;
      if (const Keypoint& before = known.keypoints[p]; before.score > 0) {
        likelihood.Join(finer_pixel(before.x), finer_pixel(before.y),
                        std::hypot(kKnownDeviations * spread, kKnownPixels) / finer,
                        std::min(static_cast<double>(before.score * before.score), 1.0));
      }
      found = likelihood.MostAlike(std::max(kLeastSpread, spread / finer));
      points.similarity[p] = found.share;
    }
    point.x = static_cast<float>(pixel(found.x));
    point.y = static_cast<float>(pixel(found.y));
    point.score = static_cast<float>(p < kNumKeypoints ? seen(p, point) : found.share);
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
