#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tenjo/track/motion.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

//! Embeddings of one frame's detections, each asked for at most once.
class FrameEmbeddings {
 public:
  void Begin(const Embedder* embedder, std::size_t detections);

  bool available() const { return embedder_ != nullptr; }
  //! Asks for those of these detections that are not known, in one batch.
  void Want(std::span<const int> detections);
  //! Of unit length; empty where the embedder made none that can be used. Asks if need be.
  const Embedding& Get(int detection);
  //! Asked for so far, over all frames.
  std::int64_t count() const { return count_; }

 private:
  const Embedder* embedder_ = nullptr;
  std::vector<Embedding> embeddings_;
  std::vector<char> known_;
  std::vector<int> wanted_;
  std::size_t length_ = 0;  // of all, once one is known
  std::int64_t count_ = 0;
};

//! What all trackers do alike: frames are counted and timed, detections left out, laid on the floor
//! and brought into an order of their own, so that neither boxes nor ids depend on the caller's
//! order where two assignments are equally good.
class FrameTracker : public Tracker {
 public:
  explicit FrameTracker(const TrackerOptions& options);

  std::vector<TrackedBox> Track(const TrackerFrame& frame) override;
  void Skip(std::int64_t frames) override;
  std::int64_t num_embeddings() const override { return embeddings_.count(); }

 protected:
  //! One frame, `seconds` after the last: the answer in any order.
  virtual std::vector<TrackedBox> Step(double seconds) = 0;
  //! False if frames without detections change nothing but their count.
  virtual bool HasTracks() const = 0;
  //! Detections under it are left out.
  virtual double LeastScore() const { return -1e300; }
  //! True if Step looks at every detection's embedding anyway.
  virtual bool EmbedsAll() const { return false; }

  std::span<const Observation> observations() const { return observations_; }
  std::int64_t frames() const { return frames_; }
  const Space& space() const { return space_; }
  const TrackerOptions& options() const { return options_; }
  FrameEmbeddings& embeddings() { return embeddings_; }
  //! Whether it is sure enough for a track of its own.
  bool MayBegin(const Observation& observation) const {
    return observation.score >= options_.new_thresh;
  }
  std::int64_t NewId() { return ++last_id_; }
  //! The answer for a track, from its latest observation.
  static TrackedBox Reported(std::int64_t id, const Motion& motion);
  //! The frame's observations by their places in it.
  std::vector<Observation> Chosen(std::span<const int> places) const;
  //! Leaves in both lists what `match` (of each of `detections` a place in `tracks`, -1 for none)
  //! did not pair.
  static void KeepUnmatched(std::span<const int> match, std::vector<int>& detections,
                            std::vector<int>& tracks);
  //! Moves tracks on; those whose state is no longer finite are dropped.
  template <typename Person>
  static void PredictAll(std::vector<Person>& tracks, double seconds) {
    std::erase_if(tracks, [&](Person& track) {
      track.motion.Predict(seconds);
      ++track.frames_since_update;
      return !track.motion.IsFinite();
    });
  }
  template <typename Person>
  static void ListPlaces(const std::vector<Person>& tracks, std::vector<Place>& places) {
    places.clear();
    places.reserve(tracks.size());
    for (const Person& track : tracks) {
      places.push_back(track.motion.place());
    }
  }

 private:
  double SecondsSince(std::optional<double> time_s);
  void TakeDetections(std::span<const Detection> detections);
  void OrderTwins();

  TrackerOptions options_;
  Space space_;
  std::int64_t frames_ = 0;
  std::int64_t last_id_ = 0;
  std::optional<double> clock_s_;
  std::vector<Observation> observations_;
  FrameEmbeddings embeddings_;
};

}  // namespace tenjo
