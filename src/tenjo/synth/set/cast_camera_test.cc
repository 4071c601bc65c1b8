#include "tenjo/synth/set/cast_camera.h"

#include <gtest/gtest.h>

#include <vector>

namespace tenjo::synth {
namespace {

Place EmptyRoom(float half_m) {
  Place place;
  place.room = {-half_m, -half_m, half_m, half_m};
  place.ceiling_m = 3.2F;
  return place;
}

Camera NarrowCamera(double tilt_rad) {
  Camera camera;
  camera.lens.width = 120;
  camera.lens.height = 90;
  camera.lens.fx = camera.lens.fy = 120;
  camera.lens.cx = 59.5;
  camera.lens.cy = 44.5;
  camera.world_from_camera = LookDown(0, tilt_rad, 0);
  camera.centre = {0, 0, 3};
  return camera;
}

TEST(FloorShare, OfKnownViews) {
  EXPECT_DOUBLE_EQ(FloorShare(EmptyRoom(5), NarrowCamera(0)), 1);     // all floor
  EXPECT_DOUBLE_EQ(FloorShare(EmptyRoom(5), NarrowCamera(1.57)), 0);  // the wall opposite
  const double half = FloorShare(EmptyRoom(0.5F), NarrowCamera(0));
  // A square of 1 m in a picture of 3 m by 2.25 m.
  EXPECT_NEAR(half, 1 / (3 * 2.25), 0.05);
}

TEST(DrawCamera, TiltedFisheyesLookAtTheFloor) {
  Random random(3);
  const Place place = EmptyRoom(4);
  const std::vector<Vec3f> people = {{1, 1, 0}, {-1, 2, 0}, {0, -2, 0}};
  CameraOptions options;
  options.kind = CameraKind::kFisheye;
  int little = 0;
  constexpr int kCameras = 60;
  for (int i = 0; i < kCameras; ++i) {
    const Camera camera = DrawCamera(place, people, options, random);
    little += FloorShare(place, camera) < 0.4 ? 1 : 0;
  }
  EXPECT_LT(little, kCameras / 5);
  // An asked-for tilt is kept.
  options.tilt_deg = Range{35, 40};
  for (int i = 0; i < 10; ++i) {
    const double tilt = TiltDegrees(DrawCamera(place, people, options, random));
    EXPECT_TRUE(tilt > 34.9 && tilt < 40.1) << tilt;
  }
}

}  // namespace
}  // namespace tenjo::synth
