#include "tenjo/cli/eval.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <limits>
#include <set>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/evaluate/finds.h"

namespace tenjo::cli {
namespace {

//! Names or ids of images, one a line.
std::set<std::string> ReadImageList(const std::string& path) {
  std::set<std::string> names;
  const std::string text = ReadFile(path);
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) {
      names.emplace(line);
    }
  }
  return names;
}

bool IsLens(const std::string& lens, const std::string& asked) {
  if (asked == "fisheye" || asked == "wide") {
    return IsFisheye(lens) == (asked == "fisheye");
  }
  return lens == asked;
}

}  // namespace

std::pair<double, double> ParseRange(const std::string& text, const char* option) {
  // The ends are whatever stands before and after the first dash; an empty one is open.
  const auto dash = text.find('-');
  double least = 0;
  double most = std::numeric_limits<double>::infinity();
  bool right = dash != std::string::npos;
  if (right && dash > 0) {
    const auto value = ParseDouble(std::string_view(text).substr(0, dash));
    right = value.has_value();
    least = value.value_or(0);
  }
  if (right && dash + 1 < text.size()) {
    const auto value = ParseDouble(std::string_view(text).substr(dash + 1));
    right = value.has_value();
    most = value.value_or(0);
  }
  if (!right || !(least <= most)) {
    throw Error(fmt::format("{} {} is not MIN-MAX, as 15-60, or with one end open, as 15- or -60",
                            option, text));
  }
  return {least, most};
}

void AddImageFilter(CLI::App& command, ImageFilter& filter) {
  command
      .add_option("--image-list", filter.list,
                  "Only images that this file lists, by file name or id, one a line")
      ->type_name("FILE");
  command
      .add_option("--lens", filter.lens,
                  "Only images of a lens: fisheye, wide, or one of docs/formats.md")
      ->check(CLI::IsMember(
          {"fisheye", "wide", "pinhole", "equidistant", "equisolid", "stereographic"}));
  command
      .add_option("--tilt", filter.tilt,
                  "Only images whose camera's axis is so many degrees from straight down")
      ->type_name("MIN-MAX");
  command.add_option("--camera-height", filter.camera_height, "Only images of a camera so high, m")
      ->type_name("MIN-MAX");
}

CocoTruth FilterImages(CocoTruth truth, const ImageFilter& filter, const std::string& name) {
  const bool by_camera =
      !filter.lens.empty() || !filter.tilt.empty() || !filter.camera_height.empty();
  if (filter.list.empty() && !by_camera) {
    return truth;
  }
  const auto listed = filter.list.empty() ? std::set<std::string>() : ReadImageList(filter.list);
  const auto tilt = ParseRange(filter.tilt.empty() ? "-" : filter.tilt, "--tilt");
  const auto height =
      ParseRange(filter.camera_height.empty() ? "-" : filter.camera_height, "--camera-height");
  CocoTruth kept = KeepImages(truth, [&](const CocoImage& image) {
    const std::filesystem::path file(image.file_name);
    if (!filter.list.empty() && !listed.contains(image.file_name) &&
        !listed.contains(file.filename().string()) && !listed.contains(std::to_string(image.id))) {
      return false;
    }
    if (!by_camera) {
      return true;
    }
    return image.camera && (filter.lens.empty() || IsLens(image.camera->lens, filter.lens)) &&
           image.camera->tilt >= tilt.first && image.camera->tilt <= tilt.second &&
           image.camera->height_m >= height.first && image.camera->height_m <= height.second;
  });
  if (kept.images.empty()) {
    throw Error(fmt::format("none of the {} images of {} is {}", truth.images.size(), name,
                            by_camera ? "of such a camera (--lens, --tilt, --camera-height) and "
                                        "in --image-list if that is given"
                                      : "in " + filter.list));
  }
  return kept;
}

std::filesystem::path ImageFolder(const std::string& given, const std::filesystem::path& truth) {
  return given.empty() ? truth.parent_path() : std::filesystem::path(given);
}

std::filesystem::path ImageFile(const CocoImage& image, const std::filesystem::path& folder) {
  const std::filesystem::path name(image.file_name);
  if (name.empty()) {
    return {};
  }
  for (const auto& file : {folder / name, folder / "images" / name, folder / name.filename()}) {
    if (std::filesystem::is_regular_file(file)) {
      return file;
    }
  }
  return {};
}

void CheckOutputs(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  for (const std::string& output : outputs) {
    for (const std::string& input : inputs) {
      std::error_code absent;
      if (!input.empty() && !output.empty() && std::filesystem::equivalent(input, output, absent)) {
        throw Error(fmt::format("{} is read and shall be written: give another name", output));
      }
    }
  }
}

void AddPeopleEvaluation(CLI::App& command, PeopleEvaluation& evaluation, const std::string& truth,
                         const std::string& results) {
  PeopleEvaluation& e = evaluation;
  command.add_option("--gt", e.gt, truth)->required()->type_name("FILE.json");
  AddResultSource(command, e.source, results);
  command.add_option("--heights", e.heights, "Ask only for people whose box is so high, pixels")
      ->type_name("MIN-MAX");
  AddImageFilter(command, e.filter);
  command.add_option("--worst", e.worst, "So many of the worst images in table and report")
      ->capture_default_str();
  command.add_option("--json", e.json, "All figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command.add_option("--html", e.html, "Report with the worst images drawn")
      ->type_name("FILE.html");
  command.add_option("--arrays", e.arrays, "Precision, recall and scores, as pycocotools has them")
      ->type_name("FILE.json");
  command.add_flag("--quiet", e.quiet, "No tables and no progress");
  AddConfigOption(command);
}

AskedTruth ReadAskedTruth(const PeopleEvaluation& evaluation) {
  CheckSource(evaluation.source);
  CheckOutputs({evaluation.gt, evaluation.source.dt},
               {evaluation.json, evaluation.html, evaluation.arrays, evaluation.source.save});
  AskedTruth truth{ReadCocoTruth(evaluation.gt), {}};
  if (truth.whole.other_categories > 0 && !evaluation.quiet) {
    spdlog::warn("{}: {} annotations are not of people and are left out", evaluation.gt,
                 truth.whole.other_categories);
  }
  truth.asked = FilterImages(truth.whole, evaluation.filter, evaluation.gt);
  if (!evaluation.heights.empty()) {
    const auto [least, most] = ParseRange(evaluation.heights, "--heights");
    IgnoreOtherHeights(truth.asked, least, most);
  }
  return truth;
}

void AddEval(CLI::App& program) {
  CLI::App* command = program.add_subcommand("eval", "Score results against labelled truth");
  command->require_subcommand(1);
  AddEvalPose(*command);
  AddEvalDetect(*command);
  AddEvalTrack(*command);
  AddEvalAppearance(*command);
}

}  // namespace tenjo::cli
