// What a person costs before rendering: shaping once an identity, posing once a picture.
#include <benchmark/benchmark.h>

#include "tenjo/synth/people/body.h"

namespace {

using tenjo::synth::BodyAsset;

const BodyAsset& Asset() {
  static const auto asset = BodyAsset::Load("assets/body.bin");
  return *asset;
}

void BM_ShapeBody(benchmark::State& state) {
  tenjo::synth::Random random(1);
  const auto shape = DrawBodyShape(Asset(), random);
  for (auto _ : state) {
    benchmark::DoNotOptimize(ShapeBody(Asset(), shape));
  }
}
BENCHMARK(BM_ShapeBody)->Unit(benchmark::kMillisecond);

void BM_PoseBody(benchmark::State& state) {
  tenjo::synth::Random random(1);
  const auto rest = ShapeBody(Asset(), DrawBodyShape(Asset(), random));
  const auto pose = RestPose(Asset());
  for (auto _ : state) {
    benchmark::DoNotOptimize(PoseBody(Asset(), rest, pose));
  }
}
BENCHMARK(BM_PoseBody)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
