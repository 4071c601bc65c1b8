#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tenjo/track/iou_matcher.h"
#include "tenjo/track/sort_filter.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

//! SORT: Bewley, Ge, Ott, Ramos and Upcroft, "Simple online and realtime tracking", 2016, with the
//! behaviour of its reference implementation. A track is confirmed by min_hits detections in a row
//! after its first; in the first min_hits frames every track is reported. A track that misses a
//! frame must be confirmed again.
class Sort : public Tracker {
 public:
  explicit Sort(const TrackerOptions& options) : options_(options) {}

  std::vector<TrackedBox> Update(std::span<const Detection> detections) override;
  void Skip(std::int64_t frames) override;

  //! Tracks alive, confirmed or not.
  std::size_t num_tracks() const { return tracks_.size(); }

 private:
  struct Track {
    SortFilter filter;
    std::int64_t id = 0;  // 0: not yet reported
    int hit_streak = 0;
    int frames_since_update = 0;
    int detection = -1;
  };

  void TakeDetections(std::span<const Detection> detections);
  void Predict();
  void Match();
  std::vector<TrackedBox> Report(std::span<const Detection> detections);

  TrackerOptions options_;
  std::int64_t frames_ = 0;
  std::int64_t last_id_ = 0;
  std::vector<Track> tracks_;  // oldest first

  // Of one frame; members so that their memory is used again.
  std::vector<int> order_;
  std::vector<Box> detected_;
  std::vector<Box> predicted_;
  IouMatcher matcher_;
};

}  // namespace tenjo
