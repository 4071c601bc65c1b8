// What a person costs before rendering: shaping once an identity, posing once a picture.
#include <benchmark/benchmark.h>

#include "tenjo/synth/people/motion.h"

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

void BM_MakePose(benchmark::State& state, tenjo::synth::Activity activity) {
  tenjo::synth::Random random(1);
  const auto shape = DrawBodyShape(Asset(), random);
  const auto rest = ShapeBody(Asset(), shape);
  const auto style = DrawMotionStyle(shape, random);
  tenjo::synth::MotionState moment;
  moment.activity = activity;
  moment.right_target = tenjo::synth::Vec3f(0.6F, -0.1F, 0.4F);
  if (activity == tenjo::synth::Activity::kWalk) {
    moment.speed_mps = 1.2F;
  }
  for (auto _ : state) {
    moment.distance_m += 0.04F;
    benchmark::DoNotOptimize(MakePose(Asset(), rest, style, moment));
  }
}
BENCHMARK_CAPTURE(BM_MakePose, stand, tenjo::synth::Activity::kStand)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_MakePose, walk, tenjo::synth::Activity::kWalk)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_MakePose, reach, tenjo::synth::Activity::kReach)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
