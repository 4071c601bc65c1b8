#include "tenjo/camera/camera.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3d;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

//! f(t) = t (1 + k1 t² + k2 t⁴ + k3 t⁶ + k4 t⁸): how both lens families distort a radius.
struct OddPolynomial {
  std::array<double, 4> k = {};

  double operator()(double t) const {
    const double s = t * t;
    return t * (1 + s * (k[0] + s * (k[1] + s * (k[2] + s * k[3]))));
  }
  double Slope(double t) const {
    const double s = t * t;
    return 1 + s * (3 * k[0] + s * (5 * k[1] + s * (7 * k[2] + s * 9 * k[3])));
  }
  bool IsIdentity() const { return k == std::array<double, 4>{}; }

  //! The first t in (0, end] at which the polynomial stops growing by more than `margin` t, or
  //! `end`.
  double GrowsUntil(double end, double margin = 0) const {
    const auto grows = [&](double t) {
      return Slope(t) > margin * t && (*this)(t) > margin * t * t;
    };
    constexpr int kSteps = 64;
    double low = 0;
    for (int i = 1; i <= kSteps; ++i) {
      double high = end * i / kSteps;
      if (!grows(high)) {
        for (int halving = 0; halving < 50; ++halving) {
          const double middle = 0.5 * (low + high);
          (grows(middle) ? low : high) = middle;
        }
        return low;
      }
      low = high;
    }
    return end;
  }

  //! The t in [0, end] that maps to `value`, where the polynomial grows on all of [0, end];
  //! Newton's method inside a shrinking bracket. Empty if the value lies beyond.
  std::optional<double> Invert(double value, double end) const {
    if (value > (*this)(end)) {
      return std::nullopt;
    }
    double low = 0;
    double high = end;
    double t = std::clamp(value, low, high);
    for (int i = 0; i < 60; ++i) {
      const double miss = (*this)(t)-value;
      (miss > 0 ? high : low) = t;
      double next = t - miss / Slope(t);
      if (!(next > low && next < high)) {
        next = 0.5 * (low + high);
      }
      if (std::abs(next - t) <= 1e-15 * (1 + t)) {
        return next;
      }
      t = next;
    }
    return t;
  }
};

OddPolynomial Radial(const Lens& lens) {
  const auto& d = lens.distortion;
  if (lens.kind == LensKind::kPinhole) {
    return {{d[0], d[1], d[4], 0}};
  }
  if (lens.kind == LensKind::kEquidistant) {
    return {{d[0], d[1], d[2], d[3]}};
  }
  return {};
}

//! The largest angle to the axis (fisheyes) or its tangent (pinhole) that the lens sees. A
//! pinhole's rays near 90 degrees lie so far outside that a bound of 20 (87 degrees) serves to look
//! for folds.
double Reach(const Lens& lens, const OddPolynomial& radial) {
  if (lens.kind == LensKind::kPinhole) {
    const double end = lens.max_angle_rad < 1.57 ? std::tan(lens.max_angle_rad) : kInfinity;
    if (radial.IsIdentity() && lens.IsRadial()) {
      return end;
    }
    // The decentring part's Jacobian has a norm of at most 8 r (|p1| + |p2|): while the radial part
    // grows faster than that, the whole Jacobian is positive definite and no two rays share a
    // pixel.
    const double margin = 8 * (std::abs(lens.distortion[2]) + std::abs(lens.distortion[3]));
    return radial.GrowsUntil(std::min(end, 20.0), margin);
  }
  return radial.IsIdentity() ? lens.max_angle_rad : radial.GrowsUntil(lens.max_angle_rad);
}

//! Radius on the picture in focal lengths of an angle, and back.
double FisheyeRadius(LensKind kind, const OddPolynomial& radial, double angle) {
  switch (kind) {
    case LensKind::kEquisolid:
      return 2 * std::sin(angle / 2);
    case LensKind::kStereographic:
      return 2 * std::tan(angle / 2);
    default:
      return radial(angle);
  }
}

std::optional<double> FisheyeAngle(LensKind kind, const OddPolynomial& radial, double radius,
                                   double reach) {
  if (radius > FisheyeRadius(kind, radial, reach)) {
    return std::nullopt;
  }
  switch (kind) {
    case LensKind::kEquisolid:
      return 2 * std::asin(std::min(1.0, radius / 2));
    case LensKind::kStereographic:
      return 2 * std::atan(radius / 2);
    default:
      return radial.IsIdentity() ? radius : radial.Invert(radius, reach);
  }
}

Vector2d Decentre(const Lens& lens, const Vector2d& p) {
  const double p1 = lens.distortion[2];
  const double p2 = lens.distortion[3];
  const double r2 = p.squaredNorm();
  return {2 * p1 * p.x() * p.y() + p2 * (r2 + 2 * p.x() * p.x()),
          p1 * (r2 + 2 * p.y() * p.y()) + 2 * p2 * p.x() * p.y()};
}

Vector2d DistortPinhole(const Lens& lens, const OddPolynomial& radial, const Vector2d& p) {
  const double r = p.norm();
  const double scale = r > 0 ? radial(r) / r : 1;
  return p * scale + Decentre(lens, p);
}

