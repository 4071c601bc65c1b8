#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
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
using testing::Ffmpeg;
using testing::MakeVideo;
using testing::Open;
using testing::ReadAll;
using testing::ReadMark;
using testing::TempDir;

void AppendGarbage(const std::filesystem::path& path, int bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  std::mt19937 random(1);
  for (int i = 0; i < bytes; ++i) {
    file.put(static_cast<char>(random()));
  }
}

TEST(FileSource, GivesAllFramesInOrder) {
  const TempDir folder;
  MakeVideo(folder / "door.mp4");
  const auto source = Open(folder / "door.mp4");
  EXPECT_EQ(source->info().width, 160);
  EXPECT_EQ(source->info().height, 120);
  EXPECT_DOUBLE_EQ(source->info().fps, 10);
  EXPECT_EQ(source->info().frames, 30);
  EXPECT_FALSE(source->info().live);
  const std::vector<Frame> frames = ReadAll(*source);
  ASSERT_EQ(frames.size(), 30U);
  for (int i = 0; i < 30; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    EXPECT_EQ(frame.number, i);
    EXPECT_EQ(frame.image_id, i + 1);
    EXPECT_NEAR(frame.time_s, i * 0.1, 1e-9);
    EXPECT_EQ(frame.camera, "door");
    EXPECT_EQ(frame.image.type(), CV_8UC3);
    EXPECT_EQ(ReadMark(frame.image), i);  // and no frame shares its image with another
  }
  EXPECT_EQ(source->Warning(), "");
  Frame frame;
  EXPECT_FALSE(source->Read(frame));
}

TEST(FileSource, TakesTheCamerasGivenName) {
  const TempDir folder;
  MakeVideo(folder / "a.mp4");
  const auto source = Open(folder / "a.mp4", [](SourceOptions& o) { o.camera = "bar"; });
  EXPECT_EQ(ReadAll(*source, 1).at(0).camera, "bar");
}

TEST(FileSource, ReadsNamesThatLookLikeProtocolsAndPatterns) {
  const TempDir folder;
  for (const char* name : {"rec:10:30.mp4", "50%d.mp4", "a [1]*.mp4"}) {
    MakeVideo(folder / "plain.mp4");
    std::filesystem::rename(folder / "plain.mp4", folder / name);
    EXPECT_EQ(ReadAll(*Open(folder / name)).size(), 30U) << name;
  }
}

TEST(FileSource, StartAndEndAreExactToTheFrame) {
  const TempDir folder;
  MakeVideo(folder / "b.mp4", {.frames = 100, .fourcc = "avc1"});
  std::mt19937 random(5);
  for (int round = 0; round < 12; ++round) {
    // On frames' times and between them.
    const int first = std::uniform_int_distribution<int>(0, 90)(random);
    const int last = std::uniform_int_distribution<int>(first + 1, 99)(random);
    const double shift = round % 2 == 0 ? 0 : -0.05;
    const auto source = Open(folder / "b.mp4", [&](SourceOptions& o) {
      o.start_s = std::max(0.0, first * 0.1 + shift);
      o.end_s = last * 0.1 + shift;
    });
    const std::vector<Frame> frames = ReadAll(*source);
    ASSERT_EQ(frames.size(), static_cast<std::size_t>(last - first));
    EXPECT_NEAR(static_cast<double>(source->info().frames), last - first, 1);
    EXPECT_EQ(frames.front().number, first);
    EXPECT_EQ(ReadMark(frames.front().image), first);
    EXPECT_NEAR(frames.front().time_s, first * 0.1, 1e-9);
    EXPECT_EQ(ReadMark(frames.back().image), last - 1);
    EXPECT_EQ(source->Warning(), "");
  }
}

TEST(FileSource, RefusesTimesThatMakeNoSense) {
  const TempDir folder;
  MakeVideo(folder / "c.mp4");
  const auto error = [&](double start_s, double end_s) {
    return ErrorOf(folder / "c.mp4", [&](SourceOptions& o) {
      o.start_s = start_s;
      o.end_s = end_s;
    });
  };
  EXPECT_TRUE(Contains(error(-1, 0), "the start -1"));
  EXPECT_TRUE(Contains(error(std::nan(""), 0), "the start nan"));
  EXPECT_TRUE(Contains(error(0, -2), "the end -2"));
  EXPECT_TRUE(Contains(error(2, 2), "must be after"));
  EXPECT_TRUE(Contains(error(3, 0), "past the end of"));
  EXPECT_TRUE(Contains(error(3, 0), "lasts 3.00 s"));
  EXPECT_EQ(error(2.9, 0), "no error");
}

