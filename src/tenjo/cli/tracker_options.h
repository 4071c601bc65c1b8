#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/track/tracker.h"

namespace tenjo::cli {

//! What `tenjo run` and `tenjo track` ask of a tracker alike. Each parameter keeps its tracker's
//! default where it is not given.
struct TrackerArguments {
  std::string tracker;
  std::string associate = "image";
  std::string camera_file;
  TrackerOptions given;  //!< what was given, beside defaults that are not to be used
};

//! `extra`: names beside those of the trackers ("auto", "none").
void AddTrackerOptions(CLI::App& command, const std::shared_ptr<TrackerArguments>& arguments,
                       const std::vector<std::string>& extra);

//! The camera of --camera-file, null without it.
std::shared_ptr<const Camera> ReadCameraOption(const TrackerArguments& arguments);

//! The options of `tracker`, by default its own but for sort's max_age. Throws CLI::Error for a
//! parameter that this tracker does not have.
TrackerOptions MakeTrackerOptions(const CLI::App& command, const TrackerArguments& arguments,
                                  const std::string& tracker, int sort_max_age,
                                  std::shared_ptr<const Camera> camera);

//! A correction as one line of JSON (docs/formats.md); frames are counted from `first_frame`.
std::string CorrectionLine(const Correction& correction, std::int64_t frame,
                           std::int64_t first_frame);

}  // namespace tenjo::cli
