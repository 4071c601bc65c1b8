#include "tenjo/serve/event_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "tenjo/analyze/event.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"
#include "tenjo/publish/events/sqlite.h"

namespace tenjo {
namespace {

using nlohmann::ordered_json;

constexpr std::int64_t kMostRows = 10000;
constexpr std::int64_t kUsualRows = 1000;
constexpr std::size_t kLongestText = 200;

//! "WHERE …" and its values.
class Filter {
 public:
  explicit Filter(const Parameters& parameters) : parameters_(parameters) {}

  void Equal(const std::string& name) {
    if (const auto text = Text(name)) {
      Add(fmt::format("{} = ?", name), *text);
    }
  }
  void Whole(const std::string& name) {
    if (const auto text = Text(name)) {
      const auto number = ParseInt(*text);
      if (!number) {
        throw Error(fmt::format("{} must be a whole number", name));
      }
      Add(fmt::format("{} = ?", name), static_cast<std::int64_t>(*number));
    }
  }
  //! `since` and `until` as ISO 8601 in UTC, or a beginning of it.
  void Span(const std::string& column) {
    if (const auto since = Text("since")) {
      Add(column + " >= ?", Moment("since", *since));
    }
    if (const auto until = Text("until")) {
      Add(column + " < ?", Moment("until", *until));
    }
  }
  void Add(const std::string& condition, SqlValue value) {
    where_ += (where_.empty() ? " WHERE " : " AND ") + condition;
    values_.push_back(std::move(value));
  }
  std::int64_t Limit() const {
    const auto text = Text("limit");
    const auto number = text ? ParseInt(*text) : std::optional<long long>(kUsualRows);
    if (!number || *number < 1 || *number > kMostRows) {
      throw Error(fmt::format("limit must be from 1 to {}", kMostRows));
    }
    return *number;
  }
  std::optional<std::string> Text(const std::string& name) const {
    auto text = parameters_(name);
    if (text && text->size() > kLongestText) {
      throw Error(fmt::format("{} is longer than {} bytes", name, kLongestText));
    }
    return text;
  }
  const std::string& where() const { return where_; }
  const std::vector<SqlValue>& values() const { return values_; }

 private:
  static std::string Moment(const std::string& name, const std::string& text) {
    // 2026-05-01, 2026-05-01T12, … 2026-05-01T12:00:00.250Z: as texts they sort by time.
    constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:dd.dddZ";
    bool fits = text.size() >= 4 && text.size() <= kShape.size();
    for (std::size_t i = 0; fits && i < text.size(); ++i) {
      const bool digit = text[i] >= '0' && text[i] <= '9';
      fits = kShape[i] == 'd' ? digit : text[i] == kShape[i] || (text[i] == 'Z' && i == 19);
    }
    if (!fits) {
      throw Error(
          fmt::format("{} must be UTC as 2026-05-01T12:00:00.000Z, or a beginning of it", name));
    }
    // Without the Z a whole second comes before its milliseconds.
    return text.back() == 'Z' ? text.substr(0, text.size() - 1) : text;
  }

  const Parameters& parameters_;
  std::string where_;
  std::vector<SqlValue> values_;
};

constexpr std::array<const char*, 18> kEventColumns = {
    "id", "site", "camera",  "event", "utc",       "time", "frame",  "track", "place",
    "x",  "y",    "seconds", "depth", "direction", "hand", "reason", "ended", "other_track"};

SqlStatement SelectEvents(SqliteFile& file, const Parameters& parameters) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Equal("place");
  filter.Whole("track");
  if (const auto event = filter.Text("event")) {
    if (!EventTypeOf(*event)) {
      throw Error(fmt::format("there is no event \"{}\"", event->substr(0, 40)));
    }
    filter.Equal("event");
  }
  filter.Span("utc");
  const std::string order = filter.Text("order").value_or("oldest");
  if (order != "oldest" && order != "newest") {
    throw Error("order must be oldest or newest");
  }
  const bool newest = order == "newest";
  if (const auto after = filter.Text("after")) {
    // For the next page: what comes behind the event with this id.
    filter.Add(
        fmt::format("(utc, id) {} (SELECT utc, id FROM event WHERE id = ?)", newest ? "<" : ">"),
        *after);
  }
  std::string columns;
  for (const char* column : kEventColumns) {
    columns += (columns.empty() ? "" : ", ") + std::string(column);
  }
  SqlStatement select = file.Prepare(
      fmt::format("SELECT {} FROM event{} ORDER BY {} LIMIT {}", columns, filter.where(),
                  newest ? "utc DESC, id DESC" : "utc, id", filter.Limit()));
  select.Bind(filter.values());
  return select;
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted += c == '"' ? "\"\"" : std::string(1, c);
  }
  return quoted + "\"";
}

