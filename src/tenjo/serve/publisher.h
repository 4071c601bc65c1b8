#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tenjo/publish/events/deliverer.h"
#include "tenjo/publish/events/outbox.h"
#include "tenjo/serve/event_hub.h"
#include "tenjo/serve/site_config.h"

namespace tenjo {

//! The sinks that a configuration names.
Deliverer::Sinks MakeSinks(const SiteConfig& config);
bool HasSameSinks(const SiteConfig& a, const SiteConfig& b);

//! Puts items into the outbox and lets the sinks know. While the disk is full or read-only items
//! wait in memory, the newest 100,000. Any thread may call it.
class Publisher {
 public:
  explicit Publisher(const SiteConfig& config);

  void Publish(std::vector<Item> items);
  //! Tries again to write what waits in memory.
  void Retry() { Publish({}); }
  void ShowState(std::map<std::string, std::string> state);
  //! Other sinks; what waits for those that stay is kept. Throws Error, and nothing has changed, if
  //! the outbox cannot be written.
  void SetSinks(const SiteConfig& config);

  std::vector<SinkHealth> Health();
  std::string problem();
  std::int64_t waiting_in_memory();
  //! Events as they are published, for those who look on.
  EventHub& hub() { return hub_; }

 private:
  EventHub hub_;
  std::mutex mutex_;
  Outbox outbox_;
  std::deque<Item> waiting_;
  std::int64_t lost_ = 0;
  std::string problem_;
  std::unique_ptr<Deliverer> deliverer_;
};

}  // namespace tenjo
