#include "tenjo/synth/render/sensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace tenjo::synth {
namespace {

Sensor Plain() {
  Sensor sensor;
  sensor.noise = 0;
  sensor.jpeg_quality = 0;
  return sensor;
}

cv::Mat Ramp() {
  cv::Mat radiance(120, 160, CV_32FC3);
  for (int y = 0; y < radiance.rows; ++y) {
    for (int x = 0; x < radiance.cols; ++x) {
      const float light = 0.02F + 0.5F * static_cast<float>(x) / 160;
      radiance.at<cv::Vec3f>(y, x) = {light, light, light};
    }
  }
  return radiance;
}

double MeanOf(const cv::Mat& picture, int channel) { return cv::mean(picture)[channel]; }

double Deviation(const cv::Mat& picture) {
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::meanStdDev(picture, mean, deviation);
  return deviation[1];
}

TEST(Sensor, BrighterLightIsNeverDarkerOnThePicture) {
  const cv::Mat picture = Expose(Ramp(), Plain(), 1);
  ASSERT_EQ(picture.type(), CV_8UC3);
  for (int x = 1; x < picture.cols; ++x) {
    EXPECT_GE(picture.at<cv::Vec3b>(60, x)[1], picture.at<cv::Vec3b>(60, x - 1)[1]);
  }
  EXPECT_LT(picture.at<cv::Vec3b>(60, 0)[1], 90);
  EXPECT_GT(picture.at<cv::Vec3b>(60, 159)[1], 150);
}

TEST(Sensor, ExposureIsAutomaticAndGreyStaysGrey) {
  const cv::Mat dim = Expose(Ramp() * 0.01, Plain(), 1);
  const cv::Mat bright = Expose(Ramp() * 10, Plain(), 1);
  EXPECT_NEAR(MeanOf(dim, 1), MeanOf(bright, 1), 6);
  const auto pixel = bright.at<cv::Vec3b>(60, 80);
  EXPECT_NEAR(pixel[0], pixel[1], 1);
  EXPECT_NEAR(pixel[2], pixel[1], 1);
  Sensor dark = Plain();
  dark.exposure = 0.5F;
  EXPECT_LT(MeanOf(Expose(Ramp(), dark, 1), 1), MeanOf(bright, 1) - 15);
}

TEST(Sensor, ChannelsComeAsBgrAndWarmIsYellow) {
  cv::Mat red(64, 64, CV_32FC3, cv::Scalar(0.4, 0.05, 0.05));
  const auto pixel = Expose(red, Plain(), 1).at<cv::Vec3b>(32, 32);
  EXPECT_GT(pixel[2], pixel[0] + 60);
  Sensor warm = Plain();
  warm.warm = 1;
  const cv::Mat picture = Expose(Ramp(), warm, 1);
  EXPECT_GT(MeanOf(picture, 2), MeanOf(picture, 0) + 10);
}

TEST(Sensor, NoiseIsAsStrongAsAskedAtMidGrey) {
  const cv::Mat grey(240, 320, CV_32FC3, cv::Scalar(0.18, 0.18, 0.18));
  Sensor sensor = Plain();
  sensor.noise = 0.03F;
  const double deviation = Deviation(Expose(grey, sensor, 1)) / 255;
  EXPECT_GT(deviation, 0.02);
  EXPECT_LT(deviation, 0.045);
  EXPECT_LT(Deviation(Expose(grey, Plain(), 1)), 0.5);
}

TEST(Sensor, SaturationZeroIsMonochrome) {
  cv::Mat colour(64, 64, CV_32FC3, cv::Scalar(0.4, 0.2, 0.05));
  Sensor sensor = Plain();
  sensor.saturation = 0;
  const auto pixel = Expose(colour, sensor, 1).at<cv::Vec3b>(10, 10);
  EXPECT_NEAR(pixel[0], pixel[2], 1);
}

TEST(Sensor, BlurVignetteAndSharpeningDoWhatTheySay) {
  cv::Mat edge(100, 100, CV_32FC3, cv::Scalar::all(0.1));
  edge.colRange(50, 100).setTo(cv::Scalar::all(0.4));
  const auto step = [&](const Sensor& sensor) {
    const cv::Mat picture = Expose(edge, sensor, 1);
    return picture.at<cv::Vec3b>(50, 50)[1] - picture.at<cv::Vec3b>(50, 49)[1];
  };
  Sensor blurred = Plain();
  blurred.focus_blur_px = 1.5F;
  EXPECT_LT(step(blurred), step(Plain()) / 2);
  Sensor moved = Plain();
  moved.motion_blur_px = 5;
  EXPECT_LT(step(moved), step(Plain()) / 2);
  moved.motion_angle_rad = 1.5708F;  // along the edge
  EXPECT_NEAR(step(moved), step(Plain()), 2);
  Sensor sharp = Plain();
  sharp.sharpen = 1;
  EXPECT_GT(step(sharp), step(Plain()) + 5);
  Sensor vignette = Plain();
  vignette.vignette = 0.5F;
  const cv::Mat grey(101, 101, CV_32FC3, cv::Scalar::all(0.2));
  const cv::Mat picture = Expose(grey, vignette, 1);
  EXPECT_LT(picture.at<cv::Vec3b>(0, 0)[1], picture.at<cv::Vec3b>(50, 50)[1] - 20);
}

TEST(Sensor, TheSurroundOfAFisheyeStaysNearBlack) {
  cv::Mat radiance = Ramp();
  radiance.rowRange(0, 30).setTo(cv::Scalar::all(0));
  Random random(3);
  for (int i = 0; i < 20; ++i) {
    Sensor sensor = DrawSensor(random);
    const cv::Mat picture = Expose(radiance, sensor, 1);
    EXPECT_LT(cv::mean(picture.rowRange(0, 26))[1], 45) << i;
  }
}

TEST(Sensor, SameSeedSameBits) {
  Random random(4);
  for (int i = 0; i < 10; ++i) {
    const Sensor sensor = DrawSensor(random);
    const cv::Mat a = Expose(Ramp(), sensor, 5);
    EXPECT_EQ(cv::norm(a, Expose(Ramp(), sensor, 5), cv::NORM_INF), 0);
    EXPECT_EQ(a.size(), Ramp().size());
  }
}

TEST(Sensor, BlackAndTinyPicturesAreFine) {
  Random random(5);
  const Sensor sensor = DrawSensor(random);
  EXPECT_EQ(Expose(cv::Mat(1, 1, CV_32FC3, cv::Scalar::all(0)), sensor, 1).total(), 1U);
  EXPECT_EQ(Expose(cv::Mat(7, 3, CV_32FC3, cv::Scalar::all(1)), sensor, 1).total(), 21U);
}

}  // namespace
}  // namespace tenjo::synth
