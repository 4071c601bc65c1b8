#include "tenjo/base/text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenjo {
namespace {

TEST(ParseDouble, TakesWholeNumbersOnly) {
  EXPECT_EQ(ParseDouble(" 1.5 "), 1.5);
  EXPECT_EQ(ParseDouble("+2e3"), 2000);
  EXPECT_EQ(ParseDouble("-0.25"), -0.25);
  EXPECT_TRUE(std::isnan(*ParseDouble("nan")));
  EXPECT_TRUE(std::isinf(*ParseDouble("inf")));
  for (const char* bad : {"", " ", "1.5x", "x", "1,5", "0x10", "--1", "1 2", "+"}) {
    EXPECT_FALSE(ParseDouble(bad)) << bad;
  }
}

TEST(ParseInt, TakesWholeNumbersOnly) {
  EXPECT_EQ(ParseInt("42"), 42);
  for (const char* bad : {"", "4.2", "4a", "99999999999999999999"}) {
    EXPECT_FALSE(ParseInt(bad)) << bad;
  }
}

TEST(ParseSides, TakesTwoWholeNumbers) {
  EXPECT_EQ(ParseSides("640x480"), std::pair(640LL, 480LL));
  EXPECT_EQ(ParseSides(" 0 x -3 "), std::pair(0LL, -3LL));
  for (const char* bad : {"", "x", "640", "640x", "x480", "640x480x3", "640X480", "6.4x480"}) {
    EXPECT_FALSE(ParseSides(bad)) << bad;
  }
}

TEST(Split, KeepsEmptyPieces) {
  EXPECT_EQ(Split("a, b,,c ", ','), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_EQ(Split("", ','), std::vector<std::string_view>{""});
}

}  // namespace
}  // namespace tenjo
