#include "tenjo/pose/point_likelihood.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "tenjo/base/vectorized.h"
#include "tenjo/pose/person_points.h"

namespace tenjo {
namespace {

// Finer pixels to each side of the most likely one that have a say in the place.
constexpr int kReach = 2;
// A thousand places so much less likely than the most likely one make a tenth of a thousandth of
// its weight.
constexpr float kNothing = -16;
// The chance that a network is as wrong as can be: what was known before can then still be right.
constexpr float kWrong = 1e-3F;
// Deviations of a kernel beyond which it is taken for zero.
constexpr double kKernelReach = 3;

// e to the power of from[i] - most, which is 0 or less, to six digits; 0 for what is no number and
// for what is under kNothing. As 2^whole 2^part, the latter by its Taylor series.
TENJO_VECTORIZED void RaiseRow(const float* __restrict from, int size, float most,
                               float* __restrict to) {
  for (int i = 0; i < size; ++i) {
    const float below = from[i] - most;
    const bool counts = below > kNothing;
    const float power = (counts ? below : 0.0F) * std::numbers::log2e_v<float>;
    const auto whole = static_cast<std::int32_t>(power - 0.5F);
    const float part = (power - static_cast<float>(whole)) * std::numbers::ln2_v<float>;
    float series = 1 + part * (1.0F / 6);
    series = 1 + part * (1.0F / 5) * series;
    series = 1 + part * (1.0F / 4) * series;
    series = 1 + part * (1.0F / 3) * series;
    series = 1 + part * (1.0F / 2) * series;
    series = 1 + part * series;
    const auto scale = std::bit_cast<float>((whole + 127) << 23);
    to[i] = counts ? scale * series : 0.0F;
  }
}

// to[x] = the sum of kernel[d] from[x + d].
TENJO_VECTORIZED void BlurRow(const float* __restrict from, int width,
                              const float* __restrict kernel, int taps, float* __restrict to) {
  for (int x = 0; x < width; ++x) {
    to[x] = 0;
  }
  for (int d = 0; d < taps; ++d) {
    const float weight = kernel[d];
    for (int x = 0; x < width; ++x) {
      to[x] += weight * from[x + d];
    }
  }
}

TENJO_VECTORIZED void AddRow(const float* __restrict from, int width, float weight,
                             float* __restrict to) {
  for (int x = 0; x < width; ++x) {
    to[x] += weight * from[x];
  }
}

// exp(-d^2 / (2 deviation^2)) at 0, 1 … `size` - 1, d from `middle`.
void FillGaussian(int size, double middle, double deviation, std::vector<float>& values) {
  values.clear();
  for (int i = 0; i < size; ++i) {
    const double off = (i - middle) / deviation;
    values.push_back(static_cast<float>(std::exp(-off * off / 2)));
  }
}

// The peak of the Gaussian through three neighbours: how far from the middle one, and how many
// times as high.
struct Peak {
  double offset = 0;
  double height = 1;
};

Peak PeakOf(float before, float here, float after) {
  if (!(before > 0 && after > 0)) {
    return {};
  }
  const double left = std::log(static_cast<double>(before));
  const double right = std::log(static_cast<double>(after));
  const double bend = 2 * std::log(static_cast<double>(here)) - left - right;
  if (bend < 1e-9) {
    return {};
  }
  const double offset = std::clamp((right - left) / (2 * bend), -0.5, 0.5);
  return {offset, std::exp(bend * offset * offset / 2)};
}

}  // namespace

bool PointLikelihood::Read(const float* planes, int width, int height) {
  width_ = width * kPointSplit;
  height_ = height * kPointSplit;
  const std::ptrdiff_t plane = static_cast<std::ptrdiff_t>(width) * height;
  const float most = *std::max_element(planes, planes + kPlanesOfPoint * plane);
  chances_.resize(static_cast<std::size_t>(kPlanesOfPoint * plane));
  if (!std::isfinite(most)) {
    return false;
  }
  powers_.resize(chances_.size());
  RaiseRow(planes, static_cast<int>(powers_.size()), most, powers_.data());
  double sum = 0;
  const float* power = powers_.data();
  for (int split = 0; split < kPlanesOfPoint; ++split) {
    for (int y = 0; y < height; ++y) {
      float* row = chances_.data() +
                   static_cast<std::ptrdiff_t>(y * kPointSplit + split / kPointSplit) * width_ +
                   split % kPointSplit;
      for (int x = 0; x < width; ++x, ++power) {
        row[static_cast<std::ptrdiff_t>(x) * kPointSplit] = *power;
        sum += static_cast<double>(*power);
      }
    }
  }
  DivideBy(sum);
  return true;
}

void PointLikelihood::DivideBy(double sum) {
  for (float& chance : chances_) {
    chance /= static_cast<float>(sum);
  }
}

PointLikelihood::Found PointLikelihood::MostLikely() const {
  const auto at =
      static_cast<int>(std::max_element(chances_.begin(), chances_.end()) - chances_.begin());
  const int px = at % width_;
  const int py = at / width_;
  double near = 0;
  double sum_x = 0;
  double sum_y = 0;
  for (int y = std::max(0, py - kReach); y <= std::min(height_ - 1, py + kReach); ++y) {
    for (int x = std::max(0, px - kReach); x <= std::min(width_ - 1, px + kReach); ++x) {
      const auto chance = static_cast<double>(chances_[y * width_ + x]);
      near += chance;
      sum_x += chance * x;
      sum_y += chance * y;
    }
  }
  return {sum_x / near, sum_y / near, near};
}

void PointLikelihood::Join(double x, double y, double deviation, double chance) {
  FillGaussian(width_, x, deviation, across_);
  FillGaussian(height_, y, deviation, down_);
  const auto anywhere = 1 / static_cast<float>(chances_.size());
  const auto there = static_cast<float>(chance / (2 * std::numbers::pi * deviation * deviation));
  const float else_anywhere = static_cast<float>(1 - chance) * anywhere;
  double sum = 0;
  for (int row = 0; row < height_; ++row) {
    const float peak = there * down_[row];
    float* own = chances_.data() + static_cast<std::ptrdiff_t>(row) * width_;
    for (int column = 0; column < width_; ++column) {
      own[column] = (own[column] * (1 - kWrong) + kWrong * anywhere) *
                    (else_anywhere + peak * across_[column]);
      sum += static_cast<double>(own[column]);
    }
  }
  DivideBy(sum);
}

// Between four finer pixels; 0 outside.
float PointLikelihood::ChanceAt(double x, double y) const {
  if (!(x >= 0 && y >= 0 && x < width_ - 1 && y < height_ - 1)) {
    return 0;
  }
  const int left = static_cast<int>(x);
  const int top = static_cast<int>(y);
  const auto right_share = static_cast<float>(x - left);
  const auto lower_share = static_cast<float>(y - top);
  const float* upper = chances_.data() + static_cast<std::ptrdiff_t>(top) * width_ + left;
  const float* lower = upper + width_;
  const float above = upper[0] + right_share * (upper[1] - upper[0]);
  return above + lower_share * (lower[0] + right_share * (lower[1] - lower[0]) - above);
}

void PointLikelihood::Join(const PointLikelihood& other, const cv::Matx23d& to_other) {
  const float wrong = kWrong / static_cast<float>(other.chances_.size());
  double sum = 0;
  for (int y = 0; y < height_; ++y) {
    float* own = chances_.data() + static_cast<std::ptrdiff_t>(y) * width_;
    const double row_x = to_other(0, 1) * y + to_other(0, 2);
    const double row_y = to_other(1, 1) * y + to_other(1, 2);
    for (int x = 0; x < width_; ++x) {
      if (own[x] > 0) {
        const float both = own[x] * (wrong + other.ChanceAt(to_other(0, 0) * x + row_x,
                                                            to_other(1, 0) * x + row_y));
        own[x] = std::sqrt(both * std::sqrt(both));
        sum += static_cast<double>(own[x]);
      }
    }
  }
  DivideBy(sum);
}

void PointLikelihood::Blur(double spread) {
  const int reach = std::max(1, static_cast<int>(std::ceil(kKernelReach * spread)));
  FillGaussian(2 * reach + 1, reach, spread, kernel_);
  padded_.assign(kernel_.size() - 1 + static_cast<std::size_t>(width_), 0.0F);
  along_.resize(static_cast<std::size_t>(width_));
  blurred_.assign(chances_.size(), 0.0F);
  for (int y = 0; y < height_; ++y) {
    const auto row = chances_.begin() + static_cast<std::ptrdiff_t>(y) * width_;
    if (std::any_of(row, row + width_, [](float chance) { return chance > 0; })) {
      std::copy(row, row + width_, padded_.begin() + reach);
      BlurRow(padded_.data(), width_, kernel_.data(), 2 * reach + 1, along_.data());
      for (int to = std::max(0, y - reach); to <= std::min(height_ - 1, y + reach); ++to) {
        AddRow(along_.data(), width_, kernel_[to - y + reach],
               blurred_.data() + static_cast<std::ptrdiff_t>(to) * width_);
      }
    }
  }
}

PointLikelihood::Found PointLikelihood::MostAlike(double spread) {
  Blur(spread);
  const auto at =
      static_cast<int>(std::max_element(blurred_.begin(), blurred_.end()) - blurred_.begin());
  const int x = at % width_;
  const int y = at / width_;
  const float here = blurred_[at];
  Peak across;
  Peak down;
  if (x > 0 && x + 1 < width_) {
    across = PeakOf(blurred_[at - 1], here, blurred_[at + 1]);
  }
  if (y > 0 && y + 1 < height_) {
    down = PeakOf(blurred_[at - width_], here, blurred_[at + width_]);
  }
  const double share = static_cast<double>(here) * across.height * down.height;
  return {x + across.offset, y + down.offset, std::min(share, 1.0)};
}

}  // namespace tenjo
