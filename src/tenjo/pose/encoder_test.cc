#include "tenjo/pose/encoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/pose/openpose18.h"

namespace tenjo {
namespace {

// The published order of the planes, by name: the truth that pose/openpose18.h must hold to.
constexpr std::array<std::string_view, 18> kHeatmapNames = {
    "nose",       "neck",       "right_shoulder", "right_elbow", "right_wrist", "left_shoulder",
    "left_elbow", "left_wrist", "right_hip",      "right_knee",  "right_ankle", "left_hip",
    "left_knee",  "left_ankle", "right_eye",      "left_eye",    "right_ear",   "left_ear"};
constexpr std::array<std::array<std::string_view, 2>, 19> kPafNames = {
    {{"neck", "right_hip"},
     {"right_hip", "right_knee"},
     {"right_knee", "right_ankle"},
     {"neck", "left_hip"},
     {"left_hip", "left_knee"},
     {"left_knee", "left_ankle"},
     {"neck", "right_shoulder"},
     {"right_shoulder", "right_elbow"},
     {"right_elbow", "right_wrist"},
     {"right_shoulder", "right_ear"},
     {"neck", "left_shoulder"},
     {"left_shoulder", "left_elbow"},
     {"left_elbow", "left_wrist"},
     {"left_shoulder", "left_ear"},
     {"neck", "nose"},
     {"nose", "right_eye"},
     {"nose", "left_eye"},
     {"right_eye", "right_ear"},
     {"left_eye", "left_ear"}}};

Keypoint Named(const Skeleton& person, std::string_view name) {
  if (name == "neck") {
    const Keypoint left = Named(person, "left_shoulder");
    const Keypoint right = Named(person, "right_shoulder");
    return {(left.x + right.x) / 2, (left.y + right.y) / 2, 1};
  }
  for (int k = 0; k < kNumKeypoints; ++k) {
    if (kKeypointNames[k] == name) {
      return person[k];
    }
  }
  ADD_FAILURE() << name;
  return {};
}

// Every joint far from all others.
Skeleton Spread() {
  std::mt19937 random(1);
  Skeleton person;
  for (int k = 0; k < kNumKeypoints; ++k) {
    std::uniform_real_distribution<float> jitter(-6, 6);
    person[k] = {60.0F + 85.0F * static_cast<float>(k % 5) + jitter(random),
                 40.0F + 80.0F * static_cast<float>(k / 5) + jitter(random), 1};
  }
  return person;
}

TEST(EncodePose, PlanesAreInThePublishedOrder) {
  const Skeleton person = Spread();
  const PoseTargets targets = EncodePose(std::vector{person}, 480, 320);
  const int size = targets.width * targets.height;
  for (int k = 0; k < 18; ++k) {
    const Keypoint truth = Named(person, kHeatmapNames[k]);
    const float* plane = targets.heatmaps.data() + k * size;
    const auto top = std::max_element(plane, plane + size) - plane;
    EXPECT_NEAR(static_cast<double>(top % targets.width) * 8 + 3.5, truth.x, 4.01)
        << kHeatmapNames[k];
    EXPECT_NEAR(static_cast<double>(top / targets.width) * 8 + 3.5, truth.y, 4.01)
        << kHeatmapNames[k];
  }
  for (int limb = 0; limb < 19; ++limb) {
    const Keypoint from = Named(person, kPafNames[limb][0]);
    const Keypoint to = Named(person, kPafNames[limb][1]);
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    const int x = static_cast<int>(std::lround(((from.x + to.x) / 2 - 3.5) / 8));
    const int y = static_cast<int>(std::lround(((from.y + to.y) / 2 - 3.5) / 8));
    const float* plane = targets.pafs.data() + 2 * limb * size;
    EXPECT_NEAR(plane[y * targets.width + x], (to.x - from.x) / length, 1e-5) << limb;
    EXPECT_NEAR(plane[size + y * targets.width + x], (to.y - from.y) / length, 1e-5) << limb;
  }
}

// Asks nothing of the code that draws: a person drawn here, by the published order.
TEST(PoseDecoder, ReadsPlanesInThePublishedOrder) {
  const Skeleton person = Spread();
  constexpr int kWidth = 60;
  constexpr int kHeight = 40;
  std::vector<float> heatmaps(19 * kWidth * kHeight);
  std::vector<float> pafs(38 * kWidth * kHeight);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      const double px = 8 * x + 3.5;
      const double py = 8 * y + 3.5;
      for (int k = 0; k < 18; ++k) {
        const Keypoint truth = Named(person, kHeatmapNames[k]);
        heatmaps[(k * kHeight + y) * kWidth + x] = static_cast<float>(
            std::exp(-(std::pow(px - truth.x, 2) + std::pow(py - truth.y, 2)) / 98));
      }
      for (int limb = 0; limb < 19; ++limb) {
        const Keypoint from = Named(person, kPafNames[limb][0]);
        const Keypoint to = Named(person, kPafNames[limb][1]);
        const double length = std::hypot(to.x - from.x, to.y - from.y);
        const double ux = (to.x - from.x) / length;
        const double uy = (to.y - from.y) / length;
        const double along = (px - from.x) * ux + (py - from.y) * uy;
        const double across = std::abs((px - from.x) * uy - (py - from.y) * ux);
        if (along > -8 && along < length + 8 && across < 8) {
          pafs[(2 * limb * kHeight + y) * kWidth + x] = static_cast<float>(ux);
          pafs[((2 * limb + 1) * kHeight + y) * kWidth + x] = static_cast<float>(uy);
        }
      }
    }
  }
  const std::vector<Person> people =
      PoseDecoder().Decode({heatmaps.data(), pafs.data(), kWidth, kHeight, 8});
  ASSERT_EQ(people.size(), 1U);
  for (int k = 0; k < kNumKeypoints; ++k) {
    EXPECT_NEAR(people[0].keypoints[k].x, person[k].x, 2) << kKeypointNames[k];
    EXPECT_NEAR(people[0].keypoints[k].y, person[k].y, 2) << kKeypointNames[k];
  }
}

