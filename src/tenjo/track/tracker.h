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
  std::int64_t id = 0;  //!< from 1, never used again by the same tracker
  Box box;              //!< of the track's filter after the update
  double score = 1;     //!< of the detection
  int detection = -1;   //!< index of the detection that the track took in this frame
};

struct TrackerOptions {
  std::string tracker = "sort";
  //! SORT's parameters by the names of its reference implementation.
  int max_age = 1;             //!< frames a track lives without a detection
  int min_hits = 3;            //!< consecutive detections that confirm a track
  double iou_threshold = 0.3;  //!< least IoU of a match
};

//! Gives detections of consecutive frames of one camera their ids. All state is the object's own.
class Tracker {
 public:
  //! Throws Error for an unknown tracker or impossible options.
  static std::unique_ptr<Tracker> Create(const TrackerOptions& options);
  virtual ~Tracker() = default;

  //! Takes the detections of the next frame; boxes that are not finite or have no area are left out.
  virtual std::vector<TrackedBox> Update(std::span<const Detection> detections) = 0;
};

}  // namespace tenjo