TEST(FileSource, LoopsWithTimesAndNumbersGoingOn) {
  const TempDir folder;
  MakeVideo(folder / "d.mp4");
  const auto source = Open(folder / "d.mp4", [](SourceOptions& o) { o.loop = true; });
  EXPECT_EQ(source->info().frames, 0);
  const std::vector<Frame> frames = ReadAll(*source, 100);
  ASSERT_EQ(frames.size(), 100U);
  for (int i = 0; i < 100; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    ASSERT_EQ(frame.number, i);
    ASSERT_NEAR(frame.time_s, i * 0.1, 1e-9);
    ASSERT_EQ(ReadMark(frame.image), i % 30);
  }
}

TEST(FileSource, LoopsThePartThatIsAskedFor) {
  const TempDir folder;
  MakeVideo(folder / "d.mp4");
  const auto source = Open(folder / "d.mp4", [](SourceOptions& o) {
    o.loop = true;
    o.start_s = 1;
    o.end_s = 1.5;
  });
  const std::vector<Frame> frames = ReadAll(*source, 12);
  ASSERT_EQ(frames.size(), 12U);
  for (int i = 0; i < 12; ++i) {
    const Frame& frame = frames[static_cast<std::size_t>(i)];
    EXPECT_EQ(frame.number, 10 + i);
    EXPECT_NEAR(frame.time_s, 1 + i * 0.1, 1e-9);
    EXPECT_EQ(ReadMark(frame.image), 10 + i % 5);
  }
}

TEST(FileSource, StopsWhenAsked) {
  const TempDir folder;
  MakeVideo(folder / "e.mp4");
  std::atomic<bool> stop = false;
  const auto source = Open(folder / "e.mp4", [&](SourceOptions& o) { o.stop = &stop; });
  Frame frame;
  EXPECT_TRUE(source->Read(frame));
  stop = true;
  EXPECT_FALSE(source->Read(frame));
}

TEST(FileSource, KeepsVariableFrameRate) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  MakeVideo(folder / "constant.mp4");
  for (const char* name : {"variable.mp4", "variable.mkv", "variable.ts"}) {
    Ffmpeg({"-i", (folder / "constant.mp4").string(), "-vf",
            "settb=1/1000,setpts='if(lt(N,10),N*100,1000+(N-10)*330)'", "-vsync", "passthrough",
            "-enc_time_base", "1/1000", "-c:v", "libx264", (folder / name).string()});
    const auto source = Open(folder / name);
    const std::vector<Frame> frames = ReadAll(*source);
    ASSERT_EQ(frames.size(), 30U) << name;
    for (int i = 0; i < 30; ++i) {
      const double truth = i < 10 ? i * 0.1 : 1 + (i - 10) * 0.33;
      EXPECT_NEAR(frames[static_cast<std::size_t>(i)].time_s, truth, 0.0011) << name << " " << i;
      EXPECT_EQ(ReadMark(frames[static_cast<std::size_t>(i)].image), i);
    }
    EXPECT_EQ(source->Warning(), "") << name;

    const auto part = Open(folder / name, [](SourceOptions& o) {
      o.start_s = 1.9;  // frame 13 is at 1.99 s
      o.end_s = 4.2;    // frame 20 is at 4.30 s
    });
    const std::vector<Frame> some = ReadAll(*part);
    ASSERT_EQ(some.size(), 7U) << name;
    EXPECT_EQ(some.front().number, 13);
    EXPECT_EQ(ReadMark(some.front().image), 13);
  }
}

TEST(FileSource, NamesWhatIsNoVideo) {
  const TempDir folder;
  EXPECT_TRUE(Contains(ErrorOf(folder / "absent.mp4"), "no such file"));
  WriteFile(folder / "empty.mp4", "");
  EXPECT_TRUE(Contains(ErrorOf(folder / "empty.mp4"), "is empty"));
  WriteFile(folder / "text.mp4", "This is not a video.\nReally not.\n");
  EXPECT_TRUE(Contains(ErrorOf(folder / "text.mp4"), "text file"));
  std::filesystem::copy_file(folder / "text.mp4", folder / "notes.txt");
  EXPECT_TRUE(Contains(ErrorOf(folder / "notes.txt"), "text file"));
  AppendGarbage(folder / "noise.mp4", 5000);
  EXPECT_TRUE(Contains(ErrorOf(folder / "noise.mp4"), "no video that can be decoded"));
  EXPECT_TRUE(Contains(ErrorOf(""), "input is empty"));
  EXPECT_TRUE(Contains(ErrorOf("https://host/a.mp4"), "only rtsp://"));
}

