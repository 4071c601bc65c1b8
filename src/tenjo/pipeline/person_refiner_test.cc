#include "tenjo/pipeline/person_refiner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"
#include "tenjo/model/network.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

// A network that answers the same whatever it sees: every point at pixel (9.5, 5.5) of the crop,
// all keypoints seen. It knows the corner by the zeros that pad it: 1 - above - left of it is 1
// there alone. `logit`: by so much this pixel is likelier than each other.
std::filesystem::path WriteBlindNetwork(const std::filesystem::path& folder, float logit = 60) {
  Network network = FoldBatchNorm(MakeRefineNetwork({.width = 0.25}));
  for (auto& [name, tensor] : network.weights) {
    std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
  }
  const auto values = [&](const char* name) -> std::vector<float>& {
    return network.weights.at(name).values;
  };
  values("base/conv5_5/sep/bias")[0] = 1;
  values("points/trunk/dw/weight")[1] = -1;
  values("points/trunk/dw/weight")[3] = -1;
  values("points/trunk/dw/bias")[0] = 1;
  values("points/trunk/sep/weight")[0] = 1;
  values("points/hidden/weight")[0] = 1;
  std::vector<float>& bias = values("points/bias");
  std::fill(bias.begin(), bias.end(), -30.0F);
  const std::size_t inputs = values("points/weight").size() / bias.size();
  for (int p = 0; p < kNumPersonPoints; ++p) {
    const auto plane = static_cast<std::size_t>(p * kPlanesOfPoint + kPointSplit + 2);
    values("points/weight")[plane * inputs] = logit;
  }
  for (int k = 0; k <= kNumKeypoints; ++k) {
    bias[static_cast<std::size_t>(kSeenPlane + k)] = 4;
  }
  const auto file = folder / "blind.onnx";
  WriteOnnx(network, file);
  return file;
}

Person InBox(const RotatedBox& box, double score) {
  Person person;
  person.score = score;
  person.rotated_box = box;
  person.box = UprightBox(box);
  return person;
}

class Refiner : public ::testing::Test {
 protected:
  Refiner() : refiner_(WriteBlindNetwork(folder_.path()), {.threads = 1}, false) {}

  testing::TempDir folder_;
  PersonRefiner refiner_;
  cv::Mat image_ = cv::Mat(200, 300, CV_8UC3, cv::Scalar(90, 120, 60));
};

TEST_F(Refiner, PutsPointsWhereTheCropHasThem) {
  std::vector<Person> people = {InBox({100, 80, 40, 80, 0}, 0.9)};
  refiner_.Refine(image_, cv::Point2d(100, 300), &people);
  ASSERT_EQ(people.size(), 1U);
  const double scale = 100.0 / 128;  // 80 pixels and a margin of a quarter over 128 rows
  EXPECT_NEAR(people[0].keypoints[kNose].x, 100 + (9.5 - 47.5) * scale, 1e-3);
  EXPECT_NEAR(people[0].keypoints[kNose].y, 80 + (5.5 - 63.5) * scale, 1e-3);
  EXPECT_GT(people[0].keypoints[kNose].score, 0.7);
  // Sides that meet in one place are no box.
  EXPECT_EQ(people[0].rotated_box->h, 80);
  EXPECT_EQ(refiner_.num_looks(), 1);
}

TEST_F(Refiner, TurnsThePictureWithThePerson) {
  // The camera is above the middle of the left: heads point right.
  std::vector<Person> people = {InBox({150, 100, 40, 80, 90}, 0.9)};
  refiner_.Refine(image_, cv::Point2d(0, 100), &people);
  const double scale = 100.0 / 128;
  EXPECT_NEAR(people[0].keypoints[kNose].x, 150 - (5.5 - 63.5) * scale, 1e-3);
  EXPECT_NEAR(people[0].keypoints[kNose].y, 100 + (9.5 - 47.5) * scale, 1e-3);
}

