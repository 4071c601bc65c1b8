#include "tenjo/synth/people/motion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/gait.h"
#include "tenjo/synth/people/gait_table.h"
#include "tenjo/synth/people/motion_skeleton.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = 3.14159265F;
constexpr std::array<const char*, 4> kSoleParts = {"left_heel", "left_ball", "right_heel",
                                                   "right_ball"};

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

struct Person {
  BodyShape shape;
  RestBody rest;
  MotionStyle style;
};

Person DrawPerson(Random& random) {
  Person person;
  person.shape = DrawBodyShape(Asset(), random);
  person.rest = ShapeBody(Asset(), person.shape);
  person.style = DrawMotionStyle(person.shape, random);
  return person;
}

// Someone of about a given height, grown up or not.
Person PersonOfHeight(float height_m) {
  Random random(17);
  Person best = DrawPerson(random);
  for (int i = 0; i < 150; ++i) {
    const BodyShape shape = DrawBodyShape(Asset(), random);
    if (std::abs(shape.height_m - height_m) < std::abs(best.shape.height_m - height_m)) {
      best.shape = shape;
    }
  }
  best.rest = ShapeBody(Asset(), best.shape);
  best.style = DrawMotionStyle(best.shape, random);
  return best;
}

const std::vector<int>& SkinVertices() {
  static const auto vertices = [] {
    std::vector<bool> used(Asset().mean.size(), false);
    for (std::size_t q = 0; q < Asset().quads.size(); ++q) {
      if (Asset().quad_groups[q] == BodyGroup::kBody) {
        for (const auto v : Asset().quads[q]) {
          used[v] = true;
        }
      }
    }
    std::vector<int> list;
    for (std::size_t v = 0; v < used.size(); ++v) {
      if (used[v]) {
        list.push_back(static_cast<int>(v));
      }
    }
    return list;
  }();
  return vertices;
}

float Lowest(const PosedBody& body) {
  float low = 9;
  for (const int v : SkinVertices()) {
    low = std::min(low, body.positions[static_cast<std::size_t>(v)].z());
  }
  return low;
}

Vec3f Point(const PosedBody& body, const std::string& name) {
  return body.points[static_cast<std::size_t>(Asset().point(name))];
}

PosedBody Posed(const Person& person, const MotionState& state) {
  return PoseBody(Asset(), person.rest, MakePose(Asset(), person.rest, person.style, state));
}

// A named point without the skin, which is quicker.
class PointPose {
 public:
  PointPose(const Person& person, const MotionState& state)
      : rest_(person.rest),
        bones_(BoneTransforms(Asset(), person.rest,
                              MakePose(Asset(), person.rest, person.style, state))) {}
  Vec3f Rest(const std::string& name) const {
    return rest_.points[static_cast<std::size_t>(Asset().point(name))];
  }
  std::array<Vec3f, kNumBodyPoints> Keypoints() const {
    std::array<Vec3f, kNumBodyPoints> keypoints;
    for (std::size_t k = 0; k < keypoints.size(); ++k) {
      keypoints[k] = bones_[static_cast<std::size_t>(Asset().point_bones[k])] * rest_.points[k];
    }
    return keypoints;
  }
  Vec3f operator()(const std::string& name) const {
    const auto i = static_cast<std::size_t>(Asset().point(name));
    return bones_[static_cast<std::size_t>(Asset().point_bones[i])] * rest_.points[i];
  }

 private:
  const RestBody& rest_;
  std::vector<Eigen::Affine3f> bones_;
};

// Flexion of a hinge from straight, and whether it bends the way that a body does.
struct Hinge {
  float flexion;
  float forward;  // > 0: the middle joint lies on the side where it belongs
};

Hinge Knee(const PosedBody& body, int side) {
  const std::string s = side == 0 ? "left_" : "right_";
  const Vec3f hip = Point(body, s + "hip");
  const Vec3f knee = Point(body, s + "knee");
  const Vec3f ankle = Point(body, s + "ankle");
  const auto bone =
      static_cast<std::size_t>(Asset().bone(side == 0 ? "upperleg01.L" : "upperleg01.R"));
  const Vec3f front = body.bones[bone].linear() * Vec3f::UnitX();
  const Vec3f a = (knee - hip).normalized();
  const Vec3f b = (ankle - knee).normalized();
  return {std::acos(std::clamp(a.dot(b), -1.0F, 1.0F)), -b.dot(front)};
}

