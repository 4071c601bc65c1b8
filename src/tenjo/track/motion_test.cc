#include "tenjo/track/motion.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

constexpr double kChi2Of4 = 9.4877;

Observation At(double x, double y) { return {.box = {x, y, 30, 60}}; }

// A frame of a tenth of a second is three of the paper's videos, one of 1/25 to 1/30 is one.
TEST(MotionInTime, LongFramesAreSeveralOfThePapers) {
  const Space space{TrackerOptions{}};
  for (const auto& [seconds, steps] :
       {std::pair{1.0 / 30, 1}, {1.0 / 25, 1}, {1.0 / 60, 1}, {1.0 / 15, 2}, {0.1, 3}, {0.4, 12}}) {
    Motion motion(Motion::Model::kXyahInTime, space, At(100, 50));
    XyahFilter filter(At(100, 50).box);
    for (const double x : {104.0, 109.0, 113.0}) {
      motion.Predict(seconds);
      motion.Update(At(x, 50));
      for (int step = 0; step < steps; ++step) {
        filter.Predict();
      }
      filter.Update(At(x, 50).box);
    }
    motion.Predict(seconds);
    for (int step = 0; step < steps; ++step) {
      filter.Predict();
    }
    EXPECT_EQ(motion.box().x, filter.box().x) << seconds;
    EXPECT_EQ(motion.GateRatio(At(125, 52)), filter.Mahalanobis2(At(125, 52).box) / kChi2Of4)
        << seconds;
  }
}

// The other filters of boxes count frames, however long they are.
TEST(MotionOfBoxes, CountsFrames) {
  const Space space{TrackerOptions{}};
  for (const auto model : {Motion::Model::kSort, Motion::Model::kXyah}) {
    Motion fast(model, space, At(100, 50));
    Motion slow(model, space, At(100, 50));
    for (const double x : {104.0, 109.0}) {
      fast.Predict(1.0 / 30);
      fast.Update(At(x, 50));
      slow.Predict(0.1);
      slow.Update(At(x, 50));
    }
    fast.Predict(1.0 / 30);
    slow.Predict(0.1);
    EXPECT_EQ(fast.box().x, slow.box().x);
  }
}

// Who walks at 1.4 m/s under a low ceiling moves a third of a box in a tenth of a second; the gate
// lets them through from the first step on, and shuts out whoever is two boxes away.
TEST(MotionInTime, GateLetsAWalkerThroughAtTenFramesASecond) {
  const Space space{TrackerOptions{}};
  Motion motion(Motion::Model::kXyahInTime, space, At(100, 50));
  for (int i = 0; i < 10; ++i) {  // stands
    motion.Predict(0.1);
    motion.Update(At(100, 50));
  }
  motion.Predict(0.1);
  EXPECT_LT(motion.GateRatio(At(112, 50)), 1);
  EXPECT_GT(motion.GateRatio(At(220, 50)), 1);
}

}  // namespace
}  // namespace tenjo
