#include "tenjo/track/sort_appearance.h"

#include <algorithm>
#include <cmath>

namespace tenjo {
namespace {

constexpr double kForbidden = 1e5;
// A track unseen for more frames is lost: only its looks bring it back.
constexpr int kInView = 3;
// Of a clear pair's IoU, the most that either may have with anybody else.
constexpr double kRival = 0.5;
// Two people whose boxes overlap more are near: their pictures show both.
constexpr double kNear = 0.15;
// Frames after its confirmation at which a new track's picture is taken.
constexpr int kLooks[] = {1, 4, 12, 30};
// Weight of the cosine distance beside 1 - IoU in doubtful matches.
constexpr double kLooksWeight = 0.6;
// Cosine distances of people in view may be this many times max_cosine_distance: that they are
// near speaks for them.
constexpr double kInViewSlack = 2;
// How far a lost person can have gone, in box sides and box sides a frame.
constexpr double kReachSides = 1.5;
constexpr double kReachSidesAFrame = 0.08;

}  // namespace

std::vector<TrackedBox> SortAppearance::Step(double seconds) {
  Predict(seconds);
  MatchClear();
  if (embeddings().available()) {
    MatchDoubtful();
  }
  for (std::size_t d = 0; d < observations().size(); ++d) {
    if (track_of_[d] < 0 && MayBegin(observations()[d])) {
      tracks_.push_back({.motion = Motion(Motion::Model::kSort, space(), observations()[d]),
                         .gallery = Gallery(options().nn_budget),
                         .first_frame = frames()});
    }
  }
  FindNeighbours();
  if (embeddings().available()) {
    LookAtThoseDue();
  }
  // By place in the list, as a newcomer may turn out to be somebody older in it.
  for (std::size_t t = 0; t < tracks_.size(); ++t) {
    Person& track = tracks_[t];
    if (track.id == 0 && track.frames_since_update == 0 &&
        (track.hits > options().min_hits || frames() <= options().min_hits)) {
      Confirm(track);
    }
  }
  std::erase_if(tracks_, [&](const Person& track) {
    return track.hits < 0 || (track.id == 0 && track.frames_since_update > 1) ||
           track.frames_since_update > options().max_age;
  });

  std::vector<TrackedBox> reported;
  for (const Person& track : tracks_) {
    if (track.id != 0 && track.frames_since_update == 0) {
      reported.push_back(Reported(track.id, track.motion));
    }
  }
  return reported;
}

void SortAppearance::Predict(double seconds) {
  for (Person& track : tracks_) {
    if (track.frames_since_update > 0) {
      track.hits = 0;
    }
  }
  PredictAll(tracks_, seconds);
  ListPlaces(tracks_, places_);
  taken_.assign(tracks_.size(), 0);
  track_of_.assign(observations().size(), -1);
}

bool SortAppearance::IsInView(const Person& track) const {
  return track.frames_since_update <= kInView;
}

void SortAppearance::MatchClear() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = tracks_.size();
  space().Affinities(found, places_, affinities_);
  // Greatest and second greatest of each row and column.
  struct Top {
    double first = 0;
    double second = 0;
    int at = -1;
    void See(double value, int where) {
      if (value > first) {
        second = first;
        first = value;
        at = where;
      } else {
        second = std::max(second, value);
      }
    }
  };
  std::vector<Top> of_row(found.size());
  std::vector<Top> of_col(cols);
  for (std::size_t d = 0; d < found.size(); ++d) {
    for (std::size_t t = 0; t < cols; ++t) {
      if (IsInView(tracks_[t])) {
        const double affinity = affinities_[d * cols + t];
        of_row[d].See(affinity, static_cast<int>(t));
        of_col[t].See(affinity, static_cast<int>(d));
      }
    }
  }
  for (std::size_t d = 0; d < found.size(); ++d) {
    const Top& row = of_row[d];
    if (row.at < 0 || row.first <= options().iou_threshold) {
      continue;
    }
    const Top& col = of_col[row.at];
    const bool clear = col.at == static_cast<int>(d) && row.second <= kRival * row.first &&
                       col.second <= kRival * row.first;
    if (clear) {
      track_of_[d] = row.at;
      taken_[row.at] = 1;
      Update(tracks_[row.at], found[d]);
    }
  }
  if (embeddings().available()) {
    return;
  }
  // Nobody can be told apart by looks: SORT's own rule for the rest.
  costs_.clear();
  for (std::size_t d = 0; d < found.size(); ++d) {
    for (std::size_t t = 0; t < cols; ++t) {
      const bool open = track_of_[d] < 0 && taken_[t] == 0 && IsInView(tracks_[t]);
      costs_.push_back(open ? 1 - affinities_[d * cols + t] : kForbidden);
    }
  }
  const std::span<const int> match = matcher_.MatchUnder(
      costs_, static_cast<int>(found.size()), static_cast<int>(cols), 1 - options().iou_threshold);
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (match[d] >= 0) {
      track_of_[d] = match[d];
      taken_[match[d]] = 1;
      Update(tracks_[match[d]], found[d]);
    }
  }
}

