#pragma once

#include "tenjo/track/kalman.h"
#include "tenjo/vision/box.h"

namespace tenjo {

//! SORT's motion model of a box (Bewley et al. 2016): its centre (u, v) in pixels and area s move
//! with constant velocity, its aspect ratio r = w / h stays.
class SortFilter {
 public:
  //! `box` must have an area.
  explicit SortFilter(const Box& box);

  //! One frame on. A scale velocity that would make the area negative is set to 0.
  void Predict();
  void Update(const Box& box);

  //! The state as a box; not finite if the state is not.
  Box box() const;

  const ConstantVelocityFilter& u() const { return u_; }
  const ConstantVelocityFilter& v() const { return v_; }
  const ConstantVelocityFilter& s() const { return s_; }
  const ConstantPositionFilter& r() const { return r_; }

 private:
  ConstantVelocityFilter u_;
  ConstantVelocityFilter v_;
  ConstantVelocityFilter s_;
  ConstantPositionFilter r_;
};

}  // namespace tenjo
