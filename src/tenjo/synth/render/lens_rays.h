#pragma once

#include <memory>
#include <vector>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! A lens's directions by table, for the millions of rays of a picture: within 0.02 px of
//! Lens::Unproject, but for the last pixels before a distortion turns back on itself. Lenses that
//! are alike about their axis need only one profile over the radius; others (decentred ones) a grid
//! over the picture.
class LensRays {
 public:
  explicit LensRays(const Lens& lens);
  //! The rays of a lens; the last few lenses asked for are kept. Thread-safe.
  static std::shared_ptr<const LensRays> Of(const Lens& lens);

  //! Unit direction in camera axes of a place on the picture; false outside the image circle.
  bool Direction(float x, float y, Vec3f& direction) const;
  //! Angle between neighbouring pixels in the middle of the picture.
  float pixel_angle_rad() const { return pixel_angle_rad_; }

 private:
  void FillProfile(const PreparedLens& prepared);
  void FillGrid(const PreparedLens& prepared);
  bool FromGrid(float x, float y, Vec3f& direction) const;

  struct Turn {  // of the radius squared: what x and y are multiplied with, and z
    float across = 0;
    float along = 0;
  };
  Lens lens_;
  float pixel_angle_rad_ = 0;
  float cx_ = 0;
  float cy_ = 0;
  float inverse_fx_ = 0;
  float inverse_fy_ = 0;
  float end_ = 0;  // radius squared at the end of the profile
  float steps_per_unit_ = 0;
  std::vector<Turn> profile_;
  int grid_step_ = 1;        // pixels
  int columns_ = 0;          // of the grid
  std::vector<Vec3f> grid_;  // from pixel (-1, -1), grid_step_ apart; zero where nothing is seen
};

}  // namespace tenjo::synth
