#include "tenjo/pose/peaks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "tenjo/pose/bicubic.h"
#include "tenjo/pose/float4.h"

namespace tenjo {
namespace {

constexpr float kSuppressionRadius = 6;  // fine pixels

// Cell c holds the fine pixels 4c-2 .. 4c+1, whose taps are the map pixels c-2 .. c+1; the inner
// two of them weigh positively, the outer two negatively. The fine grid is kept with a rim of a
// cell, so that cell c starts at 4(c+1).
constexpr int kRim = kUpsampling;
constexpr int kFineOfCell = 2;  // fine pixel u is at u + kFineOfCell + kRim

constexpr float NegativeWeight() {
  float most = 0;
  for (const auto& taps : kCubicTaps) {
    most = std::max(most, -(taps[0] + taps[3]));
  }
  return most;
}

// No fine value exceeds kInner * (greatest of the inner 2x2 map pixels) + kCorner * (greatest of
// the outer four) - kEdge * (least of the other eight), each taken as 0 where it would help less.
// The hair on top is for rounding.
constexpr float kHair = 1.00001F;
constexpr float kInner = kHair * (1 + NegativeWeight()) * (1 + NegativeWeight());
constexpr float kCorner = kHair * NegativeWeight() * NegativeWeight();
constexpr float kEdge = kHair * 2 * NegativeWeight() * (1 + NegativeWeight());

// Taps of a cell's four fine pixels in a row; 4c-2 has the phase 2.
constexpr Float4 TapOfPixels(int tap) {
  return Float4{kCubicTaps[2][tap], kCubicTaps[3][tap], kCubicTaps[0][tap], kCubicTaps[1][tap]};
}
constexpr std::array<Float4, 4> kTapsOfPixels = {TapOfPixels(0), TapOfPixels(1), TapOfPixels(2),
                                                 TapOfPixels(3)};

// The least and greatest of some values, and 0.
struct Extremes {
  float least = 0;
  float most = 0;
};

Extremes FindExtremes(const float* values, int count) {
  Float4 least = {};
  Float4 most = {};
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const Float4 four = Load4(values + i);
    least = Min4(least, four);
    most = Max4(most, four);
  }
  Extremes result;
  for (int k = 0; k < 4; ++k) {
    result.least = std::min(result.least, least[k]);
    result.most = std::max(result.most, most[k]);
  }
  for (; i < count; ++i) {
    result.least = std::min(result.least, values[i]);
    result.most = std::max(result.most, values[i]);
  }
  return result;
}

// Whether any value of the cell whose first taps are at `taps` can reach the threshold.
bool CanReach(const float* taps, std::ptrdiff_t stride, float threshold) {
  const Float4 r0 = Load4(taps);
  const Float4 r1 = Load4(taps + stride);
  const Float4 r2 = Load4(taps + 2 * stride);
  const Float4 r3 = Load4(taps + 3 * stride);
  const Float4 inner = Max4(r1, r2);
  const float most = std::max(inner[1], inner[2]);
  if (most >= threshold) {
    return true;
  }
  const Float4 outer = Max4(r0, r3);
  const Float4 outer_least = Min4(r0, r3);
  const Float4 inner_least = Min4(r1, r2);
  const float corner = std::max(outer[0], outer[3]);
  const float edge =
      std::min(std::min(outer_least[1], outer_least[2]), std::min(inner_least[0], inner_least[3]));
  return kInner * std::max(most, 0.0F) + kCorner * std::max(corner, 0.0F) -
             kEdge * std::min(edge, 0.0F) >=
         threshold;
}

void Suppress(std::vector<Peak>* peaks) {
  std::vector<bool> suppressed(peaks->size(), false);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < peaks->size(); ++i) {
    if (suppressed[i]) {
      continue;
    }
    const Peak peak = (*peaks)[i];
    for (std::size_t j = i + 1; j < peaks->size(); ++j) {
      const auto du = static_cast<float>((*peaks)[j].u - peak.u);
      const auto dv = static_cast<float>((*peaks)[j].v - peak.v);
      if (du >= kSuppressionRadius) {
        break;
      }
      if (du * du + dv * dv < kSuppressionRadius * kSuppressionRadius) {
        suppressed[j] = true;
      }
    }
    (*peaks)[kept++] = peak;
  }
  peaks->resize(kept);
}

bool LeftThenUp(const Peak& a, const Peak& b) { return a.u != b.u ? a.u < b.u : a.v < b.v; }

void KeepHighest(std::size_t count, std::vector<Peak>* peaks) {
  if (peaks->size() <= count) {
    return;
  }
  std::stable_sort(peaks->begin(), peaks->end(),
                   [](const Peak& a, const Peak& b) { return a.value > b.value; });
  peaks->resize(count);
  std::sort(peaks->begin(), peaks->end(), LeftThenUp);
}

}  // namespace

std::vector<Peak> PeakFinder::Find(const PaddedMap& heatmap, float threshold, int max_peaks) {
  Prepare(heatmap);
  ComputeCandidates(heatmap, threshold);
  std::vector<Peak> peaks;
  CollectPeaks(threshold, &peaks);
  std::sort(peaks.begin(), peaks.end(), LeftThenUp);
  Suppress(&peaks);
  KeepHighest(static_cast<std::size_t>(max_peaks), &peaks);
  return peaks;
}

