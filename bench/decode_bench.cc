// Decoding of pose maps of 57x32, the size that human-pose-estimation-0001 answers at 456x256.
// `decode_bench --dump=FOLDER` writes the maps and the people found in them for bench/decode.py.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/pose/decoder.h"
#include "tenjo/pose/drawn_people_test.h"
#include "tenjo/pose/encoder.h"

namespace tenjo {
namespace {

constexpr int kFrames = 16;
constexpr float kNoise = 0.01F;

// Frames of `count` people, all of whose body is in the image, over each other when many.
std::vector<PoseTargets> DrawFrames(int count) {
  std::vector<PoseTargets> frames;
  for (int i = 0; i < kFrames; ++i) {
    std::mt19937 random(1000 * count + i);
    std::uniform_real_distribution<float> unit(0, 1);
    std::vector<Skeleton> people;
    for (int p = 0; p < count; ++p) {
      const float height = 120 + 60 * unit(random);
      people.push_back(testing::DrawPerson(&random, 40 + 376 * unit(random), 30 + 80 * unit(random),
                                           height, 2 * unit(random) - 1));
    }
    frames.push_back(EncodePose(people, 456, 256));
    testing::AddNoise(&random, kNoise, &frames.back().heatmaps);
    testing::AddNoise(&random, kNoise, &frames.back().pafs);
  }
  return frames;
}

void Decode(benchmark::State& state) {
  const std::vector<PoseTargets> frames = DrawFrames(static_cast<int>(state.range(0)));
  const PoseDecoder decoder;
  std::size_t found = 0;
  std::size_t frame = 0;
  for (auto _ : state) {
    const std::vector<Person> people = decoder.Decode(frames[frame++ % kFrames].Maps());
    found += people.size();
    benchmark::DoNotOptimize(people.data());
  }
  state.counters["people"] =
      benchmark::Counter(static_cast<double>(found), benchmark::Counter::kAvgIterations);
}
BENCHMARK(Decode)->ArgName("drawn")->Arg(0)->Arg(1)->Arg(20)->Unit(benchmark::kMicrosecond);

void WriteMaps(std::ofstream* file, const std::vector<float>& maps) {
  file->write(reinterpret_cast<const char*>(maps.data()),
              static_cast<std::streamsize>(maps.size() * sizeof(float)));
}

// NAME.raw: heatmaps and pafs of each frame, float32. NAME.txt: a line for each person, the frame,
// the score, 17 times x, y and score.
bool Dump(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  const PoseDecoder decoder;
  bool good = true;
  for (const int count : {1, 20}) {
    const std::string name = "people" + std::to_string(count);
    std::ofstream maps(folder / (name + ".raw"), std::ios::binary);
    std::ofstream text(folder / (name + ".txt"));
    const std::vector<PoseTargets> frames = DrawFrames(count);
    for (int i = 0; i < kFrames; ++i) {
      WriteMaps(&maps, frames[i].heatmaps);
      WriteMaps(&maps, frames[i].pafs);
      for (const Person& person : decoder.Decode(frames[i].Maps())) {
        text << i << ' ' << person.score;
        for (const Keypoint& keypoint : person.keypoints) {
          text << ' ' << keypoint.x << ' ' << keypoint.y << ' ' << keypoint.score;
        }
        text << '\n';
      }
    }
    good = good && maps.flush() && text.flush();
  }
  return good;
}

}  // namespace
}  // namespace tenjo

int main(int argc, char** argv) {
  constexpr std::string_view kDump = "--dump=";
  if (argc == 2 && std::string_view(argv[1]).substr(0, kDump.size()) == kDump) {
    if (!tenjo::Dump(argv[1] + kDump.size())) {
      std::fprintf(stderr, "The maps could not be written to %s.\n", argv[1] + kDump.size());
      return 1;
    }
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
