#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/cli/network_options.h"
#include "tenjo/cli/tracker_options.h"
#include "tenjo/dataset/embedding_table.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/network_cache.h"
#include "tenjo/infer/shipped_network.h"
#include "tenjo/pipeline/pipeline.h"
#include "tenjo/publish/anonymize.h"
#include "tenjo/publish/coco_results.h"
#include "tenjo/publish/drawn_video.h"
#include "tenjo/publish/json_lines.h"
#include "tenjo/publish/mot_results.h"
#include "tenjo/publish/window.h"

namespace tenjo::cli {
namespace {

struct RunOptions {
  PipelineOptions pipeline;
  std::string size;
  std::string refine = "auto";
  std::string third_look = "auto";
  std::string precision = "auto";
  std::shared_ptr<TrackerArguments> tracker = std::make_shared<TrackerArguments>();
  std::string corrections;
  std::string out = "-";
  std::string mot;
  std::string embeddings;
  std::string coco;
  std::string video;
  int show_every = 0;
  bool anonymize = false;
  bool quiet = false;
};

//! Pictures that need not belong together, as opposed to a video.
bool IsImageSet(const std::string& input) {
  return std::filesystem::is_directory(input) || input.find_first_of("*?[") != std::string::npos;
}

//! Every output of a run. One that fails ends the run; the others are still made whole.
class Outputs {
 public:
  Outputs(const RunOptions& options, const SourceInfo& source) {
    if (!options.out.empty()) {
      Add(std::make_unique<JsonLinesSink>(options.out));
    }
    if (!options.corrections.empty()) {
      corrections_ = std::make_unique<AtomicFile>(options.corrections);
    }
    if (!options.mot.empty()) {
      Add(std::make_unique<MotResultsSink>(options.mot));
    }
    if (!options.coco.empty()) {
      Add(std::make_unique<CocoResultsSink>(options.coco));
    }
    if (!options.video.empty()) {
      Add(std::make_unique<DrawnVideoSink>(options.video, source.fps));
    }
    if (options.show_every > 0) {
      Add(std::make_unique<WindowSink>(options.show_every));
    }
    if (options.anonymize) {
      anonymizer_.emplace();
    }
    embeddings_ = options.embeddings;
  }

  //! False if the reader of a pipe went away.
  bool Write(FrameResult& result) {
    Anonymize(result);
    if (!embeddings_.empty()) {
      AddEmbeddings(result);
    }
    for (const Correction& correction : result.corrections) {
      if (corrections_) {
        corrections_->Write(CorrectionLine(correction, result.frame.number, 1));
      }
    }
    try {
      for (auto& sink : sinks_) {
        // One that throws is lost here: it cannot be finished.
        auto writing = std::move(sink);
        writing->Write(result.frame, result.people);
        sink = std::move(writing);
      }
    } catch (const ClosedPipe&) {
      pipe_closed_ = true;
      return false;
    }
    return true;
  }

  void Finish() {
    if (corrections_) {
      corrections_->Commit();
      corrections_.reset();
    }
    if (const std::string file = std::exchange(embeddings_, {}); !file.empty()) {
      WriteFile(file, FormatEmbeddingNpy(table_));
    }
    for (auto& sink : std::exchange(sinks_, {})) {
      try {
        if (sink) {
          sink->Finish();
        }
      } catch (const ClosedPipe&) {
        pipe_closed_ = true;
      }
    }
  }

  bool pipe_closed() const { return pipe_closed_; }

 private:
  void Add(std::unique_ptr<ResultSink> sink) { sinks_.push_back(std::move(sink)); }
  void AddEmbeddings(const FrameResult& result) {
    for (const Embedding& embedding : result.embeddings) {
      if (embedding.empty()) {
        throw Error(fmt::format("frame {}: the network of looks gave nothing for a person",
                                result.frame.number));
      }
      table_.length = embedding.size();
      table_.values.insert(table_.values.end(), embedding.begin(), embedding.end());
    }
  }
  void Anonymize(FrameResult& result) {
    if (anonymizer_) {
      std::vector<Person> everyone = result.people;
      everyone.insert(everyone.end(), result.unconfirmed.begin(), result.unconfirmed.end());
      anonymizer_->See(everyone, result.frame.time_s);
      BlurBoxes(anonymizer_->Boxes(), result.frame.image);
    }
  }