const float* PeakFinder::CellStart(int cx, int cy) const {
  return fine_.data() + static_cast<std::ptrdiff_t>(kUpsampling * cy + kRim) * fine_stride_ +
         kUpsampling * cx + kRim;
}

float* PeakFinder::CellStart(int cx, int cy) {
  return const_cast<float*>(std::as_const(*this).CellStart(cx, cy));
}

void PeakFinder::Prepare(const PaddedMap& heatmap) {
  if (heatmap.width() != width_ || heatmap.height() != height_) {
    width_ = heatmap.width();
    height_ = heatmap.height();
    fine_stride_ = kUpsampling * (width_ + 1) + 2 * kRim;
    fine_.assign(static_cast<std::size_t>(fine_stride_) * (kUpsampling * (height_ + 1) + 2 * kRim),
                 0.0F);
    row_max_.assign(height_, 0.0F);
  } else {
    for (const Cell& cell : cells_) {
      float* out = CellStart(cell.x, cell.y);
      for (int row = 0; row < kUpsampling; ++row, out += fine_stride_) {
        Store4(out, Float4{});
      }
    }
  }
  cells_.clear();
}

void PeakFinder::ComputeCandidates(const PaddedMap& heatmap, float threshold) {
  Extremes all;
  for (int y = 0; y < height_; ++y) {
    const Extremes row = FindExtremes(heatmap.row(y), width_);
    row_max_[y] = row.most;
    all.least = std::min(all.least, row.least);
    all.most = std::max(all.most, row.most);
  }
  // No fine value between inner map pixels that are all below this can reach the threshold.
  float low = (threshold - kCorner * all.most + kEdge * all.least) / kInner;
  if (low <= 0) {
    low = all.least;
  }
  for (int cy = 0; cy <= height_; ++cy) {
    if (row_max_[std::max(cy - 1, 0)] < low && row_max_[std::min(cy, height_ - 1)] < low) {
      continue;
    }
    const float* above = heatmap.row(cy - 1);
    const float* below = heatmap.row(cy);
    const float* taps = heatmap.row(cy - 2) - 2;
    bool before = std::max(above[-1], below[-1]) >= low;
    for (int cx = 0; cx <= width_; ++cx) {
      const bool after = std::max(above[cx], below[cx]) >= low;
      if ((before || after) && CanReach(taps + cx, heatmap.stride(), threshold)) {
        ComputeCell(heatmap, cx, cy);
      }
      before = after;
    }
  }
}

void PeakFinder::ComputeCell(const PaddedMap& heatmap, int cx, int cy) {
  std::array<Float4, 4> along{};
  const float* taps = heatmap.row(cy - 2) + cx - 2;
  for (int j = 0; j < 4; ++j, taps += heatmap.stride()) {
    along[j] = taps[0] * kTapsOfPixels[0] + taps[1] * kTapsOfPixels[1] +
               taps[2] * kTapsOfPixels[2] + taps[3] * kTapsOfPixels[3];
  }
  // Sums in the order in which OpenCV adds, so that values and with them ties agree.
  float* out = CellStart(cx, cy);
  for (int i = 0; i < kUpsampling; ++i, out += fine_stride_) {
    const std::array<float, 4>& weights = kCubicTaps[(i + 2) % kUpsampling];
    Store4(out, along[0] * weights[0] +
                    (along[1] * weights[1] + (along[2] * weights[2] + along[3] * weights[3])));
  }
  if (cx == 0 || cx == width_ || cy == 0 || cy == height_) {
    ClearOutside(cx, cy);
  }
  cells_.push_back({cx, cy});
}

// The outermost cells reach out of the fine grid, where there is nothing.
void PeakFinder::ClearOutside(int cx, int cy) {
  float* out = CellStart(cx, cy);
  for (int i = 0; i < kUpsampling; ++i, out += fine_stride_) {
    const bool outside_y = (cy == 0 && i < 2) || (cy == height_ && i >= 2);
    for (int k = 0; k < kUpsampling; ++k) {
      if (outside_y || (cx == 0 && k < 2) || (cx == width_ && k >= 2)) {
        out[k] = 0;
      }
    }
  }
}

void PeakFinder::CollectPeaks(float threshold, std::vector<Peak>* peaks) const {
  const Float4 least = Float4{} + threshold;
  // Cells that were not computed are below the threshold everywhere, so their 0 is as good.
  for (const Cell& cell : cells_) {
    const float* here = CellStart(cell.x, cell.y);
    for (int i = 0; i < kUpsampling; ++i, here += fine_stride_) {
      const Float4 value = Load4(here);
      const Mask4 is_peak = (value >= least) & (value > Load4(here - 1)) &
                            (value > Load4(here + 1)) & (value > Load4(here - fine_stride_)) &
                            (value > Load4(here + fine_stride_));
      if (!Any4(is_peak)) {
        continue;
      }
      for (int k = 0; k < kUpsampling; ++k) {
        if (is_peak[k] != 0) {
          peaks->push_back({kUpsampling * cell.x + k - kFineOfCell,
                            kUpsampling * cell.y + i - kFineOfCell, here[k]});
        }
      }
    }
  }
}

}  // namespace tenjo
