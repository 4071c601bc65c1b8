#include "tenjo/pose/peaks.h"

#include <cstddef>

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

std::vector<Peak> PeakFinder::Find(const MapPlane& heatmap, float threshold, int max_peaks) {
  Prepare(heatmap);
  ComputeCandidates(heatmap, threshold);
  std::vector<Peak> peaks;
  CollectPeaks(threshold, &peaks);
  std::sort(peaks.begin(), peaks.end(), LeftThenUp);
  Suppress(&peaks);
  KeepHighest(static_cast<std::size_t>(max_peaks), &peaks);
  return peaks;
}

void PeakFinder::Prepare(const MapPlane& heatmap) {
  if (heatmap.width != width_ || heatmap.height != height_) {
    width_ = heatmap.width;
    height_ = heatmap.height;
    fine_stride_ = kUpsampling * (width_ + 1) + 2 * kRim;
    fine_.assign(static_cast<std::size_t>(fine_stride_) * (kUpsampling * (height_ + 1) + 2 * kRim),
                 0.0F);
    column_max_.assign(width_, 0.0F);
  } else {
    for (const Cell& cell : cells_) {
      float* out = fine_.data() +
                   static_cast<std::ptrdiff_t>(kUpsampling * cell.y + kRim) * fine_stride_ +
                   kUpsampling * cell.x + kRim;
      for (int row = 0; row < kUpsampling; ++row, out += fine_stride_) {
        std::fill_n(out, kUpsampling, 0.0F);
      }
    }
  }
  cells_.clear();
}

void PeakFinder::ComputeCandidates(const MapPlane& heatmap, float threshold) {
  const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(width_) * height_;
  float least = 0;
  float most = 0;
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    least = heatmap.data[i] < least ? heatmap.data[i] : least;
    most = heatmap.data[i] > most ? heatmap.data[i] : most;
  }
  // No fine value around a pair of inner map pixels below this can reach the threshold.
  float low = (threshold - kCorner * most + kEdge * least) / kInner;
  if (low <= 0) {
    low = least;
  }
  if (most < low) {
    return;
  }
  for (int cy = 0; cy <= height_; ++cy) {
    const float* above = heatmap.row(std::max(cy - 1, 0));
    const float* below = heatmap.row(std::min(cy, height_ - 1));
    for (int x = 0; x < width_; ++x) {
      column_max_[x] = above[x] > below[x] ? above[x] : below[x];
    }
    float before = column_max_[0];
    for (int cx = 0; cx <= width_; ++cx) {
      const float after = column_max_[std::min(cx, width_ - 1)];
      if ((before >= low || after >= low) && CanReach(heatmap, cx, cy, threshold)) {
        ComputeCell(heatmap, cx, cy);
      }
      before = after;
    }
  }
}

bool PeakFinder::CanReach(const MapPlane& heatmap, int cx, int cy, float threshold) const {
  const std::array<int, 4> columns = TapCoordinates(cx - 2, width_);
  const std::array<int, 4> rows = TapCoordinates(cy - 2, height_);
  const float* r0 = heatmap.row(rows[0]);
  const float* r1 = heatmap.row(rows[1]);
  const float* r2 = heatmap.row(rows[2]);
  const float* r3 = heatmap.row(rows[3]);
  const auto [c0, c1, c2, c3] = columns;
  const float inner = std::max(std::max(r1[c1], r1[c2]), std::max(r2[c1], r2[c2]));
  const float corner = std::max(std::max(r0[c0], r0[c3]), std::max(r3[c0], r3[c3]));
  const float edge = std::min(std::min(std::min(r0[c1], r0[c2]), std::min(r3[c1], r3[c2])),
                              std::min(std::min(r1[c0], r1[c3]), std::min(r2[c0], r2[c3])));
  return kInner * std::max(inner, 0.0F) + kCorner * std::max(corner, 0.0F) -
             kEdge * std::min(edge, 0.0F) >=
         threshold;
}

