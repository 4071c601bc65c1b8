#include "tenjo/pose/decoder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/pose/encoder.h"
#include "tenjo/pose/openpose18.h"

namespace tenjo {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

PoseTargets OnePerson() {
  std::mt19937 random(3);
  const Skeleton person = testing::DrawPerson(&random, 200.3F, 60.7F, 200, 0.9F);
  return EncodePose(std::vector{person}, 456, 256);
}

void ExpectSane(const std::vector<Person>& people) {
  double before = 1;
  for (const Person& person : people) {
    EXPECT_GE(person.score, 0);
    EXPECT_LE(person.score, before);
    before = person.score;
    EXPECT_FALSE(person.id.has_value());
    EXPECT_GT(person.box.w, 0);
    EXPECT_GT(person.box.h, 0);
    for (const Keypoint& keypoint : person.keypoints) {
      EXPECT_TRUE(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
      EXPECT_GE(keypoint.score, 0);
      EXPECT_LE(keypoint.score, 1);
    }
  }
}

void ExpectEqual(const std::vector<Person>& a, const std::vector<Person>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].score, b[i].score);
    for (int k = 0; k < kNumKeypoints; ++k) {
      EXPECT_EQ(a[i].keypoints[k].x, b[i].keypoints[k].x);
      EXPECT_EQ(a[i].keypoints[k].y, b[i].keypoints[k].y);
      EXPECT_EQ(a[i].keypoints[k].score, b[i].keypoints[k].score);
    }
  }
}

TEST(PoseDecoder, EmptyAndTinyMapsHoldNobody) {
  const PoseDecoder decoder;
  EXPECT_TRUE(decoder.Decode({}).empty());
  for (const float value : {0.0F, 0.5F, 1.0F, -3.0F, kNan, kInf, -kInf, 3e38F}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 7}, {9, 1}, {2, 2}, {57, 32}}) {
      const std::vector<float> heatmaps(19 * width * height, value);
      const std::vector<float> pafs(38 * width * height, value);
      EXPECT_TRUE(decoder.Decode({heatmaps.data(), pafs.data(), width, height, 8}).empty())
          << value << " " << width << "x" << height;
    }
  }
}

TEST(PoseDecoder, OneCompletePersonScoresHigh) {
  const PoseTargets targets = OnePerson();
  const std::vector<Person> people = PoseDecoder().Decode(targets.Maps());
  ASSERT_EQ(people.size(), 1U);
  ExpectSane(people);
  EXPECT_GT(people[0].score, 0.8);
  EXPECT_LT(people[0].score, 1);
}

TEST(PoseDecoder, ValuesThatAreNotFiniteAreNoEvidence) {
  const PoseTargets clean = OnePerson();
  std::mt19937 random(5);
  for (const float bad : {kNan, kInf, -kInf, 3e38F, -3e38F}) {
    PoseTargets broken = clean;
    PoseTargets zeroed = clean;
    for (int i = 0; i < 3000; ++i) {
      const std::size_t heat = random() % broken.heatmaps.size();
      const std::size_t paf = random() % broken.pafs.size();
      broken.heatmaps[heat] = broken.pafs[paf] = bad;
      zeroed.heatmaps[heat] = zeroed.pafs[paf] = 0;
    }
    const std::vector<Person> people = PoseDecoder().Decode(broken.Maps());
    ExpectSane(people);
    ExpectEqual(people, PoseDecoder().Decode(zeroed.Maps()));
  }
}

TEST(PoseDecoder, HugeFiniteValuesStayInRange) {
  PoseTargets targets = OnePerson();
  for (std::vector<float>* values : {&targets.heatmaps, &targets.pafs}) {
    for (float& value : *values) {
      value *= 1e29F;
    }
  }
  const std::vector<Person> people = PoseDecoder().Decode(targets.Maps());
  ASSERT_FALSE(people.empty());
  ExpectSane(people);
  EXPECT_EQ(people[0].score, 1);
}

TEST(PoseDecoder, NoiseWithThousandsOfPeaksEnds) {
  std::mt19937 random(11);
  std::uniform_real_distribution<float> unit(0, 1);
  std::vector<float> heatmaps(19 * 120 * 68);
  std::vector<float> pafs(38 * 120 * 68);
  for (std::vector<float>* values : {&heatmaps, &pafs}) {
    for (float& value : *values) {
      value = unit(random);
    }
  }
  ExpectSane(PoseDecoder().Decode({heatmaps.data(), pafs.data(), 120, 68, 8}));
  const PoseDecoder few({.max_peaks = 1});
  EXPECT_LE(few.Decode({heatmaps.data(), pafs.data(), 120, 68, 8}).size(), 18U);
}

