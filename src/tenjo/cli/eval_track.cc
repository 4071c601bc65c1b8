#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/cli/config_file.h"
#include "tenjo/cli/eval.h"
#include "tenjo/evaluate/track_eval.h"

namespace tenjo::cli {
namespace {

struct TrackEvalArguments {
  std::string gt;
  std::string tracks;
  std::string file;
  std::vector<std::string> sequences;
  std::string benchmark = "auto";
  std::string images;
  std::string json;
  std::string html;
  bool quiet = false;
};

void EvalTrack(const TrackEvalArguments& arguments) {
  CheckOutputs({arguments.gt, arguments.tracks}, {arguments.json, arguments.html});
  const std::vector<TrackSequence> sequences =
      ReadTrackSequences(arguments.gt, arguments.tracks, arguments.file, arguments.sequences);
  const MotBenchmark benchmark = arguments.benchmark == "auto"    ? GuessBenchmark(sequences)
                                 : arguments.benchmark == "mot15" ? MotBenchmark::kMot15
                                 : arguments.benchmark == "mot20" ? MotBenchmark::kMot20
                                                                  : MotBenchmark::kMot17;
  std::vector<SequenceEvaluation> evaluations;
  evaluations.reserve(sequences.size());
  for (const TrackSequence& sequence : sequences) {
    evaluations.push_back(EvaluateTracks(sequence, benchmark));
  }
  const TrackScores combined = CombineTracks(evaluations);
  if (!arguments.json.empty()) {
    WriteFile(arguments.json, TracksToJson(evaluations, combined));
  }
  if (!arguments.html.empty()) {
    TrackHtmlOptions options;
    options.images = arguments.images;
    options.title = fmt::format("Tracks: {} against {}", arguments.tracks, arguments.gt);
    WriteFile(arguments.html, TracksToHtml(sequences, evaluations, combined, options));
  }
  if (!arguments.quiet) {
    std::fputs(TrackTables(evaluations, combined).c_str(), stdout);
  }
}

}  // namespace

void AddEvalTrack(CLI::App& eval) {
  CLI::App* command =
      eval.add_subcommand("track", "HOTA, CLEAR-MOT and identity scores, and each id switch");
  auto arguments = std::make_shared<TrackEvalArguments>();
  TrackEvalArguments& a = *arguments;
  command
      ->add_option("--gt", a.gt,
                   "Truth in MOTChallenge format: a file, or a folder of sequences "
                   "(SEQ/gt/gt.txt, SEQ/gt.txt, SEQ.gt.txt or SEQ.txt)")
      ->required()
      ->type_name("PATH");
  command
      ->add_option("--tracks", a.tracks,
                   "Results (tenjo run --mot, tenjo track): a file, or a folder of SEQ.txt")
      ->required()
      ->type_name("PATH");
  command->add_option("--file", a.file, "The folder of results holds SEQ/NAME in place of SEQ.txt")
      ->type_name("NAME");
  command->add_option("--sequences", a.sequences, "Only these, with commas between")
      ->delimiter(',')
      ->type_name("SEQ");
  command
      ->add_option("--benchmark", a.benchmark,
                   "Whose rules: mot15 (no classes), mot17 (also MOT16), mot20; auto: mot17 if the "
                   "truth has classes")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "mot15", "mot16", "mot17", "mot20"}));
  command->add_option("--images", a.images, "Pictures for the report: DIR/SEQ/img1/000001.jpg")
      ->type_name("DIR");
  command->add_option("--json", a.json, "All figures as JSON; - is standard output")
      ->type_name("FILE.json");
  command->add_option("--html", a.html, "Report with the frames of each id switch")
      ->type_name("FILE.html");
  command->add_flag("--quiet", a.quiet, "No table");
  AddConfigOption(*command);
  command->callback([arguments] { EvalTrack(*arguments); });
}

}  // namespace tenjo::cli