TEST(EncodePose, DecodesToTheSamePeople) {
  for (int trial = 0; trial < 100; ++trial) {
    SCOPED_TRACE("trial " + std::to_string(trial));
    std::mt19937 random(trial);
    std::uniform_real_distribution<float> jitter(-4, 4);
    std::vector<Skeleton> people;
    for (int i = 0; i < 1 + trial % 3; ++i) {
      const float turn = trial % 2 == 0 ? 0.9F : -0.9F;
      people.push_back(testing::DrawPerson(&random,
                                           130.0F + 220.0F * static_cast<float>(i) + jitter(random),
                                           60 + jitter(random), 200, turn));
      for (Keypoint& keypoint : people.back()) {
        // Away from where two pixels of the fine grid are equally near: such a peak has no strict
        // maximum.
        keypoint.x += 0.2F - 0.1F * jitter(random);
      }
    }
    const PoseTargets targets = EncodePose(people, 720, 288);
    const std::vector<Person> decoded = PoseDecoder().Decode(targets.Maps());
    ASSERT_EQ(decoded.size(), people.size());
    for (const Skeleton& truth : people) {
      int same = 0;
      for (const Person& person : decoded) {
        bool near = true;
        for (int k = 0; k < kNumKeypoints; ++k) {
          near = near && person.keypoints[k].score > 0.8 &&
                 std::hypot(person.keypoints[k].x - truth[k].x,
                            person.keypoints[k].y - truth[k].y) < 2;
        }
        same += static_cast<int>(near);
      }
      EXPECT_EQ(same, 1);
    }
  }
}

TEST(EncodePose, HeatmapsAreGaussiansAndTheirMaximum) {
  Skeleton a;
  a[kNose] = {43.5F, 27.5F, 1};  // centre of map pixel (5, 3)
  Skeleton b;
  b[kNose] = {51.5F, 27.5F, 1};
  const PoseTargets targets = EncodePose(std::vector{a, b}, 96, 64);
  EXPECT_EQ(targets.width, 12);
  EXPECT_EQ(targets.height, 8);
  const auto nose = [&](int x, int y) { return targets.heatmaps[y * 12 + x]; };
  EXPECT_FLOAT_EQ(nose(5, 3), 1);
  EXPECT_FLOAT_EQ(nose(6, 3), 1);
  EXPECT_NEAR(nose(4, 3), std::exp(-64.0 / 98), 1e-6);
  EXPECT_NEAR(nose(5, 4), std::exp(-64.0 / 98), 1e-6);
  EXPECT_EQ(nose(0, 0), 0);
  for (int i = 0; i < 96; ++i) {
    EXPECT_FLOAT_EQ(targets.heatmaps[18 * 96 + i], 1 - targets.heatmaps[i]);
    for (int k = 1; k < 18; ++k) {
      EXPECT_EQ(targets.heatmaps[k * 96 + i], 0);
    }
  }
  for (const float value : targets.pafs) {
    EXPECT_EQ(value, 0);
  }
}

