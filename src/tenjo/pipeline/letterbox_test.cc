#include "tenjo/pipeline/letterbox.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <random>

namespace tenjo {
namespace {

TEST(Letterbox, KeepsTheAspectAndPadsTheRest) {
  const cv::Mat image(100, 100, CV_8UC3, cv::Scalar(10, 20, 30));
  cv::Mat input(64, 128, CV_8UC3, cv::Scalar::all(255));
  Letterbox(image.size(), input.size()).Fill(image, {128, 129, 130}, input);
  for (int x = 0; x < 128; ++x) {
    const bool inside = x >= 32 && x < 96;
    EXPECT_EQ(input.at<cv::Vec3b>(30, x), inside ? cv::Vec3b(10, 20, 30) : cv::Vec3b(128, 129, 130))
        << x;
  }
}

TEST(Letterbox, PeopleComeBackToWhereTheyWereInTheImage) {
  // A dot drawn into an image is looked for in the network's input; its place there, mapped back,
  // must be where it was drawn.
  std::mt19937 random(3);
  for (int round = 0; round < 40; ++round) {
    const cv::Size size(300 + static_cast<int>(random() % 900),
                        200 + static_cast<int>(random() % 700));
    const cv::Size input_size(8 * (20 + static_cast<int>(random() % 60)),
                              8 * (20 + static_cast<int>(random() % 40)));
    const cv::Point2d dot(
        60 + static_cast<double>(random() % static_cast<unsigned>(size.width - 120)),
        60 + static_cast<double>(random() % static_cast<unsigned>(size.height - 120)));
    cv::Mat image(size, CV_8UC3, cv::Scalar::all(0));
    cv::circle(image, dot, 24, cv::Scalar::all(255), cv::FILLED);
    cv::Mat input(input_size, CV_8UC3);
    const Letterbox letterbox(size, input_size);
    letterbox.Fill(image, {0, 0, 0}, input);
    cv::Mat grey;
    cv::extractChannel(input, grey, 0);
    const cv::Moments moments = cv::moments(grey);
    Person person;
    person.keypoints[kNose] = {static_cast<float>(moments.m10 / moments.m00),
                               static_cast<float>(moments.m01 / moments.m00), 1};
    person.box = {-5, -5, 1e4, 1e4};
    letterbox.ToImage(person);
    const double pixel = static_cast<double>(size.width) / input_size.width;
    EXPECT_NEAR(person.keypoints[kNose].x, dot.x, 0.35 * std::max(1.0, pixel))
        << size << input_size;
    EXPECT_NEAR(person.keypoints[kNose].y, dot.y, 0.35 * std::max(1.0, pixel))
        << size << input_size;
    EXPECT_GE(person.box.x, 0);
    EXPECT_LE(person.box.right(), size.width);
    EXPECT_LE(person.box.bottom(), size.height);
  }
}

TEST(Letterbox, RotatedBoxesGoBack) {
  const Letterbox letterbox({640, 480}, {320, 240});
  Person person;
  person.rotated_box = {99.75, 49.75, 20, 50, -37};
  letterbox.ToImage(person);
  EXPECT_NEAR(person.rotated_box->cx, 200, 1e-9);
  EXPECT_NEAR(person.rotated_box->cy, 100, 1e-9);
  EXPECT_NEAR(person.rotated_box->w, 40, 1e-9);
  EXPECT_NEAR(person.rotated_box->h, 100, 1e-9);
  EXPECT_NEAR(person.rotated_box->degrees, -37, 1e-9);
}

TEST(Letterbox, TakesImagesOfOnePixel) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 5000), cv::Size(5000, 1)}) {
    const cv::Mat image(size, CV_8UC3, cv::Scalar::all(50));
    cv::Mat input(256, 456, CV_8UC3);
    EXPECT_NO_THROW(Letterbox(size, input.size()).Fill(image, {128, 128, 128}, input));
  }
}

TEST(Letterbox, WidthFollowsTheAspectInWholeSteps) {
  EXPECT_EQ(Letterbox::SizeForHeight({640, 480}, 368, 8), cv::Size(496, 368));
  EXPECT_EQ(Letterbox::SizeForHeight({480, 640}, 368, 8), cv::Size(368, 368));
  EXPECT_EQ(Letterbox::SizeForHeight({5000, 1}, 368, 8), cv::Size(368 * 8, 368));
}

}  // namespace
}  // namespace tenjo
