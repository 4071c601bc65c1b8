#include "tenjo/quantize/ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

TensorStatistics StatisticsOf(const std::vector<float>& values) {
  TensorStatistics out;
  for (const float value : values) {
    out.least = std::min(out.least, value);
    out.most = std::max(out.most, value);
  }
  for (const float value : values) {
    const auto bin = static_cast<std::size_t>(std::abs(value) / out.absolute_most() *
                                              static_cast<float>(TensorStatistics::kBins));
    out.counts[std::min(bin, TensorStatistics::kBins - 1)] += 1;
  }
  return out;
}

// Long tails, as activations have; every other seed without negative numbers.
std::vector<float> Tailed(std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<float> values(20000);
  for (float& value : values) {
    const double u = (static_cast<double>(engine() >> 11U) + 0.5) * 0x1p-53;
    value = static_cast<float>(-std::log(u) * std::abs(std::log(u)));
    if (seed % 2 == 1 && engine() % 2 == 0) {
      value = -value;
    }
  }
  return values;
}

double ErrorOf(const std::vector<float>& values, const ActivationRange& range) {
  double sum = 0;
  for (const float value : values) {
    const double kept =
        range.step * std::clamp(std::nearbyint(static_cast<double>(value) / range.step),
                                static_cast<double>(range.low()),
                                static_cast<double>(range.high()));
    sum += (kept - value) * (kept - value);
  }
  return sum / static_cast<double>(values.size());
}

constexpr std::array<RangeMethod, 4> kMethods = {RangeMethod::kMinMax, RangeMethod::kPercentile,
                                                 RangeMethod::kMse, RangeMethod::kEntropy};

TEST(Ranges, MinMaxHoldsAllNumbers) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto values = Tailed(seed);
    const TensorStatistics statistics = StatisticsOf(values);
    for (const bool symmetric : {false, true}) {
      const auto range = FindRange(statistics, RangeMethod::kMinMax, symmetric, 99.99);
      EXPECT_EQ(range.is_signed, symmetric || seed % 2 == 1);
      EXPECT_GE(range.most() * 1.00001F, statistics.most);
      if (statistics.least < 0) {
        EXPECT_LE(range.least() * 1.00001F, statistics.least);
      }
    }
  }
}

TEST(Ranges, PixelsKeepEveryValue) {
  // (pixel - 128) / 256 is what 8 signed bits hold exactly.
  TensorStatistics statistics;
  statistics.least = -0.5F;
  statistics.most = 127.0F / 256;
  const auto range = FindRange(statistics, RangeMethod::kMinMax, false, 100);
  EXPECT_EQ(range.step, 1.0F / 256);
}

TEST(Ranges, MseIsAboutTheLeastOfAllClips) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto values = Tailed(seed);
    const TensorStatistics statistics = StatisticsOf(values);
    const auto range = FindRange(statistics, RangeMethod::kMse, false, 99.99);
    double least = ErrorOf(values, range);
    for (int i = 5; i <= 100; ++i) {
      ActivationRange other = range;
      other.step = statistics.absolute_most() * static_cast<float>(i) / 100.0F /
                   static_cast<float>(range.high());
      EXPECT_LE(ErrorOf(values, range), 1.1 * ErrorOf(values, other)) << seed << " " << i;
    }
    EXPECT_NEAR(RangeError(statistics, range) / least, 1, 0.15);
  }
}

TEST(Ranges, PercentileLeavesOutThatManyAndNoMore) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto values = Tailed(seed);
    const TensorStatistics statistics = StatisticsOf(values);
    for (const double percentile : {90.0, 99.0, 99.9}) {
      const auto range = FindRange(statistics, RangeMethod::kPercentile, false, percentile);
      const auto outside = std::count_if(values.begin(), values.end(), [&](float value) {
        return std::abs(value) > range.most() * 1.0001F;
      });
      EXPECT_LE(static_cast<double>(outside),
                (1 - percentile / 100) * static_cast<double>(values.size()) + 1);
    }
    const auto all = FindRange(statistics, RangeMethod::kPercentile, false, 100);
    EXPECT_NEAR(all.most(), statistics.absolute_most(), 1e-3F * statistics.absolute_most());
  }
}

TEST(Ranges, EntropyClipsTailsAndKeepsEvenNumbersWhole) {
  const auto tailed = FindRange(StatisticsOf(Tailed(2)), RangeMethod::kEntropy, false, 100);
  EXPECT_LT(tailed.most(), 0.9F * StatisticsOf(Tailed(2)).most);
  std::vector<float> even;
  for (int i = 0; i < 20480; ++i) {
    even.push_back(static_cast<float>(i) / 20480.0F);
  }
  EXPECT_GT(FindRange(StatisticsOf(even), RangeMethod::kEntropy, false, 100).most(), 0.95F);
}

TEST(Ranges, NothingHasTheStepOne) {
  for (const RangeMethod method : kMethods) {
    EXPECT_EQ(FindRange(TensorStatistics(), method, false, 99.99).step, 1);
  }
}

TEST(Ranges, TinyNumbersKeepAStepThatIsANumber) {
  for (const RangeMethod method : kMethods) {
    const auto range = FindRange(StatisticsOf({1e-38F, 2e-39F}), method, true, 99.99);
    EXPECT_TRUE(std::isnormal(range.step));
    EXPECT_TRUE(std::isfinite(1 / range.step));
  }
}

TEST(Ranges, NamesAreReadBack) {
  for (const RangeMethod method : kMethods) {
    EXPECT_EQ(ParseRangeMethod(NameOf(method)), method);
  }
  EXPECT_THROW(ParseRangeMethod("best"), Error);
}

}  // namespace
}  // namespace tenjo
