#include "tenjo/track/appearance_tracker.h"

#include <algorithm>
#include <cmath>

#include "tenjo/appearance/distance.h"

namespace tenjo {
namespace {

constexpr double kForbidden = 1e5;
// The motion gate is wide: looks decide, motion only keeps people from jumping across the room.
constexpr double kWideGate = 9;
// A track unseen for more frames may be anywhere in the picture.
constexpr int kGated = 15;
// What fits nobody by looks is still somebody by place if it is not much too unlike.
constexpr double kPlaceSlack = 1.3;
// Causes for doubt: boxes that overlap more than this, somebody else who looks less than this much
// more unlike (Euclidean), a track found again after more than these frames.
constexpr double kOverlap = 0.25;
constexpr double kAlike = 0.1;
constexpr int kFoundAgain = 5;
// Frames without a cause, and pictures taken in them, after which a doubt is looked into.
constexpr int kClearFrames = 6;
constexpr int kPictures = 5;
constexpr int kRecent = 12;
// Mean Euclidean distance by which the other way round must fit better.
constexpr double kMargin = 0.06;
// Pictures at which a new track is held against those lost before it began.
constexpr int kMergeLooks[] = {3, 6, 12};
// A gallery takes a picture if it shows something new: cosine distance to what it has.
constexpr double kNew = 0.03;

double Euclidean(double cosine) { return std::sqrt(2 * cosine); }

void Fold(Gallery& recent, Gallery& settled) {
  for (int i = 0; i < recent.size(); ++i) {
    if (settled.MinCosineDistance(recent[i]) > kNew) {
      settled.Add(recent[i]);
    }
  }
  recent.Clear();
}

}  // namespace

std::vector<TrackedBox> AppearanceTracker::Step(double seconds) {
  Predict(seconds);
  MatchByLooks();
  MatchByIou();
  FindDoubts();
  const std::span<const Observation> found = observations();
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (track_of_[d] < 0 && MayBegin(found[d])) {
      tracks_.push_back({.motion = Motion(Motion::Model::kXyah, space(), found[d]),
                         .settled = Gallery(options().nn_budget),
                         .recent = Gallery(kRecent),
                         .key = ++last_key_,
                         .first_frame = frames(),
                         .rivals = {}});
    }
  }
  AddPictures();
  std::erase_if(tracks_, [&](const Person& track) {
    return track.frames_since_update > 0 &&
           (track.id == 0 || track.frames_since_update > options().max_age);
  });
  for (Person& track : tracks_) {
    if (track.id == 0 && track.hits >= options().n_init) {
      track.id = NewId();
    }
  }
  Settle();
  MergeNewcomers();

  std::vector<TrackedBox> reported;
  for (const Person& track : tracks_) {
    if (track.id != 0 && track.frames_since_update == 0) {
      reported.push_back(Reported(track.id, track.motion));
    }
  }
  return reported;
}

void AppearanceTracker::Predict(double seconds) {
  PredictAll(tracks_, seconds);
  taken_.assign(tracks_.size(), 0);
  track_of_.assign(observations().size(), -1);
}

double AppearanceTracker::Distance(const Person& track, const Embedding& embedding) const {
  return Euclidean(std::min(track.settled.MinCosineDistance(embedding),
                            track.recent.MinCosineDistance(embedding)));
}

bool AppearanceTracker::CanBe(const Person& track, const Observation& observation) const {
  if (!space().on_floor() && track.frames_since_update > kGated) {
    return true;
  }
  return track.motion.GateRatio(observation) <= (space().on_floor() ? 1.99 : kWideGate);
}

