#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tenjo/appearance/gallery.h"
#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/iou_matcher.h"

namespace tenjo {

//! Matches people with tracks by the Euclidean distance of their embeddings to the tracks'
//! galleries, within where a person can have gone; what fits nobody, by IoU, if it does not look
//! like somebody else. A match is doubtful while two people overlap, look alike to it or are found
//! again. Pictures taken just after a doubt are held against the galleries from before it: if two
//! tracks fit better the other way round their ids are swapped, and a track that fits one lost
//! before it began is merged into it. Both give a Correction with the frames that change.
//! Parameters: n_init, max_age, nn_budget, max_euclidean_distance, iou_threshold.
class AppearanceTracker : public FrameTracker {
 public:
  explicit AppearanceTracker(const TrackerOptions& options) : FrameTracker(options) {}

  std::vector<Correction> TakeCorrections() override { return std::exchange(corrections_, {}); }
  std::size_t num_tracks() const { return tracks_.size(); }

 protected:
  std::vector<TrackedBox> Step(double seconds) override;
  bool HasTracks() const override { return !tracks_.empty(); }
  bool EmbedsAll() const override { return true; }

 private:
  struct Person {
    Motion motion;
    Gallery settled;  // from before the doubt, if there is one
    Gallery recent;   // since the doubt's last cause, or since the track began
    std::int64_t key = 0;
    std::int64_t id = 0;  // 0: not confirmed
    int hits = 1;
    int frames_since_update = 0;
    std::int64_t first_frame = 0;
    std::int64_t doubt_since = 0;      // first frame of the doubt; 0: none
    std::int64_t doubted = 0;          // last frame with a cause for doubt
    std::vector<std::int64_t> rivals;  // keys of those it may be mixed up with
  };

  void Predict(double seconds);
  void MatchByLooks();
  void MatchByIou();
  void Take(Person& track, const Observation& observation);
  void Doubt(Person& track, const Person* rival);
  void FindDoubts();
  void AddPictures();
  void Settle();
  bool Swapped(const Person& a, const Person& b) const;
  void Swap(Person& a, Person& b);
  void MergeNewcomers();
  double Distance(const Person& track, const Embedding& embedding) const;
  bool CanBe(const Person& track, const Observation& observation) const;

  std::vector<Person> tracks_;  // oldest first
  std::int64_t last_key_ = 0;
  std::vector<int> track_of_;      // of each observation, -1 for none
  std::vector<char> taken_;        // by track
  std::vector<double> distances_;  // observations x tracks
  std::vector<double> costs_;
  IouMatcher matcher_;
  std::vector<Correction> corrections_;
};

}  // namespace tenjo
