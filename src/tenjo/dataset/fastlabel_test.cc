#include "tenjo/dataset/fastlabel.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

// As FastLabel's SDK documents a task of an image project.
Json Task() {
  return {{"id", "1"},
          {"name", "shop/0001.jpg"},
          {"width", 640},
          {"height", 480},
          {"status", "approved"},
          {"annotations",
           {{{"type", "pose_estimation"},
             {"title", "Person"},
             {"value", "person"},
             {"keypoints",
              {{{"key", "nose"}, {"name", "鼻"}, {"value", {100.5, 50.5, 1}}},
               {{"key", "Left Shoulder"}, {"value", {110.5, 80.5, 0}}},
               {{"key", "rightShoulder"}, {"value", {90.5, 80.5, 1}}},
               {{"key", "head_top"}, {"value", {100, 30, 1}}},
               {{"key", "left_hip"}, {"value", Json::array()}}}}},
            {{"type", "polygon"},
             {"value", "person"},
             {"points", {80.5, 20.5, 120.5, 20.5, 120.5, 200.5, 80.5, 200.5}}},
            {{"type", "bbox"}, {"value", "person"}, {"points", {300, 100, 250, 260}}},
            {{"type", "segmentation"},
             {"title", "crowd"},
             {"points", {{{400, 10, 500, 10, 500, 90}, {410, 12, 420, 12, 420, 20}}}}},
            {{"type", "bbox"}, {"value", "shelf"}, {"points", {0, 0, 5, 5}}}}}};
}

TEST(FastLabel, ReadsPosesAreasAndCrowds) {
  const FastLabelSet read = ParseFastLabel(Json::array({Task()}).dump(), "export", "pictures");
  ASSERT_EQ(read.set.images.size(), 1U);
  const LabelledImage& image = read.set.images[0];
  EXPECT_EQ(image.file, "pictures/shop/0001.jpg");
  EXPECT_EQ(image.width, 640);
  ASSERT_EQ(image.people.size(), 3U);
  const LabelledPerson& posed = image.people[0];
  EXPECT_EQ(posed.num_keypoints, 3);
  EXPECT_FLOAT_EQ(posed.keypoints[kNose].x, 100);
  EXPECT_EQ(posed.visibility[kLeftShoulder], kHidden);
  EXPECT_EQ(posed.visibility[kRightShoulder], kSeen);
  EXPECT_EQ(posed.visibility[kLeftHip], kNotLabelled);
  EXPECT_DOUBLE_EQ(posed.box.x, 80);
  EXPECT_DOUBLE_EQ(posed.area, 40 * 180);
  EXPECT_EQ(image.people[1].num_keypoints, 0);
  EXPECT_DOUBLE_EQ(image.people[1].box.w, 50);
  EXPECT_TRUE(image.people[2].crowd);
  EXPECT_EQ(image.people[2].mask.polygons.size(), 1U);
  EXPECT_EQ(read.other_annotations, 1);
  EXPECT_EQ(read.other_keys, std::set<std::string>{"head_top"});
  EXPECT_EQ(read.Sentences().size(), 2U);
}

TEST(FastLabel, PosesWithoutAnAreaGetTheirOwnBox) {
  Json task = Task();
  task["annotations"] = Json::array({task["annotations"][0]});
  FastLabelOptions options;
  options.keypoints = {{"head_top", "left_ear"}};
  const FastLabelSet read = ParseFastLabel(Json::array({task}).dump(), "export", {}, options);
  const LabelledPerson& person = read.set.images[0].people.at(0);
  EXPECT_EQ(person.num_keypoints, 4);
  EXPECT_GT(person.box.area(), 0);
  EXPECT_TRUE(read.other_keys.empty());
}

TEST(FastLabel, VideosAndBareTasksAreCounted) {
  Json bare = Task();
  bare["annotations"] = Json::array();
  Json video = Task();
  video["annotations"] = {
      {{"type", "bbox"}, {"value", "person"}, {"points", {{"1", {{"value", {1, 2, 3, 4}}}}}}}};
  const FastLabelSet read = ParseFastLabel(Json::array({bare, video}).dump(), "export", {});
  EXPECT_EQ(read.set.images.size(), 1U);
  EXPECT_EQ(read.videos, 1);
  EXPECT_EQ(read.unfinished, 1);
}

TEST(FastLabel, RefusesOtherFiles) {
  for (const char* text :
       {"", "{}", "[]", "[1]", "[{\"name\": \"a\"}]", "[{\"name\": \"a\", \"annotations\": []}]"}) {
    EXPECT_THROW(ParseFastLabel(text, "export", {}), Error) << text;
  }
  const std::string text = Json::array({Task()}).dump();
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = text;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged[random() % damaged.size()] = static_cast<char>('0' + random() % 10);
    if (i % 3 == 0) {
      damaged.resize(random() % damaged.size());
    }
    try {
      ParseFastLabel(damaged, "damaged", {});
    } catch (const Error&) {
      continue;  // a sentence is what is asked for
    }
  }
}

}  // namespace
}  // namespace tenjo