ordered_json Column(const SqlStatement& row, int i, bool is_text) {
  if (is_text) {
    return row.Text(i);
  }
  const double real = row.Real(i);
  const std::int64_t whole = row.Int(i);
  return static_cast<double>(whole) == real ? ordered_json(whole) : ordered_json(real);
}

bool IsText(std::string_view column) {
  for (const char* name :
       {"id", "site", "camera", "event", "utc", "place", "direction", "hand", "reason"}) {
    if (column == name) {
      return true;
    }
  }
  return false;
}

ordered_json RowAsJson(const SqlStatement& row) {
  ordered_json object = ordered_json::object();
  for (int i = 0; i < row.columns(); ++i) {
    if (!row.IsNull(i)) {
      object[std::string(row.column_name(i))] = Column(row, i, IsText(row.column_name(i)));
    }
  }
  return object;
}

std::string Dump(const ordered_json& j) {
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::string EventsAsJson(const std::filesystem::path& database, const Parameters& parameters) {
  SqliteFile file(database);
  SqlStatement rows = SelectEvents(file, parameters);
  ordered_json events = ordered_json::array();
  while (rows.Step()) {
    events.push_back(RowAsJson(rows));
  }
  return Dump(events);
}

std::string EventsAsCsv(const std::filesystem::path& database, const Parameters& parameters) {
  SqliteFile file(database);
  SqlStatement rows = SelectEvents(file, parameters);
  std::string csv;
  for (const char* column : kEventColumns) {
    csv += (csv.empty() ? "" : ",") + std::string(column);
  }
  csv += "\r\n";  // RFC 4180
  while (rows.Step()) {
    for (int i = 0; i < rows.columns(); ++i) {
      csv += (i > 0 ? "," : "") + CsvField(rows.Text(i));
    }
    csv += "\r\n";
  }
  return csv;
}

std::string OccupancyAsJson(const std::filesystem::path& database, const Parameters& parameters) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Equal("place");
  filter.Span("minute");
  const std::string step = filter.Text("step").value_or("hour");
  const std::map<std::string, int> lengths = {{"minute", 16}, {"hour", 13}, {"day", 10}};
  if (!lengths.contains(step)) {
    throw Error("step must be minute, hour or day");
  }
  SqliteFile file(database);
  SqlStatement rows = file.Prepare(fmt::format(
      "SELECT camera, place, SUBSTR(minute, 1, {}) AS utc, SUM(seconds) AS seconds, "
      "SUM(person_seconds) AS person_seconds, MAX(most) AS most, SUM(entered) AS entered, "
      "SUM(left_count) AS \"left\", SUM(forward) AS forward, SUM(backward) AS backward, "
      "SUM(reached) AS reached FROM occupancy{} GROUP BY camera, place, utc "
      "ORDER BY utc, camera, place LIMIT {}",
      lengths.at(step), filter.where(), filter.Limit()));
  rows.Bind(filter.values());
  ordered_json list = ordered_json::array();
  while (rows.Step()) {
    list.push_back(RowAsJson(rows));
  }
  return Dump(list);
}

std::string HeatAsJson(const std::filesystem::path& database, const Parameters& parameters) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Span("utc");
  SqliteFile file(database);
  SqlStatement rows = file.Prepare(fmt::format(
      "SELECT cell_m, cells FROM heat{} ORDER BY utc LIMIT {}", filter.where(), kMostRows));
  rows.Bind(filter.values());
  std::map<std::pair<int, int>, double> cells;
  double cell_m = 0;
  while (rows.Step()) {
    cell_m = rows.Real(0);
    for (const auto& cell : ordered_json::parse(rows.Text(1))) {
      cells[{cell.at(0).get<int>(), cell.at(1).get<int>()}] += cell.at(2).get<double>();
    }
  }
  ordered_json answer = {{"cell_m", cell_m}, {"cells", ordered_json::array()}};
  for (const auto& [cell, seconds] : cells) {
    answer["cells"].push_back({cell.first, cell.second, seconds});
  }
  return Dump(answer);
}

