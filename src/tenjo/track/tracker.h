#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenjo/vision/box.h"

namespace tenjo {

//! A person found in one frame, as far as a tracker needs to know.
struct Detection {
  Box box;
  double score = 1;
};

//! A confirmed track in the current frame.
struct TrackedBox {
  std::int64_t id =
      0;             //!< 1, 2, 3, … in the order of first report; never used again by the tracker
  Box box;           //!< of the track's filter after the update
  double score = 1;  //!< of the detection
  int detection = -1;  //!< index of the detection that the track took in this frame
};

struct TrackerOptions {
  std::string tracker = "sort";
  //! SORT's parameters by the names of its reference implementation.
  int max_age = 1;             //!< frames in a row that a track lives through without a detection
  int min_hits = 3;            //!< detections in a row, after its first, that confirm a track
  double iou_threshold = 0.3;  //!< least IoU of a match; 0 matches even boxes that do not touch
};

//! Most that max_age and min_hits may be.
inline constexpr int kMaxTrackerFrames = 1'000'000;

//! A detection is left out of tracking when a number of it is not finite or over 1e9 in size, or a
//! side of its box is under 1e-6 pixels.
bool IsTrackable(const Detection& detection);

//! Gives detections of consecutive frames of one camera their ids. All state is the object's own.
//! The answer does not depend on the order of the detections within a frame.
class Tracker {
 public:
  //! Throws Error for an unknown tracker or impossible options.
  static std::unique_ptr<Tracker> Create(const TrackerOptions& options);
  virtual ~Tracker() = default;

  //! Takes the detections of the next frame (those that are not IsTrackable are left out) and
  //! returns the confirmed tracks that took one of them, by rising id.
  virtual std::vector<TrackedBox> Update(std::span<const Detection> detections) = 0;

  //! The same as `frames` updates without detections, quick for any number of frames.
  virtual void Skip(std::int64_t frames) = 0;
};

}  // namespace tenjo