TEST(FileSource, NamesAFileOfSoundOnly) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  Ffmpeg({"-f", "lavfi", "-i", "sine=duration=1", (folder / "sound.mp4").string()});
  EXPECT_TRUE(Contains(ErrorOf(folder / "sound.mp4"), "sound only"));
}

TEST(FileSource, NamesAnMp4WithoutItsIndex) {
  const TempDir folder;
  MakeVideo(folder / "whole.mp4");  // the index is at the end
  CopyStart(folder / "whole.mp4", folder / "cut.mp4",
            std::filesystem::file_size(folder / "whole.mp4") / 2);
  EXPECT_TRUE(Contains(ErrorOf(folder / "cut.mp4"), "no index (moov)"));
}

TEST(FileSource, DeliversWhatIsLeftOfACutFile) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  for (const char* ending : {"mp4", "mkv", "ts", "avi"}) {
    const auto whole = folder / (std::string("front.") + ending);
    const auto cut = folder / (std::string("cut.") + ending);
    const bool avi = std::string(ending) == "avi";
    const bool transport = std::string(ending) == "ts";
    MakeVideo(folder / "made.mp4", {.frames = 60});
    // Key frames only, so that half of the bytes are half of the frames.
    Ffmpeg({"-i", (folder / "made.mp4").string(), "-c:v", avi ? "mjpeg" : "libx264", "-g", "1",
            "-movflags", "faststart", whole.string()});
    const auto all = Open(whole);
    EXPECT_EQ(ReadAll(*all).size(), 60U) << ending;
    EXPECT_EQ(all->Warning(), "") << ending;

    CopyStart(whole, cut, std::filesystem::file_size(whole) * 6 / 10 + 1);
    const auto source = Open(cut);
    const std::vector<Frame> frames = ReadAll(*source);
    EXPECT_GT(frames.size(), 20U) << ending;
    EXPECT_LT(frames.size(), 50U) << ending;
    for (std::size_t i = 0; i + 2 < frames.size(); ++i) {  // the last may be damaged
      EXPECT_EQ(ReadMark(frames[i].image), static_cast<int>(i)) << ending;
    }
    const std::string warning = source->Warning();
    EXPECT_TRUE(Contains(warning, "cut short")) << ending << ": " << warning;
    EXPECT_TRUE(Contains(warning, std::to_string(frames.size()))) << ending << ": " << warning;
    if (!transport) {  // which has no header to say so
      EXPECT_TRUE(Contains(warning, "60 frames were expected")) << ending << ": " << warning;
    }
  }
}

TEST(FileSource, PassesOverGarbageAtTheEnd) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  MakeVideo(folder / "whole.mp4", {.fourcc = "avc1"});
  for (const char* ending : {"mp4", "mkv", "avi", "ts"}) {
    const auto path = folder / (std::string("garbage.") + ending);
    Ffmpeg({"-i", (folder / "whole.mp4").string(), "-c", "copy", path.string()});
    AppendGarbage(path, 188 * 20);
    const auto source = Open(path);
    const std::vector<Frame> frames = ReadAll(*source);
    ASSERT_GE(frames.size(), 30U) << ending;
    for (std::size_t i = 0; i < 30; ++i) {
      EXPECT_EQ(ReadMark(frames[i].image), static_cast<int>(i)) << ending;
    }
    if (std::string(ending) != "ts") {
      EXPECT_TRUE(Contains(source->Warning(), "3760 bytes that are not part of the video"))
          << ending << ": " << source->Warning();
    }
  }
}

