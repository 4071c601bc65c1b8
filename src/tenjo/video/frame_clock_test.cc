#include "tenjo/video/frame_clock.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "tenjo/video/live_clock.h"

namespace tenjo {
namespace {

TEST(FrameClock, KeepsVariableTimesFromZero) {
  FrameClock clock(10);
  EXPECT_DOUBLE_EQ(clock.Next(500), 0);
  EXPECT_DOUBLE_EQ(clock.Next(533), 0.033);
  EXPECT_DOUBLE_EQ(clock.Next(2500), 2.0);
}

TEST(FrameClock, GoesOnWhereTimesFail) {
  FrameClock clock(10);
  clock.Next(0);
  clock.Next(100);
  EXPECT_DOUBLE_EQ(clock.Next(50), 0.2);                                        // backwards
  EXPECT_DOUBLE_EQ(clock.Next(200), 0.3);                                       // the same
  EXPECT_DOUBLE_EQ(clock.Next(std::numeric_limits<double>::quiet_NaN()), 0.4);  // missing
  EXPECT_DOUBLE_EQ(clock.Next(-9.2e18), 0.5);                                   // absurd
  EXPECT_DOUBLE_EQ(clock.Next(std::numeric_limits<double>::infinity()), 0.6);
  EXPECT_DOUBLE_EQ(clock.Next(1000), 1.0);
}

TEST(FrameClock, GoesOnByTheSpacingBefore) {
  FrameClock clock(10);
  for (const double time_ms : {0.0, 100.0, 400.0, 700.0, 5000.0, 5300.0, 5600.0}) {
    clock.Next(time_ms);
  }
  EXPECT_DOUBLE_EQ(clock.step_s(), 0.3);
  EXPECT_DOUBLE_EQ(clock.Next(0), 5.9);
  EXPECT_DOUBLE_EQ(clock.Next(0), 6.2);
}

TEST(FrameClock, TakesTwentyFiveFramesWhereTheRateIsNone) {
  for (const double fps : {0.0, -3.0, 90000.0, std::nan("")}) {
    FrameClock clock(fps);
    clock.Next(0);
    EXPECT_DOUBLE_EQ(clock.Next(0), 0.04) << fps;
  }
}

TEST(FrameClock, AlwaysGrows) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> any(-1e4, 1e4);
  FrameClock clock(30);
  double last = clock.Next(any(random));
  EXPECT_EQ(last, 0);
  for (int i = 0; i < 2000; ++i) {
    const double time = clock.Next(any(random));
    ASSERT_GT(time, last);
    last = time;
  }
}

TEST(LiveClock, KeepsTheSpacingOfTheStream) {
  LiveClock clock;
  EXPECT_DOUBLE_EQ(clock.Next(100.0, 7.0, 1), 0);
  EXPECT_NEAR(clock.Next(100.001, 7.04, 1), 0.04, 1e-9);  // a burst after connecting
  EXPECT_NEAR(clock.Next(100.2, 7.08, 1), 0.08, 1e-9);
}

TEST(LiveClock, GoesOnWithTheClockAfterAnInterruption) {
  LiveClock clock;
  clock.Next(100, 50, 1);
  clock.Next(101, 51, 1);
  EXPECT_DOUBLE_EQ(clock.Next(110, 0, 2), 10);
  EXPECT_NEAR(clock.Next(110.05, 0.04, 2), 10.04, 1e-9);
}

TEST(LiveClock, UsesTheClockWhereTheStreamHasNoTimesOrJumps) {
  LiveClock still;
  still.Next(10, 0, 1);
  EXPECT_DOUBLE_EQ(still.Next(10.5, 0, 1), 0.5);
  EXPECT_DOUBLE_EQ(still.Next(11.5, 0, 1), 1.5);
  LiveClock jumping;
  jumping.Next(10, -9e15, 1);
  EXPECT_DOUBLE_EQ(jumping.Next(10.5, -9e15, 1), 0.5);
  EXPECT_DOUBLE_EQ(jumping.Next(10.6, std::nan(""), 1), 0.6);
  EXPECT_NEAR(jumping.Next(10.7, 3, 1), 0.7, 1e-9);
  EXPECT_NEAR(jumping.Next(10.8, 500, 1), 0.8, 1e-9);
}

TEST(LiveClock, AlwaysGrows) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> any(-5, 5);
  LiveClock clock;
  double wall = 0;
  double last = clock.Next(wall, any(random), 0);
  for (int i = 0; i < 2000; ++i) {
    wall += std::abs(any(random)) / 100;
    const double time = clock.Next(wall, any(random), i / 100);
    ASSERT_GT(time, last);
    ASSERT_NEAR(time, wall, 1.5);
    last = time;
  }
}

}  // namespace
}  // namespace tenjo