Hinge Elbow(const PosedBody& body, int side) {
  const std::string s = side == 0 ? "left_" : "right_";
  const Vec3f a = (Point(body, s + "elbow") - Point(body, s + "shoulder")).normalized();
  const Vec3f b = (Point(body, s + "wrist") - Point(body, s + "elbow")).normalized();
  // The crook of the elbow as it lies on the upper arm at rest.
  const auto at = [](const char* name, int which) {
    return Asset().point(std::string(which == 0 ? "left_" : "right_") + name);
  };
  static const RestBody rest = ShapeBody(Asset(), BodyShape{});
  const Vec3f upper = rest.points[static_cast<std::size_t>(at("elbow", side))] -
                      rest.points[static_cast<std::size_t>(at("shoulder", side))];
  const Vec3f lower = rest.points[static_cast<std::size_t>(at("wrist", side))] -
                      rest.points[static_cast<std::size_t>(at("elbow", side))];
  const Vec3f crook = Perpendicular(lower, upper.normalized(), Vec3f::UnitX());
  const auto bone =
      static_cast<std::size_t>(Asset().bone(side == 0 ? "upperarm02.L" : "upperarm02.R"));
  return {std::acos(std::clamp(a.dot(b), -1.0F, 1.0F)), b.dot(body.bones[bone].linear() * crook)};
}

MotionState RandomState(Random& random) {
  MotionState state;
  state.activity = static_cast<Activity>(random.Index(static_cast<int>(Activity::kLookAround) + 1));
  state.time_s = random.Uniform(0, 200);
  state.place = Vec3f(random.Uniform(-5, 5), random.Uniform(-5, 5), 0);
  state.yaw_rad = random.Uniform(-kPi, kPi);
  state.blend = random.Chance(0.5F) ? 1.0F : random.Uniform();
  if (state.activity == Activity::kWalk || random.Chance(0.2F)) {
    state.speed_mps = random.Uniform(0.4F, 1.8F);
    state.distance_m = random.Uniform(0, 30);
  }
  const auto target = [&] {
    return Vec3f(state.place + TurnZ(state.yaw_rad) * Vec3f(random.Uniform(0.1F, 0.9F),
                                                            random.Uniform(-0.6F, 0.6F),
                                                            random.Uniform(0.05F, 2.1F)));
  };
  if (random.Chance(0.5F)) {
    state.left_target = target();
  }
  if (random.Chance(0.5F)) {
    state.right_target = target();
  }
  if (random.Chance(0.3F)) {
    state.look_at =
        state.place + Vec3f(random.Uniform(-3, 3), random.Uniform(-3, 3), random.Uniform(0, 2.5F));
    state.has_look_at = true;
  }
  state.seat_height_m = random.Uniform(0.4F, 0.75F);
  state.left_holds = static_cast<HeldThing>(random.Index(6));
  state.right_holds = static_cast<HeldThing>(random.Index(6));
  return state;
}

TEST(Motion, JointsKeepTheirLimitsInAnyState) {
  Random random(1);
  for (int round = 0; round < 12; ++round) {
    const Person person = DrawPerson(random);
    for (int k = 0; k < 12; ++k) {
      const MotionState state = RandomState(random);
      const PosedBody body = Posed(person, state);
      const std::string what = "activity " + std::to_string(static_cast<int>(state.activity)) +
                               ", round " + std::to_string(round) + "." + std::to_string(k);
      for (const Vec3f& p : body.positions) {
        ASSERT_TRUE(p.allFinite()) << what;
      }
      EXPECT_GT(Lowest(body), -0.012F) << what;
      for (int side = 0; side < 2; ++side) {
        const Hinge knee = Knee(body, side);
        const Hinge elbow = Elbow(body, side);
        EXPECT_LT(knee.flexion, 155 * kDegree) << what;
        EXPECT_GT(knee.forward, -0.12F) << what;
        EXPECT_LT(elbow.flexion, 150 * kDegree) << what;
        EXPECT_GT(elbow.forward, -0.05F) << what;
      }
      // The head stays above the hips but for deep bends, and looks where a neck can turn.
      const Vec3f nose = body.keypoints[0] - (body.keypoints[3] + body.keypoints[4]) / 2;
      const Vec3f chest =
          body.bones[static_cast<std::size_t>(Asset().bone("spine01"))].linear() * Vec3f::UnitX();
      EXPECT_GT(nose.normalized().dot(chest), std::cos(95 * kDegree)) << what;
    }
  }
}