TEST(FileSource, TakesOddSizesGreyAndDeepPictures) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  struct Case {
    const char* size;
    const char* format;
    const char* codec;
    const char* name;
  };
  for (const Case& c :
       {Case{"35x17", "yuv420p", "mpeg4", "odd.mp4"}, Case{"33x1", "yuv444p", "ffv1", "line.mkv"},
        Case{"1x1", "gray", "ffv1", "dot.mkv"}, Case{"64x36", "gray", "ffv1", "grey.mkv"},
        Case{"64x36", "gray16le", "ffv1", "grey16.mkv"}, Case{"64x36", "bgra", "ffv1", "alpha.mkv"},
        Case{"64x36", "yuv420p10le", "ffv1", "ten.mkv"}}) {
    Ffmpeg({"-f", "lavfi", "-i",
            std::string("color=c=0x2040C0:r=10:d=1:s=") + c.size + ",format=rgba", "-pix_fmt",
            c.format, "-c:v", c.codec, (folder / c.name).string()});
    const auto source = Open(folder / c.name);
    const std::vector<Frame> frames = ReadAll(*source);
    ASSERT_EQ(frames.size(), 10U) << c.name;
    EXPECT_EQ(frames[0].image.type(), CV_8UC3) << c.name;
    EXPECT_EQ(std::to_string(frames[0].image.cols) + "x" + std::to_string(frames[0].image.rows),
              c.size);
    const auto pixel = frames[5].image.at<cv::Vec3b>(frames[5].image.rows / 2, 0);
    const bool grey = std::string(c.format).rfind("gray", 0) == 0;
    EXPECT_NEAR(pixel[0], grey ? 0x45 : 0xC0, 8) << c.name;
    EXPECT_NEAR(pixel[2], grey ? 0x45 : 0x20, 8) << c.name;
  }
}

TEST(FileSource, GoesOnAfterDamageInTheMiddle) {
  TENJO_NEEDS_FFMPEG();
  const TempDir folder;
  MakeVideo(folder / "made.mp4", {.frames = 60});
  Ffmpeg({"-i", (folder / "made.mp4").string(), "-c:v", "libx264", "-g", "1", "-movflags",
          "faststart", (folder / "whole.mp4").string()});
  std::string bytes = ReadFile(folder / "whole.mp4");
  const std::size_t middle = bytes.size() / 2;
  for (std::size_t i = middle; i < middle + bytes.size() / 6; ++i) {
    bytes[i] = static_cast<char>(i * 7919 >> 3);
  }
  WriteFile(folder / "damaged.mp4", bytes);
  const auto source = Open(folder / "damaged.mp4");
  const std::vector<Frame> frames = ReadAll(*source);
  EXPECT_LT(frames.size(), 60U);
  EXPECT_EQ(ReadMark(frames.back().image), 59);
  EXPECT_TRUE(Contains(source->Warning(), "is damaged: 60 frames were expected"))
      << source->Warning();
}

TEST(FileSource, SurvivesDamageAnywhere) {
  const TempDir folder;
  MakeVideo(folder / "whole.mp4", {.size = {64, 48}, .fourcc = "avc1"});
  const std::string whole = ReadFile(folder / "whole.mp4");
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    std::string damaged = whole;
    const int hits = 1 << (round % 8);
    for (int i = 0; i < hits; ++i) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    WriteFile(folder / "damaged.mp4", damaged);
    try {
      const auto source = Open(folder / "damaged.mp4");
      double last = -1;
      for (const Frame& frame : ReadAll(*source, 200)) {
        ASSERT_FALSE(frame.image.empty());
        ASSERT_GT(frame.time_s, last);
        last = frame.time_s;
      }
    } catch (const Error&) {  // as good
    }
  }
}

TEST(FileSource, ReadsTheCameraVideo) {
  TENJO_NEEDS_SHARED("video/one-by-one-person-detection.mp4");
  const auto source = Open(testing::SharedData("video/one-by-one-person-detection.mp4"));
  EXPECT_EQ(source->info().frames, 1394);
  std::int64_t count = 0;
  Frame frame;
  while (source->Read(frame)) {
    ASSERT_EQ(frame.number, count);
    ASSERT_NEAR(frame.time_s, static_cast<double>(count) * 0.1, 1e-6);
    ++count;
  }
  EXPECT_EQ(count, 1394);
  EXPECT_EQ(source->Warning(), "");
}

TEST(DeviceSource, NamesWhatIsNoCamera) {
  const TempDir folder;
  EXPECT_TRUE(Contains(ErrorOf("/dev/video97"), "there is no camera /dev/video97"));
  EXPECT_TRUE(Contains(ErrorOf("97"), "there is no camera /dev/video97"));
  EXPECT_TRUE(Contains(ErrorOf("/dev/null"), "is no camera"));
}

}  // namespace
}  // namespace tenjo
