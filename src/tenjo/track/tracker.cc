#include "tenjo/track/tracker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera.h"
#include "tenjo/track/appearance_tracker.h"
#include "tenjo/track/bytetrack.h"
#include "tenjo/track/deepsort.h"
#include "tenjo/track/ocsort.h"
#include "tenjo/track/remember.h"
#include "tenjo/track/sort.h"
#include "tenjo/track/sort_appearance.h"

namespace tenjo {
namespace {

constexpr std::array<std::string_view, 6> kNames = {"sort",     "bytetrack",  "ocsort",
                                                    "deepsort", "appearance", "sort+appearance"};

void CheckNumber(const char* name, double value, double low, double high, const char* unit = "") {
  if (!(value >= low && value <= high)) {
    throw Error(fmt::format("the tracker's {} is {}: it must be from {} to {}{}", name, value, low,
                            high, unit));
  }
}

void CheckFrames(const char* name, int value, int least = 0) {
  CheckNumber(name, value, least, kMaxTrackerFrames, " frames");
}

void CheckName(std::string_view tracker) {
  if (std::find(kNames.begin(), kNames.end(), tracker) == kNames.end()) {
    throw Error(
        fmt::format("there is no tracker \"{}\": use {}", tracker, fmt::join(kNames, ", ")));
  }
}

void Check(const TrackerOptions& o) {
  CheckFrames("max_age", o.max_age);
  CheckFrames("min_hits", o.min_hits);
  CheckFrames("track_buffer", o.track_buffer);
  CheckFrames("delta_t", o.delta_t, 1);
  CheckFrames("n_init", o.n_init, 1);
  CheckNumber("nn_budget", o.nn_budget, 1, 10'000, " embeddings");
  CheckNumber("iou_threshold", o.iou_threshold, 0, 1);
  CheckNumber("max_iou_distance", o.max_iou_distance, 0, 1);
  CheckNumber("match_thresh", o.match_thresh, 0, 1);
  constexpr double kLargest = 1e9;
  CheckNumber("track_thresh", o.track_thresh, -kLargest, kLargest);
  CheckNumber("low_thresh", o.low_thresh, -kLargest, kLargest);
  CheckNumber("new_thresh", o.new_thresh, -kLargest, kLargest);
  CheckNumber("det_thresh", o.det_thresh, -kLargest, kLargest);
  CheckNumber("min_confidence", o.min_confidence, -kLargest, kLargest);
  CheckNumber("inertia", o.inertia, 0, 10);
  CheckNumber("max_cosine_distance", o.max_cosine_distance, 0, 2);
  CheckNumber("max_euclidean_distance", o.max_euclidean_distance, 0, 2);
  CheckNumber("remember_distance", o.remember_distance, 0, 2);
  CheckNumber("remember_min", o.remember_min, 0, 1440, " minutes");
  CheckNumber("fps", o.fps, 0.001, 10'000, " frames a second");
  CheckNumber("max_speed", o.max_speed, 0.1, 100, " m/s");
  CheckNumber("floor_size_m", o.floor_size_m, 0.1, 10, " m");
}

std::unique_ptr<Tracker> CreateAlone(const TrackerOptions& options) {
  if (options.tracker == "bytetrack") {
    return std::make_unique<ByteTrack>(options);
  }
  if (options.tracker == "ocsort") {
    return std::make_unique<OcSort>(options);
  }
  if (options.tracker == "deepsort") {
    return std::make_unique<DeepSort>(options);
  }
  if (options.tracker == "appearance") {
    return std::make_unique<AppearanceTracker>(options);
  }
  if (options.tracker == "sort+appearance") {
    return std::make_unique<SortAppearance>(options);
  }
  return std::make_unique<Sort>(options);
}

}  // namespace

std::span<const std::string_view> TrackerNames() { return kNames; }

TrackerOptions DefaultTrackerOptions(std::string_view tracker) {
  CheckName(tracker);
  TrackerOptions options;
  options.tracker = tracker;
  if (tracker != "sort") {
    options.max_age = 30;
  }
  if (tracker == "bytetrack") {
    options.new_thresh = 0.7;
  }
  if (tracker == "appearance" || tracker == "sort+appearance") {
    // Who is lost is known again by looks, so there is no hurry to forget: about ten seconds.
    options.max_age = 300;
    options.nn_budget = 30;
  }
  return options;
}

bool NeedsEmbedder(const TrackerOptions& options) {
  return options.tracker == "deepsort" || options.tracker == "appearance" ||
         options.tracker == "sort+appearance" || options.remember_min > 0;
}

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
  CheckName(options.tracker);
  Check(options);
  if (options.floor_camera) {
    Validate(*options.floor_camera);
    if (!(options.floor_camera->centre.z() > 0)) {
      throw Error(
          fmt::format("the camera hangs {:.3g} m above the floor: to associate on the floor it "
                      "must be above it",
                      options.floor_camera->centre.z()));
    }
  }
  std::unique_ptr<Tracker> tracker = CreateAlone(options);
  if (options.remember_min > 0) {
    tracker = std::make_unique<RememberingTracker>(options, std::move(tracker));
  }
  return tracker;
}

}  // namespace tenjo
