#include "tenjo/track/iou_matcher.h"

#include <algorithm>

namespace tenjo {

std::span<const int> IouMatcher::Match(std::span<const Box> detections, std::span<const Box> tracks,
                                       double iou_threshold) {
  if (ComputeIous(detections, tracks, iou_threshold)) {
    return match_;
  }
  for (double& iou : ious_) {
    iou = -iou;
  }
  const std::size_t cols = tracks.size();
  const std::span<const int> assigned =
      solver_.Solve(ious_, static_cast<int>(detections.size()), static_cast<int>(cols));
  for (std::size_t d = 0; d < detections.size(); ++d) {
    const int t = assigned[d];
    match_[d] = t >= 0 && -ious_[d * cols + t] >= iou_threshold ? t : -1;
  }
  return match_;
}

bool IouMatcher::ComputeIous(std::span<const Box> detections, std::span<const Box> tracks,
                             double iou_threshold) {
  ious_.resize(detections.size() * tracks.size());
  match_.assign(detections.size(), -1);
  taken_.assign(tracks.size(), 0);
  bool one_to_one = true;
  bool any = false;
  double* iou = ious_.data();
  for (std::size_t d = 0; d < detections.size(); ++d) {
    for (std::size_t t = 0; t < tracks.size(); ++t, ++iou) {
      *iou = IoU(detections[d], tracks[t]);
      if (*iou > iou_threshold) {
        one_to_one = one_to_one && match_[d] < 0 && taken_[t] == 0;
        any = true;
        match_[d] = static_cast<int>(t);
        taken_[t] = 1;
      }
    }
  }
  return one_to_one && (any || ious_.empty());
}

}  // namespace tenjo
