#include "tenjo/pose/encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "tenjo/base/error.h"
#include "tenjo/pose/openpose18.h"

namespace tenjo {
namespace {

constexpr double kLeastHeat = 0.01;

void CheckArguments(int width, int height, const PoseEncoderOptions& options) {
  if (options.stride < 1 || !(options.heatmap_sigma > 0) || !(options.paf_half_width > 0) ||
      !std::isfinite(options.heatmap_sigma) || !std::isfinite(options.paf_half_width)) {
    throw Error(fmt::format(
        "The pose encoder got the stride {}, heatmap_sigma {} and paf_half_width {}; all must be "
        "above 0.",
        options.stride, options.heatmap_sigma, options.paf_half_width));
  }
  if (width < options.stride || height < options.stride || width % options.stride != 0 ||
      height % options.stride != 0) {
    throw Error(
        fmt::format("Pose targets were asked for an image of {}x{} pixels; both sides must be "
                    "multiples of the stride {}.",
                    width, height, options.stride));
  }
}

// A range of map pixels, [begin, end).
struct Range {
  int begin;
  int end;
};

// The map pixels whose centres lie in [low, high], input pixels.
Range PixelsBetween(double low, double high, int stride, int size) {
  const double offset = (stride - 1) / 2.0;
  const double begin = std::ceil((low - offset) / stride);
  const double end = std::floor((high - offset) / stride) + 1;
  return {static_cast<int>(std::clamp<double>(begin, 0, size)),
          static_cast<int>(std::clamp<double>(end, 0, size))};
}

double Centre(int pixel, int stride) { return (pixel + 0.5) * stride - 0.5; }

void DrawGaussian(const Keypoint& keypoint, double sigma, const PoseTargets& targets,
                  float* plane) {
  const double reach = sigma * std::sqrt(-2 * std::log(kLeastHeat));
  const Range xs =
      PixelsBetween(keypoint.x - reach, keypoint.x + reach, targets.stride, targets.width);
  const Range ys =
      PixelsBetween(keypoint.y - reach, keypoint.y + reach, targets.stride, targets.height);
  for (int y = ys.begin; y < ys.end; ++y) {
    for (int x = xs.begin; x < xs.end; ++x) {
      const double dx = Centre(x, targets.stride) - keypoint.x;
      const double dy = Centre(y, targets.stride) - keypoint.y;
      const double heat = std::exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      float& value = plane[static_cast<std::ptrdiff_t>(y) * targets.width + x];
      if (heat >= kLeastHeat) {
        value = std::max(value, static_cast<float>(heat));
      }
    }
  }
}

// Adds the limb's direction to two planes and 1 to `count` where it is drawn.
void AddLimb(const Keypoint& from, const Keypoint& to, double half_width,
             const PoseTargets& targets, float* paf_x, float* paf_y, int* count) {
  const double dx = static_cast<double>(to.x) - from.x;
  const double dy = static_cast<double>(to.y) - from.y;
  const double length = std::hypot(dx, dy);
  if (!(length > 0)) {
    return;
  }
  const double ux = dx / length;
  const double uy = dy / length;
  const Range xs =
      PixelsBetween(std::min(from.x, to.x) - half_width, std::max(from.x, to.x) + half_width,
                    targets.stride, targets.width);
  const Range ys =
      PixelsBetween(std::min(from.y, to.y) - half_width, std::max(from.y, to.y) + half_width,
                    targets.stride, targets.height);
  for (int y = ys.begin; y < ys.end; ++y) {
    for (int x = xs.begin; x < xs.end; ++x) {
      const double px = Centre(x, targets.stride) - from.x;
      const double py = Centre(y, targets.stride) - from.y;
      const double along = std::clamp(px * ux + py * uy, 0.0, length);
      if (std::hypot(px - along * ux, py - along * uy) <= half_width) {
        const std::ptrdiff_t i = static_cast<std::ptrdiff_t>(y) * targets.width + x;
        paf_x[i] += static_cast<float>(ux);
        paf_y[i] += static_cast<float>(uy);
        ++count[i];
      }
    }
  }
}

void DrawBackground(PoseTargets* targets) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(targets->width) * targets->height;
  float* background = targets->heatmaps.data() + kOpBackground * size;
  std::fill_n(background, size, 1.0F);
  for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
    const float* plane = targets->heatmaps.data() + k * size;
    for (std::ptrdiff_t i = 0; i < size; ++i) {
      background[i] = std::min(background[i], 1 - plane[i]);
    }
  }
}

std::vector<OpenPoseSkeleton> WithNecks(std::span<const Skeleton> people) {
  std::vector<OpenPoseSkeleton> result;
  result.reserve(people.size());
  for (std::size_t i = 0; i < people.size(); ++i) {
    for (int k = 0; k < kNumKeypoints; ++k) {
      const Keypoint& keypoint = people[i][k];
      if (keypoint.score > 0 && !(std::isfinite(keypoint.x) && std::isfinite(keypoint.y))) {
        throw Error(
            fmt::format("Person {} of {} has its {} at ({}, {}); known keypoints must be finite.",
                        i + 1, people.size(), kKeypointNames[k], keypoint.x, keypoint.y));
      }
    }
    result.push_back(ToOpenPose(people[i]));
  }
  return result;
}

void DrawLimb(const OpenPoseLimb& limb, const std::vector<OpenPoseSkeleton>& skeletons,
              double half_width, PoseTargets* targets) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(targets->width) * targets->height;
  float* paf_x = targets->pafs.data() + limb.paf * size;
  float* paf_y = paf_x + size;
  std::vector<int> count(size, 0);
  for (const OpenPoseSkeleton& skeleton : skeletons) {
    const Keypoint& from = skeleton[limb.from];
    const Keypoint& to = skeleton[limb.to];
    if (from.score > 0 && to.score > 0) {
      AddLimb(from, to, half_width, *targets, paf_x, paf_y, count.data());
    }
  }
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    if (count[i] > 1) {
      paf_x[i] /= static_cast<float>(count[i]);
      paf_y[i] /= static_cast<float>(count[i]);
    }
  }
}

}  // namespace

PoseTargets EncodePose(std::span<const Skeleton> people, int width, int height,
                       const PoseEncoderOptions& options) {
  CheckArguments(width, height, options);
  const std::vector<OpenPoseSkeleton> skeletons = WithNecks(people);
  PoseTargets targets;
  targets.stride = options.stride;
  targets.width = width / options.stride;
  targets.height = height / options.stride;
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(targets.width) * targets.height;
  targets.heatmaps.assign(kNumHeatmaps * size, 0.0F);
  targets.pafs.assign(kNumPafs * size, 0.0F);
  for (const OpenPoseSkeleton& skeleton : skeletons) {
    for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
      if (skeleton[k].score > 0) {
        DrawGaussian(skeleton[k], options.heatmap_sigma, targets,
                     targets.heatmaps.data() + k * size);
      }
    }
  }
  DrawBackground(&targets);
  for (const OpenPoseLimb& limb : kOpenPoseLimbs) {
    DrawLimb(limb, skeletons, options.paf_half_width, &targets);
  }
  return targets;
}

}  // namespace tenjo
