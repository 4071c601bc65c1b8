#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/infer/torch_module.h"
#include "tenjo/synth/set/synth_set.h"
#include "tenjo/train/job/recipe.h"
#include "tenjo/train/train.h"

namespace tenjo::cli {
namespace {

struct TrainArguments {
  std::filesystem::path recipe;
  std::vector<std::string> overrides;
  std::filesystem::path out;
  bool resume = false;
  bool quiet = false;
};

// Renders a set that the recipe asks for, unless an earlier run has.
bool Render(RecipeData* data, const std::filesystem::path& folder, bool quiet) {
  if (!std::filesystem::exists(folder / "annotations.json")) {
    synth::SetJob job;
    job.out = folder;
    job.resume = std::filesystem::exists(folder / "set.json");
    if (!job.resume) {
      job.text = data->synth;
    }
    job.quiet = quiet;
    job.stop = &Interrupted();
    if (synth::MakeSet(job).stopped) {
      return false;
    }
  }
  data->annotations = folder;
  data->images = folder / "images";
  return true;
}

// Of several processes on a machine the first renders, the others wait for it.
bool WaitForRendering(RecipeData* data, const std::filesystem::path& folder) {
  while (!std::filesystem::exists(folder / "annotations.json")) {
    if (Interrupted()) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  data->annotations = folder;
  data->images = folder / "images";
  return true;
}

bool RenderAll(Recipe* recipe, const std::filesystem::path& out, bool quiet) {
  const char* rank = std::getenv("LOCAL_RANK");
  rank = rank != nullptr ? rank : std::getenv("RANK");
  const bool renders = rank == nullptr || std::string(rank) == "0";
  int number = 0;
  for (std::vector<RecipeData>* list : {&recipe->data, &recipe->validation.data}) {
    for (RecipeData& data : *list) {
      if (data.synth.empty()) {
        continue;
      }
      const std::filesystem::path folder = out / fmt::format("rendered-{}", ++number);
      if (!(renders ? Render(&data, folder, quiet) : WaitForRendering(&data, folder))) {
        return false;
      }
    }
  }
  return true;
}

void PrintResult(const TrainResult& result, const TrainJob& job) {
  const std::filesystem::path& out = job.out;
  const char* precision = job.recipe.task == TrainTask::kAppearance ? "mAP" : "AP";
  if (result.stopped) {
    std::fputs(
        fmt::format("stopped after step {}; --resume --out {} goes on\n", result.step, out.string())
            .c_str(),
        stderr);
    return;
  }
  std::string best;
  if (result.best_step >= 0) {
    best = fmt::format(", best at step {} ({} {:.4f})", result.best_step,
                       result.best_score < 0 ? "loss" : precision, std::abs(result.best_score));
  }
  const std::string int8 = result.int8.empty() ? "" : fmt::format(", {}", result.int8.string());
  std::fputs(
      fmt::format("{} steps, {:.1f} images/s{}: {}{}, {}\n", result.step, result.images_per_s, best,
                  result.network.string(), int8, (out / "report.html").string())
          .c_str(),
      stderr);
}

void Train(const TrainArguments& arguments) {
  TrainJob job;
  job.recipe = ReadRecipe(arguments.recipe, arguments.overrides);
  job.out = arguments.out.empty() ? std::filesystem::path("runs") / job.recipe.name : arguments.out;
  job.resume = arguments.resume;
  job.quiet = arguments.quiet;
  // For bench/training_loader.py.
  job.random_tensors = std::getenv("TENJO_TRAIN_RANDOM_TENSORS") != nullptr;
  job.stop = &Interrupted();
  if (!RenderAll(&job.recipe, job.out, job.quiet)) {
    std::fputs("stopped while rendering; --resume goes on\n", stderr);
    return;
  }
  // LibTorch's OpenMP threads otherwise spin for long when they wait, and a machine that does
  // anything else at the same time gets many times slower. Read when LibTorch is loaded.
  setenv("GOMP_SPINCOUNT", "1000", 0);
  TrainResult result;
  TorchFunction<decltype(tenjo_train)>("tenjo_train")(&job, &result);
  if (!job.quiet && (result.stopped || !result.network.empty())) {
    PrintResult(result, job);
  }
}

}  // namespace

void AddTrain(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("train", "Train a network of poses or of appearance by a recipe");
  auto arguments = std::make_shared<TrainArguments>();
  command->add_option("RECIPE", arguments->recipe, "TOML file, as those in recipes/")->required();
  command->add_option("OVERRIDES", arguments->overrides,
                      "KEY=VALUE in the place of what the recipe says, as train.steps=100 or "
                      "data.0.weight=0.5");
  command->add_option("--out", arguments->out,
                      "Folder of checkpoints, metrics, networks and the report [runs/NAME]");
  command->add_flag("--resume", arguments->resume,
                    "Go on from the newest checkpoint in the folder, if there is one");
  // The recipe's keys that are asked for most often.
  const auto key = [&](const char* option, const char* type, const char* name, const char* help) {
    command
        ->add_option_function<std::string>(
            option,
            [arguments, name](const std::string& value) {
              arguments->overrides.push_back(fmt::format("{}={}", name, value));
            },
            help)
        ->type_name(type);
  };
  key("--mask", "KIND", "train.mask",
      "Keep people without keypoints and crowds out of the loss by their segmentation, box or not "
      "at all (none)");
  key("--teacher", "FILE", "teacher.network", "Network that a small one learns from");
  key("--keep", "N", "train.keep", "Checkpoints that are kept");
  key("--steps", "N", "train.steps", "Steps in all");
  key("--batch", "N", "train.batch", "Crops a step");
  key("--seed", "S", "train.seed", "What all draws begin with");
  key("--threads", "N", "train.threads", "Threads of LibTorch; 0: all cores");
  key("--device", "NAME", "train.device", "auto, cpu, cuda or cuda:N");
  command->add_flag_callback(
      "--quantize", [arguments] { arguments->overrides.emplace_back("quantize.on=true"); },
      "Train in 8 bits, from a trained network: for the last bit of accuracy of NAME-int8.onnx");
  command->add_flag("--quiet", arguments->quiet, "No progress and no summary");
  command->callback([arguments] { Train(*arguments); });
}

}  // namespace tenjo::cli
