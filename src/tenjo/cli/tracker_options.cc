#include "tenjo/cli/tracker_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <variant>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/track/tracker_parameters.h"

namespace tenjo::cli {
namespace {

std::string OptionOf(const TrackerParameter& parameter) {
  std::string name = fmt::format("--{}", parameter.name);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void AddParameter(CLI::App& command, const TrackerParameter& parameter,
                  const std::shared_ptr<TrackerArguments>& arguments) {
  std::string help = parameter.help;
  if (!parameter.trackers.empty()) {
    help += fmt::format(" ({})", fmt::join(parameter.trackers, ", "));
  }
  std::visit(
      [&](auto member) {
        auto& value = arguments->given.*member;
        command.add_option(OptionOf(parameter), value, help)
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
  for (const TrackerParameter& parameter : TrackerParameters()) {
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
  for (const TrackerParameter& parameter : TrackerParameters()) {
    if (command.get_option(OptionOf(parameter))->empty()) {
      continue;
    }
    if (!parameter.trackers.empty() &&
        std::find(parameter.trackers.begin(), parameter.trackers.end(), tracker) ==
            parameter.trackers.end()) {
      throw CLI::ValidationError(
          OptionOf(parameter),
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
