#include "tenjo/pose/person_points.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

#include "tenjo/base/error.h"
#include "tenjo/pose/point_likelihood.h"
#include "tenjo/vision/keypoint_sigmas.h"
#include "tenjo/vision/mirrored_keypoints.h"

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

// What a network answered about one picture.
struct PointMaps {
  const float* data;
  int width;
  int height;
  int stride;

  std::ptrdiff_t plane() const { return static_cast<std::ptrdiff_t>(width) * height; }
  const float* OfPoint(std::size_t p) const {
    return data + static_cast<std::ptrdiff_t>(p) * kPlanesOfPoint * plane();
  }
  // That keypoint k is seen, as the map pixel that the place lies in says.
  float SeenLogit(std::size_t k, const cv::Point2d& place) const {
    const auto cell = [&](double at, int cells) {
      return static_cast<int>(std::clamp((at + 0.5) / stride, 0.0, cells - 1.0));
    };
    return data[(kSeenPlane + static_cast<std::ptrdiff_t>(k)) * plane() +
                static_cast<std::ptrdiff_t>(cell(place.y, height)) * width + cell(place.x, width)];
  }
  float PersonLogit() const {
    const float* person = data + kPersonPlane * plane();
    return static_cast<float>(std::accumulate(person, person + plane(), 0.0) /
                              static_cast<double>(plane()));
  }
};

// The point that is called p in the other look.
std::size_t SameInMirror(std::size_t p) {
  if (p == kBoxLeft || p == kBoxRight) {
    return kBoxLeft + kBoxRight - p;
  }
  return p < kNumKeypoints ? static_cast<std::size_t>(kMirroredKeypoints[p]) : p;
}

// Another look, in the terms of the first one.
class Beside {
 public:
  Beside(const OtherLook& look, PointMaps maps)
      : to_other_(look.to_other),
        finer_to_other_(look.to_other),
        mirrored_(look.to_other(0, 0) * look.to_other(1, 1) <
                  look.to_other(0, 1) * look.to_other(1, 0)) {
    maps.data = look.maps;
    maps_ = maps;
    // Finer pixel f is at pixel (f + 1/2) finer - 1/2.
    const double finer = static_cast<double>(maps.stride) / kPointSplit;
    const double first = (finer - 1) / 2;
    const cv::Point2d there = PlaceOf({first, first});
    finer_to_other_(0, 2) = (there.x - first) / finer;
    finer_to_other_(1, 2) = (there.y - first) / finer;
  }

  void JoinTo(std::size_t p, PointLikelihood* likelihood) {
    if (likelihood_.Read(maps_.OfPoint(Named(p)), maps_.width, maps_.height)) {
      likelihood->Join(likelihood_, finer_to_other_);
    }
  }
  float SeenLogit(std::size_t k, const cv::Point2d& place) const {
    return maps_.SeenLogit(Named(k), PlaceOf(place));
  }
  float PersonLogit() const { return maps_.PersonLogit(); }

 private:
  std::size_t Named(std::size_t p) const { return mirrored_ ? SameInMirror(p) : p; }
  cv::Point2d PlaceOf(const cv::Point2d& place) const {
    return {to_other_(0, 0) * place.x + to_other_(0, 1) * place.y + to_other_(0, 2),
            to_other_(1, 0) * place.x + to_other_(1, 1) * place.y + to_other_(1, 2)};
  }

  PointMaps maps_ = {};
  cv::Matx23d to_other_;
  cv::Matx23d finer_to_other_;
  bool mirrored_;
  PointLikelihood likelihood_;
};

}  // namespace

PersonCrop WithMargin(const PersonCrop& crop) {
  PersonCrop wide = crop;
  wide.w *= kPointsMargin;
  wide.h *= kPointsMargin;
  return wide;
}

PersonPoints DecodePoints(const float* maps, int width, int height, int stride,
                          const PersonKnown& known, const std::optional<OtherLook>& other) {
  TENJO_CHECK(width > 0 && height > 0 && stride > 0);
  const PointMaps own = {maps, width, height, stride};
  std::optional<Beside> beside;
  if (other) {
    beside.emplace(*other, own);
  }
  const double finer = static_cast<double>(stride) / kPointSplit;
  const double size = std::sqrt(AreaOf(known, width * stride, height * stride));
  const auto pixel = [&](double at) { return (at + 0.5) * finer - 0.5; };
  const auto finer_pixel = [&](float at) { return (static_cast<double>(at) + 0.5) / finer - 0.5; };
  const auto both = [&](float first, float second) {
    return Chance(beside ? (first + second) / 2 : first);
  };

  PersonPoints points;
  points.person = both(own.PersonLogit(), beside ? beside->PersonLogit() : 0);
  PointLikelihood likelihood;
  for (std::size_t p = 0; p < kNumPersonPoints; ++p) {
    if (!likelihood.Read(own.OfPoint(p), width, height)) {
      continue;
    }
    if (beside) {
      beside->JoinTo(p, &likelihood);
    }
    PointLikelihood::Found found = likelihood.MostLikely();
    points.certainty += found.share / kNumPersonPoints;
    double score = found.share;
    if (p < kNumKeypoints) {
      const double spread = 2 * kKeypointSigmas[p] * size;
      if (const Keypoint& before = known.keypoints[p]; before.score > 0) {
        likelihood.Join(finer_pixel(before.x), finer_pixel(before.y),
                        std::hypot(kKnownDeviations * spread, kKnownPixels) / finer,
                        std::min(static_cast<double>(before.score * before.score), 1.0));
      }
      found = likelihood.MostAlike(std::max(kLeastSpread, spread / finer));
      points.similarity[p] = found.share;
      const cv::Point2d place(pixel(found.x), pixel(found.y));
      score = both(own.SeenLogit(p, place), beside ? beside->SeenLogit(p, place) : 0);
    }
    points.at[p] = {static_cast<float>(pixel(found.x)), static_cast<float>(pixel(found.y)),
                    static_cast<float>(score)};
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
