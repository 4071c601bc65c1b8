#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/cli/calibration_images.h"
#include "tenjo/cli/command.h"
#include "tenjo/infer/benchmark.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/processor.h"
#include "tenjo/infer/shipped_network.h"

namespace tenjo::cli {
namespace {

struct BenchArguments {
  std::vector<std::filesystem::path> models;
  std::vector<int> threads;
  std::vector<int> streams;
  std::vector<std::string> precisions = {"fp32", "bf16", "int8"};
  std::string size;
  std::filesystem::path json;
  BenchmarkOptions options;
  bool quiet = false;
};

struct Row {
  BenchmarkCase measured;
  std::string precision;
};

bool Wants(const BenchArguments& arguments, const std::string& precision) {
  return std::find(arguments.precisions.begin(), arguments.precisions.end(), precision) !=
         arguments.precisions.end();
}

//! The forms in which a network can run here: as its file is, in bf16, in its INT8 file.
std::vector<Row> FormsOf(const std::filesystem::path& model, const BenchArguments& arguments,
                         const Processor& processor) {
  std::vector<Row> forms;
  const auto add = [&](const std::filesystem::path& path, const char* precision) {
    if (Wants(arguments, precision) || path.extension() != ".onnx") {
      BenchmarkCase measured;
      measured.info = ReadModelInfo(path);
      measured.bf16 = std::string_view(precision) == "bf16";
      forms.push_back({std::move(measured), precision});
    }
  };
  if (model.extension() != ".onnx" || IsInt8Network(model)) {
    add(model, model.extension() == ".onnx" ? "int8" : "as is");
    return forms;
  }
  add(model, "fp32");
  if (processor.Computes("BF16")) {
    add(model, "bf16");
  }
  const ChosenNetwork chosen = ChooseNetwork(model, Precision::kAuto, "openvino", "CPU");
  if (chosen.model != model) {
    add(chosen.model, "int8");
  }
  return forms;
}

std::string ProcessorLines(const Processor& processor) {
  return fmt::format(
      "processor: {}, {} cores for this program; has {}; has not {}\nOpenVINO computes on it in "
      "{}\n",
      processor.name, processor.cores,
      processor.instructions.empty() ? "none of what speeds networks up"
                                     : fmt::format("{}", fmt::join(processor.instructions, ", ")),
      processor.lacks.empty() ? "nothing of it missing"
                              : fmt::format("{}", fmt::join(processor.lacks, ", ")),
      fmt::join(processor.computes, ", "));
}

//! The same network, threads and streams in FP32, to compare with.
const BenchmarkResult* FloatOf(std::size_t row, const std::vector<Row>& rows,
                               const std::vector<BenchmarkResult>& results) {
  for (std::size_t i = row + 1; i-- > 0;) {
    if (rows[i].precision == "fp32" && rows[i].measured.threads == rows[row].measured.threads &&
        rows[i].measured.streams == rows[row].measured.streams) {
      return &results[i];
    }
  }
  return nullptr;
}

std::string Table(const std::vector<Row>& rows, const std::vector<BenchmarkResult>& results) {
  std::size_t width = 7;
  for (const Row& row : rows) {
    width = std::max(width, row.measured.info.name.size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<9} {:>7} {:>7} {:>9} {:>9} {:>8} {:>8} {:>8} {:>9} {:>8}  {}\n",
                  "network", width, "precision", "threads", "streams", "p50 ms", "p95 ms", "fps",
                  "raw fps", "of raw", "over fp32", "MB", "convolutions in 8 bits");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const BenchmarkResult& result = results[i];
    const BenchmarkCase& measured = rows[i].measured;
    const bool only_raw = result.tenjo.fps <= 0;
    const BenchmarkSpeed& speed = only_raw ? result.raw : result.tenjo;
    const BenchmarkResult* plain = FloatOf(i, rows, results);
    text += fmt::format(
        "{:<{}}  {:<9} {:>7} {:>7} {:>9.2f} {:>9.2f} {:>8.2f} {:>8.2f} {:>8} {:>9} {:>8.0f}  {} of "
        "{}\n",
        measured.info.name, width, rows[i].precision,
        measured.threads == 0 ? "all" : std::to_string(measured.threads), measured.streams,
        speed.p50_ms, speed.p95_ms, speed.fps, result.raw.fps,
        only_raw ? "-" : fmt::format("{:.3f}", result.tenjo.fps / result.raw.fps),
        plain == nullptr ? "-" : fmt::format("{:.2f}", result.raw.fps / plain->raw.fps),
        result.memory_mb, result.in_8_bits, result.convolutions);
  }
  return text;
}

std::string Json(const std::vector<Row>& rows, const std::vector<BenchmarkResult>& results,
                 const Processor& processor, const BenchmarkOptions& options) {
  const auto speed = [](const BenchmarkSpeed& one) {
    return nlohmann::ordered_json{{"fps", one.fps}, {"p50_ms", one.p50_ms}, {"p95_ms", one.p95_ms}};
  };
  nlohmann::ordered_json out = {{"processor",
                                 {{"name", processor.name},
                                  {"cores", processor.cores},
                                  {"instructions", processor.instructions},
                                  {"lacks", processor.lacks},
                                  {"computes", processor.computes}}},
                                {"input", {options.width, options.height}},
                                {"rows", nlohmann::ordered_json::array()}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    nlohmann::ordered_json row = {{"network", rows[i].measured.info.path.string()},
                                  {"precision", rows[i].precision},
                                  {"threads", rows[i].measured.threads},
                                  {"streams", rows[i].measured.streams},
                                  {"raw", speed(results[i].raw)},
                                  {"memory_mb", results[i].memory_mb},
                                  {"convolutions", results[i].convolutions},
                                  {"convolutions_in_8_bits", results[i].in_8_bits}};
    if (results[i].tenjo.fps > 0) {
      row["tenjo"] = speed(results[i].tenjo);
    }
    out["rows"].push_back(std::move(row));
  }
  return out.dump(2) + "\n";
}

void Bench(BenchArguments arguments) {
  const Processor processor = ReadProcessor();
  if (arguments.threads.empty()) {
    arguments.threads = {0};
  }
  if (arguments.streams.empty()) {
    arguments.streams = {1};
    if (processor.cores > 1) {
      arguments.streams.push_back(processor.cores);
    }
  }
  std::vector<Row> rows;
  for (const auto& model : arguments.models) {
    for (const Row& form : FormsOf(FindNetwork(model), arguments, processor)) {
      for (const int threads : arguments.threads) {
        for (const int streams : arguments.streams) {
          Row row = form;
          row.measured.threads = threads;
          row.measured.streams = streams;
          rows.push_back(std::move(row));
        }
      }
    }
  }
  if (rows.empty()) {
    throw Error(fmt::format("nothing to measure: the networks are not there in {}",
                            fmt::join(arguments.precisions, ", ")));
  }
  const cv::Size size = CalibrationSize(arguments.size, rows.front().measured.info);
  BenchmarkOptions& options = arguments.options;
  options.width = size.width;
  options.height = size.height;
  Progress progress("tenjo bench", options.rounds * static_cast<std::int64_t>(rows.size()) * 2,
                    arguments.quiet);
  options.progress = [&](int done, int) { progress.Update(done); };
  std::vector<BenchmarkCase> cases;
  cases.reserve(rows.size());
  for (const Row& row : rows) {
    cases.push_back(row.measured);
  }
  const auto results = RunBenchmark(cases, options);
  progress.Finish();
  if (!arguments.json.empty()) {
    AtomicFile file(arguments.json);
    file.Write(Json(rows, results, processor, options));
    file.Commit();
  }
  if (arguments.json != "-") {
    const std::string text = ProcessorLines(processor) +
                             fmt::format("input {}x{}\n", size.width, size.height) +
                             Table(rows, results);
    std::fputs(text.c_str(), stdout);
  }
}

}  // namespace

