#pragma once

namespace tenjo {

//! Kalman filter of one coordinate that moves with constant velocity. Units: the coordinate's own,
//! and frames.
//!
//! A box filter whose transition, noise and first covariance do not mix the coordinates (SORT,
//! OC-SORT, ByteTrack and DeepSORT are such) keeps a covariance without cross terms for ever, so
//! one of these per coordinate is not an approximation of the dense filter: it is the same filter.
struct ConstantVelocityFilter {
  double position = 0;
  double velocity = 0;
  //! Covariance of (position, velocity).
  double p_pp = 0;
  double p_pv = 0;
  double p_vv = 0;

  //! One frame on; q: process noise of position and velocity (variances).
  void Predict(double q_position, double q_velocity) {
    position += velocity;
    p_pp += 2 * p_pv + p_vv + q_position;
    p_pv += p_vv;
    p_vv += q_velocity;
  }

  //! Takes a measured position of variance r.
  void Update(double measured, double r) {
    const double innovation = measured - position;
    const double s = p_pp + r;
    const double gain_position = p_pp / s;
    const double gain_velocity = p_pv / s;
    position += gain_position * innovation;
    velocity += gain_velocity * innovation;
    p_vv -= gain_velocity * p_pv;
    p_pv *= r / s;
    p_pp *= r / s;
  }
};

//! The same for a coordinate that stays where it is.
struct ConstantPositionFilter {
  double position = 0;
  double p = 0;

  void Predict(double q) { p += q; }

  void Update(double measured, double r) {
    const double s = p + r;
    position += p / s * (measured - position);
    p *= r / s;
  }
};

}  // namespace tenjo
