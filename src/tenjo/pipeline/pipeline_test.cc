#include "tenjo/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/pose/encoder.h"
#include "tenjo/pose/person_encoder.h"
#include "tenjo/testing/paths.h"
#include "tenjo/testing/rtsp_server.h"
#include "tenjo/testing/tiny_onnx.h"
#include "tenjo/testing/video_files.h"

namespace tenjo {
namespace {

using testing::TempDir;

//! What a run gave, as text, to compare runs to the last digit.
std::vector<std::string> Collect(const PipelineOptions& options) {
  std::vector<std::string> lines;
  Pipeline pipeline(options);
  pipeline.Run([&](FrameResult& result) {
    std::string line = std::to_string(result.frame.number) + ":";
    for (const Person& person : result.people) {
      line += " " + std::to_string(person.id.value_or(0)) + "@" + std::to_string(person.box.x);
      for (const Keypoint& point : person.keypoints) {
        line += "," + std::to_string(point.x) + "/" + std::to_string(point.score);
      }
    }
    lines.push_back(line);
    return true;
  });
  return lines;
}

//! Maps of one standing person, for a network that sees it in every picture.
Skeleton StandingPerson(float x, float top) {
  Skeleton person;
  const std::array<std::pair<float, float>, kNumKeypoints> places = {{{0, 0},
                                                                      {3, -3},
                                                                      {-3, -3},
                                                                      {8, 0},
                                                                      {-8, 0},
                                                                      {20, 25},
                                                                      {-20, 25},
                                                                      {28, 55},
                                                                      {-28, 55},
                                                                      {30, 80},
                                                                      {-30, 80},
                                                                      {12, 85},
                                                                      {-12, 85},
                                                                      {13, 120},
                                                                      {-13, 120},
                                                                      {14, 155},
                                                                      {-14, 155}}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    person[i] = {x + places[i].first, top + places[i].second, 1};
  }
  return person;
}

class PipelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::MakeVideo(dir_ / "video.mp4", {.size = {160, 120}, .fps = 10, .frames = 40});
    testing::WriteTinyPoseNetwork(dir_ / "net.onnx");
    options_.source.input = dir_ / "video.mp4";
    options_.model = dir_ / "net.onnx";
  }

  const TempDir dir_;
  PipelineOptions options_;
};

TEST_F(PipelineTest, LosesNoFrameAndKeepsTheOrder) {
  std::vector<int> marks;
  Pipeline pipeline(options_);
  const RunSummary summary = pipeline.Run([&](FrameResult& result) {
    EXPECT_EQ(result.frame.number, static_cast<std::int64_t>(marks.size()));
    marks.push_back(testing::ReadMark(result.frame.image));
    return true;
  });
  ASSERT_EQ(marks.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(marks[static_cast<std::size_t>(i)], i);
  }
  EXPECT_EQ(summary.frames, 40);
  EXPECT_EQ(summary.dropped, 0);
  EXPECT_FALSE(summary.stopped);
  EXPECT_EQ(summary.latency.count(), 40);
}

TEST_F(PipelineTest, AnswersTheSameForAnyNumberOfThreadsAndRequests) {
  options_.tracker = TrackerOptions{};
  options_.decoder.peak_threshold = 1e-6F;  // a network of noise: let it find whatever it finds
  options_.decoder.paf_threshold = 0;
  options_.decoder.limb_ratio = 0;
  options_.decoder.min_keypoints = 2;
  options_.decoder.min_mean_score = 0;
  options_.backend.threads = 1;
  options_.backend.requests = 1;
  const auto one = Collect(options_);
  EXPECT_EQ(one.size(), 40U);
  for (const int threads : {1, 2, 4}) {
    for (const int requests : {2, 7}) {
      options_.backend.threads = threads;
      options_.backend.requests = requests;
      EXPECT_EQ(Collect(options_), one) << threads << " threads, " << requests << " requests";
    }
  }
}

TEST_F(PipelineTest, FindsThePersonOfTheMapsInImagePixels) {
  const Skeleton truth = StandingPerson(200, 40);
  const PoseTargets maps = EncodePose({&truth, 1}, 456, 256);
  testing::WriteConstantPoseNetwork(dir_ / "person.onnx", maps.heatmaps, maps.pafs, maps.height,
                                    maps.width);
  options_.model = dir_ / "person.onnx";
  options_.tracker = TrackerOptions{};
  // 160x120 in 456x256: height is what limits, so one image pixel is 256 / 120 input pixels.
  const double scale = 256.0 / 120;
  const double left = (456 - std::lround(160 * scale)) / 2;
  int seen = 0;
  Pipeline pipeline(options_);
  pipeline.Run([&](FrameResult& result) {
    for (const Person& person : result.people) {
      ++seen;
      EXPECT_EQ(person.id, 1);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        EXPECT_NEAR(person.keypoints[i].x, (truth[i].x - left + 0.5) / scale - 0.5, 1.5) << i;
        EXPECT_NEAR(person.keypoints[i].y, (truth[i].y + 0.5) / scale - 0.5, 1.5) << i;
      }
    }
    return true;
  });
  EXPECT_EQ(seen, 40) << "SORT reports from the first frame on at the start of a video";
}

TEST_F(PipelineTest, JoinsSkeletonsWithTheBoxesOfPersonHeads) {
  // One person with skeleton and box, one of whom only the box is found, one only the skeleton.
  const std::vector<Skeleton> skeletons = {StandingPerson(120, 40), StandingPerson(220, 40)};
  const PoseTargets maps = EncodePose(skeletons, 456, 256);
  const std::vector<PersonLabel> people = {{.box = {120, 115, 70, 180, 4}, .x = 120, .y = 115},
                                           {.box = {310, 100, 50, 60, -30}, .x = 310, .y = 100}};
  const auto plane = static_cast<std::ptrdiff_t>(maps.width) * maps.height;
  std::vector<float> targets(static_cast<std::size_t>(kNumPersonPlanes * plane));
  EncodePeople(people, 456, 256, 8, targets.data());
  std::vector<float> centres(targets.begin(), targets.begin() + plane);
  for (float& centre : centres) {
    centre = 20 * centre - 18;
  }
  testing::WriteConstantPoseNetwork(
      dir_ / "heads.onnx", maps.heatmaps, maps.pafs, maps.height, maps.width, 8, centres,
      {targets.begin() + kPersonDx * plane, targets.begin() + kPersonPlaceWeight * plane});
  options_.model = dir_ / "heads.onnx";
  options_.max_frames = 3;
  const double scale = 256.0 / 120;
  const double left = (456 - std::lround(160 * scale)) / 2;
  for (const bool tracked : {false, true}) {
    options_.tracker = tracked ? std::optional(TrackerOptions{}) : std::nullopt;
    Pipeline(options_).Run([&](FrameResult& result) {
      EXPECT_EQ(result.people.size(), 3U);
      int both = 0;
      int box_only = 0;
      for (const Person& person : result.people) {
        EXPECT_EQ(person.id.has_value(), tracked);
        if (person.rotated_box) {
          const bool has_skeleton = HasSkeleton(person);
          (has_skeleton ? both : box_only) += 1;
          const RotatedBox& truth = people[has_skeleton ? 0 : 1].box;
          EXPECT_NEAR(person.rotated_box->cx, (truth.cx - left + 0.5) / scale - 0.5, 0.2);
          EXPECT_NEAR(person.rotated_box->cy, (truth.cy + 0.5) / scale - 0.5, 0.2);
          EXPECT_NEAR(person.rotated_box->h, truth.h / scale, 0.3);
          EXPECT_NEAR(person.rotated_box->degrees, truth.degrees, 0.2);
          EXPECT_NEAR(person.box.y, UprightBox(*person.rotated_box).y, 0.3);
        }
      }
      EXPECT_EQ(both, 1);
      EXPECT_EQ(box_only, 1);
      return true;
    });
  }
  options_.person_heads = false;
  Pipeline(options_).Run([&](FrameResult& result) {
    EXPECT_EQ(result.people.size(), 2U);
    return true;
  });
}

TEST_F(PipelineTest, EndsWhenTheSinkHasEnough) {
  int seen = 0;
  Pipeline pipeline(options_);
  const RunSummary summary = pipeline.Run([&](FrameResult&) { return ++seen < 5; });
  EXPECT_EQ(seen, 5);
  EXPECT_EQ(summary.frames, 5);
  EXPECT_TRUE(summary.stopped);
}

TEST_F(PipelineTest, EndsWhenAskedFromOutside) {
  std::atomic<bool> stop{false};
  options_.stop = &stop;
  options_.source.loop = true;
  int seen = 0;
  Pipeline pipeline(options_);
  const RunSummary summary = pipeline.Run([&](FrameResult&) {
    if (++seen == 100) {
      stop = true;
    }
    return true;
  });
  EXPECT_TRUE(summary.stopped);
  EXPECT_GE(summary.frames, 100);
  EXPECT_LE(summary.frames, 100 + 64) << "what was on its way is still handed over";
}

TEST_F(PipelineTest, MaxFramesEndsARunWithoutStoppingIt) {
  options_.max_frames = 7;
  Pipeline pipeline(options_);
  const RunSummary summary = pipeline.Run([](FrameResult&) { return true; });
  EXPECT_EQ(summary.frames, 7);
  EXPECT_FALSE(summary.stopped);
}

TEST_F(PipelineTest, PassesOnWhatASinkThrows) {
  Pipeline pipeline(options_);
  EXPECT_THROW(pipeline.Run([](FrameResult& result) -> bool {
    if (result.frame.number == 3) {
      throw std::runtime_error("the disk is full");
    }
    return true;
  }),
               std::runtime_error);
}

TEST_F(PipelineTest, WidthFollowsEachImage) {
  std::filesystem::create_directory(dir_ / "images");
  cv::imwrite(dir_ / "images/1.png", cv::Mat(120, 160, CV_8UC3, cv::Scalar::all(9)));
  cv::imwrite(dir_ / "images/2.png", cv::Mat(120, 400, CV_8UC3, cv::Scalar::all(9)));
  cv::imwrite(dir_ / "images/3.png", cv::Mat(1, 300, CV_8UC1, cv::Scalar::all(9)));
  testing::WriteTinyPoseNetwork(dir_ / "open.onnx", {.dynamic = true});
  options_.source.input = dir_ / "images";
  options_.model = dir_ / "open.onnx";
  options_.backend.width = 0;
  options_.backend.height = 48;
  EXPECT_EQ(Collect(options_).size(), 3U);
}

TEST_F(PipelineTest, RefusesSizesThatTheNetworkCannotTake) {
  for (const auto& [width, height] : {std::pair(0, 4), std::pair(63, 48), std::pair(64, 47)}) {
    options_.backend.width = width;
    options_.backend.height = height;
    EXPECT_THROW(Pipeline{options_}, Error) << width << "x" << height;
  }
}

TEST_F(PipelineTest, ASlowSinkDropsFramesOfALiveSourceOnly) {
  TENJO_NEEDS_RTSP_SERVER();
  testing::RtspServer server;
  server.Start();
  options_.source.input = server.url();
  options_.max_frames = 60;
  std::int64_t last = -1;
  Pipeline pipeline(options_);
  const RunSummary summary = pipeline.Run([&](FrameResult& result) {
    EXPECT_GT(result.frame.number, last);
    last = result.frame.number;
    std::this_thread::sleep_for(std::chrono::milliseconds(120));  // three times what a frame lasts
    return true;
  });
  EXPECT_GT(summary.dropped, 0);
  EXPECT_EQ(summary.frames + summary.dropped, 60);
}

}  // namespace
}  // namespace tenjo
