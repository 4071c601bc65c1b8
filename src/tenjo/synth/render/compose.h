#pragma once

#include "tenjo/synth/render/embree_scene.h"
#include "tenjo/synth/render/eye.h"
#include "tenjo/synth/render/gbuffer.h"

namespace tenjo::synth {

//! Radiance of every pixel of a filtered buffer, RGB interleaved.
void Compose(const Scene& scene, const GBuffer& buffer, float* radiance);

//! Replaces pixels on the edges of things by the mean of 4 rays through them. The light on each
//! ray's surface is taken from the neighbouring pixel that sees the most alike surface; only the
//! texture is looked up anew.
void SmoothEdges(const Scene& scene, const EmbreeScene& embree, const Eye& eye,
                 const GBuffer& buffer, int rays, float* radiance);

}  // namespace tenjo::synth
