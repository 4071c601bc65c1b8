#include "tenjo/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tenjo {
namespace {

TEST(Half, EveryOneComesBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const float value = FromHalf(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(FromHalf(ToHalf(value))));
    } else {
      EXPECT_EQ(ToHalf(value), half) << value;
    }
  }
}

TEST(Half, TakesTheNearestAndOfTwoTheEvenOne) {
  EXPECT_EQ(FromHalf(ToHalf(1 + 1.0F / 2048)), 1);
  EXPECT_EQ(FromHalf(ToHalf(1 + 3.0F / 2048)), 1 + 2.0F / 1024);
  EXPECT_EQ(FromHalf(ToHalf(65519)), 65504);
  EXPECT_TRUE(std::isinf(FromHalf(ToHalf(65520))));
  EXPECT_EQ(ToHalf(-0.0F), 0x8000);
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  for (int i = 0; i < 10000; ++i) {
    const float value = normal(random);
    const std::uint16_t half = ToHalf(value);
    const float error = std::abs(FromHalf(half) - value);
    for (const int by : {-1, 1}) {
      EXPECT_LE(error, std::abs(FromHalf(static_cast<std::uint16_t>(half + by)) - value));
    }
  }
}

}  // namespace
}  // namespace tenjo
