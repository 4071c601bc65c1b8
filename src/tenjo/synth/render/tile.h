#pragma once

#include <cstdint>
#include <vector>

#include "tenjo/synth/render/embree_scene.h"
#include "tenjo/synth/render/eye.h"
#include "tenjo/synth/render/gbuffer.h"
#include "tenjo/synth/render/lights.h"

namespace tenjo::synth {

//! Traces one square of pixels at a time: primary rays, then for each surface the rays to one point
//! of one light, drawn by what the lights would give, and into the open.
class TileTracer {
 public:
  static constexpr int kSide = 16;

  TileTracer(const Scene& scene, const EmbreeScene& embree, const Lights& lights, const Eye& eye,
             int samples, std::uint64_t seed, GBuffer& buffer, float* depth);
  void Trace(int x0, int y0);

 private:
  struct Point {  // a surface seen through a pixel's centre
    int x = 0;
    int y = 0;
    std::size_t pixel = 0;
    Vec3f ray, place, geometric, bent;
    const Material* material = nullptr;
  };
  void TracePrimary(int x0, int y0);
  void Record(std::size_t ray, std::size_t lane, const RTCRayHit8& packet);
  void RecordMiss(const Point& point);
  void Light();
  void OrderByStratum();
  void SampleArrivals();
  std::size_t PickLight(std::size_t point, float pick) const;
  void AddHighlights();

  const Scene& scene_;
  const EmbreeScene& embree_;
  const Lights& lights_;
  const Eye& eye_;
  int samples_;
  std::uint64_t seed_;
  GBuffer& buffer_;
  float* depth_;
  std::vector<Point> rays_;
  std::vector<Point> points_;
  std::vector<std::size_t> order_;  // of points_
  LitPoints lit_;
  std::vector<LitPoints::Lane> luminance_;
  std::vector<float> total_;
  std::vector<std::size_t> light_of_;
};

//! Geometric normal on the eye's side, and the interpolated one bent to the same side.
struct Sides {
  Vec3f geometric, normal;
};
inline Sides FaceEye(const Vec3f& triangle_normal, const Vec3f& interpolated, const Vec3f& ray) {
  Sides sides;
  const float length = triangle_normal.norm();
  sides.geometric = length > 0 ? Vec3f(triangle_normal / length) : interpolated;
  if (sides.geometric.dot(ray) > 0) {
    sides.geometric = -sides.geometric;
  }
  sides.normal = interpolated.dot(sides.geometric) < 0 ? Vec3f(-interpolated) : interpolated;
  return sides;
}

}  // namespace tenjo::synth
