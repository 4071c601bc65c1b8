#include "tenjo/track/sort.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

bool IsFinite(const Box& box) {
  return std::isfinite(box.x) && std::isfinite(box.y) && std::isfinite(box.w) &&
         std::isfinite(box.h);
}

}  // namespace

std::vector<TrackedBox> Sort::Update(std::span<const Detection> detections) {
  ++frames_;
  TakeDetections(detections);
  Predict();
  Match();
  return Report(detections);
}

void Sort::Skip(std::int64_t frames) {
  TENJO_CHECK(frames >= 0);
  // Without tracks an empty frame only counts.
  for (; frames > 0 && !tracks_.empty(); --frames) {
    Update({});
  }
  frames_ += frames;
}

// A fixed order, best score first, so that neither boxes nor ids depend on the caller's order where
// two assignments are equally good.
void Sort::TakeDetections(std::span<const Detection> detections) {
  order_.clear();
  for (std::size_t i = 0; i < detections.size(); ++i) {
    if (IsTrackable(detections[i])) {
      order_.push_back(static_cast<int>(i));
    }
  }
  const auto key = [&](int i) {
    const auto& [box, score] = detections[i];
    return std::tuple(-score, box.x, box.y, box.w, box.h);
  };
  std::sort(order_.begin(), order_.end(), [&](int a, int b) { return key(a) < key(b); });
  detected_.clear();
  for (const int i : order_) {
    detected_.push_back(detections[i].box);
  }
}

void Sort::Predict() {
  predicted_.clear();
  std::erase_if(tracks_, [&](Track& track) {
    track.filter.Predict();
    if (track.frames_since_update > 0) {
      track.hit_streak = 0;
    }
    ++track.frames_since_update;
    track.detection = -1;
    const Box box = track.filter.box();
    if (!IsFinite(box)) {
      return true;
    }
    predicted_.push_back(box);
    return false;
  });
}

void Sort::Match() {
  const std::span<const int> match = matcher_.Match(detected_, predicted_, options_.iou_threshold);
  for (std::size_t d = 0; d < match.size(); ++d) {
    if (match[d] >= 0) {
      Track& track = tracks_[match[d]];
      track.filter.Update(detected_[d]);
      ++track.hit_streak;
      track.frames_since_update = 0;
      track.detection = order_[d];
    } else {
      tracks_.push_back({.filter = SortFilter(detected_[d]), .detection = order_[d]});
    }
  }
}

std::vector<TrackedBox> Sort::Report(std::span<const Detection> detections) {
  std::vector<TrackedBox> reported;
  for (Track& track : tracks_) {
    if (track.frames_since_update == 0 &&
        (track.hit_streak >= options_.min_hits || frames_ <= options_.min_hits)) {
      if (track.id == 0) {
        track.id = ++last_id_;
      }
      reported.push_back({.id = track.id,
                          .box = track.filter.box(),
                          .score = detections[track.detection].score,
                          .detection = track.detection});
    }
  }
  std::erase_if(tracks_,
                [&](const Track& track) { return track.frames_since_update > options_.max_age; });
  std::sort(reported.begin(), reported.end(),
            [](const TrackedBox& a, const TrackedBox& b) { return a.id < b.id; });
  return reported;
}

}  // namespace tenjo
