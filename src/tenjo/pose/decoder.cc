#include "tenjo/pose/decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "tenjo/base/error.h"
#include "tenjo/pose/bicubic.h"
#include "tenjo/pose/grouping.h"
#include "tenjo/pose/limbs.h"
#include "tenjo/pose/openpose18.h"
#include "tenjo/pose/padded_map.h"
#include "tenjo/pose/peaks.h"
#include "tenjo/pose/skeleton_box.h"

namespace tenjo {
namespace {

constexpr double kGreatestCocoScore = (kNumOpenPoseKeypoints + kNumTreeLimbs) * 17.0;
// Interpolation may overshoot the maps' values by this much; scores must not meet the clamp there,
// or the order of the best people would be lost.
constexpr double kOvershoot = 1.4;

PeakLists FindAllPeaks(const PoseMaps& maps, const PoseDecoderOptions& options) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(maps.width) * maps.height;
  PaddedMap heatmap;
  PeakFinder finder;
  PeakLists peaks;
  for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
    heatmap.Assign(maps.heatmaps + k * size, maps.width, maps.height);
    peaks[k] = finder.Find(heatmap, options.peak_threshold, options.max_peaks);
  }
  return peaks;
}

LimbLists ConnectAllLimbs(const PoseMaps& maps, const PeakLists& peaks,
                          const PoseDecoderOptions& options) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(maps.width) * maps.height;
  PaddedMap x;
  PaddedMap y;
  LimbLists connections;
  for (int i = 0; i < kNumOpenPoseLimbs; ++i) {
    const OpenPoseLimb& limb = kOpenPoseLimbs[i];
    const std::vector<Peak>& from = peaks[limb.from];
    const std::vector<Peak>& to = peaks[limb.to];
    if (!from.empty() && !to.empty()) {
      x.Assign(maps.pafs + limb.paf * size, maps.width, maps.height);
      y.Assign(maps.pafs + (limb.paf + 1) * size, maps.width, maps.height);
      connections[i] = ConnectLimbs(x, y, from, to, {options.paf_threshold, options.limb_ratio});
    }
  }
  return connections;
}

Person ToPerson(const PeakGroup& group, const PeakLists& peaks, int stride) {
  const float scale = static_cast<float>(stride) / kUpsampling;
  OpenPoseSkeleton skeleton;
  for (int k = 0; k < kNumOpenPoseKeypoints; ++k) {
    if (group.peaks[k] >= 0) {
      const Peak& peak = peaks[k][group.peaks[k]];
      skeleton[k] = {(static_cast<float>(peak.u) + 0.5F) * scale - 0.5F,
                     (static_cast<float>(peak.v) + 0.5F) * scale - 0.5F,
                     std::min(peak.value, 1.0F)};
    }
  }
  Person person;
  person.keypoints = ToCoco(skeleton);
  person.score = std::sqrt(std::clamp(
      group.score * (group.num_keypoints - 1) / (kOvershoot * kGreatestCocoScore), 0.0, 1.0));
  person.box = SkeletonBox(person.keypoints);
  return person;
}

void CheckOption(bool good, const char* name, double value, const char* right) {
  if (!good) {
    throw Error(fmt::format("The pose decoder's {} is {}; it must be {}.", name, value, right));
  }
}

}  // namespace

PoseDecoder::PoseDecoder(const PoseDecoderOptions& options) : options_(options) {
  CheckOption(options.peak_threshold > 0 && options.peak_threshold <= 1, "peak_threshold",
              options.peak_threshold, "above 0 and at most 1");
  CheckOption(options.paf_threshold >= 0 && options.paf_threshold <= 1, "paf_threshold",
              options.paf_threshold, "from 0 to 1");
  CheckOption(options.limb_ratio >= 0 && options.limb_ratio < 1, "limb_ratio", options.limb_ratio,
              "at least 0 and below 1");
  // One keypoint may be the neck, which nobody gets to see.
  CheckOption(options.min_keypoints >= 2 && options.min_keypoints <= kNumOpenPoseKeypoints,
              "min_keypoints", options.min_keypoints, "from 2 to 18");
  CheckOption(options.min_mean_score >= 0 && std::isfinite(options.min_mean_score),
              "min_mean_score", options.min_mean_score, "0 or more");
  CheckOption(options.max_peaks >= 1, "max_peaks", options.max_peaks, "at least 1");
}

std::vector<Person> PoseDecoder::Decode(const PoseMaps& maps) const {
  if (maps.width == 0 || maps.height == 0) {
    return {};
  }
  TENJO_CHECK(maps.width > 0 && maps.height > 0 && maps.stride > 0);
  TENJO_CHECK(maps.heatmaps != nullptr && maps.pafs != nullptr);
  const PeakLists peaks = FindAllPeaks(maps, options_);
  const LimbLists connections = ConnectAllLimbs(maps, peaks, options_);
  std::vector<PeakGroup> groups = GroupPeaks(peaks, connections);
  std::erase_if(groups, [this](const PeakGroup& group) {
    return group.num_keypoints < options_.min_keypoints ||
           group.score / group.num_keypoints < options_.min_mean_score;
  });
  std::stable_sort(groups.begin(), groups.end(), [](const PeakGroup& a, const PeakGroup& b) {
    return a.score * (a.num_keypoints - 1) > b.score * (b.num_keypoints - 1);
  });
  std::vector<Person> people;
  people.reserve(groups.size());
  for (const PeakGroup& group : groups) {
    people.push_back(ToPerson(group, peaks, maps.stride));
  }
  return people;
}

}  // namespace tenjo
