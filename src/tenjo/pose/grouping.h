#pragma once

#include <array>
#include <vector>

#include "tenjo/pose/limbs.h"
#include "tenjo/pose/openpose18.h"
#include "tenjo/pose/peaks.h"

namespace tenjo {

//! A person as a choice of peaks: for each keypoint its place in that keypoint's list, -1 without.
struct PeakGroup {
  std::array<int, kNumOpenPoseKeypoints> peaks;
  double score = 0;       //!< sum of the values of its peaks and of the scores of its limbs
  int num_keypoints = 0;  //!< ears that came over a shoulder are not counted

  PeakGroup() { peaks.fill(-1); }
};

using PeakLists = std::array<std::vector<Peak>, kNumOpenPoseKeypoints>;
using LimbLists = std::array<std::vector<LimbConnection>, kNumOpenPoseLimbs>;

//! Puts people together from connections, limb after limb in the order of kOpenPoseLimbs (Osokin
//! 2018). Keypoints of a limb of which one side has no peak at all are people of one keypoint.
std::vector<PeakGroup> GroupPeaks(const PeakLists& peaks, const LimbLists& connections);

}  // namespace tenjo
