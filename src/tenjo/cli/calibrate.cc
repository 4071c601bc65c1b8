#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/camera/calibrate.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/camera/chessboard.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/sides_option.h"
#include "tenjo/dataset/frame_lines.h"
#include "tenjo/dataset/mot.h"
#include "tenjo/video/source.h"

namespace tenjo::cli {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
// Of a person's height: the middle of the face, and of the ankles, above the floor.
constexpr double kFace = 0.93;
constexpr double kAnkles = 0.05;

struct CalibrateArguments {
  std::string input;  // pictures of a chessboard
  std::string board;
  double square_m = 0.025;
  std::string lens = "pinhole";
  std::string size;
  double fov = 0;
  std::string camera_file;
  std::vector<std::string> points;
  double people_m = 0;
  std::string boxes;
  std::string frames;
  double height_m = 0;
  double tilt = 0;
  double pan = 0;
  double roll = 0;
  std::string out;
  bool quiet = false;
};

FloorMark ParsePoint(const std::string& text) {
  const auto parts = Split(text, ',');
  std::vector<double> numbers;
  for (const std::string_view part : parts) {
    const auto number = ParseDouble(part);
    if (!number || !std::isfinite(*number)) {
      break;
    }
    numbers.push_back(*number);
  }
  if (numbers.size() != 4 || parts.size() != 4) {
    throw CLI::ValidationError(
        "--point", fmt::format("\"{}\" must be U,V,X,Y: a pixel, and metres on the floor", text));
  }
  return {.pixel = {numbers[0], numbers[1]}, .floor = {numbers[2], numbers[3]}};
}

Lens FromChessboard(const CalibrateArguments& arguments) {
  ChessboardOptions options;
  std::tie(options.columns, options.rows) = SidesOf("--chessboard", arguments.board);
  options.square_m = arguments.square_m;
  if (arguments.lens != "pinhole" && arguments.lens != "equidistant") {
    throw Error(fmt::format(
        "a chessboard calibrates a pinhole or an equidistant (fisheye) lens, not --lens {}",
        arguments.lens));
  }
  options.lens = arguments.lens == "pinhole" ? LensKind::kPinhole : LensKind::kEquidistant;
  SourceOptions source_options;
  source_options.input = arguments.input;
  const auto source = VideoSource::Create(source_options);
  const ChessboardResult result = CalibrateFromChessboard(options, [&](cv::Mat& picture) {
    Frame frame;
    if (!source->Read(frame)) {
      return false;
    }
    picture = frame.image;
    return true;
  });
  if (!arguments.quiet) {
    std::fputs(fmt::format("lens: {} views of {} pictures, {:.3f} px left\n", result.views,
                           result.pictures, result.error_px)
                   .c_str(),
               stderr);
  }
  return result.lens;
}

//! A lens of which little is known: `fov` degrees across the picture, or, to start from, 70.
Lens PlainLens(const CalibrateArguments& arguments) {
  const auto [width, height] = SidesOf("--size", arguments.size);
  const double start = arguments.lens == "pinhole" ? 70 : 160;
  return ParseCamera(
             fmt::format(R"({{"lens":"{}","width":{},"height":{},"fov":{},"height_m":1}})",
                         arguments.lens, width, height, arguments.fov > 0 ? arguments.fov : start),
             "--fov")
      .lens;
}

std::vector<UprightPerson> PeopleFromBoxes(const std::string& path, double height_m) {
  std::vector<UprightPerson> people;
  for (const MotBox& box : ReadMot(path).boxes) {
    const double x = box.box.x + box.box.w / 2;
    people.push_back(
        {.head = {x, box.box.y}, .feet = {x, box.box.bottom()}, .head_m = height_m, .feet_m = 0});
  }
  return people;
}

//! Mean of the keypoints that are surely seen, of `needed` at least.
std::optional<Eigen::Vector2d> MeanOf(const Skeleton& keypoints, std::size_t first,
                                      std::size_t last, int needed) {
  constexpr float kSure = 0.3F;
  Eigen::Vector2d sum = Eigen::Vector2d::Zero();
  int count = 0;
  for (std::size_t k = first; k <= last; ++k) {
    if (keypoints[k].score > kSure) {
      sum += Eigen::Vector2d(keypoints[k].x, keypoints[k].y);
      ++count;
    }
  }
  return count >= needed ? std::optional<Eigen::Vector2d>(sum / count) : std::nullopt;
}

std::vector<UprightPerson> PeopleFromFrames(const std::string& path, double height_m) {
  std::vector<UprightPerson> people;
  for (const FrameLine& frame : ReadFrameLines(path)) {
    for (const Person& person : frame.people) {
      const auto face = MeanOf(person.keypoints, kNose, kRightEar, 2);
      const auto ankles = MeanOf(person.keypoints, kLeftAnkle, kRightAnkle, 2);
      if (face && ankles) {
        people.push_back({.head = *face,
                          .feet = *ankles,
                          .head_m = kFace * height_m,
                          .feet_m = kAnkles * height_m});
      }
    }
  }
  return people;
}

//! Evenly taken, so that the work stays small however long the walk was.
std::vector<UprightPerson> Thinned(const std::vector<UprightPerson>& people) {
  constexpr std::size_t kMost = 600;
  const std::size_t step = std::max<std::size_t>(1, people.size() / kMost);
  std::vector<UprightPerson> some;
  for (std::size_t i = 0; i < people.size(); i += step) {
    some.push_back(people[i]);
  }
  return some;
}

void CheckUsage(const CalibrateArguments& a) {
  const int poses = static_cast<int>(!a.points.empty()) + static_cast<int>(a.people_m > 0) +
                    static_cast<int>(a.height_m > 0);
  if (poses != 1) {
    throw CLI::ValidationError(
        "calibrate",
        "the camera's place comes from one of --point (four or more), --people METRES "
        "and --height METRES");
  }
  const int lenses = static_cast<int>(!a.board.empty()) + static_cast<int>(!a.camera_file.empty()) +
                     static_cast<int>(!a.size.empty());
  if (lenses != 1) {
    throw CLI::ValidationError("calibrate",
                               "the lens comes from one of --chessboard, --camera-file and --size");
  }
  if (a.board.empty() != a.input.empty()) {
    throw CLI::ValidationError("calibrate", "INPUT and --chessboard go together");
  }
  if (a.people_m > 0 && a.boxes.empty() == a.frames.empty()) {
    throw CLI::ValidationError("--people", "it needs one of --mot and --frames");
  }
}

void Calibrate(const CalibrateArguments& arguments) {
  CheckUsage(arguments);
  Lens lens;
  if (!arguments.board.empty()) {
    lens = FromChessboard(arguments);
  } else if (!arguments.camera_file.empty()) {
    lens = ReadCameraFile(arguments.camera_file).lens;
  } else {
    lens = PlainLens(arguments);
  }
  const bool find_focal = !arguments.size.empty() && arguments.fov <= 0;
  Calibration answer;
  answer.camera.lens = lens;
  if (!arguments.points.empty()) {
    std::vector<FloorMark> marks;
    for (const std::string& point : arguments.points) {
      marks.push_back(ParsePoint(point));
    }
    answer = CalibrateFromFloor(lens, marks, find_focal);
  } else if (arguments.people_m > 0) {
    const auto people = arguments.boxes.empty()
                            ? PeopleFromFrames(arguments.frames, arguments.people_m)
                            : PeopleFromBoxes(arguments.boxes, arguments.people_m);
    answer = CalibrateFromPeople(lens, Thinned(people), find_focal);
  } else {
    answer.camera.centre = {0, 0, arguments.height_m};
    answer.camera.world_from_camera =
        LookDown(arguments.pan * kDegree, arguments.tilt * kDegree, arguments.roll * kDegree);
    Validate(answer.camera);
  }
  WriteFile(arguments.out, FormatCamera(answer.camera));
  if (!arguments.quiet) {
    std::fputs(
        fmt::format("camera: {:.2f} m high, tilted {:.1f} degrees, focal length {:.1f} px",
                    answer.camera.centre.z(), TiltDegrees(answer.camera), answer.camera.lens.fx)
            .c_str(),
        stderr);
    std::fputs(answer.used > 0
                   ? fmt::format("; {:.2f} px left of {} {}\n", answer.error_px, answer.used,
                                 arguments.points.empty() ? "people" : "points")
                         .c_str()
                   : "\n",
               stderr);
  }
}

}  // namespace

