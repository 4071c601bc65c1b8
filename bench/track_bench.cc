// Time of association and filter a frame: 50 people who walk about in 1920x1080 pixels, now and
// then unseen, each with an embedding of 128 numbers that is made beforehand.
#include "tenjo/track/tracker.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

constexpr int kPeople = 50;
constexpr int kFrames = 600;
constexpr int kNumbers = 128;

struct Scene {
  std::vector<std::vector<tenjo::Detection>> detections;
  std::vector<std::vector<tenjo::Embedding>> embeddings;
};

Scene MakeScene() {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal(0, 1);
  struct Walker {
    double x, y, vx, vy, w, h;
    tenjo::Embedding looks;
  };
  std::vector<Walker> walkers(kPeople);
  for (Walker& w : walkers) {
    w = {.x = unit(random) * 1800,
         .y = unit(random) * 900,
         .vx = normal(random) * 3,
         .vy = normal(random) * 3,
         .w = 40 + 30 * unit(random),
         .h = 100 + 60 * unit(random),
         .looks = tenjo::Embedding(kNumbers)};
    for (float& value : w.looks) {
      value = static_cast<float>(normal(random));
    }
  }
  Scene scene;
  for (int frame = 0; frame < kFrames; ++frame) {
    std::vector<tenjo::Detection> detections;
    std::vector<tenjo::Embedding> embeddings;
    for (Walker& w : walkers) {
      w.vx = w.x < 0 ? std::abs(w.vx) : w.x > 1850 ? -std::abs(w.vx) : w.vx;
      w.vy = w.y < 0 ? std::abs(w.vy) : w.y > 950 ? -std::abs(w.vy) : w.vy;
      w.x += w.vx;
      w.y += w.vy;
      if (unit(random) < 0.05) {
        continue;
      }
      detections.push_back({.box = {w.x + normal(random) * 2, w.y + normal(random) * 2, w.w, w.h},
                            .score = 0.5 + 0.5 * unit(random)});
      tenjo::Embedding looks = w.looks;
      for (float& value : looks) {
        value += static_cast<float>(0.3 * normal(random));
      }
      embeddings.push_back(std::move(looks));
    }
    scene.detections.push_back(std::move(detections));
    scene.embeddings.push_back(std::move(embeddings));
  }
  return scene;
}

void Track(benchmark::State& state, const char* name) {
  static const Scene scene = MakeScene();
  std::size_t frame = 0;
  const tenjo::Embedder embedder = [&](std::span<const int> wanted) {
    std::vector<tenjo::Embedding> made;
    for (const int detection : wanted) {
      made.push_back(scene.embeddings[frame][static_cast<std::size_t>(detection)]);
    }
    return made;
  };
  std::int64_t frames = 0;
  std::int64_t asked = 0;
  while (state.KeepRunning()) {
    const auto tracker = tenjo::Tracker::Create(tenjo::DefaultTrackerOptions(name));
    for (frame = 0; frame < scene.detections.size(); ++frame) {
      benchmark::DoNotOptimize(
          tracker->Track({.detections = scene.detections[frame], .embedder = &embedder}));
      ++frames;
    }
    asked += tracker->num_embeddings();
  }
  state.counters["ms_a_frame"] =
      benchmark::Counter(static_cast<double>(frames) * 1e-3,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["embeddings_a_frame"] =
      static_cast<double>(asked) / static_cast<double>(std::max<std::int64_t>(1, frames));
}

BENCHMARK_CAPTURE(Track, sort, "sort")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Track, bytetrack, "bytetrack")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Track, ocsort, "ocsort")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Track, deepsort, "deepsort")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Track, appearance, "appearance")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Track, sort_appearance, "sort+appearance")->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
