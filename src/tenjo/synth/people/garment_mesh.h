#pragma once

#include <functional>
#include <vector>

#include "tenjo/synth/people/body.h"

namespace tenjo::synth {

//! How a place of an outfit follows the bones (linear blend skinning, 4 influences).
struct SkinWeights {
  std::array<std::uint8_t, 4> bones{};
  std::array<float, 4> weights{1, 0, 0, 0};
};
SkinWeights RigidWeights(int bone);
//! (1 - t) a + t b, its four greatest influences, summing to 1.
SkinWeights BlendWeights(const SkinWeights& a, const SkinWeights& b, float t);

struct ClothVertex {
  Vec3f position = Vec3f::Zero();  //!< at rest, metres
  Vec3f normal = Vec3f::UnitZ();   //!< outwards
  SkinWeights weights;
  float arm = 0;  //!< share of the arms' bones in the weights
};

//! Cloth at rest while it is being cut.
struct Cloth {
  std::vector<ClothVertex> vertices;
  std::vector<std::array<std::uint32_t, 3>> triangles;
};

//! Signed distance-like function, metres, positive inside a garment. Continuous.
using Field = std::function<float(const ClothVertex&)>;

//! A line along which cloth was cut: edges with the cloth to their left, seen from outside.
using Border = std::vector<std::array<std::uint32_t, 2>>;

//! Area-weighted vertex normals.
void ComputeNormals(Cloth& cloth);

//! Splits edges longer than `longest_m`; new vertices bulge with the normals, so that the surface
//! stays smooth (Phong tessellation, Boubekeur and Alexa 2008).
Cloth Refine(const Cloth& cloth, float longest_m);

//! The part where the field is positive, its triangles cut along the zero line. `border` gets the
//! edges of the cut (may be null).
Cloth Clip(const Cloth& cloth, const Field& field, Border* border);

//! The triangles that have a vertex where the field is at most `depth`: what lies deeper is hidden.
Cloth DropInside(const Cloth& cloth, const Field& field, float depth);

//! Folds the cut edge inwards by `depth`, so that openings show cloth of some thickness.
void TurnHem(Cloth& cloth, const Border& border, float depth);

//! Drops vertices that no triangle uses.
void Compact(Cloth& cloth);

//! A finished part of an outfit, at rest.
struct Piece {
  std::vector<Vec3f> positions;
  std::vector<Vec3f> pattern;  //!< where patterns live, metres
  std::vector<SkinWeights> weights;
  std::vector<std::array<std::uint32_t, 3>> triangles;
  Material material;
};
Piece ToPiece(const Cloth& cloth, const Material& material);

//! Moves a piece with the posed bones.
Mesh SkinPiece(const Piece& piece, const PosedBody& posed);

//! Area-weighted vertex normals of a mesh; vertices of no area point up.
void ComputeNormals(const std::vector<Vec3f>& positions,
                    const std::vector<std::array<std::uint32_t, 3>>& triangles,
                    std::vector<Vec3f>& normals);

//! Adds a grid of rows x columns vertices, row by row; `closed` joins the last column to the first.
//! Seen from outside, rows run downwards and columns counter-clockwise from above (to the right).
void AddGrid(Cloth& cloth, int rows, int columns, bool closed,
             const std::function<ClothVertex(int row, int column)>& place);

//! Smooth value noise in [0, 1] with features about 1 apart; the same on every machine.
float Noise(const Vec3f& p, std::uint32_t seed);

//! 0 below a, 1 above b (or the other way round), smooth between.
float SmoothStep(float a, float b, float x);

}  // namespace tenjo::synth
