#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/camera/camera.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/sides_option.h"
#include "tenjo/cli/tracker_options.h"
#include "tenjo/dataset/embedding_table.h"
#include "tenjo/dataset/frame_lines.h"
#include "tenjo/dataset/mot.h"
#include "tenjo/pipeline/people_tracker.h"
#include "tenjo/track/tracker.h"

namespace tenjo::cli {
namespace {

struct TrackArguments {
  std::string mot;
  std::string frames;
  std::string embeddings;
  std::string out = "-";
  std::string corrections;
  bool apply_corrections = false;
  double fps = 30;
  std::string image_size;
  int image_width = 0;  // 0: not known
  int image_height = 0;
  bool quiet = false;
};

struct TrackSummary {
  std::int64_t frames = 0;
  std::size_t boxes = 0;
  std::int64_t tracks = 0;
  std::int64_t embeddings = -1;  // asked for; -1: there were none to ask for
  std::int64_t corrections = 0;
  double seconds = 0;  // of the tracker alone
};

//! Where tracks go: at once, or, if corrections are to be applied, when all are known.
class TrackWriter {
 public:
  explicit TrackWriter(const TrackArguments& arguments)
      : out_(arguments.out), hold_(arguments.apply_corrections) {
    if (!arguments.corrections.empty()) {
      corrections_ = std::make_unique<AtomicFile>(arguments.corrections);
    }
  }

  void Write(const MotBox& box) {
    if (hold_) {
      held_.push_back(box);
    } else {
      out_.Write(FormatMotLine(box));
    }
  }

  void Write(const Correction& correction, std::int64_t frame) {
    if (corrections_) {
      corrections_->Write(CorrectionLine(correction, frame, 1));
    }
    if (!hold_) {
      return;
    }
    const auto from =
        std::lower_bound(held_.begin(), held_.end(), correction.first_frame,
                         [](const MotBox& box, std::int64_t first) { return box.frame < first; });
    for (auto box = from; box != held_.end() && box->frame <= correction.last_frame; ++box) {
      if (box->id == correction.other_id) {
        box->id = correction.id;
      } else if (box->id == correction.id && correction.kind == Correction::Kind::kSwap) {
        box->id = correction.other_id;
      }
    }
  }

  void Commit() {
    for (const MotBox& box : held_) {
      out_.Write(FormatMotLine(box));
    }
    out_.Commit();
    if (corrections_) {
      corrections_->Commit();
    }
  }

