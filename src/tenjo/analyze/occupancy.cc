#include "tenjo/analyze/occupancy.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tenjo {
namespace {

constexpr double kMinute_s = 60;
// Events are told when they are sure, some seconds after they happened.
constexpr std::int64_t kOpenMinutes = 2;

std::int64_t MinuteOf(double utc_s) {
  return static_cast<std::int64_t>(std::floor(utc_s / kMinute_s));
}

}  // namespace

void PlaceMinute::Add(const PlaceMinute& other) {
  seconds += other.seconds;
  person_seconds += other.person_seconds;
  most = std::max(most, other.most);
  entered += other.entered;
  left += other.left;
  forward += other.forward;
  backward += other.backward;
  reached += other.reached;
}

PlaceMinute& Occupancy::At(const Place& place, double utc_s) {
  const std::int64_t minute = MinuteOf(utc_s);
  PlaceMinute& row = open_[{minute, place.name}];
  row.camera = camera_;
  row.place = place.name;
  row.minute = minute;
  return row;
}

void Occupancy::Count(const Place& place, double utc_s, double seconds, int inside) {
  // A span that reaches over the full minute belongs to both.
  while (seconds > 0) {
    const double start =
        std::max(utc_s - seconds, kMinute_s * static_cast<double>(MinuteOf(utc_s)));
    double part = utc_s - start;
    double at = utc_s;
    if (part <= 0) {
      at = utc_s - std::min(seconds, 1e-6);
      part = std::min(seconds, kMinute_s);
    }
    PlaceMinute& row = At(place, at);
    row.seconds += part;
    row.person_seconds += part * inside;
    row.most = std::max(row.most, inside);
    seconds -= part;
    utc_s -= part;
  }
}

void Occupancy::Count(const Place& place, const Event& event) {
  PlaceMinute& row = At(place, event.utc_s);
  switch (event.type) {
    case EventType::kEntered:
      ++row.entered;
      break;
    case EventType::kLeft:
      ++row.left;
      break;
    case EventType::kCrossed:
      ++(event.direction == place.directions[0] ? row.forward : row.backward);
      break;
    case EventType::kReached:
      ++row.reached;
      break;
    default:
      break;
  }
}

std::vector<PlaceMinute> Occupancy::TakeFinished(double utc_s) {
  const std::int64_t now = MinuteOf(utc_s);
  std::vector<PlaceMinute> done;
  std::erase_if(open_, [&](const auto& entry) {
    const std::int64_t minute = entry.first.first;
    if (minute > now - kOpenMinutes && minute <= now + 1) {
      return false;
    }
    done.push_back(entry.second);
    return true;
  });
  return done;
}

std::vector<PlaceMinute> Occupancy::TakeAll() {
  std::vector<PlaceMinute> all;
  for (auto& entry : std::exchange(open_, {})) {
    all.push_back(std::move(entry.second));
  }
  return all;
}

}  // namespace tenjo
