#pragma once

#include <vector>

#include "tenjo/pose/padded_map.h"

namespace tenjo {

//! A maximum of a heatmap on the grid that is kUpsampling (4) times finer than the map.
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
  //! `threshold` > 0. A peak is at least `threshold` and greater than its
  //! four neighbours (0 outside). Of two peaks closer than 6 fine pixels the one further left, then
  //! further up, stays. Of what is left the `max_peaks` highest stay. Sorted by u, then v.
  std::vector<Peak> Find(const PaddedMap& heatmap, float threshold, int max_peaks);

 private:
  void Prepare(const PaddedMap& heatmap);
  void ComputeCandidates(const PaddedMap& heatmap, float threshold);

  void ComputeCell(const PaddedMap& heatmap, int cx, int cy);
  void ClearOutside(int cx, int cy);
  const float* CellStart(int cx, int cy) const;
  float* CellStart(int cx, int cy);
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
  std::vector<float> row_max_;
};

}  // namespace tenjo
