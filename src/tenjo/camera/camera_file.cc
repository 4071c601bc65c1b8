#include "tenjo/camera/camera_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string_view>
#include <vector>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using nlohmann::json;

constexpr double kDegree = std::numbers::pi / 180;
// In files pixels count from the corner of the first one, in the program from its middle.
constexpr double kCorner = 0.5;

constexpr std::array<std::pair<const char*, LensKind>, 4> kLenses = {
    {{"pinhole", LensKind::kPinhole},
     {"equidistant", LensKind::kEquidistant},
     {"equisolid", LensKind::kEquisolid},
     {"stereographic", LensKind::kStereographic}}};

constexpr std::array<std::string_view, 18> kFields = {"lens",
                                                      "width",
                                                      "height",
                                                      "fx",
                                                      "fy",
                                                      "cx",
                                                      "cy",
                                                      "distortion",
                                                      "fov",
                                                      "max_angle",
                                                      "world_from_camera",
                                                      "centre",
                                                      "height_m",
                                                      "tilt",
                                                      "pan",
                                                      "roll",
                                                      "name",
                                                      "comment"};

//! The fields of one camera, with errors that name them.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  bool Has(const char* name) const { return object_.contains(name); }

  const json& Need(const char* name) const {
    if (!Has(name)) {
      throw Error(fmt::format("it has no \"{}\"", name));
    }
    return object_.at(name);
  }

  double Number(const char* name) const { return Finite(Need(name), name); }
  double Number(const char* name, double otherwise) const {
    return Has(name) ? Number(name) : otherwise;
  }

  int Side(const char* name) const {
    const double value = Number(name);
    if (value != std::floor(value) || value < 1 || value > 32768) {
      throw Error(fmt::format("\"{}\" is {}: it must be a whole number of pixels from 1 to 32768",
                              name, value));
    }
    return static_cast<int>(value);
  }

  std::vector<double> Numbers(const json& list, const char* name, std::size_t least,
                              std::size_t most) const {
    if (!list.is_array() || list.size() < least || list.size() > most) {
      throw Error(fmt::format(
          "\"{}\" must be a list of {} numbers", name,
          least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most)));
    }
    std::vector<double> numbers;
    for (const json& value : list) {
      numbers.push_back(Finite(value, name));
    }
    return numbers;
  }

 private:
  static double Finite(const json& value, const char* name) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) {
      throw Error(fmt::format("\"{}\" must be a finite number", name));
    }
    return value.get<double>();
  }

  const json& object_;
};

LensKind KindOf(const json& word) {
  for (const auto& [name, kind] : kLenses) {
    if (word == name) {
      return kind;
    }
  }
  throw Error(R"("lens" must be "pinhole", "equidistant", "equisolid" or "stereographic")");
}

// Focal length in pixels of a lens that sees `fov` radians across `width` pixels.
double FocalOf(LensKind kind, double width, double fov) {
  const double half = fov / 2;
  switch (kind) {
    case LensKind::kPinhole:
      return width / 2 / std::tan(half);
    case LensKind::kEquisolid:
      return width / 2 / (2 * std::sin(half / 2));
    case LensKind::kStereographic:
      return width / 2 / (2 * std::tan(half / 2));
    default:
      return width / 2 / half;
  }
}

Lens LensOf(const Fields& fields) {
  Lens lens;
  lens.kind = KindOf(fields.Need("lens"));
  lens.width = fields.Side("width");
  lens.height = fields.Side("height");
  if (fields.Has("fov")) {
    if (fields.Has("fx") || fields.Has("fy")) {
      throw Error(R"(it has both "fov" and "fx" or "fy": one says the same as the other)");
    }
    const double fov = fields.Number("fov");
    const double most = lens.kind == LensKind::kPinhole ? 179 : 280;
    if (!(fov > 0 && fov <= most)) {
      throw Error(
          fmt::format("\"fov\" is {}: it must be above 0 and at most {} degrees", fov, most));
    }
    lens.fx = lens.fy = FocalOf(lens.kind, lens.width, fov * kDegree);
  } else {
    lens.fx = fields.Number("fx");
    lens.fy = fields.Number("fy", lens.fx);
  }
  lens.cx = fields.Number("cx", lens.width / 2.0) - kCorner;
  lens.cy = fields.Number("cy", lens.height / 2.0) - kCorner;
  if (fields.Has("distortion")) {
    const auto numbers = fields.Numbers(fields.Need("distortion"), "distortion", 0, 5);
    std::copy(numbers.begin(), numbers.end(), lens.distortion.begin());
  }
  lens.max_angle_rad = fields.Number("max_angle", 90) * kDegree;
  return lens;
}

