#include "tenjo/serve/place_outline.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace tenjo {
namespace {

using nlohmann::ordered_json;

// A straight edge on the floor is bent on a fisheye's picture.
constexpr int kPiecesOfAnEdge = 8;

// A line stays one of two points: its arrow is drawn from them.
std::vector<Point2> Fine(const Place& place) {
  if (place.kind == PlaceKind::kLine) {
    return place.points;
  }
  std::vector<Point2> points;
  for (std::size_t i = 0; i < place.points.size(); ++i) {
    const Point2& a = place.points[i];
    const Point2& b = place.points[(i + 1) % place.points.size()];
    for (int piece = 0; piece < kPiecesOfAnEdge; ++piece) {
      const double s = static_cast<double>(piece) / kPiecesOfAnEdge;
      points.push_back({a.x + s * (b.x - a.x), a.y + s * (b.y - a.y)});
    }
  }
  return points;
}

std::optional<ordered_json> OutlineOf(const Place& place, const Camera& lens) {
  const double height_m = place.kind == PlaceKind::kShelf ? (place.low_m + place.high_m) / 2 : 0;
  ordered_json outline = ordered_json::array();
  for (const Point2& p : Fine(place)) {
    const auto pixel = lens.Project({p.x, p.y, height_m});
    if (!pixel) {
      return std::nullopt;
    }
    outline.push_back({std::round(pixel->x() * 10) / 10, std::round(pixel->y() * 10) / 10});
  }
  return outline;
}

}  // namespace

std::string OutlinesToJson(const SiteConfig& config) {
  ordered_json list = ordered_json::array();
  for (const CameraConfig& camera : config.cameras) {
    for (const Place& place : camera.places) {
      if (place.units != PlaceUnits::kMetres || !camera.lens) {
        continue;
      }
      if (const auto points = OutlineOf(place, *camera.lens)) {
        list.push_back({{"camera", camera.name}, {"name", place.name}, {"points", *points}});
      }
    }
  }
  return list.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace tenjo
