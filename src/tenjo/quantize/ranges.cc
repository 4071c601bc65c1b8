#include "tenjo/quantize/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr std::array<const char*, 5> kNames = {"auto", "minmax", "percentile", "mse", "entropy"};

double PercentileClip(const TensorStatistics& statistics, double percentile) {
  const double all = std::accumulate(statistics.counts.begin(), statistics.counts.end(), 0.0);
  double left = all * (1 - percentile / 100);
  std::size_t bin = TensorStatistics::kBins;
  while (bin > 1 && statistics.counts[bin - 1] <= left) {
    left -= statistics.counts[--bin];
  }
  return statistics.absolute_most() * static_cast<double>(bin) / TensorStatistics::kBins;
}

// Squared error of keeping |x| by `steps` steps up to `clip`, over the histogram.
double ErrorOfClip(const TensorStatistics& statistics, double clip, int steps) {
  const double width = statistics.absolute_most() / static_cast<double>(TensorStatistics::kBins);
  const double step = clip / steps;
  double error = 0;
  double all = 0;
  for (std::size_t bin = 0; bin < TensorStatistics::kBins; ++bin) {
    if (statistics.counts[bin] == 0) {
      continue;
    }
    const double value = (static_cast<double>(bin) + 0.5) * width;
    all += statistics.counts[bin];
    // Where a step holds many bins each is rounded by itself, else numbers lie evenly between two
    // steps.
    const double rounded =
        step > 4 * width ? value - step * std::nearbyint(value / step) : step / std::sqrt(12.0);
    const double lost = value > clip ? value - clip : rounded;
    error += statistics.counts[bin] * lost * lost;
  }
  return all > 0 ? error / all : 0;
}

double MseClip(const TensorStatistics& statistics, int steps) {
  constexpr int kTries = 100;
  double best = statistics.absolute_most();
  double least = std::numeric_limits<double>::infinity();
  for (int i = kTries; i >= kTries / 10; --i) {
    const double clip = statistics.absolute_most() * static_cast<double>(i) / kTries;
    const double error = ErrorOfClip(statistics, clip, steps);
    if (error < least) {
      least = error;
      best = clip;
    }
  }
  return best;
}

// Divergence of the first `bins` bins (the rest added to the last) from themselves in `steps`
// steps.
double Divergence(const TensorStatistics& statistics, std::size_t bins, int steps) {
  const auto& counts = statistics.counts;
  const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
  const double outside =
      std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(bins), counts.end(), 0.0);
  const double inside = all - outside;
  if (inside <= 0) {
    return std::numeric_limits<double>::infinity();
  }
  double divergence = 0;
  for (int s = 0; s < steps; ++s) {
    const std::size_t from = bins * static_cast<std::size_t>(s) / static_cast<std::size_t>(steps);
    const std::size_t to = bins * static_cast<std::size_t>(s + 1) / static_cast<std::size_t>(steps);
    double sum = 0;
    double filled = 0;
    for (std::size_t i = from; i < to; ++i) {
      sum += counts[i];
      filled += counts[i] > 0 ? 1 : 0;
    }
    for (std::size_t i = from; i < to; ++i) {
      const double p = (counts[i] + (i + 1 == bins ? outside : 0)) / all;
      if (p <= 0) {
        continue;
      }
      const double q = counts[i] > 0 ? sum / filled / inside : 1e-9;
      divergence += p * std::log(p / q);
    }
  }
  return divergence;
}

double EntropyClip(const TensorStatistics& statistics, int steps) {
  constexpr std::size_t kStride = 16;
  std::size_t best = TensorStatistics::kBins;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t bins = TensorStatistics::kBins; bins >= static_cast<std::size_t>(steps);
       bins -= kStride) {
    const double divergence = Divergence(statistics, bins, steps);
    if (divergence < least) {
      least = divergence;
      best = bins;
    }
  }
  return statistics.absolute_most() * static_cast<double>(best) / TensorStatistics::kBins;
}

}  // namespace

float TensorStatistics::absolute_most() const { return std::max(-least, most); }

const char* NameOf(RangeMethod method) { return kNames[static_cast<std::size_t>(method)]; }

RangeMethod ParseRangeMethod(const std::string& name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    throw Error(fmt::format(
        "there are no ranges by '{}'; there are auto, minmax, percentile, mse, entropy", name));
  }
  return static_cast<RangeMethod>(found - kNames.begin());
}

ActivationRange FindRange(const TensorStatistics& statistics, RangeMethod method, bool symmetric,
                          double percentile) {
  TENJO_CHECK(method != RangeMethod::kAuto);
  ActivationRange range;
  range.method = method;
  range.is_signed = symmetric || statistics.least < 0;
  if (!(statistics.absolute_most() > 0)) {
    return range;
  }
  const int steps = range.high();
  double clip = 0;
  switch (method) {
    case RangeMethod::kAuto:
    case RangeMethod::kMinMax:
      // Signed numbers reach one step farther down than up.
      range.step =
          std::max(statistics.most / static_cast<float>(range.high()),
                   range.is_signed ? statistics.least / static_cast<float>(range.low()) : 0.0F);
      break;
    case RangeMethod::kPercentile:
      clip = PercentileClip(statistics, percentile);
      break;
    case RangeMethod::kMse:
      clip = MseClip(statistics, steps);
      break;
    case RangeMethod::kEntropy:
      clip = EntropyClip(statistics, steps);
      break;
  }
  if (clip > 0) {
    range.step = static_cast<float>(clip / steps);
  }
  // Numbers so small that their steps are not normal numbers are as good as 0.
  range.step = std::max(range.step, std::numeric_limits<float>::min() * 1e6F);
  return range;
}

double RangeError(const TensorStatistics& statistics, const ActivationRange& range) {
  return ErrorOfClip(statistics, range.most(), range.high());
}

}  // namespace tenjo
