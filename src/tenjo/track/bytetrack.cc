#include "tenjo/track/bytetrack.h"

#include <algorithm>

namespace tenjo {
namespace {

// Greatest 1 - IoU of the second round, of tracks seen once, and of two tracks that are one: the
// reference's.
constexpr double kSecondRound = 0.5;
constexpr double kUnconfirmed = 0.7;
constexpr double kDuplicate = 0.15;

}  // namespace

std::vector<TrackedBox> ByteTrack::Step(double seconds) {
  Predict(seconds);
  const std::span<const Observation> found = observations();
  std::vector<int> strong;
  std::vector<int> weak;
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (found[d].score > options().track_thresh) {
      strong.push_back(static_cast<int>(d));
    } else if (found[d].score > options().low_thresh) {
      weak.push_back(static_cast<int>(d));
    }
  }
  std::vector<int> confirmed;
  std::vector<int> once;
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    (tracks_[t].state == State::kNew ? once : confirmed).push_back(static_cast<int>(t));
  }

  Round(strong, confirmed, options().match_thresh, true);
  // Who was lost before this frame is not found again by a weak detection.
  std::vector<int> in_view;
  std::copy_if(confirmed.begin(), confirmed.end(), std::back_inserter(in_view),
               [&](int t) { return tracks_[t].state == State::kTracked; });
  Round(weak, in_view, kSecondRound, false);
  for (const int t : in_view) {
    tracks_[t].state = State::kLost;
  }
  Round(strong, once, kUnconfirmed, true);

  // Those seen once are gone if not seen again at once.
  std::erase_if(tracks_, [&](const Person& track) {
    return track.frames_since_update > 0 &&
           (track.state == State::kNew || track.frames_since_update > options().track_buffer);
  });
  for (const int d : strong) {
    if (MayBegin(found[d])) {
      tracks_.push_back({.motion = Motion(Motion::Model::kXyah, space(), found[d]),
                         .state = frames() == 1 ? State::kTracked : State::kNew,
                         .first_frame = frames()});
    }
  }
  RemoveDuplicates();

  std::vector<TrackedBox> reported;
  for (Person& track : tracks_) {
    if (track.state == State::kTracked) {
      if (track.id == 0) {
        track.id = NewId();
      }
      reported.push_back(Reported(track.id, track.motion));
    }
  }
  return reported;
}

void ByteTrack::Predict(double seconds) {
  for (Person& track : tracks_) {
    if (track.state == State::kLost) {
      track.motion.StopGrowing();
    }
  }
  PredictAll(tracks_, seconds);
  ListPlaces(tracks_, places_);
}

void ByteTrack::Round(std::vector<int>& detections, std::vector<int>& tracks, double limit,
                      bool fuse) {
  round_observations_.clear();
  for (const int d : detections) {
    round_observations_.push_back(observations()[d]);
  }
  round_places_.clear();
  for (const int t : tracks) {
    round_places_.push_back(places_[t]);
  }
  space().Affinities(round_observations_, round_places_, costs_);
  std::size_t at = 0;
  for (const Observation& observation : round_observations_) {
    for (std::size_t t = 0; t < tracks.size(); ++t, ++at) {
      costs_[at] = 1 - costs_[at] * (fuse ? observation.score : 1);
    }
  }
  const std::span<const int> match = matcher_.MatchUnder(
      costs_, static_cast<int>(detections.size()), static_cast<int>(tracks.size()), limit);
  for (std::size_t d = 0; d < match.size(); ++d) {
    if (match[d] >= 0) {
      Person& track = tracks_[tracks[match[d]]];
      track.motion.Update(round_observations_[d]);
      track.state = State::kTracked;
      track.frames_since_update = 0;
    }
  }
  KeepUnmatched(match, detections, tracks);
}

// A track in view and a lost one in the same place are one person: the one known longer stays.
void ByteTrack::RemoveDuplicates() {
  if (std::none_of(tracks_.begin(), tracks_.end(),
                   [](const Person& track) { return track.state == State::kLost; })) {
    return;
  }
  std::vector<char> drop(tracks_.size(), 0);
  for (std::size_t a = 0; a < tracks_.size(); ++a) {
    for (std::size_t b = 0; b < tracks_.size(); ++b) {
      const Person& seen = tracks_[a];
      const Person& lost = tracks_[b];
      if (seen.state != State::kTracked || lost.state != State::kLost) {
        continue;
      }
      const Observation as_seen{
          .box = seen.motion.box(), .score = 1, .detection = -1, .floor = seen.motion.last().floor};
      const Place place = lost.motion.place();
      const Observation as_lost{.box = place.box,
                                .score = 1,
                                .detection = -1,
                                .floor = {.x = place.x, .y = place.y, .variance = 0}};
      if (1 - space().Affinity(as_seen, as_lost) < kDuplicate) {
        const auto life = [&](const Person& track) {
          return frames() - track.frames_since_update - track.first_frame;
        };
        drop[life(seen) > life(lost) ? b : a] = 1;
      }
    }
  }
  std::size_t i = 0;
  std::erase_if(tracks_, [&](const Person&) { return drop[i++] != 0; });
}

}  // namespace tenjo
