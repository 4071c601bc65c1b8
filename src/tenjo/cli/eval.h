#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/evaluate/coco.h"

namespace tenjo::cli {

void AddEvalPose(CLI::App& eval);
void AddEvalTrack(CLI::App& eval);

//! "15-60" as least and most, "15-" and "-60" open at an end. `option` is named in errors.
std::pair<double, double> ParseRange(const std::string& text, const char* option);

//! Which images of a truth are looked at.
struct ImageFilter {
  std::string list;
  std::string lens;
  std::string tilt;
  std::string camera_height;
};
void AddImageFilter(CLI::App& command, ImageFilter& filter);
//! Throws Error if no image is left.
CocoTruth FilterImages(CocoTruth truth, const ImageFilter& filter, const std::string& name);

//! Where the truth's files are: `given`, or the truth's own folder.
std::filesystem::path ImageFolder(const std::string& given, const std::filesystem::path& truth);
//! The file of an image, in `folder` or its folder images, by its whole name or the last part of
//! it; empty if there is none.
std::filesystem::path ImageFile(const CocoImage& image, const std::filesystem::path& folder);

//! Refuses outputs that would overwrite an input.
void CheckOutputs(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

}  // namespace tenjo::cli
