#include "tenjo/dataset/person_labels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <random>

#include "tenjo/vision/rotated_box.h"

namespace tenjo {
namespace {

LabelledImage ImageWith(const LabelledPerson& person) {
  LabelledImage image;
  image.width = 640;
  image.height = 480;
  image.people = {person};
  return image;
}

LabelledPerson Rendered(const RotatedBox& box) {
  LabelledPerson person;
  person.rotated_box = box;
  person.box = UprightBox(box);
  person.area = 0.5 * box.area();
  return person;
}

PersonLabel LabelOf(const LabelledPerson& person, const Placement& placement) {
  return PersonLabels(ImageWith(person), placement, {256, 256}, 8).front();
}

TEST(PersonLabels, FollowTheCrop) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  Random draws(4);
  for (int i = 0; i < 200; ++i) {
    const LabelledPerson person =
        Rendered({640 * unit(random), 480 * unit(random), 20 + 80 * unit(random),
                  40 + 120 * unit(random), 180 * unit(random) - 90});
    const Placement placement = DrawPlacement(ImageWith(person), {256, 256}, {}, &draws);
    const PersonLabel label = LabelOf(person, placement);
    // The box's ends, head and feet, are carried over; which is which does not matter.
    const auto ends = [](const RotatedBox& box, double sign) {
      const double a = box.degrees * std::numbers::pi / 180;
      return cv::Point2d(box.cx + sign * box.h / 2 * std::sin(a),
                         box.cy - sign * box.h / 2 * std::cos(a));
    };
    const cv::Point2d head = ends(*person.rotated_box, 1);
    const cv::Matx23d& m = placement.crop_from_image;
    const cv::Point2d there(m(0, 0) * head.x + m(0, 1) * head.y + m(0, 2),
                            m(1, 0) * head.x + m(1, 1) * head.y + m(1, 2));
    const double off =
        std::min(cv::norm(there - ends(label.box, 1)), cv::norm(there - ends(label.box, -1)));
    EXPECT_LT(off, 1e-6);
    EXPECT_NEAR(label.box.w, person.rotated_box->w * placement.scale(), 1e-6);
    EXPECT_GT(label.box.degrees, -90);
    EXPECT_LE(label.box.degrees, 90);
    if (!label.ignored) {
      EXPECT_GE(label.x, -0.5);
      EXPECT_LE(label.x, 255.5);
      EXPECT_GE(label.y, -0.5);
      EXPECT_LE(label.y, 255.5);
    }
  }
}

TEST(PersonLabels, LeaveOutWhatCannotBeLearned) {
  const Placement whole = FitWhole({640, 480}, {256, 256});  // 0.4 crop pixels a pixel
  EXPECT_FALSE(LabelOf(Rendered({320, 240, 50, 100, 20}), whole).ignored);
  // Tiny: 8 crop pixels.
  EXPECT_TRUE(LabelOf(Rendered({320, 240, 10, 20, 20}), whole).ignored);
  // Mostly hidden, as its mask says.
  LabelledPerson hidden = Rendered({320, 240, 50, 100, 20});
  hidden.area = 100;
  EXPECT_FALSE(LabelOf(hidden, whole).ignored);
  hidden.mask.counts = "x";
  EXPECT_TRUE(LabelOf(hidden, whole).ignored);
  LabelledPerson crowd = Rendered({320, 240, 50, 100, 20});
  crowd.crowd = true;
  EXPECT_TRUE(LabelOf(crowd, whole).ignored);
  // A third in view: found at the border of the picture, which is not the crop's.
  const PersonLabel cut = LabelOf(Rendered({320, -15, 50, 100, 0}), whole);
  EXPECT_FALSE(cut.ignored);
  EXPECT_NEAR(cut.box.cy, 32 + (-15 + 0.5) * 0.4 - 0.5, 1e-6);
  EXPECT_NEAR(cut.y, 31.5, 1e-6);
  EXPECT_TRUE(LabelOf(Rendered({320, -40, 50, 100, 0}), whole).ignored);
}

LabelledPerson Photographed(const Box& box, double shoulder_x, double shoulder_y, double hip_x,
                            double hip_y) {
  LabelledPerson person;
  person.box = box;
  person.area = box.area() / 2;
  const auto put = [&](int k, double x, double y) {
    person.keypoints[static_cast<std::size_t>(k)] = {static_cast<float>(x), static_cast<float>(y),
                                                     1};
  };
  put(kLeftShoulder, shoulder_x, shoulder_y);
  put(kRightShoulder, shoulder_x, shoulder_y);
  put(kLeftHip, hip_x, hip_y);
  put(kRightHip, hip_x, hip_y);
  return person;
}

TEST(PersonLabels, UprightBoxesSayWhatTheyCan) {
  const Placement whole = FitWhole({640, 480}, {640, 480});
  const PersonLabel standing =
      LabelOf(Photographed({100, 100, 60, 200}, 130, 140, 135, 210), whole);
  EXPECT_TRUE(standing.shape);
  EXPECT_EQ(standing.box.h, 200);
  EXPECT_NEAR(standing.box.degrees, 0, 1e-9);
  const PersonLabel lying = LabelOf(Photographed({100, 100, 150, 60}, 110, 130, 180, 135), whole);
  EXPECT_TRUE(lying.shape);
  EXPECT_EQ(lying.box.h, 150);
  EXPECT_EQ(lying.box.w, 60);
  EXPECT_NEAR(lying.box.degrees, 90, 1e-9);
  const PersonLabel slanted =
      LabelOf(Photographed({100, 100, 100, 100}, 110, 110, 150, 150), whole);
  EXPECT_FALSE(slanted.shape);
  EXPECT_FALSE(slanted.ignored);
  EXPECT_EQ(slanted.x, 150);
  LabelledPerson bare;
  bare.box = {100, 100, 50, 50};
  EXPECT_FALSE(LabelOf(bare, whole).shape);
  EXPECT_FALSE(LabelOf(bare, whole).ignored);
  // Cut by the picture's border: where the whole body's middle is nobody knows.
  EXPECT_TRUE(LabelOf(Photographed({-0.5, 100, 60, 200}, 30, 140, 35, 210), whole).ignored);
}

TEST(Coco, RotatedBoxesAreRead) {
  const std::string text =
      R"({"images":[{"id":1,"file_name":"a.jpg","width":640,"height":480}],"annotations":[)"
      R"({"id":1,"image_id":1,"bbox":[10,20,30,40],"rotated_box":[25.5,40.5,20,40,190]},)"
      R"({"id":2,"image_id":1,"bbox":[100.5,80.5,20,40,-90]},)"
      R"({"id":3,"image_id":1,"bbox":[10,20,30,40],"rotated_box":[1,2,3]},)"
      R"({"id":4,"image_id":1,"bbox":[10,20,30,40],"rotated_box":[1,2,-3,4,5]}]})";
  const LabelledSet set = ParseCoco(text, "set", "images");
  const auto& people = set.images[0].people;
  ASSERT_EQ(people.size(), 4U);
  EXPECT_EQ(people[0].rotated_box->cx, 25);
  EXPECT_EQ(people[0].rotated_box->degrees, 10);
  EXPECT_EQ(people[0].box.w, 30);
  EXPECT_EQ(people[1].rotated_box->degrees, 90);
  EXPECT_NEAR(people[1].box.w, 40, 1e-6);
  EXPECT_FALSE(people[2].rotated_box);
  EXPECT_FALSE(people[3].rotated_box);
}

}  // namespace
}  // namespace tenjo
