#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/evaluate/pose_eval.h"

namespace tenjo::cli {
namespace {

struct PoseArguments : PeopleEvaluation {
  bool visible_only = false;
};

void EvalPose(const PoseArguments& arguments) {
  AskedTruth truth = ReadAskedTruth(arguments);
  if (arguments.visible_only) {
    KeepVisiblePoints(truth.asked);
  }
  std::vector<CocoResult> results =
      FindResults(arguments.source, arguments.gt, truth.whole, truth.asked, arguments.quiet,
                  NetworkAnswers::kSkeletons);
  // People of whom only a rotated box was found are no answer to the question for their joints.
  std::erase_if(results, [](const CocoResult& result) {
    return result.rotated && result.has_points &&
           std::all_of(result.points.begin(), result.points.end(),
                       [](const CocoPoint& point) { return point.v <= 0; });
  });
  const PoseEvaluation evaluation = EvaluatePose(truth.asked, results);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, PoseToJson(evaluation, truth.asked));
  }
  if (!arguments.html.empty()) {
    WriteFile(arguments.html, PoseToHtml(evaluation, truth.asked, results,
                                         ReportOptions<PoseHtmlOptions>(arguments, "Poses")));
  }
  if (!arguments.arrays.empty()) {
    WriteFile(arguments.arrays, fmt::format("{{\"keypoints\":{},\"boxes\":{}}}\n",
                                            ArraysToJson(evaluation.keypoints.arrays),
                                            ArraysToJson(evaluation.boxes.arrays)));
  }
  if (!arguments.quiet) {
    std::fputs(PoseTables(evaluation, truth.asked, arguments.worst).c_str(), stdout);
  }
}

}  // namespace

void AddEvalPose(CLI::App& eval) {
  CLI::App* command =
      eval.add_subcommand("pose", "Keypoint and box AP as COCO defines them, and where they fail");
  auto arguments = std::make_shared<PoseArguments>();
  AddPeopleEvaluation(*command, *arguments, "Truth: COCO annotations",
                      "COCO keypoint results (tenjo run --coco)");
  command->add_flag("--visible-only", arguments->visible_only,
                    "Ask only for visible keypoints (v = 2), not for hidden ones");
  command->callback([arguments] { EvalPose(*arguments); });
}

}  // namespace tenjo::cli
