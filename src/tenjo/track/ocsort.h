#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! OC-SORT: Cao, Pang, Weng, Khirodkar and Kitani, "Observation-Centric SORT", 2023. SORT with
//! observation-centric momentum (the direction between observations delta_t frames apart weighs
//! `inertia` in the match), recovery (what is left is matched with the last observations) and
//! re-update (who is found again is updated along a straight line through the frames in which it
//! was lost). Of the two boxes that the reference implementation leaves the choice of, this reports
//! the filter's, as all trackers here do. Parameters: det_thresh, max_age, min_hits,
//! iou_threshold, delta_t, inertia.
class OcSort : public FrameTracker {
 public:
  explicit OcSort(const TrackerOptions& options) : FrameTracker(options) {}

  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }
  double LeastScore() const override { return options().det_thresh; }

 private:
  struct Direction {
    double x = 0;
    double y = 0;
  };
  struct Seen {
    std::int64_t frame = 0;
    Observation observation;
  };
  struct Person {
    Motion motion;
    std::optional<Motion> when_lost;  // as it was predicted for the first frame without it
    double lost_s = 0;                // since then
    std::int64_t id = 0;              // 0: not yet reported
    int hit_streak = 0;
    int frames_since_update = 0;
    std::vector<Seen> seen;  // the last delta_t frames' observations, at least the last one
    std::optional<Direction> direction;
  };

  void Predict(double seconds);
  void Match();
  void MatchLast(std::vector<int>& detections, std::vector<int>& tracks);
  void Update(Person& track, const Observation& observation);
  void ReUpdate(Person& track, const Observation& observation) const;
  const Observation& Earlier(const Person& track) const;
  Direction Towards(const Observation& from, const Observation& to) const;

  std::vector<Person> tracks_;  // oldest first
  double seconds_ = 0;
  std::vector<Place> places_;
  std::vector<double> affinities_;
  std::vector<double> weights_;
  IouMatcher matcher_;
};

}  // namespace tenjo
