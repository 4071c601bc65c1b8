#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! SORT: Bewley, Ge, Ott, Ramos and Upcroft, "Simple online and realtime tracking", 2016, with the
//! behaviour of its reference implementation. A track is confirmed by min_hits detections in a row
//! after its first; in the first min_hits frames every track is reported. A track that misses a
//! frame must be confirmed again.
class Sort : public FrameTracker {
 public:
  explicit Sort(const TrackerOptions& options) : FrameTracker(options) {}

  //! Tracks alive, confirmed or not.
  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }

 private:
  struct Person {
    Motion motion;
    std::int64_t id = 0;  // 0: not yet reported
    int hit_streak = 0;
    int frames_since_update = 0;
  };

  void Predict(double seconds);
  void Match();
  std::vector<TrackedBox> Report();

  std::vector<Person> tracks_;  // oldest first

  // Of one frame; members so that their memory is used again.
  std::vector<Place> places_;
  std::vector<double> affinities_;
  IouMatcher matcher_;
};

}  // namespace tenjo
