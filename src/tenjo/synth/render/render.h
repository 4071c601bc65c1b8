#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What the tracer gives before the camera's sensor spoils it.
struct Rendering {
  cv::Mat radiance;  //!< CV_32FC3, linear RGB; zero outside the image circle
  cv::Mat
      person;  //!< CV_16S, index in Scene::people of the body seen at the pixel's centre, -1 none
  cv::Mat depth;  //!< CV_32F, metres along the ray; infinite outside the image circle
};

//! How a scene's person appears to a camera.
struct PersonView {
  //! Pixel of each body point, (0, 0) if the lens does not see it; visibility as in COCO: 0 outside
  //! the picture, 1 hidden, 2 seen (then within 2 px of the person's mask).
  std::array<Eigen::Vector2d, kNumBodyPoints> points;
  std::array<int, kNumBodyPoints> visibility = {};
  cv::Rect
      box;  //!< of the visible mask's pixels (column, row, columns, rows); empty if none is seen
  int area = 0;  //!< mask pixels
  //! Amodal: around the whole body, hidden or not, and beyond the picture's border where the lens
  //! sees on. In pixel coordinates (the centre of the first pixel is (0, 0)); empty if the lens
  //! sees nothing of the body.
  cv::Rect2d full_box;
  //! Amodal person-aligned box as in CEPDOF: cx, cy, w, h, degrees. An upright box of width w and
  //! height h about (cx, cy), turned clockwise on the picture by an angle in (-90, 90], so that its
  //! height runs along the picture of the vertical through the person (for a fisheye that looks
  //! straight down: along the radius). All 0 if the lens sees nothing of the body.
  std::array<double, 5> rotated = {};
  std::optional<Eigen::Vector2d> floor;  //!< pixel of the floor position
};

struct RenderOptions {
  //! Light and occlusion rays a pixel, 1 to 256. Edges get at least 4 primary rays a pixel anyway.
  int samples = 1;
  bool filter = true;  //!< edge-aware filter of the irradiance (a-trous, Dammertz et al. 2010)
};

//! A scene ready to be looked at (its Embree acceleration structure). The scene must outlive it.
class Tracer {
 public:
  explicit Tracer(const Scene& scene);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  //! Single-threaded, so that many pictures render side by side; the same bits for the same seed.
  //! Throws Error if the camera is impossible (Validate) or a sample count is.
  Rendering Render(const Camera& camera, const RenderOptions& options, std::uint64_t seed) const;
  //! One view a person of the scene; `rendering` must be of the same camera.
  std::vector<PersonView> View(const Camera& camera, const Rendering& rendering) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo::synth