void AppearanceTracker::MatchByLooks() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = tracks_.size();
  distances_.assign(found.size() * cols, kForbidden);
  for (std::size_t d = 0; d < found.size(); ++d) {
    const Embedding& embedding = embeddings().Get(found[d].detection);
    for (std::size_t t = 0; t < cols && !embedding.empty(); ++t) {
      if (CanBe(tracks_[t], found[d])) {
        distances_[d * cols + t] = Distance(tracks_[t], embedding);
      }
    }
  }
  const double limit = options().max_euclidean_distance;
  const std::span<const int> match =
      matcher_.MatchUnder(distances_, static_cast<int>(found.size()), static_cast<int>(cols),
                          std::nextafter(limit, limit + 1));
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (match[d] >= 0) {
      track_of_[d] = match[d];
      Take(tracks_[match[d]], found[d]);
      taken_[match[d]] = 1;
    }
  }
}

void AppearanceTracker::MatchByIou() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = tracks_.size();
  std::vector<Place> places;
  ListPlaces(tracks_, places);
  space().Affinities(found, places, costs_);
  for (std::size_t d = 0; d < found.size(); ++d) {
    const bool pictured = !embeddings().Get(found[d].detection).empty();
    for (std::size_t t = 0; t < cols; ++t) {
      const double distance = distances_[d * cols + t];
      const bool open = track_of_[d] < 0 && taken_[t] == 0 && tracks_[t].frames_since_update == 1 &&
                        (!pictured || distance <= kPlaceSlack * options().max_euclidean_distance);
      double& cost = costs_[d * cols + t];
      cost = open ? 1 - cost : kForbidden;
    }
  }
  const std::span<const int> match = matcher_.MatchUnder(
      costs_, static_cast<int>(found.size()), static_cast<int>(cols), 1 - options().iou_threshold);
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (match[d] >= 0) {
      track_of_[d] = match[d];
      Take(tracks_[match[d]], found[d]);
      taken_[match[d]] = 1;
    }
  }
}

void AppearanceTracker::Take(Person& track, const Observation& observation) {
  if (track.frames_since_update > kFoundAgain) {
    Doubt(track, nullptr);
  }
  track.motion.Update(observation);
  ++track.hits;
  track.frames_since_update = 0;
}

void AppearanceTracker::Doubt(Person& track, const Person* rival) {
  if (track.doubt_since == 0) {
    track.doubt_since = frames();
    track.rivals.clear();
    // What was taken before the doubt is settled.
    Fold(track.recent, track.settled);
  }
  track.doubted = frames();
  track.recent.Clear();
  if (rival != nullptr &&
      std::find(track.rivals.begin(), track.rivals.end(), rival->key) == track.rivals.end()) {
    track.rivals.push_back(rival->key);
  }
}

void AppearanceTracker::FindDoubts() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = taken_.size();
  for (std::size_t d = 0; d < found.size(); ++d) {
    const int own = track_of_[d];
    if (own < 0 || tracks_[own].id == 0) {
      continue;
    }
    for (std::size_t t = 0; t < cols; ++t) {
      if (static_cast<int>(t) == own || tracks_[t].id == 0) {
        continue;
      }
      Person& rival = tracks_[t];
      const double distance = distances_[d * cols + t];
      const bool alike = distance <= options().max_euclidean_distance &&
                         distance < distances_[d * cols + own] + kAlike;
      const bool overlap =
          rival.frames_since_update == 0 && IoU(rival.motion.last().box, found[d].box) > kOverlap;
      if (alike || overlap) {
        Doubt(tracks_[own], &rival);
        Doubt(rival, &tracks_[own]);
      }
    }
  }
}

void AppearanceTracker::AddPictures() {
  for (Person& track : tracks_) {
    if (track.frames_since_update > 0 || track.doubted == frames()) {
      continue;
    }
    const Embedding& embedding = embeddings().Get(track.motion.last().detection);
    if (embedding.empty()) {
      continue;
    }
    const bool young = track.settled.empty() && track.recent.size() < kRecent;
    if (track.doubt_since != 0 || young) {
      track.recent.Add(embedding);
    } else {
      Fold(track.recent, track.settled);
      if (track.settled.MinCosineDistance(embedding) > kNew) {
        track.settled.Add(embedding);
      }
    }
  }
}

