#include "tenjo/synth/render/tile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "tenjo/base/vectorized.h"
#include "tenjo/synth/render/pixel_noise.h"
#include "tenjo/synth/render/ray_batch.h"
#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kLift = 0.0015F;       // metres that secondary rays start above their surface
constexpr float kLampGap = 0.01F;      // metres before a light that shadow rays end
constexpr float kAmbientReach = 1.2F;  // metres within which things keep the ambient out

constexpr int kTurns = 1024;

//! The unit circle in steps far finer than what one ray a pixel can tell.
const std::array<std::array<float, 2>, kTurns>& Turns() {
  static const auto table = [] {
    std::array<std::array<float, 2>, kTurns> turns{};
    for (std::size_t i = 0; i < turns.size(); ++i) {
      const float angle = 2 * kPi * (static_cast<float>(i) + 0.5F) / kTurns;
      turns[i] = {std::cos(angle), std::sin(angle)};
    }
    return turns;
  }();
  return table;
}

//! Cosine-weighted direction about a normal (Malley), in the branchless frame of Duff et al. 2017.
Vec3f AboutNormal(const Vec3f& n, float u, float v) {
  const float sign = std::copysign(1.0F, n.z());
  const float a = -1 / (sign + n.z());
  const float b = n.x() * n.y() * a;
  const Vec3f t(1 + sign * n.x() * n.x() * a, sign * b, -sign * n.x());
  const Vec3f s(b, sign + n.y() * n.y() * a, -n.y());
  const float radius = std::sqrt(u);
  const auto& [cosine, sine] = Turns()[static_cast<std::size_t>(v * kTurns)];
  return radius * cosine * t + radius * sine * s + std::sqrt(std::max(0.0F, 1 - u)) * n;
}

}  // namespace

TileTracer::TileTracer(const Scene& scene, const EmbreeScene& embree, const Lights& lights,
                       const Eye& eye, int samples, std::uint64_t seed, GBuffer& buffer,
                       float* depth)
    : scene_(scene),
      embree_(embree),
      lights_(lights),
      eye_(eye),
      samples_(samples),
      seed_(seed),
      buffer_(buffer),
      depth_(depth) {}

void TileTracer::Trace(int x0, int y0) {
  TracePrimary(x0, y0);
  Light();
}

TENJO_VECTORIZED void TileTracer::TracePrimary(int x0, int y0) {
  rays_.clear();
  points_.clear();
  auto batch = NearestBatch(embree_, true,
                            [this](std::size_t tag, std::size_t lane, const RTCRayHit8& packet) {
                              Record(tag, lane, packet);
                            });
  // In blocks of 4x2, so that the rays of a packet stay close together.
  for (int i = 0; i < kSide * kSide; ++i) {
    const int block = i / 8;
    Point point;
    point.x = x0 + (block % 4) * 4 + i % 4;
    point.y = y0 + (block / 4) * 2 + (i / 4) % 2;
    if (point.x >= buffer_.width || point.y >= buffer_.height) {
      continue;
    }
    point.pixel = static_cast<std::size_t>(point.y) * static_cast<std::size_t>(buffer_.width) +
                  static_cast<std::size_t>(point.x);
    if (!eye_.Direction(static_cast<float>(point.x), static_cast<float>(point.y), point.ray)) {
      buffer_.Clear(point.pixel);
      depth_[point.pixel] = std::numeric_limits<float>::infinity();
      continue;
    }
    rays_.push_back(point);
  }
  for (std::size_t i = 0; i < rays_.size(); ++i) {
    batch.Add(eye_.centre, rays_[i].ray, kNearest, kFurthest, EmbreeScene::kEverything, i);
  }
  batch.Flush();
}

void TileTracer::RecordMiss(const Point& point) {
  buffer_.Clear(point.pixel);
  buffer_.mesh[point.pixel] = GBuffer::kNothing;
  buffer_.group[point.pixel] = GBuffer::kNothing;
  depth_[point.pixel] = kFurthest;
  for (int c = 0; c < 3; ++c) {
    buffer_.plane(GBuffer::kOwnRed + c)[point.pixel] = scene_.ambient[c];
  }
}

TENJO_VECTORIZED void TileTracer::Record(std::size_t ray, std::size_t lane,
                                         const RTCRayHit8& packet) {
  Point point = rays_[ray];
  const unsigned geometry = packet.hit.geomID[lane];
  if (geometry == RTC_INVALID_GEOMETRY_ID) {
    RecordMiss(point);
    return;
  }
  const SurfacePoint surface =
      embree_.SurfaceAt(geometry, packet.hit.primID[lane], packet.hit.u[lane], packet.hit.v[lane]);
  const Mesh& mesh = scene_.meshes[static_cast<std::size_t>(surface.mesh)];
  const float distance = packet.ray.tfar[lane];
  const Sides sides =
      FaceEye(Vec3f(packet.hit.Ng_x[lane], packet.hit.Ng_y[lane], packet.hit.Ng_z[lane]),
              surface.normal, point.ray);
  point.geometric = sides.geometric;
  point.bent = sides.normal;
  point.place = eye_.centre + distance * point.ray;
  point.material = &mesh.material;
  const float footprint = eye_.Footprint(distance, -point.ray.dot(sides.geometric));
  const Vec3f albedo = Albedo(scene_, mesh.material, surface.rest, footprint, point.bent);

  if (mesh.person >= 0 && mesh.in_mask && mesh.material.seed != 0) {
    const Vec3f slope = CreaseSlope(mesh.material, surface.rest, footprint);
    point.bent =
        (point.bent - embree_.SlopeInWorld(geometry, packet.hit.primID[lane], slope)).normalized();
  }

  const std::size_t p = point.pixel;
  buffer_.mesh[p] = surface.mesh;
  buffer_.group[p] = mesh.person + 1;
  depth_[p] = distance;
  buffer_.plane(GBuffer::kFootprint)[p] = footprint;
  for (int c = 0; c < 3; ++c) {
    buffer_.plane(GBuffer::kNormalX + c)[p] = sides.normal[c];
    buffer_.plane(GBuffer::kPlaceX + c)[p] = point.place[c];
    buffer_.plane(GBuffer::kAlbedoRed + c)[p] = albedo[c];
    buffer_.plane(GBuffer::kGlossRed + c)[p] = 0;
    buffer_.plane(GBuffer::kOwnRed + c)[p] = mesh.material.a[c] * mesh.material.emission;
  }
  points_.push_back(point);
}

