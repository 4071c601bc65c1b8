#pragma once

#include <torch/nn/module.h>

#include <map>
#include <string>
#include <vector>

#include "tenjo/infer/torch/network_module.h"
#include "tenjo/quantize/qdq.h"
#include "tenjo/quantize/ranges.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

//! Rounding in training as `tenjo quantize` rounds for good (Jacob et al. 2018): filters by their
//! largest weight, tensors that convolutions read by one step each; gradients pass straight through
//! what is rounded and stop where it is cut off (Bengio et al. 2013).
//! Steps of tensors are learned with the weights, on a logarithmic scale (LSQ: Esser et al. 2020;
//! Jain et al. 2020), or run after the largest values met (kRunning). Convolutions that read joined
//! channels stay in FP32, as ReadsJoined says. The image's own step is fixed.
class FakeQuantiser : public torch::nn::Module, public Rounding {
 public:
  //! `network` without batch norm. Steps are 1 until Calibrate or a checkpoint gives them.
  FakeQuantiser(const Network& network, const RecipeQuantize& options);

  //! Ranges of least squared error on what `module`, which this belongs to or not, makes of batches
  //! of images.
  void Calibrate(NetworkModule* module, const std::vector<torch::Tensor>& images);

  torch::Tensor RoundTensor(const std::string& layer, const torch::Tensor& value) override;
  torch::Tensor RoundWeight(const Layer& layer, const torch::Tensor& weight) override;

  //! What was learned, for WriteTrainedQdq.
  TrainedRanges Ranges() const;

 private:
  struct Range {
    torch::Tensor log_step;   // one number
    torch::Tensor is_signed;  // 0 or 1
    bool learns = true;
  };

  RecipeQuantize options_;
  std::map<std::string, Range> ranges_;  // by the layer that makes the tensor
  std::map<std::string, int> weights_;   // largest whole number of a rounded layer
};

}  // namespace tenjo
