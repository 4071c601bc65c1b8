#include "tenjo/track/frame_tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "tenjo/appearance/distance.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// A longer stop of the source's clock is a mistake of the clock, or all that was known is old.
constexpr double kLongestFrame_s = 3600;

auto Key(const Observation& o) {
  return std::tuple(-o.score, o.box.x, o.box.y, o.box.w, o.box.h, o.floor.x, o.floor.y);
}

}  // namespace

void FrameEmbeddings::Begin(const Embedder* embedder, std::size_t detections) {
  embedder_ = embedder;
  embeddings_.resize(detections);
  known_.assign(detections, 0);
}

void FrameEmbeddings::Want(std::span<const int> detections) {
  wanted_.clear();
  for (const int detection : detections) {
    if (known_[detection] == 0) {
      known_[detection] = 1;
      wanted_.push_back(detection);
    }
  }
  if (wanted_.empty()) {
    return;
  }
  TENJO_CHECK(embedder_ != nullptr);
  std::sort(wanted_.begin(), wanted_.end());
  std::vector<Embedding> made = (*embedder_)(wanted_);
  if (made.size() != wanted_.size()) {
    throw Error(fmt::format("{} embeddings were made of {} people: there must be one each",
                            made.size(), wanted_.size()));
  }
  count_ += static_cast<std::int64_t>(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    Embedding& own = embeddings_[wanted_[i]];
    own = std::move(made[i]);
    if (own.empty()) {
      continue;
    }
    if (length_ != 0 && own.size() != length_) {
      throw Error(
          fmt::format("an embedding has {} numbers and one before it {}: all must be of "
                      "one network",
                      own.size(), length_));
    }
    length_ = own.size();
    if (IsUsable(own)) {
      Normalise(own);
    } else {
      own.clear();
    }
  }
}

const Embedding& FrameEmbeddings::Get(int detection) {
  const int one[] = {detection};
  Want(one);
  return embeddings_[detection];
}

FrameTracker::FrameTracker(const TrackerOptions& options) : options_(options), space_(options) {}

std::vector<TrackedBox> FrameTracker::Track(const TrackerFrame& frame) {
  if (NeedsEmbedder(options_) && frame.embedder == nullptr) {
    throw Error(
        fmt::format("the tracker {} tells people apart by their embeddings, and there are "
                    "none: give a network or a file of them",
                    options_.tracker));
  }
  ++frames_;
  const double seconds = SecondsSince(frame.time_s);
  embeddings_.Begin(frame.embedder, frame.detections.size());
  space_.SetImage(frame.image_width, frame.image_height);
  TakeDetections(frame.detections);
  std::vector<TrackedBox> answer = Step(seconds);
  std::sort(answer.begin(), answer.end(),
            [](const TrackedBox& a, const TrackedBox& b) { return a.id < b.id; });
  return answer;
}

void FrameTracker::Skip(std::int64_t frames) {
  TENJO_CHECK(frames >= 0);
  embeddings_.Begin(nullptr, 0);
  for (; frames > 0 && HasTracks(); --frames) {
    ++frames_;
    observations_.clear();
    Step(SecondsSince(std::nullopt));
  }
  frames_ += frames;
  if (clock_s_) {
    *clock_s_ += static_cast<double>(frames) / options_.fps;
  }
}

// A time that stands still, runs backwards or is missing is that of the frame before and a frame's
// usual length; the clock then goes on from where the source says it is.
double FrameTracker::SecondsSince(std::optional<double> time_s) {
  const double usual = 1 / options_.fps;
  if (!time_s || !std::isfinite(*time_s)) {
    if (clock_s_) {
      *clock_s_ += usual;
    }
    return usual;
  }
  const double passed = clock_s_ ? *time_s - *clock_s_ : usual;
  clock_s_ = time_s;
  return passed > 0 && passed <= kLongestFrame_s ? passed : usual;
}

void FrameTracker::TakeDetections(std::span<const Detection> detections) {
  observations_.clear();
  const double least = LeastScore();
  for (std::size_t i = 0; i < detections.size(); ++i) {
    const Detection& detection = detections[i];
    Observation observation{
        .box = detection.box, .score = detection.score, .detection = static_cast<int>(i)};
    if (IsTrackable(detection) && detection.score >= least &&
        space_.ToFloor(detection, observation.floor)) {
      observations_.push_back(observation);
    }
  }
  if (EmbedsAll() && embeddings_.available()) {
    std::vector<int> all;
    all.reserve(observations_.size());
    for (const Observation& observation : observations_) {
      all.push_back(observation.detection);
    }
    embeddings_.Want(all);
  }
  std::sort(observations_.begin(), observations_.end(),
            [](const Observation& a, const Observation& b) { return Key(a) < Key(b); });
  if (embeddings_.available()) {
    OrderTwins();
  }
}

// Boxes that are the same to the last bit are told apart by what they look like.
void FrameTracker::OrderTwins() {
  for (auto begin = observations_.begin(); begin != observations_.end();) {
    auto end = begin + 1;
    while (end != observations_.end() && Key(*end) == Key(*begin)) {
      ++end;
    }
    if (end - begin > 1) {
      std::sort(begin, end, [&](const Observation& a, const Observation& b) {
        return embeddings_.Get(a.detection) < embeddings_.Get(b.detection);
      });
    }
    begin = end;
  }
}

TrackedBox FrameTracker::Reported(std::int64_t id, const Motion& motion) {
  return {.id = id,
          .box = motion.box(),
          .score = motion.last().score,
          .detection = motion.last().detection};
}

std::vector<Observation> FrameTracker::Chosen(std::span<const int> places) const {
  std::vector<Observation> chosen;
  chosen.reserve(places.size());
  for (const int place : places) {
    chosen.push_back(observations_[place]);
  }
  return chosen;
}

void FrameTracker::KeepUnmatched(std::span<const int> match, std::vector<int>& detections,
                                 std::vector<int>& tracks) {
  std::vector<char> taken(tracks.size(), 0);
  for (const int t : match) {
    if (t >= 0) {
      taken[t] = 1;
    }
  }
  std::size_t d = 0;
  std::erase_if(detections, [&](int) { return match[d++] >= 0; });
  std::size_t t = 0;
  std::erase_if(tracks, [&](int) { return taken[t++] != 0; });
}

}  // namespace tenjo
