#include "tenjo/serve/place_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "tenjo/base/error.h"
#include "tenjo/serve/site_edit.h"

namespace tenjo {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostPlaces = 500;
constexpr std::size_t kMostPoints = 1000;
constexpr std::size_t kLongestName = 100;

std::string Dump(const ordered_json& j) {
  return j.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

const char* NameOf(PlaceUnits units) { return units == PlaceUnits::kMetres ? "metres" : "pixels"; }

// Thousandths of a pixel or a metre are enough for anything drawn by hand.
double Rounded(double value) { return std::round(value * 1e3) / 1e3; }

//! One place of a request. What is wrong throws Error.
class PlaceReader {
 public:
  explicit PlaceReader(const json& object) : object_(object) {
    if (!object.is_object()) {
      throw Error("a place must be an object");
    }
  }

  std::string Text(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_string()) {
      throw Error(fmt::format("{} must be a text", key));
    }
    return Name(*found, key);
  }

  double Number(const char* key, double otherwise, double least, double most) const {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return otherwise;
    }
    if (!found->is_number() || !(found->get<double>() >= least && found->get<double>() <= most)) {
      throw Error(fmt::format("{} must be a number from {} to {}", key, least, most));
    }
    return Rounded(found->get<double>());
  }

  std::vector<Point2> Points() const {
    const auto found = object_.find("points");
    if (found == object_.end() || !found->is_array() || found->size() > kMostPoints) {
      throw Error(fmt::format("points must be a list of [x, y], {} at most", kMostPoints));
    }
    std::vector<Point2> points;
    for (const json& one : *found) {
      const auto [x, y] = Pair(one, "points");
      points.push_back({Rounded(x), Rounded(y)});
    }
    return points;
  }

  std::optional<std::pair<double, double>> Range(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? std::nullopt : std::optional(Pair(*found, key));
  }

  std::optional<std::array<std::string, 2>> Names(const char* key) const {
    const auto found = object_.find(key);
    if (found == object_.end()) {
      return std::nullopt;
    }
    if (!found->is_array() || found->size() != 2 || !found->at(0).is_string() ||
        !found->at(1).is_string()) {
      throw Error(fmt::format("{} must be two names", key));
    }
    return std::array<std::string, 2>{Name(found->at(0), key), Name(found->at(1), key)};
  }

  bool Has(const char* key) const { return object_.contains(key); }

  void CheckKeys(std::initializer_list<const char*> known) const {
    for (const auto& [key, value] : object_.items()) {
      if (std::none_of(known.begin(), known.end(),
                       [&, &k = key](const char* n) { return k == n; })) {
        throw Error(fmt::format("\"{}\" is unknown in this kind of place", key.substr(0, 40)));
      }
    }
  }

 private:
  static std::pair<double, double> Pair(const json& one, const char* key) {
    constexpr double kFar = 1e6;
    if (!one.is_array() || one.size() != 2 || !one[0].is_number() || !one[1].is_number() ||
        !(std::abs(one[0].get<double>()) <= kFar && std::abs(one[1].get<double>()) <= kFar)) {
      throw Error(fmt::format("{} must be of two numbers, as [x, y]", key));
    }
    return {one[0].get<double>(), one[1].get<double>()};
  }

