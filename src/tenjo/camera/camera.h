#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <array>
#include <optional>

namespace tenjo {

enum class LensKind { kPinhole, kEquidistant, kEquisolid, kStereographic };

//! How a lens maps directions to pixels. Camera axes as OpenCV's: x right, y down, z forward.
//! Pinhole: OpenCV's distortion k1 k2 p1 p2 k3. Equidistant: OpenCV's fisheye model (Kannala and
//! Brandt 2006), r = f (θ + k1 θ³ + k2 θ⁵ + k3 θ⁷ + k4 θ⁹). Equisolid: r = 2 f sin(θ/2).
//! Stereographic: r = 2 f tan(θ/2). Fisheyes also see behind the image plane (θ > 90 degrees).
//!
//! A distortion polynomial that turns back on itself ends the picture where it does: beyond that
//! two directions would share a pixel, so neither is seen.
struct Lens {
  LensKind kind = LensKind::kPinhole;
  int width = 0;
  int height = 0;
  double fx = 0;  //!< pixels; for fisheyes pixels per radian at the middle
  double fy = 0;
  double cx = 0;  //!< the centre of the first pixel is (0, 0)
  double cy = 0;
  std::array<double, 5> distortion = {};
  double max_angle_rad = 1.5707963;  //!< rays further from the axis are not on the picture

  //! Pixel of a direction (any length) in camera axes; empty if the lens does not see it. The pixel
  //! may lie outside width x height: Contains() tells.
  std::optional<Eigen::Vector2d> Project(const Eigen::Vector3d& direction) const;
  //! Unit direction of a pixel; empty outside the image circle.
  std::optional<Eigen::Vector3d> Unproject(const Eigen::Vector2d& pixel) const;
  //! True if the point lies on one of the picture's pixels.
  bool Contains(const Eigen::Vector2d& pixel) const;
  //! True if pixels depend on a direction's angle to the axis alone, apart from the turn about it.
  bool IsRadial() const;
};

//! A lens with what its formulas need worked out once: for those who project many points.
class PreparedLens {
 public:
  explicit PreparedLens(const Lens& lens);

  std::optional<Eigen::Vector2d> Project(const Eigen::Vector3d& direction) const;
  std::optional<Eigen::Vector3d> Unproject(const Eigen::Vector2d& pixel) const;

 private:
  Lens lens_;
  std::array<double, 4> radial_;  // coefficients of the odd polynomial in the radius or angle
  double reach_;                  // largest angle, for a pinhole its tangent, that is seen
};

//! Throws Error if no camera could have such a lens.
void Validate(const Lens& lens);

//! A lens at its place. World: metres, z up, floor at z = 0.
struct Camera {
  Lens lens;
  Eigen::Quaterniond world_from_camera = Eigen::Quaterniond::Identity();
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();

  //! Pixel of a point in the world; empty if the lens does not see it.
  std::optional<Eigen::Vector2d> Project(const Eigen::Vector3d& world) const;
  //! Where the pixel's ray meets the plane z = `height_m`; empty if it does not.
  std::optional<Eigen::Vector2d> ToPlane(const Eigen::Vector2d& pixel, double height_m = 0) const;
};

//! Throws Error if the lens is impossible, the rotation is not one, or a number is not finite.
void Validate(const Camera& camera);

//! Rotation of a camera that looks `tilt_rad` away from straight down towards `yaw_rad` (0 along
//! world x, counter-clockwise from above), then turned by `roll_rad` about its axis (the camera
//! clockwise as seen from behind it, so the picture counter-clockwise). Straight down with yaw 0:
//! the picture's up is world x.
Eigen::Quaterniond LookDown(double yaw_rad, double tilt_rad, double roll_rad);

}  // namespace tenjo
