#pragma once

#include <array>
#include <cstddef>

#include "tenjo/synth/render/embree_scene.h"

namespace tenjo::synth {

//! Collects single rays into packets of eight, so that none of Embree's lanes idles.
//! `Done` is called with (tag, lane, packet) for each ray traced.
template <typename Packet, typename Trace, typename Done>
class RayBatch {
 public:
  RayBatch(Trace trace, Done done) : trace_(trace), done_(done) {}

  void Add(const Vec3f& origin, const Vec3f& direction, float nearest, float furthest,
           unsigned mask, std::size_t tag) {
    auto& ray = RayOf(packet_);
    const std::size_t i = filled_;
    ray.org_x[i] = origin.x();
    ray.org_y[i] = origin.y();
    ray.org_z[i] = origin.z();
    ray.dir_x[i] = direction.x();
    ray.dir_y[i] = direction.y();
    ray.dir_z[i] = direction.z();
    ray.tnear[i] = nearest;
    ray.tfar[i] = furthest;
    ray.time[i] = 0;
    ray.mask[i] = mask;
    ray.flags[i] = 0;
    ray.id[i] = 0;
    tags_[i] = tag;
    valid_[i] = -1;
    if (++filled_ == 8) {
      Flush();
    }
  }

  void Flush() {
    if (filled_ == 0) {
      return;
    }
    trace_(valid_, packet_);
    for (std::size_t i = 0; i < filled_; ++i) {
      done_(tags_[i], i, packet_);
      valid_[i] = 0;
    }
    filled_ = 0;
  }

 private:
  static RTCRay8& RayOf(RTCRay8& packet) { return packet; }
  static RTCRay8& RayOf(RTCRayHit8& packet) { return packet.ray; }

  Trace trace_;
  Done done_;
  Packet packet_{};
  std::array<std::size_t, 8> tags_{};
  std::array<int, 8> valid_{};
  std::size_t filled_ = 0;
};

//! Rays that look for the nearest surface. Their hits must be reset before each trace.
template <typename Done>
auto NearestBatch(const EmbreeScene& scene, bool coherent, Done done) {
  const auto trace = [&scene, coherent](const std::array<int, 8>& valid, RTCRayHit8& packet) {
    for (std::size_t i = 0; i < 8; ++i) {
      packet.hit.geomID[i] = RTC_INVALID_GEOMETRY_ID;
      packet.hit.instID[0][i] = RTC_INVALID_GEOMETRY_ID;
    }
    scene.Intersect(valid, packet, coherent);
  };
  return RayBatch<RTCRayHit8, decltype(trace), Done>(trace, done);
}

//! Rays that only ask whether anything is in the way: then tfar is negative.
template <typename Done>
auto OcclusionBatch(const EmbreeScene& scene, Done done) {
  const auto trace = [&scene](const std::array<int, 8>& valid, RTCRay8& packet) {
    scene.Occluded(valid, packet);
  };
  return RayBatch<RTCRay8, decltype(trace), Done>(trace, done);
}

}  // namespace tenjo::synth
