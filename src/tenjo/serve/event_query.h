#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace tenjo {

//! The value of a request's parameter, if it was given.
using Parameters = std::function<std::optional<std::string>(const std::string& name)>;

//! Answers from the SQLite sink's file. All throw Error for a parameter that is wrong, with a
//! sentence for who asked.

//! Events of /api/v1/events by rising time: a JSON array, or lines of CSV with a head.
std::string EventsAsJson(const std::filesystem::path& database, const Parameters& parameters);
std::string EventsAsCsv(const std::filesystem::path& database, const Parameters& parameters);

//! /api/v1/occupancy: counts added up by minute, hour or day (UTC).
std::string OccupancyAsJson(const std::filesystem::path& database, const Parameters& parameters);

//! /api/v1/heat: seconds by cell of the floor, added up.
std::string HeatAsJson(const std::filesystem::path& database, const Parameters& parameters);

}  // namespace tenjo
