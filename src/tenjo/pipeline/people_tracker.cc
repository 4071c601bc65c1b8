#include "tenjo/pipeline/people_tracker.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Corrections reach back no further than this.
constexpr std::size_t kNumbers = 100'000;

// Of a rotated box, which is about the whole body, the middle is the body's, else the hips are; of
// an upright box the middle is, unless its lower half is hidden.
std::optional<PixelPoint> MiddleOf(const Person& person) {
  if (person.rotated_box) {
    return PixelPoint{.x = person.rotated_box->cx, .y = person.rotated_box->cy};
  }
  const Keypoint& left = person.keypoints[kLeftHip];
  const Keypoint& right = person.keypoints[kRightHip];
  if (!(left.score > 0 && right.score > 0)) {
    return std::nullopt;
  }
  return PixelPoint{.x = 0.5 * (static_cast<double>(left.x) + right.x),
                    .y = 0.5 * (static_cast<double>(left.y) + right.y)};
}

}  // namespace

Detection DetectionOf(const Person& person) {
  return {.box = person.box, .score = person.score, .middle = MiddleOf(person)};
}

TrackerOptions ForNetwork(TrackerOptions options, const ModelInfo& info) {
  constexpr double kSure = 0.5;
  const bool own = options.tracker == "bytetrack" || options.tracker == "ocsort";
  if (!own && !info.centres.empty() && options.new_thresh == kAnyScore) {
    options.new_thresh = kSure;
  }
  return options;
}

PeopleTracker::PeopleTracker(const TrackerOptions& options, AppearanceNetwork* appearance,
                             const Camera* camera)
    : tracker_(Tracker::Create(options)) {
  if (appearance == nullptr && NeedsEmbedder(options)) {
    throw Error(
        fmt::format("the tracker {} tells people apart by their looks: it needs an "
                    "appearance network",
                    options.tracker));
  }
  if (appearance != nullptr) {
    embedder_.emplace(appearance, camera);
  }
}

void PeopleTracker::Track(FrameResult& result) {
  std::vector<Detection> detections;
  detections.reserve(result.people.size());
  for (const Person& person : result.people) {
    detections.push_back(DetectionOf(person));
  }
  const Embedder embedder = [&](std::span<const int> wanted) {
    return embedder_->Embed(result.frame, result.people, wanted);
  };
  const std::vector<TrackedBox> tracks =
      tracker_->Track({.detections = detections,
                       .time_s = result.frame.time_s,
                       .embedder = embedder_ ? &embedder : nullptr,
                       .image_width = result.frame.image.cols,
                       .image_height = result.frame.image.rows});
  std::vector<Person> confirmed;
  std::vector<bool> taken(result.people.size());
  for (const TrackedBox& track : tracks) {
    if (track.detection >= 0) {
      const auto detection = static_cast<std::size_t>(track.detection);
      taken[detection] = true;
      confirmed.push_back(result.people[detection]);
      confirmed.back().id = track.id;
    }
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i]) {
      result.unconfirmed.push_back(result.people[i]);
    }
  }
  result.people = std::move(confirmed);
  numbers_.push_back(result.frame.number);
  if (numbers_.size() > kNumbers) {
    numbers_.pop_front();
    ++forgotten_;
  }
  result.corrections = tracker_->TakeCorrections();
  for (Correction& correction : result.corrections) {
    correction.first_frame = NumberOf(correction.first_frame);
    correction.last_frame = NumberOf(correction.last_frame);
  }
}

// The tracker counts the frames that it has seen, from 1.
std::int64_t PeopleTracker::NumberOf(std::int64_t count) const {
  const std::int64_t place = std::clamp<std::int64_t>(
      count - 1 - forgotten_, 0, static_cast<std::int64_t>(numbers_.size()) - 1);
  return numbers_[static_cast<std::size_t>(place)];
}

}  // namespace tenjo
