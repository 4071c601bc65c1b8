#pragma once

#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace tenjo::testing {

struct MadeVideo {
  cv::Size size = {160, 120};
  double fps = 10;
  int frames = 30;
  std::string fourcc = "mp4v";  //!< "avc1" for H.264
};

//! An image that carries a number (0 to 4095) as stripes that survive compression.
cv::Mat MarkedImage(int number, cv::Size size);
//! The number in an image of MarkedImage.
int ReadMark(const cv::Mat& image);

//! A video whose frames are MarkedImage(0), MarkedImage(1), ...
void MakeVideo(const std::filesystem::path& path, const MadeVideo& video = {});

//! Whether the ffmpeg program is there.
bool HaveFfmpeg();
//! ffmpeg -y ARGUMENTS, silent. Throws std::runtime_error if it fails.
void Ffmpeg(std::vector<std::string> arguments);

//! Keeps the first `bytes` of a file.
void CopyStart(const std::filesystem::path& from, const std::filesystem::path& to,
               std::uintmax_t bytes);

}  // namespace tenjo::testing

//! Ends a test, with a line that says so, where the ffmpeg program is absent.
#define TENJO_NEEDS_FFMPEG()                    \
  if (!::tenjo::testing::HaveFfmpeg()) {        \
    GTEST_SKIP() << "needs the program ffmpeg"; \
  }
