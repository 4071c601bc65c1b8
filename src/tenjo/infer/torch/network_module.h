#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/model/network.h"

namespace tenjo {

//! Lets the process keep freed memory in the place of giving every large block back to the system,
//! which would clear it anew for each layer's output. To be called once, before training.
void KeepMemory();

//! Threads that LibTorch computes with from now on, BLAS included: OpenBLAS has threads of its own,
//! which LibTorch does not count. For the calling thread's work.
void SetTorchThreads(int threads);

//! A copy of the values.
torch::Tensor ToTorch(const Tensor& tensor);
//! Places of channels, as index_select takes them.
torch::Tensor ToTorch(const std::vector<int>& places);
//! In place.
torch::Tensor Activate(Activation activation, torch::Tensor value);
//! A layer that has no weights.
torch::Tensor RunWithoutWeights(const Layer& layer, const std::vector<torch::Tensor>& inputs);

//! What training in 8 bits puts in the place of tensors and weights (train/fake_quantiser.h).
class Rounding {
 public:
  virtual ~Rounding() = default;
  //! Of what the layer (or kImage) gives, before other layers read it. Outputs stay as they are.
  virtual torch::Tensor RoundTensor(const std::string& layer, const torch::Tensor& value) = 0;
  virtual torch::Tensor RoundWeight(const Layer& layer, const torch::Tensor& weight) = 0;
};

//! A Network as a LibTorch module that can be run, trained and written back.
//! Parameters and buffers are named as the network's weights are (the running mean and variance of
//! batch norm are buffers); train() and eval() choose what batch norm goes by.
class NetworkModule : public torch::nn::Module {
 public:
  //! Throws Error if the network does not hold together (CheckNetwork).
  explicit NetworkModule(const Network& network);

  //! Answers by role, one tensor a stage, first guess first: "heatmaps", "pafs" (N x planes x h x
  //! w), "centres", "boxes", "embedding" (N x numbers) where the network has them.
  //! `images`: N x 3 x H x W, either 8-bit BGR, which are put into the network's colour order and
  //! normalised, or floating point, which are taken as they are.
  //! Without `roles` all of them; layers that only other roles need are not computed. `layers`, if
  //! given, asks by its keys for what layers give as well, and gets it.
  std::map<std::string, std::vector<torch::Tensor>> forward(
      const torch::Tensor& images, const std::set<std::string>& roles = {},
      std::map<std::string, torch::Tensor>* layers = nullptr);
  //! The same of layers instead of outputs, by name.
  std::map<std::string, torch::Tensor> ForwardTo(const torch::Tensor& images,
                                                 const std::vector<std::string>& layers);

  //! 8-bit BGR images as the network is fed: colour order, mean, scale.
  torch::Tensor Normalise(const torch::Tensor& images) const;

  //! Stops the learning of all layers whose name begins with `prefix` (their batch norm keeps its
  //! mean and variance); returns how many there are.
  int Freeze(const std::string& prefix);
  //! The same for one convolution.
  void FreezeLayer(const std::string& name);
  //! True if a layer that `role` depends on learns.
  bool Learns(const std::string& role) const;
  //! Lays weights and activations out as NHWC, which is faster in training on a CPU.
  void UseChannelsLast();

  //! Batch norm in training, in the place of LibTorch's: scales and shifts `input` by its own
  //! statistics and moves `mean` and `variance` towards them (as several processes together do).
  using BatchNorm = std::function<torch::Tensor(
      const torch::Tensor& input, const torch::Tensor& scale, const torch::Tensor& shift,
      torch::Tensor mean, torch::Tensor variance, double momentum)>;
  void SetTrainingBatchNorm(BatchNorm batch_norm) { training_batch_norm_ = std::move(batch_norm); }

  //! Layers round what they read and their weights from now on; nullptr: no more.
  void SetRounding(std::shared_ptr<Rounding> rounding) { rounding_ = std::move(rounding); }

  //! The weights as they are now put into a network of the same layers, and taken from one.
  void ToNetwork(Network* network) const;
  void FromNetwork(const Network& network);

  //! Layers, outputs and facts; the weights in it are not kept up to date.
  const Network& network() const { return network_; }

  //! Mean and variance of each channel that convolutions give on `images` before their bias, for
  //! InsertBatchNorm.
  std::map<std::string, ChannelMoments> Moments(const torch::Tensor& images,
                                                const std::vector<std::string>& layers);

 private:
  struct Parts {
    torch::Tensor weight;
    torch::Tensor bias;
    torch::Tensor scale;
    torch::Tensor shift;
    torch::Tensor mean;
    torch::Tensor variance;
    bool frozen = false;
    torch::Tensor folded_weight;  // of frozen layers: with batch norm in, once asked for
    torch::Tensor folded_bias;
  };

  void CopyWeights(const Network& network);
  torch::Tensor Run(const Layer& layer, const std::vector<torch::Tensor>& inputs);
  torch::Tensor Convolve(const Layer& layer, const torch::Tensor& input);
  torch::Tensor ConvolveBy(const Layer& layer, const torch::Tensor& input,
                           const torch::Tensor& weight, const torch::Tensor& bias) const;
  torch::Tensor ConvolveFrozen(const Layer& layer, const torch::Tensor& input);
  // Which layers the wanted ones need, by their places.
  std::vector<bool> NeededFor(const std::vector<std::string>& wanted) const;
  std::map<std::string, torch::Tensor> RunAll(const torch::Tensor& images,
                                              const std::vector<std::string>& wanted);

  Network network_;
  std::map<std::string, Parts> parts_;
  bool channels_last_ = false;
  BatchNorm training_batch_norm_;
  std::shared_ptr<Rounding> rounding_;
};

}  // namespace tenjo
