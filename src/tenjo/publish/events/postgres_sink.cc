#include "tenjo/publish/events/postgres_sink.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/publish/events/schema.h"

namespace tenjo {
namespace {

std::string OneLine(std::string text) {
  for (char& c : text) {
    c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  while (!text.empty() && text.back() == ' ') {
    text.pop_back();
  }
  return text;
}

// A value of libpq's connection string.
std::string Quoted(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') {
      quoted += '\\';
    }
    quoted += c;
  }
  return quoted + "'";
}

std::string ToSql(const pqxx::work& work, const SqlValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    return std::to_string(*whole);
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return fmt::format("{}", *real);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return work.quote(*text);
  }
  return "NULL";
}

void Migrate(pqxx::connection& connection) {
  pqxx::work work(connection);
  // Two programs that start at once must not both make the tables.
  constexpr int kLock = 84310001;
  work.exec(fmt::format("SELECT pg_advisory_xact_lock({})", kLock));
  work.exec("CREATE TABLE IF NOT EXISTS tenjo_schema (version INTEGER NOT NULL)");
  const pqxx::result rows = work.exec("SELECT COALESCE(MAX(version), 0) FROM tenjo_schema");
  const int version = rows[0][0].as<int>();
  const auto newest = static_cast<int>(SchemaSteps().size());
  if (version > newest) {
    throw Error(fmt::format("the PostgreSQL tables were made by a newer version of Tenjo ({} > {})",
                            version, newest));
  }
  for (int step = version; step < newest; ++step) {
    std::string sql = SchemaSteps()[static_cast<std::size_t>(step)];
    for (auto at = sql.find("%TIME%"); at != std::string::npos; at = sql.find("%TIME%")) {
      sql.replace(at, 6, "TIMESTAMPTZ");
    }
    work.exec(sql);
    work.exec(fmt::format("INSERT INTO tenjo_schema VALUES ({})", step + 1));
  }
  work.commit();
}

}  // namespace

struct PostgresSink::Impl {
  PostgresSinkOptions options;
  std::unique_ptr<pqxx::connection> connection;
};

PostgresSink::PostgresSink(const PostgresSinkOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}
PostgresSink::~PostgresSink() = default;

void PostgresSink::Open() {
  impl_->connection.reset();
  const PostgresSinkOptions& options = impl_->options;
  // A server that vanished must not hold the queue for minutes.
  std::string text =
      "connect_timeout=5 keepalives_idle=5 keepalives_interval=2 "
      "keepalives_count=3 tcp_user_timeout=10000 application_name=tenjo "
      "options='-c statement_timeout=20000 -c client_min_messages=warning' " +
      options.connection;
  if (!options.password.empty()) {
    text += " password=" + Quoted(options.password);
  }
  try {
    impl_->connection = std::make_unique<pqxx::connection>(text);
    Migrate(*impl_->connection);
  } catch (const std::exception& error) {
    impl_->connection.reset();
    throw Error(fmt::format("PostgreSQL: {}", OneLine(error.what())));
  }
}

void PostgresSink::Deliver(std::span<const Item> items) {
  TENJO_CHECK(impl_->connection != nullptr);
  try {
    pqxx::work work(*impl_->connection);
    std::map<std::string, std::vector<std::string>> batches;
    for (const Item& item : items) {
      const TableRow row = RowOf(item);
      std::vector<std::string> values;
      for (const SqlValue& value : row.values) {
        values.push_back(ToSql(work, value));
      }
      batches[fmt::format("{} ({})", row.table, fmt::join(row.columns, ", "))].push_back(
          fmt::format("({})", fmt::join(values, ", ")));
    }
    for (const auto& [into, rows] : batches) {
      work.exec(fmt::format("INSERT INTO {} VALUES {} ON CONFLICT (id) DO NOTHING", into,
                            fmt::join(rows, ", ")));
    }
    work.commit();
  } catch (const std::exception& error) {
    impl_->connection.reset();
    throw Error(fmt::format("PostgreSQL: {}", OneLine(error.what())));
  }
}

}  // namespace tenjo
