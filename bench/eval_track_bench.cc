// Reads sequences and their tracks and scores them; prints seconds of processor time and figures as
// JSON. The other side is bench/eval_track.py.
#include <cstdio>
#include <ctime>
#include <vector>

#include "tenjo/evaluate/track_eval.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("eval_track_bench GT_FOLDER TRACKS_FOLDER\n", stderr);
    return 2;
  }
  const auto start = std::clock();
  const auto sequences = tenjo::ReadTrackSequences(argv[1], argv[2], "", {});
  std::vector<tenjo::SequenceEvaluation> evaluations;
  for (const auto& sequence : sequences) {
    evaluations.push_back(tenjo::EvaluateTracks(sequence, tenjo::MotBenchmark::kMot15));
  }
  const tenjo::TrackScores all = tenjo::CombineTracks(evaluations);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::printf("{\"seconds\":%.6f,\"hota\":%.12f,\"id_switches\":%.0f,\"idf1\":%.12f}\n", seconds,
              tenjo::Mean(all.hota.hota), all.clear.id_switches, all.identity.f1);
  return 0;
}