Eigen::Quaterniond RotationOf(const Fields& fields) {
  if (!fields.Has("world_from_camera")) {
    return LookDown(fields.Number("pan", 0) * kDegree, fields.Number("tilt", 0) * kDegree,
                    fields.Number("roll", 0) * kDegree);
  }
  constexpr const char* kName = "world_from_camera";
  const json& rows = fields.Need(kName);
  if (!rows.is_array() || rows.size() != 3) {
    throw Error("\"world_from_camera\" must be three rows of three numbers");
  }
  Eigen::Matrix3d rotation;
  for (int r = 0; r < 3; ++r) {
    const auto row = fields.Numbers(rows[static_cast<std::size_t>(r)], kName, 3, 3);
    rotation.row(r) << row[0], row[1], row[2];
  }
  constexpr double kRounding = 1e-3;
  if (!((rotation * rotation.transpose() - Eigen::Matrix3d::Identity()).norm() < kRounding &&
        rotation.determinant() > 0)) {
    throw Error("\"world_from_camera\" is no rotation");
  }
  return Eigen::Quaterniond(rotation).normalized();
}

Camera CameraOf(const json& object) {
  if (!object.is_object()) {
    throw Error("it is no JSON object");
  }
  for (const auto& [key, value] : object.items()) {
    if (std::find(kFields.begin(), kFields.end(), key) == kFields.end()) {
      throw Error(fmt::format("it has an unknown field; known are {}", fmt::join(kFields, ", ")));
    }
  }
  const Fields fields(object);
  Camera camera;
  camera.lens = LensOf(fields);
  camera.world_from_camera = RotationOf(fields);
  if (fields.Has("centre")) {
    const auto centre = fields.Numbers(fields.Need("centre"), "centre", 3, 3);
    camera.centre = {centre[0], centre[1], centre[2]};
  } else {
    camera.centre = {0, 0, fields.Number("height_m")};
  }
  Validate(camera);
  return camera;
}

//! The one camera that a file speaks of.
const json& FindCamera(const json& file) {
  if (!file.is_object()) {
    return file;
  }
  if (file.contains("camera") && file.at("camera").is_object()) {
    return file.at("camera");
  }
  for (const char* list : {"images", "cameras"}) {
    if (!file.contains(list) || !file.at(list).is_array() || file.at(list).empty()) {
      continue;
    }
    const json* first = nullptr;
    for (const json& entry : file.at(list)) {
      if (!entry.is_object() || !entry.contains("camera")) {
        throw Error(fmt::format("not all of its {} have a camera", list));
      }
      if (first != nullptr && entry.at("camera") != *first) {
        throw Error(fmt::format("its {} have different cameras: give the file of one", list));
      }
      first = &entry.at("camera");
    }
    return *first;
  }
  return file;
}

}  // namespace

Camera ParseCamera(const std::string& text, const std::string& name) {
  try {
    return CameraOf(FindCamera(json::parse(text)));
  } catch (const json::exception&) {
    throw Error(fmt::format("{} is no camera file: it is not JSON", name));
  } catch (const Error& error) {
    throw Error(fmt::format("{} is no camera file: {}", name, error.what()));
  }
}

Camera ReadCameraFile(const std::filesystem::path& path) {
  return ParseCamera(ReadFile(path), path.string());
}

std::string FormatCamera(const Camera& camera) {
  const Lens& lens = camera.lens;
  const char* kind = kLenses[0].first;
  for (const auto& [name, value] : kLenses) {
    kind = value == lens.kind ? name : kind;
  }
  const Eigen::Matrix3d r = camera.world_from_camera.toRotationMatrix();
  std::string rows;
  for (int row = 0; row < 3; ++row) {
    rows += fmt::format("{}[{:.9f},{:.9f},{:.9f}]", row > 0 ? "," : "", r(row, 0), r(row, 1),
                        r(row, 2));
  }
  const Eigen::Vector3d& c = camera.centre;
  return fmt::format(
      R"({{"lens":"{}","width":{},"height":{},"fx":{:.6f},"fy":{:.6f},"cx":{:.6f},"cy":{:.6f},)"
      R"("distortion":[{:.9g}],"max_angle":{:.6f},"world_from_camera":[{}],)"
      R"("centre":[{:.6f},{:.6f},{:.6f}],"height_m":{:.6f},"tilt":{:.4f}}})"
      "\n",
      kind, lens.width, lens.height, lens.fx, lens.fy, lens.cx + kCorner, lens.cy + kCorner,
      fmt::join(lens.distortion, ","), lens.max_angle_rad / kDegree, rows, c.x(), c.y(), c.z(),
      c.z(), TiltDegrees(camera));
}

double TiltDegrees(const Camera& camera) {
  const Eigen::Vector3d axis = camera.world_from_camera * Eigen::Vector3d::UnitZ();
  return std::acos(std::clamp(-axis.z(), -1.0, 1.0)) / kDegree;
}

}  // namespace tenjo
