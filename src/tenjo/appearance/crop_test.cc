#include "tenjo/appearance/crop.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "tenjo/base/random.h"

namespace tenjo {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

// What is up for a person whose head lies `up_rad` clockwise from the picture's up.
cv::Point2d Up(double up_rad) { return {std::sin(up_rad), -std::cos(up_rad)}; }
cv::Point2d Right(double up_rad) { return {std::cos(up_rad), std::sin(up_rad)}; }

double Apart(double a, double b) { return std::abs(std::remainder(a - b, 2 * std::numbers::pi)); }

// Linear interpolation of a plane is the plane itself, so every pixel is known in closed form.
TEST(CutPerson, ShowsWhatLiesThere) {
  cv::Mat image(240, 320, CV_8UC3);
  for (int y = 0; y < image.rows; ++y) {
    for (int x = 0; x < image.cols; ++x) {
      image.at<cv::Vec3b>(y, x) = {cv::saturate_cast<std::uint8_t>(0.7 * x),
                                   cv::saturate_cast<std::uint8_t>(y), 77};
    }
  }
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    // From enlarged to far smaller: both ways of cutting.
    const double size = random.Uniform(20, 170);
    const PersonCrop crop{.cx = random.Uniform(100, 220),
                          .cy = random.Uniform(90, 150),
                          .w = size * random.Uniform(0.3F, 1.2F),
                          .h = size,
                          .up_rad = random.Uniform(-180, 180) * kDegree};
    cv::Mat picture(48, 24, CV_8UC3);
    CutPerson(image, crop, picture);
    const double scale = std::max(crop.w / 24, crop.h / 48);
    for (int y = 0; y < 48; ++y) {
      for (int x = 0; x < 24; ++x) {
        const cv::Point2d at = cv::Point2d(crop.cx, crop.cy) +
                               (x - 11.5) * scale * Right(crop.up_rad) -
                               (y - 23.5) * scale * Up(crop.up_rad);
        if (at.x < 6 || at.y < 6 || at.x > 313 || at.y > 233) {
          continue;
        }
        const cv::Vec3b pixel = picture.at<cv::Vec3b>(y, x);
        ASSERT_NEAR(pixel[0], 0.7 * at.x, 2.5) << round << ": " << x << ' ' << y;
        ASSERT_NEAR(pixel[1], at.y, 2.5) << round << ": " << x << ' ' << y;
        ASSERT_EQ(pixel[2], 77);
      }
    }
  }
}

// A bright shape drawn by OpenCV: what is left after masking is bright, what is masked was dark.
TEST(MaskPerson, LeavesThePersonAlone) {
  Random random(4);
  for (int round = 0; round < 40; ++round) {
    const double degrees = random.Uniform(-180, 180);
    const PersonCrop crop{.cx = 160,
                          .cy = 120,
                          .w = random.Uniform(80, 150),
                          .h = random.Uniform(80, 150),
                          .up_rad = degrees * kDegree};
    const cv::RotatedRect box(cv::Point2f(160, 120),
                              {static_cast<float>(crop.w), static_cast<float>(crop.h)},
                              static_cast<float>(degrees));
    for (const CropMask mask : {CropMask::kBox, CropMask::kEllipse}) {
      cv::Mat image(240, 320, CV_8UC3, cv::Scalar::all(20));
      if (mask == CropMask::kBox) {
        std::array<cv::Point2f, 4> corners;
        box.points(corners.data());
        std::vector<cv::Point> polygon(corners.begin(), corners.end());
        cv::fillConvexPoly(image, polygon, cv::Scalar::all(240));
      } else {
        cv::ellipse(image, box, cv::Scalar::all(240), cv::FILLED);
      }
      cv::Mat before(96, 48, CV_8UC3);
      CutPerson(image, crop, before);
      cv::Mat after = before.clone();
      MaskPerson(crop, mask, after);
      int wrong = 0;
      int masked = 0;
      for (int y = 0; y < 96; ++y) {
        for (int x = 0; x < 48; ++x) {
          const bool grey = after.at<cv::Vec3b>(y, x) == cv::Vec3b::all(128);
          masked += grey ? 1 : 0;
          wrong += grey == (before.at<cv::Vec3b>(y, x)[0] > 128) ? 1 : 0;
        }
      }
      EXPECT_LT(wrong, 96 * 48 / 30) << round;  // the shape's rim
      EXPECT_LT(masked, 96 * 48 * 9 / 10);
      if (mask == CropMask::kEllipse) {
        EXPECT_GT(masked, 96 * 48 / 5);  // an ellipse has pi / 4 of its box
      }
      cv::Mat plain = before.clone();
      MaskPerson(crop, CropMask::kNone, plain);
      EXPECT_EQ(cv::norm(plain, before, cv::NORM_INF), 0);
    }
  }
}