TEST(Motion, IsDeterministic) {
  Random random(2);
  const Person person = DrawPerson(random);
  for (int k = 0; k < 20; ++k) {
    const MotionState state = RandomState(random);
    const PosedBody a = Posed(person, state);
    const PosedBody b = Posed(person, state);
    ASSERT_EQ(a.positions, b.positions);
  }
}

TEST(Motion, StandsOnTheFloor) {
  Random random(3);
  for (int i = 0; i < 10; ++i) {
    const Person person = DrawPerson(random);
    for (const Activity activity :
         {Activity::kStand, Activity::kQueue, Activity::kLookAround, Activity::kTurn}) {
      MotionState state;
      state.activity = activity;
      state.time_s = random.Uniform(0, 100);
      const PosedBody body = Posed(person, state);
      EXPECT_NEAR(Lowest(body), 0, 0.01);
      // Upright: the stoop and the feet together cost a little height at most.
      float top = 0;
      for (const Vec3f& p : body.positions) {
        top = std::max(top, p.z());
      }
      EXPECT_GT(top, 0.9F * person.rest.height_m);
      EXPECT_LT((body.keypoints[11] + body.keypoints[12]).head<2>().norm() / 2, 0.1F);
    }
  }
}

// Watches a place of the sole: how far it moves while it lies on the floor.
class PlantWatch {
 public:
  // Returns how far the place is from where it was set down; 0 in the air.
  float See(const Vec3f& now, float floor) {
    if (now.z() >= floor) {
      down_ = false;
      return 0;
    }
    if (!down_) {
      down_ = true;
      at_ = now;
    }
    return (now - at_).head<2>().norm();
  }
  bool down() const { return down_; }

 private:
  bool down_ = false;
  Vec3f at_ = Vec3f::Zero();
};

// Moves of the heel and the ball of a foot while they bear the body: neither may slide.
float StanceSlide(const Person& person, float speed, float& longest_stance) {
  MotionState state;
  state.activity = Activity::kWalk;
  state.speed_mps = speed;
  const Skeleton skeleton(Asset(), person.rest);
  const float stride = StrideLength(speed, skeleton.leg_length(), person.style.step_scale);
  float worst = 0;
  std::map<std::string, PlantWatch> watches;
  std::map<std::string, float> stances;
  for (int i = 0; i <= 80; ++i) {
    state.distance_m = stride * (2 + static_cast<float>(i) / 50);
    state.place = Vec3f(state.distance_m, 0, 0);
    const PointPose pose(person, state);
    for (const char* part : kSoleParts) {
      worst = std::max(worst, watches[part].See(pose(part), pose.Rest(part).z() + 0.006F));
      float& stance = stances[part];
      stance = watches[part].down() ? stance + 1.0F / 50 : 0;
      longest_stance = std::max(longest_stance, stance);
    }
  }
  return worst;
}

TEST(Motion, FeetDoNotSlideAtAnySpeedOrSize) {
  for (const float height : {1.1F, 1.5F, 1.72F, 1.95F}) {
    const Person person = PersonOfHeight(height);
    for (const float speed : {0.4F, 0.8F, 1.2F, 1.8F}) {
      float stance = 0;
      EXPECT_LT(StanceSlide(person, speed, stance), 0.015F)
          << height << " m at " << speed << " m/s";
      EXPECT_GT(stance, 0.35F) << "a foot bears for more than a third of a stride";
    }
  }
}