void PeakFinder::ComputeCell(const MapPlane& heatmap, int cx, int cy) {
  // Phases of a cell's fine pixels: 4c-2 has the remainder 2.
  static constexpr auto kTapsByPixel = [] {
    std::array<std::array<float, kUpsampling>, 4> taps{};
    for (int tap = 0; tap < 4; ++tap) {
      for (int pixel = 0; pixel < kUpsampling; ++pixel) {
        taps[tap][pixel] = kCubicTaps[(pixel + 2) % kUpsampling][tap];
      }
    }
    return taps;
  }();
  const std::array<int, 4> columns = TapCoordinates(cx - 2, width_);
  const std::array<int, 4> rows = TapCoordinates(cy - 2, height_);
  std::array<std::array<float, kUpsampling>, 4> along{};
  for (int j = 0; j < 4; ++j) {
    const float* row = heatmap.row(rows[j]);
    const float p0 = row[columns[0]];
    const float p1 = row[columns[1]];
    const float p2 = row[columns[2]];
    const float p3 = row[columns[3]];
    for (int k = 0; k < kUpsampling; ++k) {
      along[j][k] = p0 * kTapsByPixel[0][k] + p1 * kTapsByPixel[1][k] + p2 * kTapsByPixel[2][k] +
                    p3 * kTapsByPixel[3][k];
    }
  }
  float* out = fine_.data() + static_cast<std::ptrdiff_t>(kUpsampling * cy + kRim) * fine_stride_ +
               kUpsampling * cx + kRim;
  for (int i = 0; i < kUpsampling; ++i) {
    for (int k = 0; k < kUpsampling; ++k) {
      out[k] = along[0][k] * kTapsByPixel[0][i] +
               (along[1][k] * kTapsByPixel[1][i] +
                (along[2][k] * kTapsByPixel[2][i] + along[3][k] * kTapsByPixel[3][i]));
    }
    out += fine_stride_;
  }
  // The outermost cells reach out of the fine grid, where there is nothing.
  out -= static_cast<std::ptrdiff_t>(kUpsampling) * fine_stride_;
  for (int i = 0; i < kUpsampling; ++i, out += fine_stride_) {
    const bool outside_y = cy == 0 ? i < 2 : cy == height_ && i >= 2;
    for (int k = 0; k < kUpsampling; ++k) {
      const bool outside_x = cx == 0 ? k < 2 : cx == width_ && k >= 2;
      out[k] = outside_x || outside_y ? 0.0F : out[k];
    }
  }
  cells_.push_back({cx, cy});
}

void PeakFinder::CollectPeaks(float threshold, std::vector<Peak>* peaks) const {
  // Cells that were not computed are below the threshold everywhere, so their 0 is as good.
  for (const Cell& cell : cells_) {
    const float* here = fine_.data() +
                        static_cast<std::ptrdiff_t>(kUpsampling * cell.y + kRim) * fine_stride_ +
                        kUpsampling * cell.x + kRim;
    for (int i = 0; i < kUpsampling; ++i, here += fine_stride_) {
      std::array<int, kUpsampling> is_peak{};
      int any = 0;
      for (int k = 0; k < kUpsampling; ++k) {
        const float value = here[k];
        is_peak[k] = static_cast<int>(value >= threshold) & static_cast<int>(value > here[k - 1]) &
                     static_cast<int>(value > here[k + 1]) &
                     static_cast<int>(value > here[k - fine_stride_]) &
                     static_cast<int>(value > here[k + fine_stride_]);
        any |= is_peak[k];
      }
      for (int k = 0; any != 0 && k < kUpsampling; ++k) {
        if (is_peak[k] != 0) {
          peaks->push_back({kUpsampling * cell.x + k - kFineOfCell,
                            kUpsampling * cell.y + i - kFineOfCell, here[k]});
        }
      }
    }
  }
}

}  // namespace tenjo
