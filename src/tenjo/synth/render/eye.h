#pragma once

#include <memory>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/render/lens_rays.h"

namespace tenjo::synth {

//! A camera as the tracer uses it: in floats, with its rays at hand.
struct Eye {
  explicit Eye(const Camera& camera)
      : rays(LensRays::Of(camera.lens)),
        turn(camera.world_from_camera.toRotationMatrix().cast<float>()),
        centre(camera.centre.cast<float>()) {}

  //! Unit direction in the world; false outside the image circle.
  bool Direction(float x, float y, Vec3f& direction) const {
    if (!rays->Direction(x, y, direction)) {
      return false;
    }
    direction = turn * direction;
    return true;
  }
  //! Width of a pixel on a surface that a ray meets after `distance`.
  float Footprint(float distance, float cosine) const {
    return distance * rays->pixel_angle_rad() / (cosine > 0.25F ? cosine : 0.25F);
  }

  std::shared_ptr<const LensRays> rays;
  Mat3f turn;
  Vec3f centre;
};

inline constexpr float kNearest = 0.02F;  //!< metres; what is closer to the lens is not seen
inline constexpr float kFurthest = 1000;

}  // namespace tenjo::synth
