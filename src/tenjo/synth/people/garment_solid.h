#pragma once

#include <Eigen/Geometry>
#include <span>

#include "tenjo/synth/people/garment_mesh.h"

namespace tenjo::synth {

// Simple closed solids that bags, hats, hair and held things are made of. All carry the weights
// given.

//! A round tube along a path; ends are closed.
void AddTube(Cloth& cloth, std::span<const Vec3f> path, std::span<const float> radii, int sides,
             const SkinWeights& weights);

//! A box with rounded edges, centred, axes along the frame's; `round` 0 (sharp) .. 1 (ellipsoid).
void AddBox(Cloth& cloth, const Eigen::Affine3f& frame, const Vec3f& half, float round,
            const SkinWeights& weights);

//! A flat-shaded box of eight corners and doubled edges: cartons, phones.
void AddCarton(Cloth& cloth, const Eigen::Affine3f& frame, const Vec3f& half,
               const SkinWeights& weights);

//! An ellipsoid whose surface is lumpy by `lump` (share of its radius).
void AddBlob(Cloth& cloth, const Vec3f& centre, const Vec3f& half, float lump, float lump_size_m,
             std::uint32_t seed, const SkinWeights& weights);

//! A profile (x: radius, y: height) turned about the frame's z, from the bottom up on the outside.
void AddLathe(Cloth& cloth, const Eigen::Affine3f& frame, std::span<const Eigen::Vector2f> profile,
              int sides, const SkinWeights& weights);

//! A flat band of a width along a path; `out` gives the side it shows, one a place of the path.
void AddRibbon(Cloth& cloth, std::span<const Vec3f> path, std::span<const Vec3f> out,
               std::span<const SkinWeights> weights, float width_m, float thick_m);

}  // namespace tenjo::synth
