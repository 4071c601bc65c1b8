#include "tenjo/dataset/coco.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/rle.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

Json Points(double x, double y, int v, int known = kNumKeypoints) {
  Json points = Json::array();
  for (int k = 0; k < kNumKeypoints; ++k) {
    points.push_back(k < known ? x + k : 0);
    points.push_back(k < known ? y : 0);
    points.push_back(k < known ? v : 0);
  }
  return points;
}

Json GoodFile() {
  return {{"images", {{{"id", 7}, {"file_name", "a.jpg"}, {"width", 100}, {"height", 80}}}},
          {"categories", {{{"id", 3}, {"name", "dog"}}, {{"id", 1}, {"name", "person"}}}},
          {"annotations",
           {{{"id", 1},
             {"image_id", 7},
             {"category_id", 1},
             {"iscrowd", 0},
             {"bbox", {10.5, 20.5, 30, 40}},
             {"area", 600},
             {"segmentation", {{10, 20, 40, 20, 40, 60}}},
             {"keypoints", Points(11.5, 21.5, 2)},
             {"num_keypoints", 17}}}}};
}

LabelledSet Parse(const Json& json) { return ParseCoco(json.dump(), "set.json", "pictures"); }

std::string Message(const Json& json) {
  try {
    Parse(json);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(Coco, ReadsPeopleInPixelsOfOpenCv) {
  const LabelledSet set = Parse(GoodFile());
  ASSERT_EQ(set.images.size(), 1U);
  const LabelledImage& image = set.images[0];
  EXPECT_EQ(image.file, std::filesystem::path("pictures/a.jpg"));
  EXPECT_EQ(image.width, 100);
  EXPECT_EQ(image.height, 80);
  ASSERT_EQ(image.people.size(), 1U);
  const LabelledPerson& person = image.people[0];
  EXPECT_EQ(person.num_keypoints, 17);
  EXPECT_DOUBLE_EQ(person.box.x, 10);
  EXPECT_DOUBLE_EQ(person.box.h, 40);
  EXPECT_DOUBLE_EQ(person.area, 600);
  EXPECT_FLOAT_EQ(person.keypoints[kLeftEye].x, 12);
  EXPECT_FLOAT_EQ(person.keypoints[kLeftEye].y, 21);
  EXPECT_EQ(person.visibility[kLeftEye], kSeen);
  EXPECT_EQ(person.mask.polygons,
            (std::vector<std::vector<float>>{{9.5F, 19.5F, 39.5F, 19.5F, 39.5F, 59.5F}}));
  EXPECT_EQ(set.skipped.total(), 0);
  EXPECT_EQ(set.num_labelled(), 1);
}

TEST(Coco, CountsWhatIsLeftOut) {
  Json file = GoodFile();
  Json& annotations = file["annotations"];
  Json other = annotations[0];
  other["category_id"] = 3;
  annotations.push_back(other);
  Json orphan = annotations[0];
  orphan["image_id"] = 8;
  annotations.push_back(orphan);
  Json short_keypoints = annotations[0];
  short_keypoints["keypoints"] = {1, 2, 3};
  annotations.push_back(short_keypoints);
  Json outside = annotations[0];
  outside["keypoints"] = Points(95, 20, 1);  // x up to 111 of 100
  annotations.push_back(outside);
  Json bad_mask = annotations[0];
  bad_mask["segmentation"] = {{"size", {80, 100}}, {"counts", "not runs\x01"}};
  annotations.push_back(bad_mask);
  annotations.push_back("not an annotation");
  file["images"].push_back(file["images"][0]);
  file["images"].push_back({{"id", 9}, {"file_name", "b.jpg"}});
  const LabelledSet set = Parse(file);
  EXPECT_EQ(set.skipped.other_category, 1);
  EXPECT_EQ(set.skipped.without_image, 1);
  EXPECT_EQ(set.skipped.damaged, 2);
  EXPECT_EQ(set.skipped.keypoints_outside, 10);
  EXPECT_EQ(set.skipped.bad_masks, 1);
  EXPECT_EQ(set.skipped.repeated_images, 1);
  EXPECT_EQ(set.skipped.damaged_images, 1);
  EXPECT_EQ(set.skipped.Sentences("set").size(), 7U);
  ASSERT_EQ(set.images[0].people.size(), 3U);
  EXPECT_EQ(set.images[0].people[1].num_keypoints, 7);
  EXPECT_EQ(set.images[0].people[1].visibility[0], kHidden);
  EXPECT_TRUE(set.images[0].people[2].mask.empty());
}

TEST(Coco, TakesRunLengthsOfBothKinds) {
  Json file = GoodFile();
  const std::vector<std::uint32_t> runs = {100, 50, 80 * 100 - 150};
  Json crowd = file["annotations"][0];
  crowd["iscrowd"] = 1;
  crowd["segmentation"] = {{"size", {80, 100}}, {"counts", runs}};
  Json text = crowd;
  text["segmentation"]["counts"] = EncodeRuns(runs);
  file["annotations"] = {crowd, text};
  const LabelledSet set = Parse(file);
  ASSERT_EQ(set.images[0].people.size(), 2U);
  for (const LabelledPerson& person : set.images[0].people) {
    EXPECT_TRUE(person.crowd);
    EXPECT_EQ(DecodeRuns(person.mask.counts), runs);
  }
}

TEST(Coco, PutsKeypointsOfAnotherOrderIntoCocos) {
  Json file = GoodFile();
  Json names = Json::array();
  for (int k = kNumKeypoints - 1; k >= 0; --k) {
    names.push_back(std::string(kKeypointNames[k]));
  }
  file["categories"] = {{{"id", 1}, {"name", "person"}, {"keypoints", names}}};
  const LabelledSet set = Parse(file);
  EXPECT_FLOAT_EQ(set.images[0].people[0].keypoints[kNose].x, 11 + 16);
  file["categories"][0]["keypoints"][3] = "tail";
  EXPECT_NE(Message(file).find("not COCO's 17"), std::string::npos);
}

TEST(Coco, RefusesWhatIsNoSet) {
  EXPECT_NE(Message(Json::array()).find("must be an object with the lists"), std::string::npos);
  Json file = GoodFile();
  file["categories"] = {{{"id", 3}, {"name", "dog"}}, {{"id", 4}, {"name", "cat"}}};
  EXPECT_NE(Message(file).find("no category named person; its categories are: dog, cat"),
            std::string::npos);
  file = GoodFile();
  file["images"] = Json::array();
  EXPECT_NE(Message(file).find("has no images"), std::string::npos);
  EXPECT_THROW(ParseCoco("{\"images\": [", "x", ""), Error);
  EXPECT_THROW(ParseCoco("", "x", ""), Error);
  EXPECT_THROW(ParseCoco("{\"images\": [{\"id\": 1e999}]}", "x", ""), Error);
  EXPECT_THROW(ReadCoco("/nowhere/annotations.json", ""), Error);
}

TEST(Coco, DamagedTextIsAnErrorOrASet) {
  const std::string text = GoodFile().dump();
  std::mt19937 random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string damaged = text;
    const int flips = 1 + static_cast<int>(random() % 4);
    for (int f = 0; f < flips; ++f) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    if (i % 3 == 0) {
      damaged.resize(random() % damaged.size());
    }
    try {
      ParseCoco(damaged, "damaged", "");
    } catch (const Error&) {
      continue;  // a sentence is what is asked for
    }
  }
}

TEST(Coco, WrittenSetsAreReadBack) {
  const testing::TempDir folder;
  Json file = GoodFile();
  file["annotations"][0]["keypoints"][2] = 1;
  file["annotations"][0]["keypoints"][5] = 0;
  const LabelledSet set = Parse(file);
  WriteCoco(set, "pictures", folder / "set.json");
  const LabelledSet again = ReadCoco(folder / "set.json", "pictures");
  ASSERT_EQ(again.images.size(), 1U);
  const LabelledPerson& before = set.images[0].people[0];
  const LabelledPerson& after = again.images[0].people[0];
  EXPECT_EQ(again.images[0].file, set.images[0].file);
  EXPECT_EQ(after.visibility, before.visibility);
  EXPECT_EQ(after.num_keypoints, 16);
  EXPECT_EQ(after.mask.polygons, before.mask.polygons);
  for (int k = 0; k < kNumKeypoints; ++k) {
    EXPECT_NEAR(after.keypoints[k].x, before.keypoints[k].x, 0.006);
  }
}

TEST(Coco, JoinsShards) {
  const testing::TempDir folder;
  Json file = GoodFile();
  WriteFile(folder / "annotations-2-of-2.json", file.dump());
  file["images"][0]["id"] = 1;
  file["annotations"][0]["image_id"] = 1;
  WriteFile(folder / "annotations-1-of-2.json", file.dump());
  const LabelledSet set = ReadCocoSet(folder.path(), {});
  ASSERT_EQ(set.images.size(), 2U);
  EXPECT_EQ(set.images[0].id, 1);
  EXPECT_EQ(set.images[1].file, folder.path() / "images" / "a.jpg");
  const testing::TempDir empty;
  EXPECT_THROW(ReadCocoSet(empty.path(), {}), Error);
  EXPECT_THROW(ListPictures(empty.path()), Error);
}

TEST(Coco, ReadsTheRealSet) {
  TENJO_NEEDS_SHARED("coco-person/person_keypoints_val.json");
  const LabelledSet set = ReadCoco(testing::SharedData("coco-person/person_keypoints_val.json"),
                                   testing::SharedData("coco-person/val"));
  EXPECT_EQ(set.images.size(), 300U);
  EXPECT_EQ(set.num_people(), 905);
  EXPECT_EQ(set.num_labelled(), 648);
  EXPECT_EQ(set.skipped.total(), 0);
}

}  // namespace
}  // namespace tenjo
