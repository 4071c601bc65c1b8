#pragma once

#include <Eigen/Core>
#include <optional>
#include <span>
#include <vector>

#include "tenjo/camera/camera.h"

namespace tenjo {

//! A point of the floor and where the camera sees it.
struct FloorMark {
  Eigen::Vector2d pixel = Eigen::Vector2d::Zero();
  Eigen::Vector2d floor = Eigen::Vector2d::Zero();  //!< metres
};

//! One person who stands or walks upright: where two points, one above the other, are seen.
struct UprightPerson {
  Eigen::Vector2d head = Eigen::Vector2d::Zero();  //!< pixels
  Eigen::Vector2d feet = Eigen::Vector2d::Zero();  //!< pixels
  double head_m = 1.7;                             //!< above the floor
  double feet_m = 0;
};

struct Calibration {
  Camera camera;
  double error_px = 0;  //!< root mean square of what is left, pixels
  int used = 0;         //!< marks or people that the answer rests on
};

//! Place of a camera from at least four floor points, by least squares on their pixels (Levenberg
//! and Marquardt) from several starts. `lens` is known; with `find_focal` its fx = fy are found
//! too, starting from those given. World: that of the points, z up. Throws Error for fewer than
//! four points, for points on a line or in one place, numbers that are not finite, and pixels that
//! no camera above the floor can see them at (more than `most_error_px` left).
Calibration CalibrateFromFloor(const Lens& lens, std::span<const FloorMark> marks, bool find_focal,
                               double most_error_px = 10);

//! Height and tilt of a camera from people whose height is known: their heads are above their feet.
//! Robust (Huber): some wrong boxes do no harm. The world's origin is below the camera, its x
//! where the picture's up points to. Throws Error for fewer than eight people, people who are all
//! in one place, and what no camera can have seen.
Calibration CalibrateFromPeople(const Lens& lens, std::span<const UprightPerson> people,
                                bool find_focal);

}  // namespace tenjo
