#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tenjo/base/stopwatch.h"
#include "tenjo/dataset/loader.h"
#include "tenjo/infer/torch/network_module.h"
#include "tenjo/train/appearance_task.h"
#include "tenjo/train/fake_quantiser.h"
#include "tenjo/train/hints.h"
#include "tenjo/train/job/checkpoint.h"
#include "tenjo/train/job/metrics.h"
#include "tenjo/train/optimiser.h"
#include "tenjo/train/process_group.h"
#include "tenjo/train/train.h"
#include "tenjo/train/validation.h"

namespace tenjo {

//! The losses of one step, on the device: the sum that is minimised, and its parts by stage.
struct StageLosses {
  torch::Tensor total;  //!< undefined if nothing is learned
  std::vector<torch::Tensor> heatmaps;
  std::vector<torch::Tensor> pafs;
  torch::Tensor centres;  //!< of person heads, or undefined
  torch::Tensor boxes;
  torch::Tensor hints;                //!< of layers, or undefined
  std::vector<torch::Tensor> others;  //!< of tasks other than poses

  //! The total, then the parts.
  std::vector<double> Values() const;
};

//! What a network should answer.
struct Targets {
  torch::Tensor heatmaps;          //!< N x 19 x h x w; undefined if poses are not learned
  torch::Tensor pafs;              //!< N x 38 x h x w
  torch::Tensor mask;              //!< N x 1 x h x w, 1 where the labels count
  torch::Tensor teacher_heatmaps;  //!< of the teacher, or undefined
  torch::Tensor teacher_pafs;
  torch::Tensor taught;  //!< N x 1 x 1 x 1, 1 where the teacher has a say; with a teacher only
  torch::Tensor people;  //!< N x 10 x h x w (pose/person_encoder.h), or undefined
  torch::Tensor points;  //!< N x 64 (dataset/loader.h), or undefined
};

//! Sum over planes and pixels of half the squared error where the mask is 1, for every stage,
//! divided by the number of pictures (Osokin 2018). With a teacher its answers share the weight
//! with the labels, and have all of it where there are none, of pictures that it has a say in.
StageLosses PoseLosses(const std::map<std::string, std::vector<torch::Tensor>>& answers,
                       const Targets& targets, const RecipeTrain& train, double teacher_weight);

//! Adds the losses of person heads to them.
void AddPersonLosses(const std::map<std::string, std::vector<torch::Tensor>>& answers,
                     const Targets& targets, const RecipeTrain& train, StageLosses* losses);

//! The network that a recipe starts from. `narrow` cuts it to the recipe's share of channels; left
//! out, by its weights alone (NarrowNetwork).
Network StartNetwork(const Recipe& recipe,
                     const std::function<Network(const Network&)>& narrow = {});

//! One training, from its start or from a checkpoint to its end.
class Trainer {
 public:
  explicit Trainer(const TrainJob& job);
  ~Trainer();
  TrainResult Run();

 private:
  void PrepareFolder();
  void BuildNetworks();
  //! What of the start needs pictures: fewer channels, batch norm, 8 bits.
  void MeasureStart(const std::optional<Checkpoint>& checkpoint);
  //! The start cut as it was for a checkpoint, or as pictures say.
  Network Narrow(const Network& start, Loader* measuring);
  //! The network and its rounding as post-training quantisation makes them on the training's first
  //! batches.
  void QuantiseStart(Loader* measuring);
  //! Both modules round from now on.
  void StartRounding();
  //! What all processes go on from: what the first one finds, as only its machine may have any.
  std::optional<Checkpoint> FindCheckpoint();
  void Resume(const Checkpoint& checkpoint);
  void BuildModules();
  void FreezeLayers();
  LoaderOptions Options() const;
  void StartLoader(const std::optional<Checkpoint>& checkpoint);

  //! The same noise again and again.
  const Batch& RandomBatch();
  //! One step; false if a process of the group was asked to stop.
  bool Step();
  Targets MakeTargets(const Batch& batch, const torch::Tensor& images);
  void AskTeacher(const torch::Tensor& images, Targets* targets);
  StageLosses Forward(const torch::Tensor& images, const Targets& targets);
  //! The losses of a batch of people, of the task appearance.
  StageLosses Compare(const torch::Tensor& images, const IdentityBatch& batch);
  //! The batch that Step learns from.
  const Batch& NextBatch();
  double waited_s() const;
  std::int64_t broken_pictures() const;
  bool validates() const;
  void ShareGradients(std::vector<double>* values);
  [[noreturn]] void FailLoss(const Batch& batch, const char* what);
  void AfterStep();
  void Log();
  void Validate();
  void Save();
  void Export(const std::filesystem::path& path);
  void Report(const TrainResult& result);
  bool first() const { return group_->rank() == 0; }

  const TrainJob& job_;
  const RecipeTrain& options_;
  std::unique_ptr<ProcessGroup> group_;
  torch::Device device_;
  TrainPrecision precision_ = TrainPrecision::kFp32;
  Network network_;
  std::shared_ptr<NetworkModule> module_;
  std::shared_ptr<NetworkModule> mean_;  // what is validated and exported
  std::shared_ptr<NetworkModule> teacher_;
  std::unique_ptr<Hints> hints_;
  KeptChannels kept_;  // of the recipe's start, where it was cut on pictures
  std::shared_ptr<FakeQuantiser> mean_quantiser_;  // of mean_, where training is in 8 bits
  std::optional<TrainedRounding> start_rounding_;  // unless a checkpoint has it
  std::unique_ptr<AdamOptimiser> optimiser_;
  std::unique_ptr<WeightMean> weight_mean_;
  std::vector<DataSource> sources_;
  std::unique_ptr<Loader> loader_;
  std::unique_ptr<AppearanceTask> appearance_;  // in the place of the loader, of that task
  Batch random_batch_;
  std::vector<std::unique_ptr<Validator>> validations_;
  std::unique_ptr<MetricsLog> metrics_;

  bool learns_poses_ = true;    // heatmaps and pafs depend on what learns ...
  bool learns_people_ = false;  // ... and so do centres and boxes
  bool learns_points_ = false;  // of the task refine
  std::size_t stages_ = 0;      // of losses

  std::int64_t step_ = 0;
  std::int64_t best_step_ = -1;
  double best_score_ = 0;
  double best_loss_ = 0;       // of the step with the best score
  double loss_scale_ = 65536;  // of fp16
  std::int64_t good_steps_ = 0;
  std::int64_t saved_step_ = -1;

  // Since the last line of metrics.
  std::vector<double> sums_;
  std::int64_t summed_ = 0;
  Stopwatch since_log_;
  double waited_before_s_ = 0;
  std::int64_t images_here_ = 0;  // since this process started
};

}  // namespace tenjo
