#include "tenjo/cli/synth_sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/base/text.h"
#include "tenjo/cli/interrupt.h"

namespace tenjo::cli {
namespace {

std::string TextOr(const synth::SetText& text, const char* name, const char* otherwise) {
  const auto found = text.find(name);
  return found == text.end() ? otherwise : found->second;
}

synth::SequenceOptions FromText(const synth::SetJob& job, const SequenceArguments& arguments) {
  for (const char* name : {"images", "identities", "views", "shard", "quality", "motion"}) {
    if (job.text.contains(name)) {
      throw Error(fmt::format("--{} goes with sets of images, not with --sequence", name));
    }
  }
  if (job.resume) {
    throw Error("--resume goes with sets of images; a sequence that was cut short is made anew");
  }
  synth::SequenceOptions options = arguments.options;
  options.out = job.out;
  options.threads = job.threads;
  options.stop = &Interrupted();
  synth::SetText text = job.text;
  options.seed = synth::ParseSeed(TextOr(text, "seed", "0"));
  const auto people = synth::ParsePeople(TextOr(text, "people", "3-8"), 40);
  options.min_people = people[0];
  options.max_people = people[1];
  text.try_emplace("size", "640x480");
  synth::ParseCameraOptions(text, options.camera);
  const std::string split = TextOr(text, "split", "train");
  if (split != "train" && split != "test") {
    throw Error(fmt::format("--split {} is neither train nor test", split));
  }
  if (split == "test") {
    options.outfits = synth::OutfitSplit::kTest;
    options.places = synth::PlaceSplit::kTest;
  }
  const std::string samples = TextOr(text, "samples", "1");
  const auto number = ParseInt(samples);
  if (!number || *number < 1 || *number > 256) {
    throw Error(fmt::format("--samples {} is no whole number from 1 to 256", samples));
  }
  options.samples = static_cast<int>(*number);
  options.place = synth::ParsePlace(text);
  if (!arguments.place_seed.empty()) {
    options.place_seed = synth::ParseSeed(arguments.place_seed, "place-seed");
  }
  if (!arguments.camera_seed.empty()) {
    options.camera_seed = synth::ParseSeed(arguments.camera_seed, "camera-seed");
  }
  return options;
}

void PrintSummary(const synth::SequenceSummary& summary, const synth::SequenceOptions& options) {
  const double images = static_cast<double>(summary.frames) * options.cameras;
  std::fputs(fmt::format("{} frames of {} camera{}, {} people in {} tracks, {} events, "
                         "{:.1f} images/s\n",
                         summary.frames, options.cameras, options.cameras == 1 ? "" : "s",
                         summary.identities, summary.tracks, summary.events,
                         images / std::max(summary.seconds, 1e-9))
                 .c_str(),
             stderr);
  if (summary.frames < summary.wanted) {
    std::fputs(fmt::format("  stopped before the end: the first {} of {} frames are there, whole\n",
                           summary.frames, summary.wanted)
                   .c_str(),
               stderr);
  }
}

}  // namespace

void AddSequenceOptions(CLI::App& command, SequenceArguments& arguments) {
  synth::SequenceOptions& o = arguments.options;
  command
      .add_option_function<double>(
          "--sequence",
          [&arguments](const double& seconds) {
            arguments.asked = true;
            arguments.options.seconds = seconds;
          },
          "A video of people who come, do things and go, instead of single images; seconds")
      ->type_name("SECONDS");
  command.add_option("--fps", o.fps, "Frames a second of a sequence")->capture_default_str();
  command
      .add_option("--cameras", o.cameras,
                  "Cameras that film a sequence at once: same people, same clock")
      ->capture_default_str();
  command
      .add_option("--busy", o.busy,
                  "How quickly people of a sequence do things and others follow, against usual")
      ->capture_default_str();
  command
      .add_option("--place-seed", arguments.place_seed,
                  "What the room of a sequence is drawn from, so that many may be filmed in one; "
                  "left out: --seed")
      ->type_name("S");
  command
      .add_option("--camera-seed", arguments.camera_seed,
                  "What a sequence's cameras are drawn from, whoever comes: the same cameras in "
                  "the same room; left out: --seed, and hung where most is seen")
      ->type_name("S");
  command.add_flag("--alike", o.alike, "Everybody in a sequence wears the same colours");
  command.add_flag("--frames-as-images", o.images,
                   "Keep a sequence's frames as camK/000001.jpg beside the video");
  command.add_flag(
      "--no-masks", [&arguments](std::int64_t) { arguments.options.masks = false; },
      "Leave the masks out of a sequence's labels");
}

void RunSequence(const synth::SetJob& job, const SequenceArguments& arguments) {
  const synth::SequenceOptions options = FromText(job, arguments);
  const synth::Assets assets = synth::LoadAssets(TextOr(job.text, "textures", ""));
  const double frames = std::floor(options.seconds * options.fps);
  Progress progress("tenjo synth",
                    frames > 0 && frames < 1e9 ? static_cast<std::int64_t>(frames) : 0, job.quiet);
  const synth::SequenceSummary summary =
      synth::WriteSequence(assets, options, [&](std::int64_t done) { progress.Update(done); });
  progress.Finish();
  if (summary.frames == 0) {
    throw Error("stopped before the first frame was rendered: nothing was written");
  }
  if (!job.quiet) {
    PrintSummary(summary, options);
  }
}

}  // namespace tenjo::cli
