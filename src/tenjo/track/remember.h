#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tenjo/appearance/gallery.h"
#include "tenjo/track/frame_tracker.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

//! Gives people who left and come back within remember_min minutes their old id, if their looks
//! (the nearest few of their gallery) are within remember_distance. Goes round any tracker, whose
//! ids it renames. Nobody gets the id of somebody who is in view, or was when the new one was
//! already there. Who is known again only at a later look gives a merge as a correction.
class RememberingTracker : public Tracker {
 public:
  RememberingTracker(const TrackerOptions& options, std::unique_ptr<Tracker> inner);

  std::vector<TrackedBox> Track(const TrackerFrame& frame) override;
  void Skip(std::int64_t frames) override;
  std::vector<Correction> TakeCorrections() override { return std::exchange(corrections_, {}); }
  std::int64_t num_embeddings() const override { return embeddings_.count(); }

  //! People in view or remembered.
  std::size_t num_people() const { return people_.size(); }

 private:
  struct Person {
    std::int64_t id = 0;
    std::int64_t inner = 0;  // id of its track
    Gallery gallery;
    std::int64_t first_frame = 0;  // of its last visit
    std::int64_t last_frame = 0;
    double last_s = 0;
    int reports = 0;     // of its last visit
    bool known = false;  // again, on this visit
  };
  struct Newcomer {
    std::size_t answer = 0;  // index of its box
    const Embedding* embedding = nullptr;
  };

  void TakeInnerCorrections();
  void Advance(std::optional<double> time_s);
  void Forget();
  void Recognise(std::vector<TrackedBox>& answer, std::vector<Newcomer>& newcomers);
  void Look(std::vector<TrackedBox>& answer);
  bool LooksDue(const Person& person) const;
  //! Whose time away holds all of the visit that began at `first_frame`.
  bool WasAway(const Person& person, std::int64_t first_frame) const;
  Person* FindLater(const Person& newcomer);
  void Begin(Person& person, std::int64_t inner);

  TrackerOptions options_;
  std::unique_ptr<Tracker> inner_;
  FrameEmbeddings embeddings_;
  std::int64_t frames_ = 0;
  std::int64_t last_id_ = 0;
  double clock_s_ = 0;
  std::vector<Person> people_;                  // by rising id
  std::map<std::int64_t, std::int64_t> names_;  // of the inner tracker's ids: ours
  std::vector<Correction> corrections_;
};

}  // namespace tenjo
