#pragma once

#include <filesystem>
#include <optional>

#include "tenjo/publish/events/event_sink.h"
#include "tenjo/publish/events/sqlite.h"

namespace tenjo {

struct SqliteSinkOptions {
  std::filesystem::path path;
  double keep_days = 365;  //!< older rows go; 0: nothing goes

  friend bool operator==(const SqliteSinkOptions&, const SqliteSinkOptions&) = default;
};

//! Events, tracks, occupancy and heat in one SQLite file. A file of an older version is moved on.
class SqliteSink : public EventSink {
 public:
  explicit SqliteSink(const SqliteSinkOptions& options) : options_(options) {}
  void Open() override;
  void Deliver(std::span<const Item> items) override;
  //! Removes a part of what is too old.
  void Idle() override;

 private:
  SqliteSinkOptions options_;
  std::optional<SqliteFile> file_;
};

}  // namespace tenjo
