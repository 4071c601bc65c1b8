#include "tenjo/analyze/body_point.h"

#include <gtest/gtest.h>

namespace tenjo {
namespace {

Camera HallCamera() {
  Camera camera;
  camera.lens = {.kind = LensKind::kEquidistant,
                 .width = 1200,
                 .height = 1200,
                 .fx = 380,
                 .fy = 380,
                 .cx = 599.5,
                 .cy = 599.5,
                 .max_angle_rad = 1.5};
  camera.centre = {0, 0, 3};
  camera.world_from_camera = LookDown(0.4, 0.2, 0);
  return camera;
}

void Put(Person& person, int keypoint, const Camera& camera, double x, double y, double z) {
  const auto pixel = camera.Project({x, y, z});
  ASSERT_TRUE(pixel);
  person.keypoints[static_cast<std::size_t>(keypoint)] = {static_cast<float>(pixel->x()),
                                                          static_cast<float>(pixel->y()), 0.9F};
}

// Hiding joints from the feet up moves an upright person of usual height by a step at most.
TEST(BodyPoint, HiddenFeetDoNotMoveAPerson) {
  const Camera camera = HallCamera();
  Person person;
  Put(person, kLeftAnkle, camera, 1.9, 1, 0.07);
  Put(person, kRightAnkle, camera, 2.1, 1, 0.07);
  Put(person, kLeftKnee, camera, 1.9, 1, 0.48);
  Put(person, kRightKnee, camera, 2.1, 1, 0.48);
  Put(person, kLeftHip, camera, 1.9, 1, 0.89);
  Put(person, kRightHip, camera, 2.1, 1, 0.89);
  Put(person, kLeftShoulder, camera, 1.8, 1, 1.37);
  Put(person, kRightShoulder, camera, 2.2, 1, 1.37);
  Put(person, kNose, camera, 2, 1, 1.55);
  for (const int joint : {kLeftAnkle, kLeftKnee, kLeftHip, kLeftShoulder, kNose}) {
    const auto floor = FloorOf(person, BodyPoint::kFeet, camera);
    ASSERT_TRUE(floor);
    EXPECT_NEAR(floor->x, 2, 0.05);
    EXPECT_NEAR(floor->y, 1, 0.05);
    person.keypoints[static_cast<std::size_t>(joint)].score = 0;
    person.keypoints[static_cast<std::size_t>(joint) + 1].score = 0;  // the right one
  }
}

TEST(BodyPoint, Pixels) {
  Person person;
  person.box = {10, 20, 40, 100};
  EXPECT_EQ(*PixelOf(person, BodyPoint::kFeet), (Point2{30, 120}));
  EXPECT_EQ(*PixelOf(person, BodyPoint::kMiddle), (Point2{30, 70}));
  EXPECT_EQ(*PixelOf(person, BodyPoint::kHead), (Point2{30, 20}));
  EXPECT_FALSE(PixelOf(person, BodyPoint::kLeftWrist));
  person.keypoints[kLeftAnkle] = {20, 110, 0.5F};
  person.keypoints[kRightAnkle] = {40, 114, 0.5F};
  person.keypoints[kRightEye] = {33, 25, 0.5F};
  person.keypoints[kLeftWrist] = {5, 6, 0.05F};
  EXPECT_EQ(*PixelOf(person, BodyPoint::kFeet), (Point2{30, 112}));
  EXPECT_EQ(*PixelOf(person, BodyPoint::kHead), (Point2{33, 25}));
  EXPECT_FALSE(PixelOf(person, BodyPoint::kLeftWrist)) << "too faint";
}

}  // namespace
}  // namespace tenjo
