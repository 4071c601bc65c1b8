#include "tenjo/synth/people/label_places.h"

#include <gtest/gtest.h>

#include "tenjo/synth/people/motion.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

constexpr std::size_t kLeftShoulder = 5;
constexpr std::size_t kRightShoulder = 6;
constexpr std::size_t kNeck = 17;

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

TEST(LabelPlaces, OfTheMeanBodyAreMirroredAndNearTheJoints) {
  const RestBody rest = ShapeBody(Asset(), {});
  const PosedBody posed = PoseBody(Asset(), rest, RestPose(Asset()));
  const auto places = LabelPlaces(Asset(), rest, posed);
  for (std::size_t k = 1; k < kNeck; k += 2) {
    EXPECT_NEAR(places[k].x(), places[k + 1].x(), 2e-3F);
    EXPECT_NEAR(places[k].y(), -places[k + 1].y(), 2e-3F);
    EXPECT_NEAR(places[k].z(), places[k + 1].z(), 2e-3F);
  }
  for (std::size_t k = 0; k < kNeck; ++k) {
    EXPECT_LT((places[k] - posed.keypoints[k]).norm(), 0.032F * rest.height_m);
  }
  // COCO's annotators put shoulders above the joint and a little inwards.
  EXPECT_GT(places[kLeftShoulder].z(), posed.keypoints[kLeftShoulder].z() + 0.02F * rest.height_m);
  EXPECT_LT(places[kLeftShoulder].y(), posed.keypoints[kLeftShoulder].y());
  EXPECT_LT((places[kNeck] - 0.5F * (places[kLeftShoulder] + places[kRightShoulder])).norm(),
            1e-5F);
}

TEST(LabelPlaces, MoveWithTheBody) {
  Random random(4);
  for (int i = 0; i < 20; ++i) {
    const BodyShape shape = DrawBodyShape(Asset(), random);
    const RestBody rest = ShapeBody(Asset(), shape);
    const MotionStyle style = DrawMotionStyle(shape, random);
    MotionState state;
    state.activity = i % 2 == 0 ? Activity::kWalk : Activity::kReach;
    state.speed_mps = i % 2 == 0 ? 1.1F : 0;
    state.distance_m = random.Uniform(0, 3);
    state.right_target = Vec3f(0.4F, -0.2F, random.Uniform(0.8F, 1.6F));
    BodyPose pose = MakePose(Asset(), rest, style, state);
    const PosedBody here = PoseBody(Asset(), rest, pose);
    const auto before = LabelPlaces(Asset(), rest, here);
    for (std::size_t k = 0; k < kNeck; ++k) {
      EXPECT_LT((before[k] - here.keypoints[k]).norm(), 0.032F * rest.height_m);
    }
    const float turn = random.Uniform(-3, 3);
    const Vec3f move(random.Uniform(-2, 2), random.Uniform(-2, 2), 0);
    const Eigen::Affine3f moved = Eigen::Translation3f(move) *
                                  Eigen::AngleAxisf(turn, Vec3f::UnitZ()) *
                                  Eigen::Translation3f(-pose.place);
    pose.yaw_rad += turn;
    pose.place = move;
    const auto after = LabelPlaces(Asset(), rest, PoseBody(Asset(), rest, pose));
    for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
      EXPECT_LT((moved * before[k] - after[k]).norm(), 1e-4F);
    }
  }
}

}  // namespace
}  // namespace tenjo::synth
