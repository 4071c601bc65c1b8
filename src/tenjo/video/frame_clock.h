#pragma once

#include <deque>

namespace tenjo {

//! Times of a file's frames: from the container, from 0, always growing.
class FrameClock {
 public:
  //! `fps`: nominal; anything that is no frame rate counts as 25.
  explicit FrameClock(double fps);

  //! Time of the next frame in seconds, given what the container says of it in milliseconds
  //! (not a number or absurd where it says nothing). What does not go forward becomes the last time
  //! plus one step.
  double Next(double container_ms);
  //! From the last frame to the one that would follow it: the median of the last five spacings that
  //! the container told, before the first one that of the nominal rate.
  double step_s() const;

 private:
  double nominal_step_s_;
  std::deque<double> spacings_s_;
  double base_s_ = 0;
  double last_s_ = 0;
  bool started_ = false;
};

//! A frame rate that can be believed, else 0.
double SaneFps(double fps);

}  // namespace tenjo
