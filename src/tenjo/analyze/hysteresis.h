#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

namespace tenjo {

//! A moment of a camera.
struct Moment {
  double time_s = 0;
  std::int64_t frame = 0;
};

//! Inside or outside, changed only by what stays on the other side for `settle_s` on end and goes
//! at least a margin beyond the border meanwhile: a Schmitt trigger in time and distance.
class Hysteresis {
 public:
  struct Limits {
    double settle_s = 0;
    double margin_in = 0;
    double margin_out = 0;
  };

  //! `distance` is negative inside; on the border is inside. Returns the moment of the change,
  //! which is the first on the new side, once it is sure.
  std::optional<Moment> Update(const Moment& now, double distance, const Limits& limits) {
    const bool in = distance <= 0;
    if (in == inside_) {
      since_.reset();
      before_s_ = now.time_s;
      return std::nullopt;
    }
    if (!since_) {
      since_ = now;
      beyond_ = 0;
    }
    beyond_ = std::max(beyond_, std::abs(distance));
    constexpr double kRounding_s = 1e-9;
    if (beyond_ < (in ? limits.margin_in : limits.margin_out) ||
        now.time_s - before_s_.value_or(since_->time_s) < limits.settle_s - kRounding_s) {
      return std::nullopt;
    }
    inside_ = in;
    before_s_ = now.time_s;
    const Moment change = *since_;
    since_.reset();
    return change;
  }

  bool inside() const { return inside_; }
  //! When a change began that is not sure yet; empty if none has.
  const std::optional<Moment>& pending() const { return since_; }

 private:
  bool inside_ = false;
  std::optional<Moment> since_;
  //! Last seen on the old side. Frames show a stretch shorter than it is, by one step on average:
  //! from here to the last of it is its length without bias.
  std::optional<double> before_s_;
  double beyond_ = 0;
};

}  // namespace tenjo
