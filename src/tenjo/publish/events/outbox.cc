#include "tenjo/publish/events/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/publish/events/sqlite.h"

namespace tenjo {
namespace {

constexpr int kVersion = 1;
constexpr const char* kSchema = R"(
  CREATE TABLE item (number INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL,
                     id TEXT NOT NULL, camera TEXT NOT NULL, word TEXT NOT NULL,
                     json TEXT NOT NULL);
  CREATE TABLE sink (name TEXT PRIMARY KEY, number INTEGER NOT NULL, lost INTEGER NOT NULL);
  PRAGMA user_version=1;)";

}  // namespace

struct Outbox::Impl {
  explicit Impl(const OutboxOptions& given) : options(given), file(given.path) {
    const int version = file.version();
    if (version > kVersion) {
      throw Error(fmt::format("the outbox {} was written by a newer version of Tenjo ({} > {})",
                              file.path(), version, kVersion));
    }
    if (version == 0) {
      SqlTransaction transaction(file);
      file.Execute(kSchema);
      transaction.Commit();
    }
    SqlStatement ends = file.Prepare(
        "SELECT COALESCE(MIN(number), 1), "
        "COALESCE((SELECT seq FROM sqlite_sequence WHERE name='item'), 0) FROM item");
    ends.Step();
    last = ends.Int(1);
    first = std::min(ends.Int(0), last + 1);
    has_sinks = file.Prepare("SELECT 1 FROM sink").Step();
  }

  // Items that every sink has had are no longer needed.
  void DropDelivered() {
    SqlStatement least =
        file.Prepare(fmt::format("SELECT COALESCE(MIN(number), {}) FROM sink", last));
    least.Step();
    DropUpTo(least.Int(0));
  }
  void DropUpTo(std::int64_t number) {
    if (number >= first) {
      file.Prepare("DELETE FROM item WHERE number <= ?").Run({number});
      first = number + 1;
    }
  }
  void KeepBound() {
    const std::int64_t until = last - options.most_items;
    if (until < first) {
      return;
    }
    file.Prepare("UPDATE sink SET lost = lost + ?1 - number, number = ?1 WHERE number < ?1")
        .Run({until});
    DropUpTo(until);
  }

  OutboxOptions options;
  std::mutex mutex;
  SqliteFile file;
  std::int64_t first = 1;  // of the items that are there; last + 1 when there are none
  std::int64_t last = 0;
  bool has_sinks = false;
};

Outbox::Outbox(const OutboxOptions& options) : impl_(std::make_unique<Impl>(options)) {
  if (options.most_items < 1) {
    throw Error("the outbox must have room for one item at least");
  }
}
Outbox::~Outbox() = default;

void Outbox::Append(std::span<const Item> items) {
  const std::lock_guard lock(impl_->mutex);
  if (items.empty() || !impl_->has_sinks) {
    return;  // nobody would ever take them
  }
  const std::int64_t first = impl_->first;
  const std::int64_t last = impl_->last;
  try {
    SqlTransaction transaction(impl_->file);
    SqlStatement insert = impl_->file.Prepare(
        "INSERT INTO item (number, kind, id, camera, word, json) VALUES (?, ?, ?, ?, ?, ?)");
    for (const Item& item : items) {
      insert.Run({++impl_->last, static_cast<std::int64_t>(item.kind), item.id, item.camera,
                  item.word, item.json});
    }
    impl_->KeepBound();
    transaction.Commit();
  } catch (const Error&) {
    impl_->first = first;
    impl_->last = last;
    throw;
  }
}

void Outbox::SetSinks(const std::vector<std::string>& names) {
  const std::lock_guard lock(impl_->mutex);
  SqlTransaction transaction(impl_->file);
  std::vector<std::string> gone;
  SqlStatement list = impl_->file.Prepare("SELECT name FROM sink");
  while (list.Step()) {
    if (std::find(names.begin(), names.end(), list.Text(0)) == names.end()) {
      gone.push_back(list.Text(0));
    }
  }
  for (const std::string& name : gone) {
    impl_->file.Prepare("DELETE FROM sink WHERE name = ?").Run({name});
  }
  for (const std::string& name : names) {
    impl_->file.Prepare("INSERT OR IGNORE INTO sink (name, number, lost) VALUES (?, ?, 0)")
        .Run({name, impl_->last});
  }
  const std::int64_t first = impl_->first;
  try {
    impl_->DropDelivered();
    transaction.Commit();
    impl_->has_sinks = !names.empty();
  } catch (const Error&) {
    impl_->first = first;
    throw;
  }
}

std::vector<Item> Outbox::Next(const std::string& sink, int most) {
  const std::lock_guard lock(impl_->mutex);
  SqlStatement select = impl_->file.Prepare(
      "SELECT number, kind, id, camera, word, json FROM item WHERE number > "
      "(SELECT number FROM sink WHERE name = ?) ORDER BY number LIMIT ?");
  select.Bind({sink, static_cast<std::int64_t>(most)});
  std::vector<Item> items;
  while (select.Step()) {
    items.push_back({select.Int(0), static_cast<ItemKind>(select.Int(1)), select.Text(2),
                     select.Text(3), select.Text(4), select.Text(5)});
  }
  return items;
}

void Outbox::Delivered(const std::string& sink, std::int64_t number) {
  const std::lock_guard lock(impl_->mutex);
  const std::int64_t first = impl_->first;
  try {
    SqlTransaction transaction(impl_->file);
    impl_->file.Prepare("UPDATE sink SET number = ?1 WHERE name = ?2 AND number < ?1")
        .Run({number, sink});
    impl_->DropDelivered();
    transaction.Commit();
  } catch (const Error&) {
    impl_->first = first;
    throw;
  }
}

std::vector<Outbox::Queue> Outbox::Queues() {
  const std::lock_guard lock(impl_->mutex);
  SqlStatement select = impl_->file.Prepare("SELECT name, number, lost FROM sink ORDER BY name");
  std::vector<Queue> queues;
  while (select.Step()) {
    queues.push_back({select.Text(0), impl_->last - select.Int(1), select.Int(2)});
  }
  return queues;
}

}  // namespace tenjo
