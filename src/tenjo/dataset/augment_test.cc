#include "tenjo/dataset/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"
#include "tenjo/dataset/loss_mask.h"
#include "tenjo/dataset/rle.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {
namespace {

const cv::Size kCrop(128, 128);

// A person whose keypoints stand in a row of the picture, each with a dot.
LabelledImage DrawnImage(cv::Mat* picture) {
  LabelledImage image;
  image.width = 320;
  image.height = 240;
  picture->create(240, 320, CV_8UC3);
  *picture = cv::Scalar(0, 0, 0);
  LabelledPerson person;
  for (int k = 0; k < kNumKeypoints; ++k) {
    person.keypoints[k] = {100 + 6.0F * static_cast<float>(k), 90 + 4.0F * static_cast<float>(k),
                           1};
    person.visibility[k] = kSeen;
  }
  person.num_keypoints = kNumKeypoints;
  person.box = {90, 80, 116, 84};
  image.people.push_back(person);
  return image;
}

TEST(Augment, PicturesAndKeypointsMoveAlike) {
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    cv::Mat picture;
    const LabelledImage image = DrawnImage(&picture);
    const int k = random.Index(kNumKeypoints);
    const Keypoint& dot = image.people[0].keypoints[k];
    cv::circle(picture, {static_cast<int>(dot.x), static_cast<int>(dot.y)}, 7,
               cv::Scalar(255, 255, 255), cv::FILLED);
    AugmentOptions options;
    options.person_min = 0.4F;
    const Placement placement = DrawPlacement(image, kCrop, options, &random);
    cv::Mat crop(kCrop, CV_8UC3);
    CutCrop(picture, 1, placement, {}, crop);
    const LabelledPerson placed = PlacePerson(image.people[0], placement);
    const int named = [&] {  // the keypoint that the dot is now
      for (int j = 0; j < kNumKeypoints; ++j) {
        const cv::Point2f d(placed.keypoints[j].x, placed.keypoints[j].y);
        const auto& m = placement.crop_from_image;
        if (std::hypot(m(0, 0) * dot.x + m(0, 1) * dot.y + m(0, 2) - d.x,
                       m(1, 0) * dot.x + m(1, 1) * dot.y + m(1, 2) - d.y) < 1e-3) {
          return j;
        }
      }
      return -1;
    }();
    ASSERT_GE(named, 0);
    if (placement.mirrored && k > 0) {
      // Left ones are odd, right ones even, the nose is 0.
      EXPECT_EQ(named, k % 2 == 1 ? k + 1 : k - 1);
    } else {
      EXPECT_EQ(named, k);
    }
    const Keypoint& at = placed.keypoints[named];
    const double reach = 7 * placement.scale() + 1;
    if (at.x < reach || at.y < reach || at.x > 127 - reach || at.y > 127 - reach) {
      continue;
    }
    cv::Mat grey;
    cv::cvtColor(crop, grey, cv::COLOR_BGR2GRAY);
    const cv::Moments moments = cv::moments(grey);
    ASSERT_GT(moments.m00, 0);
    EXPECT_NEAR(moments.m10 / moments.m00, at.x, 0.3);
    EXPECT_NEAR(moments.m01 / moments.m00, at.y, 0.3);
  }
}

TEST(Augment, ReducedPicturesGiveTheSameCrop) {
  cv::Mat picture(240, 320, CV_8UC3);
  for (int y = 0; y < 240; ++y) {
    for (int x = 0; x < 320; ++x) {
      picture.at<cv::Vec3b>(y, x) = {static_cast<std::uint8_t>(x / 2), static_cast<std::uint8_t>(y),
                                     128};
    }
  }
  cv::Mat half;
  cv::resize(picture, half, {}, 0.5, 0.5, cv::INTER_AREA);
  Placement placement = FitWhole({320, 240}, {160, 120});
  EXPECT_EQ(ReductionFor(placement), 2);
  cv::Mat full_crop(cv::Size(160, 120), CV_8UC3);
  cv::Mat half_crop(cv::Size(160, 120), CV_8UC3);
  CutCrop(picture, 1, placement, {}, full_crop);
  CutCrop(half, 2, placement, {}, half_crop);
  EXPECT_LE(cv::norm(full_crop, half_crop, cv::NORM_INF), 1);
  placement = FitWhole({320, 240}, {320, 240});
  EXPECT_EQ(ReductionFor(placement), 1);
  EXPECT_NEAR(placement.crop_from_image(0, 2), 0, 1e-9);
}