void AddBench(CLI::App& program) {
  auto a = std::make_shared<BenchArguments>();
  CLI::App* command = program.add_subcommand(
      "bench",
      "Measure networks on this machine's processor in each precision, beside OpenVINO "
      "alone");
  command
      ->add_option("MODEL", a->models,
                   "Networks: names of those that ship, .onnx (NAME-int8.onnx beside NAME.onnx is "
                   "measured with it) or "
                   "OpenVINO .xml")
      ->required();
  command->add_option("--threads", a->threads, "Numbers of threads, as 1,2; 0 (default): all cores")
      ->delimiter(',')
      ->check(CLI::Range(0, 1024));
  command
      ->add_option("--streams", a->streams,
                   "Requests worked on at once, as 1,4; 1 is for latency, more for throughput "
                   "(default: 1 and one a core)")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  command
      ->add_option("--precision", a->precisions, "Of fp32,bf16,int8; what is not there is left out")
      ->delimiter(',')
      ->check(CLI::IsMember({"fp32", "bf16", "int8"}));
  command
      ->add_option("--size", a->size,
                   "Network input: WxH, or 0xH; default: the first network's own")
      ->type_name("WxH");
  command->add_option("--rounds", a->options.rounds, "The networks take turns so many times")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  command->add_option("--seconds", a->options.seconds, "A round of one network")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_option("--json", a->json, "The figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command->add_flag("--quiet", a->quiet, "No progress");
  command->callback([a] { Bench(*a); });
}

}  // namespace tenjo::cli
