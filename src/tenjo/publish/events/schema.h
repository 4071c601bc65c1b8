#pragma once

#include <string>
#include <vector>

#include "tenjo/publish/events/item.h"
#include "tenjo/publish/events/sqlite.h"

namespace tenjo {

//! The tables that SQLite and PostgreSQL share (docs/serve.md). Each entry moves a database on by
//! one version: entry 0 makes version 1. `%TIME%` stands for the type of a moment.
const std::vector<std::string>& SchemaSteps();

//! An item as a row of its table.
struct TableRow {
  std::string table;
  std::vector<std::string> columns;
  std::vector<SqlValue> values;
};

//! Throws Error for an item that is not what MakeItem makes.
TableRow RowOf(const Item& item);

}  // namespace tenjo
