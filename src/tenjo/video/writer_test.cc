#include "tenjo/video/writer.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <opencv2/core.hpp>
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
using testing::MarkedImage;
using testing::ReadMark;
using testing::TempDir;

std::vector<Frame> ReadAll(const std::filesystem::path& path) {
  const auto source = testing::Open(path);
  std::vector<Frame> frames = testing::ReadAll(*source);
  EXPECT_EQ(source->Warning(), "");
  return frames;
}

std::string ErrorOf(const std::filesystem::path& path) {
  return testing::MessageOf([&] { VideoWriter::Create(path, 10); });
}

std::size_t FilesIn(const TempDir& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()),
                                                std::filesystem::directory_iterator()));
}

TEST(VideoWriter, WritesWhatIsReadBack) {
  const TempDir folder;
  const auto writer = VideoWriter::Create(folder / "a.mp4", 12.5);
  for (int i = 0; i < 40; ++i) {
    writer->Write(MarkedImage(i, {160, 120}));
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "a.mp4"));
  writer->Finish();
  EXPECT_EQ(FilesIn(folder), 1U);
  const std::vector<Frame> frames = ReadAll(folder / "a.mp4");
  ASSERT_EQ(frames.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    EXPECT_EQ(ReadMark(frame.image), i);
    EXPECT_NEAR(frame.time_s, i / 12.5, 1e-4);
  }
}

TEST(VideoWriter, LeavesNothingWithoutFinish) {
  const TempDir folder;
  {
    const auto writer = VideoWriter::Create(folder / "a.mp4", 10);
    writer->Write(MarkedImage(1, {160, 120}));
  }
  EXPECT_EQ(FilesIn(folder), 0U);
}

TEST(VideoWriter, MakesNoFileOfNoImages) {
  const TempDir folder;
  VideoWriter::Create(folder / "a.mp4", 10)->Finish();
  EXPECT_EQ(FilesIn(folder), 0U);
}

TEST(VideoWriter, ReplacesAnOlderFile) {
  const TempDir folder;
  WriteFile(folder / "a.mp4", "old");
  const auto writer = VideoWriter::Create(folder / "a.mp4", 10);
  writer->Write(MarkedImage(3, {160, 120}));
  EXPECT_EQ(ReadFile(folder / "a.mp4"), "old");
  writer->Finish();
  EXPECT_EQ(ReadAll(folder / "a.mp4").size(), 1U);
}

TEST(VideoWriter, PadsOddAndTinySizes) {
  const TempDir folder;
  for (const auto& [given, written] :
       std::vector<std::pair<cv::Size, cv::Size>>{{{35, 17}, {36, 18}},
                                                  {{161, 120}, {162, 120}},
                                                  {{64, 1}, {64, 16}},
                                                  {{1, 1}, {16, 16}}}) {
    const auto writer = VideoWriter::Create(folder / "odd.mp4", 10);
    for (int i = 0; i < 5; ++i) {
      writer->Write(cv::Mat(given, CV_8UC3, cv::Scalar(200, 200, 200)));
    }
    writer->Finish();
    const std::vector<Frame> frames = ReadAll(folder / "odd.mp4");
    ASSERT_EQ(frames.size(), 5U);
    EXPECT_EQ(frames[0].image.size(), written);
    EXPECT_NEAR(frames[4].image.at<cv::Vec3b>(0, 0)[1], 200, 25) << given;
  }
}

TEST(VideoWriter, LettersOtherSizesIntoTheFirst) {
  const TempDir folder;
  const auto writer = VideoWriter::Create(folder / "mixed.mp4", 10);
  const cv::Scalar grey(180, 180, 180);
  writer->Write(cv::Mat(120, 160, CV_8UC3, grey));
  writer->Write(cv::Mat(60, 20, CV_8UC3, grey));     // tall: 40 wide in the middle
  writer->Write(cv::Mat(480, 1280, CV_8UC3, grey));  // wide: 60 high in the middle
  writer->Write(cv::Mat(120, 160, CV_8UC1, cv::Scalar(180)));
  writer->Write(cv::Mat(120, 160, CV_8UC4, grey));
  writer->Finish();
  const std::vector<Frame> frames = ReadAll(folder / "mixed.mp4");
  ASSERT_EQ(frames.size(), 5U);
  const auto green = [&](std::size_t i, int x, int y) {
    return static_cast<int>(frames[i].image.at<cv::Vec3b>(y, x)[1]);
  };
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(frames[i].image.size(), cv::Size(160, 120));
    EXPECT_NEAR(green(i, 80, 60), 180, 12) << i;
  }
  EXPECT_LT(green(1, 50, 60), 20);
  EXPECT_NEAR(green(1, 66, 60), 180, 12);
  EXPECT_LT(green(2, 80, 20), 20);
  EXPECT_NEAR(green(2, 80, 36), 180, 12);
  EXPECT_NEAR(green(3, 2, 2), 180, 12);
  EXPECT_NEAR(green(4, 2, 2), 180, 12);
}

TEST(VideoWriter, TakesAnyFrameRate) {
  const TempDir folder;
  for (const auto& [fps, written] :
       std::vector<std::pair<double, double>>{{0, 25},
                                              {-1, 25},
                                              {std::nan(""), 25},
                                              {std::numeric_limits<double>::infinity(), 25},
                                              {1e9, 240},
                                              {1e-9, 0.1},
                                              {29.97, 29.97},
                                              {90000, 240}}) {
    const auto writer = VideoWriter::Create(folder / "fps.mp4", fps);
    for (int i = 0; i < 3; ++i) {
      writer->Write(MarkedImage(i, {64, 48}));
    }
    writer->Finish();
    const std::vector<Frame> frames = ReadAll(folder / "fps.mp4");
    ASSERT_EQ(frames.size(), 3U) << fps;
    EXPECT_NEAR(frames[1].time_s, 1 / written, 0.01 / written) << fps;
  }
}

TEST(VideoWriter, NamesWhatCannotBeWritten) {
  const TempDir folder;
  EXPECT_TRUE(Contains(ErrorOf(folder / "a.webm"), "written as .mp4"));
  EXPECT_TRUE(Contains(ErrorOf(folder / "a"), "written as .mp4"));
  EXPECT_TRUE(Contains(ErrorOf(folder / "absent" / "a.mp4"), "No such file or directory"));
  std::filesystem::create_directory(folder / "b.mp4");
  EXPECT_TRUE(Contains(ErrorOf(folder / "b.mp4"), "it is not a file"));
  if (geteuid() != 0) {
    std::filesystem::permissions(
        folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_TRUE(Contains(ErrorOf(folder / "c.mp4"), "Permission denied"));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  }
}

TEST(VideoWriter, NoticesAFullDisk) {
  const TempDir folder;
  if (mount("tenjo", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "needs to mount a small disk";
  }
  std::string text = "no error";
  try {
    const auto writer = VideoWriter::Create(folder / "a.mp4", 10);
    cv::Mat noise(240, 320, CV_8UC3);
    cv::RNG random(1);
    for (int i = 0; i < 120; ++i) {
      random.fill(noise, cv::RNG::UNIFORM, 0, 256);
      writer->Write(noise);
    }
    writer->Finish();
  } catch (const Error& error) {
    text = error.what();
  }
  EXPECT_TRUE(Contains(text, "no space left")) << text;
  EXPECT_EQ(FilesIn(folder), 0U);
  umount(folder.path().c_str());
}

}  // namespace
}  // namespace tenjo
