// What a rendered picture costs, part by part, on one thread, and how that grows. Scenes are of
// ellipsoid people with about 27,000 triangles each in a room of about 50,000.
#include <benchmark/benchmark.h>

#include <opencv2/core/utility.hpp>

#include "tenjo/synth/render/lens_rays.h"
#include "tenjo/synth/render/render.h"
#include "tenjo/synth/render/sensor.h"
#include "tenjo/synth/render/test_scenes.h"

namespace tenjo::synth {
namespace {

Scene CrowdedRoom(int people) {
  Random random(5);
  Scene scene = testing::Room();
  scene.meshes[0].material.gloss = 0.3F;
  for (int i = 0; i < 30; ++i) {
    scene.meshes.push_back(testing::Ellipsoid(
        {random.Uniform(-3.5F, 3.5F), random.Uniform(-3.5F, 3.5F), random.Uniform(0.2F, 1)},
        {0.2F, 0.2F, 0.2F}, Vec3f::Constant(random.Uniform(0.1F, 0.8F)), 20));
  }
  for (int i = 0; i < people; ++i) {
    testing::AddFigure(scene, {random.Uniform(-2, 2), random.Uniform(-2, 2), 0},
                       random.Uniform(0, 6), random.Uniform(1.5F, 1.9F), random, 26);
  }
  return scene;
}

Camera Fisheye(int width) {
  return testing::CeilingCamera(LensKind::kEquidistant, width, width * 3 / 4, 0.1, 2.8);
}

void BM_Build(benchmark::State& state) {
  const Scene scene = CrowdedRoom(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(Tracer(scene));
  }
  std::size_t triangles = 0;
  for (const Mesh& mesh : scene.meshes) {
    triangles += mesh.triangles.size();
  }
  state.counters["triangles"] = static_cast<double>(triangles);
}
BENCHMARK(BM_Build)->Arg(0)->Arg(1)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond);

void BM_LensRays(benchmark::State& state) {
  Camera camera = Fisheye(640);
  if (state.range(0) == 1) {
    camera.lens.kind = LensKind::kPinhole;
    camera.lens.max_angle_rad = 1.5;
    camera.lens.distortion = {-0.1, 0.01, 1e-3, 1e-3, 0};
  }
  state.SetLabel(state.range(0) == 1 ? "decentred pinhole, a grid" : "fisheye, a profile");
  for (auto _ : state) {
    benchmark::DoNotOptimize(LensRays(camera.lens));
  }
}
BENCHMARK(BM_LensRays)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_Render(benchmark::State& state) {
  const Scene scene = CrowdedRoom(static_cast<int>(state.range(0)));
  const Camera camera = Fisheye(static_cast<int>(state.range(1)));
  RenderOptions options;
  options.filter = state.range(2) != 0;
  const Tracer tracer(scene);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tracer.Render(camera, options, 1));
  }
}
BENCHMARK(BM_Render)
    ->ArgNames({"people", "width", "filter"})
    ->Args({4, 640, 0})
    ->Args({0, 640, 1})
    ->Args({4, 640, 1})
    ->Args({16, 640, 1})
    ->Args({4, 320, 1})
    ->Args({4, 1280, 1})
    ->Unit(benchmark::kMillisecond);

void BM_View(benchmark::State& state) {
  const Scene scene = CrowdedRoom(static_cast<int>(state.range(0)));
  const Camera camera = Fisheye(640);
  const Tracer tracer(scene);
  const Rendering rendering = tracer.Render(camera, {}, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(tracer.View(camera, rendering));
  }
}
BENCHMARK(BM_View)->Arg(1)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond);

void BM_Sensor(benchmark::State& state) {
  cv::setNumThreads(1);
  const Scene scene = CrowdedRoom(4);
  const Camera camera = Fisheye(static_cast<int>(state.range(0)));
  const Rendering rendering = Tracer(scene).Render(camera, {}, 1);
  Random random(1);
  const Sensor sensor = DrawSensor(random);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Expose(rendering.radiance, sensor, 1));
  }
}
BENCHMARK(BM_Sensor)->Arg(320)->Arg(640)->Arg(1280)->Unit(benchmark::kMillisecond);

//! All of it: a new scene, a new camera, labels and sensor, as a training set draws them.
void BM_Picture(benchmark::State& state) {
  cv::setNumThreads(1);
  const Scene scene = CrowdedRoom(static_cast<int>(state.range(0)));
  Random random(1);
  std::uint64_t seed = 0;
  for (auto _ : state) {
    Camera camera = Fisheye(640);
    camera.lens.fx = camera.lens.fy = random.Uniform(190, 230);
    const Tracer tracer(scene);
    const Rendering rendering = tracer.Render(camera, {}, ++seed);
    benchmark::DoNotOptimize(tracer.View(camera, rendering));
    benchmark::DoNotOptimize(Expose(rendering.radiance, DrawSensor(random), seed));
  }
}
BENCHMARK(BM_Picture)->Arg(0)->Arg(4)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenjo::synth

BENCHMARK_MAIN();
