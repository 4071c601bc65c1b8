#pragma once

#include <span>
#include <vector>

#include "tenjo/track/assignment.h"
#include "tenjo/vision/box.h"

namespace tenjo {

//! Pairs detections with the predicted boxes of tracks by IoU as SORT does. Keeps its work space.
//!
//! If "IoU over the threshold" is already one-to-one, those pairs are the answer; else the
//! assignment of greatest summed IoU is, less its pairs under the threshold. The two differ: in the
//! second, overlaps under the threshold weigh in the sum, and an IoU equal to the threshold counts.
class IouMatcher {
 public:
  //! Returns the track of each detection, -1 for none. The answer holds until the next call.
  std::span<const int> Match(std::span<const Box> detections, std::span<const Box> tracks,
                             double iou_threshold);

 private:
  //! Fills ious_ and match_ (pairs over the threshold). True if the pairs are one-to-one.
  bool ComputeIous(std::span<const Box> detections, std::span<const Box> tracks,
                   double iou_threshold);

  std::vector<double> ious_;
  std::vector<int> match_;
  std::vector<char> taken_;
  AssignmentSolver solver_;
};

}  // namespace tenjo
