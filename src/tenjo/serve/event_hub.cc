#include "tenjo/serve/event_hub.h"

#include <algorithm>
#include <utility>

namespace tenjo {
namespace {

constexpr std::size_t kMostEvents = 1000;

}  // namespace

void EventHub::Add(const std::string& camera, const std::string& json) {
  {
    const std::lock_guard lock(mutex_);
    events_.push_back({camera, json});
    ++last_.event;
    if (events_.size() > kMostEvents) {
      events_.pop_front();
    }
  }
  added_.notify_all();
}

void EventHub::AddPeople(const std::string& camera, std::string json) {
  {
    const std::lock_guard lock(mutex_);
    people_[camera] = {++last_.people, std::move(json)};
  }
  added_.notify_all();
}

EventHub::Seen EventHub::Now() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

EventHub::News EventHub::After(Seen& seen, const std::string& camera, bool people,
                               std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  added_.wait_for(lock, patience, [&] {
    return last_.event > seen.event || (people && last_.people > seen.people);
  });
  News news;
  const std::uint64_t first = last_.event - events_.size();
  for (std::uint64_t i = std::max(seen.event, first); i < last_.event; ++i) {
    const Entry& entry = events_[i - first];
    if (camera.empty() || entry.camera == camera) {
      news.events.push_back(entry.json);
    }
  }
  for (const auto& [name, newest] : people_) {
    if (people && newest.number > seen.people && (camera.empty() || name == camera)) {
      news.people.push_back(newest.json);
    }
  }
  seen = last_;
  return news;
}

bool EventHub::wants_people() const {
  const std::lock_guard lock(mutex_);
  return lookers_ > 0;
}

void EventHub::LookAtPeople(int lookers) {
  const std::lock_guard lock(mutex_);
  lookers_ += lookers;
}

}  // namespace tenjo