void AddCalibrate(CLI::App& program) {
  auto a = std::make_shared<CalibrateArguments>();
  CLI::App* command = program.add_subcommand("calibrate", "Find a camera's lens, height and tilt");
  command->add_option("INPUT", a->input, "Video or images of a chessboard");
  command->add_option("--chessboard", a->board, "Its inner corners, as 9x6")->type_name("CxR");
  command->add_option("--square", a->square_m, "Side of its squares, metres")
      ->capture_default_str();
  command->add_option("--lens", a->lens, "Kind of lens")
      ->check(CLI::IsMember({"pinhole", "equidistant", "equisolid", "stereographic"}))
      ->capture_default_str();
  command->add_option("--size", a->size, "Of the picture, where the lens is not known otherwise")
      ->type_name("WxH");
  command->add_option("--fov", a->fov, "Degrees across the picture; else the focal length is found")
      ->check(CLI::Range(1.0, 280.0));
  command->add_option("--camera-file", a->camera_file, "Take the lens from this camera file")
      ->type_name("FILE.json");
  command
      ->add_option("--point", a->points,
                   "A point of the floor: its pixel and its metres; at least four times")
      ->type_name("U,V,X,Y");
  command->add_option("--people", a->people_m, "Walking people are so many metres high")
      ->check(CLI::Range(0.5, 2.5));
  command->add_option("--mot", a->boxes, "Their boxes, heads on top and feet below")
      ->type_name("FILE.txt");
  command->add_option("--frames", a->frames, "Their keypoints, as tenjo run --out writes them")
      ->type_name("FILE.jsonl");
  command->add_option("--height", a->height_m, "Height of the camera, metres, where it is known")
      ->check(CLI::Range(0.1, 100.0));
  command->add_option("--tilt", a->tilt, "With --height: degrees from straight down");
  command->add_option("--pan", a->pan, "With --height: direction of the tilt, degrees");
  command->add_option("--roll", a->roll, "With --height: turn about the axis, degrees");
  command->add_option("--out", a->out, "The camera file to write")
      ->type_name("FILE.json")
      ->required();
  command->add_flag("--quiet", a->quiet, "No summary");
  command->callback([a] { Calibrate(*a); });
}

}  // namespace tenjo::cli
