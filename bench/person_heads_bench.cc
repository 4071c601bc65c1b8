// Person heads after the network: maps to boxes, and boxes joined with skeletons, by the number of
// people. Beside it the pose decoder on the same people, which every frame pays anyway.
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "tenjo/base/random.h"
#include "tenjo/pose/decoder.h"
#include "tenjo/pose/encoder.h"
#include "tenjo/pose/merge_people.h"
#include "tenjo/pose/person_encoder.h"

namespace tenjo {
namespace {

constexpr int kWidth = 456;
constexpr int kHeight = 256;
constexpr int kStride = 8;

struct Scene {
  PoseTargets poses;
  std::vector<float> centres;
  std::vector<float> boxes;

  PersonMaps People() const {
    return {centres.data(), boxes.data(), poses.width, poses.height, kStride};
  }
};

Scene MakeScene(int count) {
  Random random(1);
  std::vector<Skeleton> skeletons;
  std::vector<PersonLabel> people;
  for (int i = 0; i < count; ++i) {
    const double x = random.Uniform(20, kWidth - 20);
    const double y = random.Uniform(20, kHeight - 20);
    const double h = random.Uniform(30, 90);
    people.push_back({.box = {x, y, 0.45 * h, h, random.Uniform(-90, 90)}, .x = x, .y = y});
    Skeleton skeleton;
    for (Keypoint& point : skeleton) {
      point = {static_cast<float>(x) + random.Uniform(-12, 12),
               static_cast<float>(y) + random.Uniform(-25, 25), 1};
    }
    skeletons.push_back(skeleton);
  }
  Scene scene;
  scene.poses = EncodePose(skeletons, kWidth, kHeight);
  const auto size = static_cast<std::size_t>(scene.poses.width * scene.poses.height);
  std::vector<float> planes(kNumPersonPlanes * size);
  EncodePeople(people, kWidth, kHeight, kStride, planes.data());
  for (std::size_t i = 0; i < size; ++i) {
    // Noise as of a network, so that there are peaks to look at that are nobody.
    scene.centres.push_back(10 * planes[kPersonHeat * size + i] - 6 + random.Uniform(-1, 1));
  }
  scene.boxes.assign(planes.begin() + static_cast<std::ptrdiff_t>(kPersonDx * size),
                     planes.begin() + static_cast<std::ptrdiff_t>(kPersonPlaceWeight * size));
  return scene;
}

void PoseDecoderAlone(benchmark::State& state) {
  const Scene scene = MakeScene(static_cast<int>(state.range(0)));
  const PoseDecoder decoder;
  for (auto _ : state) {
    benchmark::DoNotOptimize(decoder.Decode(scene.poses.Maps()));
  }
}
BENCHMARK(PoseDecoderAlone)->Arg(5)->Arg(20)->Arg(60)->Unit(benchmark::kMicrosecond);

void DecodeAndMerge(benchmark::State& state) {
  const Scene scene = MakeScene(static_cast<int>(state.range(0)));
  const std::vector<Person> skeletons = PoseDecoder().Decode(scene.poses.Maps());
  std::size_t people = 0;
  for (auto _ : state) {
    const std::vector<Person> merged = MergePeople(skeletons, DecodePeople(scene.People()));
    people = merged.size();
    benchmark::DoNotOptimize(people);
  }
  state.counters["people"] = static_cast<double>(people);
}
BENCHMARK(DecodeAndMerge)->Arg(5)->Arg(20)->Arg(60)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace tenjo

BENCHMARK_MAIN();
