#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "tenjo/model/model_info.h"
#include "tenjo/pipeline/people_embedder.h"
#include "tenjo/pipeline/pipeline.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

//! What a tracker needs to know of a person.
Detection DetectionOf(const Person& person);

//! With the defaults that depend on the network where the options leave them open: with person
//! heads only people with a score of 0.5 begin a track, as weaker ones are furniture more often
//! than people (docs/track.md). Not for trackers with thresholds of their own.
TrackerOptions ForNetwork(TrackerOptions options, const ModelInfo& info);

//! A tracker with what it needs of each frame of one source.
class PeopleTracker {
 public:
  //! `appearance` makes embeddings for trackers that ask for them, may be shared by trackers that
  //! take turns, and must outlive them; null: there are none. `camera` as PeopleEmbedder has it.
  //! Throws Error for a tracker that cannot be, or that needs an appearance network.
  PeopleTracker(const TrackerOptions& options, AppearanceNetwork* appearance, const Camera* camera);

  //! Gives those people their ids whose track is confirmed; the others become `unconfirmed`.
  void Track(FrameResult& result);

  std::int64_t num_embeddings() const { return tracker_->num_embeddings(); }

 private:
  std::int64_t NumberOf(std::int64_t count) const;

  std::unique_ptr<Tracker> tracker_;
  std::optional<PeopleEmbedder> embedder_;
  std::deque<std::int64_t> numbers_;
  std::int64_t forgotten_ = 0;
};

}  // namespace tenjo
