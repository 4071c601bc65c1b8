#include "tenjo/analyze/analyzer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tenjo/analyze/body_point.h"
#include "tenjo/analyze/place_watch.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Lost tracks that can still come back; older ones are forgotten.
constexpr std::size_t kMostGone = 4096;
// A longer silence between two frames is not time that was watched.
constexpr double kLongestStep_s = 2;

}  // namespace

struct Analyzer::TrackState {
  Moment began;
  Moment seen;
  double began_utc_s = 0;
  PathBuilder path;
};

struct Analyzer::Watched {
  std::unique_ptr<PlaceWatch> watch;
  PlaceNow totals;
};

Analyzer::Analyzer(const AnalyzerOptions& options, const std::vector<Place>& places)
    : options_(options), occupancy_(options.camera), heat_(options.heat_cell_m) {
  if (!(options.lost_s > 0 && options.heat_cell_m > 0)) {
    throw Error("lost_s and heat_cell_m must be greater than 0");
  }
  SetPlaces(options.lens, places);
}

Analyzer::~Analyzer() = default;

void Analyzer::Check(const std::optional<Camera>& lens, const std::vector<Place>& places) const {
  std::set<std::string> names;
  for (const Place& place : places) {
    Validate(place);
    if (!names.insert(place.name).second) {
      throw Error(fmt::format("the camera \"{}\" has two places \"{}\": names must differ",
                              options_.camera, place.name));
    }
    if (place.units == PlaceUnits::kMetres && !lens) {
      throw Error(fmt::format(
          "the place \"{}\" is in metres, but the camera \"{}\" has no camera file that says where "
          "the floor is",
          place.name, options_.camera));
    }
  }
  if (lens) {
    Validate(*lens);
  }
}

void Analyzer::SetPlaces(const std::optional<Camera>& lens, const std::vector<Place>& places) {
  Check(lens, places);
  std::vector<Watched> next;
  for (const Place& place : places) {
    const auto same = std::find_if(watched_.begin(), watched_.end(), [&](const Watched& w) {
      return w.watch && w.watch->place().name == place.name && w.watch->place().kind == place.kind;
    });
    Watched watched;
    if (same != watched_.end()) {
      watched = std::move(*same);
      watched.watch->SetPlace(place);
    } else {
      watched.watch = PlaceWatch::Create(place, options_.lost_s);
      watched.totals.name = place.name;
      watched.totals.kind = place.kind;
    }
    next.push_back(std::move(watched));
  }
  for (Watched& old : watched_) {
    if (old.watch) {
      old.watch->Close("removed", removed_);
    }
  }
  watched_ = std::move(next);
  options_.lens = lens;
}

std::vector<Event> Analyzer::Update(const AnalyzerFrame& frame) {
  TENJO_CHECK(!last_s_ || frame.time_s >= *last_s_);
  utc_offset_s_ = frame.utc_s - frame.time_s;
  std::vector<Event> events = std::exchange(removed_, {});
  for (const IdCorrection& correction : frame.corrections) {
    Correct(correction, frame, events);
  }
  for (const Person& person : frame.people) {
    if (person.id) {
      See(person, frame, events);
    }
  }
  const Moment now{frame.time_s, frame.number};
  for (const Watched& watched : watched_) {
    watched.watch->Forget(now, events);
  }
  ForgetTracks(frame.time_s, events);
  CountPlaces(frame);
  last_s_ = frame.time_s;
  return Stamp(std::move(events));
}

void Analyzer::Correct(const IdCorrection& correction, const AnalyzerFrame& frame,
                       std::vector<Event>& events) {
  if (correction.from == correction.to) {
    return;
  }
  Event event;
  event.type = EventType::kIdCorrected;
  event.time_s = frame.time_s;
  event.frame = frame.number;
  event.track = correction.to;
  event.other_track = correction.from;
  events.push_back(event);
  if (correction.swap) {
    std::swap(event.track, *event.other_track);
    events.push_back(std::move(event));
    Swap(correction.from, correction.to);
    return;
  }
  for (const Watched& watched : watched_) {
    watched.watch->Correct(correction.from, correction.to);
  }
  auto node = tracks_.extract(correction.from);
  if (!node.empty() && !tracks_.contains(correction.to)) {
    node.key() = correction.to;
    tracks_.insert(std::move(node));
    gone_.erase(correction.to);
  }
}

void Analyzer::Swap(std::int64_t a, std::int64_t b) {
  for (const Watched& watched : watched_) {
    watched.watch->Swap(a, b);
  }
  const auto swap_keys = [&](auto& tracks) {
    auto first = tracks.extract(a);
    auto second = tracks.extract(b);
    if (!first.empty()) {
      first.key() = b;
      tracks.insert(std::move(first));
    }
    if (!second.empty()) {
      second.key() = a;
      tracks.insert(std::move(second));
    }
  };
  swap_keys(tracks_);
  swap_keys(gone_);
}

