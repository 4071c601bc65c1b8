#pragma once

#include <cstdint>
#include <vector>

#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! ByteTrack: Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box",
//! 2022: strong detections are matched first, by IoU times score, with tracks in view and lost;
//! then weak ones with the tracks in view that are left. A track is reported from its second
//! detection on (those of the first frame at once). Parameters: track_thresh, low_thresh,
//! new_thresh, match_thresh, track_buffer.
class ByteTrack : public FrameTracker {
 public:
  explicit ByteTrack(const TrackerOptions& options) : FrameTracker(options) {}

  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }

 private:
  enum class State { kNew, kTracked, kLost };
  struct Person {
    Motion motion;
    std::int64_t id = 0;  // 0: not yet reported
    State state = State::kNew;
    int frames_since_update = 0;
    std::int64_t first_frame = 0;
    bool weak = false;  // this frame's detection came in the second round
  };

  void Predict(double seconds);
  //! Matches the left ones of `detections` with the left ones of `tracks`; costs of `limit` or more
  //! are none. With `fuse`, IoU counts times score.
  void Round(std::vector<int>& detections, std::vector<int>& tracks, double limit, bool fuse);
  void RemoveDuplicates();

  std::vector<Person> tracks_;  // oldest first
  std::vector<Place> places_;
  std::vector<Observation> round_observations_;
  std::vector<Place> round_places_;
  std::vector<double> costs_;
  IouMatcher matcher_;
};

}  // namespace tenjo
