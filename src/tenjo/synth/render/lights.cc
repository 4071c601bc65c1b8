#include "tenjo/synth/render/lights.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/base/vectorized.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

struct DiscLight {  // plain numbers: what the vector loop needs
  float cx, cy, cz, nx, ny, nz;
  float luminance, area_over_pi, floor_cos, cone_cos, cone_scale;
};

//! Irradiance from a disc of uniform radiance; where the surface's horizon cuts the disc, a
//! parabola stands in for the exact clipped form (as sphere lights do it).
TENJO_VECTORIZED void AddDisc(const DiscLight& l, int count, const float* __restrict x,
                              const float* __restrict y, const float* __restrict z,
                              const float* __restrict nx, const float* __restrict ny,
                              const float* __restrict nz, float* __restrict out) {
  for (int i = 0; i < count; ++i) {
    const float dx = l.cx - x[i];
    const float dy = l.cy - y[i];
    const float dz = l.cz - z[i];
    const float squared = dx * dx + dy * dy + dz * dz + 1e-8F;
    const float inverse = 1 / std::sqrt(squared);
    const float spread = 1 / (squared + l.area_over_pi);
    const float sine = std::sqrt(l.area_over_pi * spread) + 1e-6F;
    const float facing = (nx[i] * dx + ny[i] * dy + nz[i] * dz) * inverse;
    const float cut = std::max(0.0F, std::min(facing + sine, 2 * sine));
    const float horizon = cut * cut / (4 * sine);
    const float cos_surface = facing > sine ? facing : horizon;
    const float cos_light = std::max(l.floor_cos, -(l.nx * dx + l.ny * dy + l.nz * dz) * inverse);
    const float cone = std::max(0.0F, std::min(1.0F, (cos_light - l.cone_cos) * l.cone_scale));
    out[i] = l.luminance * cos_surface * cos_light * cone * spread;
  }
}

}  // namespace

Lights::Lights(const Scene& scene) {
  for (const Light& light : scene.lights) {
    One one;
    one.centre = light.centre;
    one.half_u = light.half_u;
    one.half_v = light.half_v;
    one.length_u = light.half_u.norm();
    one.length_v = light.half_v.norm();
    const Vec3f cross = light.half_u.cross(light.half_v);
    const float area = 4 * cross.norm();
    const float luminance = Luminance(light.radiance);
    if (!(area > 0) || !(luminance > 0)) {
      continue;
    }
    one.normal = cross.normalized();
    one.radiance = light.radiance;
    one.chroma = light.radiance / luminance;
    one.luminance = luminance * area;
    one.area_over_pi = area / kPi;
    one.everywhere = light.kind == LightKind::kBulb;
    if (light.kind == LightKind::kSpot) {
      one.cone_cos = std::cos(light.cone_rad);
      const float inner = std::cos(0.6F * light.cone_rad);
      one.cone_scale = 1 / std::max(1e-4F, inner - one.cone_cos);
    }
    lights_.push_back(one);
  }
}

void Lights::AddOne(const One& light, const LitPoints& p, LitPoints::Lane& out) {
  const DiscLight disc{light.centre.x(), light.centre.y(),   light.centre.z(),
                       light.normal.x(), light.normal.y(),   light.normal.z(),
                       light.luminance,  light.area_over_pi, light.everywhere ? 1.0F : 0.0F,
                       light.cone_cos,   light.cone_scale};
  AddDisc(disc, p.count, p.x.data(), p.y.data(), p.z.data(), p.nx.data(), p.ny.data(), p.nz.data(),
          out.data());
}

void Lights::Unshadowed(const LitPoints& points, std::vector<LitPoints::Lane>& luminance) const {
  luminance.resize(lights_.size());
  for (std::size_t i = 0; i < lights_.size(); ++i) {
    AddOne(lights_[i], points, luminance[i]);
  }
}

Vec3f Lights::Sample(std::size_t light, float u, float v) const {
  const One& one = lights_[light];
  return one.centre + (2 * u - 1) * one.half_u + (2 * v - 1) * one.half_v;
}

Vec3f Lights::Highlight(const Vec3f& at, const Vec3f& normal, const Vec3f& view,
                        const Material& material) const {
  const float facing = std::max(0.0F, -view.dot(normal));
  const Vec3f mirrored = view + 2 * facing * normal;
  const float grazing = 1 - facing;
  const float fresnel = 0.07F + 0.93F * grazing * grazing * grazing * grazing * grazing;
  // Floors and tables are never as even as a mirror.
  const float width = 0.05F + 0.5F * material.roughness * material.roughness;
  const float lobe = 2 * width * width;
  Vec3f sum = Vec3f::Zero();
  for (const One& light : lights_) {
    const Vec3f to_centre = light.centre - at;
    const float behind = light.everywhere ? 1.0F : -light.normal.dot(mirrored);
    if (mirrored.dot(to_centre) <= 0 || behind <= 0) {
      continue;
    }
    // The point of the rectangle nearest to where the mirrored ray meets its plane.
    const float along = light.normal.dot(to_centre) / light.normal.dot(mirrored);
    const Vec3f offset = (std::isfinite(along) ? along : 0.0F) * mirrored - to_centre;
    const float u =
        std::clamp(offset.dot(light.half_u) / (light.length_u * light.length_u), -1.0F, 1.0F);
    const float v =
        std::clamp(offset.dot(light.half_v) / (light.length_v * light.length_v), -1.0F, 1.0F);
    const Vec3f to_point = to_centre + u * light.half_u + v * light.half_v;
    const float squared = to_point.squaredNorm();
    const float cosine = std::min(1.0F, mirrored.dot(to_point) / std::sqrt(squared));
    const float off = 2 * (1 - cosine);  // about the squared angle
    if (cosine <= 0 || off > 8 * lobe) {
      continue;
    }
    const float solid = kPi * light.area_over_pi * behind / (squared + light.area_over_pi);
    sum += light.radiance * (std::exp(-off / lobe) * solid / (solid + kPi * lobe));
  }
  return sum * (material.gloss * fresnel);
}

}  // namespace tenjo::synth
