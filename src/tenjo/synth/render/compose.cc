#include "tenjo/synth/render/compose.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/synth/render/ray_batch.h"
#include "tenjo/synth/render/tile.h"
#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

//! Radiance at which an edge's rays are cut: the picture's white will clip there anyway, and a
//! lamp's edge that keeps its whole radiance shows as steps.
float ClipAt(const float* radiance, std::size_t pixels) {
  double logs = 0;
  std::size_t count = 0;
  for (std::size_t p = 0; p < pixels; p += 7) {
    const float green = radiance[3 * p + 1];
    if (green > 0) {
      logs += std::log(green);
      ++count;
    }
  }
  return count > 0 ? 8 * static_cast<float>(std::exp(logs / static_cast<double>(count))) : 1;
}

//! Share of the ambient that reaches a dent whose walls reflect `albedo` (Jimenez et al. 2016).
float ManyBounces(float open, float albedo) {
  const float a = 2.0404F * albedo - 0.3324F;
  const float b = -4.7951F * albedo + 0.6417F;
  const float c = 2.7552F * albedo + 0.6903F;
  return std::max(open, ((open * a + b) * open + c) * open);
}

//! What a surface of the given reflectance sends to the eye in the light of pixel p.
Vec3f Shade(const Scene& scene, const GBuffer& buffer, std::size_t p, const Vec3f& albedo) {
  const float irradiance = buffer.plane(GBuffer::kIrradiance)[p] / std::numbers::pi_v<float>;
  const float open = buffer.plane(GBuffer::kOpen)[p];
  // Ceilings throw lamp light down, floors less of it up.
  const float side = 0.9F + 0.1F * buffer.plane(GBuffer::kNormalZ)[p];
  Vec3f sum;
  for (int c = 0; c < 3; ++c) {
    const float arrives = buffer.plane(GBuffer::kLitRed + c)[p];
    sum[c] = albedo[c] *
                 (irradiance * arrives + scene.ambient[c] * side * ManyBounces(open, albedo[c])) +
             buffer.plane(GBuffer::kGlossRed + c)[p] * std::min(1.0F, arrives) +
             buffer.plane(GBuffer::kOwnRed + c)[p];
  }
  return sum;
}

Vec3f Triple(const GBuffer& buffer, int plane, std::size_t p) {
  return {buffer.plane(plane)[p], buffer.plane(plane + 1)[p], buffer.plane(plane + 2)[p]};
}

bool IsEdge(const GBuffer& buffer, std::size_t p, std::size_t q) {
  if (buffer.mesh[p] != buffer.mesh[q]) {
    return true;
  }
  if (buffer.mesh[p] < 0) {
    return false;
  }
  const Vec3f normal = Triple(buffer, GBuffer::kNormalX, p);
  if (normal.dot(Triple(buffer, GBuffer::kNormalX, q)) < 0.75F) {
    return true;
  }
  const Vec3f apart = Triple(buffer, GBuffer::kPlaceX, q) - Triple(buffer, GBuffer::kPlaceX, p);
  return std::abs(normal.dot(apart)) > 0.01F + 2 * buffer.plane(GBuffer::kFootprint)[p];
}

std::vector<std::size_t> EdgePixels(const GBuffer& buffer) {
  const auto width = static_cast<std::size_t>(buffer.width);
  std::vector<char> edge(buffer.pixels, 0);
  for (std::size_t p = 0; p < buffer.pixels; ++p) {
    if ((p + 1) % width != 0 && IsEdge(buffer, p, p + 1)) {
      edge[p] = edge[p + 1] = 1;
    }
    if (p + width < buffer.pixels && IsEdge(buffer, p, p + width)) {
      edge[p] = edge[p + width] = 1;
    }
  }
  std::vector<std::size_t> list;
  for (std::size_t p = 0; p < buffer.pixels; ++p) {
    if (edge[p] != 0) {
      list.push_back(p);
    }
  }
  return list;
}

