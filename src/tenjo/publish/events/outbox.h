#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tenjo/publish/events/item.h"

namespace tenjo {

struct OutboxOptions {
  std::filesystem::path path;
  //! When more items wait than this, the oldest go, and are counted as lost for every sink that
  //! had not had them: what a shop wants to know is what happens now.
  std::int64_t most_items = 1'000'000;

  friend bool operator==(const OutboxOptions&, const OutboxOptions&) = default;
};

//! What waits for the sinks, on disk, so that nothing is lost while a broker or a database is away
//! or the program is killed. Every sink has its own place in one order of items. Any thread may
//! call it. All errors throw Error.
class Outbox {
 public:
  explicit Outbox(const OutboxOptions& options);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  //! All or nothing; on disk when it returns. Without sinks nothing is kept.
  void Append(std::span<const Item> items);

  //! Sinks that are there from now on. One that is new gets what is appended from now on; what
  //! waited for one that is gone is dropped.
  void SetSinks(const std::vector<std::string>& names);
  //! The oldest items that the sink has not had.
  std::vector<Item> Next(const std::string& sink, int most);
  //! The sink has had everything up to this number.
  void Delivered(const std::string& sink, std::int64_t number);

  struct Queue {
    std::string sink;
    std::int64_t waiting = 0;
    std::int64_t lost = 0;  //!< since the outbox was made
  };
  std::vector<Queue> Queues();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