  static std::string Name(const json& value, const char* key) {
    auto name = value.get<std::string>();
    const bool plain = std::none_of(name.begin(), name.end(),
                                    [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (name.empty() || name.size() > kLongestName || !plain) {
      throw Error(
          fmt::format("{} must be 1 to {} bytes without control characters", key, kLongestName));
    }
    return name;
  }

  const json& object_;
};

template <typename T>
T OneOf(const std::string& word, const char* key, std::initializer_list<T> values) {
  std::string known;
  for (const T value : values) {
    if (word == NameOf(value)) {
      return value;
    }
    known += (known.empty() ? "" : ", ") + std::string(NameOf(value));
  }
  throw Error(fmt::format("{} must be one of {}", key, known));
}

Place ReadPlace(const PlaceReader& reader) {
  const auto kind =
      OneOf(reader.Text("kind"), "kind", {PlaceKind::kZone, PlaceKind::kLine, PlaceKind::kShelf});
  switch (kind) {
    case PlaceKind::kZone:
      reader.CheckKeys(
          {"camera", "name", "kind", "units", "points", "point", "settle", "margin", "dwell"});
      break;
    case PlaceKind::kLine:
      reader.CheckKeys(
          {"camera", "name", "kind", "units", "points", "point", "settle", "margin", "directions"});
      break;
    case PlaceKind::kShelf:
      reader.CheckKeys({"camera", "name", "kind", "units", "points", "settle", "margin", "height"});
  }
  Place place = DefaultPlace(
      kind, OneOf(reader.Text("units"), "units", {PlaceUnits::kPixels, PlaceUnits::kMetres}));
  place.name = reader.Text("name");
  place.points = reader.Points();
  if (reader.Has("point")) {
    place.point = OneOf(reader.Text("point"), "point",
                        {BodyPoint::kFeet, BodyPoint::kMiddle, BodyPoint::kHead,
                         BodyPoint::kLeftWrist, BodyPoint::kRightWrist});
  }
  constexpr double kLongestSettle_s = 60;
  constexpr double kDay_s = 86400;
  place.settle_s = reader.Number("settle", place.settle_s, 0, kLongestSettle_s);
  place.margin = reader.Number("margin", place.margin, 0, 1e6);
  place.dwell_every_s = reader.Number("dwell", place.dwell_every_s, 0, kDay_s);
  place.directions = reader.Names("directions").value_or(place.directions);
  if (const auto range = reader.Range("height")) {
    if (place.units != PlaceUnits::kMetres) {
      throw Error("height goes with metres");
    }
    place.low_m = Rounded(range->first);
    place.high_m = Rounded(range->second);
  }
  Validate(place);
  return place;
}

std::string TextOf(const std::vector<Point2>& points) {
  std::string text;
  for (const Point2& p : points) {
    text += fmt::format("{}[{}, {}]", text.empty() ? "" : ", ", p.x, p.y);
  }
  return "[" + text + "]";
}

// TOML's basic strings are written as JSON's.
std::string Quoted(const std::string& text) { return Dump(ordered_json(text)); }

ordered_json PlaceToJson(const std::string& camera, const Place& place) {
  ordered_json one = {{"camera", camera},
                      {"name", place.name},
                      {"kind", NameOf(place.kind)},
                      {"units", NameOf(place.units)},
                      {"points", ordered_json::array()}};
  for (const Point2& p : place.points) {
    one["points"].push_back({p.x, p.y});
  }
  if (place.kind != PlaceKind::kShelf) {
    one["point"] = NameOf(place.point);
  }
  one["settle"] = place.settle_s;
  one["margin"] = place.margin;
  if (place.kind == PlaceKind::kZone) {
    one["dwell"] = place.dwell_every_s;
  }
  if (place.kind == PlaceKind::kLine) {
    one["directions"] = place.directions;
  }
  if (place.kind == PlaceKind::kShelf && place.units == PlaceUnits::kMetres) {
    one["height"] = {place.low_m, place.high_m};
  }
  return one;
}

}  // namespace

Place DefaultPlace(PlaceKind kind, PlaceUnits units) {
  Place place;
  place.kind = kind;
  place.units = units;
  // Half a step on a floor; in a picture, what a detection trembles by.
  place.margin = units == PlaceUnits::kMetres ? 0.1 : 5;
  if (kind == PlaceKind::kShelf) {
    place.settle_s = 0.2;
    place.margin /= 2;
  }
  return place;
}

std::string PlacesToJson(const SiteConfig& config) {
  ordered_json list = ordered_json::array();
  for (const CameraConfig& camera : config.cameras) {
    for (const Place& place : camera.places) {
      list.push_back(PlaceToJson(camera.name, place));
    }
  }
  return Dump(list);
}

std::vector<CameraPlace> PlacesFromJson(const std::string& text) {
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object() || body.size() != 1 || !body.contains("places") ||
      !body["places"].is_array() || body["places"].size() > kMostPlaces) {
    throw Error(
        fmt::format("the body must be {{\"places\": […]}} with {} places at most", kMostPlaces));
  }
  std::vector<CameraPlace> places;
  std::vector<EditProblem> problems;
  for (const json& one : body["places"]) {
    const auto word = [&](const char* key) {
      const bool is_text = one.is_object() && one.contains(key) && one[key].is_string();
      return is_text ? one[key].get<std::string>().substr(0, kLongestName) : std::string();
    };
    try {
      const PlaceReader reader(one);
      CameraPlace place{reader.Text("camera"), ReadPlace(reader)};
      const auto same = [&](const CameraPlace& other) {
        return other.camera == place.camera && other.place.name == place.place.name;
      };
      if (std::any_of(places.begin(), places.end(), same)) {
        throw Error(
            fmt::format("there are two places \"{}\" before this camera", place.place.name));
      }
      places.push_back(std::move(place));
    } catch (const Error& error) {
      problems.push_back({error.what(), word("camera"), word("name"), 0});
    }
  }
  if (!problems.empty()) {
    throw EditRefused("the places are not right; nothing has changed", std::move(problems));
  }
  return places;
}

std::vector<PlaceKey> KeysOf(const Place& place) {
  const Place usual = DefaultPlace(place.kind, place.units);
  const bool shelf = place.kind == PlaceKind::kShelf;
  std::vector<PlaceKey> keys = {
      {"name", Quoted(place.name), false},
      {"points", TextOf(place.points), false},
      {"units", Quoted(NameOf(place.units)), place.units == PlaceUnits::kPixels}};
  if (!shelf) {
    keys.push_back({"point", Quoted(std::string(NameOf(place.point))), place.point == usual.point});
  }
  keys.push_back({"settle", fmt::format("{}", place.settle_s), place.settle_s == usual.settle_s});
  keys.push_back({"margin", fmt::format("{}", place.margin), place.margin == usual.margin});
  if (place.kind == PlaceKind::kZone) {
    keys.push_back({"dwell", fmt::format("{}", place.dwell_every_s), place.dwell_every_s == 0});
  }
  if (place.kind == PlaceKind::kLine) {
    keys.push_back(
        {"directions",
         fmt::format("[{}, {}]", Quoted(place.directions[0]), Quoted(place.directions[1])),
         place.directions == usual.directions});
  }
  if (shelf && place.units == PlaceUnits::kMetres) {
    keys.push_back({"height", fmt::format("[{}, {}]", place.low_m, place.high_m), false});
  }
  return keys;
}

}  // namespace tenjo