TEST(Motion, WalkingRepeatsWithTheStrideAndMovesSmoothly) {
  Random random(5);
  for (int i = 0; i < 4; ++i) {
    const Person person = DrawPerson(random);
    MotionState state;
    state.activity = Activity::kWalk;
    state.speed_mps = 0.4F + 0.45F * static_cast<float>(i);
    const Skeleton skeleton(Asset(), person.rest);
    const float stride =
        StrideLength(state.speed_mps, skeleton.leg_length(), person.style.step_scale);
    const auto first = PointPose(person, state).Keypoints();
    state.distance_m = stride;
    const auto again = PointPose(person, state).Keypoints();
    for (std::size_t k = 0; k < 17; ++k) {
      EXPECT_LT((first[k] - again[k]).norm(), 0.003F);
    }
    std::array<Vec3f, kNumBodyPoints> before = first;
    constexpr int kSteps = 100;
    for (int step = 1; step <= kSteps; ++step) {
      state.distance_m = stride * static_cast<float>(step) / kSteps;
      const auto now = PointPose(person, state).Keypoints();
      for (std::size_t k = 0; k < 17; ++k) {
        // Nothing jumps: at most nine times the distance walked in the same time.
        EXPECT_LT((now[k] - before[k]).norm(), 9 * stride / kSteps)
            << Asset().point_names[k] << " at phase " << step << "/" << kSteps << ", "
            << state.speed_mps << " m/s";
      }
      before = now;
    }
  }
}

TEST(Gait, AgreesWithWhatIsKnownOfWalking) {
  // Murray 1967; Winter 1991: an adult at 1.3-1.4 m/s makes strides of 1.4-1.6 m and lifts the foot
  // at 60-62%.
  EXPECT_NEAR(StrideLength(1.35F, 0.92F), 1.5F, 0.12F);
  EXPECT_NEAR(ToeOffPhase(1.35F, 0.92F), 0.61F, 0.03F);
  float longest = 0;
  float shortest = 9;
  float fastest_lift = 0;
  for (int i = 0; i < 100; ++i) {
    const TrunkGait trunk = TrunkAt(static_cast<float>(i) / 100, 1.35F, 0.92F);
    longest = std::max(longest, trunk.pelvis_rise);
    shortest = std::min(shortest, trunk.pelvis_rise);
    fastest_lift = std::max(fastest_lift, FootAt(static_cast<float>(i) / 100, 1.35F, 0.92F).lift);
  }
  EXPECT_NEAR(longest - shortest, 0.04F, 0.02F) << "the pelvis rises and falls by some centimetres";
  EXPECT_GT(fastest_lift, 0.02F);
  EXPECT_GT(StrideLength(1.8F, 0.92F), StrideLength(0.4F, 0.92F) * 1.5F);
  // The arm swings against its own leg.
  EXPECT_LT(TrunkAt(0, 1.35F, 0.92F).arm_pitch[0], TrunkAt(0.5F, 1.35F, 0.92F).arm_pitch[0] - 0.2F);
}

// Of Winter 1991 and Perry 1992: the knee is all but straight at the heel's strike, bends by about
// 20 degrees as the leg is loaded, is nearly straight again late in the stance, bends by about 60
// degrees in the swing; hips sweep 40 to 50.
TEST(Motion, WalksWithTheJointAnglesOfPeople) {
  for (const float height : {1.2F, 1.6F, 1.72F, 1.9F}) {
    const Person person = PersonOfHeight(height);
    const Skeleton skeleton(Asset(), person.rest);
    MotionState state;
    state.activity = Activity::kWalk;
    // As fast for the legs as 1.3 m/s are for those of grown people.
    state.speed_mps = 1.3F * std::sqrt(skeleton.leg_length() / 0.9F);
    const float stride =
        StrideLength(state.speed_mps, skeleton.leg_length(), person.style.step_scale);
    float swing = 0;
    float loading = 0;
    float strike = 0;
    float late = 180;
    float front = -9;
    float back = 9;
    for (int i = 0; i < 100; ++i) {
      const float phase = static_cast<float>(i) / 100;
      state.distance_m = phase * stride;
      const auto k = PointPose(person, state).Keypoints();
      const Vec3f thigh = (k[13] - k[11]).normalized();
      const Vec3f shank = (k[15] - k[13]).normalized();
      const float knee = std::acos(std::clamp(thigh.dot(shank), -1.0F, 1.0F)) / kDegree;
      strike = i == 0 ? knee : strike;
      loading = i < 30 ? std::max(loading, knee) : loading;
      late = i > 30 && i < 55 ? std::min(late, knee) : late;
      swing = i > 62 ? std::max(swing, knee) : swing;
      const float hip = std::atan2(thigh.x(), -thigh.z()) / kDegree;
      front = std::max(front, hip);
      back = std::min(back, hip);
    }
    EXPECT_LT(strike, 19) << height;
    EXPECT_NEAR(loading, 20, 8) << height;
    EXPECT_LT(late, 13) << height;
    EXPECT_NEAR(swing, 62, 7) << height;
    EXPECT_NEAR(front - back, 47, 13) << height;
  }
}