TEST(PoseDecoder, ScoreRanksAsTheSumOfEvidence) {
  std::mt19937 random(4);
  const Skeleton whole = testing::DrawPerson(&random, 90.3F, 60.7F, 180, 0.8F);
  Skeleton half = testing::DrawPerson(&random, 330.6F, 60.2F, 180, 0.8F);
  for (const int k : {kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle}) {
    half[k].score = 0;
  }
  const PoseTargets targets = EncodePose(std::vector{half, whole}, 456, 256);
  const std::vector<Person> people = PoseDecoder().Decode(targets.Maps());
  ASSERT_EQ(people.size(), 2U);
  EXPECT_LT(people[0].keypoints[kNose].x, 200);
  EXPECT_GT(people[0].score, people[1].score + 0.1);
}

TEST(PoseDecoder, StrideScalesPixelCentres) {
  const PoseTargets targets = OnePerson();
  PoseMaps maps = targets.Maps();
  const Person at_8 = PoseDecoder().Decode(maps).at(0);
  maps.stride = 4;
  const Person at_4 = PoseDecoder().Decode(maps).at(0);
  for (int k = 0; k < kNumKeypoints; ++k) {
    EXPECT_NEAR(at_4.keypoints[k].x, (at_8.keypoints[k].x + 0.5) / 2 - 0.5, 1e-4);
    EXPECT_NEAR(at_4.keypoints[k].y, (at_8.keypoints[k].y + 0.5) / 2 - 0.5, 1e-4);
  }
}

TEST(PoseDecoder, OptionsDecideWhoIsAPerson) {
  const PoseTargets targets = OnePerson();
  EXPECT_EQ(PoseDecoder({.min_keypoints = 18}).Decode(targets.Maps()).size(), 1U);
  EXPECT_TRUE(PoseDecoder({.min_mean_score = 3}).Decode(targets.Maps()).empty());
  PoseTargets weak = targets;
  for (float& value : weak.pafs) {
    value *= 0.5F;
  }
  EXPECT_EQ(PoseDecoder({.paf_threshold = 0.2F}).Decode(weak.Maps()).size(), 1U);
  EXPECT_TRUE(PoseDecoder({.paf_threshold = 0.8F}).Decode(weak.Maps()).empty());
  Skeleton torso;
  torso[kLeftShoulder] = {220.3F, 60.2F, 1};
  torso[kRightShoulder] = {180.3F, 60.2F, 1};
  const PoseTargets drawn = EncodePose(std::vector{torso}, 456, 256);
  EXPECT_EQ(PoseDecoder().Decode(drawn.Maps()).size(), 1U);
  EXPECT_TRUE(PoseDecoder({.min_keypoints = 4}).Decode(drawn.Maps()).empty());
}

TEST(PoseDecoder, RefusesOptionsThatMakeNoSense) {
  for (const PoseDecoderOptions& options :
       {PoseDecoderOptions{.peak_threshold = 0}, PoseDecoderOptions{.peak_threshold = kNan},
        PoseDecoderOptions{.peak_threshold = 2}, PoseDecoderOptions{.paf_threshold = -1},
        PoseDecoderOptions{.paf_threshold = kNan}, PoseDecoderOptions{.limb_ratio = 1},
        PoseDecoderOptions{.limb_ratio = -0.1F}, PoseDecoderOptions{.min_keypoints = 1},
        PoseDecoderOptions{.min_keypoints = 19}, PoseDecoderOptions{.min_mean_score = kInf},
        PoseDecoderOptions{.max_peaks = 0}}) {
    EXPECT_THROW(PoseDecoder{options}, Error);
  }
  try {
    PoseDecoder({.limb_ratio = 1});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "The pose decoder's limb_ratio is 1; it must be at least 0 and below 1.");
  }
}

TEST(PoseDecoder, BrokenMapsAreABugOfTheCaller) {
  const std::vector<float> values(57, 0.0F);
  EXPECT_THROW(PoseDecoder().Decode({nullptr, values.data(), 1, 1, 8}), CheckFailure);
  EXPECT_THROW(PoseDecoder().Decode({values.data(), nullptr, 1, 1, 8}), CheckFailure);
  EXPECT_THROW(PoseDecoder().Decode({values.data(), values.data(), -1, 1, 8}), CheckFailure);
  EXPECT_THROW(PoseDecoder().Decode({values.data(), values.data(), 1, 1, 0}), CheckFailure);
}

TEST(PoseDecoder, AnyNumberOfThreadsGetsTheSame) {
  std::mt19937 random(9);
  PoseTargets targets = EncodePose(testing::DrawCrowd(&random, 20, 456, 256), 456, 256);
  testing::AddNoise(&random, 0.02F, &targets.heatmaps);
  const PoseDecoder decoder;
  const std::vector<Person> expected = decoder.Decode(targets.Maps());
  std::vector<std::vector<Person>> results(4);
  std::vector<std::thread> threads;
  for (auto& result : results) {
    threads.emplace_back([&] { result = decoder.Decode(targets.Maps()); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& result : results) {
    ExpectEqual(result, expected);
  }
}

}  // namespace
}  // namespace tenjo
