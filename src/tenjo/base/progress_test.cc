#include "tenjo/base/progress.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

TEST(FormatDuration, ReadsAsAClock) {
  EXPECT_EQ(FormatDuration(0), "0:00");
  EXPECT_EQ(FormatDuration(75), "1:15");
  EXPECT_EQ(FormatDuration(3700), "1:01:40");
  EXPECT_EQ(FormatDuration(-5), "0:00");
}

}  // namespace
}  // namespace tenjo
