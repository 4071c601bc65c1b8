#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "tenjo/base/error.h"
#include "tenjo/testing/errors.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/rtsp_server.h"
#include "tenjo/testing/video_files.h"
#include "tenjo/video/source.h"

namespace tenjo {
namespace {

using Clock = std::chrono::steady_clock;
using testing::Contains;
using testing::RtspServer;
using testing::SilentServer;
using testing::TempDir;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

SourceOptions Options(const std::string& url, double give_up_s) {
  SourceOptions options;
  options.input = url;
  options.give_up_s = give_up_s;
  return options;
}

std::string ErrorOf(const SourceOptions& options) {
  return testing::MessageOf([&] { VideoSource::Create(options); });
}

std::string ClosedAddress() {
  return "rtsp://127.0.0.1:" + std::to_string(testing::FreePort()) + "/cam";
}

TEST(WithoutSecrets, HidesUserPasswordAndKeys) {
  EXPECT_EQ(WithoutSecrets("rtsp://host:554/a"), "rtsp://host:554/a");
  EXPECT_EQ(WithoutSecrets("rtsp://me:pa@ss/w@host:554/a?x=1"), "rtsp://***@host:554/a?x=1");
  EXPECT_EQ(WithoutSecrets("rtsp://host/a?user=me&password=abc&ch=2"),
            "rtsp://host/a?user=***&password=***&ch=2");
  EXPECT_EQ(WithoutSecrets("film.mp4"), "film.mp4");
}

TEST(RtspSource, GoesOnAfterACut) {
  TENJO_NEEDS_RTSP_SERVER();
  RtspServer server;
  const auto source = VideoSource::Create(Options(server.url(), 30));
  EXPECT_TRUE(source->info().live);
  EXPECT_EQ(source->info().width, 320);
  EXPECT_EQ(source->info().height, 240);
  EXPECT_NEAR(source->info().fps, 25, 0.1);

  Frame frame;
  double last = -1;
  std::int64_t number = 0;
  const auto read = [&](int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(source->Read(frame));
      ASSERT_EQ(frame.number, number++);
      ASSERT_EQ(frame.image_id, number);
      ASSERT_GT(frame.time_s, last);
      ASSERT_EQ(frame.image.size(), cv::Size(320, 240));
      last = frame.time_s;
    }
  };
  read(30);
  EXPECT_NEAR(last, 29 / 25.0, 0.5);
  EXPECT_TRUE(Contains(frame.camera, "127.0.0.1"));

  const Clock::time_point cut = Clock::now();
  const double before = last;
  server.Stop();
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    server.Start();
  });
  // What was sent before the cut may still come.
  const std::int64_t seen = number;
  while (last - before < 1.2 && number < seen + 500) {
    read(1);
  }
  read(20);
  later.join();
  // Time went on by the clock while there were no pictures.
  EXPECT_GT(SecondsSince(cut), 1.5);
  EXPECT_NEAR(last - before, SecondsSince(cut), 1.5);
}

TEST(RtspSource, ReadsH264InOrder) {
  TENJO_NEEDS_RTSP_SERVER();
  const TempDir folder;
  testing::MakeVideo(folder / "film.mp4", {.fps = 25, .frames = 100, .fourcc = "avc1"});
  RtspServer server(folder / "film.mp4");
  const auto source = VideoSource::Create(Options(server.url(), 20));
  Frame frame;
  int last = -1;
  double time_s = -1;
  for (int i = 0; i < 60; ++i) {
    ASSERT_TRUE(source->Read(frame));
    const int mark = testing::ReadMark(frame.image);
    if (last >= 0 && i > 2) {
      ASSERT_EQ(mark, (last + 1) % 100) << i;
      ASSERT_NEAR(frame.time_s - time_s, 0.04, 0.02) << i;
    }
    last = mark;
    time_s = frame.time_s;
  }
}

TEST(RtspSource, GivesUpWhenThePicturesStayAway) {
  TENJO_NEEDS_RTSP_SERVER();
  RtspServer server;
  const auto source = VideoSource::Create(Options(server.url(), 2));
  server.Stop();
  Frame frame;
  std::string text;
  try {
    while (source->Read(frame)) {
    }
  } catch (const Error& error) {
    text = error.what();
  }
  EXPECT_TRUE(Contains(text, "gave no pictures for 2 s: giving up")) << text;
}

TEST(RtspSource, GivesUpOnAClosedPort) {
  const Clock::time_point start = Clock::now();
  const std::string text = ErrorOf(Options(ClosedAddress(), 1.5));
  EXPECT_TRUE(Contains(text, "giving up (attempts: ")) << text;
  EXPECT_GE(SecondsSince(start), 1.5);
  EXPECT_TRUE(Contains(ErrorOf(Options(ClosedAddress(), 0)), "giving up (attempts: 1)"));
}

TEST(RtspSource, GivesUpOnAnAddressThatNeverAnswers) {
  const SilentServer server;
  const std::string text = ErrorOf(Options(server.url(), 1));
  EXPECT_TRUE(Contains(text, "it does not answer")) << text;
}

TEST(RtspSource, NeverShowsThePassword) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  std::string url = ClosedAddress();
  url.insert(7, "admin:geheim@");
  const std::string text = ErrorOf(Options(url, 1));
  const std::string out = ::testing::internal::GetCapturedStdout();
  const std::string err = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(Contains(text, "***@127.0.0.1")) << text;
  EXPECT_FALSE(Contains(text, "geheim")) << text;
  // It says that it tries again, and nothing else talks.
  EXPECT_TRUE(Contains(out + err, "trying again in 0.5 s")) << out << err;
  EXPECT_FALSE(Contains(out + err, "geheim")) << out << err;
}

TEST(RtspSource, StopsWhileConnecting) {
  const SilentServer server;
  for (const std::string& url : {server.url(), ClosedAddress()}) {
    std::atomic<bool> stop = false;
    SourceOptions options = Options(url, 60);
    options.stop = &stop;
    std::thread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      stop = true;
    });
    const Clock::time_point start = Clock::now();
    const auto source = VideoSource::Create(options);
    Frame frame;
    EXPECT_FALSE(source->Read(frame));
    EXPECT_LT(SecondsSince(start), 5);  // an attempt alone takes ten
    later.join();
  }
}

TEST(RtspSource, StopsWhileReading) {
  TENJO_NEEDS_RTSP_SERVER();
  RtspServer server;
  std::atomic<bool> stop = false;
  SourceOptions options = Options(server.url(), 60);
  options.stop = &stop;
  const auto source = VideoSource::Create(options);
  Frame frame;
  EXPECT_TRUE(source->Read(frame));
  stop = true;
  EXPECT_FALSE(source->Read(frame));
}

}  // namespace
}  // namespace tenjo
