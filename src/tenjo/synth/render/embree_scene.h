#pragma once

#include <embree3/rtcore.h>

#include <array>
#include <cstdint>
#include <vector>

#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What a ray met.
struct SurfacePoint {
  int mesh = -1;  //!< of Scene::meshes
  Vec3f normal;   //!< interpolated, unit length, on the side of the triangle's own
  Vec3f rest;
};

//! A scene's triangles in an Embree BVH. Rays are traced eight at a time.
class EmbreeScene {
 public:
  static constexpr unsigned kEverything = 3;
  static constexpr unsigned kNoLamps = 1;  //!< mask of rays that shining meshes do not stop

  explicit EmbreeScene(const Scene& scene);
  ~EmbreeScene();
  EmbreeScene(const EmbreeScene&) = delete;
  EmbreeScene& operator=(const EmbreeScene&) = delete;

  void Intersect(const std::array<int, 8>& valid, RTCRayHit8& rays, bool coherent) const;
  void Occluded(const std::array<int, 8>& valid, RTCRay8& rays) const;

  int MeshOf(unsigned geometry, unsigned primitive) const;
  SurfacePoint SurfaceAt(unsigned geometry, unsigned primitive, float u, float v) const;
  //! A gradient at rest (of a height above the surface, say) as it lies on the posed triangle.
  Vec3f SlopeInWorld(unsigned geometry, unsigned primitive, const Vec3f& rest_slope) const;

 private:
  //! Meshes that stop shadow rays, and those that shine and do not.
  struct Part {
    std::vector<std::uint32_t> mesh_of_triangle;
    std::vector<std::uint32_t> first_of_mesh;  // by index in Scene::meshes
  };
  void AddPart(std::size_t part, bool shining, unsigned mask);

  const Scene& scene_;
  RTCScene embree_ = nullptr;
  std::array<Part, 2> parts_;
};

}  // namespace tenjo::synth