Person WithBody(cv::Point2d hips, cv::Point2d shoulders) {
  Person person;
  const auto put = [&](int k, cv::Point2d at) {
    person.keypoints[static_cast<std::size_t>(k)] = {static_cast<float>(at.x),
                                                     static_cast<float>(at.y), 0.9F};
  };
  put(kLeftHip, hips + cv::Point2d(3, 0));
  put(kRightHip, hips - cv::Point2d(3, 0));
  put(kLeftShoulder, shoulders + cv::Point2d(4, 0));
  put(kRightShoulder, shoulders - cv::Point2d(4, 0));
  return person;
}

TEST(CropOf, TheSkeletonSaysWhichEndOfARotatedBoxIsUp) {
  for (const double degrees : {-80.0, -30.0, 0.0, 45.0, 90.0}) {
    for (const double turned : {0.0, 180.0}) {
      const double up = (degrees + turned) * kDegree;
      Person person = WithBody({100, 100}, cv::Point2d(100, 100) + 30.0 * Up(up));
      person.rotated_box = RotatedBox{100, 90, 40, 80, degrees};
      const PersonCrop crop = CropOf(person, std::nullopt);
      EXPECT_LT(Apart(crop.up_rad, up), 1e-6) << degrees << ' ' << turned;
      EXPECT_EQ(crop.w, 40);
      EXPECT_EQ(crop.h, 80);
      // Nothing of the body is seen: heads lie away from the point below the camera.
      person.keypoints = {};
      const cv::Point2d below = cv::Point2d(100, 90) - 60.0 * Up(up);
      EXPECT_LT(Apart(CropOf(person, below).up_rad, up), 1e-6);
      EXPECT_LT(Apart(CropOf(person, std::nullopt).up_rad, degrees * kDegree), 1e-6);
    }
  }
}

TEST(CropOf, WithoutARotatedBoxTheBodyOrTheCamerasPlaceDecides) {
  Person person = WithBody({100, 130}, {130, 100});
  person.box = {90, 80, 60, 60};
  const PersonCrop crop = CropOf(person, cv::Point2d(0, 0));
  EXPECT_LT(Apart(crop.up_rad, 45 * kDegree), 1e-6);
  EXPECT_EQ(crop.cx, 120);
  EXPECT_EQ(crop.cy, 110);
  EXPECT_GT(crop.h, 60);  // along the diagonal
  person.keypoints = {};
  EXPECT_LT(Apart(CropOf(person, cv::Point2d(120, 300)).up_rad, 0), 1e-6);
  EXPECT_LT(Apart(CropOf(person, cv::Point2d(-200, 110)).up_rad, 90 * kDegree), 1e-6);
  // Right below the camera there is no up.
  EXPECT_EQ(CropOf(person, cv::Point2d(121, 115)).up_rad, 0);
  EXPECT_EQ(CropOf(person, std::nullopt).up_rad, 0);
}

}  // namespace
}  // namespace tenjo
