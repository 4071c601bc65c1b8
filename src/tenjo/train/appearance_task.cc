#include "tenjo/train/appearance_task.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <set>
#include <thread>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/appearance_eval.h"
#include "tenjo/model/narrow.h"
#include "tenjo/train/start.h"

namespace tenjo {
namespace {

constexpr const char* kClassifier = "classifier/weight";
constexpr int kEmbedBatch = 32;
constexpr int kNearest = 7;  // shown beside a picture of the report

// A set with what was left out said; at most `most` pictures (0: all), of whole people.
IdentitySet ReadSet(const RecipeData& data, int most) {
  IdentitySet set = ReadIdentities(data.annotations, data.images);
  set.name = data.name;
  for (const auto& [count, why] :
       {std::pair{set.unknown, "without identity, box or image"},
        std::pair{set.hidden, "hidden for the most part"}, std::pair{set.small, "too small"}}) {
    if (count > 0) {
      spdlog::info("{}: {} people left out, {}.", data.name, count, why);
    }
  }
  if (most > 0 && set.crops.size() > static_cast<std::size_t>(most)) {
    std::stable_sort(
        set.crops.begin(), set.crops.end(),
        [](const IdentityCrop& a, const IdentityCrop& b) { return a.identity < b.identity; });
    auto end = static_cast<std::size_t>(most);
    while (end < set.crops.size() && set.crops[end].identity == set.crops[end - 1].identity) {
      ++end;
    }
    set.crops.resize(end);
  }
  return set;
}

torch::Tensor ImagesOf(std::uint8_t* bytes, std::int64_t count, cv::Size size) {
  return torch::from_blob(bytes, {count, size.height, size.width, 3}, torch::kUInt8)
      .permute({0, 3, 1, 2});
}

EmbeddingSet ToSet(const torch::Tensor& embeddings, const IdentitySet& set,
                   const std::vector<cv::Mat>& pictures) {
  EmbeddingSet result;
  result.length = static_cast<std::size_t>(embeddings.size(1));
  const float* numbers = embeddings.data_ptr<float>();
  for (std::size_t i = 0; i < set.crops.size(); ++i) {
    if (!pictures[i].empty()) {
      result.crops.push_back({set.crops[i].identity, set.crops[i].camera});
      result.numbers.insert(result.numbers.end(), numbers + i * result.length,
                            numbers + (i + 1) * result.length);
    }
  }
  return result;
}

}  // namespace

torch::Tensor SmoothedCrossEntropy(const torch::Tensor& logits, const torch::Tensor& labels,
                                   double smoothing) {
  const torch::Tensor logs = torch::log_softmax(logits, 1);
  const torch::Tensor right = logs.gather(1, labels.unsqueeze(1)).squeeze(1);
  return -((1 - smoothing) * right + smoothing * logs.mean(1)).mean();
}

torch::Tensor BatchHardTripletLoss(const torch::Tensor& embeddings, const torch::Tensor& labels,
                                   double margin) {
  constexpr double kNever = 1e3;
  // Under the root: its slope at 0 is infinite.
  const torch::Tensor distances =
      (2 - 2 * embeddings.matmul(embeddings.t())).clamp_min(1e-7).sqrt();
  const torch::Tensor same = labels.unsqueeze(1).eq(labels.unsqueeze(0));
  const torch::Tensor self = torch::eye(
      labels.size(0), torch::TensorOptions().dtype(torch::kBool).device(embeddings.device()));
  const torch::Tensor positive = same.logical_and(self.logical_not());
  const torch::Tensor negative = same.logical_not();
  const torch::Tensor far =
      std::get<0>(distances.masked_fill(positive.logical_not(), -kNever).max(1));
  const torch::Tensor near = std::get<0>(distances.masked_fill(same, kNever).min(1));
  const torch::Tensor both = positive.any(1).logical_and(negative.any(1));
  const torch::Tensor gap = (far - near).masked_fill(both.logical_not(), -kNever);
  const torch::Tensor losses =
      margin > 0 ? (gap + margin).clamp_min(0) : torch::log1p(torch::exp(gap.clamp_min(-30)));
  return losses.masked_fill(both.logical_not(), 0).sum() / both.sum().clamp_min(1);
}

torch::Tensor ContrastiveLoss(const torch::Tensor& embeddings, const torch::Tensor& labels,
                              double temperature) {
  constexpr double kNever = -1e9;
  const torch::Tensor self = torch::eye(
      labels.size(0), torch::TensorOptions().dtype(torch::kBool).device(embeddings.device()));
  const torch::Tensor cosines = embeddings.matmul(embeddings.t()) / temperature;
  const torch::Tensor logs = torch::log_softmax(cosines.masked_fill(self, kNever), 1);
  const torch::Tensor positive =
      labels.unsqueeze(1).eq(labels.unsqueeze(0)).logical_and(self.logical_not());
  const torch::Tensor count = positive.sum(1);
  const torch::Tensor losses =
      -logs.masked_fill(positive.logical_not(), 0).sum(1) / count.clamp_min(1);
  return losses.sum() / (count > 0).sum().clamp_min(1);
}

torch::Tensor CosineLogits(const torch::Tensor& embeddings, const torch::Tensor& classes,
                           const torch::Tensor& labels, double scale, double margin) {
  const auto unit = [](const torch::Tensor& rows) {
    return rows / rows.norm(2, {1}, true).clamp_min(1e-12);
  };
  const torch::Tensor cosines = unit(embeddings).matmul(unit(classes).t());
  const torch::Tensor right = torch::full({labels.size(0), 1}, margin, cosines.options());
  return scale * cosines.scatter_add(1, labels.unsqueeze(1), -right);
}

AppearanceTask::AppearanceTask(const Recipe& recipe, bool validates) : recipe_(recipe) {
  for (const RecipeData& data : recipe.data) {
    sets_.push_back(ReadSet(data, 0));
  }
  if (validates) {
    for (const RecipeData& data : recipe.validation.data) {
      validation_.push_back(ReadSet(data, recipe.validation.images));
    }
  }
}

IdentityLoaderOptions AppearanceTask::LoaderOptionsOf(int rank, int world) const {
  IdentityLoaderOptions options;
  options.size = recipe_.train.crop;
  options.people = recipe_.appearance.people;
  options.views = recipe_.appearance.views;
  options.mask = recipe_.appearance.mask;
  options.augment = recipe_.appearance.augment;
  options.seed = recipe_.train.seed;
  options.rank = rank;
  options.world = world;
  options.threads = recipe_.train.workers > 0
                        ? recipe_.train.workers
                        : std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / 2);
  return options;
}

