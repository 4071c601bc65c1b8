#include "tenjo/camera/calibrate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Eigen::Vector2d;

constexpr double kDegree = std::numbers::pi / 180;

Lens LensOf(LensKind kind) {
  Lens lens;
  lens.kind = kind;
  lens.width = 1280;
  lens.height = 960;
  lens.fx = lens.fy = kind == LensKind::kPinhole ? 900 : 420;
  lens.cx = 639.5;
  lens.cy = 479.5;
  lens.max_angle_rad = kind == LensKind::kPinhole ? 1.4 : 1.6;
  return lens;
}

Camera CameraAt(LensKind kind, double pan, double tilt, double roll, double height) {
  Camera camera;
  camera.lens = LensOf(kind);
  camera.world_from_camera = LookDown(pan * kDegree, tilt * kDegree, roll * kDegree);
  camera.centre = {1.5, -0.5, height};
  return camera;
}

//! Points of the floor about where the camera looks.
std::vector<FloorMark> MarksOf(const Camera& camera, const std::vector<Vector2d>& pixels) {
  std::vector<FloorMark> marks;
  for (const Vector2d& pixel : pixels) {
    const auto floor = camera.ToPlane(pixel);
    EXPECT_TRUE(floor);
    marks.push_back({pixel, *floor});
  }
  return marks;
}

const std::vector<Vector2d> kPixels = {{300, 300}, {950, 350}, {1000, 800}, {250, 760}};

TEST(CalibrateFromFloor, FindsTheCameraFromFourPoints) {
  for (const LensKind kind : {LensKind::kPinhole, LensKind::kEquidistant}) {
    for (const double tilt : {0.0, 20.0, 45.0}) {
      for (const double pan : {0.0, 130.0}) {
        const Camera truth = CameraAt(kind, pan, tilt, 10, 2.8);
        const auto marks = MarksOf(truth, kPixels);
        const Calibration found = CalibrateFromFloor(truth.lens, marks, false);
        EXPECT_LT(found.error_px, 1e-4);
        EXPECT_LT((found.camera.centre - truth.centre).norm(), 1e-4) << tilt << " " << pan;
        EXPECT_LT(found.camera.world_from_camera.angularDistance(truth.world_from_camera), 1e-4);
      }
    }
  }
}

TEST(CalibrateFromFloor, FindsTheFocalLengthToo) {
  const Camera truth = CameraAt(LensKind::kPinhole, 30, 40, 5, 3.2);
  const auto marks = MarksOf(truth, kPixels);
  Lens start = truth.lens;
  start.fx = start.fy = 700;
  const Calibration found = CalibrateFromFloor(start, marks, true);
  EXPECT_NEAR(found.camera.lens.fx, 900, 0.5);
  EXPECT_LT((found.camera.centre - truth.centre).norm(), 5e-3);
}

TEST(CalibrateFromFloor, ManyNoisyPointsAgreeOnOneCamera) {
  const Camera truth = CameraAt(LensKind::kEquidistant, 70, 15, 0, 3);
  std::mt19937 random(4);
  std::normal_distribution<double> noise(0, 0.5);
  std::vector<Vector2d> pixels;
  for (int x = 200; x < 1200; x += 200) {
    for (int y = 150; y < 900; y += 150) {
      pixels.emplace_back(x, y);
    }
  }
  auto marks = MarksOf(truth, pixels);
  for (FloorMark& mark : marks) {
    mark.pixel += Vector2d(noise(random), noise(random));
  }
  const Calibration found = CalibrateFromFloor(truth.lens, marks, false);
  EXPECT_LT(found.error_px, 1.0);
  EXPECT_LT((found.camera.centre - truth.centre).norm(), 0.02);
}

TEST(CalibrateFromFloor, RefusesWhatSaysNothing) {
  const Camera truth = CameraAt(LensKind::kPinhole, 0, 20, 0, 3);
  auto marks = MarksOf(truth, kPixels);
  EXPECT_THROW(CalibrateFromFloor(truth.lens, std::span(marks).first(3), false), Error);
  auto line = marks;
  for (int i = 0; i < 4; ++i) {
    line[static_cast<std::size_t>(i)].floor = {0.5 * i, 1.0 * i};
  }
  EXPECT_THROW(CalibrateFromFloor(truth.lens, line, false), Error);
  auto three = marks;
  three[2].floor = 0.5 * (three[0].floor + three[1].floor);
  EXPECT_THROW(CalibrateFromFloor(truth.lens, three, false), Error);
  auto same = marks;
  for (FloorMark& mark : same) {
    mark.floor = {1, 1};
  }
  EXPECT_THROW(CalibrateFromFloor(truth.lens, same, false), Error);
  auto nan = marks;
  nan[1].pixel.x() = std::nan("");
  EXPECT_THROW(CalibrateFromFloor(truth.lens, nan, false), Error);
  auto crossed = marks;
  std::swap(crossed[0].floor, crossed[1].floor);
  EXPECT_THROW(CalibrateFromFloor(truth.lens, crossed, false), Error);
}

std::vector<UprightPerson> Walkers(const Camera& camera, double height_m, int wrong) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> place(-4, 4);
  std::normal_distribution<double> noise(0, 0.7);
  std::vector<UprightPerson> people;
  while (people.size() < 120) {
    const Eigen::Vector3d floor(place(random), place(random), 0);
    const auto feet = camera.Project(floor);
    const auto head = camera.Project(floor + Eigen::Vector3d(0, 0, height_m));
    if (!feet || !head || !camera.lens.Contains(*feet) || !camera.lens.Contains(*head)) {
      continue;
    }
    const bool is_wrong = static_cast<int>(people.size()) < wrong;
    people.push_back({.head = *head + Vector2d(noise(random), noise(random)) +
                              (is_wrong ? Vector2d(200, 90) : Vector2d(0, 0)),
                      .feet = *feet + Vector2d(noise(random), noise(random)),
                      .head_m = height_m,
                      .feet_m = 0});
  }
  return people;
}

TEST(CalibrateFromPeople, FindsHeightAndTilt) {
  for (const LensKind kind : {LensKind::kPinhole, LensKind::kEquidistant}) {
    for (const double tilt : {10.0, 35.0}) {
      Camera truth = CameraAt(kind, 0, tilt, 4, 2.9);
      const Calibration found = CalibrateFromPeople(truth.lens, Walkers(truth, 1.7, 10), false);
      EXPECT_NEAR(found.camera.centre.z(), 2.9, 0.1) << tilt;
      const Eigen::Vector3d axis = found.camera.world_from_camera * Eigen::Vector3d::UnitZ();
      EXPECT_NEAR(std::acos(-axis.z()) / kDegree, tilt, 1.5);
      EXPECT_GE(found.used, 100);
    }
  }
}

TEST(CalibrateFromPeople, RefusesWhatSaysNothing) {
  const Camera truth = CameraAt(LensKind::kPinhole, 0, 30, 0, 3);
  auto people = Walkers(truth, 1.7, 0);
  EXPECT_THROW(CalibrateFromPeople(truth.lens, std::span(people).first(5), false), Error);
  auto still = people;
  for (UprightPerson& person : still) {
    person = people[0];
  }
  EXPECT_THROW(CalibrateFromPeople(truth.lens, still, false), Error);
  auto high = people;
  high[3].head_m = 3;
  EXPECT_THROW(CalibrateFromPeople(truth.lens, high, false), Error);
}

}  // namespace
}  // namespace tenjo
