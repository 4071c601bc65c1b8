#include "tenjo/synth/render/filter.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "tenjo/base/vectorized.h"

namespace tenjo::synth {
namespace {

constexpr int kValues = 4;

struct Row {  // pointers to one row of what guides the filter and what it filters
  const float *nx, *ny, *nz, *px, *py, *pz;
  const std::int32_t* group;
  std::array<const float*, kValues> value;
};

Row RowAt(const GBuffer& buffer, const std::array<const float*, kValues>& values, int y) {
  const std::size_t start = static_cast<std::size_t>(y) * static_cast<std::size_t>(buffer.width);
  Row row{buffer.plane(GBuffer::kNormalX) + start,
          buffer.plane(GBuffer::kNormalY) + start,
          buffer.plane(GBuffer::kNormalZ) + start,
          buffer.plane(GBuffer::kPlaceX) + start,
          buffer.plane(GBuffer::kPlaceY) + start,
          buffer.plane(GBuffer::kPlaceZ) + start,
          buffer.group.data() + start,
          {}};
  for (int k = 0; k < kValues; ++k) {
    row.value[static_cast<std::size_t>(k)] = values[static_cast<std::size_t>(k)] + start;
  }
  return row;
}

struct Sums {
  std::vector<float> weight;
  std::array<std::vector<float>, kValues> value;
};

//! Adds one tap of the kernel for pixels first..last of a row; `shift` is the tap's column offset.
TENJO_VECTORIZED void AddTap(const Row& at, const Row& tap, int first, int last, int shift,
                             float kernel, const float* __restrict sharpness,
                             float* __restrict weight, float* __restrict s0, float* __restrict s1,
                             float* __restrict s2, float* __restrict s3) {
  const float *nx = at.nx, *ny = at.ny, *nz = at.nz, *px = at.px, *py = at.py, *pz = at.pz;
  const float *mx = tap.nx + shift, *my = tap.ny + shift, *mz = tap.nz + shift;
  const float *qx = tap.px + shift, *qy = tap.py + shift, *qz = tap.pz + shift;
  const float *v0 = tap.value[0] + shift, *v1 = tap.value[1] + shift, *v2 = tap.value[2] + shift;
  const float* v3 = tap.value[3] + shift;
  const std::int32_t *g = at.group, *h = tap.group + shift;
  for (int x = first; x < last; ++x) {
    const float facing = std::max(0.0F, nx[x] * mx[x] + ny[x] * my[x] + nz[x] * mz[x]);
    const float off = nx[x] * (qx[x] - px[x]) + ny[x] * (qy[x] - py[x]) + nz[x] * (qz[x] - pz[x]);
    const float near = std::max(0.0F, 1 - std::abs(off) * sharpness[x]);
    const float w = (g[x] == h[x] ? kernel : 0.0F) * facing * facing * near;
    weight[x] += w;
    s0[x] += w * v0[x];
    s1[x] += w * v1[x];
    s2[x] += w * v2[x];
    s3[x] += w * v3[x];
  }
}

TENJO_VECTORIZED void Divide(int count, const float* __restrict weight, const float* __restrict sum,
                             const float* __restrict before, float* __restrict out) {
  for (int x = 0; x < count; ++x) {
    out[x] = weight[x] > 1e-6F ? sum[x] / weight[x] : before[x];
  }
}

void FilterRow(const GBuffer& buffer, const std::array<const float*, kValues>& from,
               const std::array<float*, kValues>& to, int y, int step, Sums& sums,
               std::vector<float>& sharpness) {
  constexpr std::array<float, 2> kKernel = {0.5F, 0.25F};
  const int width = buffer.width;
  const std::size_t start = static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  std::fill(sums.weight.begin(), sums.weight.end(), 0.0F);
  for (auto& sum : sums.value) {
    std::fill(sum.begin(), sum.end(), 0.0F);
  }
  const float* footprint = buffer.plane(GBuffer::kFootprint) + start;
  for (int x = 0; x < width; ++x) {
    sharpness[static_cast<std::size_t>(x)] = 1 / (0.012F + footprint[x] * static_cast<float>(step));
  }
  const Row at = RowAt(buffer, from, y);
  for (int dy = -1; dy <= 1; ++dy) {
    const int row = y + dy * step;
    if (row < 0 || row >= buffer.height) {
      continue;
    }
    const Row tap = RowAt(buffer, from, row);
    for (int dx = -1; dx <= 1; ++dx) {
      const int shift = dx * step;
      const int first = std::max(0, -shift);
      const int last = std::min(width, width - shift);
      if (first >= last) {
        continue;
      }
      const float kernel = kKernel[static_cast<std::size_t>(std::abs(dx))] *
                           kKernel[static_cast<std::size_t>(std::abs(dy))];
      AddTap(at, tap, first, last, shift, kernel, sharpness.data(), sums.weight.data(),
             sums.value[0].data(), sums.value[1].data(), sums.value[2].data(),
             sums.value[3].data());
    }
  }
  for (std::size_t k = 0; k < kValues; ++k) {
    Divide(width, sums.weight.data(), sums.value[k].data(), from[k] + start, to[k] + start);
  }
}

}  // namespace

void FilterArrivals(GBuffer& buffer, int passes) {
  const auto width = static_cast<std::size_t>(buffer.width);
  const Planes spare = AllocatePlanes(buffer.pixels * kValues);
  std::array<float*, kValues> now{};
  std::array<float*, kValues> next{};
  for (std::size_t k = 0; k < kValues; ++k) {
    now[k] = buffer.plane(GBuffer::kLitRed + static_cast<int>(k));
    next[k] = spare.get() + buffer.pixels * k;
  }
  Sums sums{std::vector<float>(width), {}};
  sums.value.fill(std::vector<float>(width));
  std::vector<float> sharpness(width);
  for (int pass = 0; pass < passes; ++pass) {
    const std::array<const float*, kValues> from = {now[0], now[1], now[2], now[3]};
    for (int y = 0; y < buffer.height; ++y) {
      FilterRow(buffer, from, next, y, 1 << pass, sums, sharpness);
    }
    std::swap(now, next);
  }
  if (passes % 2 == 1) {
    std::copy_n(spare.get(), buffer.pixels * kValues, buffer.plane(GBuffer::kLitRed));
  }
}

}  // namespace tenjo::synth
