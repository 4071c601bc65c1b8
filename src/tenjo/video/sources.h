#pragma once

// The kinds of VideoSource, for VideoSource::Create to choose from.

#include <filesystem>
#include <memory>
#include <vector>

#include "tenjo/video/source.h"

namespace tenjo {

std::unique_ptr<VideoSource> OpenVideoFile(const SourceOptions& options);

//! `files` is what a folder or glob holds, in order and not empty.
std::unique_ptr<VideoSource> OpenImages(const SourceOptions& options,
                                        std::vector<std::filesystem::path> files);

//! RTSP, with the address as the input.
std::unique_ptr<VideoSource> OpenRtsp(const SourceOptions& options);

//! V4L2, with the path of the device as the input.
std::unique_ptr<VideoSource> OpenDevice(const SourceOptions& options);

//! Whether somebody asked to end.
inline bool Stopped(const SourceOptions& options) {
  return options.stop != nullptr && options.stop->load();
}

}  // namespace tenjo
