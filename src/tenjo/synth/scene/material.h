#pragma once

#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Reflectance of a surface at a rest place (metres); `normal` (world, unit) is bent where the pattern
//! has relief (knit, hair, brick). `footprint_m` is the size of a pixel there: finer detail is faded out,
//! so that patterns do not flicker. Thread-safe, deterministic.
Vec3f Albedo(const Scene& scene, const Material& material, const Vec3f& rest, float footprint_m,
             Vec3f& normal);

Vec3f FromSrgb(int r, int g, int b);  //!< 0-255 to linear

}  // namespace tenjo::synth
