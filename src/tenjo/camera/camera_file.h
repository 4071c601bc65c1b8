#pragma once

#include <filesystem>
#include <string>

#include "tenjo/camera/camera.h"

namespace tenjo {

//! Reads a camera file (docs/formats.md): a JSON object that says lens and place, alone or as
//! `tenjo synth` writes it: as "camera" of an image, in a set of images that all have the same, or
//! in the truth of a sequence with one camera. Throws Error that names the file and the field.
Camera ReadCameraFile(const std::filesystem::path& path);

//! The same from text; `name` is for error messages.
Camera ParseCamera(const std::string& json, const std::string& name);

//! The camera as the text of such a file, on one line.
std::string FormatCamera(const Camera& camera);

//! Degrees of the camera's axis from straight down.
double TiltDegrees(const Camera& camera);

}  // namespace tenjo
