#include "tenjo/dataset/mot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

std::string ErrorOf(const std::string& text) {
  try {
    ParseMot(text, "det.txt");
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(MotTest, ReadsDetections) {
  const MotFile file = ParseMot(
      "1,-1,10.5,20,30,40.25,0.9,-1,-1,-1\n"
      "1,-1,-3,2e1,30,40,-2\n"
      " 4 , 7 , +1 , 2 , 3 , 4 \n",
      "det.txt");
  const std::vector<MotBox> truth = {
      {1, -1, {10.5, 20, 30, 40.25}, 0.9}, {1, -1, {-3, 20, 30, 40}, -2}, {4, 7, {1, 2, 3, 4}, 1}};
  EXPECT_EQ(file.boxes, truth);
  EXPECT_TRUE(file.warnings.empty());
}

TEST(MotTest, LineEndsMarksAndBlankLines) {
  const std::vector<MotBox> truth = {{1, -1, {1, 2, 3, 4}, 0.5}, {2, -1, {1, 2, 3, 4}, 0.5}};
  for (const std::string end : {"\n", "\r\n", "\r", "\n\n", "\r\n \t\r\n"}) {
    const std::string text = "1,-1,1,2,3,4,0.5,-1,-1,-1" + end + "2,-1,1,2,3,4,0.5,-1,-1,-1";
    EXPECT_EQ(ParseMot(text, "det.txt").boxes, truth);
    EXPECT_EQ(ParseMot(text + end, "det.txt").boxes, truth);
    EXPECT_EQ(ParseMot(std::string("\xEF\xBB\xBF").append(end).append(text), "det.txt").boxes,
              truth);
  }
}

TEST(MotTest, WholeNumbersMayHavePoints) {
  const MotFile file = ParseMot("1.0,-1.000000e+00,1,2,3,4\n", "det.txt");
  EXPECT_EQ(file.boxes, (std::vector<MotBox>{{1, -1, {1, 2, 3, 4}, 1}}));
}

TEST(MotTest, ColumnsAfterTheScoreAreNotRead) {
  EXPECT_EQ(ParseMot("1,-1,1,2,3,4,1,nan,words,", "det.txt").boxes.size(), 1U);
}

TEST(MotTest, EmptyFileHasNoBoxesAndSaysSo) {
  for (const std::string text : {"", "\n", "\r\n\r\n", "  \n", "\xEF\xBB\xBF"}) {
    const MotFile file = ParseMot(text, "det.txt");
    EXPECT_TRUE(file.boxes.empty());
    EXPECT_EQ(file.warnings, std::vector<std::string>{"det.txt: there are no boxes in it"});
  }
}

TEST(MotTest, FramesOutOfOrderAreSortedAndKeepTheirOrderInside) {
  const MotFile file =
      ParseMot("3,-1,1,0,1,1\n1,-1,2,0,1,1\n3,-1,3,0,1,1\n1,-1,1,0,1,1\n2,-1,5,0,1,1\n", "det.txt");
  std::vector<std::pair<std::int64_t, double>> order;
  for (const MotBox& box : file.boxes) {
    order.emplace_back(box.frame, box.box.x);
  }
  EXPECT_EQ(order,
            (std::vector<std::pair<std::int64_t, double>>{{1, 2}, {1, 1}, {2, 5}, {3, 1}, {3, 3}}));
  EXPECT_TRUE(file.sorted);
  EXPECT_EQ(file.warnings,
            std::vector<std::string>{"det.txt: frames were out of order and have been sorted"});
}

TEST(MotTest, BoxesWithoutSizeAreCountedAndLeftOut) {
  const MotFile file = ParseMot(
      "1,-1,1,2,0,4\n1,-1,1,2,3,0\n1,-1,1,2,-3,4\n1,-1,1,2,1e-9,4\n2,-1,1,2,3,4\n", "det.txt");
  EXPECT_EQ(file.boxes.size(), 1U);
  EXPECT_EQ(file.empty_boxes, 4U);
  EXPECT_EQ(file.warnings,
            std::vector<std::string>{"det.txt: 4 lines left out: the box has no size"});
}

TEST(MotTest, RepeatedBoxesAreLeftOutAndTheHighestScoreStays) {
  const MotFile file = ParseMot(
      "1,-1,1,2,3,4,0.5\n1,-1,1,2,3,4,0.9\n1,-1,9,2,3,4,0.5\n1,-1,1,2,3,4,0.1\n"
      "1,5,1,2,3,4,0.5\n2,-1,1,2,3,4,0.5\n",
      "det.txt");
  const std::vector<MotBox> truth = {{1, -1, {1, 2, 3, 4}, 0.9},
                                     {1, -1, {9, 2, 3, 4}, 0.5},
                                     {1, 5, {1, 2, 3, 4}, 0.5},
                                     {2, -1, {1, 2, 3, 4}, 0.5}};
  EXPECT_EQ(file.boxes, truth);
  EXPECT_EQ(file.repeated, 2U);
  EXPECT_EQ(file.warnings,
            std::vector<std::string>{"det.txt: 2 lines left out: the same box is already there"});
}

TEST(MotTest, HugeFrameNumbersAreKept) {
  EXPECT_EQ(ParseMot("1000000000,-1,1,2,3,4\n", "det.txt").boxes.at(0).frame, 1'000'000'000);
}

TEST(MotTest, BadLinesAreNamed) {
  const std::string good = "1,-1,1,2,3,4\n\n";
  EXPECT_EQ(ErrorOf(good + "1,-1,nan,2,3,4\n"),
            "det.txt, line 3: the x must be a finite number and is \"nan\"");
  EXPECT_EQ(ErrorOf(good + "1,-1,1,2,3,inf\n"),
            "det.txt, line 3: the height must be a finite number and is \"inf\"");
  EXPECT_EQ(ErrorOf(good + "1,-1,1,2,3,4,-NaN\n"),
            "det.txt, line 3: the score must be a finite number and is \"-NaN\"");
  EXPECT_EQ(ErrorOf(good + "this is a line of words\n"),
            "det.txt, line 3: the frame must be a number and is \"this is a line of words\"");
  EXPECT_EQ(ErrorOf("frame,id,x,y,w,h\n"),
            "det.txt, line 1: the frame must be a number and is \"frame\"");
  EXPECT_EQ(ErrorOf("1,-1,1,2,3\n"),
            "det.txt, line 1: there are 5 columns and must be at least 6, separated by commas: "
            "frame, id, x, y, width, height");
  EXPECT_EQ(ErrorOf("0,-1,1,2,3,4\n"), "det.txt, line 1: the frame is 0 and must be 1 or more");
  EXPECT_EQ(ErrorOf("-7,-1,1,2,3,4\n"), "det.txt, line 1: the frame is -7 and must be 1 or more");
  EXPECT_EQ(ErrorOf("1.5,-1,1,2,3,4\n"),
            "det.txt, line 1: the frame must be a whole number and is \"1.5\"");
  EXPECT_EQ(ErrorOf("1,0.5,1,2,3,4\n"),
            "det.txt, line 1: the id must be a whole number and is \"0.5\"");
  EXPECT_EQ(ErrorOf("2147483648,-1,1,2,3,4\n"),
            "det.txt, line 1: the frame must not be beyond 2147483647 and is \"2147483648\"");
  EXPECT_EQ(ErrorOf("1,-1,1e10,2,3,4\n"),
            "det.txt, line 1: the x must be from -1e9 to 1e9 and is \"1e10\"");
  EXPECT_EQ(ErrorOf("1,-1,1e999,2,3,4\n"),
            "det.txt, line 1: the x must be a number and is \"1e999\"");
  EXPECT_EQ(ErrorOf("1,-1,,2,3,4\n"), "det.txt, line 1: the x must be a number and is \"\"");
  EXPECT_EQ(ErrorOf("1,-1,1,2,3,4,\n"), "det.txt, line 1: the score must be a number and is \"\"");
  EXPECT_EQ(ErrorOf("1;-1;1;2;3;4\n"),
            "det.txt, line 1: the frame must be a number and is \"1;-1;1;2;3;4\"");
}

TEST(MotTest, ErrorsStayOnOneShortLine) {
  const std::string error = ErrorOf("\x1b[31m\x01\xff" + std::string(100'000, 'x') + "\n");
  EXPECT_LT(error.size(), 150U);
  EXPECT_TRUE(std::all_of(error.begin(), error.end(),
                          [](char c) { return c != '\n' && c != '\x1b' && c != '\x01'; }));
}

TEST(MotTest, MissingFile) {
  EXPECT_THROW(ReadMot("/no/such/file.txt"), Error);
  const testing::TempDir folder;
  EXPECT_THROW(ReadMot(folder.path()), Error);
}

TEST(MotTest, WritesResultLines) {
  EXPECT_EQ(FormatMotLine({12, 3, {1.005, -2, 30.126, 40}, 0.987654321}),
            "12,3,1.00,-2.00,30.13,40.00,0.987654,-1,-1,-1\n");
  EXPECT_EQ(FormatMotLine({1, 1, {0, 0, 1, 1}, 1}), "1,1,0.00,0.00,1.00,1.00,1,-1,-1,-1\n");
}

TEST(MotTest, WhatIsWrittenReadsBack) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> cents(-100'000, 100'000);
  std::string text;
  std::vector<MotBox> boxes;
  for (int i = 0; i < 1000; ++i) {
    const MotBox box = {
        1 + i / 7,
        1 + i % 7,
        {cents(random) / 100.0, cents(random) / 100.0, 0.01 + std::abs(cents(random)) / 100.0,
         0.01 + std::abs(cents(random)) / 100.0},
        cents(random) / 1000.0};
    boxes.push_back(box);
    text += FormatMotLine(box);
  }
  const testing::TempDir folder;
  WriteFile(folder / "tracks.txt", text);
  const MotFile file = ReadMot(folder / "tracks.txt");
  ASSERT_EQ(file.boxes.size(), boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    EXPECT_EQ(FormatMotLine(file.boxes[i]), FormatMotLine(boxes[i]));
  }
}

// Either boxes that keep the header's promises, or one line that names file and line.
void ExpectAnswerOrError(const std::string& text) {
  try {
    const MotFile file = ParseMot(text, "det.txt");
    std::int64_t last = 1;
    for (const MotBox& box : file.boxes) {
      ASSERT_GE(box.frame, last);
      ASSERT_LE(box.frame, kMaxMotFrame);
      ASSERT_GE(box.box.w, 1e-6);
      ASSERT_GE(box.box.h, 1e-6);
      for (const double v : {box.box.x, box.box.y, box.box.w, box.box.h, box.score}) {
        ASSERT_LE(std::abs(v), 1e9);
      }
      last = box.frame;
    }
  } catch (const Error& error) {
    const std::string what = error.what();
    ASSERT_TRUE(what.starts_with("det.txt, line ")) << what;
    ASSERT_EQ(what.find_first_of("\r\n"), std::string::npos) << what;
  }
}

TEST(MotTest, RandomBytesNeverCrash) {
  std::mt19937 random(2);
  std::uniform_int_distribution<int> byte(0, 255);
  constexpr std::string_view kLikely = "0123456789,,,,..-+eE \t\r\n\nnaifNAIF\xEF\xBB\xBF";
  std::uniform_int_distribution<std::size_t> likely(0, kLikely.size() - 1);
  for (int run = 0; run < 20'000; ++run) {
    std::string text(random() % 200, ' ');
    for (char& c : text) {
      c = run % 2 == 0 ? static_cast<char>(byte(random)) : kLikely[likely(random)];
    }
    ExpectAnswerOrError(text);
  }
}

TEST(MotTest, DamagedFilesNeverCrash) {
  std::mt19937 random(3);
  std::string valid;
  for (int i = 0; i < 30; ++i) {
    valid += FormatMotLine({1 + i / 3, -1, {i * 3.25, i * 1.5, 20.0 + i, 40}, 0.5});
  }
  const std::vector<std::string> pieces = {
      "nan", "-inf", "1e308", "1e-320",          ",", "\n",          "\r",
      "0",   "-",    "1e9",   std::string(1, 0), "",  "999999999999"};
  for (int run = 0; run < 20'000; ++run) {
    std::string text = valid;
    for (unsigned change = 0; change <= random() % 4; ++change) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = static_cast<char>(random() % 256);
          break;
        case 1:
          text.erase(at, random() % 20);
          break;
        case 2:
          text.insert(at, pieces[random() % pieces.size()]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 60));
      }
      text += "1";
    }
    ExpectAnswerOrError(text);
  }
}

}  // namespace
}  // namespace tenjo