 private:
  AtomicFile out_;
  bool hold_;
  std::unique_ptr<AtomicFile> corrections_;
  std::vector<MotBox> held_;
};

//! One frame with people.
struct FramePeople {
  std::int64_t number = 0;  // from 1
  std::optional<double> time_s;
  std::vector<Detection> detections;
  std::vector<std::int64_t> rows;  // of embeddings, one each
};

struct People {
  std::vector<FramePeople> frames;  // by rising number
  std::int64_t rows = 0;
  std::int64_t before = 0;  // number of the frame before the first that there is
};

People PeopleFromBoxes(const std::string& path) {
  const MotFile file = ReadMot(path);
  for (const std::string& warning : file.warnings) {
    spdlog::warn("{}", warning);
  }
  People people{.frames = {}, .rows = file.rows};
  for (const MotBox& box : file.boxes) {
    if (people.frames.empty() || people.frames.back().number != box.frame) {
      people.frames.push_back({.number = box.frame, .time_s = {}, .detections = {}, .rows = {}});
    }
    FramePeople& frame = people.frames.back();
    frame.detections.push_back({.box = box.box, .score = box.score});
    frame.rows.push_back(box.row);
  }
  return people;
}

People PeopleFromFrames(const std::string& path) {
  People people;
  for (const FrameLine& line : ReadFrameLines(path)) {
    FramePeople frame{
        .number = line.number + 1, .time_s = line.time_s, .detections = {}, .rows = {}};
    for (const Person& person : line.people) {
      frame.detections.push_back(DetectionOf(person));
      frame.rows.push_back(people.rows++);
    }
    people.frames.push_back(std::move(frame));
  }
  if (!people.frames.empty()) {
    // A run that began in the middle of a video: its tracker knew nothing of what was before.
    people.before = people.frames.front().number - 1;
  }
  return people;
}

TrackSummary TrackPeople(const TrackArguments& arguments, const People& people,
                         const EmbeddingTable* table, const TrackerOptions& options,
                         TrackWriter& out) {
  using Clock = std::chrono::steady_clock;
  const std::unique_ptr<Tracker> tracker = Tracker::Create(options);
  TrackSummary summary;
  std::int64_t last = people.before;
  for (const FramePeople& frame : people.frames) {
    const Embedder from_table = [&](std::span<const int> wanted) {
      std::vector<Embedding> embeddings;
      embeddings.reserve(wanted.size());
      for (const int detection : wanted) {
        const std::span<const float> row =
            (*table)[frame.rows[static_cast<std::size_t>(detection)]];
        embeddings.emplace_back(row.begin(), row.end());
      }
      return embeddings;
    };
    const auto start = Clock::now();
    tracker->Skip(frame.number - last - 1);
    const std::vector<TrackedBox> tracked =
        tracker->Track({.detections = frame.detections,
                        .time_s = frame.time_s,
                        .embedder = table != nullptr ? &from_table : nullptr,
                        .image_width = arguments.image_width,
                        .image_height = arguments.image_height});
    summary.seconds += std::chrono::duration<double>(Clock::now() - start).count();
    last = frame.number;
    summary.frames = frame.number - people.before;
    summary.boxes += tracked.size();
    for (Correction& correction : tracker->TakeCorrections()) {
      correction.first_frame += people.before;
      correction.last_frame += people.before;
      ++summary.corrections;
      out.Write(correction, frame.number);
    }
    for (const TrackedBox& track : tracked) {
      summary.tracks = std::max(summary.tracks, track.id);
      out.Write(
          MotBox{.frame = frame.number, .id = track.id, .box = track.box, .score = track.score});
    }
  }
  if (table != nullptr) {
    summary.embeddings = tracker->num_embeddings();
  }
  return summary;
}

const std::string& InputOf(const TrackArguments& arguments) {
  return arguments.mot.empty() ? arguments.frames : arguments.mot;
}

void CheckNotTheInput(const TrackArguments& arguments) {
  std::error_code absent;
  for (const std::string& out : {arguments.out, arguments.corrections}) {
    if (std::filesystem::equivalent(InputOf(arguments), out, absent)) {
      throw Error(fmt::format("--out {} is the file that {} reads: give another name", out,
                              arguments.mot.empty() ? "--frames" : "--mot"));
    }
  }
}

EmbeddingTable ReadTable(const TrackArguments& arguments, const People& people) {
  EmbeddingTable table = ReadEmbeddingTable(arguments.embeddings);
  if (table.rows() != people.rows) {
    throw Error(fmt::format("{} has {} embeddings and {} has {} boxes: there must be one each",
                            arguments.embeddings, table.rows(), InputOf(arguments), people.rows));
  }
  return table;
}

void PrintSummary(const TrackSummary& summary) {
  const double fps =
      summary.seconds > 0 ? static_cast<double>(summary.frames) / summary.seconds : 0;
  std::string text = fmt::format("{} frames, {} tracks, {} boxes, {:.0f} frames per second",
                                 summary.frames, summary.tracks, summary.boxes, fps);
  if (summary.embeddings >= 0) {
    text += fmt::format(", {} embeddings", summary.embeddings);
  }
  if (summary.corrections > 0) {
    text += fmt::format(", {} corrections", summary.corrections);
  }
  std::fputs((text + "\n").c_str(), stderr);
}

void Track(const TrackArguments& arguments, const TrackerOptions& options) {
  const People people =
      arguments.mot.empty() ? PeopleFromFrames(arguments.frames) : PeopleFromBoxes(arguments.mot);
  CheckNotTheInput(arguments);
  EmbeddingTable table;
  const bool with_table = !arguments.embeddings.empty();
  if (with_table) {
    table = ReadTable(arguments, people);
  }
  TrackWriter out(arguments);
  try {
    const TrackSummary summary =
        TrackPeople(arguments, people, with_table ? &table : nullptr, options, out);
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
  auto tracker = std::make_shared<TrackerArguments>();
  tracker->tracker = "sort";
  CLI::App* command =
      program.add_subcommand("track", "Give boxes from a file the ids of the people they show");
  CLI::Option_group* input = command->add_option_group("input");
  input->require_option(1);
  input->add_option("--mot", arguments->mot, "Detections in MOTChallenge format (det.txt)");
  input
      ->add_option("--frames", arguments->frames,
                   "People as tenjo run --tracker none --out writes them")
      ->type_name("FILE.jsonl");
  command
      ->add_option("--embeddings", arguments->embeddings,
                   "An embedding of each line of --mot or person of --frames: .npy, or text with a "
                   "row a line")
      ->type_name("FILE");
  command
      ->add_option("--out", arguments->out, "Tracks in MOTChallenge format; - is standard output")
      ->capture_default_str();
  command
      ->add_option("--corrections", arguments->corrections,
                   "What was found out afterwards: ids swapped or merged, a line of JSON each")
      ->type_name("FILE.jsonl");
  command->add_flag("--apply-corrections", arguments->apply_corrections,
                    "Write --out at the end, corrected");
  AddTrackerOptions(*command, tracker, {});
  command->add_option("--fps", arguments->fps, "Frames a second of the boxes")
      ->check(CLI::Range(0.001, 10000.0))
      ->capture_default_str();
  command
      ->add_option("--image-size", arguments->image_size,
                   "Pixels of the images: boxes are compared by what lies inside, as tenjo run "
                   "does; default: the camera file's, else boxes count whole")
      ->type_name("WxH");
  command->add_flag("--quiet", arguments->quiet, "No summary");
  command->callback([arguments, tracker, command] {
    const std::shared_ptr<const Camera> camera = ReadCameraOption(*tracker);
    TrackerOptions options = MakeTrackerOptions(*command, *tracker, tracker->tracker, 1, camera);
    options.fps = arguments->fps;
    if (!arguments->image_size.empty()) {
      std::tie(arguments->image_width, arguments->image_height) =
          SidesOf("--image-size", arguments->image_size);
    } else if (camera != nullptr) {
      arguments->image_width = camera->lens.width;
      arguments->image_height = camera->lens.height;
    }
    if (NeedsEmbedder(options) && arguments->embeddings.empty()) {
      throw CLI::RequiredError(
          fmt::format("--embeddings FILE (the tracker {}{} tells people apart by looks)",
                      options.tracker, options.remember_min > 0 ? " with --remember" : ""));
    }
    Track(*arguments, options);
  });
}

}  // namespace tenjo::cli
