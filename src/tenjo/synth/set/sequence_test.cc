#include "tenjo/synth/set/sequence.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/videoio.hpp>
#include <set>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/synth/set/sequence_files.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;

const Assets& TestAssets() {
  static const Assets assets = LoadAssets();
  return assets;
}

SequenceOptions Small(const fs::path& out) {
  SequenceOptions options;
  options.out = out;
  options.seconds = 0.5;
  options.fps = 4;
  options.seed = 5;
  options.min_people = 3;
  options.max_people = 4;
  options.cameras = 2;
  options.camera.width = 96;
  options.camera.height = 72;
  return options;
}

TEST(Sequence, WritesTheSameOnAnyNumberOfThreads) {
  const testing::TempDir folder;
  SequenceOptions options = Small(folder.path() / "one");
  options.threads = 1;
  options.images = true;
  const SequenceSummary summary = WriteSequence(TestAssets(), options);
  EXPECT_EQ(summary.frames, 2);
  EXPECT_EQ(summary.wanted, 2);
  SequenceOptions again = options;
  again.out = folder.path() / "two";
  again.threads = 2;
  WriteSequence(TestAssets(), again);
  for (const char* name :
       {"cam1.json", "cam2.json", "cam1.gt.txt", "cam2.gt.txt", "truth.json", "cam1/000001.jpg",
        "cam1/000002.jpg", "cam2/000002.jpg", "cam1.mp4", "cam2.mp4"}) {
    EXPECT_EQ(ReadFile(options.out / name), ReadFile(again.out / name)) << name;
  }
  for (const auto& entry : fs::directory_iterator(options.out)) {
    EXPECT_EQ(entry.path().filename().string().find("tmp"), std::string::npos) << entry.path();
    EXPECT_EQ(entry.path().filename().string().find("part"), std::string::npos) << entry.path();
  }
}

TEST(Sequence, LabelsReferToTheVideo) {
  const testing::TempDir folder;
  const SequenceOptions options = Small(folder.path() / "set");
  WriteSequence(TestAssets(), options);
  const auto labels = nlohmann::json::parse(ReadFile(options.out / "cam1.json"));
  ASSERT_EQ(labels["images"].size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& image = labels["images"][i];
    EXPECT_EQ(image["id"], i + 1);
    EXPECT_EQ(image["frame"], i);
    EXPECT_EQ(image["video"], "cam1.mp4");
    EXPECT_NEAR(image["time"].get<double>(), static_cast<double>(i) / 4, 1e-6);
    EXPECT_EQ(image["width"], 96);
  }
  const auto truth = nlohmann::json::parse(ReadFile(options.out / "truth.json"));
  EXPECT_EQ(truth["frames"], 2);
  EXPECT_EQ(truth["cameras"].size(), 2U);
  std::set<int> tracks;
  for (const auto& track : truth["tracks"]) {
    tracks.insert(track["track"].get<int>());
    EXPECT_FALSE(track["path"].empty());
  }
  for (const auto& person : labels["annotations"]) {
    EXPECT_TRUE(tracks.contains(person["track_id"].get<int>()));
  }
}

TEST(Sequence, StopsEarlyWithAWholeSet) {
  const testing::TempDir folder;
  SequenceOptions options = Small(folder.path() / "set");
  options.seconds = 30;
  options.threads = 1;
  std::atomic<bool> stop = false;
  options.stop = &stop;
  const SequenceSummary summary =
      WriteSequence(TestAssets(), options, [&](std::int64_t) { stop = true; });
  EXPECT_GE(summary.frames, 1);
  EXPECT_LT(summary.frames, 10);
  const auto labels = nlohmann::json::parse(ReadFile(options.out / "cam2.json"));
  EXPECT_EQ(static_cast<std::int64_t>(labels["images"].size()), summary.frames);
  cv::VideoCapture video((options.out / "cam1.mp4").string());
  int frames = 0;
  for (cv::Mat frame; video.read(frame);) {
    ++frames;
  }
  EXPECT_EQ(frames, summary.frames);
}

TEST(Sequence, RefusesWhatCannotBe) {
  const testing::TempDir folder;
  const auto refused = [&](const char* about, auto change) {
    SequenceOptions options = Small(folder.path() / "bad");
    change(options);
    try {
      WriteSequence(TestAssets(), options);
      ADD_FAILURE() << about;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(about), std::string::npos) << error.what();
    }
    EXPECT_FALSE(fs::exists(folder.path() / "bad" / "cam1.mp4"));
  };
  refused("--sequence", [](SequenceOptions& o) { o.seconds = -1; });
  refused("--fps", [](SequenceOptions& o) { o.fps = 0; });
  refused("--cameras", [](SequenceOptions& o) { o.cameras = 100; });
  refused("--busy", [](SequenceOptions& o) { o.busy = 0; });
  refused("--people", [](SequenceOptions& o) { o.min_people = -1; });
  refused("--size", [](SequenceOptions& o) { o.camera.width = 97; });
  refused("cannot make the folder", [](SequenceOptions& o) { o.out = "/dev/null/x"; });
  fs::create_directories(folder.path() / "there");
  std::ofstream(folder.path() / "there" / "truth.json") << "{}";
  refused("holds a sequence already", [&](SequenceOptions& o) { o.out = folder.path() / "there"; });
}

TEST(Sequence, GroundTruthLines) {
  PictureLabel::Person person;
  person.track = 3;
  person.view.full_box = cv::Rect2d(-10.5, 9.5, 20, 40);
  person.view.box = cv::Rect(0, 10, 5, 40);
  person.view.area = 99;
  person.visibility = 0.5;
  EXPECT_EQ(MotTruthLine(7, person, 96, 72), "7,3,-9.00,11.00,20.00,40.00,1,1,0.500\n");
  person.view.area = 0;
  person.visibility = 0;
  EXPECT_EQ(MotTruthLine(7, person, 96, 72), "7,3,-9.00,11.00,20.00,40.00,0,1,0.000\n");
  person.view.full_box = cv::Rect2d(200, 9, 20, 40);
  EXPECT_EQ(MotTruthLine(7, person, 96, 72), "");
}

}  // namespace
}  // namespace tenjo::synth
