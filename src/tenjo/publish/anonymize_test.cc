#include "tenjo/publish/anonymize.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace tenjo {
namespace {

Person At(double x, double y) {
  Person person;
  person.box = {x, y, 40, 100};
  return person;
}

bool Covers(const std::vector<Box>& boxes, double x, double y) {
  for (const Box& box : boxes) {
    if (x >= box.x && x <= box.right() && y >= box.y && y <= box.bottom()) {
      return true;
    }
  }
  return false;
}

TEST(Anonymizer, RemembersWhoIsNotFoundForAWhile) {
  Anonymizer anonymizer;
  const std::vector<Person> both = {At(100, 100), At(300, 100)};
  anonymizer.See(both, 0);
  EXPECT_EQ(anonymizer.Boxes().size(), 2U);
  const std::vector<Person> one = {At(104, 102)};
  anonymizer.See(one, 1);
  EXPECT_EQ(anonymizer.Boxes().size(), 2U);
  EXPECT_TRUE(Covers(anonymizer.Boxes(), 299, 99)) << "with room that grows";
  anonymizer.See(one, 1.9);
  EXPECT_TRUE(Covers(anonymizer.Boxes(), 320, 150));
  anonymizer.See(one, 2.1);
  EXPECT_EQ(anonymizer.Boxes().size(), 1U);
}

TEST(Anonymizer, TakesInAHeadThatStandsOutOfTheBox) {
  Anonymizer anonymizer;
  std::vector<Person> people = {At(100, 100)};
  people[0].keypoints[kNose] = {120, 60, 0.9F};
  anonymizer.See(people, 0);
  EXPECT_TRUE(Covers(anonymizer.Boxes(), 120, 55));
}

// What is left of a picture of noise within a box: nothing that tells it from another noise with
// the same mean, and nothing outside has changed.
TEST(BlurBoxes, LeavesNothingOfWhatWasThere) {
  cv::Mat picture(200, 300, CV_8UC3);
  cv::randu(picture, 0, 255);
  const cv::Mat before = picture.clone();
  const std::vector<Box> boxes = {{50, 40, 60, 120}, {280, -30, 100, 90}, {500, 500, 5, 5}};
  BlurBoxes(boxes, picture);
  const cv::Rect inside(50, 40, 60, 120);
  cv::Mat was;
  cv::Mat is;
  before(inside).convertTo(was, CV_64F);
  picture(inside).convertTo(is, CV_64F);
  cv::Scalar mean;
  cv::Scalar deviation_was;
  cv::Scalar deviation_is;
  cv::meanStdDev(was, mean, deviation_was);
  cv::meanStdDev(is, mean, deviation_is);
  EXPECT_LT(deviation_is[0], 0.1 * deviation_was[0]);
  EXPECT_EQ(cv::norm(before(cv::Rect(0, 0, 50, 200)), picture(cv::Rect(0, 0, 50, 200))), 0);
  EXPECT_GT(cv::norm(before(cv::Rect(280, 0, 20, 60)), picture(cv::Rect(280, 0, 20, 60))), 0);
}

// An eye, a few pixels wide, changes hardly anything: no detail finer than a cell gets through.
TEST(BlurBoxes, DetailsOfAFaceAreGone) {
  cv::Mat face(432, 768, CV_8UC3, cv::Scalar(90, 120, 150));
  cv::Mat other = face.clone();
  cv::circle(face, {400, 110}, 2, {0, 0, 0}, -1);
  cv::circle(other, {412, 110}, 2, {0, 0, 0}, -1);
  const std::vector<Box> boxes = {{370, 90, 80, 220}};
  BlurBoxes(boxes, face);
  BlurBoxes(boxes, other);
  double most = 0;
  cv::Mat difference;
  cv::absdiff(face, other, difference);
  cv::minMaxLoc(difference.reshape(1), nullptr, &most);
  EXPECT_LE(most, 3);
}

TEST(BlurBoxes, BearsAnyBox) {
  cv::Mat picture(20, 20, CV_8UC1, cv::Scalar(7));
  const double nan = std::nan("");
  const std::vector<Box> boxes = {{nan, 0, 5, 5}, {0, 0, nan, 5}, {-1e12, -1e12, 1e13, 1e13},
                                  {5, 5, 0, 0},   {5, 5, -3, 4},  {19.5, 19.5, 1, 1}};
  BlurBoxes(boxes, picture);
  EXPECT_EQ(cv::countNonZero(picture != 7), 0) << "one colour stays one colour";
}

}  // namespace
}  // namespace tenjo
