#include "tenjo/track/deepsort.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

namespace tenjo {
namespace {

constexpr double kForbidden = 1e5;

// "At most limit" for a matcher that takes "under limit".
double JustOver(double limit) { return std::nextafter(limit, limit + 1); }

}  // namespace

std::vector<TrackedBox> DeepSort::Step(double seconds) {
  PredictAll(tracks_, seconds);
  std::vector<int> detections(observations().size());
  std::iota(detections.begin(), detections.end(), 0);
  std::vector<int> confirmed;
  std::vector<int> rest;
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    (tracks_[t].id != 0 ? confirmed : rest).push_back(static_cast<int>(t));
  }
  Cascade(detections, confirmed);
  std::copy_if(confirmed.begin(), confirmed.end(), std::back_inserter(rest),
               [&](int t) { return tracks_[t].frames_since_update == 1; });
  MatchByIou(detections, rest);

  std::erase_if(tracks_, [&](const Person& track) {
    return track.frames_since_update > 0 &&
           (track.id == 0 || track.frames_since_update > options().max_age);
  });
  for (const int d : detections) {
    if (!MayBegin(observations()[d])) {
      continue;
    }
    tracks_.push_back({.motion = Motion(Motion::Model::kXyahInTime, space(), observations()[d]),
                       .gallery = Gallery(options().nn_budget)});
    const Embedding& embedding = embeddings().Get(observations()[d].detection);
    if (!embedding.empty()) {
      tracks_.back().gallery.Add(embedding);
    }
  }

  std::vector<TrackedBox> reported;
  for (Person& track : tracks_) {
    if (track.id == 0 && track.hits >= options().n_init) {
      track.id = NewId();
    }
    if (track.id != 0 && track.frames_since_update == 0) {
      reported.push_back(Reported(track.id, track.motion));
    }
  }
  return reported;
}

void DeepSort::Cascade(std::vector<int>& detections, std::vector<int>& confirmed) {
  int oldest = 0;
  for (const int t : confirmed) {
    oldest = std::max(oldest, tracks_[t].frames_since_update);
  }
  std::vector<int> left;
  for (int age = 1; age <= oldest; ++age) {
    std::vector<int> level;
    std::copy_if(confirmed.begin(), confirmed.end(), std::back_inserter(level),
                 [&](int t) { return tracks_[t].frames_since_update == age; });
    if (level.empty()) {
      continue;
    }
    costs_.clear();
    for (const int d : detections) {
      const Observation& observation = observations()[d];
      const Embedding& embedding = embeddings().Get(observation.detection);
      for (const int t : level) {
        const Person& track = tracks_[t];
        // The gate first: it spares most of the gallery's work.
        const bool possible = !embedding.empty() && track.motion.GateRatio(observation) <= 1;
        costs_.push_back(possible ? track.gallery.MinCosineDistance(embedding) : kForbidden);
      }
    }
    Take(matcher_.MatchUnder(costs_, static_cast<int>(detections.size()),
                             static_cast<int>(level.size()),
                             JustOver(options().max_cosine_distance)),
         detections, level);
    left.insert(left.end(), level.begin(), level.end());
  }
  std::sort(left.begin(), left.end());
  confirmed = std::move(left);
}

void DeepSort::MatchByIou(std::vector<int>& detections, std::vector<int>& tracks) {
  const std::vector<Observation> found = Chosen(detections);
  std::vector<Place> places;
  places.reserve(tracks.size());
  for (const int t : tracks) {
    places.push_back(tracks_[t].motion.place());
  }
  space().Affinities(found, places, costs_);
  for (double& cost : costs_) {
    cost = 1 - cost;
  }
  Take(matcher_.MatchUnder(costs_, static_cast<int>(found.size()), static_cast<int>(places.size()),
                           JustOver(options().max_iou_distance)),
       detections, tracks);
}

void DeepSort::Take(std::span<const int> match, std::vector<int>& detections,
                    std::vector<int>& tracks) {
  for (std::size_t d = 0; d < match.size(); ++d) {
    if (match[d] < 0) {
      continue;
    }
    Person& track = tracks_[tracks[match[d]]];
    const Observation& observation = observations()[detections[d]];
    track.motion.Update(observation);
    ++track.hits;
    track.frames_since_update = 0;
    const Embedding& embedding = embeddings().Get(observation.detection);
    if (!embedding.empty()) {
      track.gallery.Add(embedding);
    }
  }
  KeepUnmatched(match, detections, tracks);
}

}  // namespace tenjo
