#pragma once

#include <filesystem>
#include <string>

#include "tenjo/camera/camera.h"

namespace tenjo {

//! Reads a camera file (docs/formats.md): a JSON object of lens, width, height, fx, fy, cx, cy,
//! distortion, max_angle (degrees), world_from_camera (3x3) and centre (metres), alone or as
//! "camera" of another object, as `tenjo synth` writes it. Throws Error that names the file.
Camera ReadCameraFile(const std::filesystem::path& path);

//! The same from text; `name` is for error messages.
Camera ParseCamera(const std::string& json, const std::string& name);

}  // namespace tenjo
