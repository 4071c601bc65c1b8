#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/evaluate/pose_eval.h"

namespace tenjo::cli {
namespace {

namespace fs = std::filesystem;

struct PoseArguments {
  std::string gt;
  ResultSource source;
  bool visible_only = false;
  std::string heights;
  ImageFilter filter;
  std::string json;
  std::string html;
  std::string arrays;
  std::size_t worst = 10;
  bool quiet = false;
};

void EvalPose(const PoseArguments& arguments) {
  CheckSource(arguments.source);
  CheckOutputs({arguments.gt, arguments.source.dt},
               {arguments.json, arguments.html, arguments.arrays, arguments.source.save});
  const CocoTruth whole = ReadCocoTruth(arguments.gt);
  if (whole.other_categories > 0 && !arguments.quiet) {
    spdlog::warn("{}: {} annotations are not of people and are left out", arguments.gt,
                 whole.other_categories);
  }
  CocoTruth truth = FilterImages(whole, arguments.filter, arguments.gt);
  if (arguments.visible_only) {
    KeepVisiblePoints(truth);
  }
  if (!arguments.heights.empty()) {
    const auto [least, most] = ParseRange(arguments.heights, "--heights");
    IgnoreOtherHeights(truth, least, most);
  }
  const std::vector<CocoResult> results =
      FindResults(arguments.source, arguments.gt, whole, truth, arguments.quiet);
  const PoseEvaluation evaluation = EvaluatePose(truth, results);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, PoseToJson(evaluation, truth));
  }
  if (!arguments.html.empty()) {
    PoseHtmlOptions options;
    const fs::path folder = ImageFolder(arguments.source.images, arguments.gt);
    options.file_of = [folder](const CocoImage& image) { return ImageFile(image, folder); };
    options.worst = std::max<std::size_t>(arguments.worst, 1);
    options.title = fmt::format("Poses: {} against {}", SourceName(arguments.source), arguments.gt);
    WriteFile(arguments.html, PoseToHtml(evaluation, truth, results, options));
  }
  if (!arguments.arrays.empty()) {
    WriteFile(arguments.arrays, fmt::format("{{\"keypoints\":{},\"boxes\":{}}}\n",
                                            ArraysToJson(evaluation.keypoints.arrays),
                                            ArraysToJson(evaluation.boxes.arrays)));
  }
  if (!arguments.quiet) {
    std::fputs(PoseTables(evaluation, truth, arguments.worst).c_str(), stdout);
  }
}

}  // namespace

void AddEvalPose(CLI::App& eval) {
  CLI::App* command =
      eval.add_subcommand("pose", "Keypoint and box AP as COCO defines them, and where they fail");
  auto arguments = std::make_shared<PoseArguments>();
  PoseArguments& a = *arguments;
  command->add_option("--gt", a.gt, "Truth: COCO annotations")->required()->type_name("FILE.json");
  AddResultSource(*command, a.source, "COCO keypoint results (tenjo run --coco)");
  command->add_flag("--visible-only", a.visible_only,
                    "Ask only for visible keypoints (v = 2), not for hidden ones");
  command->add_option("--heights", a.heights, "Ask only for people whose box is so high, pixels")
      ->type_name("MIN-MAX");
  AddImageFilter(*command, a.filter);
  command->add_option("--worst", a.worst, "So many of the worst images in table and report")
      ->capture_default_str();
  command->add_option("--json", a.json, "All figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command->add_option("--html", a.html, "Report with the worst images drawn")
      ->type_name("FILE.html");
  command->add_option("--arrays", a.arrays, "Precision, recall and scores, as pycocotools has them")
      ->type_name("FILE.json");
  command->add_flag("--quiet", a.quiet, "No tables and no progress");
  AddConfigOption(*command);
  command->callback([arguments] { EvalPose(*arguments); });
}

}  // namespace tenjo::cli
