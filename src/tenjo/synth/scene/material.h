#pragma once

#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Reflectance of a surface at a rest place (metres), each channel 0..1; `normal` (world, unit) is
//! bent where the pattern has relief (knit, hair, brick, carpet). `footprint_m` is the size of a
//! pixel there: finer detail is faded to its mean, so that patterns do not flicker. Thread-safe,
//! deterministic; any coordinates are valid.
//!
//! Where patterns live: those of a surface run in rest y (u, to the right) and z (v, up), so bodies
//! that face +x wear them in front, and flat things (floors, walls, boards) are given rest = (0, u,
//! v). Across stripes change along v, stripes along change along u; planks and wood grain run along
//! u. Of a logo's patch the middle is (y 0, z 1.27 m) in front or behind by the seed, 22 / scale cm
//! wide. Packages: the nearest whole number of rest x is the item, whose colours and print differ
//! from its neighbours', so a whole shelf can be one mesh. A texture repeats `scale` times per
//! metre, its top towards +v. Noise and solid patterns (speckle, print, skin, hair, concrete,
//! plaster, carpet, leaf) are of all three.
Vec3f Albedo(const Scene& scene, const Material& material, const Vec3f& rest, float footprint_m,
             Vec3f& normal);

//! How the height of a worn cloth's folds changes at a rest place (a gradient there, no unit).
Vec3f CreaseSlope(const Material& material, const Vec3f& rest, float footprint_m);

Vec3f FromSrgb(int r, int g, int b);  //!< 0-255 to linear

}  // namespace tenjo::synth
