#pragma once

#include <memory>
#include <string>

#include "tenjo/publish/events/event_sink.h"

namespace tenjo {

struct PostgresSinkOptions {
  //! libpq's keywords without the password, as "host=db.example port=5432 dbname=tenjo user=tenjo
  //! sslmode=verify-full".
  std::string connection;
  std::string password = {};

  friend bool operator==(const PostgresSinkOptions&, const PostgresSinkOptions&) = default;
};

//! The tables of the SQLite sink in a PostgreSQL database, which may serve many sites. Each batch
//! is one transaction.
class PostgresSink : public EventSink {
 public:
  explicit PostgresSink(const PostgresSinkOptions& options);
  ~PostgresSink() override;
  void Open() override;
  void Deliver(std::span<const Item> items) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenjo
