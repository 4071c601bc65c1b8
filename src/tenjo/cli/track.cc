#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/dataset/mot.h"
#include "tenjo/track/tracker.h"

namespace tenjo::cli {
namespace {

struct TrackArguments {
  std::string mot;
  std::string out = "-";
  TrackerOptions tracker;
  bool quiet = false;
};

struct TrackSummary {
  std::int64_t frames = 0;
  std::size_t boxes = 0;
  std::int64_t tracks = 0;
  double seconds = 0;  // of the tracker alone
};

// Where a frame's boxes end in `boxes`, which are sorted by frame.
std::size_t EndOfFrame(const std::vector<MotBox>& boxes, std::size_t begin) {
  std::size_t end = begin;
  while (end < boxes.size() && boxes[end].frame == boxes[begin].frame) {
    ++end;
  }
  return end;
}

TrackSummary TrackBoxes(const std::vector<MotBox>& boxes, const TrackerOptions& options,
                        AtomicFile& out) {
  using Clock = std::chrono::steady_clock;
  const std::unique_ptr<Tracker> tracker = Tracker::Create(options);
  TrackSummary summary;
  std::vector<Detection> detections;
  for (std::size_t begin = 0; begin < boxes.size();) {
    const std::size_t end = EndOfFrame(boxes, begin);
    const std::int64_t frame = boxes[begin].frame;
    detections.clear();
    for (; begin < end; ++begin) {
      detections.push_back({boxes[begin].box, boxes[begin].score});
    }
    const auto start = Clock::now();
    tracker->Skip(frame - summary.frames - 1);
    const std::vector<TrackedBox> tracked = tracker->Update(detections);
    summary.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    summary.frames = frame;
    summary.boxes += tracked.size();
    for (const TrackedBox& track : tracked) {
      summary.tracks = std::max(summary.tracks, track.id);
      out.Write(FormatMotLine({frame, track.id, track.box, track.score}));
    }
  }
  return summary;
}

void CheckNotTheInput(const TrackArguments& arguments) {
  std::error_code absent;
  if (std::filesystem::equivalent(arguments.mot, arguments.out, absent)) {
    throw Error(
        fmt::format("--out {} is the file that --mot reads: give another name", arguments.out));
  }
}

void PrintSummary(const TrackSummary& summary) {
  const double fps =
      summary.seconds > 0 ? static_cast<double>(summary.frames) / summary.seconds : 0;
  const std::string text = fmt::format("{} frames, {} tracks, {} boxes, {:.0f} frames per second\n",
                                       summary.frames, summary.tracks, summary.boxes, fps);
  std::fputs(text.c_str(), stderr);
}

void Track(const TrackArguments& arguments) {
  const MotFile file = ReadMot(arguments.mot);
  for (const std::string& warning : file.warnings) {
    spdlog::warn("{}", warning);
  }
  CheckNotTheInput(arguments);
  AtomicFile out(arguments.out);
  try {
    const TrackSummary summary = TrackBoxes(file.boxes, arguments.tracker, out);
    out.Commit();
    if (!arguments.quiet) {
      PrintSummary(summary);
    }
  } catch (const ClosedPipe&) {
    // The reader has seen what it wanted.
    if (!arguments.quiet) {
      std::fputs("stopped: the output was closed by its reader\n", stderr);
    }
  }
}

}  // namespace

void AddTrack(CLI::App& program) {
  auto arguments = std::make_shared<TrackArguments>();
  CLI::App* command =
      program.add_subcommand("track", "Give boxes from a file the ids of the people they show");
  command->add_option("--mot", arguments->mot, "Detections in MOTChallenge format (det.txt)")
      ->required();
  command
      ->add_option("--out", arguments->out, "Tracks in MOTChallenge format; - is standard output")
      ->capture_default_str();
  command->add_option("--tracker", arguments->tracker.tracker, "Method: sort")
      ->check(CLI::IsMember({"sort"}))
      ->capture_default_str();
  command
      ->add_option("--max-age", arguments->tracker.max_age,
                   "Frames in a row that a track lives through without a detection")
      ->check(CLI::Range(0, kMaxTrackerFrames))
      ->capture_default_str();
  command
      ->add_option("--min-hits", arguments->tracker.min_hits,
                   "Detections in a row, after its first, that confirm a track")
      ->check(CLI::Range(0, kMaxTrackerFrames))
      ->capture_default_str();
  command
      ->add_option("--iou-threshold", arguments->tracker.iou_threshold,
                   "Least overlap (IoU) of a track and its next detection")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_flag("--quiet", arguments->quiet, "No summary");
  command->callback([arguments] { Track(*arguments); });
}

}  // namespace tenjo::cli