// In the CMU captures ankles are 3.0 to 3.5 times as fast as their walker, hips rise and fall by
// 2 to 7 % of the leg's length.
TEST(Motion, AnklesAndHipsMoveAsThoseOfPeople) {
  const Person person = PersonOfHeight(1.72F);
  const Skeleton skeleton(Asset(), person.rest);
  const float leg = skeleton.leg_length();
  for (const float speed : {0.8F, 1.3F, 1.8F}) {
    MotionState state;
    state.activity = Activity::kWalk;
    state.speed_mps = speed;
    const float stride = StrideLength(speed, leg, person.style.step_scale);
    float fastest = 0;
    float low = 9;
    float high = 0;
    std::array<Vec3f, kNumBodyPoints> before{};
    constexpr int kSteps = 120;
    for (int i = 0; i <= kSteps; ++i) {
      state.distance_m = stride * static_cast<float>(i) / kSteps;
      state.place.x() = state.distance_m;
      const auto k = PointPose(person, state).Keypoints();
      if (i > 0) {
        fastest = std::max(fastest, (k[15] - before[15]).norm() / (stride / speed / kSteps));
      }
      const float hips = (k[11].z() + k[12].z()) / 2;
      low = std::min(low, hips);
      high = std::max(high, hips);
      before = k;
    }
    EXPECT_LT(fastest, (speed < 1 ? 3.9F : 3.5F) * speed) << speed;
    EXPECT_GT(fastest, 2.5F * speed) << speed;
    EXPECT_GT(high - low, 0.01F * leg) << speed;
    EXPECT_LT(high - low, 0.08F * leg) << speed;
  }
}

TEST(Motion, HandsReachTheirTargets) {
  Random random(6);
  int tried = 0;
  for (int i = 0; i < 15; ++i) {
    const Person person = DrawPerson(random);
    const float h = person.rest.height_m;
    for (const float height : {0.10F, 0.30F, 0.50F, 0.65F, 0.80F, 0.95F, 1.08F}) {
      MotionState state;
      state.activity = Activity::kReach;
      state.place = Vec3f(2, -1, 0);
      state.yaw_rad = random.Uniform(-kPi, kPi);
      const int side = random.Index(2);
      const Vec3f target =
          state.place + TurnZ(state.yaw_rad) *
                            Vec3f(random.Uniform(0.18F, 0.34F) * h,
                                  SideSign(side) * random.Uniform(-0.05F, 0.2F) * h, height * h);
      (side == 0 ? state.left_target : state.right_target) = target;
      const auto keypoints = PointPose(person, state).Keypoints();
      EXPECT_LT((keypoints[side == 0 ? 9 : 10] - target).norm(), 0.05F)
          << "target at " << height << " of the height " << h << ", side " << side << ", person "
          << i;
      ++tried;
      // Out and back without a jump.
      if (i % 8 == 0) {
        state.blend = 0;
        const std::size_t wrist = side == 0 ? 9 : 10;
        Vec3f before = PointPose(person, state).Keypoints()[wrist];
        for (int b = 1; b <= 40; ++b) {
          state.blend = static_cast<float>(b) / 40;
          const Vec3f now = PointPose(person, state).Keypoints()[wrist];
          EXPECT_LT((now - before).norm(), 0.12F);
          before = now;
        }
      }
    }
  }
  EXPECT_EQ(tried, 105);
}

