#include "tenjo/video/frame_clock.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tenjo {
namespace {

constexpr double kDefaultFps = 25;
constexpr std::size_t kSpacings = 5;
constexpr double kMaxFps = 1000;    // RTSP streams without a rate report their 90 kHz clock
constexpr double kMaxTime_s = 1e9;  // 30 years: what is beyond is a missing timestamp

}  // namespace

double SaneFps(double fps) { return std::isfinite(fps) && fps > 0 && fps <= kMaxFps ? fps : 0; }

FrameClock::FrameClock(double fps) : nominal_step_s_(1 / (SaneFps(fps) > 0 ? fps : kDefaultFps)) {}

double FrameClock::step_s() const {
  if (spacings_s_.empty()) {
    return nominal_step_s_;
  }
  std::vector<double> sorted(spacings_s_.begin(), spacings_s_.end());
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

double FrameClock::Next(double container_ms) {
  const double container_s = container_ms / 1000;
  const bool known = std::isfinite(container_s) && std::abs(container_s) < kMaxTime_s;
  if (!started_) {
    started_ = true;
    // A first time below zero is not the picture's but its packet's (OpenCV takes that where the
    // picture's is 0), so the others count from 0.
    base_s_ = known && container_s > 0 ? container_s : 0;
    return last_s_ = 0;
  }
  const double time_s = container_s - base_s_;
  if (!known || time_s <= last_s_) {
    // Among these are the frames that the decoder still held at the end of the file, of which
    // OpenCV 4.6 does not know the time.
    return last_s_ += step_s();
  }
  spacings_s_.push_back(time_s - last_s_);
  if (spacings_s_.size() > kSpacings) {
    spacings_s_.pop_front();
  }
  last_s_ = time_s;
  return last_s_;
}

}  // namespace tenjo
