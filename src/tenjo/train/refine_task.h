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
#include "tenjo/train/validation.h"

namespace tenjo {

//! The network that a recipe of the task refine starts from: a new one, whose base has the weights
//! of `network.start` where that is given. Throws Error if none of its layers fits.
Network StartRefineNetwork(const Recipe& recipe);

//! The losses of the output "points" (N x 354 x h x w) against the loader's points (N x 64).
struct PointLosses {
  //! Cross entropy of each known point's likelihood against a Gaussian about its place (deviation
  //! 0.8 finer pixels); hidden keypoints count half. The mean over points.
  torch::Tensor places;
  //! Cross entropy of each keypoint being seen: at its place, of those not in the crop on the whole
  //! map.
  torch::Tensor seen;
  torch::Tensor person;  //!< cross entropy of being a person
};
PointLosses LossesOfPoints(const torch::Tensor& answer, const torch::Tensor& numbers, int stride);

//! One set's people, each cut out as wrongly as a detector would, always in the same way: OKS of
//! seen keypoints and IoU of boxes.
class RefineValidation : public Validator {
 public:
  //! Throws Error if the set cannot be read.
  RefineValidation(const RecipeData& data, const Recipe& recipe);

  //! ap, ap50, box_ap and box_ap50: shares of the people whose OKS or IoU is at least 0.5, 0.55 ...
  //! 0.95, and at least 0.5.
  ValidationMetrics Run(NetworkModule* network, torch::Device device,
                        const std::atomic<bool>* stop) override;
  //! Some crops with the points found.
  std::vector<std::pair<std::string, cv::Mat>> Samples(NetworkModule* network, torch::Device device,
                                                       int count) override;

 private:
  struct Sample;
  //! False for a picture that cannot be read or shows nobody.
  bool Make(std::size_t number, Sample* sample);

  DataSource source_;
  LoaderOptions options_;
  std::size_t images_;
};

}  // namespace tenjo
