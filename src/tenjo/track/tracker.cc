#include "tenjo/track/tracker.h"

#include <fmt/format.h>

#include <cmath>

#include "tenjo/base/error.h"
#include "tenjo/track/sort.h"

namespace tenjo {
namespace {

void CheckFrames(const char* name, int value) {
  if (value < 0 || value > kMaxTrackerFrames) {
    throw Error(fmt::format("the tracker's {} is {}: it must be from 0 to {} frames", name, value,
                            kMaxTrackerFrames));
  }
}

}  // namespace

bool IsTrackable(const Detection& detection) {
  constexpr double kLargest = 1e9;
  constexpr double kLeastSide = 1e-6;
  const Box& box = detection.box;
  // Written so that NaN fails.
  return std::abs(box.x) <= kLargest && std::abs(box.y) <= kLargest && box.w >= kLeastSide &&
         box.w <= kLargest && box.h >= kLeastSide && box.h <= kLargest &&
         std::abs(detection.score) <= kLargest;
}

std::unique_ptr<Tracker> Tracker::Create(const TrackerOptions& options) {
  CheckFrames("max_age", options.max_age);
  CheckFrames("min_hits", options.min_hits);
  if (!(options.iou_threshold >= 0 && options.iou_threshold <= 1)) {
    throw Error(fmt::format("the tracker's iou_threshold is {}: it must be from 0 to 1",
                            options.iou_threshold));
  }
  if (options.tracker == "sort") {
    return std::make_unique<Sort>(options);
  }
  throw Error(fmt::format("there is no tracker \"{}\": use \"sort\"", options.tracker));
}

}  // namespace tenjo
