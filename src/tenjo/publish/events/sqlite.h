#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tenjo {

using SqlValue = std::variant<std::nullptr_t, std::int64_t, double, std::string>;

//! A prepared statement of a SqliteFile, which must outlive it.
class SqlStatement {
 public:
  SqlStatement(sqlite3* database, const std::string& path, const std::string& sql);

  //! Runs it anew with these values for its question marks. All throw Error.
  void Bind(std::initializer_list<SqlValue> values);
  void Bind(const std::vector<SqlValue>& values);
  //! The next row; false at the end.
  bool Step();
  //! Bind, then Step to the end.
  void Run(std::initializer_list<SqlValue> values);
  int columns() const;
  std::string_view column_name(int i) const;
  bool IsNull(int i) const;
  std::int64_t Int(int i) const;
  double Real(int i) const;
  std::string Text(int i) const;

 private:
  [[noreturn]] void Fail() const;
  void BindOne(int at, const SqlValue& value);

  sqlite3* database_;
  std::string path_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

//! A database file in WAL mode: a process that is killed leaves it whole, with all that was
//! committed. Used by one thread at a time. All errors throw Error with the path.
class SqliteFile {
 public:
  explicit SqliteFile(const std::filesystem::path& path);

  void Execute(const std::string& sql);
  SqlStatement Prepare(const std::string& sql);
  //! PRAGMA user_version: the version of the schema.
  int version();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_;
};

//! Rolls back unless Commit was called.
class SqlTransaction {
 public:
  explicit SqlTransaction(SqliteFile& file) : file_(file) { file_.Execute("BEGIN IMMEDIATE"); }
  ~SqlTransaction();
  SqlTransaction(const SqlTransaction&) = delete;
  SqlTransaction& operator=(const SqlTransaction&) = delete;
  void Commit();

 private:
  SqliteFile& file_;
  bool open_ = true;
};

}  // namespace tenjo
