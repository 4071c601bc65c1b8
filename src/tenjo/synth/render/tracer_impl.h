#pragma once

#include "tenjo/synth/render/embree_scene.h"
#include "tenjo/synth/render/lights.h"
#include "tenjo/synth/render/render.h"

namespace tenjo::synth {

struct Tracer::Impl {
  explicit Impl(const Scene& s) : scene(s), embree(s), lights(s) {}

  const Scene& scene;
  EmbreeScene embree;
  Lights lights;
};

}  // namespace tenjo::synth