bool AppearanceTracker::Swapped(const Person& a, const Person& b) const {
  if (a.settled.empty() || b.settled.empty() || a.recent.size() < kPictures ||
      b.recent.size() < kPictures) {
    return false;
  }
  const double as_they_are =
      Euclidean(MeanDistance(a.recent, a.settled)) + Euclidean(MeanDistance(b.recent, b.settled));
  const double turned =
      Euclidean(MeanDistance(a.recent, b.settled)) + Euclidean(MeanDistance(b.recent, a.settled));
  return turned + 2 * kMargin < as_they_are;
}

void AppearanceTracker::Swap(Person& a, Person& b) {
  corrections_.push_back({.kind = Correction::Kind::kSwap,
                          .id = std::min(a.id, b.id),
                          .other_id = std::max(a.id, b.id),
                          .first_frame = std::max(a.doubt_since, b.doubt_since),
                          .last_frame = frames() - 1});
  std::swap(a.id, b.id);
  std::swap(a.settled, b.settled);
}

void AppearanceTracker::Settle() {
  const auto clear = [&](const Person& track) {
    return track.id != 0 && track.doubt_since != 0 && track.frames_since_update == 0 &&
           frames() - track.doubted >= kClearFrames && track.recent.size() >= kPictures;
  };
  for (Person& track : tracks_) {
    if (!clear(track)) {
      continue;
    }
    bool waits = false;
    for (const std::int64_t key : track.rivals) {
      const auto rival =
          std::find_if(tracks_.begin(), tracks_.end(),
                       [&, wanted = key](const Person& p) { return p.key == wanted; });
      if (rival == tracks_.end()) {
        continue;
      }
      if (rival->doubt_since != 0 && rival->frames_since_update == 0 && !clear(*rival)) {
        // The other's pictures are still to come, unless it takes too long.
        waits = waits || frames() - track.doubted < 5 * kClearFrames;
      } else if (clear(*rival) && Swapped(track, *rival)) {
        Swap(track, *rival);
      }
    }
    if (!waits) {
      track.doubt_since = 0;
      track.rivals.clear();
      Fold(track.recent, track.settled);
    }
  }
}

void AppearanceTracker::MergeNewcomers() {
  const double limit = options().max_euclidean_distance;
  for (Person& track : tracks_) {
    const bool due = track.id != 0 && track.frames_since_update == 0 && track.settled.empty() &&
                     track.doubt_since == 0 &&
                     std::find(std::begin(kMergeLooks), std::end(kMergeLooks),
                               track.recent.size()) != std::end(kMergeLooks);
    if (!due) {
      continue;
    }
    Person* nearest = nullptr;
    double least = limit;
    for (Person& lost : tracks_) {
      const std::int64_t last_seen = frames() - lost.frames_since_update;
      if (lost.id == 0 || lost.frames_since_update == 0 || last_seen >= track.first_frame) {
        continue;
      }
      const double distance = std::min(Euclidean(MeanDistance(track.recent, lost.settled)),
                                       Euclidean(MeanDistance(track.recent, lost.recent)));
      if (distance < least) {
        least = distance;
        nearest = &lost;
      }
    }
    if (nearest == nullptr) {
      continue;
    }
    // The frames in which it was not yet reported change nothing.
    const std::int64_t first = track.first_frame + options().n_init - 1;
    if (first <= frames() - 1) {
      corrections_.push_back({.kind = Correction::Kind::kMerge,
                              .id = nearest->id,
                              .other_id = track.id,
                              .first_frame = first,
                              .last_frame = frames() - 1});
    }
    nearest->motion = track.motion;
    nearest->hits += track.hits;
    nearest->frames_since_update = 0;
    nearest->doubt_since = 0;
    Fold(nearest->recent, nearest->settled);
    Fold(track.recent, nearest->settled);
    track.hits = -1;
  }
  std::erase_if(tracks_, [](const Person& track) { return track.hits < 0; });
}

}  // namespace tenjo
