#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/evaluate/detect_eval.h"

namespace tenjo::cli {
namespace {

void EvalDetect(const PeopleEvaluation& arguments) {
  const AskedTruth truth = ReadAskedTruth(arguments);
  const std::vector<CocoResult> results =
      FindResults(arguments.source, arguments.gt, truth.whole, truth.asked, arguments.quiet,
                  NetworkAnswers::kBoxes);
  const DetectEvaluation evaluation = EvaluateDetections(truth.asked, results);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, DetectToJson(evaluation, truth.asked));
  }
  if (!arguments.html.empty()) {
    WriteFile(arguments.html, DetectToHtml(evaluation, truth.asked, results,
                                           ReportOptions<DetectHtmlOptions>(arguments, "People")));
  }
  if (!arguments.arrays.empty()) {
    WriteFile(
        arguments.arrays,
        fmt::format("{{\"upright\":{},\"rotated\":{}}}\n", ArraysToJson(evaluation.upright.arrays),
                    evaluation.rotated ? ArraysToJson(evaluation.rotated->arrays) : "null"));
  }
  if (!arguments.quiet) {
    std::fputs(DetectTables(evaluation, truth.asked, arguments.worst).c_str(), stdout);
  }
}

}  // namespace

void AddEvalDetect(CLI::App& eval) {
  CLI::App* command = eval.add_subcommand("detect", "AP of upright and of rotated person boxes");
  auto arguments = std::make_shared<PeopleEvaluation>();
  AddPeopleEvaluation(*command, *arguments, "Truth: COCO annotations, CEPDOF's among them",
                      "COCO results with bbox (4 or 5 numbers) or rotated_box");
  command->callback([arguments] { EvalDetect(*arguments); });
}

}  // namespace tenjo::cli
