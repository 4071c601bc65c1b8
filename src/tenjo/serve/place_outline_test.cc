#include "tenjo/serve/place_outline.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tenjo {
namespace {

using nlohmann::json;

constexpr double kFocal = 200;
constexpr double kHeight_m = 4;

//! Straight down: the picture's up is world x, its right is -y.
CameraConfig Door() {
  CameraConfig door;
  door.name = "door";
  Camera lens;
  lens.lens = {.width = 640, .height = 480, .fx = kFocal, .fy = kFocal, .cx = 320, .cy = 240};
  lens.world_from_camera = LookDown(0, 0, 0);
  lens.centre = {1, 2, kHeight_m};
  door.lens = lens;
  return door;
}

Place OnFloor(PlaceKind kind, std::vector<Point2> points) {
  Place place;
  place.name = std::string(NameOf(kind));
  place.kind = kind;
  place.units = PlaceUnits::kMetres;
  place.points = std::move(points);
  return place;
}

TEST(PlaceOutline, IsWhereAPinholeSeesTheFloor) {
  SiteConfig config;
  config.cameras = {Door()};
  Place shelf = OnFloor(PlaceKind::kShelf, {{1, 2}, {2, 2}, {2, 3}});
  shelf.low_m = 1;
  shelf.high_m = 3;
  Place drawn = OnFloor(PlaceKind::kZone, {{0, 0}, {9, 0}, {9, 9}});
  drawn.units = PlaceUnits::kPixels;
  config.cameras[0].places = {OnFloor(PlaceKind::kZone, {{1, 2}, {3, 2}, {3, 4}}),
                              OnFloor(PlaceKind::kLine, {{1, 1}, {2, 1}}), shelf, drawn};
  const json outlines = json::parse(OutlinesToJson(config));
  ASSERT_EQ(outlines.size(), 3U);
  EXPECT_EQ(outlines[0]["camera"], "door");
  EXPECT_EQ(outlines[0]["name"], "zone");
  const double scale = kFocal / kHeight_m;
  ASSERT_EQ(outlines[0]["points"].size(), 24U);
  EXPECT_EQ(outlines[0]["points"][0], (json{320.0, 240.0}));
  EXPECT_EQ(outlines[0]["points"][4], (json{320.0, 240.0 - scale})) << "half-way along an edge";
  EXPECT_EQ(outlines[0]["points"][16], (json{320.0 - 2 * scale, 240.0 - 2 * scale}));
  EXPECT_EQ(outlines[1]["points"], (json{{320.0 + scale, 240.0}, {320.0 + scale, 240.0 - scale}}));
  // Half as far below the camera everything is twice as large.
  EXPECT_EQ(outlines[2]["points"][8], (json{320.0, 240.0 - 2 * scale}));
}

TEST(PlaceOutline, WhatTheLensDoesNotSeeIsLeftOut) {
  SiteConfig config;
  config.cameras = {Door()};
  Place above = OnFloor(PlaceKind::kShelf, {{1, 2}, {2, 2}, {2, 3}});
  above.low_m = 5;
  above.high_m = 6;
  config.cameras[0].places = {above};
  EXPECT_EQ(OutlinesToJson(config), "[]");
  config.cameras[0].lens.reset();
  EXPECT_EQ(OutlinesToJson(config), "[]");
}

}  // namespace
}  // namespace tenjo
