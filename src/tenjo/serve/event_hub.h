#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace tenjo {

//! The newest events and people, for any number of lookers-on, each at its own pace. Who is too
//! slow misses some: the databases have the events, and of people the newest count.
class EventHub {
 public:
  //! Up to where a looker-on has seen.
  struct Seen {
    std::uint64_t event = 0;
    std::uint64_t people = 0;
  };
  struct News {
    std::vector<std::string> events;
    std::vector<std::string> people;  //!< the newest of each camera
    bool empty() const { return events.empty() && people.empty(); }
  };

  void Add(const std::string& camera, const std::string& json);
  void AddPeople(const std::string& camera, std::string json);

  //! All that is there now has been seen.
  Seen Now() const;
  //! What came after, waiting for something if there is nothing; `seen` moves on. `camera`: of this
  //! one alone; empty: of all.
  News After(Seen& seen, const std::string& camera, bool people,
             std::chrono::milliseconds patience) const;

  //! Whether anybody looks at people: else they need not be put into words.
  bool wants_people() const;
  void LookAtPeople(int lookers);

 private:
  struct Entry {
    std::string camera;
    std::string json;
  };
  struct People {
    std::uint64_t number = 0;
    std::string json;
  };

  mutable std::mutex mutex_;
  mutable std::condition_variable added_;
  std::deque<Entry> events_;
  std::map<std::string, People> people_;
  Seen last_;
  int lookers_ = 0;
};

}  // namespace tenjo
