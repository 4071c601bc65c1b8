#pragma once

#include <cstdint>
#include <vector>

#include "tenjo/appearance/gallery.h"
#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! DeepSORT: Wojke, Bewley and Paulus, "Simple online and realtime tracking with a deep association
//! metric", 2017: confirmed tracks are matched by the least cosine distance to their gallery within
//! the Mahalanobis gate, those seen last first (cascade); what is left, if seen in the last frame
//! or unconfirmed, by IoU. Every detection is embedded. Parameters: min_confidence, n_init,
//! max_age, nn_budget, max_cosine_distance, max_iou_distance.
class DeepSort : public FrameTracker {
 public:
  explicit DeepSort(const TrackerOptions& options) : FrameTracker(options) {}

  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }
  double LeastScore() const override { return options().min_confidence; }
  bool EmbedsAll() const override { return true; }

 private:
  struct Person {
    Motion motion;
    Gallery gallery;
    std::int64_t id = 0;  // 0: not confirmed
    int hits = 1;
    int frames_since_update = 0;
  };

  void Cascade(std::vector<int>& detections, std::vector<int>& confirmed);
  void MatchByIou(std::vector<int>& detections, std::vector<int>& tracks);
  void Take(std::span<const int> match, std::vector<int>& detections, std::vector<int>& tracks);

  std::vector<Person> tracks_;  // oldest first
  std::vector<double> costs_;
  IouMatcher matcher_;
};

}  // namespace tenjo
