#include "tenjo/serve/calibration_request.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera_file.h"
#include "tenjo/serve/site_edit.h"

namespace tenjo {
namespace {

using nlohmann::json;

constexpr std::size_t kLeastPoints = 4;
constexpr std::size_t kMostPoints = 100;
constexpr double kUsualFov = 70;
constexpr double kUsualFisheyeFov = 160;

Eigen::Vector2d PointOf(const json& point, const char* key) {
  constexpr double kFar = 1e6;
  const bool good = point.is_object() && point.size() == 2 && point.contains(key) &&
                    point[key].is_array() && point[key].size() == 2 && point[key][0].is_number() &&
                    point[key][1].is_number();
  Eigen::Vector2d at =
      good ? Eigen::Vector2d(point[key][0].get<double>(), point[key][1].get<double>())
           : Eigen::Vector2d(NAN, NAN);
  if (!(at.cwiseAbs().maxCoeff() <= kFar)) {
    throw Error(R"(each point must be {"pixel": [x, y], "floor": [x, y]})");
  }
  return at;
}

std::vector<FloorMark> MarksOf(const json& body) {
  const auto found = body.find("points");
  if (found == body.end() || !found->is_array() || found->size() < kLeastPoints ||
      found->size() > kMostPoints) {
    throw Error(fmt::format("points must be a list of {} to {} points", kLeastPoints, kMostPoints));
  }
  std::vector<FloorMark> marks;
  for (const json& point : *found) {
    marks.push_back({PointOf(point, "pixel"), PointOf(point, "floor")});
  }
  return marks;
}

Lens LensOf(const std::string& kind, double fov, int width, int height) {
  return ParseCamera(fmt::format(R"({{"lens":"{}","width":{},"height":{},"fov":{},"height_m":1}})",
                                 kind, width, height, fov),
                     "lens")
      .lens;
}

}  // namespace

Calibration CalibrateFromRequest(const std::string& text, const std::optional<Lens>& known,
                                 int width, int height) {
  const json body = json::parse(text, nullptr, false);
  if (!body.is_object()) {
    throw Error("the body must be a JSON object with points");
  }
  for (const auto& [key, value] : body.items()) {
    if (key != "points" && key != "lens" && key != "fov") {
      throw Error(fmt::format("there is no \"{}\" in a calibration", key.substr(0, 40)));
    }
  }
  const std::vector<FloorMark> marks = MarksOf(body);
  if ((body.contains("lens") && !body["lens"].is_string()) ||
      (body.contains("fov") && !body["fov"].is_number())) {
    throw Error("lens must be the name of a kind of lens, fov a number of degrees");
  }
  const bool given = body.contains("lens") || body.contains("fov");
  try {
    if (!given && known && known->width == width && known->height == height) {
      return CalibrateFromFloor(*known, marks, false);
    }
    const std::string kind = body.value("lens", "pinhole");
    const double usual = kind == "pinhole" ? kUsualFov : kUsualFisheyeFov;
    const Lens lens = LensOf(kind, body.value("fov", usual), width, height);
    if (body.contains("fov")) {
      return CalibrateFromFloor(lens, marks, false);
    }
    Calibration found = CalibrateFromFloor(lens, marks, true);
    constexpr double kStraightDown = 10;  // degrees; there height and focal length look the same
    return TiltDegrees(found.camera) < kStraightDown ? CalibrateFromFloor(lens, marks, false)
                                                     : found;
  } catch (const Error& error) {
    throw EditRefused(error.what(), {{error.what(), {}, {}, 0}});
  }
}

}  // namespace tenjo