Network AppearanceTask::Start() const {
  const RecipeNetwork& options = recipe_.network;
  Network network = MakeAppearanceNetwork({.width = options.pose.width,
                                           .numbers = recipe_.appearance.numbers,
                                           .input_width = recipe_.train.crop.width,
                                           .input_height = recipe_.train.crop.height});
  InitialiseWeights(&network, recipe_.train.seed);
  network.facts.crop_mask = recipe_.appearance.mask;
  if (!options.start.empty()) {
    Network start = ReadStart(options.start);
    std::vector<std::string> bare;
    for (const Layer& layer : network.layers) {
      const Layer* same = start.Find(layer.name);
      if (layer.batch_norm && same != nullptr && !same->batch_norm) {
        bare.push_back(layer.name);
      }
    }
    if (!bare.empty()) {
      // A network whose batch norm was folded away: it gets one that fits pictures as these.
      IdentityLoader measuring(sets_, LoaderOptionsOf(0, 1));
      IdentityBatch batch = measuring.Next();
      NetworkModule module(start);
      InsertBatchNorm(
          &start,
          module.Moments(ImagesOf(batch.images.data(), batch.size, recipe_.train.crop), bare));
    }
    start = NarrowNetwork(start, options.narrow);
    StartLayers(start, options.start, &network);
  }
  if (!options.training_data.empty()) {
    network.facts.training_data = options.training_data;
  }
  if (!options.licence.empty()) {
    network.facts.licence = options.licence;
  }
  return network;
}

void AppearanceTask::StartLoader(std::int64_t position, int rank, int world) {
  loader_ = std::make_unique<IdentityLoader>(sets_, LoaderOptionsOf(rank, world), position);
  spdlog::info("{} people in {} pictures", loader_->identities(), loader_->pictures());
}

void AppearanceTask::AddClassifier(NetworkModule* module, torch::Device device) const {
  TENJO_CHECK(loader_ != nullptr);
  // Rows about as long as an embedding: far smaller ones would teach the network nothing until they
  // have grown.
  const int numbers = recipe_.appearance.numbers;
  const torch::Tensor weight =
      torch::randn({loader_->identities(), numbers}) / std::sqrt(static_cast<double>(numbers));
  module->register_parameter(kClassifier, weight.to(device));
}

std::vector<std::string> AppearanceTask::LayersAsked(const Network& network) const {
  for (const NetworkOutput& output : network.outputs) {
    if (output.role == "embedding") {
      return {network.Find(output.layer)->inputs.front(), output.layer};
    }
  }
  throw CheckFailure("an appearance network without an embedding");
}

AppearanceTask::Losses AppearanceTask::Compare(const std::map<std::string, torch::Tensor>& answers,
                                               NetworkModule* module,
                                               const IdentityBatch& batch) const {
  const std::vector<std::string> layers = LayersAsked(module->network());
  const torch::Tensor features = answers.at(layers[0]).flatten(1).to(torch::kFloat32);
  const torch::Tensor embeddings = answers.at(layers[1]).to(torch::kFloat32);
  const torch::Tensor labels =
      torch::from_blob(const_cast<std::int64_t*>(batch.labels.data()),
                       {static_cast<std::int64_t>(batch.labels.size())}, torch::kInt64)
          .to(embeddings.device());
  const torch::Tensor weight = module->named_parameters(false)[kClassifier];
  const RecipeAppearance& options = recipe_.appearance;
  const torch::Tensor logits = options.scale > 0 ? CosineLogits(features, weight, labels,
                                                                options.scale, options.class_margin)
                                                 : features.matmul(weight.t());
  Losses losses;
  losses.classification =
      options.classification_weight * SmoothedCrossEntropy(logits, labels, options.label_smoothing);
  losses.triplet =
      options.triplet_weight * BatchHardTripletLoss(embeddings, labels, options.margin);
  losses.contrast =
      options.contrast_weight * ContrastiveLoss(embeddings, labels, options.temperature);
  losses.total = losses.classification + losses.triplet + losses.contrast;
  return losses;
}

