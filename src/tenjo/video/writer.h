#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>

namespace tenjo {

//! Writes an .mp4. The file appears under its name when Finish succeeds, and not before.
class VideoWriter {
 public:
  //! Throws Error if the file cannot be written.
  static std::unique_ptr<VideoWriter> Create(const std::filesystem::path& path, double fps);
  virtual ~VideoWriter() = default;

  //! 8-bit BGR; the first image sets the size, others are letterboxed into it.
  virtual void Write(const cv::Mat& image) = 0;
  virtual void Finish() = 0;
};

}  // namespace tenjo
