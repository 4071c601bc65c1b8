#include "tenjo/base/crc32.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

TEST(Crc32, IsZlibs) {
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926U);
  EXPECT_EQ(Crc32(""), 0U);
}

}  // namespace
}  // namespace tenjo
