#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tenjo/testing/errors.h"
#include "tenjo/video/source.h"

// Reading of files and folders in the tests of sources.
namespace tenjo::testing {

using ChangeOptions = std::function<void(SourceOptions&)>;

inline std::unique_ptr<VideoSource> Open(const std::filesystem::path& path,
                                         const ChangeOptions& change = {}) {
  SourceOptions options;
  options.input = path.string();
  if (change) {
    change(options);
  }
  return VideoSource::Create(options);
}

//! Frames to the end, at most so many.
inline std::vector<Frame> ReadAll(VideoSource& source, std::size_t most = 5000) {
  std::vector<Frame> frames;
  Frame frame;
  while (frames.size() < most && source.Read(frame)) {
    frames.push_back(frame);
    frame = Frame();
  }
  return frames;
}

//! What opening and reading to the end throws.
inline std::string ErrorOf(const std::filesystem::path& path, const ChangeOptions& change = {}) {
  return MessageOf([&] { ReadAll(*Open(path, change)); });
}

}  // namespace tenjo::testing