//! The pixel of the 3x3 about p whose light suits a surface best; p itself if none is on the mesh.
std::size_t MostAlike(const GBuffer& buffer, std::size_t p, int mesh, const Vec3f& normal) {
  const int x = static_cast<int>(p % static_cast<std::size_t>(buffer.width));
  const int y = static_cast<int>(p / static_cast<std::size_t>(buffer.width));
  std::size_t best = p;
  float best_score = -2;
  for (int dy = -1; dy <= 1; ++dy) {
    for (int dx = -1; dx <= 1; ++dx) {
      if (x + dx < 0 || y + dy < 0 || x + dx >= buffer.width || y + dy >= buffer.height) {
        continue;
      }
      const std::size_t q = p + static_cast<std::size_t>(dy * buffer.width + dx);
      if (buffer.mesh[q] < 0) {
        continue;
      }
      const float same = buffer.mesh[q] == mesh ? 2.0F : 0.0F;
      const float here = dx == 0 && dy == 0 ? 0.01F : 0.0F;
      const float score = same + here + normal.dot(Triple(buffer, GBuffer::kNormalX, q));
      if (score > best_score) {
        best_score = score;
        best = q;
      }
    }
  }
  return best;
}

struct SubRay {
  std::size_t pixel;
  Vec3f direction;
};

Vec3f ShadeHit(const Scene& scene, const EmbreeScene& embree, const Eye& eye, const GBuffer& buffer,
               const SubRay& ray, std::size_t lane, const RTCRayHit8& packet) {
  const unsigned geometry = packet.hit.geomID[lane];
  if (geometry == RTC_INVALID_GEOMETRY_ID) {
    return scene.ambient;
  }
  const SurfacePoint surface =
      embree.SurfaceAt(geometry, packet.hit.primID[lane], packet.hit.u[lane], packet.hit.v[lane]);
  const Material& material = scene.meshes[static_cast<std::size_t>(surface.mesh)].material;
  Sides sides = FaceEye(Vec3f(packet.hit.Ng_x[lane], packet.hit.Ng_y[lane], packet.hit.Ng_z[lane]),
                        surface.normal, ray.direction);
  if (material.emission > 0) {
    return material.a * material.emission;
  }
  const std::size_t alike = MostAlike(buffer, ray.pixel, surface.mesh, sides.normal);
  const float footprint = eye.Footprint(packet.ray.tfar[lane], -ray.direction.dot(sides.geometric));
  const Vec3f albedo = Albedo(scene, material, surface.rest, footprint, sides.normal);
  return Shade(scene, buffer, alike, albedo);
}

}  // namespace

void Compose(const Scene& scene, const GBuffer& buffer, float* radiance) {
  for (std::size_t p = 0; p < buffer.pixels; ++p) {
    const Vec3f colour = Shade(scene, buffer, p, Triple(buffer, GBuffer::kAlbedoRed, p));
    std::copy_n(colour.data(), 3, radiance + 3 * p);
  }
}

void SmoothEdges(const Scene& scene, const EmbreeScene& embree, const Eye& eye,
                 const GBuffer& buffer, int rays, float* radiance) {
  const float bright = ClipAt(radiance, buffer.pixels);
  std::vector<SubRay> sub;
  auto batch =
      NearestBatch(embree, true, [&](std::size_t tag, std::size_t lane, const RTCRayHit8& packet) {
        const Vec3f colour = ShadeHit(scene, embree, eye, buffer, sub[tag], lane, packet);
        for (int c = 0; c < 3; ++c) {
          radiance[3 * sub[tag].pixel + static_cast<std::size_t>(c)] +=
              std::min(colour[c], bright) / static_cast<float>(rays);
        }
      });
  const std::vector<std::size_t> edges = EdgePixels(buffer);
  sub.reserve(edges.size() * static_cast<std::size_t>(rays));
  for (const std::size_t p : edges) {
    std::fill_n(radiance + 3 * p, 3, 0.0F);
    const std::size_t row = p / static_cast<std::size_t>(buffer.width);
    const auto x = static_cast<float>(p - row * static_cast<std::size_t>(buffer.width));
    const auto y = static_cast<float>(row);
    for (int i = 0; i < rays; ++i) {
      // A rank-1 lattice: four rays give the rotated grid.
      const float u = (static_cast<float>(i) + 0.5F) / static_cast<float>(rays);
      const float v = std::fmod(0.125F + 0.6180340F * static_cast<float>(i), 1.0F);
      Vec3f direction;
      if (!eye.Direction(x + u - 0.5F, y + v - 0.5F, direction)) {
        continue;  // the dark about the image circle
      }
      sub.push_back({p, direction});
      batch.Add(eye.centre, direction, kNearest, kFurthest, EmbreeScene::kEverything,
                sub.size() - 1);
    }
  }
  batch.Flush();
}

}  // namespace tenjo::synth
