#include "tenjo/pose/skeleton_box.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenjo {
namespace {

constexpr double kLeastAspect = 0.3;
constexpr double kSides = 0.1;
constexpr double kAbove = 0.2;
constexpr double kBelow = 0.15;
constexpr double kLeastExtent = 1;  // px, of the longer side

}  // namespace

Box SkeletonBox(const Skeleton& skeleton) {
  double left = std::numeric_limits<double>::infinity();
  double top = left;
  double right = -left;
  double bottom = -left;
  for (const Keypoint& keypoint : skeleton) {
    if (keypoint.score > 0) {
      left = std::min<double>(left, keypoint.x);
      right = std::max<double>(right, keypoint.x);
      top = std::min<double>(top, keypoint.y);
      bottom = std::max<double>(bottom, keypoint.y);
    }
  }
  if (!(left <= right)) {
    return {};
  }
  const double longer = std::max({right - left, bottom - top, kLeastExtent});
  const double w = std::max(right - left, kLeastAspect * longer);
  const double h = std::max(bottom - top, kLeastAspect * longer);
  const double mean = std::sqrt(w * h);
  return {(left + right - w) / 2 - kSides * mean, (top + bottom - h) / 2 - kAbove * mean,
          w + 2 * kSides * mean, h + (kAbove + kBelow) * mean};
}

}  // namespace tenjo