bool SortAppearance::InReach(const Person& track, const Observation& observation) const {
  if (space().on_floor()) {
    const Place place = track.motion.place();
    return std::hypot(observation.floor.x - place.last_x, observation.floor.y - place.last_y) <=
           place.reach;
  }
  const Box& a = track.motion.last().box;
  const Box& b = observation.box;
  const double side = std::max({a.w, a.h, b.w, b.h});
  const double gone = std::hypot(a.x + a.w / 2 - b.x - b.w / 2, a.y + a.h / 2 - b.y - b.h / 2);
  return gone <= side * (kReachSides + kReachSidesAFrame * track.frames_since_update);
}

void SortAppearance::MatchDoubtful() {
  const std::span<const Observation> found = observations();
  const std::size_t cols = tracks_.size();
  std::vector<int> rows;    // observations that may be somebody
  std::vector<int> wanted;  // their detections
  std::vector<char> possible(found.size() * cols, 0);
  for (std::size_t d = 0; d < found.size(); ++d) {
    if (track_of_[d] >= 0) {
      continue;
    }
    bool any = false;
    bool looks = false;
    for (std::size_t t = 0; t < cols; ++t) {
      const Person& track = tracks_[t];
      if (taken_[t] != 0) {
        continue;
      }
      const bool in_view = IsInView(track);
      const bool near = in_view && affinities_[d * cols + t] > options().iou_threshold;
      // Weak detections only go on with who is in view: looked at, they would be so in every frame.
      const bool lost = !in_view && track.id != 0 && !track.gallery.empty() && MayBegin(found[d]) &&
                        InReach(track, found[d]);
      possible[d * cols + t] = near || lost ? 1 : 0;
      any = any || near || lost;
      looks = looks || lost || (near && !track.gallery.empty());
    }
    if (any) {
      rows.push_back(static_cast<int>(d));
    }
    if (looks) {
      wanted.push_back(found[d].detection);
    }
  }
  if (rows.empty()) {
    return;
  }
  embeddings().Want(wanted);
  costs_.clear();
  for (const int d : rows) {
    const bool looked = std::find(wanted.begin(), wanted.end(), found[d].detection) != wanted.end();
    for (std::size_t t = 0; t < cols; ++t) {
      const Person& track = tracks_[t];
      if (possible[d * cols + t] == 0) {
        costs_.push_back(kForbidden);
        continue;
      }
      const double apart = 1 - affinities_[d * cols + t];
      const double most = options().max_cosine_distance;
      double unlike = 0.5;  // nothing is known
      if (looked && !track.gallery.empty()) {
        const Embedding& embedding = embeddings().Get(found[d].detection);
        const double cosine = embedding.empty() ? (IsInView(track) ? most : 2)
                                                : track.gallery.MinCosineDistance(embedding);
        if (cosine > (IsInView(track) ? kInViewSlack * most : most)) {
          costs_.push_back(kForbidden);
          continue;
        }
        unlike = cosine / std::max(1e-9, kInViewSlack * most);
      }
      costs_.push_back((1 - kLooksWeight) * apart + kLooksWeight * unlike);
    }
  }
  const std::span<const int> match = matcher_.MatchUnder(costs_, static_cast<int>(rows.size()),
                                                         static_cast<int>(cols), 1.0 + 1e-9);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (match[r] < 0) {
      continue;
    }
    const int d = rows[r];
    Person& track = tracks_[match[r]];
    track_of_[d] = match[r];
    taken_[match[r]] = 1;
    if (!IsInView(track)) {
      track.look = true;  // found again
    }
    Update(track, found[d]);
  }
}

