#include "tenjo/vision/rotated_box.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace tenjo {
namespace {

TEST(RotatedIoU, ClosedForms) {
  EXPECT_DOUBLE_EQ(RotatedIoU({5, 5, 10, 4, 0}, {5, 5, 10, 4, 0}), 1);
  EXPECT_NEAR(RotatedIoU({5, 5, 10, 4, 33}, {5, 5, 4, 10, 123}), 1, 1e-12);
  EXPECT_NEAR(RotatedOverlap({0, 0, 10, 10, 0}, {5, 5, 10, 10, 0}), 25, 1e-12);
  // A square turned by 45 degrees over itself leaves a regular octagon.
  EXPECT_NEAR(RotatedOverlap({0, 0, 2, 2, 0}, {0, 0, 2, 2, 45}), 8 * (std::numbers::sqrt2 - 1),
              1e-12);
  EXPECT_EQ(RotatedIoU({0, 0, 10, 10, 0}, {30, 0, 10, 10, 45}), 0);
  EXPECT_EQ(RotatedIoU({0, 0, 0, 10, 0}, {0, 0, 10, 10, 45}), 0);
  // Clockwise in a picture whose y goes down: the right end of a lying box goes down.
  EXPECT_GT(RotatedOverlap({0, 0, 20, 2, 45}, {6, 6, 2, 2, 0}), 1);
  EXPECT_EQ(RotatedOverlap({0, 0, 20, 2, 45}, {6, -6, 2, 2, 0}), 0);
}

TEST(RotatedIoU, AgreesWithCountingPoints) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> unit(0, 1);
  const auto inside = [](const RotatedBox& box, double x, double y) {
    const double a = box.degrees * std::numbers::pi / 180;
    const double u = std::cos(a) * (x - box.cx) + std::sin(a) * (y - box.cy);
    const double v = -std::sin(a) * (x - box.cx) + std::cos(a) * (y - box.cy);
    return std::abs(u) <= box.w / 2 && std::abs(v) <= box.h / 2;
  };
  const auto draw = [&]() -> RotatedBox {
    return {40 + 20 * unit(random), 40 + 20 * unit(random), 5 + 40 * unit(random),
            5 + 40 * unit(random), 720 * unit(random) - 360};
  };
  for (int i = 0; i < 60; ++i) {
    const RotatedBox a = draw();
    const RotatedBox b = draw();
    int count = 0;
    for (int y = 0; y < 400; ++y) {
      for (int x = 0; x < 400; ++x) {
        const double px = 0.25 * x + 0.125;
        const double py = 0.25 * y + 0.125;
        count += inside(a, px, py) && inside(b, px, py) ? 1 : 0;
      }
    }
    EXPECT_NEAR(RotatedOverlap(a, b), count / 16.0, 10);
    EXPECT_NEAR(RotatedOverlap(a, b), RotatedOverlap(b, a), 1e-9);
  }
}

TEST(RotatedBox, UprightBoxIsAboutTheEllipse) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 50; ++i) {
    const RotatedBox box = {100 * unit(random), 100 * unit(random), 1 + 50 * unit(random),
                            1 + 50 * unit(random), 720 * unit(random) - 360};
    const double a = box.degrees * std::numbers::pi / 180;
    double left = 1e9;
    double bottom = -1e9;
    for (int k = 0; k < 3600; ++k) {
      const double t = k * std::numbers::pi / 1800;
      const double u = box.w / 2 * std::cos(t);
      const double v = box.h / 2 * std::sin(t);
      left = std::min(left, box.cx + std::cos(a) * u - std::sin(a) * v);
      bottom = std::max(bottom, box.cy + std::sin(a) * u + std::cos(a) * v);
    }
    const Box upright = UprightBox(box);
    EXPECT_NEAR(upright.x, left, 1e-3);
    EXPECT_NEAR(upright.bottom(), bottom, 1e-3);
    EXPECT_NEAR(upright.x + upright.w / 2, box.cx, 1e-9);
  }
  const Box same = UprightBox({10, 20, 4, 6, 180});
  EXPECT_NEAR(same.w, 4, 1e-9);
  EXPECT_NEAR(same.h, 6, 1e-9);
}

TEST(RotatedBox, AnglesAreHalfTurnsAndAxesTheBoxes) {
  EXPECT_EQ(HalfTurn(0), 0);
  EXPECT_EQ(HalfTurn(90), 90);
  EXPECT_EQ(HalfTurn(-90), 90);
  EXPECT_EQ(HalfTurn(270), 90);
  EXPECT_EQ(HalfTurn(91), -89);
  EXPECT_EQ(HalfTurn(-540), 0);
  // A quarter turn clockwise: the picture's right is the box's up.
  const BoxPoint at = ToBoxAxes({10, 10, 4, 8, 90}, 13, 10);
  EXPECT_NEAR(at.u, 0, 1e-12);
  EXPECT_NEAR(at.v, -3, 1e-12);
}

}  // namespace
}  // namespace tenjo
