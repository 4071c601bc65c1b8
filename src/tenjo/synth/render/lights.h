#pragma once

#include <array>
#include <vector>

#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Points to be lit, as structure of arrays.
struct LitPoints {
  static constexpr int kCapacity = 256;
  using Lane = std::array<float, kCapacity>;
  int count = 0;
  alignas(64) Lane x, y, z;     // place
  alignas(64) Lane nx, ny, nz;  // unit normal
};

//! A scene's lights, made ready for many points.
class Lights {
 public:
  explicit Lights(const Scene& scene);
  std::size_t size() const { return lights_.size(); }

  //! What each light would give each point if nothing stood between, as luminance of the
  //! irradiance: one lane a light. A rectangle counts as the disc of its area (exact on the disc's
  //! axis).
  void Unshadowed(const LitPoints& points, std::vector<LitPoints::Lane>& luminance) const;

  //! A place on a light; u and v in [0, 1).
  Vec3f Sample(std::size_t light, float u, float v) const;
  //! Colour with luminance 1.
  const Vec3f& Chroma(std::size_t light) const { return lights_[light].chroma; }

  //! Light that a glossy surface mirrors towards the eye (representative point method, after Karis
  //! 2013), not shadowed. `view` points from the eye to the surface.
  Vec3f Highlight(const Vec3f& at, const Vec3f& normal, const Vec3f& view,
                  const Material& material) const;

 private:
  struct One {
    Vec3f centre, half_u, half_v, normal;
    Vec3f radiance, chroma;
    float length_u = 0, length_v = 0;
    float luminance = 0;  // of radiance times area
    float area_over_pi = 0;
    bool everywhere = false;  // a bulb shines to all sides
    float cone_cos = -1;      // a spot's dark edge
    float cone_scale = 1e6F;  // from there to full light
  };
  static void AddOne(const One& light, const LitPoints& points, LitPoints::Lane& out);

  std::vector<One> lights_;
};

//! Rec. 709.
inline float Luminance(const Vec3f& rgb) {
  return 0.2126F * rgb.x() + 0.7152F * rgb.y() + 0.0722F * rgb.z();
}

}  // namespace tenjo::synth