void SortAppearance::Update(Person& track, const Observation& observation) {
  track.motion.Update(observation);
  ++track.hits;
  track.frames_since_update = 0;
}

// Who stands near whom: pictures of those would show both. When they have parted, one is taken.
void SortAppearance::FindNeighbours() {
  for (Person& track : tracks_) {
    if (track.frames_since_update > 0) {
      continue;
    }
    const Observation& own = track.motion.last();
    const bool near =
        std::any_of(observations().begin(), observations().end(), [&](const Observation& other) {
          return other.detection != own.detection &&
                 (IoU(own.box, other.box) > kNear || space().Affinity(own, other) > kNear);
        });
    if (track.near && !near) {
      track.look = true;
    }
    track.near = near;
    if (track.id != 0 && !near &&
        std::find(std::begin(kLooks), std::end(kLooks), ++track.clear_frames) != std::end(kLooks)) {
      track.look = true;
    }
  }
}

void SortAppearance::LookAtThoseDue() {
  std::vector<int> wanted;
  for (const Person& track : tracks_) {
    if (track.id != 0 && track.frames_since_update == 0 && track.look && !track.near) {
      wanted.push_back(track.motion.last().detection);
    }
  }
  if (wanted.empty()) {
    return;
  }
  embeddings().Want(wanted);
  for (Person& track : tracks_) {
    if (track.id != 0 && track.frames_since_update == 0 && track.look && !track.near) {
      track.look = false;
      const Embedding& embedding = embeddings().Get(track.motion.last().detection);
      if (!embedding.empty()) {
        track.gallery.Add(embedding);
      }
    }
  }
}

void SortAppearance::Confirm(Person& track) {
  if (embeddings().available()) {
    const Embedding& embedding = embeddings().Get(track.motion.last().detection);
    if (!embedding.empty()) {
      track.gallery.Add(embedding);
      if (Person* lost = FindLost(track)) {
        lost->motion = track.motion;
        lost->gallery.Add(embedding);
        lost->hits = track.hits;
        lost->frames_since_update = 0;
        lost->near = track.near;
        track.hits = -1;  // gone into the other
        return;
      }
    }
  }
  track.id = NewId();
}

SortAppearance::Person* SortAppearance::FindLost(const Person& newcomer) {
  Person* nearest = nullptr;
  double least = std::nextafter(options().max_cosine_distance, 3.0);
  for (Person& track : tracks_) {
    const bool before = frames() - track.frames_since_update < newcomer.first_frame;
    if (&track == &newcomer || track.id == 0 || track.frames_since_update == 0 || !before ||
        track.gallery.empty()) {
      continue;
    }
    // On the floor a walking person's reach holds for everybody; in the picture, where the way
    // past what hides people is not known, for nobody.
    if (space().on_floor() && !InReach(track, newcomer.motion.last())) {
      continue;
    }
    const double distance = track.gallery.MinCosineDistance(newcomer.gallery[0]);
    if (distance < least) {
      least = distance;
      nearest = &track;
    }
  }
  return nearest;
}

}  // namespace tenjo
