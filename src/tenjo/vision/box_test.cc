#include "tenjo/vision/box.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

TEST(IoU, AgreesWithHandCountedOverlaps) {
  EXPECT_DOUBLE_EQ(IoU({0, 0, 10, 10}, {0, 0, 10, 10}), 1);
  EXPECT_DOUBLE_EQ(IoU({0, 0, 10, 10}, {5, 0, 10, 10}), 50.0 / 150);
  EXPECT_DOUBLE_EQ(IoU({0, 0, 10, 10}, {2, 2, 4, 4}), 16.0 / 100);
}

TEST(IoU, IsNothingForBoxesApartTouchingOrFlat) {
  EXPECT_EQ(IoU({0, 0, 10, 10}, {20, 0, 10, 10}), 0);
  EXPECT_EQ(IoU({0, 0, 10, 10}, {10, 0, 10, 10}), 0);
  EXPECT_EQ(IoU({0, 0, 0, 10}, {0, 0, 10, 10}), 0);
}

}  // namespace
}  // namespace tenjo
