#include "tenjo/publish/events/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

[[noreturn]] void FailWith(sqlite3* database, const std::string& path, const char* what) {
  const int system_error = database != nullptr ? sqlite3_system_errno(database) : 0;
  const int code = database != nullptr ? sqlite3_errcode(database) : SQLITE_NOMEM;
  std::string reason = database != nullptr ? sqlite3_errmsg(database) : "out of memory";
  if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
    reason += " (it is damaged or no SQLite file: move it away, and it is made anew)";
  } else if (code == SQLITE_IOERR && system_error != 0) {
    reason += fmt::format(" (system error {})", system_error);
  }
  throw Error(fmt::format("{} the database {}: {}", what, path, reason));
}

}  // namespace

SqlStatement::SqlStatement(sqlite3* database, const std::string& path, const std::string& sql)
    : database_(database), path_(path), statement_(nullptr, &sqlite3_finalize) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    Fail();
  }
  statement_.reset(statement);
}

void SqlStatement::Fail() const { FailWith(database_, path_, "cannot use"); }

void SqlStatement::BindOne(int at, const SqlValue& value) {
  int status = SQLITE_OK;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    status = sqlite3_bind_int64(statement_.get(), at, *whole);
  } else if (const auto* real = std::get_if<double>(&value)) {
    status = sqlite3_bind_double(statement_.get(), at, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    // SQLITE_TRANSIENT: SQLite takes a copy. (The macro casts -1 to a pointer.)
    status = sqlite3_bind_text64(statement_.get(), at, text->data(), text->size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
  } else {
    status = sqlite3_bind_null(statement_.get(), at);
  }
  if (status != SQLITE_OK) {
    Fail();
  }
}

void SqlStatement::Bind(std::initializer_list<SqlValue> values) {
  Bind(std::vector<SqlValue>(values));
}

void SqlStatement::Bind(const std::vector<SqlValue>& values) {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
  int at = 0;
  for (const SqlValue& value : values) {
    BindOne(++at, value);
  }
}

bool SqlStatement::Step() {
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) {
    return true;
  }
  if (status != SQLITE_DONE) {
    const std::string message = sqlite3_errmsg(database_);
    sqlite3_reset(statement_.get());
    throw Error(fmt::format("cannot use the database {}: {}", path_, message));
  }
  sqlite3_reset(statement_.get());
  return false;
}

void SqlStatement::Run(std::initializer_list<SqlValue> values) {
  Bind(values);
  while (Step()) {
  }
}

int SqlStatement::columns() const { return sqlite3_column_count(statement_.get()); }
std::string_view SqlStatement::column_name(int i) const {
  return sqlite3_column_name(statement_.get(), i);
}
bool SqlStatement::IsNull(int i) const {
  return sqlite3_column_type(statement_.get(), i) == SQLITE_NULL;
}
std::int64_t SqlStatement::Int(int i) const { return sqlite3_column_int64(statement_.get(), i); }
double SqlStatement::Real(int i) const { return sqlite3_column_double(statement_.get(), i); }
std::string SqlStatement::Text(int i) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), i));
  return text == nullptr
             ? std::string()
             : std::string(text,
                           static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), i)));
}

SqliteFile::SqliteFile(const std::filesystem::path& path)
    : path_(path.string()), database_(nullptr, &sqlite3_close_v2) {
  sqlite3* database = nullptr;
  const int status =
      sqlite3_open_v2(path_.c_str(), &database,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  database_.reset(database);
  if (status != SQLITE_OK) {
    FailWith(database, path_, "cannot open");
  }
  constexpr int kPatience_ms = 5000;
  sqlite3_busy_timeout(database, kPatience_ms);
  Execute("PRAGMA journal_mode=WAL");
  Execute("PRAGMA synchronous=NORMAL");
  Execute("PRAGMA journal_size_limit=16777216");
}

void SqliteFile::Execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    FailWith(database_.get(), path_, "cannot use");
  }
}

SqlStatement SqliteFile::Prepare(const std::string& sql) {
  return SqlStatement(database_.get(), path_, sql);
}

int SqliteFile::version() {
  SqlStatement ask = Prepare("PRAGMA user_version");
  ask.Step();
  return static_cast<int>(ask.Int(0));
}

SqlTransaction::~SqlTransaction() {
  if (open_) {
    try {
      file_.Execute("ROLLBACK");
    } catch (const Error&) {
      // SQLite has already rolled back what failed.
      open_ = false;
    }
  }
}

void SqlTransaction::Commit() {
  file_.Execute("COMMIT");
  open_ = false;
}

}  // namespace tenjo
