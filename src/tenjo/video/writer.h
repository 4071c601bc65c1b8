#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core/mat.hpp>

namespace tenjo {

//! Writes an .mp4. The file appears under its name when Finish succeeds, and not before; without
//! Finish nothing is left. H.264 where this machine's FFmpeg can encode it, else MPEG-4 part 2.
class VideoWriter {
 public:
  //! `fps` that is no frame rate (0, not a number, infinite) counts as 25, and is kept within 0.1
  //! and 240. Throws Error if the name does not end in .mp4 or the file cannot be written.
  static std::unique_ptr<VideoWriter> Create(const std::filesystem::path& path, double fps);
  virtual ~VideoWriter() = default;

  //! 8-bit BGR (grey and BGRA are taken too); the first image sets the size, a black column or row
  //! making it even, others are letterboxed into it. Throws Error if the disk is full.
  virtual void Write(const cv::Mat& image) = 0;
  //! Throws Error if the file is not whole, as on a full disk. Without any image no file is made.
  virtual void Finish() = 0;
};

}  // namespace tenjo
