#include "tenjo/publish/events/sqlite_sink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <map>

#include "tenjo/base/error.h"
#include "tenjo/publish/events/schema.h"

namespace tenjo {
namespace {

void Migrate(SqliteFile& file) {
  const auto newest = static_cast<int>(SchemaSteps().size());
  const int version = file.version();
  if (version > newest) {
    throw Error(fmt::format("the database {} was written by a newer version of Tenjo ({} > {})",
                            file.path(), version, newest));
  }
  for (int step = version; step < newest; ++step) {
    std::string sql = SchemaSteps()[static_cast<std::size_t>(step)];
    for (auto at = sql.find("%TIME%"); at != std::string::npos; at = sql.find("%TIME%")) {
      sql.replace(at, 6, "TEXT");
    }
    SqlTransaction transaction(file);
    file.Execute(sql);
    file.Execute(fmt::format("PRAGMA user_version={}", step + 1));
    transaction.Commit();
  }
}

double UtcNow() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void SqliteSink::Open() {
  file_.reset();
  file_.emplace(options_.path);
  Migrate(*file_);
}

void SqliteSink::Deliver(std::span<const Item> items) {
  TENJO_CHECK(file_.has_value());
  SqlTransaction transaction(*file_);
  std::map<std::string, SqlStatement> inserts;
  for (const Item& item : items) {
    const TableRow row = RowOf(item);
    const std::string sql = fmt::format(
        "INSERT OR IGNORE INTO {} ({}) VALUES ({})", row.table, fmt::join(row.columns, ", "),
        fmt::join(std::vector<const char*>(row.columns.size(), "?"), ", "));
    auto insert = inserts.find(sql);
    if (insert == inserts.end()) {
      insert = inserts.emplace(sql, file_->Prepare(sql)).first;
    }
    insert->second.Bind(row.values);
    insert->second.Step();
  }
  inserts.clear();
  transaction.Commit();
}

void SqliteSink::Idle() {
  if (options_.keep_days <= 0 || !file_) {
    return;
  }
  constexpr double kDay_s = 86400;
  const std::string oldest = FormatUtc(UtcNow() - options_.keep_days * kDay_s);
  // A part at a time: other readers and the next events need not wait.
  for (const auto& [table, column] :
       {std::pair{"event", "utc"}, {"track", "ended"}, {"occupancy", "minute"}, {"heat", "utc"}}) {
    file_
        ->Prepare(fmt::format("DELETE FROM {0} WHERE rowid IN (SELECT rowid FROM {0} WHERE {1} < ? "
                              "LIMIT 1000)",
                              table, column))
        .Run({oldest});
  }
}

}  // namespace tenjo