namespace {

double Milli(double value) { return std::round(value * 1e3) / 1e3; }

//! What is known of one place and hour.
struct HourRow {
  std::int64_t visits = 0;
  std::int64_t reaches = 0;
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t most = 0;
  double seconds = 0;
  double person_seconds = 0;
  std::optional<double> dwell_mean_s = std::nullopt;
  std::optional<double> dwell_max_s = std::nullopt;
};
using HourKey = std::array<std::string, 3>;  // hour, camera, place

HourKey KeyOf(const SqlStatement& row) {
  return {row.Text(0) + ":00:00Z", row.Text(1), row.Text(2)};
}

void AddOccupancy(SqliteFile& file, const Parameters& parameters,
                  std::map<HourKey, HourRow>& hours) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Equal("place");
  filter.Span("minute");
  SqlStatement rows = file.Prepare(fmt::format(
      "SELECT SUBSTR(minute, 1, 13) AS hour, camera, place, SUM(entered), SUM(reached), "
      "SUM(forward), SUM(backward), MAX(most), SUM(seconds), SUM(person_seconds) FROM occupancy{} "
      "GROUP BY hour, camera, place ORDER BY hour DESC LIMIT {}",
      filter.where(), kMostRows));
  rows.Bind(filter.values());
  while (rows.Step()) {
    hours[KeyOf(rows)] = {.visits = rows.Int(3),
                          .reaches = rows.Int(4),
                          .in = rows.Int(5),
                          .out = rows.Int(6),
                          .most = rows.Int(7),
                          .seconds = rows.Real(8),
                          .person_seconds = rows.Real(9)};
  }
}

void AddDwells(SqliteFile& file, const Parameters& parameters, std::map<HourKey, HourRow>& hours) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Equal("place");
  filter.Span("utc");
  filter.Add("event = ?", std::string("left"));
  SqlStatement rows = file.Prepare(
      fmt::format("SELECT SUBSTR(utc, 1, 13) AS hour, camera, place, AVG(seconds), MAX(seconds) "
                  "FROM event{} GROUP BY hour, camera, place ORDER BY hour DESC LIMIT {}",
                  filter.where(), kMostRows));
  rows.Bind(filter.values());
  while (rows.Step()) {
    HourRow& hour = hours[KeyOf(rows)];
    hour.dwell_mean_s = rows.Real(3);
    hour.dwell_max_s = rows.Real(4);
  }
}

// [seconds, x, y]: who walks is taken to walk evenly.
ordered_json TimedPath(const ordered_json& path, double seconds) {
  std::vector<double> lengths;
  double length = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (i > 0) {
      length += std::hypot(path[i][0].get<double>() - path[i - 1][0].get<double>(),
                           path[i][1].get<double>() - path[i - 1][1].get<double>());
    }
    lengths.push_back(length);
  }
  ordered_json points = ordered_json::array();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const double share = length > 0 ? lengths[i] / length : 0;
    points.push_back({Milli(share * seconds), path[i][0], path[i][1]});
  }
  return points;
}

}  // namespace

std::string HoursAsJson(const std::filesystem::path& database, const Parameters& parameters,
                        const PlaceKinds& kinds) {
  SqliteFile file(database);
  std::map<HourKey, HourRow> hours;
  AddOccupancy(file, parameters, hours);
  AddDwells(file, parameters, hours);
  const auto or_null = [](const std::optional<double>& value) {
    return value ? ordered_json(Milli(*value)) : ordered_json();
  };
  ordered_json list = ordered_json::array();
  for (const auto& [key, hour] : hours) {
    const auto kind = kinds.find({key[1], key[2]});
    ordered_json one;
    one["hour"] = key[0];
    one["camera"] = key[1];
    one["place"] = key[2];
    one["kind"] = kind == kinds.end() ? ordered_json() : ordered_json(kind->second);
    one["visits"] = hour.visits;
    one["reaches"] = hour.reaches;
    one["dwell_mean_s"] = or_null(hour.dwell_mean_s);
    one["dwell_max_s"] = or_null(hour.dwell_max_s);
    one["occupancy_mean"] = or_null(
        hour.seconds > 0 ? std::optional(hour.person_seconds / hour.seconds) : std::nullopt);
    one["occupancy_max"] = hour.most;
    one["crossed"] = {{"in", hour.in}, {"out", hour.out}};
    list.push_back(std::move(one));
  }
  return Dump({{"hours", list}});
}

std::string PathsAsJson(const std::filesystem::path& database, const Parameters& parameters) {
  Filter filter(parameters);
  filter.Equal("camera");
  filter.Span("ended");
  filter.Add("path != ?", std::string("[]"));
  SqliteFile file(database);
  SqlStatement rows = file.Prepare(fmt::format(
      "SELECT camera, track, began, ended, path, (JULIANDAY(ended) - JULIANDAY(began)) * 86400 "
      "FROM track{} ORDER BY ended DESC LIMIT {}",
      filter.where(), filter.Limit()));
  rows.Bind(filter.values());
  std::vector<ordered_json> paths;
  while (rows.Step()) {
    ordered_json one;
    one["camera"] = rows.Text(0);
    one["track"] = rows.Int(1);
    one["began"] = rows.Text(2);
    one["ended"] = rows.Text(3);
    one["points"] = TimedPath(ordered_json::parse(rows.Text(4)), rows.Real(5));
    paths.push_back(std::move(one));
  }
  std::reverse(paths.begin(), paths.end());
  return Dump({{"paths", paths}});
}

}  // namespace tenjo
