#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tenjo {

//! Means over the steps since the line before.
struct StepMetrics {
  std::int64_t step = 0;  //!< steps made so far
  double loss = 0;
  std::vector<double> heatmaps;  //!< losses by stage
  std::vector<double> pafs;
  double centres = -1;  //!< losses of person heads; -1: none
  double boxes = -1;
  double hints = -1;  //!< loss of layers against those of the network that was cut; -1: none
  double classification = -1;  //!< losses of appearance networks; -1: of another one
  double triplet = -1;
  double contrast = -1;
  double places = -1;  //!< losses of refining networks; -1: of another one
  double seen = -1;
  double person = -1;
  double rate = 0;
  double gradient_norm = 0;
  double images_per_s = 0;
  double waited = 0;  //!< share of the time that the network waited for the loader
};

struct ValidationMetrics {
  std::int64_t step = 0;
  std::string set;
  double loss = 0;
  double ap = -1;  //!< average precision (of keypoints, of finding a person); -1: not measured
  double ap50 = -1;
  double box_ap = -1;  //!< of the person heads' boxes: rotated where the set has rotated boxes
  double box_ap50 = -1;
  double rank1 = -1;         //!< across cameras; -1: of another network
  double rank1_within = -1;  //!< within a camera
  int images = 0;
  bool best = false;
};

//! metrics.jsonl: a line each, in order, readable while training goes on.
class MetricsLog {
 public:
  //! Keeps the lines of an earlier run up to and with `step`; begins anew at step 0. Empty path:
  //! nothing is written.
  MetricsLog(const std::filesystem::path& path, std::int64_t step);
  ~MetricsLog();
  MetricsLog(const MetricsLog&) = delete;
  MetricsLog& operator=(const MetricsLog&) = delete;

  void Add(const StepMetrics& metrics);
  void Add(const ValidationMetrics& metrics);

  const std::vector<StepMetrics>& steps() const { return steps_; }
  const std::vector<ValidationMetrics>& validations() const { return validations_; }

 private:
  void Write(const std::string& line);

  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  std::vector<StepMetrics> steps_;
  std::vector<ValidationMetrics> validations_;
};

}  // namespace tenjo
