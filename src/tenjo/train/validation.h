#pragma once

#include <torch/types.h>

#include <atomic>
#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/dataset/loader.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/train/job/metrics.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

//! One set that a training is measured on.
class Validator {
 public:
  Validator() = default;
  Validator(const Validator&) = delete;
  Validator& operator=(const Validator&) = delete;
  virtual ~Validator() = default;

  //! Stops early, with what it has, when `*stop` is true.
  virtual ValidationMetrics Run(NetworkModule* network, torch::Device device,
                                const std::atomic<bool>* stop) = 0;
  //! Some pictures with what the network finds drawn in.
  virtual std::vector<std::pair<std::string, cv::Mat>> Samples(NetworkModule* network,
                                                               torch::Device device, int count) = 0;
};

//! The first pictures of a set, whole, scaled to one height.
class Validation : public Validator {
 public:
  //! Throws Error if the set cannot be read.
  Validation(const RecipeData& data, const Recipe& recipe);

  //! Loss (mean over pictures, of the last stage and of person heads) and average precision of
  //! keypoints and, with person heads, of boxes: rotated if the set has rotated ones, else upright.
  //! Pictures that cannot be read are left out.
  ValidationMetrics Run(NetworkModule* network, torch::Device device,
                        const std::atomic<bool>* stop) override;
  std::vector<std::pair<std::string, cv::Mat>> Samples(NetworkModule* network, torch::Device device,
                                                       int count) override;

 private:
  struct Answer;
  static void ToPicture(const Placement& placement, Answer* answer);
  Answer Ask(std::size_t number, NetworkModule* network, torch::Device device);

  DataSource source_;
  RecipeTrain train_;
  LoaderOptions options_;
  int height_;
  std::size_t images_;
};

}  // namespace tenjo
