#include "tenjo/base/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tenjo {
namespace {

TEST(LatencyHistogram, PercentilesAreWithinTwoPercentOfTheSortedOnes) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> durations(-4, 1.5);
  LatencyHistogram histogram;
  std::vector<double> all;
  for (int i = 0; i < 5000; ++i) {
    all.push_back(durations(random));
    histogram.Add(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double p : {0.01, 0.5, 0.95, 0.99, 1.0}) {
    const double exact = all[static_cast<std::size_t>(std::max(1.0, p * 5000)) - 1];
    EXPECT_NEAR(histogram.Percentile(p) / exact, 1, 0.021) << p;
  }
}

TEST(LatencyHistogram, ExtremesAreCountedToo) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.Percentile(0.5), 0);
  histogram.Add(0);
  histogram.Add(1e9);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_GT(histogram.Percentile(1), 1000);
}

}  // namespace
}  // namespace tenjo