TEST(Augment, SameDrawsSameCrop) {
  cv::Mat picture;
  const LabelledImage image = DrawnImage(&picture);
  cv::randu(picture, 0, 255);
  const auto make = [&] {
    Random random(9);
    const Placement placement = DrawPlacement(image, kCrop, {}, &random);
    cv::Mat crop(kCrop, CV_8UC3);
    CutCrop(picture, 1, placement, {}, crop);
    AugmentOptions all;
    all.blur = all.noise = all.compression = 1;
    ChangeLook(all, &random, crop);
    return crop;
  };
  EXPECT_EQ(cv::norm(make(), make(), cv::NORM_INF), 0);
  cv::Mat same = picture.clone();
  Random random(1);
  ChangeLook(NoAugmentation(), &random, same);
  EXPECT_EQ(cv::norm(same, picture, cv::NORM_INF), 0);
}

// A person who lies turned by `up` in the picture, the head at that end.
LabelledImage TurnedPerson(double up_deg) {
  LabelledImage image;
  image.width = 400;
  image.height = 300;
  LabelledPerson person;
  person.rotated_box = RotatedBox{200, 150, 40, 100, HalfTurn(up_deg)};
  person.box = UprightBox(*person.rotated_box);
  const double up = up_deg * std::numbers::pi / 180;
  const auto put = [&](int keypoint, double along) {
    person.keypoints[keypoint] = {static_cast<float>(200 + std::sin(up) * along),
                                  static_cast<float>(150 - std::cos(up) * along), 1};
    person.visibility[keypoint] = kSeen;
    ++person.num_keypoints;
  };
  put(kNose, 40);
  put(kLeftShoulder, 30);
  put(kRightShoulder, 30);
  put(kLeftHip, -5);
  put(kRightHip, -5);
  put(kLeftAnkle, -45);
  image.people.push_back(person);
  return image;
}

TEST(DrawPersonPlacement, PutsThePersonHeadUp) {
  const cv::Size crop(96, 128);
  AugmentOptions exact = NoAugmentation();
  Random random(6);
  for (const bool mirrored : {false, true}) {
    exact.flip = mirrored ? 1.0F : 0.0F;
    for (const double up : {0.0, 30.0, -80.0, 100.0, 180.0}) {
      const LabelledImage image = TurnedPerson(up);
      int person = -1;
      const Placement placement = DrawPersonPlacement(image, crop, exact, &random, &person);
      ASSERT_EQ(person, 0);
      EXPECT_EQ(placement.mirrored, mirrored);
      const RotatedBox box = PlaceBox(*image.people[0].rotated_box, placement);
      EXPECT_NEAR(box.cx, 47.5, 1e-3);
      EXPECT_NEAR(box.cy, 63.5, 1e-3);
      EXPECT_NEAR(box.h, crop.height / kPointsMargin, 1e-3);
      EXPECT_NEAR(box.degrees, 0, 1e-3);
      const LabelledPerson placed = PlacePerson(image.people[0], placement);
      const int ankle = mirrored ? kRightAnkle : kLeftAnkle;
      EXPECT_LT(placed.keypoints[kNose].y, placed.keypoints[ankle].y) << up;
    }
  }
}

TEST(DrawPersonPlacement, IsOffByAsMuchAsAskedFor) {
  AugmentOptions options = NoAugmentation();
  options.shift = 0.1F;
  options.person_scale = 0.25F;
  options.rotation_deg = 20;
  const LabelledImage image = TurnedPerson(50);
  Random random(7);
  double widest = 0;
  for (int i = 0; i < 200; ++i) {
    int person = -1;
    const Placement placement = DrawPersonPlacement(image, {96, 128}, options, &random, &person);
    const RotatedBox box = PlaceBox(*image.people[0].rotated_box, placement);
    EXPECT_LE(std::abs(box.degrees), 20.01);
    EXPECT_GE(box.h, 128 / kPointsMargin / 1.2501);
    EXPECT_LE(box.h, 128 / kPointsMargin * 1.2501);
    widest = std::max(widest, std::abs(box.degrees));
  }
  EXPECT_GT(widest, 15);
}

TEST(DrawPersonPlacement, FindsPlacesWithoutAnybody) {
  AugmentOptions options = NoAugmentation();
  options.nobody = 1;
  const LabelledImage image = TurnedPerson(0);
  Random random(8);
  int empty = 0;
  for (int i = 0; i < 100; ++i) {
    int person = 0;
    const Placement placement = DrawPersonPlacement(image, {96, 128}, options, &random, &person);
    if (person < 0) {
      ++empty;
      const RotatedBox box = PlaceBox(*image.people[0].rotated_box, placement);
      EXPECT_EQ(RotatedOverlap(box, {47.5, 63.5, 50, 128, 0}), 0);
    }
  }
  EXPECT_GT(empty, 90);
}

