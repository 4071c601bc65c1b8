#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "tenjo/train/job/checkpoint.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

using NamedTensor = std::pair<std::string, torch::Tensor>;

//! A tensor as a checkpoint has it, and back; FromCheckpoint throws Error if type or shape differ.
CheckpointTensor ToCheckpoint(const std::string& name, const torch::Tensor& tensor);
void FromCheckpoint(const CheckpointTensor& from, torch::Tensor to);

//! Adam (Kingma and Ba 2015; weight decay is part of the gradient) and AdamW (Loshchilov and Hutter
//! 2019; weight decay apart from it). Its whole state can be saved.
class AdamOptimiser {
 public:
  //! Learns the parameters that require gradients. One-dimensional ones (biases, batch norm) do not
  //! decay.
  AdamOptimiser(const torch::nn::Module& module, const RecipeTrain& options);

  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  void ZeroGradients();
  //! Norm of all gradients together; they are scaled down to `clip` if that is above 0 and less.
  double ClipGradients(double clip);
  void Step(double rate);

  void Save(Checkpoint* checkpoint) const;
  void Load(const Checkpoint& checkpoint);

 private:
  std::vector<NamedTensor> parameters_;
  std::vector<torch::Tensor> first_;   // running means of the gradients ...
  std::vector<torch::Tensor> second_;  // ... and of their squares
  RecipeTrain options_;
  std::int64_t steps_ = 0;
};

//! Exponential moving average of a module's parameters and buffers, kept in a second module.
class WeightMean {
 public:
  //! With `decay` 0 the mean is always what was there last.
  WeightMean(const torch::nn::Module& source, const torch::nn::Module& mean, double decay);
  //! `steps` made so far: early on less of the old is kept.
  void Update(std::int64_t steps);

 private:
  std::vector<std::pair<torch::Tensor, torch::Tensor>> pairs_;
  double decay_;
};

//! All parameters and buffers, under a prefix.
void SaveModule(const torch::nn::Module& module, const std::string& prefix, Checkpoint* checkpoint);
void LoadModule(const torch::nn::Module& module, const std::string& prefix,
                const Checkpoint& checkpoint);

}  // namespace tenjo
