#include "tenjo/publish/events/schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using nlohmann::json;

SqlValue Value(const json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) {
    return nullptr;
  }
  if (found->is_boolean()) {
    return static_cast<std::int64_t>(found->get<bool>());
  }
  if (found->is_number_integer()) {
    return found->get<std::int64_t>();
  }
  if (found->is_number()) {
    return found->get<double>();
  }
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// Names in the JSON where they differ from the columns' (left is a word of SQL).
std::string KeyOf(const std::string& column) { return column == "left_count" ? "left" : column; }

TableRow Row(const std::string& table, const json& object, std::vector<std::string> columns) {
  TableRow row{table, std::move(columns), {}};
  for (const std::string& column : row.columns) {
    row.values.push_back(Value(object, KeyOf(column)));
  }
  return row;
}

TableRow EventRow(const json& object) {
  TableRow row = Row("event", object,
                     {"id", "site", "camera", "event", "utc", "time", "frame", "track", "place",
                      "seconds", "depth", "direction", "hand", "reason", "ended", "other_track"});
  if (const auto at = object.find("at"); at != object.end()) {
    row.columns.insert(row.columns.end(), {"x", "y"});
    row.values.emplace_back(at->at(0).get<double>());
    row.values.emplace_back(at->at(1).get<double>());
  }
  return row;
}

}  // namespace

const std::vector<std::string>& SchemaSteps() {
  static const std::vector<std::string> steps = {
      R"(
CREATE TABLE event (
  id TEXT PRIMARY KEY, site TEXT NOT NULL, camera TEXT NOT NULL, event TEXT NOT NULL,
  utc %TIME% NOT NULL, time DOUBLE PRECISION NOT NULL, frame BIGINT NOT NULL,
  track BIGINT NOT NULL, place TEXT, x DOUBLE PRECISION, y DOUBLE PRECISION,
  seconds DOUBLE PRECISION, depth DOUBLE PRECISION, direction TEXT, hand TEXT, reason TEXT,
  ended INTEGER, other_track BIGINT);
CREATE INDEX event_by_time ON event (utc);
CREATE INDEX event_by_place ON event (camera, place, utc);
CREATE TABLE track (
  id TEXT PRIMARY KEY, site TEXT NOT NULL, camera TEXT NOT NULL, track BIGINT NOT NULL,
  began %TIME% NOT NULL, ended %TIME% NOT NULL, walked_m DOUBLE PRECISION NOT NULL,
  path TEXT NOT NULL);
CREATE INDEX track_by_time ON track (ended);
CREATE TABLE occupancy (
  id TEXT PRIMARY KEY, site TEXT NOT NULL, camera TEXT NOT NULL, place TEXT NOT NULL,
  minute %TIME% NOT NULL, seconds DOUBLE PRECISION NOT NULL,
  person_seconds DOUBLE PRECISION NOT NULL, most INTEGER NOT NULL, entered INTEGER NOT NULL,
  left_count INTEGER NOT NULL, forward INTEGER NOT NULL, backward INTEGER NOT NULL,
  reached INTEGER NOT NULL);
CREATE INDEX occupancy_by_place ON occupancy (camera, place, minute);
CREATE INDEX occupancy_by_time ON occupancy (minute);
CREATE TABLE heat (
  id TEXT PRIMARY KEY, site TEXT NOT NULL, camera TEXT NOT NULL, utc %TIME% NOT NULL,
  cell_m DOUBLE PRECISION NOT NULL, cells TEXT NOT NULL);
CREATE INDEX heat_by_time ON heat (utc);
)",
      "CREATE INDEX event_by_track ON event (camera, track, utc);"};
  return steps;
}

TableRow RowOf(const Item& item) {
  try {
    const json object = json::parse(item.json);
    switch (item.kind) {
      case ItemKind::kEvent:
        return EventRow(object);
      case ItemKind::kTrack:
        return Row("track", object,
                   {"id", "site", "camera", "track", "began", "ended", "walked_m", "path"});
      case ItemKind::kOccupancy:
        return Row("occupancy", object,
                   {"id", "site", "camera", "place", "minute", "seconds", "person_seconds", "most",
                    "entered", "left_count", "forward", "backward", "reached"});
      case ItemKind::kHeat:
        return Row("heat", object, {"id", "site", "camera", "utc", "cell_m", "cells"});
    }
  } catch (const json::exception& error) {
    throw Error(fmt::format("the outbox holds an item that is none: {}", error.what()));
  }
  throw Error("the outbox holds an item of an unknown kind");
}

}  // namespace tenjo