TEST(DrawPersonPlacement, AnImageWithoutPeopleShowsNobody) {
  LabelledImage image = TurnedPerson(0);
  image.people.clear();
  Random random(9);
  int person = 0;
  DrawPersonPlacement(image, {96, 128}, NoAugmentation(), &random, &person);
  EXPECT_EQ(person, -1);
}

TEST(Augment, RefusesImpossibleOptions) {
  AugmentOptions options;
  options.person_max = 0.1F;
  EXPECT_THROW(options.Check(), Error);
  options = {};
  options.flip = NAN;
  EXPECT_THROW(options.Check(), Error);
}

// The mask by its definition, pixel by pixel, for boxes.
TEST(LossMask, LeavesUnlabelledPeopleOut) {
  LabelledImage image;
  image.width = 320;
  image.height = 240;
  LabelledPerson silent;
  silent.box = {40, 40, 80, 100};
  LabelledPerson labelled;
  labelled.box = {80, 40, 80, 60};
  labelled.num_keypoints = 5;
  image.people = {silent, labelled};
  const Placement placement = FitWhole({320, 240}, {320, 240});
  for (const MaskMode mode : {MaskMode::kSegmentation, MaskMode::kBox}) {
    const std::vector<float> mask = MakeLossMask(image, placement, {40, 30}, 8, mode);
    for (int y = 0; y < 30; ++y) {
      for (int x = 0; x < 40; ++x) {
        const double px = 8 * (x + 0.5) - 0.5;
        const double py = 8 * (y + 0.5) - 0.5;
        const bool in = px > 40 && px < 120 && py > 40 && py < 140;
        const bool kept = px > 80 && px < 160 && py > 40 && py < 100;
        const double edge =
            std::min({std::abs(px - 40), std::abs(px - 120), std::abs(py - 40), std::abs(py - 140),
                      std::abs(px - 80), std::abs(px - 160), std::abs(py - 100)});
        if (edge > 8) {
          EXPECT_EQ(mask[static_cast<std::size_t>(y * 40 + x)], in && !kept ? 0 : 1)
              << x << ' ' << y;
        }
      }
    }
  }
  const std::vector<float> none = MakeLossMask(image, placement, {40, 30}, 8, MaskMode::kNone);
  EXPECT_EQ(std::count(none.begin(), none.end(), 1.0F), 1200);
}

TEST(LossMask, RunsAndPolygonsAgree) {
  Random random(2);
  for (int i = 0; i < 20; ++i) {
    LabelledImage image;
    image.width = 200;
    image.height = 160;
    const float x = random.Uniform(20, 60);
    const float y = random.Uniform(20, 60);
    const float w = random.Uniform(60, 100);
    const float h = random.Uniform(50, 80);
    LabelledPerson polygon;
    polygon.box = {0, 0, 199, 159};
    polygon.mask.polygons = {{x, y, x + w, y + 10, x + w - 20, y + h, x - 5, y + h - 15}};
    cv::Mat drawn = cv::Mat::zeros(160, 200, CV_16S);
    std::vector<cv::Point> corners;
    for (int c = 0; c < 4; ++c) {
      corners.emplace_back(static_cast<int>(std::lround(polygon.mask.polygons[0][2 * c])),
                           static_cast<int>(std::lround(polygon.mask.polygons[0][2 * c + 1])));
    }
    cv::fillConvexPoly(drawn, corners, cv::Scalar(1));
    LabelledPerson runs = polygon;
    runs.mask = {};
    runs.mask.counts = EncodeRuns(MaskRuns(drawn, 1, {0, 0, 200, 160}));
    Placement placement = DrawPlacement(image, {128, 128}, {}, &random);
    image.people = {polygon};
    const auto a = MakeLossMask(image, placement, {16, 16}, 8, MaskMode::kSegmentation);
    image.people = {runs};
    const auto b = MakeLossMask(image, placement, {16, 16}, 8, MaskMode::kSegmentation);
    int different = 0;
    int covered = 0;
    for (std::size_t p = 0; p < a.size(); ++p) {
      different += a[p] != b[p] ? 1 : 0;
      covered += a[p] == 0 ? 1 : 0;
    }
    // cv::fillPoly draws the border pixels too.
    EXPECT_LE(different, 6 + 4 * std::sqrt(covered));
  }
}

}  // namespace
}  // namespace tenjo
