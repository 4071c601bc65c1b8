#pragma once

#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>

namespace tenjo {

//! An image file as 8-bit BGR, turned as its EXIF data say. Empty if it cannot be read whole; then
//! `why` is set to a few words.
cv::Mat DecodeImageFile(const std::filesystem::path& path, std::string& why);

}  // namespace tenjo
