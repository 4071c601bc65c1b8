#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/dataset/loader.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/train/job/metrics.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

//! One set that a training is measured on: its first pictures, whole, scaled to one height.
class Validation {
 public:
  //! Throws Error if the set cannot be read.
  Validation(const RecipeData& data, const Recipe& recipe);

  //! Loss (mean over pictures, of the last stage and of person heads) and average precision of
  //! keypoints and, with person heads, of boxes: rotated if the set has rotated ones, else upright.
  //! Pictures that cannot be read are left out. Stops early, with what it has, when
  //! `*stop` is true.
  ValidationMetrics Run(NetworkModule* network, torch::Device device,
                        const std::atomic<bool>* stop);
  //! Some pictures with the people that the network finds drawn in.
  std::vector<std::pair<std::string, cv::Mat>> Samples(NetworkModule* network, torch::Device device,
                                                       int count);

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
