#pragma once

#include "tenjo/track/kalman.h"

namespace tenjo {

//! Where a detection stands on the floor, metres.
struct FloorPoint {
  double x = 0;
  double y = 0;
  double variance = 0;  //!< of each coordinate, as the camera's place lets it be known
};

//! Kalman filter of a person on the floor: two coordinates with constant velocity and random
//! acceleration (white, of a walking person). Metres and seconds.
class FloorFilter {
 public:
  //! `max_speed`: metres a second, the most that the state may have.
  FloorFilter(const FloorPoint& at, double max_speed);

  void Predict(double seconds);
  void Update(const FloorPoint& at);

  double x() const { return x_; }
  double y() const { return y_; }
  double vx() const { return vx_; }
  double vy() const { return vy_; }
  //! Of one coordinate of the place.
  double variance() const { return p_pp_; }
  //! Squared Mahalanobis distance, 2 degrees of freedom.
  double Mahalanobis2(const FloorPoint& at) const;

 private:
  void LimitSpeed();

  double max_speed_;
  double x_;
  double y_;
  double vx_ = 0;
  double vy_ = 0;
  // Covariance of (place, velocity), the same for both coordinates.
  double p_pp_;
  double p_pv_ = 0;
  double p_vv_;
};

}  // namespace tenjo
