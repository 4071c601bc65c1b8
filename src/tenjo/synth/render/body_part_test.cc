#include "tenjo/synth/render/body_part.h"

#include <gtest/gtest.h>

#include "tenjo/synth/render/test_scenes.h"

namespace tenjo::synth {
namespace {

using testing::AddFigure;

constexpr std::size_t kShoulder = 5;
constexpr std::size_t kElbow = 7;
constexpr std::size_t kWrist = 9;
constexpr std::size_t kHip = 11;
constexpr std::size_t kKnee = 13;
constexpr std::size_t kAnkle = 15;

PersonTruth Standing(float yaw, float height) {
  Scene scene;
  Random random(1);
  AddFigure(scene, {0.3F, -0.2F, 0}, yaw, height, random, 4);
  return scene.people[0];
}

// A place from a keypoint on, in the body's own axes.
Vec3f From(const PersonTruth& person, std::size_t point, float forward, float left, float up) {
  const Vec3f ahead(std::cos(person.yaw_rad), std::sin(person.yaw_rad), 0);
  const Vec3f aside(-ahead.y(), ahead.x(), 0);
  return person.keypoints[point] + forward * ahead + left * aside + up * Vec3f::UnitZ();
}

TEST(BodyPart, SkinAtAJointIsOfThePartsThatMeetThere) {
  Random random(2);
  for (int i = 0; i < 40; ++i) {
    const PersonTruth person = Standing(random.Uniform(-3, 3), random.Uniform(1.1F, 2.0F));
    for (std::size_t point = kShoulder; point < kNumBodyPoints; ++point) {
      for (const float forward : {-0.03F, 0.03F}) {
        const Vec3f skin = From(person, point, forward * person.height_m, 0, 0);
        EXPECT_TRUE(IsOwnPart(person, point, skin)) << point;
      }
    }
  }
}

TEST(BodyPart, ACoatOverTheHipIsItsOwnAndAHandBeforeItIsNot) {
  PersonTruth person = Standing(0.7F, 1.75F);
  const Vec3f before = From(person, kHip, 0.15F, 0, 0);
  EXPECT_TRUE(IsOwnPart(person, kHip, before));
  // The other hand comes to lie there.
  person.keypoints[kWrist + 1] = before - Vec3f(0, 0, 0.02F);
  person.keypoints[kElbow + 1] = From(person, kHip, 0.17F, -0.28F, 0.1F);
  EXPECT_FALSE(IsOwnPart(person, kHip, before));
  EXPECT_TRUE(IsOwnPart(person, kWrist + 1, before));
}

TEST(BodyPart, OneLegIsNotTheOther) {
  const PersonTruth person = Standing(-1.2F, 1.7F);
  const Vec3f left = From(person, kKnee, 0.02F, 0.05F, 0);
  EXPECT_TRUE(IsOwnPart(person, kKnee, left));
  EXPECT_FALSE(IsOwnPart(person, kKnee + 1, left));
  EXPECT_FALSE(IsOwnPart(person, kAnkle, From(person, kAnkle + 1, 0.03F, 0, 0)));
}

TEST(BodyPart, AFaceIsNotSeenOnAShoulderNorAHipOnTheHead) {
  const PersonTruth person = Standing(0, 1.8F);
  EXPECT_FALSE(IsOwnPart(person, 0, person.keypoints[kShoulder]));
  EXPECT_FALSE(IsOwnPart(person, kHip, From(person, 0, 0, 0, 0.1F)));
  EXPECT_TRUE(IsOwnPart(person, 3, From(person, 3, 0, 0.03F, 0)));
}

TEST(BodyPart, EveryKeypointHasAPart) {
  for (std::size_t point = 0; point < kNumBodyPoints; ++point) {
    int parts = 0;
    for (std::size_t part = 0; part < kNumBodyParts; ++part) {
      parts += Meets(static_cast<BodyPart>(part), point) ? 1 : 0;
    }
    EXPECT_GE(parts, 1) << point;
    EXPECT_LE(parts, 2) << point;
  }
}

}  // namespace
}  // namespace tenjo::synth
