#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/cli/calibration_images.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/cli/network_accuracy.h"
#include "tenjo/dataset/identity_set.h"
#include "tenjo/infer/execution_graph.h"
#include "tenjo/quantize/quantize.h"

namespace tenjo::cli {
namespace {

struct QuantizeArguments {
  QuantizeOptions options;
  std::string images;
  std::filesystem::path gt;
  std::string gt_images;
  std::string size;
  int count = 128;
  std::string ranges = "auto";
  std::string equalise = "auto";
  std::string rounding = "compensated";
  bool no_bias_correction = false;
  std::optional<double> max_drop;
  bool quiet = false;
};

constexpr double kAccuracyDrop = 0.005;
constexpr double kLossDrop = 0.02;

std::string KindOf(const QuantizedLayer& layer) {
  const std::string kernel = fmt::format("{}x{}", layer.shape[2], layer.shape[3]);
  return layer.groups > 1 ? kernel + (layer.shape[1] == 1 ? " depthwise" : " grouped") : kernel;
}

std::string Table(const QuantizeReport& report) {
  std::size_t width = 5;
  for (const QuantizedLayer& layer : report.layers) {
    width = std::max(width, layer.name.size());
  }
  std::string text = fmt::format("{:<{}}  {:<13} {:>9}  {:>20}  {:<10} {:>9}\n", "layer", width,
                                 "kernel", "weights", "range of its input", "found by", "loses %");
  for (const QuantizedLayer& layer : report.layers) {
    const auto weights = static_cast<std::int64_t>(layer.shape[0]) * layer.shape[1] *
                         layer.shape[2] * layer.shape[3];
    const std::string range =
        fmt::format("{:.4g}..{:.4g}", layer.input.least(), layer.input.most());
    text += fmt::format("{:<{}}  {:<13} {:>9}  {:>20}  {:<10} {:>9.4f}{}\n", layer.name, width,
                        KindOf(layer), weights, range, NameOf(layer.input.method), 100 * layer.cost,
                        layer.quantised ? "" : "  kept in FP32");
  }
  return text;
}

std::string Summary(const QuantizeReport& report, const std::filesystem::path& out,
                    const ExecutionGraph& executed) {
  std::string text = fmt::format(
      "{}: {} of {} convolutions in 8 bits ({} of {} as OpenVINO runs it here), {:.1f} MB of "
      "{:.1f} "
      "({:.3f})\n",
      out.string(), report.quantised(), report.layers.size(), executed.in_8_bits,
      executed.convolutions, 1e-6 * static_cast<double>(report.bytes),
      1e-6 * static_cast<double>(report.bytes_float),
      static_cast<double>(report.bytes) / static_cast<double>(report.bytes_float));
  text += fmt::format("all together lose {:.3f} % of the outputs' energy; {}\n", 100 * report.loss,
                      report.equalised > 0
                          ? fmt::format("{} tensors equalised across layers", report.equalised)
                          : "layers not equalised (it would not help)");
  for (std::size_t i = 0; i < report.accuracy.size(); ++i) {
    text += fmt::format("{} {:.4f} in FP32, {:.4f} in INT8\n", report.accuracy[i].name,
                        report.accuracy_float[i].value, report.accuracy[i].value);
  }
  for (const std::string& left : report.left_out) {
    text += fmt::format("left in FP32: {}\n", left);
  }
  return text;
}

std::vector<cv::Mat> ReadImages(const QuantizeArguments& arguments, const ModelInfo& info,
                                cv::Size size) {
  if (info.task == "refine") {
    return ReadCalibrationCrops(arguments.images, arguments.count, info);
  }
  return info.task == "appearance" && IsIdentitySet(arguments.images)
             ? ReadCalibrationPeople(arguments.images, arguments.count, info)
             : ReadCalibrationImages(arguments.images, arguments.count, info, size);
}

void Run(QuantizeArguments arguments) {
  QuantizeOptions& options = arguments.options;
  if (options.out.extension() != ".onnx") {
    throw Error(fmt::format("--out {} should end in .onnx", options.out.string()));
  }
  if (options.model.extension() != ".onnx") {
    throw Error(fmt::format(
        "{} is no ONNX file; of OpenVINO IR `tenjo import` makes one that can be quantised",
        options.model.string()));
  }
  options.ranges = ParseRangeMethod(arguments.ranges);
  options.equalise = arguments.equalise == "on"    ? Equalisation::kOn
                     : arguments.equalise == "off" ? Equalisation::kOff
                                                   : Equalisation::kAuto;
  options.compensate = arguments.rounding == "compensated";
  options.correct_bias = !arguments.no_bias_correction;
  const ModelInfo info = ReadModelInfo(options.model);
  if (!arguments.gt.empty()) {
    const bool own = !arguments.gt_images.empty() || info.task == "appearance";
    options.accuracy = MeasureBy({.gt = arguments.gt,
                                  .images = own ? arguments.gt_images : arguments.images,
                                  .size = arguments.size,
                                  .threads = options.threads},
                                 info);
  }
  options.max_drop = arguments.max_drop.value_or(options.accuracy ? kAccuracyDrop : kLossDrop);
  const cv::Size size = CalibrationSize(arguments.size, info);
  const auto images = ReadImages(arguments, info, size);
  std::string step;
  std::optional<Progress> progress;
  options.progress = [&](const std::string& what, int done, int total) {
    if (Interrupted()) {
      throw Error("interrupted; nothing was written");
    }
    if (what != step) {
      if (progress) {
        progress->Finish();
      }
      step = what;
      progress.emplace("tenjo quantize: " + what, total, arguments.quiet);
    }
    progress->Update(done);
  };
  const QuantizeReport report = Quantize(options, images);
  if (progress) {
    progress->Finish();
  }
  for (const std::string& warning : report.warnings) {
    spdlog::warn("{}", warning);
  }
  if (!arguments.quiet) {
    const ExecutionGraph executed = ReadExecutionGraph(
        options.out, {.width = size.width, .height = size.height, .threads = options.threads});
    std::fputs(Table(report).c_str(), stdout);
    std::fputs(Summary(report, options.out, executed).c_str(), stdout);
  }
}

}  // namespace

void AddQuantize(CLI::App& program) {
  auto a = std::make_shared<QuantizeArguments>();
  QuantizeOptions& o = a->options;
  CLI::App* command =
      program.add_subcommand("quantize", "Make an 8-bit network of one in FP32, without training");
  command->add_option("MODEL", o.model, "The network in FP32: .onnx")->required();
  command
      ->add_option(
          "--images", a->images,
          "Images as the network will meet: a folder, a glob or a video; for an "
          "appearance network a set of people, as tenjo synth --identities makes them; for "
          "a refining one a labelled set (COCO)")
      ->required();
  command
      ->add_option("--out", o.out,
                   "The network in 8 bits; as NAME-int8.onnx it is found beside "
                   "NAME.onnx by `tenjo run`")
      ->type_name("FILE.onnx")
      ->required();
  command->add_option("--count", a->count, "Images to calibrate on, evenly out of all")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  command
      ->add_option(
          "--gt", a->gt,
          "Truth of the images: the loss is that of keypoint AP, and of box AP50 where the "
          "network has person heads (COCO); of rank-1 (a set of people)")
      ->type_name("FILE.json|DIR");
  command->add_option("--gt-images", a->gt_images, "The images of --gt, if they are others");
  command
      ->add_option(
          "--max-drop", a->max_drop,
          "Most that may be lost: of each figure with --gt (0.005), else the part of the outputs' "
          "energy (0.02); the costliest layers stay in FP32 until it fits")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--symmetric", o.symmetric,
                    "For TensorRT: signed activations everywhere, no zero points");
  command
      ->add_option("--weight-bits", o.weight_bits,
                   "7: right on every processor. 8: finer, but sums overflow without VNNI")
      ->capture_default_str()
      ->check(CLI::IsMember({7, 8}));
  command
      ->add_option(
          "--ranges", a->ranges,
          "Of activations: minmax, percentile, mse, entropy; auto: for each what hurts the "
          "outputs least")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "minmax", "percentile", "mse", "entropy"}));
  command->add_option("--percentile", o.percentile, "Of the absolute values, kept by percentile")
      ->capture_default_str()
      ->check(CLI::Range(50.0, 100.0));
  command
      ->add_option("--equalise", a->equalise,
                   "Cross-layer equalisation: on, off; auto: if the outputs gain by it")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "on", "off"}));
  command
      ->add_option("--rounding", a->rounding,
                   "Of weights: compensated, those of a filter make up for each other's errors; "
                   "nearest, each by itself")
      ->capture_default_str()
      ->check(CLI::IsMember({"compensated", "nearest"}));
  command->add_flag("--no-bias-correction", a->no_bias_correction,
                    "Leave biases as they are, mean errors included");
  command->add_option("--keep", o.keep, "Layers to keep in FP32, by name");
  command
      ->add_option("--search-images", o.search_images,
                   "Of the calibration images, to compare ranges and layers on")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  command->add_option("--size", a->size, "Network input to calibrate and measure at: WxH, or 0xH")
      ->type_name("WxH");
  command->add_option("--threads", o.threads, "Threads; 0: all cores")->check(CLI::Range(0, 1024));
  command->add_flag("--quiet", a->quiet, "No progress and no table");
  command->callback([a] { Run(*a); });
}

}  // namespace tenjo::cli
