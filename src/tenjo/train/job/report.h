#pragma once

#include <filesystem>
#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/train/job/metrics.h"

namespace tenjo {

//! What the page of a training shows.
struct TrainReport {
  std::string title;
  std::vector<std::pair<std::string, std::string>> facts;
  std::vector<StepMetrics> steps;
  std::vector<ValidationMetrics> validations;
  std::vector<std::pair<std::string, cv::Mat>> pictures;  //!< with what was found drawn in
  std::string recipe;
};

//! Writes the page as one HTML file, curves as SVG and pictures inside, atomically.
void WriteTrainReport(const TrainReport& report, const std::filesystem::path& path);

}  // namespace tenjo