TEST(Motion, BothHandsReachWhatTheyTake) {
  Random random(7);
  for (int i = 0; i < 10; ++i) {
    const Person person = DrawPerson(random);
    const float h = person.rest.height_m;
    MotionState state;
    state.activity = Activity::kReach;
    const float z = random.Uniform(0.4F, 0.9F) * h;
    state.left_target = Vec3f(0.26F * h, 0.10F * h, z);
    state.right_target = Vec3f(0.26F * h, -0.10F * h, z);
    const PosedBody body = Posed(person, state);
    EXPECT_LT((body.keypoints[9] - *state.left_target).norm(), 0.05F);
    EXPECT_LT((body.keypoints[10] - *state.right_target).norm(), 0.05F);
  }
}

TEST(Motion, SitsOnTheSeatWithFeetOnTheFloor) {
  Random random(8);
  for (int i = 0; i < 15; ++i) {
    const Person person = DrawPerson(random);
    MotionState state;
    state.activity = Activity::kSit;
    state.seat_height_m = person.shape.child ? 0.35F : random.Uniform(0.42F, 0.48F);
    state.time_s = random.Uniform(0, 50);
    const PosedBody body = Posed(person, state);
    const float setback = SeatSetback(Asset(), person.rest);
    // What lies on the seat: the lowest of buttocks and thighs near the seat's middle.
    float low = 9;
    for (const int v : SkinVertices()) {
      const Vec3f& p = body.positions[static_cast<std::size_t>(v)];
      if (p.x() > -setback - 0.15F && p.x() < -setback + 0.25F * setback) {
        low = std::min(low, p.z());
      }
    }
    EXPECT_NEAR(low, state.seat_height_m, 0.045F) << person.shape.height_m;
    for (const char* side : {"left_", "right_"}) {
      const Vec3f thigh =
          Point(body, std::string(side) + "knee") - Point(body, std::string(side) + "hip");
      EXPECT_LT(std::abs(thigh.normalized().z()), 0.45F) << "thighs lie";
    }
    if (person.rest.height_m > 1.5F) {
      EXPECT_NEAR(Point(body, "left_heel").z(), 0, 0.02F);
      EXPECT_NEAR(Point(body, "right_heel").z(), 0, 0.02F);
    }
  }
}

TEST(Motion, SitsDownWithoutAJump) {
  Random random(9);
  const Person person = DrawPerson(random);
  MotionState state;
  state.activity = Activity::kSitDown;
  state.blend = 0;
  std::array<Vec3f, kNumBodyPoints> before = PointPose(person, state).Keypoints();
  for (int b = 1; b <= 60; ++b) {
    state.blend = static_cast<float>(b) / 60;
    const auto now = PointPose(person, state).Keypoints();
    for (std::size_t k = 0; k < 17; ++k) {
      EXPECT_LT((now[k] - before[k]).norm(), 0.08F)
          << Asset().point_names[k] << " at " << state.blend;
    }
    before = now;
  }
}

TEST(Motion, FaceTurnsToWhatItLooksAt) {
  Random random(10);
  for (int i = 0; i < 20; ++i) {
    const Person person = DrawPerson(random);
    MotionState state;
    state.yaw_rad = random.Uniform(-kPi, kPi);
    const float side = random.Uniform(-1.0F, 1.0F);
    state.look_at = TurnZ(state.yaw_rad + side) * Vec3f(3, 0, person.rest.height_m);
    state.has_look_at = true;
    const PosedBody body = Posed(person, state);
    const Vec3f face =
        body.bones[static_cast<std::size_t>(Asset().bone("head"))].linear() * Vec3f::UnitX();
    EXPECT_GT(face.dot((state.look_at - body.keypoints[0]).normalized()), std::cos(15 * kDegree));
  }
}

