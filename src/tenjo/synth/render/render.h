#pragma once

#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What the tracer gives before the camera's sensor spoils it.
struct Rendering {
  cv::Mat radiance;             //!< CV_32FC3, linear RGB
  cv::Mat person;               //!< CV_16S, index in Scene::people of the body seen at the pixel's centre, -1 none
  cv::Mat depth;                //!< CV_32F, metres along the ray; infinite outside the image circle
};

//! How a scene's person appears to a camera.
struct PersonView {
  //! Pixel of each body point; visibility as in COCO: 0 outside the picture, 1 hidden, 2 seen.
  std::array<Eigen::Vector2d, kNumBodyPoints> points;
  std::array<int, kNumBodyPoints> visibility;
  cv::Rect box;                 //!< around the visible mask; empty if nothing is seen
  int area = 0;                 //!< mask pixels
  cv::Rect2d full_box;          //!< amodal: around the whole body, hidden or not, clipped to nothing
  std::array<double, 5> rotated;  //!< amodal person-aligned box: cx, cy, w, h, degrees clockwise (CEPDOF)
  std::optional<Eigen::Vector2d> floor;  //!< pixel of the floor position
};

struct RenderOptions {
  int samples = 1;              //!< a pixel
  bool filter = true;           //!< edge-aware filter of the irradiance (a-trous, Dammertz et al. 2010)
};

//! A scene ready to be looked at (its Embree acceleration structure). The scene must outlive it.
class Tracer {
 public:
  explicit Tracer(const Scene& scene);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  //! Single-threaded, so that many pictures render side by side; the same bits for the same seed.
  Rendering Render(const Camera& camera, const RenderOptions& options, std::uint64_t seed) const;
  std::vector<PersonView> View(const Camera& camera, const Rendering& rendering) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo::synth
