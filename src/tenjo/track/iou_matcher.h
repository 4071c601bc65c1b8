#pragma once

#include <span>
#include <vector>

#include "tenjo/base/disjoint_sets.h"
#include "tenjo/track/assignment.h"
#include "tenjo/vision/box.h"

namespace tenjo {

//! Pairs detections (rows) with tracks (columns) by how well they fit. Keeps its work space.
class IouMatcher {
 public:
  //! SORT's rule, by the IoU of detections and the predicted boxes of tracks: if "IoU over the
  //! threshold" is already one-to-one, those pairs are the answer; else the assignment of greatest
  //! summed IoU is, less its pairs under the threshold. The two differ: in the second, overlaps
  //! under the threshold weigh in the sum, and an IoU equal to the threshold counts.
  //! Returns the track of each detection, -1 for none. The answer holds until the next call.
  std::span<const int> Match(std::span<const Box> detections, std::span<const Box> tracks,
                             double iou_threshold);

  //! The same with whatever stands for IoU, rows x cols, row after row; `weights` are what is
  //! summed, where that differs from what is held against the threshold.
  std::span<const int> MatchAffinities(std::span<const double> affinities, int rows, int cols,
                                       double threshold, std::span<const double> weights = {});

  //! The pairs of least summed cost where one whose cost is `limit` or more counts as no pair and
  //! every other is worth limit - cost: ByteTrack's rule (lapjv with a cost limit) and, up to ties,
  //! DeepSORT's.
  std::span<const int> MatchUnder(std::span<const double> costs, int rows, int cols, double limit);

 private:
  struct Group {
    std::vector<int> rows;
    std::vector<int> cols;
  };
  //! Fills match_ with the pairs that `good` likes. True if they are one-to-one.
  template <typename Good>
  bool OneToOne(std::span<const double> values, int rows, int cols, const Good& good);

  //! Fills match_ with the pairs of greatest summed gain. Those of gain 0 are no pairs: the rest
  //! falls apart into groups of few, each with an assignment of its own.
  void MaximiseGains(std::span<const double> gains, int rows, int cols);
  void MatchGroup(const Group& group, std::span<const double> gains, int cols);

  std::vector<double> ious_;
  std::vector<double> gains_;
  std::vector<int> match_;
  std::vector<char> taken_;
  bool any_ = false;
  AssignmentSolver solver_;

  struct Edge {
    int row = 0;
    int col = 0;
  };
  std::vector<Edge> edges_;
  DisjointSets joined_;  // rows, then columns
  std::vector<int> group_of_root_;
  std::vector<Group> groups_;  // more than num_groups_: their memory is used again
  std::size_t num_groups_ = 0;
  std::vector<double> group_costs_;
};

}  // namespace tenjo
