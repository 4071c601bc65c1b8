#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/publish/events/event_sink.h"
#include "tenjo/publish/events/outbox.h"

namespace tenjo {

struct SinkHealth {
  std::string name;
  bool ok = false;      //!< open, and the last delivery went well
  std::string problem;  //!< a sentence, while not ok and an attempt was made
  std::int64_t delivered = 0;
  std::int64_t failures = 0;
  std::int64_t waiting = 0;  //!< items in the outbox
  std::int64_t lost = 0;     //!< items that had to go before the sink had them
};

//! Brings what waits in the outbox to the sinks, each in a thread of its own: one that is away does
//! not hold up the others. After a failure it waits, then twice as long each time, 30 s at most,
//! and goes on in smaller batches with the first item that was not surely delivered.
class Deliverer {
 public:
  using Sinks = std::vector<std::pair<std::string, std::unique_ptr<EventSink>>>;

  //! The outbox must outlive it; its sinks become these.
  Deliverer(Outbox& outbox, Sinks&& sinks, double first_pause_s = 0.5);
  //! Sinks that are well get what waits, for `kGoodbye_s` at most.
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  static constexpr double kGoodbye_s = 3;

  //! There is something new in the outbox.
  void Notify();
  //! By camera, JSON.
  void ShowState(std::map<std::string, std::string> state);
  std::vector<SinkHealth> Health() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