  std::vector<std::unique_ptr<ResultSink>> sinks_;
  std::string embeddings_;  // file
  EmbeddingTable table_;
  std::unique_ptr<AtomicFile> corrections_;
  std::optional<Anonymizer> anonymizer_;
  bool pipe_closed_ = false;
};

void PrintStage(const char* name, const LatencyHistogram& stage, const RunSummary& summary) {
  if (stage.count() == 0) {
    return;
  }
  std::fputs(fmt::format("  {:<8} {:8.3f} ms a frame, {:5.1f} % of the time\n", name,
                         1e3 * stage.mean(), 100 * stage.sum() / std::max(summary.seconds, 1e-9))
                 .c_str(),
             stderr);
}

void PrintSummary(const RunSummary& summary, bool tracked, bool pipe_closed) {
  const double fps = static_cast<double>(summary.frames) / std::max(summary.seconds, 1e-9);
  std::string text = fmt::format("{} frames, {} people", summary.frames, summary.people);
  if (tracked) {
    text += fmt::format(", {} tracks", summary.tracks);
  }
  if (summary.looks > 0) {
    text += fmt::format(", {} closer looks", summary.looks);
  }
  if (summary.embeddings > 0) {
    text += fmt::format(", {} embeddings", summary.embeddings);
  }
  if (summary.corrections > 0) {
    text += fmt::format(", {} corrections", summary.corrections);
  }
  if (summary.dropped > 0) {
    text += fmt::format(", {} frames dropped", summary.dropped);
  }
  text += fmt::format(", {:.2f} fps in {:.1f} s ({})\n", fps, summary.seconds, summary.backend);
  std::fputs(text.c_str(), stderr);
  PrintStage("read", summary.read, summary);
  PrintStage("prepare", summary.prepare, summary);
  PrintStage("infer", summary.infer, summary);
  PrintStage("decode", summary.decode, summary);
  PrintStage("refine", summary.refine, summary);
  PrintStage("track", summary.track, summary);
  PrintStage("write", summary.write, summary);
  const LatencyHistogram& latency = summary.latency;
  std::fputs(
      fmt::format(
          "  latency p50 {:.1f} ms, p95 {:.1f} ms, p99 {:.1f} ms; first result after {:.2f} s\n",
          1e3 * latency.Percentile(0.5), 1e3 * latency.Percentile(0.95),
          1e3 * latency.Percentile(0.99), summary.start_s)
          .c_str(),
      stderr);
  if (pipe_closed) {
    std::fputs("  stopped: standard output was closed by its reader\n", stderr);
  } else if (summary.stopped) {
    std::fputs("  stopped before the end\n", stderr);
  }
}

void CheckUsage(const RunOptions& options) {
  if (options.pipeline.source.input.empty()) {
    throw CLI::RequiredError("INPUT");
  }
  if (!options.embeddings.empty() && options.tracker->tracker != "none") {
    throw CLI::ValidationError("--embeddings",
                               "they are of everybody who is found: it needs --tracker none");
  }
}

//! False if people get no ids.
bool MakeTracker(const CLI::App& command, RunOptions& options) {
  PipelineOptions& pipeline = options.pipeline;
  std::string tracker = options.tracker->tracker;
  if (tracker == "auto") {
    tracker = IsImageSet(pipeline.source.input) ? "none" : "sort";
  }
  pipeline.camera = ReadCameraOption(*options.tracker);
  const bool tracked = tracker != "none";
  if (tracked) {
    pipeline.tracker = MakeTrackerOptions(command, *options.tracker, tracker, 30, pipeline.camera);
  }
  if (tracked ? NeedsEmbedder(*pipeline.tracker) : !options.embeddings.empty()) {
    pipeline.appearance =
        FindNetwork(pipeline.appearance.empty() ? kDefaultAppearanceNetwork : pipeline.appearance);
  } else if (!tracked) {
    pipeline.appearance.clear();  // nobody asks for looks
  }
  return tracked;
}

//! Takes a network of pictures of people in 8 bits as the pose network is taken; says so where
//! nobody asked.
std::string ChooseForPeople(const BackendOptions& backend, Precision precision,
                            std::filesystem::path& network) {
  // Pictures of people go through OpenVINO whatever runs the pose network.
  const BackendOptions plain;
  const bool same = backend.backend == plain.backend;
  const ChosenNetwork chosen =
      ChooseLooks(network, precision, plain.backend, same ? backend.device : plain.device);
  network = chosen.model;
  return precision == Precision::kAuto ? chosen.said : std::string();
}

void Run(const CLI::App& command, RunOptions options) {
  CheckUsage(options);
  PipelineOptions& pipeline_options = options.pipeline;
  if (!options.size.empty()) {
    ParseSize(options.size, pipeline_options.backend);
  }
  const bool tracked = MakeTracker(command, options);
  const Precision precision = ParsePrecision(options.precision);
  const ChosenNetwork chosen =
      ChooseNetwork(FindNetwork(pipeline_options.model), precision,
                    pipeline_options.backend.backend, pipeline_options.backend.device);
  pipeline_options.model = chosen.model;
  pipeline_options.backend.bf16 = chosen.bf16;
  pipeline_options.refine =
      FindRefineNetwork(options.refine, !ReadModelInfo(chosen.model).centres.empty());
  pipeline_options.third_look = WantsThirdLook(options.third_look, chosen.model);
  for (const std::string& said :
       {chosen.said, ChooseForPeople(pipeline_options.backend, precision, pipeline_options.refine),
        ChooseForPeople(pipeline_options.backend, precision, pipeline_options.appearance)}) {
    if (!options.quiet && !said.empty()) {
      spdlog::info("{}", said);
    }
  }
  pipeline_options.stop = &Interrupted();
  Pipeline pipeline(pipeline_options);
  Outputs outputs(options, pipeline.source());
  const std::int64_t total =
      pipeline_options.max_frames > 0 ? pipeline_options.max_frames : pipeline.source().frames;
  Progress progress("tenjo run", total, options.quiet);
  std::int64_t done = 0;
  RunSummary summary;
  try {
    summary = pipeline.Run([&](FrameResult& result) {
      const bool go_on = outputs.Write(result);
      progress.Update(++done);
      return go_on;
    });
  } catch (...) {
    outputs.Finish();
    throw;
  }
  outputs.Finish();
  progress.Finish();
  if (!summary.warning.empty()) {
    spdlog::warn("{}", summary.warning);
  }
  if (!options.quiet) {
    PrintSummary(summary, tracked, outputs.pipe_closed());
  }
}

void AddInputOptions(CLI::App& command, RunOptions& o) {
  SourceOptions& source = o.pipeline.source;
  command.add_option(
      "INPUT", source.input,
      "Video file, folder or glob of images, rtsp://…, or V4L2 device (/dev/video0)");
  command.add_option("--camera", source.camera, "Name of the camera in the output");
  command.add_option("--start", source.start_s, "Skip what is before, seconds")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--end", source.end_s, "Stop there, seconds")->check(CLI::NonNegativeNumber);
  command.add_flag("--loop", source.loop, "Begin a file again at its end, ids and times going on");
  command.add_option("--image-fps", source.image_fps, "Images a second, of a folder of images")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command.add_option("--max-frames", o.pipeline.max_frames, "Stop after so many frames")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--give-up", source.give_up_s,
                  "How long to try to reach a camera that does not answer, seconds; 0: one try")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
}

void AddNetworkOptions(CLI::App& command, RunOptions& o) {
  o.pipeline.model = kDefaultPoseNetwork;
  BackendOptions& backend = o.pipeline.backend;
  command
      .add_option("--model", o.pipeline.model,
                  "Network: a name of those that ship (pose, pose-small), .onnx, or OpenVINO "
                  ".xml")
      ->type_name("NAME|FILE")
      ->capture_default_str();
  command
      .add_option(
          "--backend", backend.backend,
          "What runs the network: openvino; torch (LibTorch, for networks that Tenjo wrote)")
      ->capture_default_str();
  command
      .add_option("--device", backend.device,
                  "Where: CPU, GPU, NPU, AUTO of openvino; CPU, CUDA of torch")
      ->capture_default_str();
  command.add_option("--threads", backend.threads, "Threads of the network; 0: all cores")
      ->check(CLI::Range(0, 1024));
  command
      .add_option("--precision", o.precision,
                  "fp32, bf16 or int8 (NAME-int8.onnx beside NAME.onnx); auto: int8 on a CPU where "
                  "it is there, else as the file is")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}));
  command
      .add_option("--size", o.size,
                  "Network input WxH, aspect ratio kept and padded; 0xH: the width that each "
                  "image's aspect asks for")
      ->type_name("WxH");
  command
      .add_option("--refine", o.refine,
                  "Network that takes a second look at everybody found; auto: the one that ships, "
                  "beside a network with person heads; off: none")
      ->capture_default_str()
      ->type_name("NAME|FILE");
  command
      .add_option("--third-look", o.third_look,
                  "Whether that network looks once more, mirrored, at those that it is certain of: "
                  "more precise, slower; auto: not with pose-small")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "on", "off"}));
  backend.cache_dir = DefaultCacheDir();
  command
      .add_option("--cache", backend.cache_dir,
                  "Folder of compiled networks for quick starts; empty: none")
      ->capture_default_str();
}

