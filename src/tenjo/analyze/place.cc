#include "tenjo/analyze/place.h"

#include <fmt/format.h>

#include <cmath>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kLargest = 1e6;
constexpr std::size_t kMostCorners = 1000;

void CheckNumbers(const Place& place) {
  for (const Point2& p : place.points) {
    if (!(std::abs(p.x) <= kLargest && std::abs(p.y) <= kLargest)) {
      throw Error(fmt::format("the place \"{}\" has a point ({}, {}): numbers must be within {}",
                              place.name, p.x, p.y, kLargest));
    }
  }
  const auto check = [&](const char* name, double value, double most) {
    if (!(value >= 0 && value <= most)) {
      throw Error(fmt::format("the place \"{}\" has {} = {}: it must be from 0 to {}", place.name,
                              name, value, most));
    }
  };
  check("settle", place.settle_s, 60);
  check("margin", place.margin, kLargest);
  check("dwell", place.dwell_every_s, 86400);
}

void CheckShape(const Place& place) {
  if (place.kind == PlaceKind::kLine) {
    if (place.points.size() != 2 || place.points[0] == place.points[1]) {
      throw Error(fmt::format("the line \"{}\" must have two different points, not {}", place.name,
                              place.points.size()));
    }
    if (place.directions[0].empty() || place.directions[0] == place.directions[1]) {
      throw Error(
          fmt::format("the two directions of the line \"{}\" need different names", place.name));
    }
    return;
  }
  if (place.points.size() < 3 || place.points.size() > kMostCorners) {
    throw Error(fmt::format("the {} \"{}\" has {} points: a polygon has from 3 to {}",
                            NameOf(place.kind), place.name, place.points.size(), kMostCorners));
  }
  if (!IsSimplePolygon(place.points)) {
    throw Error(fmt::format(
        "the {} \"{}\" is no polygon: its border meets itself, a corner comes twice, or it is flat",
        NameOf(place.kind), place.name));
  }
}

void CheckHeights(const Place& place) {
  const bool measured = place.kind == PlaceKind::kShelf && place.units == PlaceUnits::kMetres;
  if (measured && !(place.low_m >= 0 && place.high_m > place.low_m && place.high_m <= 20)) {
    throw Error(
        fmt::format("the shelf \"{}\" reaches from {} to {} m: it needs a height range in metres "
                    "above the floor, the lower end first",
                    place.name, place.low_m, place.high_m));
  }
}

}  // namespace

void Validate(const Place& place) {
  if (place.name.empty() || place.name.size() > 100) {
    throw Error("a place needs a name of 1 to 100 bytes");
  }
  CheckNumbers(place);
  CheckShape(place);
  CheckHeights(place);
}

std::string_view NameOf(PlaceKind kind) {
  switch (kind) {
    case PlaceKind::kZone:
      return "zone";
    case PlaceKind::kLine:
      return "line";
    case PlaceKind::kShelf:
      return "shelf";
  }
  return {};
}

std::string_view NameOf(BodyPoint point) {
  switch (point) {
    case BodyPoint::kFeet:
      return "feet";
    case BodyPoint::kMiddle:
      return "middle";
    case BodyPoint::kHead:
      return "head";
    case BodyPoint::kLeftWrist:
      return "left_wrist";
    case BodyPoint::kRightWrist:
      return "right_wrist";
  }
  return {};
}

}  // namespace tenjo
