#include "tenjo/track/floor_filter.h"

#include <cmath>

namespace tenjo {
namespace {

// People set off, stop and turn with about this acceleration, m/s² (standard deviation).
constexpr double kAcceleration = 1.5;
// Speeds of people in a room: a standard deviation of 0.8 m/s a coordinate holds those who stand
// and those who walk (about 1.3 m/s).
constexpr double kSpeed = 0.8;

}  // namespace

FloorFilter::FloorFilter(const FloorPoint& at, double max_speed)
    : max_speed_(max_speed), x_(at.x), y_(at.y), p_pp_(at.variance), p_vv_(kSpeed * kSpeed) {}

void FloorFilter::Predict(double seconds) {
  x_ += vx_ * seconds;
  y_ += vy_ * seconds;
  const double t2 = seconds * seconds;
  const double q = kAcceleration * kAcceleration;
  p_pp_ += 2 * seconds * p_pv_ + t2 * p_vv_ + q * t2 * t2 / 4;
  p_pv_ += seconds * p_vv_ + q * t2 * seconds / 2;
  p_vv_ += q * t2;
  // Nobody's speed is less certain than that of somebody just seen for the first time.
  if (p_vv_ > kSpeed * kSpeed) {
    const double scale = kSpeed * kSpeed / p_vv_;
    p_vv_ = kSpeed * kSpeed;
    p_pv_ *= scale;
  }
}

void FloorFilter::Update(const FloorPoint& at) {
  const double s = p_pp_ + at.variance;
  const double gain = p_pp_ / s;
  const double gain_velocity = p_pv_ / s;
  const double dx = at.x - x_;
  const double dy = at.y - y_;
  x_ += gain * dx;
  y_ += gain * dy;
  vx_ += gain_velocity * dx;
  vy_ += gain_velocity * dy;
  p_vv_ -= gain_velocity * p_pv_;
  p_pv_ *= at.variance / s;
  p_pp_ *= at.variance / s;
  LimitSpeed();
}

void FloorFilter::LimitSpeed() {
  const double speed = std::hypot(vx_, vy_);
  if (speed > max_speed_) {
    vx_ *= max_speed_ / speed;
    vy_ *= max_speed_ / speed;
  }
}

double FloorFilter::Mahalanobis2(const FloorPoint& at) const {
  const double dx = at.x - x_;
  const double dy = at.y - y_;
  return (dx * dx + dy * dy) / (p_pp_ + at.variance);
}

}  // namespace tenjo
