#include <gtest/gtest.h>

#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/read_video.h"
#include "tenjo/testing/video_files.h"
#include "tenjo/video/source.h"

namespace tenjo {
namespace {

using testing::Contains;
using testing::CopyStart;
using testing::ErrorOf;
using testing::MarkedImage;
using testing::Open;
using testing::ReadAll;
using testing::ReadMark;
using testing::TempDir;

void WriteImage(const std::filesystem::path& path, int mark, cv::Size size = {96, 64}) {
  ASSERT_TRUE(cv::imwrite(path.string(), MarkedImage(mark, size)));
}

std::vector<std::int64_t> Ids(const std::vector<Frame>& frames) {
  std::vector<std::int64_t> ids;
  for (const Frame& frame : frames) {
    ids.push_back(frame.image_id);
  }
  return ids;
}

TEST(ImageSource, ReadsAFolderInByteOrderWithIdsOfTheNames) {
  const TempDir folder;
  WriteImage(folder / "000000000139.jpg", 1);
  WriteImage(folder / "000000000785.png", 2, {50, 80});
  WriteImage(folder / "000000000285.JPG", 3);
  WriteFile(folder / "readme.txt", "no image");
  WriteFile(folder / "._000000000139.jpg", "a Mac's shadow");
  std::filesystem::create_directory(folder / "sub.jpg");
  const auto source = Open(folder.path());
  EXPECT_EQ(source->info().frames, 3);
  EXPECT_EQ(source->info().width, 96);
  EXPECT_DOUBLE_EQ(source->info().fps, 25);
  const std::vector<Frame> frames = ReadAll(*source);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(Ids(frames), (std::vector<std::int64_t>{139, 285, 785}));
  EXPECT_EQ(ReadMark(frames[0].image), 1);
  EXPECT_EQ(ReadMark(frames[1].image), 3);
  EXPECT_EQ(ReadMark(frames[2].image), 2);
  EXPECT_EQ(frames[2].image.size(), cv::Size(50, 80));
  EXPECT_EQ(frames[2].number, 2);
  EXPECT_DOUBLE_EQ(frames[2].time_s, 0.08);
  EXPECT_EQ(frames[0].camera, folder.path().filename().string());
  EXPECT_EQ(source->Warning(), "");
}

TEST(ImageSource, CountsPlacesWhereNamesGiveNoIds) {
  const std::vector<std::vector<std::string>> cases = {
      {"a.png", "b2.png"},                        // one has no number
      {"a7_1.png", "b8_1.png"},                   // the same number
      {"x99999999999999999999.png", "x12.png"}};  // beyond 64 bits
  for (const auto& names : cases) {
    const TempDir folder;
    for (const std::string& name : names) {
      WriteImage(folder / name, 1);
    }
    EXPECT_EQ(Ids(ReadAll(*Open(folder.path()))), (std::vector<std::int64_t>{1, 2})) << names[0];
  }
  const TempDir folder;
  WriteImage(folder / "cam2_0010_left.png", 1);
  WriteImage(folder / "cam2_0011_left.png", 1);
  EXPECT_EQ(Ids(ReadAll(*Open(folder.path()))), (std::vector<std::int64_t>{10, 11}));
}

TEST(ImageSource, ReadsAPattern) {
  const TempDir folder;
  WriteImage(folder / "a10.png", 10);
  WriteImage(folder / "a9.png", 9);
  WriteImage(folder / "b1.png", 1);
  const auto source = Open(folder / "a*.png");
  const std::vector<Frame> frames = ReadAll(*source);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(ReadMark(frames[0].image), 10);  // bytes, not numbers, make the order
  EXPECT_EQ(frames[1].image_id, 9);
  EXPECT_EQ(frames[0].camera, folder.path().filename().string());
  EXPECT_TRUE(Contains(ErrorOf(folder / "c*.png"), "no file is like"));
  WriteFile(folder / "v.mp4", "x");
  EXPECT_TRUE(Contains(ErrorOf(folder / "v*"), "a pattern is for images"));
}

TEST(ImageSource, ReadsOneImage) {
  const TempDir folder;
  WriteImage(folder / "face.png", 5);
  const std::vector<Frame> frames = ReadAll(*Open(folder / "face.png"));
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].camera, "face");
  EXPECT_EQ(frames[0].image_id, 1);
}