TEST_F(Refiner, LooksBothWaysWhereNothingSaysWhichIsUp) {
  PersonRefiner unsure(WriteBlindNetwork(folder_.path(), 6), {.threads = 1}, false);
  std::vector<Person> people = {InBox({150, 100, 40, 80, 0}, 0.9)};
  unsure.Refine(image_, {}, &people);
  EXPECT_EQ(unsure.num_looks(), 2);
}

TEST_F(Refiner, LooksOnceWhereTheFirstWayIsClear) {
  std::vector<Person> people = {InBox({150, 100, 40, 80, 0}, 0.9)};
  refiner_.Refine(image_, {}, &people);
  EXPECT_EQ(refiner_.num_looks(), 1);
}

TEST_F(Refiner, KeepsTheFirstKeypointsOfWhomItIsLessSureOf) {
  PersonRefiner blank(WriteBlindNetwork(folder_.path(), 0), {.threads = 1}, false);
  Person person = InBox({150, 100, 40, 80, 0}, 0.9);
  person.keypoints.fill({150, 90, 0.8F});
  std::vector<Person> people = {person};
  blank.Refine(image_, {}, &people);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_EQ(people[0].keypoints[kLeftHip].x, 150);
  EXPECT_NEAR(people[0].keypoints[kLeftHip].score, 0.9 * 0.8, 1e-6);
  EXPECT_EQ(people[0].score, 0.9);
}

TEST_F(Refiner, WhatShowsNoPointsFallsBehind) {
  PersonRefiner blank(WriteBlindNetwork(folder_.path(), 0), {.threads = 1}, false);
  std::vector<Person> people = {InBox({150, 100, 40, 80, 0}, 0.9)};
  blank.Refine(image_, {}, &people);
  ASSERT_EQ(people.size(), 1U);
  EXPECT_FALSE(HasSkeleton(people[0]));
  EXPECT_LT(people[0].score, 0.2);
  people = {InBox({150, 100, 40, 80, 0}, 0.9)};
  refiner_.Refine(image_, {}, &people);
  EXPECT_GT(people[0].score, 0.8);
}

TEST_F(Refiner, AFirstKeypointThatIsSureIsHeldAgainstAnUnsureSecond) {
  // So likely that it is surer than the first look on the mean, in which one keypoint is sure.
  PersonRefiner unsure(WriteBlindNetwork(folder_.path(), 7.5), {.threads = 1}, false);
  Person person = InBox({150, 100, 40, 80, 0}, 0.9);
  person.keypoints.fill({120, 65, 0.02F});
  person.keypoints[kNose] = {150, 110, 1};
  std::vector<Person> people = {person};
  unsure.Refine(image_, cv::Point2d(150, 300), &people);
  ASSERT_EQ(people.size(), 1U);
  const double scale = 100.0 / 128;
  EXPECT_NEAR(people[0].keypoints[kNose].x, 150, 2 * scale);
  EXPECT_NEAR(people[0].keypoints[kNose].y, 110, 2 * scale);
  EXPECT_NEAR(people[0].keypoints[kLeftWrist].x, 150 + (9.5 - 47.5) * scale, 0.1);
}

// A network that sees: each point lies in the middle of the map pixel whose middle is brightest.
// Filters pass on what they see in their first channel: the middle, but the one that halves the
// maps last the lower right, eight pixels from the map pixel's first one.
std::filesystem::path WriteSeeingNetwork(const std::filesystem::path& folder) {
  Network network = FoldBatchNorm(MakeRefineNetwork({.width = 0.25}));
  for (auto& [name, tensor] : network.weights) {
    std::fill(tensor.values.begin(), tensor.values.end(), 0.0F);
    if (name.ends_with("/dw/weight") || name == "base/conv1/weight") {
      tensor.values[name == "base/conv4_2/dw/weight" ? 8 : 4] = 1;
    } else if (name.ends_with("weight")) {
      tensor.values[0] = 1;
    }
  }
  std::vector<float>& weights = network.weights.at("points/weight").values;
  std::vector<float>& bias = network.weights.at("points/bias").values;
  const std::size_t inputs = weights.size() / bias.size();
  weights[0] = 0;
  for (int p = 0; p < kNumPersonPoints; ++p) {
    for (const int middle : {5, 6, 9, 10}) {
      weights[static_cast<std::size_t>(p * kPlanesOfPoint + middle) * inputs] = 30;
    }
  }
  for (int k = 0; k <= kNumKeypoints; ++k) {
    bias[static_cast<std::size_t>(kSeenPlane + k)] = 4;
  }
  const auto file = folder / "seeing.onnx";
  WriteOnnx(network, file);
  return file;
}

