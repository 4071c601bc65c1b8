#pragma once

#include <torch/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tenjo/dataset/identity_set.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/train/job/identity_loader.h"
#include "tenjo/train/job/metrics.h"
#include "tenjo/train/job/recipe.h"

namespace tenjo {

//! Cross entropy against labels of which `smoothing` is shared out among all classes (Szegedy et
//! al. 2016): logits N x classes, labels N; the mean over N.
torch::Tensor SmoothedCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                   double smoothing);

//! The batch-hard triplet loss (Hermans et al. 2017, arXiv:1703.07737) of embeddings of unit length
//! (N x numbers): for each picture the Euclidean distance to the farthest of the same person less
//! that to the nearest of another one, plus `margin`, where that is above 0; with margin 0 their
//! soft margin, log(1 + exp()). The mean over the pictures that have both.
torch::Tensor BatchHardTripletLoss(const torch::Tensor& embeddings, const torch::Tensor& labels,
                                   double margin);

//! The supervised contrastive loss (Khosla et al. 2020, arXiv:2004.11362, "out") of embeddings of
//! unit length (N x numbers): for each picture and each other of the same person, the cross entropy
//! of their cosine over `temperature` among those to all other pictures. The mean over pictures
//! that have another.
torch::Tensor ContrastiveLoss(const torch::Tensor& embeddings, const torch::Tensor& labels,
                              double temperature);

//! Answers of a classifier by cosines: `scale` times (the cosine of embedding (N x numbers) and
//! class (classes x numbers), less `margin` for the right class).
torch::Tensor CosineLogits(const torch::Tensor& embeddings, const torch::Tensor& classes,
                           const torch::Tensor& labels, double scale, double margin);

//! What is particular to learning who people are: the network, its batches and losses
//! (classification after batch norm, as BNNeck has it: Luo et al. 2019, arXiv:1903.07071; triplets
//! of what is compared when running), and how it is measured.
class AppearanceTask {
 public:
  //! Reads the sets; those of validation if `validates`.
  AppearanceTask(const Recipe& recipe, bool validates);

  //! The network that the recipe starts from.
  Network Start() const;
  void StartLoader(std::int64_t position, int rank, int world);
  IdentityLoader& loader() { return *loader_; }
  //! Gives the module the classifier's weights as a parameter, classifier/weight.
  void AddClassifier(NetworkModule* module, torch::Device device) const;

  struct Losses {
    torch::Tensor total;
    torch::Tensor classification;
    torch::Tensor triplet;
    torch::Tensor contrast;
  };
  //! The layers that losses are made of.
  std::vector<std::string> LayersAsked(const Network& network) const;
  Losses Compare(const std::map<std::string, torch::Tensor>& answers, NetworkModule* module,
                 const IdentityBatch& batch) const;

  bool validates() const { return !validation_.empty(); }
  //! Rank-1 and mAP of each validation set, across cameras and within them. Pictures that cannot be
  //! read are left out. Stops early, with nothing, when `*stop` is true.
  std::vector<ValidationMetrics> Validate(NetworkModule* network, torch::Device device,
                                          const std::atomic<bool>* stop) const;
  //! Some pictures, each with those that look most like it beside it.
  std::vector<std::pair<std::string, cv::Mat>> Samples(NetworkModule* network, torch::Device device,
                                                       int count) const;

 private:
  IdentityLoaderOptions LoaderOptionsOf(int rank, int world) const;
  //! Embeddings of a set's pictures, and the pictures; empty ones were not read.
  torch::Tensor Embed(const IdentitySet& set, NetworkModule* network, torch::Device device,
                      const std::atomic<bool>* stop, std::vector<cv::Mat>* pictures) const;

  const Recipe& recipe_;
  std::vector<IdentitySet> sets_;
  std::vector<IdentitySet> validation_;
  std::unique_ptr<IdentityLoader> loader_;
};

}  // namespace tenjo
