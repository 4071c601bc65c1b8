#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/infer/torch/network_module.h"
#include "tenjo/quantize/qdq.h"
#include "tenjo/quantize/ranges.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

//! Rounding in training as `tenjo quantize` rounds for good (Jacob et al. 2018): each filter by a
//! step of its own, tensors that convolutions read by one step each; gradients pass straight
//! through what is rounded and stop where it is cut off (Bengio et al. 2013).
//! Steps are learned with the weights, on a logarithmic scale (LSQ: Esser et al. 2020; Jain et al.
//! 2020); those of tensors may run after the largest values met instead (kRunning). Convolutions
//! that read joined channels have steps for each part, as FloatGraph takes them apart. The image's
//! own step is fixed.
class FakeQuantiser : public torch::nn::Module, public Rounding {
 public:
  //! `network` without batch norm. Steps are 1 until Begin or a checkpoint gives them.
  FakeQuantiser(const Network& network, const RecipeQuantize& options);

  //! Takes the steps of post-training quantisation.
  void Begin(const TrainedRounding& rounding);

  torch::Tensor RoundTensor(const std::string& layer, const torch::Tensor& value) override;
  torch::Tensor RoundWeight(const Layer& layer, const torch::Tensor& weight) override;

  //! What was learned, for WriteTrainedQdq.
  TrainedRounding Learned() const;

 private:
  struct Range {
    torch::Tensor log_step;   // one number
    torch::Tensor is_signed;  // 0 or 1
    bool learns = true;
  };

  struct Filters {
    torch::Tensor log_steps;  // one a filter
    int largest = 0;          // of the whole numbers
  };

  void Add(const Network& network, const std::string& name, const Layer& layer,
           const std::string& input, int channels);
  void AddRange(const Network& network, const std::string& input);
  torch::Tensor RoundFilters(const std::string& name, const torch::Tensor& weight) const;

  RecipeQuantize options_;
  std::map<std::string, Range> ranges_;     // by the layer that makes the tensor
  std::map<std::string, Filters> filters_;  // by rounded layer, or part of one
  std::map<std::string, std::vector<std::pair<std::string, int>>> parts_;  // with their channels
};

}  // namespace tenjo
