#include "tenjo/pose/limbs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "tenjo/pose/bicubic.h"
#include "tenjo/pose/float4.h"

namespace tenjo {
namespace {

constexpr int kSamples = 10;
// The middle of a line between two people's joints is where no limb is: asking there first ends
// most candidates after the fewest points.
constexpr std::array<int, kSamples> kSampleOrder = {4, 5, 3, 6, 2, 7, 1, 8, 0, 9};

// from + k (to - from) / 9, rounded; never a tie, as 9 is odd.
int SamplePoint(int from, int to, int k) {
  constexpr int kSteps = kSamples - 1;
  const auto twice = static_cast<unsigned>(2 * (from * kSteps + (to - from) * k) + kSteps);
  return static_cast<int>(twice / (2 * kSteps));
}

// A part affinity field and a direction in it.
struct Projector {
  const PaddedMap& paf_x;
  const PaddedMap& paf_y;
  float direction_x;
  float direction_y;

  // The interpolated field's projection on the direction at fine pixel (u, v).
  float At(int u, int v) const {
    const std::ptrdiff_t stride = paf_x.stride();
    const float* x = paf_x.row(FirstTap(v)) + FirstTap(u);
    const float* y = paf_y.row(FirstTap(v)) + FirstTap(u);
    const std::array<float, 4>& taps = kCubicTaps[v % kUpsampling];
    const Float4 sum_x = Load4(x) * taps[0] + Load4(x + stride) * taps[1] +
                         Load4(x + 2 * stride) * taps[2] + Load4(x + 3 * stride) * taps[3];
    const Float4 sum_y = Load4(y) * taps[0] + Load4(y + stride) * taps[1] +
                         Load4(y + 2 * stride) * taps[2] + Load4(y + 3 * stride) * taps[3];
    const Float4 sum =
        (sum_x * direction_x + sum_y * direction_y) * Load4(kCubicTaps[u % kUpsampling].data());
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
};

int NeededSamples(float ratio) {
  int needed = 0;
  while (needed <= kSamples && !(static_cast<float>(needed) / kSamples > ratio)) {
    ++needed;
  }
  return needed;
}

}  // namespace

float LimbScore(const PaddedMap& paf_x, const PaddedMap& paf_y, const Peak& from, const Peak& to,
                const LimbOptions& options) {
  const auto du = static_cast<float>(to.u - from.u);
  const auto dv = static_cast<float>(to.v - from.v);
  const float length = std::sqrt(du * du + dv * dv);
  if (length == 0) {
    return 0;
  }
  const Projector projector{paf_x, paf_y, du / length, dv / length};
  int may_fail = kSamples - std::max(NeededSamples(options.limb_ratio), 1);
  std::array<float, kSamples> projections{};
  for (const int k : kSampleOrder) {
    const float projection =
        projector.At(SamplePoint(from.u, to.u, k), SamplePoint(from.v, to.v, k));
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

std::vector<LimbConnection> ConnectLimbs(const PaddedMap& paf_x, const PaddedMap& paf_y,
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
