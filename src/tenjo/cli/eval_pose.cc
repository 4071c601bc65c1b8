#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/cli/network_options.h"
#include "tenjo/evaluate/pose_eval.h"
#include "tenjo/pipeline/pipeline.h"
#include "tenjo/publish/coco_results.h"

namespace tenjo::cli {
namespace {

namespace fs = std::filesystem;

struct PoseArguments {
  std::string gt;
  std::string dt;
  std::string images;
  std::string model;
  std::string size;
  BackendOptions backend;
  std::string save;
  bool visible_only = false;
  std::string heights;
  ImageFilter filter;
  std::string json;
  std::string html;
  std::string arrays;
  std::size_t worst = 10;
  bool quiet = false;
};

//! A fresh folder, removed with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (fs::temp_directory_path() / "tenjo-eval-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      throw Error(fmt::format("cannot make a folder {}: {}", name, std::strerror(errno)));
    }
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

//! Runs the network over the truth's images and writes what `tenjo run --coco` writes.
void RunNetwork(const PoseArguments& arguments, const CocoTruth& truth, const fs::path& out) {
  // A folder in which each file's number is the image's place, so that any names will do.
  const fs::path images = ImageFolder(arguments.images, arguments.gt);
  const ScratchFolder links;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    const fs::path file = ImageFile(truth.images[i], images);
    if (file.empty()) {
      throw Error(fmt::format("image {} of {} (\"{}\") is not in {}: name its folder by --images",
                              truth.images[i].id, arguments.gt, truth.images[i].file_name,
                              images.empty() ? "." : images.string()));
    }
    fs::create_symlink(fs::absolute(file),
                       links.path() / fmt::format("{:010}{}", i, file.extension().string()));
  }
  PipelineOptions options;
  options.source.input = links.path().string();
  options.model = arguments.model;
  options.backend = arguments.backend;
  if (!arguments.size.empty()) {
    ParseSize(arguments.size, options.backend);
  }
  options.stop = &Interrupted();
  Pipeline pipeline(options);
  CocoResultsSink sink(out);
  Progress progress("tenjo eval", static_cast<std::int64_t>(truth.images.size()), arguments.quiet);
  std::int64_t done = 0;
  const RunSummary summary = pipeline.Run([&](FrameResult& result) {
    result.frame.image_id = truth.images[static_cast<std::size_t>(result.frame.image_id)].id;
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

std::vector<CocoResult> Results(const PoseArguments& arguments, const CocoTruth& whole,
                                const CocoTruth& truth) {
  if (arguments.model.empty()) {
    // Results of images that are left out are no mistake.
    return ReadCocoResults(arguments.dt, whole);
  }
  const ScratchFolder folder;
  const fs::path file =
      arguments.save.empty() ? folder.path() / "results.json" : fs::path(arguments.save);
  RunNetwork(arguments, truth, file);
  return ReadCocoResults(file, whole);
}

void EvalPose(const PoseArguments& arguments) {
  if (arguments.dt.empty() == arguments.model.empty()) {
    throw CLI::RequiredError("Either --dt FILE or --model FILE");
  }
  CheckOutputs({arguments.gt, arguments.dt},
               {arguments.json, arguments.html, arguments.arrays, arguments.save});
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
  const std::vector<CocoResult> results = Results(arguments, whole, truth);
  const PoseEvaluation evaluation = EvaluatePose(truth, results);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, PoseToJson(evaluation, truth));
  }
  if (!arguments.html.empty()) {
    PoseHtmlOptions options;
    const fs::path folder = ImageFolder(arguments.images, arguments.gt);
    options.file_of = [folder](const CocoImage& image) { return ImageFile(image, folder); };
    options.worst = std::max<std::size_t>(arguments.worst, 1);
    options.title =
        fmt::format("Poses: {} against {}",
                    arguments.model.empty() ? arguments.dt : arguments.model, arguments.gt);
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
  command->add_option("--dt", a.dt, "Results: COCO keypoint results (tenjo run --coco)")
      ->type_name("FILE.json");
  command->add_option("--images", a.images, "Folder of the truth's images; default: its own")
      ->type_name("DIR");
  command->add_option("--model", a.model, "Network to run over the images, in place of --dt")
      ->type_name("FILE");
  command->add_option("--size", a.size, "Its input, as of tenjo run")->type_name("WxH");
  command->add_option("--backend", a.backend.backend, "What runs it, as of tenjo run")
      ->capture_default_str();
  command->add_option("--device", a.backend.device, "Its device, as of tenjo run")
      ->capture_default_str();
  command->add_option("--threads", a.backend.threads, "Its threads; 0: all cores")
      ->check(CLI::Range(0, 1024));
  a.backend.cache_dir = DefaultCacheDir();
  command->add_option("--save-dt", a.save, "Keep what the network found, as COCO results")
      ->type_name("FILE.json");
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
