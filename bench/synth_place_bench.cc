// How long it takes to draw a place, and to shade a pixel of each kind of surface.
#include <benchmark/benchmark.h>

#include "tenjo/synth/place/place.h"
#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

void DrawCafe(benchmark::State& state) {
  const auto asset = FurnitureAsset::Load("assets/furniture.bin");
  std::uint64_t seed = 0;
  std::size_t triangles = 0;
  for (auto _ : state) {
    Random random(seed++);
    const Place place = DrawPlace(*asset, {.cafe = state.range(0) != 0}, random);
    for (const Mesh& mesh : place.meshes) {
      triangles += mesh.triangles.size();
    }
  }
  state.counters["triangles"] =
      benchmark::Counter(static_cast<double>(triangles), benchmark::Counter::kAvgIterations);
}
BENCHMARK(DrawCafe)->Arg(1)->Arg(0)->Unit(benchmark::kMillisecond);

void Shade(benchmark::State& state) {
  Scene scene;
  scene.textures.push_back(
      {.width = 256, .height = 256, .rgb = std::vector<std::uint8_t>(3U * 256 * 256, 99)});
  Material material;
  material.pattern = static_cast<Pattern>(state.range(0));
  material.scale = 5;
  material.texture = 0;
  material.seed = 7;
  int i = 0;
  for (auto _ : state) {
    ++i;
    Vec3f normal = Vec3f::UnitZ();
    const Vec3f rest(0.1F, static_cast<float>(i % 640) * 0.006F,
                     static_cast<float>(i / 640 % 480) * 0.006F);
    benchmark::DoNotOptimize(Albedo(scene, material, rest, 0.006F, normal));
  }
}
BENCHMARK(Shade)->DenseRange(0, static_cast<int>(Pattern::kTexture));

}  // namespace
}  // namespace tenjo::synth

BENCHMARK_MAIN();
