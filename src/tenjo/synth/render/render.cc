#include "tenjo/synth/render/render.h"

#include <fmt/format.h>

#include "tenjo/base/error.h"
#include "tenjo/synth/render/compose.h"
#include "tenjo/synth/render/eye.h"
#include "tenjo/synth/render/filter.h"
#include "tenjo/synth/render/gbuffer.h"
#include "tenjo/synth/render/tile.h"
#include "tenjo/synth/render/tracer_impl.h"

namespace tenjo::synth {
namespace {

constexpr int kFilterPasses = 3;

void FillPersonMap(const Scene& scene, const GBuffer& buffer, cv::Mat& person) {
  auto* out = person.ptr<std::int16_t>();
  for (std::size_t p = 0; p < buffer.pixels; ++p) {
    const std::int32_t mesh = buffer.mesh[p];
    const bool body = mesh >= 0 && scene.meshes[static_cast<std::size_t>(mesh)].in_mask;
    out[p] =
        static_cast<std::int16_t>(body ? scene.meshes[static_cast<std::size_t>(mesh)].person : -1);
  }
}

}  // namespace

Tracer::Tracer(const Scene& scene) : impl_(std::make_unique<Impl>(scene)) {}
Tracer::~Tracer() = default;

Rendering Tracer::Render(const Camera& camera, const RenderOptions& options,
                         std::uint64_t seed) const {
  Validate(camera);
  if (options.samples < 1 || options.samples > 256) {
    throw Error(fmt::format("A picture cannot be rendered with {} samples a pixel; 1 to 256 can.",
                            options.samples));
  }
  const int width = camera.lens.width;
  const int height = camera.lens.height;
  Rendering rendering{cv::Mat(height, width, CV_32FC3), cv::Mat(height, width, CV_16S),
                      cv::Mat(height, width, CV_32F)};
  const Eye eye(camera);
  GBuffer buffer(width, height);
  TileTracer tracer(impl_->scene, impl_->embree, impl_->lights, eye, options.samples, seed, buffer,
                    rendering.depth.ptr<float>());
  for (int y = 0; y < height; y += TileTracer::kSide) {
    for (int x = 0; x < width; x += TileTracer::kSide) {
      tracer.Trace(x, y);
    }
  }
  if (options.filter) {
    FilterArrivals(buffer, kFilterPasses);
  }
  auto* radiance = rendering.radiance.ptr<float>();
  Compose(impl_->scene, buffer, radiance);
  SmoothEdges(impl_->scene, impl_->embree, eye, buffer, std::max(4, options.samples), radiance);
  FillPersonMap(impl_->scene, buffer, rendering.person);
  return rendering;
}

}  // namespace tenjo::synth
