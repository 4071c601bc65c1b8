#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/evaluate/appearance_eval.h"

namespace tenjo::cli {
namespace {

struct AppearanceArguments {
  std::string query;
  std::string gallery;
  std::string distance = "euclidean";
  std::string json;
  bool quiet = false;
};

void EvalAppearance(const AppearanceArguments& arguments) {
  CheckOutputs({arguments.query, arguments.gallery}, {arguments.json});
  const EmbeddingSet queries = ReadEmbeddingSet(arguments.query);
  std::optional<EmbeddingSet> gallery;
  if (!arguments.gallery.empty()) {
    gallery = ReadEmbeddingSet(arguments.gallery);
  }
  const AppearanceEvaluation evaluation = EvaluateAppearance(
      queries, gallery,
      arguments.distance == "cosine" ? EmbeddingDistance::kCosine : EmbeddingDistance::kEuclidean);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, AppearanceToJson(evaluation));
  }
  if (!arguments.quiet) {
    std::fputs(AppearanceTables(evaluation).c_str(), stdout);
  }
}

}  // namespace

void AddEvalAppearance(CLI::App& eval) {
  CLI::App* command = eval.add_subcommand(
      "appearance", "Rank-1, rank-5 and mAP of embeddings, within a camera and across cameras");
  auto arguments = std::make_shared<AppearanceArguments>();
  AppearanceArguments& a = *arguments;
  command->add_option("--query", a.query, "Embeddings: identity,camera,x1,...,xN a line")
      ->required()
      ->type_name("FILE.csv");
  command
      ->add_option("--gallery", a.gallery,
                   "Embeddings to find them among; without it each query among all others")
      ->type_name("FILE.csv");
  command->add_option("--distance", a.distance, "euclidean or cosine")
      ->capture_default_str()
      ->check(CLI::IsMember({"euclidean", "cosine"}));
  command->add_option("--json", a.json, "All figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command->add_flag("--quiet", a.quiet, "No table");
  AddConfigOption(*command);
  command->callback([arguments] { EvalAppearance(*arguments); });
}

}  // namespace tenjo::cli
