#include "tenjo/pose/grouping.h"

#include <algorithm>

namespace tenjo {
namespace {

// One side of a limb has no peak: those of the other side stand alone unless they have a person.
void AddSingles(int keypoint, const std::vector<Peak>& peaks, std::vector<PeakGroup>* groups) {
  std::vector<bool> taken(peaks.size(), false);
  for (const PeakGroup& group : *groups) {
    if (group.peaks[keypoint] >= 0) {
      taken[group.peaks[keypoint]] = true;
    }
  }
  for (std::size_t i = 0; i < peaks.size(); ++i) {
    if (!taken[i]) {
      PeakGroup group;
      group.peaks[keypoint] = static_cast<int>(i);
      group.score = peaks[i].value;
      group.num_keypoints = 1;
      groups->push_back(group);
    }
  }
}

void Extend(const OpenPoseLimb& limb, const LimbConnection& connection, const PeakLists& peaks,
            std::vector<PeakGroup>* groups) {
  const double gained = static_cast<double>(peaks[limb.to][connection.to].value) + connection.score;
  bool found = false;
  for (PeakGroup& group : *groups) {
    if (group.peaks[limb.from] == connection.from) {
      group.peaks[limb.to] = connection.to;
      ++group.num_keypoints;
      group.score += gained;
      found = true;
    }
  }
  if (!found) {
    PeakGroup group;
    group.peaks[limb.from] = connection.from;
    group.peaks[limb.to] = connection.to;
    group.num_keypoints = 2;
    group.score = peaks[limb.from][connection.from].value + gained;
    groups->push_back(group);
  }
}

void Complete(const OpenPoseLimb& limb, const LimbConnection& connection,
              std::vector<PeakGroup>* groups) {
  for (PeakGroup& group : *groups) {
    int& from = group.peaks[limb.from];
    int& to = group.peaks[limb.to];
    if (from == connection.from && to == -1) {
      to = connection.to;
    } else if (to == connection.to && from == -1) {
      from = connection.from;
    }
  }
}

}  // namespace

std::vector<PeakGroup> GroupPeaks(const PeakLists& peaks, const LimbLists& connections) {
  std::vector<PeakGroup> groups;
  for (int i = 0; i < kNumOpenPoseLimbs; ++i) {
    const OpenPoseLimb& limb = kOpenPoseLimbs[i];
    if (peaks[limb.from].empty() || peaks[limb.to].empty()) {
      AddSingles(limb.from, peaks[limb.from], &groups);
      AddSingles(limb.to, peaks[limb.to], &groups);
      continue;
    }
    for (const LimbConnection& connection : connections[i]) {
      if (i < kNumTreeLimbs) {
        Extend(limb, connection, peaks, &groups);
      } else {
        Complete(limb, connection, &groups);
      }
    }
  }
  return groups;
}

}  // namespace tenjo