// Along a bent path with stops and a turn on the spot, what touches the floor stays where it is.
TEST(FootSteps, FeetStayWhereTheyStandOnAnyPath) {
  Random random(11);
  for (int i = 0; i < 3; ++i) {
    const Person person = DrawPerson(random);
    std::vector<PathPoint> path;
    const auto add = [&](float seconds, float speed, float yaw_rate) {
      for (float t = 0; t < seconds; t += 0.05F) {
        PathPoint next = path.back();
        next.time_s += 0.05F;
        next.yaw_rad += 0.05F * yaw_rate;
        next.place += 0.05F * speed * Vec3f(std::cos(next.yaw_rad), std::sin(next.yaw_rad), 0);
        path.push_back(next);
      }
    };
    path.push_back({0, Vec3f(1, 1, 0), 0.4F});
    add(1, 0, 0);
    for (int k = 0; k < 10; ++k) {
      add(0.05F, 0.1F * static_cast<float>(k), 0);
    }
    add(4, 1.0F, 0.5F);
    add(2, 0.6F, -0.8F);
    for (int k = 10; k > 0; --k) {
      add(0.05F, 0.06F * static_cast<float>(k), 0);
    }
    add(3, 0, 0);
    add(2, 0, 1.2F);
    add(3, 0, 0);
    const FootSteps steps(Asset(), person.rest, person.style, path);
    std::map<std::string, PlantWatch> watches;
    std::map<std::string, Vec3f> last;
    for (float t = 0; t < path.back().time_s; t += 1.0F / 30) {
      MotionState state;
      steps.Apply(t, state);
      const PointPose pose(person, state);
      for (const char* part : kSoleParts) {
        const Vec3f now = pose(part);
        if (t > 0) {
          EXPECT_LT((now - last[part]).norm(), 0.2F) << "nothing jumps, at " << t;
        }
        last[part] = now;
        ASSERT_LT(watches[part].See(now, pose.Rest(part).z() + 0.004F), 0.015F)
            << part << " at " << t << " s, person " << i;
      }
    }
    // At the end the body stands over its feet.
    MotionState state;
    steps.Apply(path.back().time_s, state);
    EXPECT_LT(state.walk, 0.01F);
    const PosedBody body = Posed(person, state);
    const Vec3f feet = (body.keypoints[15] + body.keypoints[16]) / 2;
    EXPECT_LT((feet - state.place).head<2>().norm(), 0.08F);
    EXPECT_LT(std::abs(WrapAngle(state.yaw_rad - path.back().yaw_rad)), 0.01F);
  }
}

TEST(FootSteps, OnePointStands) {
  Random random(12);
  const Person person = DrawPerson(random);
  const FootSteps steps(Asset(), person.rest, person.style, {{0, Vec3f(2, 3, 0), 1}});
  MotionState state;
  steps.Apply(5, state);
  EXPECT_LT((state.place - Vec3f(2, 3, 0)).norm(), 1e-5F);
  EXPECT_NEAR(Lowest(Posed(person, state)), 0, 0.01);
  EXPECT_THROW(FootSteps(Asset(), person.rest, person.style, {}), CheckFailure);
  EXPECT_THROW(
      FootSteps(Asset(), person.rest, person.style, {{1, Vec3f::Zero(), 0}, {1, Vec3f::Zero(), 0}}),
      CheckFailure);
}

TEST(MotionStyle, PeopleDiffer) {
  Random random(13);
  const BodyShape shape = DrawBodyShape(Asset(), random);
  const RestBody rest = ShapeBody(Asset(), shape);
  MotionState state;
  state.activity = Activity::kWalk;
  state.speed_mps = 1.1F;
  state.distance_m = 0.4F;
  float spread = 0;
  const Person one{shape, rest, DrawMotionStyle(shape, random)};
  for (int i = 0; i < 10; ++i) {
    const Person other{shape, rest, DrawMotionStyle(shape, random)};
    spread += (Posed(one, state).keypoints[9] - Posed(other, state).keypoints[9]).norm();
  }
  EXPECT_GT(spread / 10, 0.04F);
}

TEST(Motion, CaptureWithoutCaptureIsABrokenPromise) {
  Random random(14);
  const Person person = DrawPerson(random);
  MotionState state;
  state.activity = Activity::kCapture;
  EXPECT_THROW(Posed(person, state), CheckFailure);
}

}  // namespace
}  // namespace tenjo::synth