void TileTracer::Light() {
  lit_.count = static_cast<int>(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const Point& point = points_[i];
    lit_.x[i] = point.place.x();
    lit_.y[i] = point.place.y();
    lit_.z[i] = point.place.z();
    lit_.nx[i] = point.bent.x();
    lit_.ny[i] = point.bent.y();
    lit_.nz[i] = point.bent.z();
  }
  lights_.Unshadowed(lit_, luminance_);
  total_.assign(points_.size(), 0.0F);
  for (const auto& lane : luminance_) {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      total_[i] += lane[i];
    }
  }
  for (std::size_t i = 0; i < points_.size(); ++i) {
    const std::size_t p = points_[i].pixel;
    buffer_.plane(GBuffer::kIrradiance)[p] = total_[i];
    for (int k = 0; k < 4; ++k) {
      buffer_.plane(GBuffer::kLitRed + k)[p] = 0;
    }
  }
  SampleArrivals();
  AddHighlights();
}

//! Points whose noise is of the same stratum follow each other: their rays go to the same light and
//! about the same way, so that a packet of them walks one part of the tree.
void TileTracer::OrderByStratum() {
  std::array<std::size_t, PixelNoise::kCells + 1> first{};
  for (const Point& point : points_) {
    ++first[static_cast<std::size_t>(PixelNoise::Cell(point.x, point.y)) + 1];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  order_.resize(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) {
    order_[first[static_cast<std::size_t>(PixelNoise::Cell(points_[i].x, points_[i].y))]++] = i;
  }
}

TENJO_VECTORIZED void TileTracer::SampleArrivals() {
  const float share = 1.0F / static_cast<float>(samples_);
  auto lit = OcclusionBatch(embree_, [&](std::size_t tag, std::size_t lane, const RTCRay8& packet) {
    if (packet.tfar[lane] >= 0) {
      const Vec3f& chroma = lights_.Chroma(light_of_[tag]);
      for (int c = 0; c < 3; ++c) {
        buffer_.plane(GBuffer::kLitRed + c)[points_[tag].pixel] += share * chroma[c];
      }
    }
  });
  auto open =
      OcclusionBatch(embree_, [&](std::size_t tag, std::size_t lane, const RTCRay8& packet) {
        if (packet.tfar[lane] >= 0) {
          buffer_.plane(GBuffer::kOpen)[points_[tag].pixel] += share;
        }
      });
  light_of_.resize(points_.size());
  OrderByStratum();
  for (int sample = 0; sample < samples_; ++sample) {
    for (const std::size_t i : order_) {
      const Point& point = points_[i];
      PixelNoise noise(seed_, point.x, point.y, sample);
      const float pick = noise.Stratified1() * total_[i];
      const auto [lu, lv] = noise.Stratified2(0);
      const auto [ou, ov] = noise.Stratified2(1);
      const Vec3f origin = point.place + kLift * point.geometric;
      Vec3f direction = AboutNormal(point.bent, ou, ov);
      const float below = direction.dot(point.geometric);
      if (below < 0) {
        direction -= 2 * below * point.geometric;
      }
      // A reach drawn from 0 to the whole makes near things count more than far ones.
      open.Add(origin, direction, 0, kAmbientReach * (0.02F + 0.98F * noise.Next()),
               EmbreeScene::kNoLamps, i);
      if (!(total_[i] > 0)) {
        continue;
      }
      light_of_[i] = PickLight(i, pick);
      Vec3f to = lights_.Sample(light_of_[i], lu, lv) - origin;
      if (to.dot(point.geometric) <= 0) {
        // Below the horizon, which the light's share has already taken into account.
        to = lights_.Sample(light_of_[i], 1 - lu, 1 - lv) - origin;
      }
      const float distance = to.norm();
      if (to.dot(point.geometric) > 0 && distance > 2 * kLampGap) {
        lit.Add(origin, to / distance, 0, distance - kLampGap, EmbreeScene::kNoLamps, i);
      }
    }
    lit.Flush();
    open.Flush();
  }
}

std::size_t TileTracer::PickLight(std::size_t point, float pick) const {
  std::size_t light = 0;
  float passed = luminance_[0][point];
  while (passed <= pick && light + 1 < lights_.size()) {
    passed += luminance_[++light][point];
  }
  return light;
}

void TileTracer::AddHighlights() {
  for (const Point& point : points_) {
    const Material& material = *point.material;
    if (material.gloss <= 0.01F) {
      continue;
    }
    const Vec3f light = lights_.Highlight(point.place, point.bent, point.ray, material);
    const float grazing = 1 - std::max(0.0F, -point.ray.dot(point.bent));
    const float sheen =
        material.gloss * (0.04F + 0.5F * grazing * grazing * grazing * grazing * grazing);
    for (int c = 0; c < 3; ++c) {
      buffer_.plane(GBuffer::kGlossRed + c)[point.pixel] = light[c];
      buffer_.plane(GBuffer::kOwnRed + c)[point.pixel] += sheen * scene_.ambient[c];
    }
  }
}

}  // namespace tenjo::synth