void Analyzer::See(const Person& person, const AnalyzerFrame& frame, std::vector<Event>& events) {
  const std::int64_t track = *person.id;
  const Moment now{frame.time_s, frame.number};
  const auto [entry, is_new] = tracks_.try_emplace(track);
  TrackState& state = entry->second;
  if (is_new) {
    state.began = now;
    state.began_utc_s = frame.utc_s;
    Event event;
    event.time_s = now.time_s;
    event.frame = now.frame;
    event.track = track;
    if (const auto gone = gone_.find(track); gone != gone_.end()) {
      event.type = EventType::kCameBack;
      event.seconds = frame.time_s - gone->second;
      gone_.erase(gone);
    }
    events.push_back(std::move(event));
  }
  const Camera* lens = options_.lens ? &*options_.lens : nullptr;
  if (lens != nullptr) {
    if (const auto floor = FloorOf(person, BodyPoint::kFeet, *lens)) {
      state.path.Add(*floor);
      if (!is_new) {
        heat_.Add(*floor, std::min(now.time_s - state.seen.time_s, kLongestStep_s));
      }
    }
  }
  state.seen = now;
  for (const Watched& watched : watched_) {
    watched.watch->See(now, person, lens, events);
  }
}

void Analyzer::ForgetTracks(double now_s, std::vector<Event>& events) {
  std::erase_if(tracks_, [&](const auto& entry) {
    if (now_s - entry.second.seen.time_s <= options_.lost_s) {
      return false;
    }
    EndTrack(entry.first, entry.second, events);
    return true;
  });
  while (gone_.size() > kMostGone) {
    // Ids rise with time: the smallest is the oldest, or near it.
    gone_.erase(gone_.begin());
  }
}

void Analyzer::EndTrack(std::int64_t track, const TrackState& state, std::vector<Event>& events) {
  Event event;
  event.type = EventType::kLost;
  event.time_s = state.seen.time_s;
  event.frame = state.seen.frame;
  event.track = track;
  events.push_back(std::move(event));
  gone_[track] = state.seen.time_s;
  TrackRecord record;
  record.camera = options_.camera;
  record.track = track;
  record.began_utc_s = state.began_utc_s;
  record.ended_utc_s = state.seen.time_s + utc_offset_s_;
  record.path = state.path.Path();
  record.walked_m = state.path.Length();
  ended_.push_back(std::move(record));
}

void Analyzer::CountPlaces(const AnalyzerFrame& frame) {
  const double seconds = last_s_ ? std::min(frame.time_s - *last_s_, kLongestStep_s) : 0;
  for (const Watched& watched : watched_) {
    occupancy_.Count(watched.watch->place(), frame.utc_s, seconds,
                     static_cast<int>(watched.watch->Inside().size()));
  }
}

std::vector<Event> Analyzer::Stamp(std::vector<Event> events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time_s < b.time_s; });
  for (Event& event : events) {
    event.camera = options_.camera;
    event.utc_s = event.time_s + utc_offset_s_;
    const auto at = std::find_if(watched_.begin(), watched_.end(),
                                 [&](const Watched& w) { return w.totals.name == event.place; });
    if (event.place.empty() || at == watched_.end()) {
      continue;
    }
    const Place& place = at->watch->place();
    occupancy_.Count(place, event);
    PlaceNow& totals = at->totals;
    totals.entered += event.type == EventType::kEntered;
    totals.left += event.type == EventType::kLeft;
    totals.reached += event.type == EventType::kReached;
    if (event.type == EventType::kCrossed) {
      ++(event.direction == place.directions[0] ? totals.forward : totals.backward);
    }
  }
  return events;
}

std::vector<Event> Analyzer::Finish() {
  std::vector<Event> events = std::exchange(removed_, {});
  for (const Watched& watched : watched_) {
    watched.watch->Close("lost", events);
  }
  for (const auto& [track, state] : std::exchange(tracks_, {})) {
    EndTrack(track, state, events);
  }
  return Stamp(std::move(events));
}

std::vector<PlaceNow> Analyzer::Now() const {
  std::vector<PlaceNow> now;
  for (const Watched& watched : watched_) {
    now.push_back(watched.totals);
    now.back().inside = watched.watch->Inside();
  }
  return now;
}

std::vector<PlaceMinute> Analyzer::TakeMinutes() {
  return last_s_ ? occupancy_.TakeFinished(*last_s_ + utc_offset_s_) : std::vector<PlaceMinute>{};
}

std::vector<TrackRecord> Analyzer::TakeTracks() { return std::exchange(ended_, {}); }

FloorHeat Analyzer::TakeHeat() { return std::exchange(heat_, FloorHeat(options_.heat_cell_m)); }

}  // namespace tenjo
