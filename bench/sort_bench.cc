// Frames per second of SORT on the detections of the 11 MOT15 training sequences. Reading the files
// is not in the time; bench/sort.py runs this beside a Python SORT.
#include "tenjo/track/tracker.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "tenjo/dataset/mot.h"

namespace {

using Sequence = std::vector<std::vector<tenjo::Detection>>;  // by frame, from frame 1

Sequence ReadSequence(const std::filesystem::path& path) {
  Sequence sequence;
  for (const tenjo::MotBox& box : tenjo::ReadMot(path).boxes) {
    sequence.resize(box.frame);
    sequence.back().push_back({box.box, box.score});
  }
  return sequence;
}

std::vector<Sequence> ReadSequences(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (std::filesystem::exists(entry.path() / "det.txt")) {
        paths.push_back(entry.path() / "det.txt");
      }
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Sequence> sequences;
  sequences.reserve(paths.size());
  for (const auto& path : paths) {
    sequences.push_back(ReadSequence(path));
  }
  return sequences;
}

const std::vector<Sequence>& Mot15() {
  static const std::vector<Sequence> sequences =
      ReadSequences(std::filesystem::path(TENJO_SHARED_DATA_DIR) / "mot15");
  return sequences;
}

void SortOnMot15(benchmark::State& state) {
  const std::vector<Sequence>& sequences = Mot15();
  std::size_t frames = 0;
  std::size_t boxes = 0;
  while (state.KeepRunning()) {
    frames = 0;
    boxes = 0;
    for (const Sequence& sequence : sequences) {
      const std::unique_ptr<tenjo::Tracker> tracker = tenjo::Tracker::Create({});
      for (const auto& detections : sequence) {
        boxes += tracker->Update(detections).size();
      }
      frames += sequence.size();
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(frames) * state.iterations());
  state.counters["frames"] = static_cast<double>(frames);
  state.counters["boxes"] = static_cast<double>(boxes);
}

BENCHMARK(SortOnMot15)->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  if (Mot15().empty()) {
    std::fputs("sort_bench needs the measuring data " TENJO_SHARED_DATA_DIR "/mot15\n", stderr);
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