torch::Tensor AppearanceTask::Embed(const IdentitySet& set, NetworkModule* network,
                                    torch::Device device, const std::atomic<bool>* stop,
                                    std::vector<cv::Mat>* pictures) const {
  network->eval();
  const torch::NoGradGuard no_grad;
  const cv::Size size = recipe_.train.crop;
  const std::size_t bytes = 3 * static_cast<std::size_t>(size.area());
  pictures->assign(set.crops.size(), {});
  std::vector<torch::Tensor> parts;
  for (std::size_t first = 0; first < set.crops.size(); first += kEmbedBatch) {
    if (stop != nullptr && *stop) {
      return {};
    }
    const std::size_t count = std::min<std::size_t>(kEmbedBatch, set.crops.size() - first);
    std::vector<std::uint8_t> images(count * bytes);
    for (std::size_t i = 0; i < count; ++i) {
      const IdentityCrop& crop = set.crops[first + i];
      cv::Mat out(size, CV_8UC3, images.data() + i * bytes);
      try {
        MakeIdentityPicture(ReadPicture(crop.file, 1, {crop.width, crop.height}), crop,
                            recipe_.appearance.mask, nullptr, nullptr, out);
        (*pictures)[first + i] = out.clone();
      } catch (const Error& error) {
        spdlog::warn("{} It is left out of the validation.", error.what());
      }
    }
    const torch::Tensor input =
        ImagesOf(images.data(), static_cast<std::int64_t>(count), size).to(device);
    parts.push_back(
        network->forward(input).at("embedding").back().to(torch::kCPU, torch::kFloat32));
  }
  return torch::cat(parts).contiguous();
}

std::vector<ValidationMetrics> AppearanceTask::Validate(NetworkModule* network,
                                                        torch::Device device,
                                                        const std::atomic<bool>* stop) const {
  std::vector<ValidationMetrics> all;
  for (const IdentitySet& set : validation_) {
    std::vector<cv::Mat> pictures;
    const torch::Tensor embeddings = Embed(set, network, device, stop, &pictures);
    if (!embeddings.defined()) {
      return all;
    }
    const EmbeddingSet embedded = ToSet(embeddings, set, pictures);
    if (embedded.crops.empty()) {
      throw Error(fmt::format("None of the pictures of {} could be read.", set.name));
    }
    const AppearanceEvaluation figures =
        EvaluateAppearance(embedded, std::nullopt, EmbeddingDistance::kEuclidean);
    const RetrievalScores& asked = figures.across.queries > 0 ? figures.across : figures.within;
    ValidationMetrics metrics;
    metrics.set = set.name;
    metrics.images = static_cast<int>(embedded.crops.size());
    metrics.ap = asked.mean_ap;
    metrics.rank1 = asked.Rank(1);
    metrics.rank1_within = figures.within.Rank(1);
    metrics.loss = 1 - asked.mean_ap;
    all.push_back(metrics);
  }
  return all;
}

std::vector<std::pair<std::string, cv::Mat>> AppearanceTask::Samples(NetworkModule* network,
                                                                     torch::Device device,
                                                                     int count) const {
  std::vector<std::pair<std::string, cv::Mat>> samples;
  for (const IdentitySet& set : validation_) {
    std::vector<cv::Mat> pictures;
    const torch::Tensor embeddings = Embed(set, network, device, nullptr, &pictures);
    const torch::Tensor order =
        embeddings.matmul(embeddings.t()).argsort(1, true).to(torch::kInt64).contiguous();
    const auto n = static_cast<std::int64_t>(set.crops.size());
    const std::int64_t step = std::max<std::int64_t>(1, n / count);
    for (std::int64_t q = 0; q < n; q += step) {
      const auto query = static_cast<std::size_t>(q);
      if (pictures[query].empty()) {
        continue;
      }
      std::vector<cv::Mat> row = {pictures[query].clone()};
      for (std::int64_t k = 0; k < n && row.size() <= kNearest; ++k) {
        const auto other = static_cast<std::size_t>(order[q][k].item<std::int64_t>());
        const IdentityCrop& crop = set.crops[other];
        const bool same = crop.identity == set.crops[query].identity;
        if (pictures[other].empty() || (same && crop.camera == set.crops[query].camera)) {
          continue;
        }
        cv::Mat picture = pictures[other].clone();
        cv::rectangle(picture, {0, 0, picture.cols, picture.rows},
                      same ? cv::Scalar(60, 180, 60) : cv::Scalar(60, 60, 220), 3);
        row.push_back(picture);
      }
      cv::Mat strip;
      cv::hconcat(row, strip);
      samples.emplace_back(set.crops[query].file.filename().string(), strip);
    }
  }
  return samples;
}

}  // namespace tenjo
