#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

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

//! By camera and name: zone, line or shelf.
using PlaceKinds = std::map<std::pair<std::string, std::string>, std::string>;

//! /api/v1/hours: visits, reaches, stays and crossings by hour (UTC). `kinds`: of places there are.
std::string HoursAsJson(const std::filesystem::path& database, const Parameters& parameters,
                        const PlaceKinds& kinds);

//! /api/v1/paths: where people who have gone walked on the floor.
std::string PathsAsJson(const std::filesystem::path& database, const Parameters& parameters);

//! /api/v1/heat: seconds by cell of the floor, added up.
std::string HeatAsJson(const std::filesystem::path& database, const Parameters& parameters);

}  // namespace tenjo
