#include "tenjo/pose/limbs.h"

#include <cmath>

namespace tenjo {
namespace {

constexpr int kSamples = 10;
// The middle of a line between two people's joints is where no limb is: asking there first ends
// most candidates after the fewest points.
constexpr std::array<int, kSamples> kSampleOrder = {4, 5, 3, 6, 2, 7, 1, 8, 0, 9};

// from + k (to - from) / 9, rounded; never a tie, as 9 is odd.
int SamplePoint(int from, int to, int k) {
  constexpr int kSteps = kSamples - 1;
  const int twice = 2 * (from * kSteps + (to - from) * k) + kSteps;
  return twice / (2 * kSteps);
}

float Interpolate(const MapPlane& plane, const std::array<int, 4>& columns,
                  const std::array<int, 4>& rows, const std::array<float, 4>& x_taps,
                  const std::array<float, 4>& y_taps) {
  std::array<float, 4> along{};
  for (int j = 0; j < 4; ++j) {
    const float* row = plane.row(rows[j]);
    along[j] =
        SumAlongRow({row[columns[0]], row[columns[1]], row[columns[2]], row[columns[3]]}, x_taps);
  }
  return SumAlongColumn(along, y_taps);
}

int NeededSamples(float ratio) {
  int needed = 0;
  while (needed <= kSamples && !(static_cast<float>(needed) / kSamples > ratio)) {
    ++needed;
  }
  return needed;
}

}  // namespace

float LimbScore(const MapPlane& paf_x, const MapPlane& paf_y, const Peak& from, const Peak& to,
                const LimbOptions& options) {
  const auto du = static_cast<float>(to.u - from.u);
  const auto dv = static_cast<float>(to.v - from.v);
  const float length = std::sqrt(du * du + dv * dv);
  if (length == 0) {
    return 0;
  }
  const float direction_x = du / length;
  const float direction_y = dv / length;
  int may_fail = kSamples - std::max(NeededSamples(options.limb_ratio), 1);
  std::array<float, kSamples> projections{};
  for (const int k : kSampleOrder) {
    const int u = SamplePoint(from.u, to.u, k);
    const int v = SamplePoint(from.v, to.v, k);
    const std::array<int, 4> columns = TapCoordinates(FirstTap(u), paf_x.width);
    const std::array<int, 4> rows = TapCoordinates(FirstTap(v), paf_x.height);
    const std::array<float, 4>& x_taps = kCubicTaps[u % kUpsampling];
    const std::array<float, 4>& y_taps = kCubicTaps[v % kUpsampling];
    const float projection = Interpolate(paf_x, columns, rows, x_taps, y_taps) * direction_x +
                             Interpolate(paf_y, columns, rows, x_taps, y_taps) * direction_y;
    if (projection > options.paf_threshold) {
      projections[k] = projection;
    } else if (--may_fail < 0) {
      return 0;
    }
  }
  float sum = 0;
  int valid = 0;
  for (const float projection : projections) {
    sum += projection;
    valid += static_cast<int>(projection > options.paf_threshold);
  }
  return sum / static_cast<float>(valid);
}

std::vector<LimbConnection> ConnectLimbs(const MapPlane& paf_x, const MapPlane& paf_y,
                                         const std::vector<Peak>& from, const std::vector<Peak>& to,
                                         const LimbOptions& options) {
  std::vector<LimbConnection> candidates;
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (std::size_t j = 0; j < to.size(); ++j) {
      const float score = LimbScore(paf_x, paf_y, from[i], to[j], options);
      if (score > 0) {
        candidates.push_back({static_cast<int>(i), static_cast<int>(j), score});
      }
    }
  }
  std::stable_sort(
      candidates.begin(), candidates.end(),
      [](const LimbConnection& a, const LimbConnection& b) { return a.score > b.score; });
  std::vector<bool> from_taken(from.size(), false);
  std::vector<bool> to_taken(to.size(), false);
  std::vector<LimbConnection> connections;
  for (const LimbConnection& candidate : candidates) {
    if (!from_taken[candidate.from] && !to_taken[candidate.to]) {
      from_taken[candidate.from] = true;
      to_taken[candidate.to] = true;
      connections.push_back(candidate);
    }
  }
  return connections;
}

}  // namespace tenjo
