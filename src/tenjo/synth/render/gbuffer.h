#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tenjo/synth/render/planes.h"

namespace tenjo::synth {

//! What the rays through the pixels' centres found, as planes of width x height.
struct GBuffer {
  enum Plane : int {
    kNormalX,
    kNormalY,
    kNormalZ,
    kPlaceX,
    kPlaceY,
    kPlaceZ,
    kFootprint,  // metres a pixel covers
    kLitRed,
    kLitGreen,
    kLitBlue,
    kOpen,  // noisy, for the filter: share of the lights' luminance
            // that arrives, by channel; share of the ambient
    kAlbedoRed,
    kAlbedoGreen,
    kAlbedoBlue,
    kIrradiance,  // luminance, unshadowed
    kGlossRed,
    kGlossGreen,
    kGlossBlue,  // mirrored light, unshadowed
    kOwnRed,
    kOwnGreen,
    kOwnBlue,  // emission and mirrored surroundings
    kPlanes
  };
  static constexpr std::int32_t kNothing = -1;  //!< mesh: the ray left the scene
  static constexpr std::int32_t kOutside = -2;  //!< mesh: outside the image circle

  GBuffer(int w, int h)
      : width(w),
        height(h),
        pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h)),
        mesh(pixels, kOutside),
        group(pixels, kOutside),
        values(AllocatePlanes(pixels * kPlanes)) {}

  float* plane(int which) { return values.get() + pixels * static_cast<std::size_t>(which); }
  const float* plane(int which) const {
    return values.get() + pixels * static_cast<std::size_t>(which);
  }
  void Clear(std::size_t pixel) {
    for (int p = 0; p < kPlanes; ++p) {
      plane(p)[pixel] = 0;
    }
  }

  int width;
  int height;
  std::size_t pixels;
  std::vector<std::int32_t> mesh;   //!< of Scene::meshes
  std::vector<std::int32_t> group;  //!< 0 things, 1 + person: what the filter keeps apart
  Planes values;
};

}  // namespace tenjo::synth
