#pragma once

#include <cstdint>
#include <vector>

#include "tenjo/appearance/gallery.h"
#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! SORT while all is clear; embeddings are asked for only of people who are new, lost, found again
//! or ambiguous. Clear is a pair of a detection and a track in view whose IoU is over iou_threshold
//! and at least twice that of either with anybody else. What is left is matched by IoU and cosine
//! distance together; who is lost, by cosine distance within reach and with a detection that may
//! begin a track (new_thresh). A track that has just been confirmed and looks like somebody lost
//! before it began is that somebody. Parameters: max_age, min_hits, iou_threshold, new_thresh,
//! nn_budget, max_cosine_distance.
class SortAppearance : public FrameTracker {
 public:
  explicit SortAppearance(const TrackerOptions& options) : FrameTracker(options) {}

  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }

 private:
  struct Person {
    Motion motion;
    Gallery gallery;
    std::int64_t id = 0;  // 0: not confirmed
    int hits = 1;         // in a row
    int frames_since_update = 0;
    std::int64_t first_frame = 0;
    int clear_frames = 0;  // of a confirmed track's life: those in which nobody was near
    bool near = false;     // somebody was in the last frame
    bool look = false;     // a picture is due: new, found again, or just clear of somebody
  };

  void Predict(double seconds);
  void MatchClear();
  void MatchDoubtful();
  void Update(Person& track, const Observation& observation);
  bool IsInView(const Person& track) const;
  bool InReach(const Person& track, const Observation& observation) const;
  void FindNeighbours();
  void LookAtThoseDue();
  void Confirm(Person& track);
  //! The lost track that a newly confirmed one continues; null if none.
  Person* FindLost(const Person& newcomer);

  std::vector<Person> tracks_;  // oldest first
  std::vector<Place> places_;
  std::vector<double> affinities_;  // of each observation with each track
  std::vector<int> track_of_;       // of each observation, -1 for none
  std::vector<char> taken_;         // by track
  std::vector<double> costs_;
  IouMatcher matcher_;
};

}  // namespace tenjo
