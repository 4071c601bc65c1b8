#pragma once

#include <Eigen/Geometry>
#include <deque>
#include <vector>

#include "tenjo/synth/scene/scene.h"

// Builds the meshes of a place, one a material. Internal to this room.
namespace tenjo::synth {

//! A place and a turn about z: local x is what faces the room, y its left, z up.
struct Frame {
  Vec3f origin = Vec3f::Zero();
  float yaw = 0;
  float cosine = 1;
  float sine = 0;

  static Frame Of(const Vec3f& origin, float yaw);
  Vec3f Turn(const Vec3f& v) const {
    return {cosine * v.x() - sine * v.y(), sine * v.x() + cosine * v.y(), v.z()};
  }
  Vec3f At(float x, float y, float z) const { return origin + Turn(Vec3f(x, y, z)); }
  //! A frame at a local place, turned further.
  Frame Then(float x, float y, float z, float turn = 0) const;
};

class MeshSet {
 public:
  //! The mesh of a material, made at first use. References stay valid.
  Mesh& Of(const Material& material);
  //! Its number in the order of first use.
  int NumberOf(const Mesh& mesh) const;
  //! Leaves out empty ones; `numbers` gets the place in what is returned of each by
  //! its number before (-1: left out).
  std::vector<Mesh> Take(std::vector<int>& numbers);

 private:
  std::deque<Mesh> meshes_;
};

enum BoxFaces : unsigned {
  kFront = 1,  // +x
  kBack = 2,
  kLeft = 4,  // +y
  kRight = 8,
  kTop = 16,
  kBottom = 32,
  kAllFaces = 63,
  kNoBottom = 31,
};

//! Rectangle from `corner` along u and v, facing u x v; rest = (item, u0.., v0..).
void AddQuad(Mesh& mesh, const Vec3f& corner, const Vec3f& u, const Vec3f& v, float u0, float v0,
             float item = 0);
//! Box in local coordinates of a frame. A box with an item number is a package: its print starts at
//! its own bottom; without one the pattern differs from place to place.
void AddBox(Mesh& mesh, const Frame& frame, const Vec3f& low, const Vec3f& high,
            unsigned faces = kNoBottom, float item = 0);
//! Upright cylinder or cone from z0 to z1 about a local place, without a bottom.
void AddCylinder(Mesh& mesh, const Frame& frame, const Vec3f& foot, float radius0, float radius1,
                 float height, int sides, bool top = true, float item = 0);

}  // namespace tenjo::synth
