#include "tenjo/dataset/frame_lines.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/testing/errors.h"

namespace tenjo {
namespace {

std::string Keypoints() {
  std::string text = "[[1.50,2,0.9]";
  for (int i = 1; i < kNumKeypoints; ++i) {
    text += ",[0,0,0]";
  }
  return text + "]";
}

std::string Line(int frame) {
  return R"({"frame":)" + std::to_string(frame) +
         R"(,"time":0.4,"camera":"door","people":[{"id":7,"score":0.5,"box":[1,2,3,4],)"
         R"("rotated_box":[2.5,4,3,4,10],"keypoints":)" +
         Keypoints() + R"(},{"id":null,"score":1,"box":[0,0,5,6],"keypoints":)" + Keypoints() +
         "}]}\n";
}

TEST(FrameLines, ReadsFramesAndTheirPeople) {
  const auto frames =
      ParseFrameLines(Line(3) + "\n" + R"({"frame":5,"time":1,"camera":"","people":[]})", "f");
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].number, 3);
  EXPECT_EQ(frames[0].time_s, 0.4);
  ASSERT_EQ(frames[0].people.size(), 2U);
  const Person& first = frames[0].people[0];
  EXPECT_EQ(first.id, 7);
  EXPECT_EQ(first.score, 0.5);
  EXPECT_EQ(first.box.h, 4);
  ASSERT_TRUE(first.rotated_box);
  EXPECT_EQ(first.rotated_box->degrees, 10);
  EXPECT_EQ(first.keypoints[0].x, 1.5F);
  EXPECT_EQ(first.keypoints[1].score, 0);
  EXPECT_FALSE(frames[0].people[1].id);
  EXPECT_FALSE(frames[0].people[1].rotated_box);
  EXPECT_TRUE(frames[1].people.empty());
  EXPECT_TRUE(ParseFrameLines("", "f").empty());
}

TEST(FrameLines, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, what] : std::initializer_list<std::pair<std::string, std::string>>{
           {"{}", "f, line 1: it is not a frame"},
           {Line(0) + "{", "f, line 2: it is not a frame"},
           {Line(1) + Line(1), "f, line 2: its frame does not come after"},
           {R"({"frame":-1,"time":0,"people":[]})", "frames count from 0"},
           {R"({"frame":1,"time":1e300,"people":[]})", "a number is too large"},
           {R"({"frame":1,"time":0,"people":[{"id":1,"score":1,"box":[1,2,3],"keypoints":[]}]})",
            "box must be 4 numbers"},
           {R"({"frame":1,"time":0,"people":[{"id":1,"score":1,"box":[1,2,3,4],"keypoints":[]}]})",
            "keypoints must be 17 numbers"}}) {
    EXPECT_NE(testing::Failure([&, &text = text] { ParseFrameLines(text, "f"); }).find(what),
              std::string::npos)
        << text;
  }
}

// Whatever bytes come: frames, or an Error.
TEST(FrameLines, DamagedTextIsReadOrRefused) {
  std::mt19937_64 random(11);
  const std::string good = Line(0) + Line(1);
  int refused = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::string text = good;
    for (int i = 0; i <= static_cast<int>(random() % 4); ++i) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, 1 + random() % 20);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 20));
      }
    }
    try {
      for (const FrameLine& frame : ParseFrameLines(text, "f")) {
        EXPECT_GE(frame.number, 0);
      }
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace tenjo
