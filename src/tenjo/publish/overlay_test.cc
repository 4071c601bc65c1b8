#include "tenjo/publish/overlay.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <opencv2/core.hpp>

#include "tenjo/base/error.h"
#include "tenjo/publish/window.h"

namespace tenjo {
namespace {

Person At(double x, double y, std::int64_t id) {
  Person person;
  person.id = id;
  person.box = {x, y, 20, 40};
  return person;
}

int Painted(const cv::Mat& image) { return cv::countNonZero(image.reshape(1)); }

TEST(Overlay, DrawsThePersonInsideThePicture) {
  cv::Mat image(100, 100, CV_8UC3, cv::Scalar::all(0));
  Overlay overlay;
  overlay.Draw({At(30, 30, 1)}, 0, image);
  EXPECT_GT(Painted(image), 0);
  EXPECT_EQ(Painted(image(cv::Rect(70, 80, 30, 20))), 0) << "far from the person";
}

TEST(Overlay, TrailsFollowAndFade) {
  Overlay overlay;
  cv::Mat image(100, 200, CV_8UC3, cv::Scalar::all(0));
  overlay.Draw({At(10, 30, 1)}, 0, image);
  image.setTo(0);
  overlay.Draw({At(150, 30, 1)}, 1, image);
  EXPECT_GT(Painted(image(cv::Rect(60, 30, 60, 40))), 0) << "the way between the two places";
  image.setTo(0);
  overlay.Draw({}, 10, image);
  EXPECT_EQ(Painted(image), 0);
}

TEST(Overlay, TakesPeopleOutsideThePictureAndTinyPictures) {
  cv::Mat image(1, 1, CV_8UC3, cv::Scalar::all(0));
  Overlay overlay;
  Person person = At(-1e5, 1e5, 1);
  person.keypoints[kNose] = {-1e5F, 1e5F, 1};
  person.keypoints[kLeftEye] = {1e5F, 1e5F, 1};
  EXPECT_NO_THROW(overlay.Draw({person}, 0, image));
}

TEST(ColourOfId, NeighboursDiffer) {
  for (std::int64_t id = 1; id < 50; ++id) {
    const cv::Scalar a = ColourOfId(id);
    const cv::Scalar b = ColourOfId(id + 1);
    EXPECT_GT(cv::norm(a - b), 60) << id;
  }
}

TEST(WindowSink, SaysThatThereIsNoDisplay) {
  unsetenv("DISPLAY");
  unsetenv("WAYLAND_DISPLAY");
  EXPECT_THROW(WindowSink(1), Error);
}

}  // namespace
}  // namespace tenjo
