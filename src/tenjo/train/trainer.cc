#include "tenjo/train/trainer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/core/utility.hpp>
#include <optional>
#include <set>
#include <thread>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/progress.h"
#include "tenjo/base/text.h"
#include "tenjo/infer/choose_network.h"
#include "tenjo/infer/torch/autocast.h"
#include "tenjo/model/narrow.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/pose/openpose18.h"
#include "tenjo/pose/person_encoder.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/quantize/training_start.h"
#include "tenjo/train/job/report.h"
#include "tenjo/train/narrow_on_pictures.h"
#include "tenjo/train/person_losses.h"
#include "tenjo/train/refine_task.h"
#include "tenjo/train/start.h"

namespace tenjo {

namespace {

using Json = nlohmann::json;

constexpr int kReportPictures = 12;
constexpr int kPicturesToNarrow = 96;
constexpr double kLargestLossScale = 65536;
constexpr std::int64_t kStepsToDouble = 2000;  // good steps after which fp16's loss scale grows

// torchrun's LOCAL_RANK: the GPU of this process where a machine has several.
torch::Device OwnGpu() {
  const char* text = std::getenv("LOCAL_RANK");
  const long long rank = text != nullptr ? ParseInt(text).value_or(0) : 0;
  const auto count = static_cast<long long>(torch::cuda::device_count());
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(rank >= 0 && rank < count ? rank : 0)};
}

torch::Device ParseDevice(const std::string& word) {
  const bool cuda = torch::cuda::is_available();
  if (word == "auto") {
    return cuda ? OwnGpu() : torch::Device(torch::kCPU);
  }
  if (word == "cpu") {
    return torch::kCPU;
  }
  if (word == "cuda" || word.starts_with("cuda:")) {
    if (!cuda) {
      throw Error(
          fmt::format("The device {} was asked for, but LibTorch finds no CUDA here.", word));
    }
    try {
      return word == "cuda" ? OwnGpu() : torch::Device(word);
    } catch (const std::exception&) {
      throw Error(fmt::format("The device is \"{}\" and must be auto, cpu, cuda or cuda:N.", word));
    }
  }
  throw Error(fmt::format("The device is \"{}\" and must be auto, cpu, cuda or cuda:N.", word));
}

// What Autocast computes in; nothing for what is computed in float.
std::optional<torch::ScalarType> MixedType(TrainPrecision precision) {
  if (precision == TrainPrecision::kBf16) {
    return torch::kBFloat16;
  }
  return precision == TrainPrecision::kFp16 ? std::optional(torch::kHalf) : std::nullopt;
}

torch::Tensor MaskedError(const torch::Tensor& answer, const torch::Tensor& target,
                          const torch::Tensor& teacher, const Targets& targets,
                          double teacher_weight) {
  const torch::Tensor plain = answer.to(torch::kFloat32);
  TENJO_CHECK(plain.sizes() == target.sizes());
  if (!teacher.defined()) {
    return ((plain - target) * targets.mask).square().sum();
  }
  const torch::Tensor labels = targets.mask * (1 - teacher_weight * targets.taught);
  const torch::Tensor lessons = (1 - labels) * targets.taught;
  return ((plain - target).square() * labels + (plain - teacher).square() * lessons).sum();
}

torch::Tensor RandomState() {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void SetRandomState(const torch::Tensor& state) {
  auto generator = at::detail::getDefaultCPUGenerator();
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

// Which channels of the recipe's start the network of a checkpoint has.
KeptChannels KeptOf(const Checkpoint& checkpoint) {
  try {
    return Json::parse(checkpoint.state).at("kept").get<KeptChannels>();
  } catch (const Json::exception&) {
    throw Error(fmt::format(
        "The checkpoint of step {} does not say which channels its network has.", checkpoint.step));
  }
}

// N x 3 x H x W, for as long as the batch holds.
torch::Tensor ImagesOf(const Batch& batch, cv::Size crop) {
  return torch::from_blob(const_cast<std::uint8_t*>(batch.images.data()),
                          {batch.size, crop.height, crop.width, 3}, torch::kUInt8)
      .permute({0, 3, 1, 2});
}

// The mean of what was measured of poses and boxes.
double ScoreOf(const ValidationMetrics& metrics) {
  if (metrics.ap < 0) {
    return -metrics.loss;
  }
  return metrics.box_ap >= 0 ? (metrics.ap + metrics.box_ap) / 2 : metrics.ap;
}

int CoresOr(int given, int part) {
  if (given > 0) {
    return given;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / part);
}

}  // namespace

StageLosses PoseLosses(const std::map<std::string, std::vector<torch::Tensor>>& answers,
                       const Targets& targets, const RecipeTrain& train, double teacher_weight) {
  StageLosses losses;
  const double share = 0.5 / static_cast<double>(targets.mask.size(0));
  const auto& heatmaps = answers.at("heatmaps");
  const auto& pafs = answers.at("pafs");
  for (std::size_t s = 0; s < heatmaps.size(); ++s) {
    losses.heatmaps.push_back(train.heatmap_weight * share *
                              MaskedError(heatmaps[s], targets.heatmaps, targets.teacher_heatmaps,
                                          targets, teacher_weight));
    losses.pafs.push_back(
        train.paf_weight * share *
        MaskedError(pafs[s], targets.pafs, targets.teacher_pafs, targets, teacher_weight));
    const torch::Tensor both = losses.heatmaps.back() + losses.pafs.back();
    losses.total = losses.total.defined() ? losses.total + both : both;
  }
  return losses;
}

void AddPersonLosses(const std::map<std::string, std::vector<torch::Tensor>>& answers,
                     const Targets& targets, const RecipeTrain& train, StageLosses* losses) {
  const PersonLosses people =
      LossesOfPeople(answers.at("centres").back(), answers.at("boxes").back(), targets.people);
  losses->centres = train.centre_weight * people.centres;
  losses->boxes = train.box_weight * people.boxes;
  const torch::Tensor both = losses->centres + losses->boxes;
  losses->total = losses->total.defined() ? losses->total + both : both;
}

std::vector<double> StageLosses::Values() const {
  std::vector<double> values = {total.item<double>()};
  for (const auto* parts : {&heatmaps, &pafs, &others}) {
    for (const torch::Tensor& loss : *parts) {
      values.push_back(loss.item<double>());
    }
  }
  if (centres.defined()) {
    values.push_back(centres.item<double>());
    values.push_back(boxes.item<double>());
  }
  if (hints.defined()) {
    values.push_back(hints.item<double>());
  }
  return values;
}

Network StartNetwork(const Recipe& recipe, const std::function<Network(const Network&)>& narrow) {
  const RecipeNetwork& options = recipe.network;
  Network network;
  if (recipe.task == TrainTask::kRefine) {
    network = StartRefineNetwork(recipe);
  } else if (options.start.empty()) {
    network = MakePoseNetwork(options.pose);
    InitialiseWeights(&network, recipe.train.seed);
  } else {
    network = ReadStart(options.start);
    if (!options.build && options.stages >= 0) {
      network = CutStages(network, options.stages);
    }
    network = narrow ? narrow(network) : NarrowNetwork(network, options.narrow);
    if (options.build) {
      Network built = MakePoseNetwork(options.pose);
      InitialiseWeights(&built, recipe.train.seed);
      const int copied = CopyWeights(network, &built);
      spdlog::info("{} of {} layers start from {}", copied, built.layers.size(),
                   options.start.string());
      network = std::move(built);
    }
    if (options.pose.person_heads) {
      AddPersonHeads(&network, recipe.train.seed);
    }
    if (options.random) {
      InitialiseWeights(&network, recipe.train.seed);
    }
  }
  if (network.facts.task != (recipe.task == TrainTask::kRefine ? "refine" : "pose")) {
    throw Error(fmt::format("{} is a network of task {}; only pose networks can be trained.",
                            options.start.string(), network.facts.task));
  }
  if (!options.training_data.empty()) {
    network.facts.training_data = options.training_data;
  }
  if (!options.licence.empty()) {
    network.facts.licence = options.licence;
  }
  if (recipe.quantize.on) {
    // Training in 8 bits is of what will be written, and corrects biases.
    network = WithBiases(FoldBatchNorm(network));
  }
  return network;
}

Trainer::Trainer(const TrainJob& job)
    : job_(job),
      options_(job.recipe.train),
      group_(ProcessGroup::FromEnvironment()),
      device_(ParseDevice(options_.device)) {
  SetTorchThreads(CoresOr(options_.threads, 1));
  cv::setNumThreads(1);  // the loader has threads of its own
  precision_ = options_.precision;
  if (precision_ == TrainPrecision::kAuto) {
    precision_ = device_.is_cuda() ? TrainPrecision::kBf16 : TrainPrecision::kFp32;
  }
  if (device_.is_cuda()) {
    at::globalContext().setBenchmarkCuDNN(true);  // all steps have the same shapes
  }
  if (precision_ == TrainPrecision::kFp16 && !device_.is_cuda()) {
    throw Error("The precision fp16 needs CUDA; on a CPU it must be fp32 or bf16.");
  }
  torch::manual_seed(options_.seed);
}

Trainer::~Trainer() = default;

void Trainer::PrepareFolder() {
  const auto old = ListCheckpoints(job_.out / "checkpoints");
  if (!old.empty() && !job_.resume) {
    throw Error(
        fmt::format("{} holds a training already ({}); --resume goes on with it, another "
                    "--out begins anew.",
                    job_.out.string(), old.back().filename().string()));
  }
  if (!first()) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(job_.out / "checkpoints", error);
  if (error) {
    throw Error(fmt::format("{} cannot be made: {}.", (job_.out / "checkpoints").string(),
                            error.message()));
  }
  WriteFile(job_.out / "recipe.toml", job_.recipe.text);
}

void Trainer::BuildNetworks() {
  if (appearance_) {
    network_ = appearance_->Start();
    return;
  }
  network_ = StartNetwork(job_.recipe);
  if (job_.recipe.quantize.on) {
    if (job_.recipe.quantize.ranges == QuantizeRanges::kRunning && group_->world() > 1) {
      throw Error(
          "Running ranges would differ between processes; with several, quantize.ranges must be "
          "learned.");
    }
  }
  if (!job_.recipe.teacher.network.empty()) {
    const Network teacher = ReadStart(job_.recipe.teacher.network);
    if (teacher.facts.task != "pose" || teacher.facts.stride != network_.facts.stride) {
      throw Error(fmt::format("{} cannot teach: it must be a pose network of stride {}.",
                              job_.recipe.teacher.network.string(), network_.facts.stride));
    }
    teacher_ = std::make_shared<NetworkModule>(teacher);
    teacher_->to(device_);
    teacher_->eval();
  }
}

Network Trainer::Narrow(const Network& start, Loader* measuring) {
  const Network wide = WithBiases(FoldBatchNorm(start));
  Network network;
  if (kept_.empty()) {
    std::vector<torch::Tensor> images;
    for (int count = 0; count < kPicturesToNarrow; count += options_.batch) {
      images.push_back(ImagesOf(measuring->Next(), options_.crop).clone());
    }
    NarrowedNetwork narrowed = NarrowOnPictures(wide, job_.recipe.network.narrow,
                                                torch::cat(images).slice(0, 0, kPicturesToNarrow));
    network = std::move(narrowed.network);
    kept_ = std::move(narrowed.kept);
  } else {
    network = KeepChannels(wide, kept_);
  }
  if (job_.recipe.network.hints > 0) {
    hints_ = std::make_unique<Hints>(wide, kept_, device_, options_.channels_last);
  }
  return network;
}

void Trainer::MeasureStart(const std::optional<Checkpoint>& checkpoint) {
  const RecipeNetwork& network = job_.recipe.network;
  const bool refine = job_.recipe.task == TrainTask::kRefine;
  const bool narrow = network.narrow < 1 && !network.build && !network.random && !refine;
  const bool quantise = job_.recipe.quantize.on && !checkpoint;
  if (!narrow && !network.insert_batch_norm && !quantise) {
    return;
  }
  LoaderOptions options = Options();
  options.points = refine;
  options.rank = 0;  // all processes look at the same pictures, and come to the same
  Loader measuring(sources_, options, 0);
  if (narrow) {
    if (checkpoint) {
      kept_ = KeptOf(*checkpoint);
    }
    network_ =
        StartNetwork(job_.recipe, [&](const Network& start) { return Narrow(start, &measuring); });
  }
  if (network.insert_batch_norm) {
    const std::vector<std::string> layers = LayersForBatchNorm(network_);
    if (!layers.empty()) {
      const torch::Tensor images = ImagesOf(measuring.Next(), options_.crop);
      InsertBatchNorm(&network_, NetworkModule(network_).Moments(images, layers));
    }
  }
  if (quantise) {
    QuantiseStart(&measuring);
  }
}

void Trainer::QuantiseStart(Loader* measuring) {
  std::vector<cv::Mat> images;
  for (int i = 0; i < job_.recipe.quantize.calibration_batches; ++i) {
    const Batch& batch = measuring->Next();
    const std::size_t each = batch.images.size() / static_cast<std::size_t>(batch.size);
    for (std::size_t at = 0; at < batch.images.size(); at += each) {
      cv::Mat image(options_.crop, CV_8UC3);
      std::copy_n(batch.images.begin() + static_cast<std::ptrdiff_t>(at), each, image.data);
      images.push_back(image);
    }
  }
  QuantizeOptions options;
  options.symmetric = job_.recipe.quantize.symmetric;
  options.weight_bits = job_.recipe.quantize.weight_bits;
  options.threads = CoresOr(options_.threads, 1);
  start_rounding_ = QuantiseForTraining(options, images, &network_);
}

void Trainer::StartRounding() {
  const auto quantiser = std::make_shared<FakeQuantiser>(network_, job_.recipe.quantize);
  mean_quantiser_ = std::make_shared<FakeQuantiser>(network_, job_.recipe.quantize);
  if (start_rounding_) {
    quantiser->Begin(*start_rounding_);
    mean_quantiser_->Begin(*start_rounding_);
  }
  module_->register_module("rounding", quantiser);
  mean_->register_module("rounding", mean_quantiser_);
  quantiser->to(device_);
  mean_quantiser_->to(device_);
  module_->SetRounding(quantiser);
  mean_->SetRounding(mean_quantiser_);
}

void Trainer::FreezeLayers() {
  const RecipeNetwork& options = job_.recipe.network;
  const auto check = [&](const std::string& prefix, const char* what) {
    const bool there =
        std::any_of(network_.layers.begin(), network_.layers.end(), [&](const Layer& layer) {
          return layer.kind == LayerKind::kConvolution && layer.name.starts_with(prefix);
        });
    if (!there) {
      throw Error(fmt::format("No layer's name begins with {}, so it cannot {}.", prefix, what));
    }
  };
  for (const std::string& prefix : options.freeze) {
    check(prefix, "be frozen");
    module_->Freeze(prefix);
  }
  for (const std::string& prefix : options.learn) {
    check(prefix, "learn");
  }
  for (const Layer& layer : network_.layers) {
    const bool learns =
        options.learn.empty() ||
        std::any_of(options.learn.begin(), options.learn.end(),
                    [&](const std::string& p) { return layer.name.starts_with(p); });
    if (layer.kind == LayerKind::kConvolution && !learns) {
      module_->FreezeLayer(layer.name);
    }
  }
  learns_poses_ = module_->Learns("heatmaps") || module_->Learns("pafs");
  learns_people_ = module_->Learns("centres") || module_->Learns("boxes");
  learns_points_ = module_->Learns("points");
  if (std::none_of(network_.outputs.begin(), network_.outputs.end(),
                   [&](const NetworkOutput& output) { return module_->Learns(output.role); })) {
    throw Error("All layers are frozen, so there is nothing to learn.");
  }
}

void Trainer::BuildModules() {
  module_ = std::make_shared<NetworkModule>(network_);
  mean_ = std::make_shared<NetworkModule>(network_);
  for (NetworkModule* module : {module_.get(), mean_.get()}) {
    module->to(device_);
    if (options_.channels_last) {
      module->UseChannelsLast();
    }
  }
  if (appearance_) {
    appearance_->AddClassifier(module_.get(), device_);
  }
  if (group_->world() > 1) {
    module_->SetTrainingBatchNorm([this](const auto&... args) {
      return SharedBatchNorm(group_.get(), args..., kBatchNormEpsilon);
    });
  }
  FreezeLayers();
}

LoaderOptions Trainer::Options() const {
  LoaderOptions options;
  options.crop = options_.crop;
  options.encoder = options_.encoder;
  options.mask = options_.mask;
  options.seed = options_.seed;
  options.batch = options_.batch;
  options.rank = group_->rank();
  options.world = group_->world();
  options.threads = CoresOr(options_.workers, 2);
  return options;
}

void Trainer::StartLoader(const std::optional<Checkpoint>& checkpoint) {
  if (appearance_) {
    appearance_->StartLoader(step_, group_->rank(), group_->world());
    BuildModules();
    return;
  }
  LoaderOptions options = Options();
  if (network_.facts.stride != options.encoder.stride) {
    throw Error(fmt::format("The network's stride is {}; training is made for {}.",
                            network_.facts.stride, options.encoder.stride));
  }
  MeasureStart(checkpoint);
  BuildModules();
  options.poses = learns_poses_;
  options.people = learns_people_;
  options.points = learns_points_;
  loader_ = std::make_unique<Loader>(sources_, options, step_);
}

std::optional<Checkpoint> Trainer::FindCheckpoint() {
  std::optional<Checkpoint> checkpoint;
  if (first()) {
    checkpoint = ReadNewestCheckpoint(job_.out / "checkpoints");
  }
  if (group_->world() == 1) {
    return checkpoint;
  }
  std::string bytes = checkpoint ? FormatCheckpoint(*checkpoint) : std::string();
  const torch::Tensor size =
      torch::full({1}, static_cast<std::int64_t>(bytes.size()), torch::kInt64);
  group_->Broadcast(size);
  bytes.resize(static_cast<std::size_t>(size.item<std::int64_t>()));
  if (bytes.empty()) {
    return std::nullopt;
  }
  group_->Broadcast(torch::from_blob(bytes.data(), {size.item<std::int64_t>()}, torch::kUInt8));
  return first() ? checkpoint : ParseCheckpoint(bytes, "what the first process goes on from");
}

void Trainer::Resume(const Checkpoint& checkpoint) {
  LoadModule(*module_, "network/", checkpoint);
  LoadModule(*mean_, "mean/", checkpoint);
  optimiser_->Load(checkpoint);
  torch::Tensor random = RandomState();
  FromCheckpoint(checkpoint.Find("random"), random);
  SetRandomState(random);
  try {
    const Json state = Json::parse(checkpoint.state);
    best_step_ = state.at("best_step").get<std::int64_t>();
    best_score_ = state.at("best_score").get<double>();
    best_loss_ = state.value("best_loss", 0.0);
    loss_scale_ = state.at("loss_scale").get<double>();
    good_steps_ = state.at("good_steps").get<std::int64_t>();
    sums_ = state.at("sums").get<std::vector<double>>();
    summed_ = state.at("summed").get<std::int64_t>();
  } catch (const Json::exception&) {
    throw Error(
        fmt::format("The state in the checkpoint of step {} cannot be read.", checkpoint.step));
  }
}

void Trainer::Save() {
  if (!first() || saved_step_ == step_) {
    return;
  }
  Checkpoint checkpoint;
  checkpoint.step = step_;
  checkpoint.state =
      Json{{"best_step", best_step_},   {"best_score", best_score_},  {"best_loss", best_loss_},
           {"loss_scale", loss_scale_}, {"good_steps", good_steps_},  {"sums", sums_},
           {"summed", summed_},         {"recipe", job_.recipe.text}, {"kept", kept_}}
          .dump();
  SaveModule(*module_, "network/", &checkpoint);
  SaveModule(*mean_, "mean/", &checkpoint);
  optimiser_->Save(&checkpoint);
  checkpoint.tensors.push_back(ToCheckpoint("random", RandomState()));
  const std::filesystem::path folder = job_.out / "checkpoints";
  WriteCheckpoint(checkpoint, CheckpointPath(folder, step_));
  RemoveOldCheckpoints(folder, options_.keep);
  saved_step_ = step_;
}

void Trainer::Export(const std::filesystem::path& path) {
  Network network = network_;
  mean_->ToNetwork(&network);
  WriteOnnx(network, path);
  if (mean_quantiser_) {
    WriteTrainedQdq(path, mean_quantiser_->Learned(), Int8Path(path));
  }
}

Targets Trainer::MakeTargets(const Batch& batch, const torch::Tensor& images) {
  const std::int64_t height = options_.crop.height / options_.encoder.stride;
  const std::int64_t width = options_.crop.width / options_.encoder.stride;
  const auto view = [&](const std::vector<float>& values, std::int64_t planes) {
    return torch::from_blob(const_cast<float*>(values.data()), {batch.size, planes, height, width},
                            torch::kFloat32)
        .to(device_);
  };
  Targets targets;
  if (learns_points_) {
    targets.points = torch::from_blob(const_cast<float*>(batch.points.data()),
                                      {batch.size, kPointNumbers}, torch::kFloat32)
                         .to(device_);
  }
  if (learns_people_) {
    targets.people = view(batch.people, kNumPersonPlanes);
  }
  if (!learns_poses_) {
    return targets;
  }
  targets.heatmaps = view(batch.heatmaps, kNumHeatmaps);
  targets.pafs = view(batch.pafs, kNumPafs);
  targets.mask = view(batch.mask, 1);
  if (teacher_) {
    targets.taught = torch::from_blob(const_cast<float*>(batch.taught.data()),
                                      {batch.size, 1, 1, 1}, torch::kFloat32)
                         .to(device_);
    AskTeacher(images, &targets);
  }
  return targets;
}

// Of those pictures that it has a say in: it may be the larger part of the work.
void Trainer::AskTeacher(const torch::Tensor& images, Targets* targets) {
  const torch::NoGradGuard no_grad;
  targets->teacher_heatmaps = torch::zeros_like(targets->heatmaps);
  targets->teacher_pafs = torch::zeros_like(targets->pafs);
  const torch::Tensor taught = targets->taught.flatten().nonzero().flatten();
  if (taught.numel() == 0) {
    return;
  }
  const Autocast autocast(MixedType(precision_), device_);
  auto answers = teacher_->forward(images.index_select(0, taught), {"heatmaps", "pafs"});
  targets->teacher_heatmaps.index_copy_(0, taught,
                                        answers.at("heatmaps").back().to(torch::kFloat32));
  targets->teacher_pafs.index_copy_(0, taught, answers.at("pafs").back().to(torch::kFloat32));
}

StageLosses Trainer::Forward(const torch::Tensor& images, const Targets& targets) {
  std::set<std::string> roles;
  if (learns_poses_) {
    roles = {"heatmaps", "pafs"};
  }
  if (learns_people_) {
    roles.insert("centres");
    roles.insert("boxes");
  }
  if (learns_points_) {
    roles.insert("points");
  }
  std::map<std::string, std::vector<torch::Tensor>> answers;
  torch::Tensor hints;
  {
    const Autocast autocast(MixedType(precision_), device_);
    auto layers = hints_ ? hints_->Asked() : std::map<std::string, torch::Tensor>();
    answers = module_->forward(images, roles, &layers);
    if (hints_) {
      hints = job_.recipe.network.hints * hints_->Loss(images, layers);
    }
  }
  StageLosses losses;
  if (learns_poses_) {
    losses = PoseLosses(answers, targets, options_, job_.recipe.teacher.weight);
  }
  if (learns_people_) {
    AddPersonLosses(answers, targets, options_, &losses);
  }
  if (learns_points_) {
    const PointLosses points =
        LossesOfPoints(answers.at("points").back(), targets.points, network_.facts.stride);
    losses.others = {points.places, points.seen, points.person};
    losses.total = points.places + points.seen + points.person;
  }
  if (hints.defined()) {
    losses.hints = hints;
    losses.total = losses.total + hints;
  }
  return losses;
}

StageLosses Trainer::Compare(const torch::Tensor& images, const IdentityBatch& batch) {
  std::map<std::string, torch::Tensor> answers;
  {
    const Autocast autocast(MixedType(precision_), device_);
    answers = module_->ForwardTo(images, appearance_->LayersAsked(network_));
  }
  const AppearanceTask::Losses losses = appearance_->Compare(answers, module_.get(), batch);
  StageLosses parts;
  parts.total = losses.total;
  parts.others = {losses.classification, losses.triplet, losses.contrast};
  return parts;
}

double Trainer::waited_s() const {
  return appearance_ ? appearance_->loader().waited_s() : loader_->waited_s();
}

std::int64_t Trainer::broken_pictures() const {
  return appearance_ ? appearance_->loader().broken_pictures() : loader_->broken_pictures();
}

bool Trainer::validates() const {
  return appearance_ ? appearance_->validates() : !validations_.empty();
}

void Trainer::FailLoss(const Batch& batch, const char* what) {
  std::vector<std::string> files = batch.files;
  std::sort(files.begin(), files.end());
  const auto good = ListCheckpoints(job_.out / "checkpoints");
  throw Error(fmt::format(
      "{} of step {} is not a number; its batch (number {}) held {}. {}", what, step_ + 1,
      batch.position, fmt::join(files, ", "),
      good.empty() ? std::string("There is no checkpoint yet.")
                   : fmt::format("The last good checkpoint is {}.", good.back().string())));
}

// Sums gradients and `values` over all processes; gradients become means.
void Trainer::ShareGradients(std::vector<double>* values) {
  if (group_->world() == 1) {
    return;
  }
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> flat;
  for (const auto& [name, parameter] : optimiser_->parameters()) {
    if (parameter.grad().defined()) {
      flat.push_back(parameter.grad().contiguous().view(-1));
    }
  }
  torch::Tensor all = torch::cat(flat);
  group_->Sum(all);
  all.div_(group_->world());
  std::int64_t at = 0;
  for (const auto& [name, parameter] : optimiser_->parameters()) {
    if (parameter.grad().defined()) {
      torch::Tensor gradient = parameter.grad();
      gradient.copy_(all.narrow(0, at, gradient.numel()).view(gradient.sizes()));
      at += gradient.numel();
    }
  }
  torch::Tensor shared = torch::tensor(*values, torch::kFloat64);
  group_->Sum(shared);
  for (std::size_t i = 0; i < values->size(); ++i) {
    (*values)[i] = shared[static_cast<std::int64_t>(i)].item<double>();
  }
}

const Batch& Trainer::NextBatch() {
  if (appearance_) {
    return appearance_->loader().Next();
  }
  return job_.random_tensors ? RandomBatch() : loader_->Next();
}

const Batch& Trainer::RandomBatch() {
  if (random_batch_.size == 0) {
    random_batch_ = loader_->Next();
    Random random(1);
    for (std::uint8_t& value : random_batch_.images) {
      value = static_cast<std::uint8_t>(random.Next());
    }
  }
  return random_batch_;
}

bool Trainer::Step() {
  const Batch& batch = NextBatch();
  module_->train();
  const torch::Tensor images = ImagesOf(batch, options_.crop).to(device_);
  const StageLosses losses = appearance_ ? Compare(images, static_cast<const IdentityBatch&>(batch))
                                         : Forward(images, MakeTargets(batch, images));
  std::vector<double> values = losses.Values();
  stages_ = losses.heatmaps.size();
  const bool finite = std::isfinite(values[0]);
  if (!finite && group_->world() == 1) {
    FailLoss(batch, "The loss");
  }
  const double scale = precision_ == TrainPrecision::kFp16 ? loss_scale_ : 1;
  optimiser_->ZeroGradients();
  (losses.total * scale).backward();
  values.push_back(job_.stop != nullptr && *job_.stop ? 1 : 0);
  ShareGradients(&values);
  const bool stop = values.back() > 0;
  values.pop_back();
  for (double& value : values) {
    value /= group_->world();
  }
  if (!finite) {
    FailLoss(batch, "The loss");
  }
  if (!std::isfinite(values[0])) {
    throw Error(fmt::format("The loss of step {} is not a number in another process.", step_ + 1));
  }
  if (scale != 1) {
    const torch::NoGradGuard no_grad;
    for (const auto& [name, parameter] : optimiser_->parameters()) {
      if (parameter.grad().defined()) {
        parameter.grad().div_(scale);
      }
    }
  }
  const double norm = optimiser_->ClipGradients(options_.clip);
  if (std::isfinite(norm)) {
    optimiser_->Step(options_.learning_rate * LearningRateFactor(options_, step_));
    if (scale != 1 && ++good_steps_ % kStepsToDouble == 0) {
      loss_scale_ = std::min(2 * loss_scale_, kLargestLossScale);
    }
  } else if (precision_ == TrainPrecision::kFp16 && loss_scale_ > 1) {
    loss_scale_ /= 2;  // too large for half precision: the step is left out
    good_steps_ = 0;
  } else {
    FailLoss(batch, "The gradient");
  }
  values.push_back(std::isfinite(norm) ? norm : 0);
  sums_.resize(values.size(), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums_[i] += values[i];
  }
  ++summed_;
  images_here_ += static_cast<std::int64_t>(options_.batch) * group_->world();
  ++step_;
  weight_mean_->Update(step_);
  return !stop;
}

void Trainer::Log() {
  StepMetrics metrics;
  metrics.step = step_;
  const double n = static_cast<double>(summed_);
  metrics.loss = sums_[0] / n;
  if (appearance_) {
    metrics.classification = sums_[1] / n;
    metrics.triplet = sums_[2] / n;
    metrics.contrast = sums_[3] / n;
  }
  if (learns_points_) {
    metrics.places = sums_[1] / n;
    metrics.seen = sums_[2] / n;
    metrics.person = sums_[3] / n;
  }
  for (std::size_t s = 0; s < stages_; ++s) {
    metrics.heatmaps.push_back(sums_[1 + s] / n);
    metrics.pafs.push_back(sums_[1 + stages_ + s] / n);
  }
  if (learns_people_) {
    metrics.centres = sums_[1 + 2 * stages_] / n;
    metrics.boxes = sums_[2 + 2 * stages_] / n;
  }
  if (hints_) {
    metrics.hints = sums_[sums_.size() - 2] / n;
  }
  metrics.gradient_norm = sums_.back() / n;
  metrics.rate = options_.learning_rate * LearningRateFactor(options_, step_ - 1);
  const double seconds = std::max(since_log_.seconds(), 1e-9);
  metrics.images_per_s = n * options_.batch * group_->world() / seconds;
  metrics.waited = (waited_s() - waited_before_s_) / seconds;
  waited_before_s_ = waited_s();
  since_log_ = Stopwatch();
  sums_.clear();
  summed_ = 0;
  metrics_->Add(metrics);
}

void Trainer::Validate() {
  double score = 0;
  double loss = 0;
  std::vector<ValidationMetrics> all;
  for (const auto& validation : validations_) {
    all.push_back(validation->Run(mean_.get(), device_, job_.stop));
  }
  if (appearance_) {
    all = appearance_->Validate(mean_.get(), device_, job_.stop);
  }
  for (ValidationMetrics& metrics : all) {
    metrics.step = step_;
    score += ScoreOf(metrics);
    loss += metrics.loss;
  }
  if (job_.stop != nullptr && *job_.stop) {
    return;  // cut short: its figures are of fewer pictures
  }
  score /= static_cast<double>(all.size());
  loss /= static_cast<double>(all.size());
  // Before anybody is found all precisions are 0.
  const bool best =
      best_step_ < 0 || score > best_score_ || (score == best_score_ && loss < best_loss_);
  if (best) {
    best_step_ = step_;
    best_score_ = score;
    best_loss_ = loss;
    Export(job_.out / "best.onnx");
  }
  for (ValidationMetrics& metrics : all) {
    metrics.best = best;
    metrics_->Add(metrics);
  }
  since_log_ = Stopwatch();
  waited_before_s_ = waited_s();
}

void Trainer::AfterStep() {
  if (!first()) {
    return;
  }
  if (step_ % options_.log_every == 0 || step_ == options_.steps) {
    Log();
  }
  const RecipeValidation& validation = job_.recipe.validation;
  if (validates() && (step_ % validation.every == 0 || step_ == options_.steps)) {
    Validate();
  }
  if (step_ % options_.checkpoint_every == 0 || step_ == options_.steps) {
    Save();
  }
}

void Trainer::Report(const TrainResult& result) {
  TrainReport report;
  report.title = fmt::format("tenjo train: {}", job_.recipe.name);
  report.facts = {{"steps", std::to_string(result.step)},
                  {"pictures a step", std::to_string(options_.batch * group_->world())},
                  {"pictures/s", fmt::format("{:.1f}", result.images_per_s)},
                  {"weights", std::to_string(CountWeights(network_))},
                  {"pictures that could not be read", std::to_string(broken_pictures())}};
  if (best_step_ >= 0) {
    report.facts.emplace_back("best step", std::to_string(best_step_));
  }
  report.steps = metrics_->steps();
  report.validations = metrics_->validations();
  NetworkModule best(ReadStart(result.network));
  best.to(device_);
  for (const auto& validation : validations_) {
    auto samples = validation->Samples(&best, device_, kReportPictures);
    std::move(samples.begin(), samples.end(), std::back_inserter(report.pictures));
  }
  if (appearance_) {
    report.pictures = appearance_->Samples(&best, device_, kReportPictures);
  }
  report.recipe = job_.recipe.text;
  WriteTrainReport(report, job_.out / "report.html");
}

TrainResult Trainer::Run() {
  PrepareFolder();
  if (job_.recipe.task == TrainTask::kAppearance) {
    appearance_ = std::make_unique<AppearanceTask>(job_.recipe, first());
  }
  for (const RecipeData& data : job_.recipe.data) {
    if (!appearance_) {
      sources_.push_back(ReadSource(data));
    }
  }
  if (first() && !appearance_) {
    for (const RecipeData& data : job_.recipe.validation.data) {
      if (job_.recipe.task == TrainTask::kRefine) {
        validations_.push_back(std::make_unique<RefineValidation>(data, job_.recipe));
      } else {
        validations_.push_back(std::make_unique<Validation>(data, job_.recipe));
      }
    }
  }
  BuildNetworks();
  std::optional<Checkpoint> checkpoint;
  if (job_.resume) {
    checkpoint = FindCheckpoint();
    step_ = checkpoint ? checkpoint->step : 0;
    saved_step_ = checkpoint ? step_ : -1;
  }
  StartLoader(checkpoint);
  if (job_.recipe.quantize.on) {
    StartRounding();
  }
  optimiser_ = std::make_unique<AdamOptimiser>(*module_, options_);
  weight_mean_ = std::make_unique<WeightMean>(*module_, *mean_, options_.ema);
  if (checkpoint) {
    Resume(*checkpoint);
    checkpoint.reset();
  }
  for (const auto& item : module_->named_parameters()) {
    group_->Broadcast(item.value());
  }
  metrics_ = std::make_unique<MetricsLog>(
      first() ? job_.out / "metrics.jsonl" : std::filesystem::path(), step_);
  Progress progress("training", options_.steps, job_.quiet || !first());
  const Stopwatch watch;
  since_log_ = Stopwatch();
  bool go_on = true;
  while (go_on && step_ < options_.steps) {
    go_on = Step();
    AfterStep();
    const auto& lines = metrics_->steps();
    progress.Update(step_, lines.empty()
                               ? std::string()
                               : fmt::format("loss {:.3f}, {:.1f} images/s", lines.back().loss,
                                             lines.back().images_per_s));
  }
  progress.Finish();
  TrainResult result;
  result.step = step_;
  result.seconds = watch.seconds();
  result.images_per_s = static_cast<double>(images_here_) / std::max(result.seconds, 1e-9);
  result.best_step = best_step_;
  result.best_score = best_score_;
  result.stopped = step_ < options_.steps;
  if (!first()) {
    return result;
  }
  Save();
  if (result.stopped) {
    return result;
  }
  Export(job_.out / "last.onnx");
  if (best_step_ < 0) {
    Export(job_.out / "best.onnx");
  }
  result.network = job_.out / "best.onnx";
  if (mean_quantiser_) {
    result.int8 = Int8Path(result.network);
  }
  Report(result);
  return result;
}

TrainResult Train(const TrainJob& job) { return Trainer(job).Run(); }

}  // namespace tenjo

void tenjo_train(const tenjo::TrainJob* job, tenjo::TrainResult* result) {
  *result = tenjo::Train(*job);
}