TEST(EncodePose, PafsAreAveragedWhereLimbsMeet) {
  Skeleton a;
  a[kLeftElbow] = {8, 35.5F, 1};
  a[kLeftWrist] = {88, 35.5F, 1};
  Skeleton b;
  b[kLeftElbow] = {51.5F, 4, 1};
  b[kLeftWrist] = {51.5F, 60, 1};
  const PoseTargets targets = EncodePose(std::vector{a, b}, 96, 64);
  const float* x = targets.pafs.data() + 24 * 96;
  const float* y = x + 96;
  EXPECT_FLOAT_EQ(x[4 * 12 + 6], 0.5F);
  EXPECT_FLOAT_EQ(y[4 * 12 + 6], 0.5F);
  EXPECT_FLOAT_EQ(x[4 * 12 + 2], 1);
  EXPECT_FLOAT_EQ(y[4 * 12 + 2], 0);
  EXPECT_FLOAT_EQ(y[1 * 12 + 6], 1);
  EXPECT_FLOAT_EQ(x[1 * 12 + 1], 0);
}

TEST(EncodePose, KeepsToTheImage) {
  std::mt19937 random(2);
  std::vector<Skeleton> people = testing::DrawCrowd(&random, 20, 200, 200);
  people.push_back(testing::DrawPerson(&random, -1e6F, 1e9F, 200, 1));
  people.push_back(testing::DrawPerson(&random, 0, 0, 1e7F, 1));
  const PoseTargets targets = EncodePose(people, 64, 200);
  for (const float value : targets.heatmaps) {
    EXPECT_GE(value, 0);
    EXPECT_LE(value, 1);
  }
  for (const float value : targets.pafs) {
    EXPECT_LE(std::abs(value), 1.0001);
  }
}

TEST(EncodePose, NobodyIsAllBackground) {
  const PoseTargets targets = EncodePose({}, 16, 8);
  ASSERT_EQ(targets.heatmaps.size(), 19U * 2);
  ASSERT_EQ(targets.pafs.size(), 38U * 2);
  EXPECT_EQ(targets.heatmaps[36], 1);
  EXPECT_EQ(targets.heatmaps[37], 1);
  EXPECT_TRUE(PoseDecoder().Decode(targets.Maps()).empty());
}

TEST(EncodePose, RefusesWhatCannotBeDrawn) {
  EXPECT_THROW(EncodePose({}, 0, 8), Error);
  EXPECT_THROW(EncodePose({}, 12, 8), Error);
  EXPECT_THROW(EncodePose({}, 8, -8), Error);
  EXPECT_THROW(EncodePose({}, 8, 8, {.stride = 0}), Error);
  EXPECT_THROW(EncodePose({}, 8, 8, {.heatmap_sigma = 0}), Error);
  EXPECT_THROW(EncodePose({}, 8, 8, {.paf_half_width = std::numeric_limits<float>::infinity()}),
               Error);
  Skeleton person;
  person[kRightKnee] = {std::numeric_limits<float>::quiet_NaN(), 3, 1};
  try {
    EncodePose(std::vector{Skeleton{}, person}, 8, 8);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "Person 2 of 2 has its right_knee at (nan, 3); known keypoints must be finite.");
  }
  person[kRightKnee].score = 0;
  EXPECT_NO_THROW(EncodePose(std::vector{person}, 8, 8));
}

TEST(OpenPose18, CocoGoesThereAndBack) {
  Skeleton person;
  for (int k = 0; k < kNumKeypoints; ++k) {
    person[k] = {static_cast<float>(k), static_cast<float>(2 * k), 0.5F};
  }
  person[kLeftShoulder].score = 0.25F;
  const OpenPoseSkeleton eighteen = ToOpenPose(person);
  EXPECT_EQ(eighteen[kOpNeck].x, 5.5F);
  EXPECT_EQ(eighteen[kOpNeck].y, 11);
  EXPECT_EQ(eighteen[kOpNeck].score, 0.25F);
  const Skeleton back = ToCoco(eighteen);
  for (int k = 0; k < kNumKeypoints; ++k) {
    EXPECT_EQ(back[k].x, person[k].x);
    EXPECT_EQ(back[k].score, person[k].score);
  }
  person[kLeftShoulder].score = 0;
  EXPECT_EQ(ToOpenPose(person)[kOpNeck].score, 0);
}

}  // namespace
}  // namespace tenjo
