#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "tenjo/appearance/appearance_network.h"
#include "tenjo/base/atomic_file.h"
#include "tenjo/base/progress.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/embed_people.h"
#include "tenjo/cli/eval.h"
#include "tenjo/cli/network_options.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/evaluate/appearance_eval.h"
#include "tenjo/infer/network_cache.h"

namespace tenjo::cli {
namespace {

struct AppearanceArguments {
  std::string query;
  std::string gallery;
  std::string model;
  std::string data;
  std::string images;
  std::string embeddings;
  BackendOptions backend;
  std::string distance = "euclidean";
  std::string json;
  bool quiet = false;
};

// What the network says to the pictures of a set.
EmbeddingSet EmbedSet(const AppearanceArguments& arguments) {
  const IdentitySet set = ReadIdentities(arguments.data, arguments.images);
  AppearanceNetwork network(arguments.model, arguments.backend);
  Progress progress("tenjo eval appearance", static_cast<std::int64_t>(set.crops.size()),
                    arguments.quiet);
  EmbeddingSet embedded =
      EmbedPeople(set, network, [&](std::int64_t done) { progress.Update(done); });
  progress.Finish();
  return embedded;
}

std::string EmbeddingLines(const EmbeddingSet& set) {
  std::string text;
  for (std::size_t i = 0; i < set.crops.size(); ++i) {
    text += fmt::format("{},{}", set.crops[i].identity, set.crops[i].camera);
    for (std::size_t k = 0; k < set.length; ++k) {
      text += fmt::format(",{}", set.numbers[i * set.length + k]);
    }
    text += '\n';
  }
  return text;
}

void EvalAppearance(const AppearanceArguments& arguments) {
  CheckOutputs({arguments.query, arguments.gallery, arguments.model, arguments.data},
               {arguments.json, arguments.embeddings});
  const EmbeddingSet queries =
      arguments.model.empty() ? ReadEmbeddingSet(arguments.query) : EmbedSet(arguments);
  if (!arguments.embeddings.empty()) {
    WriteFile(arguments.embeddings, EmbeddingLines(queries));
  }
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
  CLI::Option* query =
      command->add_option("--query", a.query, "Embeddings: identity,camera,x1,...,xN a line")
          ->type_name("FILE.csv");
  command
      ->add_option("--gallery", a.gallery,
                   "Embeddings to find them among; without it each query among all others")
      ->type_name("FILE.csv")
      ->needs(query);
  CLI::Option* data =
      command
          ->add_option("--data", a.data,
                       "Instead: a set of people whose identity is known, as tenjo synth "
                       "--identities makes them, each picture among all others")
          ->type_name("DIR|FILE.json")
          ->excludes(query);
  CLI::Option* model =
      command->add_option("--model", a.model, "The network that makes embeddings of --data")
          ->type_name("FILE")
          ->needs(data);
  data->needs(model);
  command->add_option("--images", a.images, "Folder of the pictures of --data")
      ->type_name("DIR")
      ->needs(data);
  command
      ->add_option("--embeddings", a.embeddings, "Write the embeddings of --data, as --query reads")
      ->type_name("FILE.csv")
      ->needs(data);
  command->add_option("--threads", a.backend.threads, "Threads of the network; 0: all cores")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024))
      ->needs(data);
  command->add_option("--distance", a.distance, "euclidean or cosine")
      ->capture_default_str()
      ->check(CLI::IsMember({"euclidean", "cosine"}));
  command->add_option("--json", a.json, "All figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command->add_flag("--quiet", a.quiet, "No table");
  AddConfigOption(*command);
  command->callback([arguments] {
    if (arguments->query.empty() && arguments->data.empty()) {
      throw CLI::RequiredError("--query, or --data with --model,");
    }
    arguments->backend.cache_dir = DefaultCacheDir();
    EvalAppearance(*arguments);
  });
}

}  // namespace tenjo::cli
