#include "tenjo/cli/tracker_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera_file.h"

namespace tenjo::cli {
namespace {

using Member = std::variant<int TrackerOptions::*, double TrackerOptions::*>;

//! A parameter, by which trackers it is read (empty: by all), and from where to where it goes.
struct Parameter {
  const char* name;
  Member member;
  double low;
  double high;
  std::vector<std::string_view> trackers;
  const char* help;
};

const std::vector<Parameter>& Parameters() {
  using O = TrackerOptions;
  constexpr double kFrames = kMaxTrackerFrames;
  constexpr double kScore = 1e9;
  static const std::vector<Parameter> parameters = {
      {"--max-age",
       &O::max_age,
       0,
       kFrames,
       {"sort", "ocsort", "deepsort", "appearance", "sort+appearance"},
       "Frames in a row that a track lives through without a detection"},
      {"--min-hits",
       &O::min_hits,
       0,
       kFrames,
       {"sort", "ocsort", "sort+appearance"},
       "Detections in a row, after its first, that confirm a track"},
      {"--iou-threshold",
       &O::iou_threshold,
       0,
       1,
       {"sort", "ocsort", "appearance", "sort+appearance"},
       "Least overlap (IoU) of a track and its next detection"},
      {"--track-thresh",
       &O::track_thresh,
       -kScore,
       kScore,
       {"bytetrack"},
       "Detections with a score over this are matched first"},
      {"--low-thresh",
       &O::low_thresh,
       -kScore,
       kScore,
       {"bytetrack"},
       "Those over this are matched second"},
      {"--new-thresh",
       &O::new_thresh,
       -kScore,
       kScore,
       {"bytetrack"},
       "Those from this on may begin a track"},
      {"--match-thresh",
       &O::match_thresh,
       0,
       1,
       {"bytetrack"},
       "Greatest 1 - IoU x score of a first match"},
      {"--track-buffer",
       &O::track_buffer,
       0,
       kFrames,
       {"bytetrack"},
       "Frames that a lost track is kept"},
      {"--det-thresh",
       &O::det_thresh,
       -kScore,
       kScore,
       {"ocsort"},
       "Detections with a score under this are left out"},
      {"--delta-t",
       &O::delta_t,
       1,
       kFrames,
       {"ocsort"},
       "Frames over which a track's direction is measured"},
      {"--inertia", &O::inertia, 0, 10, {"ocsort"}, "Weight of the direction"},
      {"--min-confidence",
       &O::min_confidence,
       -kScore,
       kScore,
       {"deepsort"},
       "Detections with a score under this are left out"},
      {"--n-init",
       &O::n_init,
       1,
       kFrames,
       {"deepsort", "appearance"},
       "Detections in a row that confirm a track"},
      {"--nn-budget",
       &O::nn_budget,
       1,
       10000,
       {"deepsort", "appearance", "sort+appearance"},
       "Embeddings kept of each track"},
      {"--max-cosine-distance",
       &O::max_cosine_distance,
       0,
       2,
       {"deepsort", "sort+appearance"},
       "Greatest cosine distance of an embedding and a track's"},
      {"--max-iou-distance",
       &O::max_iou_distance,
       0,
       1,
       {"deepsort"},
       "Greatest 1 - IoU of those whom looks do not match"},
      {"--max-euclidean-distance",
       &O::max_euclidean_distance,
       0,
       2,
       {"appearance"},
       "Greatest Euclidean distance of an embedding and a track's"},
      {"--remember",
       &O::remember_min,
       0,
       1440,
       {},
       "Minutes for which people who left get their id again if they look the same; 0: never"},
      {"--remember-distance",
       &O::remember_distance,
       0,
       2,
       {},
       "Greatest cosine distance of who comes back to who left"},
      {"--max-speed",
       &O::max_speed,
       0.1,
       100,
       {},
       "With --associate floor: metres a second that nobody exceeds"},
      {"--floor-size",
       &O::floor_size_m,
       0.1,
       10,
       {},
       "With --associate floor: metres at which two people do not touch"},
  };
  return parameters;
}

void AddParameter(CLI::App& command, const Parameter& parameter,
                  const std::shared_ptr<TrackerArguments>& arguments) {
  std::string help = parameter.help;
  if (!parameter.trackers.empty()) {
    help += fmt::format(" ({})", fmt::join(parameter.trackers, ", "));
  }
  std::visit(
      [&](auto member) {
        auto& value = arguments->given.*member;
        command.add_option(parameter.name, value, help)
            ->check(CLI::Range(parameter.low, parameter.high));
      },
      parameter.member);
}

}  // namespace

void AddTrackerOptions(CLI::App& command, const std::shared_ptr<TrackerArguments>& arguments,
                       const std::vector<std::string>& extra) {
  std::vector<std::string> names = extra;
  for (const std::string_view name : TrackerNames()) {
    names.emplace_back(name);
  }
  command
      .add_option("--tracker", arguments->tracker,
                  fmt::format("Method: {}", fmt::join(names, ", ")))
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  for (const Parameter& parameter : Parameters()) {
    AddParameter(command, parameter, arguments);
  }
  command
      .add_option("--associate", arguments->associate,
                  "Where people are matched: image (pixels), or floor (metres, needs "
                  "--camera-file)")
      ->check(CLI::IsMember({"image", "floor"}))
      ->capture_default_str();
  command
      .add_option("--camera-file", arguments->camera_file,
                  "Lens and place of the camera, as tenjo calibrate writes it")
      ->type_name("FILE.json");
}

TrackerOptions MakeTrackerOptions(const CLI::App& command, const TrackerArguments& arguments,
                                  const std::string& tracker, int sort_max_age,
                                  std::shared_ptr<const Camera> camera) {
  TrackerOptions options = DefaultTrackerOptions(tracker);
  if (tracker == "sort") {
    options.max_age = sort_max_age;
  }
  for (const Parameter& parameter : Parameters()) {
    if (command.get_option(parameter.name)->empty()) {
      continue;
    }
    if (!parameter.trackers.empty() &&
        std::find(parameter.trackers.begin(), parameter.trackers.end(), tracker) ==
            parameter.trackers.end()) {
      throw CLI::ValidationError(
          parameter.name,
          fmt::format("the tracker {} has no such parameter; {}", tracker,
                      parameter.trackers.size() == 1 ? "this one has: " : "these have: ") +
              fmt::format("{}", fmt::join(parameter.trackers, ", ")));
    }
    std::visit([&](auto member) { options.*member = arguments.given.*member; }, parameter.member);
  }
  const bool floor = arguments.associate == "floor";
  for (const char* name : {"--max-speed", "--floor-size"}) {
    if (!floor && !command.get_option(name)->empty()) {
      throw CLI::ValidationError(name, "it goes with --associate floor");
    }
  }
  if (floor && !camera) {
    throw CLI::ValidationError("--associate floor", "it needs --camera-file");
  }
  if (floor) {
    options.floor_camera = std::move(camera);
  }
  return options;
}

std::shared_ptr<const Camera> ReadCameraOption(const TrackerArguments& arguments) {
  return arguments.camera_file.empty()
             ? nullptr
             : std::make_shared<const Camera>(ReadCameraFile(arguments.camera_file));
}

std::string CorrectionLine(const Correction& correction, std::int64_t frame,
                           std::int64_t first_frame) {
  return fmt::format(
      "{{\"frame\":{},\"correction\":\"{}\",\"ids\":[{},{}],\"first_frame\":{},"
      "\"last_frame\":{}}}\n",
      frame, correction.kind == Correction::Kind::kSwap ? "swap" : "merge", correction.id,
      correction.other_id, correction.first_frame - 1 + first_frame,
      correction.last_frame - 1 + first_frame);
}

}  // namespace tenjo::cli
