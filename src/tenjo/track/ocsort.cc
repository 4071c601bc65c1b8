#include "tenjo/track/ocsort.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace tenjo {
namespace {

double Between(double from, double to, double share) { return from + (to - from) * share; }

Observation Between(const Observation& from, const Observation& to, double share) {
  Observation middle = to;
  middle.box = {.x = Between(from.box.x, to.box.x, share),
                .y = Between(from.box.y, to.box.y, share),
                .w = Between(from.box.w, to.box.w, share),
                .h = Between(from.box.h, to.box.h, share)};
  middle.floor.x = Between(from.floor.x, to.floor.x, share);
  middle.floor.y = Between(from.floor.y, to.floor.y, share);
  return middle;
}

}  // namespace

std::vector<TrackedBox> OcSort::Step(double seconds) {
  seconds_ = seconds;
  Predict(seconds);
  Match();
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

void OcSort::Predict(double seconds) {
  for (Person& track : tracks_) {
    if (track.frames_since_update > 0) {
      track.hit_streak = 0;
    }
  }
  PredictAll(tracks_, seconds);
  ListPlaces(tracks_, places_);
}

// The observation that a track's direction is measured from: delta_t frames back, or as near to
// that as there is one.
const Observation& OcSort::Earlier(const Person& track) const {
  for (const Seen& seen : track.seen) {
    if (frames() - seen.frame <= options().delta_t) {
      return seen.observation;
    }
  }
  return track.seen.back().observation;
}

OcSort::Direction OcSort::Towards(const Observation& from, const Observation& to) const {
  double x = 0;
  double y = 0;
  if (space().on_floor()) {
    x = to.floor.x - from.floor.x;
    y = to.floor.y - from.floor.y;
  } else {
    x = to.box.x + to.box.w / 2 - from.box.x - from.box.w / 2;
    y = to.box.y + to.box.h / 2 - from.box.y - from.box.h / 2;
  }
  const double length = std::hypot(x, y) + 1e-6;
  return {x / length, y / length};
}

void OcSort::Match() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = tracks_.size();
  space().Affinities(found, places_, affinities_);
  weights_ = affinities_;
  for (std::size_t t = 0; t < cols; ++t) {
    const Person& track = tracks_[t];
    if (!track.direction) {
      continue;
    }
    const Observation& earlier = Earlier(track);
    for (std::size_t d = 0; d < found.size(); ++d) {
      // Those that do not touch are not to be matched for their direction alone.
      if (affinities_[d * cols + t] <= 0) {
        continue;
      }
      const Direction way = Towards(earlier, found[d]);
      const double cosine =
          std::clamp(way.x * track.direction->x + way.y * track.direction->y, -1.0, 1.0);
      const double agreement = 0.5 - std::acos(cosine) / std::numbers::pi;
      weights_[d * cols + t] += agreement * options().inertia * found[d].score;
    }
  }
  const std::span<const int> match =
      matcher_.MatchAffinities(affinities_, static_cast<int>(found.size()), static_cast<int>(cols),
                               options().iou_threshold, weights_);
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (match[d] >= 0) {
      Update(tracks_[match[d]], found[d]);
    }
  }
  std::vector<int> left(found.size());
  std::iota(left.begin(), left.end(), 0);
  std::vector<int> waiting(cols);
  std::iota(waiting.begin(), waiting.end(), 0);
  KeepUnmatched(match, left, waiting);
  MatchLast(left, waiting);
  for (const int t : waiting) {
    Person& track = tracks_[t];
    if (!track.when_lost) {
      track.when_lost = track.motion;
      track.lost_s = 0;
    } else {
      track.lost_s += seconds_;
    }
  }
  for (const int d : left) {
    tracks_.push_back({.motion = Motion(Motion::Model::kSort, space(), found[d]),
                       .when_lost = std::nullopt,
                       .lost_s = 0,
                       .seen = {{frames(), found[d]}},
                       .direction = std::nullopt});
  }
}

void OcSort::MatchLast(std::vector<int>& detections, std::vector<int>& tracks) {
  if (detections.empty() || tracks.empty()) {
    return;
  }
  const std::vector<Observation> found = Chosen(detections);
  std::vector<Place> places;
  places.reserve(tracks.size());
  for (const int t : tracks) {
    Place place = places_[t];
    const Observation& last = tracks_[t].motion.last();
    place.box = last.box;
    place.x = last.floor.x;
    place.y = last.floor.y;
    places.push_back(place);
  }
  space().Affinities(found, places, affinities_);
  for (double& affinity : affinities_) {
    affinity = 1 - affinity;
  }
  // As MatchUnder counts, a pair at the threshold is none; as in SORT's first round here.
  const std::span<const int> match =
      matcher_.MatchUnder(affinities_, static_cast<int>(found.size()),
                          static_cast<int>(places.size()), 1 - options().iou_threshold);
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (match[d] >= 0) {
      Update(tracks_[tracks[match[d]]], found[d]);
    }
  }
  KeepUnmatched(match, detections, tracks);
}

void OcSort::Update(Person& track, const Observation& observation) {
  track.direction = Towards(Earlier(track), observation);
  if (track.when_lost) {
    ReUpdate(track, observation);
  }
  track.motion.Update(observation);
  ++track.hit_streak;
  track.frames_since_update = 0;
  std::erase_if(track.seen,
                [&](const Seen& seen) { return frames() - seen.frame >= options().delta_t; });
  track.seen.push_back({frames(), observation});
}

// From the state in which it was lost, along a line from the last observation to this one; the
// caller's update with this one is the last of the line.
void OcSort::ReUpdate(Person& track, const Observation& observation) const {
  const Observation from = track.motion.last();
  const int gap = track.frames_since_update;
  const double frame_s = gap > 1 ? (track.lost_s + seconds_) / (gap - 1) : seconds_;
  track.motion = *track.when_lost;
  track.when_lost.reset();
  for (int i = 1; i < gap; ++i) {
    track.motion.Update(Between(from, observation, static_cast<double>(i) / gap));
    track.motion.Predict(frame_s);
  }
}

}  // namespace tenjo
