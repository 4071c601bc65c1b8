#include "tenjo/camera/camera_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numbers>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using nlohmann::json;

LensKind LensOf(const std::string& word) {
  if (word == "pinhole") {
    return LensKind::kPinhole;
  }
  if (word == "equidistant") {
    return LensKind::kEquidistant;
  }
  if (word == "equisolid") {
    return LensKind::kEquisolid;
  }
  if (word == "stereographic") {
    return LensKind::kStereographic;
  }
  throw Error(fmt::format(
      "lens is \"{}\": it must be pinhole, equidistant, equisolid or stereographic", word));
}

Lens LensOf(const json& camera) {
  Lens lens;
  lens.kind = LensOf(camera.at("lens").get<std::string>());
  lens.width = camera.at("width").get<int>();
  lens.height = camera.at("height").get<int>();
  lens.fx = camera.at("fx").get<double>();
  lens.fy = camera.at("fy").get<double>();
  lens.cx = camera.at("cx").get<double>();
  lens.cy = camera.at("cy").get<double>();
  if (camera.contains("distortion")) {
    const auto k = camera.at("distortion").get<std::vector<double>>();
    if (k.size() > lens.distortion.size()) {
      throw Error("distortion has more than 5 numbers");
    }
    std::copy(k.begin(), k.end(), lens.distortion.begin());
  }
  if (camera.contains("max_angle")) {
    lens.max_angle_rad = camera.at("max_angle").get<double>() * std::numbers::pi / 180;
  }
  return lens;
}

Camera CameraOf(const json& object) {
  const json& camera = object.contains("camera") ? object.at("camera") : object;
  Camera result;
  result.lens = LensOf(camera);
  const auto rows = camera.at("world_from_camera").get<std::vector<std::vector<double>>>();
  Eigen::Matrix3d rotation;
  for (std::size_t r = 0; r < 3; ++r) {
    if (rows.size() != 3 || rows[r].size() != 3) {
      throw Error("world_from_camera must be three rows of three numbers");
    }
    for (std::size_t c = 0; c < 3; ++c) {
      rotation(static_cast<int>(r), static_cast<int>(c)) = rows[r][c];
    }
  }
  constexpr double kRounding = 1e-3;
  if (!((rotation * rotation.transpose() - Eigen::Matrix3d::Identity()).norm() < kRounding &&
        rotation.determinant() > 0)) {
    throw Error("world_from_camera is no rotation");
  }
  result.world_from_camera = Eigen::Quaterniond(rotation).normalized();
  const auto centre = camera.at("centre").get<std::vector<double>>();
  if (centre.size() != 3) {
    throw Error("centre must be three numbers, metres");
  }
  result.centre = {centre[0], centre[1], centre[2]};
  Validate(result);
  return result;
}

}  // namespace

Camera ParseCamera(const std::string& text, const std::string& name) {
  try {
    return CameraOf(json::parse(text));
  } catch (const json::exception& error) {
    throw Error(fmt::format("{} is no camera file: {}", name, error.what()));
  } catch (const Error& error) {
    throw Error(fmt::format("{} is no camera file: {}", name, error.what()));
  }
}

Camera ReadCameraFile(const std::filesystem::path& path) {
  return ParseCamera(ReadFile(path), path.string());
}

}  // namespace tenjo