//! Undoes radial and decentring distortion of a point in focal lengths.
std::optional<Vector2d> UndistortPinhole(const Lens& lens, const OddPolynomial& radial,
                                         const Vector2d& target, double reach) {
  const bool decentred = lens.distortion[2] != 0 || lens.distortion[3] != 0;
  // The decentring part is small: the radial solution is a start within Newton's reach of the
  // whole.
  const double radius = target.norm();
  const auto inverse =
      radial.IsIdentity() ? std::optional(radius) : radial.Invert(radius, std::min(reach, 20.0));
  if (!decentred) {
    if (!inverse || *inverse > reach) {
      return std::nullopt;
    }
    return radius > 0 ? Vector2d(target * (*inverse / radius)) : Vector2d::Zero();
  }
  const double start = inverse.value_or(std::min(reach, 20.0));
  Vector2d p = radius > 0 ? Vector2d(target * (start / radius)) : Vector2d::Zero();
  for (int i = 0; i < 30; ++i) {
    const Vector2d miss = DistortPinhole(lens, radial, p) - target;
    const double r2 = p.squaredNorm();
    const double r = std::sqrt(r2);
    const double scale = r > 0 ? radial(r) / r : 1;
    const double bend = r2 > 0 ? (radial.Slope(r) - scale) / r2 : 0;
    const double p1 = lens.distortion[2];
    const double p2 = lens.distortion[3];
    Eigen::Matrix2d jacobian;
    jacobian << scale + bend * p.x() * p.x() + 2 * p1 * p.y() + 6 * p2 * p.x(),
        bend * p.x() * p.y() + 2 * p1 * p.x() + 2 * p2 * p.y(),
        bend * p.x() * p.y() + 2 * p1 * p.x() + 2 * p2 * p.y(),
        scale + bend * p.y() * p.y() + 6 * p1 * p.y() + 2 * p2 * p.x();
    if (!(jacobian.determinant() > 1e-9)) {
      return std::nullopt;
    }
    const Vector2d step = jacobian.inverse() * miss;
    p -= step;
    if (step.squaredNorm() < 1e-28 * (1 + p.squaredNorm())) {
      break;
    }
  }
  if (!p.allFinite() || p.norm() > reach ||
      (DistortPinhole(lens, radial, p) - target).norm() > 1e-9 * (1 + radius)) {
    return std::nullopt;
  }
  return p;
}

bool AllFinite(const Lens& lens) {
  for (const double value : {lens.fx, lens.fy, lens.cx, lens.cy, lens.max_angle_rad}) {
    if (!std::isfinite(value)) {
      return false;
    }
  }
  return std::all_of(lens.distortion.begin(), lens.distortion.end(),
                     [](double k) { return std::isfinite(k); });
}

void ValidateDistortion(const Lens& lens) {
  const bool plain = lens.kind == LensKind::kEquisolid || lens.kind == LensKind::kStereographic;
  const auto used = plain ? 0 : lens.kind == LensKind::kEquidistant ? 4 : 5;
  for (std::size_t i = static_cast<std::size_t>(used); i < lens.distortion.size(); ++i) {
    if (lens.distortion[i] != 0) {
      throw Error(fmt::format(
          "The lens has {} as distortion number {}, but this kind of lens takes {}; leave it 0.",
          lens.distortion[i], i + 1, used == 0 ? "none" : fmt::format("only {}", used)));
    }
  }
  const OddPolynomial radial = Radial(lens);
  const double reach = Reach(lens, radial);
  if (radial.IsIdentity() || !std::isfinite(reach)) {
    return;
  }
  const double seen_px = radial(reach) * std::min(lens.fx, lens.fy);
  const double wanted_px = 0.25 * std::min(lens.width, lens.height);
  const double undistorted = lens.kind == LensKind::kPinhole
                                 ? std::tan(std::min(lens.max_angle_rad, 1.52))
                                 : lens.max_angle_rad;
  if (seen_px < wanted_px && reach < undistorted) {
    throw Error(fmt::format(
        "The lens distortion turns back on itself {:.1f} px from the middle of a {}x{} picture; a "
        "distortion that a lens can have keeps growing for at least {:.0f} px.",
        seen_px, lens.width, lens.height, wanted_px));
  }
}

}  // namespace

PreparedLens::PreparedLens(const Lens& lens)
    : lens_(lens), radial_(Radial(lens).k), reach_(Reach(lens, Radial(lens))) {}

