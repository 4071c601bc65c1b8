#pragma once

#include "tenjo/track/kalman.h"
#include "tenjo/vision/box.h"

namespace tenjo {

//! DeepSORT's motion model of a box (Wojke et al. 2017), ByteTrack's too: centre, aspect ratio
//! a = w / h and height, all with constant velocity; noise in proportion to the height.
class XyahFilter {
 public:
  //! `box` must have an area.
  explicit XyahFilter(const Box& box);

  //! One frame on.
  void Predict();
  //! What ByteTrack does with tracks that are lost: their height no longer changes.
  void StopGrowing() { h_.velocity = 0; }
  void Update(const Box& box);

  Box box() const;
  //! Squared Mahalanobis distance of a measured box, 4 degrees of freedom.
  double Mahalanobis2(const Box& box) const;

 private:
  ConstantVelocityFilter x_;
  ConstantVelocityFilter y_;
  ConstantVelocityFilter a_;
  ConstantVelocityFilter h_;
};

}  // namespace tenjo
