#include "tenjo/base/latency.h"

#include <algorithm>
#include <cmath>

namespace tenjo {
namespace {

constexpr double kLeast = 1e-6;  // seconds; shorter ones count as this
constexpr double kStep = 1.02;
constexpr std::size_t kBuckets = 1200;  // up to about 20,000 s

std::size_t BucketOf(double seconds) {
  if (!(seconds > kLeast)) {
    return 0;
  }
  const double index = std::ceil(std::log(seconds / kLeast) / std::log(kStep));
  return static_cast<std::size_t>(std::min(index, static_cast<double>(kBuckets - 1)));
}

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(kBuckets, 0) {}

void LatencyHistogram::Add(double seconds) {
  ++buckets_[BucketOf(seconds)];
  ++count_;
  sum_ += seconds;
}

double LatencyHistogram::Percentile(double p) const {
  const double wanted = p * static_cast<double>(count_);
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (buckets_[i] > 0 && static_cast<double>(seen) >= wanted) {
      return kLeast * std::pow(kStep, static_cast<double>(i));
    }
  }
  return 0;
}

}  // namespace tenjo