TEST(ImageSource, MakesEightBitBgrOfEverything) {
  const TempDir folder;
  cv::imwrite((folder / "1_grey.png").string(), cv::Mat(8, 9, CV_8UC1, cv::Scalar(77)));
  cv::imwrite((folder / "2_grey16.png").string(), cv::Mat(8, 9, CV_16UC1, cv::Scalar(77 * 257)));
  cv::imwrite((folder / "3_alpha.png").string(), cv::Mat(8, 9, CV_8UC4, cv::Scalar(10, 20, 30, 0)));
  cv::imwrite((folder / "4_deep.png").string(),
              cv::Mat(8, 9, CV_16UC3, cv::Scalar(10 * 257, 20 * 257, 30 * 257)));
  cv::imwrite((folder / "5_line.png").string(), cv::Mat(1, 33, CV_8UC3, cv::Scalar(10, 20, 30)));
  cv::imwrite((folder / "6_dot.png").string(), cv::Mat(1, 1, CV_8UC3, cv::Scalar(10, 20, 30)));
  const std::vector<Frame> frames = ReadAll(*Open(folder.path()));
  ASSERT_EQ(frames.size(), 6U);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    ASSERT_EQ(frames[i].image.type(), CV_8UC3) << i;
    EXPECT_EQ(frames[i].image.at<cv::Vec3b>(0, 0),
              i < 2 ? cv::Vec3b(77, 77, 77) : cv::Vec3b(10, 20, 30))
        << i;
  }
  EXPECT_EQ(frames[4].image.size(), cv::Size(33, 1));
}

TEST(ImageSource, LeavesOutBrokenImagesAndSaysSo) {
  const TempDir folder;
  for (int i = 1; i <= 6; ++i) {
    WriteImage(folder / (std::to_string(i) + ".jpg"), i);
  }
  const auto bytes = std::filesystem::file_size(folder / "1.jpg");
  CopyStart(folder / "2.jpg", folder / "copy", bytes / 2);
  std::filesystem::rename(folder / "copy", folder / "2.jpg");
  WriteFile(folder / "4.jpg", "");
  WriteFile(folder / "5.jpg", "words, not pixels");
  const auto source = Open(folder.path());
  const std::vector<Frame> frames = ReadAll(*source);
  EXPECT_EQ(Ids(frames), (std::vector<std::int64_t>{1, 3, 6}));
  EXPECT_EQ(frames.back().number, 5);
  const std::string warning = source->Warning();
  EXPECT_TRUE(Contains(warning, "3 of 6 images")) << warning;
  EXPECT_TRUE(Contains(warning, "2.jpg (the file is cut short)")) << warning;
}

TEST(ImageSource, NamesFoldersAndImagesThatGiveNothing) {
  const TempDir folder;
  EXPECT_TRUE(Contains(ErrorOf(folder.path()), "holds no images"));
  WriteFile(folder / "1.jpg", "words");
  EXPECT_TRUE(Contains(ErrorOf(folder / "1.jpg"), "not an image that can be decoded"));
  WriteFile(folder / "2.png", "");
  EXPECT_TRUE(Contains(ErrorOf(folder.path()), "none of the 2 images"));
  EXPECT_TRUE(Contains(ErrorOf(folder / "3.png"), "no such file"));
  // A header of a picture without pixels.
  WriteFile(folder / "zero.pgm", "P5\n0 0\n255\n");
  EXPECT_TRUE(Contains(ErrorOf(folder / "zero.pgm"), "cannot read"));
  EXPECT_TRUE(Contains(ErrorOf(folder / "2.png", [](SourceOptions& o) { o.image_fps = 0; }),
                       "images a second"));
}

TEST(ImageSource, TakesStartEndAndLoop) {
  const TempDir folder;
  for (int i = 0; i < 10; ++i) {
    WriteImage(folder / (std::to_string(i) + ".png"), i);
  }
  const auto source = Open(folder.path(), [](SourceOptions& o) {
    o.image_fps = 10;
    o.start_s = 0.3;
    o.end_s = 0.6;
    o.loop = true;
  });
  const std::vector<Frame> frames = ReadAll(*source, 7);
  ASSERT_EQ(frames.size(), 7U);
  for (int i = 0; i < 7; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    EXPECT_EQ(frame.number, 3 + i);
    EXPECT_NEAR(frame.time_s, 0.3 + i * 0.1, 1e-9);
    EXPECT_EQ(ReadMark(frame.image), 3 + i % 3);
  }
  EXPECT_TRUE(
      Contains(ErrorOf(folder.path(), [](SourceOptions& o) { o.start_s = 9; }), "past the end"));
}

}  // namespace
}  // namespace tenjo
