#include "tenjo/video/live_clock.h"

#include <algorithm>
#include <cmath>

namespace tenjo {
namespace {

// A stream that strays further from the clock has jumped; network and decoder stay well below.
constexpr double kMaxStray_s = 1.0;
constexpr double kLeastStep_s = 1e-4;
constexpr double kMaxStream_s = 1e9;  // what is beyond is a missing timestamp

}  // namespace

double LiveClock::Next(double wall_s, double stream_s, int connection) {
  // A stream without times repeats itself.
  const bool told = std::abs(stream_s) < kMaxStream_s && (!started_ || stream_s > stream_s_);
  stream_s_ = stream_s;
  if (!started_) {
    started_ = true;
    first_wall_s_ = wall_s;
    connection_ = connection;
    last_s_ = 0;
    offset_s_ = -stream_s;
    return 0;
  }
  const double since_s = wall_s - first_wall_s_;
  const double by_stream_s = stream_s + offset_s_;
  const bool follows =
      told && connection == connection_ && std::abs(by_stream_s - since_s) <= kMaxStray_s;
  if (!follows) {
    connection_ = connection;
    offset_s_ = since_s - stream_s;
  }
  last_s_ = std::max(follows ? by_stream_s : since_s, last_s_ + kLeastStep_s);
  return last_s_;
}

}  // namespace tenjo
