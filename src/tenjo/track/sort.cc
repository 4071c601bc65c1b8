#include "tenjo/track/sort.h"

namespace tenjo {

std::vector<TrackedBox> Sort::Step(double seconds) {
  Predict(seconds);
  Match();
  return Report();
}

void Sort::Predict(double seconds) {
  for (Person& track : tracks_) {
    if (track.frames_since_update > 0) {
      track.hit_streak = 0;
    }
  }
  PredictAll(tracks_, seconds);
  ListPlaces(tracks_, places_);
}

void Sort::Match() {
  const std::span<const Observation> found = observations();
  space().Affinities(found, places_, affinities_);
  const std::span<const int> match =
      matcher_.MatchAffinities(affinities_, static_cast<int>(found.size()),
                               static_cast<int>(places_.size()), options().iou_threshold);
  for (std::size_t d = 0; d < match.size(); ++d) {
    if (match[d] >= 0) {
      Person& track = tracks_[match[d]];
      track.motion.Update(found[d]);
      ++track.hit_streak;
      track.frames_since_update = 0;
    } else if (MayBegin(found[d])) {
      tracks_.push_back({.motion = Motion(Motion::Model::kSort, space(), found[d])});
    }
  }
}

std::vector<TrackedBox> Sort::Report() {
  std::vector<TrackedBox> reported;
  for (Person& track : tracks_) {
    if (track.frames_since_update == 0 &&
        (track.hit_streak >= options().min_hits || frames() <= options().min_hits)) {
      if (track.id == 0) {
        track.id = NewId();
      }
      reported.push_back(Reported(track.id, track.motion));
    }
  }
  std::erase_if(tracks_,
                [&](const Person& track) { return track.frames_since_update > options().max_age; });
  return reported;
}

}  // namespace tenjo
