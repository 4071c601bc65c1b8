#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/cli/command.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/interrupt.h"
#include "tenjo/cli/synth_sequence.h"
#include "tenjo/synth/set/preview.h"
#include "tenjo/synth/set/synth_set.h"

namespace tenjo::cli {
namespace {

struct SynthArguments {
  synth::SetJob job;
  int preview = 0;
  int crops = 0;
  SequenceArguments sequence;
};

void PrintPart(const char* name, double seconds, const synth::SetSummary& summary) {
  std::fputs(fmt::format("  {:<8} {:7.1f} ms an image\n", name,
                         1e3 * seconds / static_cast<double>(summary.images))
                 .c_str(),
             stderr);
}

void PrintSummary(const synth::SetSummary& summary) {
  if (summary.images == 0 && !summary.stopped) {
    std::fputs(fmt::format("{} images were there already\n", summary.before).c_str(), stderr);
    return;
  }
  const double per_hour =
      3600 * static_cast<double>(summary.images) / std::max(summary.seconds, 1e-9);
  std::fputs(
      fmt::format("{} images with {} people in {:.1f} s, {:.0f} images/hour, {}\n", summary.images,
                  summary.people, summary.seconds, per_hour, summary.annotations.string())
          .c_str(),
      stderr);
  if (summary.images > 0) {
    const synth::PictureTimes& times = summary.times;
    PrintPart("cast", times.cast, summary);
    PrintPart("pose", times.pose, summary);
    PrintPart("tree", times.tree, summary);
    PrintPart("render", times.render, summary);
    PrintPart("label", times.label, summary);
    PrintPart("sensor", times.sensor, summary);
    PrintPart("write", times.write, summary);
  }
  if (summary.stopped) {
    std::fputs(
        fmt::format("  stopped before the end: {} of {} images are there, --resume goes on\n",
                    summary.before + summary.images, summary.wanted)
            .c_str(),
        stderr);
  }
}

void Synth(const SynthArguments& arguments) {
  synth::SetJob job = arguments.job;
  if (arguments.sequence.asked) {
    RunSequence(job, arguments.sequence);
    return;
  }
  const bool looks = arguments.preview > 0 || arguments.crops > 0;
  const bool there = std::filesystem::exists(job.out / "annotations.json");
  const bool only_looks = looks && there && job.text.empty() && !job.resume;
  if (!only_looks) {
    if (looks && !job.text.contains("images") && !job.text.contains("identities") && !job.resume) {
      job.text["images"] = std::to_string(std::max(arguments.preview, arguments.crops));
    }
    job.stop = &Interrupted();
    const synth::SetSummary summary = synth::MakeSet(job);
    if (!job.quiet) {
      PrintSummary(summary);
    }
    if (summary.stopped) {
      return;
    }
  }
  if (arguments.preview > 0) {
    synth::WritePreview(job.out, arguments.preview);
  }
  if (arguments.crops > 0) {
    synth::WriteCrops(job.out, arguments.crops);
  }
}

void AddTextOption(CLI::App& command, synth::SetText& text, const std::string& name,
                   const char* type, const char* help) {
  command
      .add_option_function<std::string>(
          "--" + name, [&text, name](const std::string& value) { text[name] = value; }, help)
      ->type_name(type);
}

}  // namespace

void AddSynth(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "synth", "Render labelled pictures of people as ceiling cameras see them");
  auto arguments = std::make_shared<SynthArguments>();
  synth::SetJob& job = arguments->job;
  command->add_option("OUT", job.out, "Folder of the set")->required();
  const auto text = [&](const char* name, const char* type, const char* help) {
    AddTextOption(*command, job.text, name, type, help);
  };
  text("images", "N", "How many pictures");
  text("seed", "S", "What all draws begin with [0]");
  text("size", "WxH", "Size of the pictures; left out: drawn, 256-1280");
  text("people", "N|MIN-MAX", "People in a picture; left out: drawn");
  text("camera", "KIND", "fisheye, wide or mixed [mixed]");
  text("height", "M|MIN-MAX", "Height of the camera, metres; left out: drawn, 2.2-5");
  text("tilt", "DEG|MIN-MAX", "Tilt of the camera from straight down; left out: drawn");
  text("split", "train|test", "Rooms, furniture and clothes of one half only [train]");
  text("place", "KIND", "cafe, other (offices, shops, halls, ...) or mixed [mixed]");
  text("textures", "DIR", "Folder of .jpg and .png for floors, walls and clothes");
  text("motion", "DIR", "Folder of .bvh captures that people move after, too");
  text("samples", "N", "Light rays a pixel, 1-256 [1]");
  text("quality", "N", "JPEG quality of the files, 1-100 [95]");
  text("identities", "N",
       "Instead of whole pictures N people, each cut out of --views pictures by several cameras");
  text("views", "K", "Pictures of each of --identities, 2-100 [8]");
  text("shard", "I/N", "Make only the I-th of N parts of the set");
  command->add_option("--threads", job.threads, "Pictures made at once; 0: all cores")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
  command->add_flag("--resume", job.resume, "Go on with a set that was cut short");
  command
      ->add_option("--preview", arguments->preview,
                   "Sheet and page of the first N pictures with their labels drawn: "
                   "OUT/preview.jpg, OUT/preview.html")
      ->type_name("N")
      ->check(CLI::Range(1, 400));
  command
      ->add_option("--crops", arguments->crops,
                   "Sheet of N people cut from the pictures: OUT/crops.jpg")
      ->type_name("N")
      ->check(CLI::Range(1, 400));
  command->add_flag("--quiet", job.quiet, "No progress and no summary");
  AddSequenceOptions(*command, arguments->sequence);
  AddConfigOption(*command);
  command->callback([arguments] { Synth(*arguments); });
}

}  // namespace tenjo::cli