TEST_F(Refiner, AThirdLookIsMirroredAndFindsThePointsWhereTheyAre) {
  const auto file = WriteSeeingNetwork(folder_.path());
  PersonRefiner twice(file, {.threads = 1}, false);
  PersonRefiner thrice(file, {.threads = 1}, true);
  // Crops of 96 x 128 pixels, one for one; the map pixel in column 1, row 2 of it is bright.
  const double angle = 0.6;
  const Person person = InBox({150, 100, 76.8, 102.4, angle * 180 / std::numbers::pi}, 0.9);
  const cv::Point2d below(150 - 300 * std::sin(angle), 100 + 300 * std::cos(angle));
  const double u = 16 + 7.5 - 47.5;
  const double v = 32 + 7.5 - 63.5;
  const cv::Point2d bright(150 + std::cos(angle) * u - std::sin(angle) * v,
                           100 + std::sin(angle) * u + std::cos(angle) * v);
  image_ = cv::Scalar::all(0);
  cv::circle(image_, bright, 11, cv::Scalar::all(255), cv::FILLED);
  std::vector<Person> without = {person};
  std::vector<Person> with = {person};
  twice.Refine(image_, below, &without);
  thrice.Refine(image_, below, &with);
  EXPECT_EQ(twice.num_looks(), 1);
  EXPECT_EQ(thrice.num_looks(), 2);
  ASSERT_EQ(with.size(), 1U);
  for (const int k : {kNose, kLeftWrist, kRightAnkle}) {
    const auto at = static_cast<std::size_t>(k);
    EXPECT_NEAR(with[0].keypoints[at].x, bright.x, 1);
    EXPECT_NEAR(with[0].keypoints[at].y, bright.y, 1);
    EXPECT_NEAR(with[0].keypoints[at].score, without[0].keypoints[at].score, 0.05);
  }
}

TEST_F(Refiner, NoThirdLookAtWhomTheSecondIsNotCertainOf) {
  PersonRefiner blank(WriteBlindNetwork(folder_.path(), 0), {.threads = 1}, true);
  std::vector<Person> people = {InBox({150, 100, 40, 80, 0}, 0.9)};
  blank.Refine(image_, cv::Point2d(150, 300), &people);
  EXPECT_EQ(blank.num_looks(), 1);
}

TEST_F(Refiner, OneOfTwins) {
  std::vector<Person> people = {InBox({100, 80, 40, 80, 0}, 0.9), InBox({101, 80, 40, 80, 2}, 0.5),
                                InBox({200, 80, 40, 80, 0}, 0.4)};
  refiner_.Refine(image_, cv::Point2d(100, 300), &people);
  ASSERT_EQ(people.size(), 2U);
  EXPECT_EQ(people[1].rotated_box->cx, 200);
}

TEST_F(Refiner, NobodyIsNoWork) {
  std::vector<Person> people;
  refiner_.Refine(image_, {}, &people);
  EXPECT_EQ(refiner_.num_looks(), 0);
}

TEST(PersonRefiner, RefusesOtherNetworks) {
  const testing::TempDir folder;
  WriteOnnx(MakeAppearanceNetwork({.width = 0.25, .numbers = 8}), folder / "looks.onnx");
  EXPECT_NE(testing::Failure([&] {
              PersonRefiner(folder / "looks.onnx", {}, false);
            }).find("is a network for appearance"),
            std::string::npos);
}

}  // namespace
}  // namespace tenjo