std::optional<Vector2d> PreparedLens::Project(const Vector3d& direction) const {
  const OddPolynomial radial{radial_};
  if (lens_.kind == LensKind::kPinhole) {
    if (!(direction.z() > 0)) {
      return std::nullopt;
    }
    const Vector2d p = direction.head<2>() / direction.z();
    if (!p.allFinite() || p.norm() > reach_) {
      return std::nullopt;
    }
    const Vector2d q = DistortPinhole(lens_, radial, p);
    return Vector2d(lens_.fx * q.x() + lens_.cx, lens_.fy * q.y() + lens_.cy);
  }
  const double across = direction.head<2>().norm();
  const double angle = std::atan2(across, direction.z());
  if (!(angle <= reach_) || (across == 0 && direction.z() == 0)) {
    return std::nullopt;
  }
  const double radius = FisheyeRadius(lens_.kind, radial, angle);
  const Vector2d q =
      across > 0 ? Vector2d(direction.head<2>() * (radius / across)) : Vector2d::Zero();
  return Vector2d(lens_.fx * q.x() + lens_.cx, lens_.fy * q.y() + lens_.cy);
}

std::optional<Vector3d> PreparedLens::Unproject(const Vector2d& pixel) const {
  const OddPolynomial radial{radial_};
  const Vector2d target((pixel.x() - lens_.cx) / lens_.fx, (pixel.y() - lens_.cy) / lens_.fy);
  if (!target.allFinite()) {
    return std::nullopt;
  }
  if (lens_.kind == LensKind::kPinhole) {
    const auto p = UndistortPinhole(lens_, radial, target, reach_);
    if (!p) {
      return std::nullopt;
    }
    return Vector3d(p->x(), p->y(), 1).normalized();
  }
  const double radius = target.norm();
  const auto angle = FisheyeAngle(lens_.kind, radial, radius, reach_);
  if (!angle) {
    return std::nullopt;
  }
  const double across = radius > 0 ? std::sin(*angle) / radius : 0;
  return Vector3d(target.x() * across, target.y() * across, std::cos(*angle));
}

std::optional<Vector2d> Lens::Project(const Vector3d& direction) const {
  return PreparedLens(*this).Project(direction);
}

std::optional<Vector3d> Lens::Unproject(const Vector2d& pixel) const {
  return PreparedLens(*this).Unproject(pixel);
}

bool Lens::Contains(const Vector2d& pixel) const {
  return pixel.x() >= -0.5 && pixel.y() >= -0.5 && pixel.x() < width - 0.5 &&
         pixel.y() < height - 0.5;
}

bool Lens::IsRadial() const {
  return kind != LensKind::kPinhole || (distortion[2] == 0 && distortion[3] == 0);
}

void Validate(const Lens& lens) {
  if (lens.width < 1 || lens.height < 1 || lens.width > 32768 || lens.height > 32768) {
    throw Error(fmt::format("A lens cannot have a picture of {}x{} px; each side is 1 to 32768.",
                            lens.width, lens.height));
  }
  if (!AllFinite(lens)) {
    throw Error("The lens has a number that is not finite; all of them must be.");
  }
  if (lens.fx <= 0 || lens.fy <= 0) {
    throw Error(fmt::format("The lens has focal lengths of {} and {} px; both must be above 0.",
                            lens.fx, lens.fy));
  }
  const double limit = lens.kind == LensKind::kPinhole ? 90 : 140;
  const double degrees = lens.max_angle_rad * 180 / std::numbers::pi;
  if (!(degrees > 0) || degrees > limit) {
    throw Error(
        fmt::format("The lens sees up to {:.4g} degrees from its axis; this kind sees more than 0 "
                    "and at most {}.",
                    degrees, limit));
  }
  ValidateDistortion(lens);
}

std::optional<Vector2d> Camera::Project(const Vector3d& world) const {
  return lens.Project(world_from_camera.conjugate() * (world - centre));
}

std::optional<Vector2d> Camera::ToPlane(const Vector2d& pixel, double height_m) const {
  const auto ray = lens.Unproject(pixel);
  if (!ray) {
    return std::nullopt;
  }
  const Vector3d direction = world_from_camera * *ray;
  const double along = (height_m - centre.z()) / direction.z();
  // A ray along the plane gives an infinite or undefined distance.
  if (!(along >= 0) || !std::isfinite(along)) {
    return std::nullopt;
  }
  const Vector3d hit = centre + along * direction;
  return Vector2d(hit.head<2>());
}

void Validate(const Camera& camera) {
  Validate(camera.lens);
  if (!camera.centre.allFinite()) {
    throw Error("The camera's place has a number that is not finite; it is three metres, z up.");
  }
  const double norm = camera.world_from_camera.norm();
  if (!(std::abs(norm - 1) < 1e-6)) {
    throw Error(fmt::format(
        "The camera's rotation is a quaternion of length {}; a rotation has length 1.", norm));
  }
}

Eigen::Quaterniond LookDown(double yaw_rad, double tilt_rad, double roll_rad) {
  const Vector3d towards(std::cos(yaw_rad), std::sin(yaw_rad), 0);
  const Vector3d forward = -std::cos(tilt_rad) * Vector3d::UnitZ() + std::sin(tilt_rad) * towards;
  const Vector3d right(std::sin(yaw_rad), -std::cos(yaw_rad), 0);
  Eigen::Matrix3d axes;
  axes << right, forward.cross(right), forward;
  return Eigen::Quaterniond(axes) *
         Eigen::Quaterniond(Eigen::AngleAxisd(roll_rad, Vector3d::UnitZ()));
}

}  // namespace tenjo
