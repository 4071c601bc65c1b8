#pragma once

#include <vector>

#include "tenjo/pose/bicubic.h"

namespace tenjo {

//! A maximum of a heatmap on the grid that is kUpsampling times finer than the map.
struct Peak {
  int u = 0;  //!< to the right
  int v = 0;  //!< down
  float value = 0;
};

//! Finds the peaks that a map enlarged by cv::resize(INTER_CUBIC) has, without enlarging it: only
//! cells (the 4x4 fine pixels between four map pixels) that can reach the threshold are computed.
//! Keeps its memory from call to call; use one object per thread.
class PeakFinder {
 public:
  //! All values are finite; `threshold` > 0. A peak is at least `threshold` and greater than its
  //! four neighbours (0 outside). Of two peaks closer than 6 fine pixels the one further left, then
  //! further up, stays. Of what is left the `max_peaks` highest stay. Sorted by u, then v.
  std::vector<Peak> Find(const MapPlane& heatmap, float threshold, int max_peaks);

 private:
  void Prepare(const MapPlane& heatmap);
  void ComputeCandidates(const MapPlane& heatmap, float threshold);
  bool CanReach(const MapPlane& heatmap, int cx, int cy, float threshold) const;
  void ComputeCell(const MapPlane& heatmap, int cx, int cy);
  void CollectPeaks(float threshold, std::vector<Peak>* peaks) const;

  struct Cell {
    int x;
    int y;
  };
  int width_ = 0;  // of the maps last seen
  int height_ = 0;
  int fine_stride_ = 0;
  // The fine grid with a rim around it; 0 but in the cells of `cells_`.
  std::vector<float> fine_;
  std::vector<Cell> cells_;
  std::vector<float> column_max_;
};

}  // namespace tenjo
