#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/base/scratch_folder.h"
#include "tenjo/cli/eval.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/cli/network_options.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/infer/shipped_network.h"
#include "tenjo/pipeline/pipeline.h"
#include "tenjo/publish/coco_results.h"

namespace tenjo::cli {
namespace {

namespace fs = std::filesystem;

constexpr float kLeastBoxScore = 0.02F;

// What ranks people by their keypoints: the score that somebody is there times the cube of how
// alike the keypoints are expected to be, as few of those that are doubtful are right by OKS's
// strict thresholds (docs/lab.md). Keypoints are scored by both; their mean is weighted by
// themselves, so hidden ones hardly count. The fourth root keeps it like a score.
double ScoreOf(const Person& person) {
  double sum = 0;
  double squares = 0;
  for (const Keypoint& point : person.keypoints) {
    const auto score = static_cast<double>(point.score);
    sum += score;
    squares += score * score;
  }
  if (!(sum > 0 && person.score > 0)) {
    return 0;
  }
  const double alike = std::min(1.0, squares / sum / person.score);
  return std::pow(person.score * alike * alike * alike, 0.25);
}

//! Runs the network over the truth's images and writes what `tenjo run --coco` writes.
void RunNetwork(const ResultSource& source, const std::string& gt, bool quiet,
                const CocoTruth& truth, NetworkAnswers answers, const fs::path& out) {
  // A folder in which each file's number is the image's place, so that any names will do.
  const fs::path images = ImageFolder(source.images, gt);
  const ScratchFolder links;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    const fs::path file = ImageFile(truth.images[i], images);
    if (file.empty()) {
      throw Error(fmt::format("image {} of {} (\"{}\") is not in {}: name its folder by --images",
                              truth.images[i].id, gt, truth.images[i].file_name,
                              images.empty() ? "." : images.string()));
    }
    fs::create_symlink(fs::absolute(file),
                       links.path() / fmt::format("{:010}{}", i, file.extension().string()));
  }
  PipelineOptions options;
  options.source.input = links.path().string();
  options.model = FindNetwork(source.model);
  options.backend = source.backend;
  if (!source.size.empty()) {
    ParseSize(source.size, options.backend);
  }
  options.refine = FindRefineNetwork(source.refine, !ReadModelInfo(options.model).centres.empty());
  options.third_look = WantsThirdLook(source.third_look, options.model);
  // A second look gives everybody found a skeleton.
  options.person_heads = answers == NetworkAnswers::kBoxes || !options.refine.empty();
  options.person_decoder.threshold = kLeastBoxScore;
  options.stop = &Interrupted();
  Pipeline pipeline(options);
  CocoResultsSink sink(out);
  Progress progress("tenjo eval", static_cast<std::int64_t>(truth.images.size()), quiet);
  std::int64_t done = 0;
  const RunSummary summary = pipeline.Run([&](FrameResult& result) {
    result.frame.image_id = truth.images[static_cast<std::size_t>(result.frame.image_id)].id;
    if (answers == NetworkAnswers::kSkeletons && !options.refine.empty()) {
      // Joined with boxes a person's score is that somebody is there, however good the skeleton.
      for (Person& person : result.people) {
        person.score = ScoreOf(person);
      }
    }
    sink.Write(result.frame, result.people);
    progress.Update(++done);
    return true;
  });
  progress.Finish();
  if (summary.stopped) {
    throw Error("stopped before all images were seen: there is nothing to score");
  }
  if (!summary.warning.empty()) {
    spdlog::warn("{}", summary.warning);
  }
  sink.Finish();
}

}  // namespace

void CheckSource(const ResultSource& source) {
  if (source.dt.empty() == source.model.empty()) {
    throw CLI::RequiredError("Either --dt FILE or --model FILE");
  }
}

std::string SourceName(const ResultSource& source) {
  return source.model.empty() ? source.dt : source.model;
}

std::vector<CocoResult> FindResults(const ResultSource& source, const std::string& gt,
                                    const CocoTruth& whole, const CocoTruth& truth, bool quiet,
                                    NetworkAnswers answers) {
  if (source.model.empty()) {
    // Results of images that are left out are no mistake.
    return ReadCocoResults(source.dt, whole);
  }
  const ScratchFolder folder;
  const fs::path file =
      source.save.empty() ? folder.path() / "results.json" : fs::path(source.save);
  RunNetwork(source, gt, quiet, truth, answers, file);
  return ReadCocoResults(file, whole);
}

void AddResultSource(CLI::App& command, ResultSource& source, const std::string& results) {
  command.add_option("--dt", source.dt, "Results: " + results)->type_name("FILE.json");
  command.add_option("--images", source.images, "Folder of the truth's images; default: its own")
      ->type_name("DIR");
  command.add_option("--model", source.model, "Network to run over the images, in place of --dt")
      ->type_name("NAME|FILE");
  command
      .add_option("--refine", source.refine, "Network that takes a second look, as of tenjo run")
      ->capture_default_str()
      ->type_name("NAME|FILE");
  command.add_option("--third-look", source.third_look, "As of tenjo run")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "on", "off"}));
  command.add_option("--size", source.size, "Its input, as of tenjo run")->type_name("WxH");
  command.add_option("--backend", source.backend.backend, "What runs it, as of tenjo run")
      ->capture_default_str();
  command.add_option("--device", source.backend.device, "Its device, as of tenjo run")
      ->capture_default_str();
  command.add_option("--threads", source.backend.threads, "Its threads; 0: all cores")
      ->check(CLI::Range(0, 1024));
  source.backend.cache_dir = DefaultCacheDir();
  command.add_option("--save-dt", source.save, "Keep what the network found, as COCO results")
      ->type_name("FILE.json");
}

}  // namespace tenjo::cli