void AddTracking(CLI::App& command, RunOptions& o) {
  o.tracker->tracker = "auto";
  AddTrackerOptions(command, o.tracker, {"auto", "none"});
  command
      .add_option(
          "--appearance", o.pipeline.appearance,
          "Network of people's looks: Tenjo's .onnx, or person-reidentification-retail-0288")
      ->type_name("FILE");
}

void AddOutputOptions(CLI::App& command, RunOptions& o) {
  command.add_option("--out", o.out, "JSON Lines, one a frame; - is standard output, empty: none")
      ->type_name("FILE.jsonl")
      ->capture_default_str();
  command.add_option("--mot", o.mot, "MOTChallenge results")->type_name("FILE.txt");
  command
      .add_option(
          "--embeddings", o.embeddings,
          "What everybody found looks like, a row a person in the order of --out and --mot; "
          "needs --tracker none")
      ->type_name("FILE.npy");
  command
      .add_option("--corrections", o.corrections,
                  "What was found out afterwards: ids swapped or merged, a line of JSON each")
      ->type_name("FILE.jsonl");
  command.add_option("--coco", o.coco, "COCO keypoint results")->type_name("FILE.json");
  command.add_option("--video", o.video, "The pictures with people drawn on them")
      ->type_name("FILE.mp4");
  command
      .add_option("--show-every", o.show_every,
                  "Show every N-th picture with its people in a window")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command.add_flag("--anonymize", o.anonymize,
                   "Blur people in --video and --show-every, for good (those that are found)");
  command.add_flag("--quiet", o.quiet, "No progress and no summary");
}

}  // namespace

void AddRun(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("run", "Find people and their ids in a video, images or a camera");
  auto options = std::make_shared<RunOptions>();
  AddInputOptions(*command, *options);
  AddNetworkOptions(*command, *options);
  AddTracking(*command, *options);
  AddOutputOptions(*command, *options);
  AddConfigOption(*command);
  command->callback([options, command] { Run(*command, *options); });
}

}  // namespace tenjo::cli
