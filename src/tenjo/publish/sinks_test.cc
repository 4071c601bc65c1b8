#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/publish/coco_results.h"
#include "tenjo/publish/json_lines.h"
#include "tenjo/publish/mot_results.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

using nlohmann::json;
using testing::TempDir;

Frame MakeFrame(std::int64_t number) {
  Frame frame;
  frame.number = number;
  frame.time_s = 0.1 * static_cast<double>(number);
  frame.camera = "door \"1\"";
  frame.image_id = 139;
  return frame;
}

Person MakePerson(std::optional<std::int64_t> id) {
  Person person;
  person.id = id;
  person.score = 0.87654;
  person.box = {1.234, 5.678, 100, 200.5};
  person.keypoints[kNose] = {50.126F, 20.5F, 0.9F};
  return person;
}

TEST(FrameToJson, HoldsWhatTheFrameHolds) {
  const json line = json::parse(FrameToJson(MakeFrame(7), {MakePerson(3), MakePerson({})}));
  EXPECT_EQ(line["frame"], 7);
  EXPECT_NEAR(line["time"].get<double>(), 0.7, 1e-9);
  EXPECT_EQ(line["camera"], "door \"1\"");
  ASSERT_EQ(line["people"].size(), 2U);
  const json& person = line["people"][0];
  EXPECT_EQ(person["id"], 3);
  EXPECT_NEAR(person["score"].get<double>(), 0.877, 1e-9);
  EXPECT_EQ(person["box"], json::parse("[1.23, 5.68, 100.0, 200.5]"));
  ASSERT_EQ(person["keypoints"].size(), 17U);
  EXPECT_EQ(person["keypoints"][0], json::parse("[50.13, 20.5, 0.9]"));
  EXPECT_EQ(person["keypoints"][1], json::parse("[0, 0, 0]"));
  EXPECT_TRUE(line["people"][1]["id"].is_null());
}

TEST(FrameToJson, HoldsRotatedBoxesWhereThereAreSome) {
  Person person = MakePerson(3);
  person.rotated_box = {10, 20.126, 30, 40, -45.5};
  const json line = json::parse(FrameToJson(MakeFrame(7), {person, MakePerson(4)}));
  EXPECT_EQ(line["people"][0]["rotated_box"], json::parse("[10.0, 20.13, 30.0, 40.0, -45.5]"));
  EXPECT_FALSE(line["people"][1].contains("rotated_box"));
}

TEST(FrameToJson, CameraNamesAreBytesOfAnyKind) {
  Frame frame = MakeFrame(0);
  frame.camera = "caf\xe9\n\t\x01";
  EXPECT_TRUE(json::accept(FrameToJson(frame, {})));
}

TEST(JsonLinesSink, WritesALineAFrame) {
  const TempDir dir;
  JsonLinesSink sink(dir / "out.jsonl");
  sink.Write(MakeFrame(0), {});
  sink.Write(MakeFrame(1), {MakePerson(1)});
  sink.Finish();
  const std::string text = ReadFile(dir / "out.jsonl");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(CocoResultsSink, IsAnArrayEvenWhenEmpty) {
  const TempDir dir;
  CocoResultsSink empty(dir / "empty.json");
  empty.Write(MakeFrame(0), {});
  empty.Finish();
  EXPECT_EQ(json::parse(ReadFile(dir / "empty.json")), json::array());

  CocoResultsSink sink(dir / "two.json");
  sink.Write(MakeFrame(0), {MakePerson(1)});
  Person turned = MakePerson({});
  turned.rotated_box = {10, 20, 30, 40, -45.5};
  sink.Write(MakeFrame(1), {turned});
  sink.Finish();
  const json results = json::parse(ReadFile(dir / "two.json"));
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0]["image_id"], 139);
  EXPECT_EQ(results[0]["category_id"], 1);
  ASSERT_EQ(results[0]["keypoints"].size(), 51U);
  EXPECT_NEAR(results[0]["keypoints"][0].get<double>(), 50.126 + 0.5, 0.006)
      << "COCO counts from the first pixel's corner";
  EXPECT_NEAR(results[0]["bbox"][0].get<double>(), 1.234 + 0.5, 0.006);
  EXPECT_EQ(results[0]["keypoints"][3], 0);
  EXPECT_FALSE(results[0].contains("rotated_box"));
  EXPECT_EQ(results[1]["rotated_box"], json::parse("[10.5, 20.5, 30.0, 40.0, -45.5]"));
  EXPECT_NEAR(results[0]["score"].get<double>(), 0.87654, 1e-6);
}

TEST(MotResultsSink, CountsFramesFromOne) {
  const TempDir dir;
  MotResultsSink sink(dir / "mot.txt");
  sink.Write(MakeFrame(0), {MakePerson(4), MakePerson({})});
  sink.Finish();
  EXPECT_EQ(ReadFile(dir / "mot.txt"),
            "1,4,1.23,5.68,100.00,200.50,0.87654,-1,-1,-1\n"
            "1,-1,1.23,5.68,100.00,200.50,0.87654,-1,-1,-1\n");
}

TEST(Sinks, LeaveNothingWithoutFinish) {
  const TempDir dir;
  {
    JsonLinesSink lines(dir / "out.jsonl");
    CocoResultsSink coco(dir / "out.json");
    MotResultsSink mot(dir / "out.txt");
    lines.Write(MakeFrame(0), {MakePerson(1)});
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

}  // namespace
}  // namespace tenjo
