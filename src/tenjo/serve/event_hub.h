#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tenjo {

//! The newest events, for any number of lookers-on, each at its own pace. Who is too slow misses
//! some: the databases have them.
class EventHub {
 public:
  void Add(std::string json) {
    {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(json));
      ++last_;
      if (events_.size() > kMost) {
        events_.pop_front();
      }
    }
    added_.notify_all();
  }

  //! The number of the newest event; 0 before the first.
  std::uint64_t last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  //! Events after number `seen`, waiting for one if there is none; `seen` moves on.
  std::vector<std::string> After(std::uint64_t& seen, std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    added_.wait_for(lock, patience, [&] { return last_ > seen; });
    std::vector<std::string> news;
    const std::uint64_t first = last_ - events_.size();
    for (std::uint64_t i = std::max(seen, first); i < last_; ++i) {
      news.push_back(events_[i - first]);
    }
    seen = last_;
    return news;
  }

 private:
  static constexpr std::size_t kMost = 1000;
  mutable std::mutex mutex_;
  mutable std::condition_variable added_;
  std::deque<std::string> events_;
  std::uint64_t last_ = 0;
};

}  // namespace tenjo
