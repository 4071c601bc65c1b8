#include "tenjo/train/refine_task.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/core.hpp>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/coco_eval.h"
#include "tenjo/model/narrow.h"
#include "tenjo/pose/person_points.h"
#include "tenjo/publish/overlay.h"
#include "tenjo/train/start.h"
#include "tenjo/vision/keypoint_sigmas.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {
namespace {

constexpr double kSigma = 0.8;         // finer pixels
constexpr float kHiddenWeight = 0.5F;  // of a keypoint that is known, but hidden
constexpr std::uint64_t kErrorStream = 3'000'000'000'000;  // a detector's errors

// N x 21 x (finer pixels), rows of the picture one after another.
torch::Tensor FinerLogits(const torch::Tensor& answer) {
  const auto n = answer.size(0);
  const auto h = answer.size(2);
  const auto w = answer.size(3);
  return answer.narrow(1, 0, kSeenPlane)
      .reshape({n, kNumPersonPoints, kPointSplit, kPointSplit, h, w})
      .permute({0, 1, 4, 2, 5, 3})
      .reshape({n, kNumPersonPoints, h * w * kPlanesOfPoint});
}

// The output "points" of one crop, 1 x 354 x h x w, on the CPU.
torch::Tensor Ask(std::uint8_t* pixels, cv::Size crop, NetworkModule* network,
                  torch::Device device) {
  const torch::Tensor input =
      torch::from_blob(pixels, {1, crop.height, crop.width, 3}, torch::kUInt8)
          .permute({0, 3, 1, 2})
          .to(device);
  return network->forward(input).at("points").back().to(torch::kCPU, torch::kFloat32).contiguous();
}

PersonPoints Decode(const torch::Tensor& answer, int stride) {
  return DecodePoints(answer.data_ptr<float>(), static_cast<int>(answer.size(3)),
                      static_cast<int>(answer.size(2)), stride);
}

double ShareAbove(const std::vector<double>& values, double least) {
  const auto good =
      std::count_if(values.begin(), values.end(), [&](double value) { return value >= least; });
  return values.empty() ? -1 : static_cast<double>(good) / static_cast<double>(values.size());
}

double MeanShare(const std::vector<double>& values) {
  double sum = 0;
  for (int i = 0; i < 10; ++i) {
    sum += ShareAbove(values, 0.5 + 0.05 * i);
  }
  return sum / 10;
}

}  // namespace

Network StartRefineNetwork(const Recipe& recipe) {
  const RecipeNetwork& options = recipe.network;
  Network network = MakeRefineNetwork({.width = options.pose.width,
                                       .input_width = recipe.train.crop.width,
                                       .input_height = recipe.train.crop.height});
  InitialiseWeights(&network, recipe.train.seed);
  if (!options.start.empty()) {
    Network start = ReadStart(options.start);
    start = NarrowNetwork(start, options.narrow);
    // Layers of the start may be without batch norm: so are these then.
    for (Layer& layer : network.layers) {
      const Layer* same = start.Find(layer.name);
      if (same != nullptr && layer.batch_norm && !same->batch_norm) {
        layer.batch_norm = false;
        layer.bias = true;
      }
    }
    InitialiseWeights(&network, recipe.train.seed);
    StartLayers(start, options.start, &network);
  }
  return network;
}

PointLosses LossesOfPoints(const torch::Tensor& answer, const torch::Tensor& numbers, int stride) {
  TENJO_CHECK(answer.size(1) == kPersonPointPlanes && numbers.size(1) == kPointNumbers);
  const torch::Tensor points =
      numbers.narrow(1, 0, kPointNumbers - 1).reshape({-1, kNumPersonPoints, 3});
  const auto h = answer.size(2);
  const auto w = answer.size(3);
  const double finer = static_cast<double>(stride) / kPointSplit;
  const torch::Tensor known = points.select(2, 2);
  const torch::Tensor at = (points.narrow(2, 0, 2) + 0.5) / finer - 0.5;
  const torch::Tensor weight =
      known.ge(kSeen).to(torch::kFloat32) + kHiddenWeight * known.eq(kHidden).to(torch::kFloat32);

  // Two Gaussians, along and across, make the one over the finer pixels.
  const auto gaussian = [&](std::int64_t coordinate, std::int64_t size) {
    const torch::Tensor grid = torch::arange(size, at.options()).view({1, 1, size});
    return (-(grid - at.select(2, coordinate).unsqueeze(2)).square() / (2 * kSigma * kSigma)).exp();
  };
  torch::Tensor wanted =
      (gaussian(1, h * kPointSplit).unsqueeze(3) * gaussian(0, w * kPointSplit).unsqueeze(2))
          .flatten(2);
  wanted = wanted / wanted.sum(2, true).clamp_min(1e-6);
  const torch::Tensor logs = torch::log_softmax(FinerLogits(answer.to(torch::kFloat32)), 2);
  PointLosses losses;
  losses.places = -((wanted * logs).sum(2) * weight).sum() / weight.sum().clamp_min(1);

  const torch::Tensor seen = answer.narrow(1, kSeenPlane, kNumKeypoints).to(torch::kFloat32);
  const torch::Tensor of_keypoints = points.narrow(1, 0, kNumKeypoints);
  const torch::Tensor column =
      ((of_keypoints.select(2, 0) + 0.5) / stride).floor().clamp(0, static_cast<double>(w - 1));
  const torch::Tensor row =
      ((of_keypoints.select(2, 1) + 0.5) / stride).floor().clamp(0, static_cast<double>(h - 1));
  const torch::Tensor cell = (row * w + column).to(torch::kInt64).unsqueeze(2);
  const torch::Tensor here = seen.flatten(2).gather(2, cell).squeeze(2);
  const torch::Tensor anywhere = seen.flatten(2).mean(2);
  const torch::Tensor inside = of_keypoints.select(2, 2).gt(0).to(torch::kFloat32);
  const torch::Tensor logit = inside * here + (1 - inside) * anywhere;
  const torch::Tensor is_seen = of_keypoints.select(2, 2).ge(kSeen).to(torch::kFloat32);
  losses.seen = torch::binary_cross_entropy_with_logits(logit, is_seen);
  losses.person = torch::binary_cross_entropy_with_logits(
      answer.select(1, kPersonPlane).to(torch::kFloat32).mean(std::vector<std::int64_t>{1, 2}),
      numbers.select(1, kPointNumbers - 1));
  return losses;
}

struct RefineValidation::Sample {
  std::vector<std::uint8_t> pixels;
  std::vector<float> points;
  const LabelledPerson* person = nullptr;
  Placement placement;
};

RefineValidation::RefineValidation(const RecipeData& data, const Recipe& recipe)
    : source_(ReadSource(data)) {
  options_.encoder = recipe.train.encoder;
  options_.crop = recipe.train.crop;
  options_.points = true;
  const AugmentOptions augment = source_.augment;
  source_.augment = NoAugmentation();
  source_.augment.shift = augment.shift / 2;
  source_.augment.person_scale = augment.person_scale / 2;
  source_.augment.rotation_deg = augment.rotation_deg / 2;
  std::sort(source_.set.images.begin(), source_.set.images.end(),
            [](const LabelledImage& a, const LabelledImage& b) { return a.id < b.id; });
  images_ = source_.set.images.size();
  if (recipe.validation.images > 0) {
    images_ = std::min(images_, static_cast<std::size_t>(recipe.validation.images));
  }
}

bool RefineValidation::Make(std::size_t number, Sample* sample) {
  const LabelledImage& image = source_.set.images[number];
  Random random(0, kErrorStream + number);
  int person = -1;
  sample->placement = DrawPersonPlacement(image, options_.crop, source_.augment, &random, &person);
  if (person < 0) {
    return false;
  }
  sample->person = &image.people[static_cast<std::size_t>(person)];
  sample->pixels.resize(3 * static_cast<std::size_t>(options_.crop.area()));
  sample->points.resize(kPointNumbers);
  SampleViews views;
  views.image = sample->pixels.data();
  views.points = sample->points.data();
  try {
    MakeSample(source_, image, sample->placement, options_, &random, views, person);
  } catch (const Error& error) {
    spdlog::warn("{} It is left out of the validation.", error.what());
    return false;
  }
  return true;
}

ValidationMetrics RefineValidation::Run(NetworkModule* network, torch::Device device,
                                        const std::atomic<bool>* stop) {
  network->eval();
  const torch::NoGradGuard no_grad;
  ValidationMetrics metrics;
  metrics.set = source_.name;
  const int stride = options_.encoder.stride;
  std::vector<double> oks;
  std::vector<double> overlaps;
  double loss = 0;
  for (std::size_t i = 0; i < images_; ++i) {
    if (stop != nullptr && *stop) {
      return metrics;  // asked to leave; nobody looks at it
    }
    Sample sample;
    if (!Make(i, &sample)) {
      continue;
    }
    const torch::Tensor answer = Ask(sample.pixels.data(), options_.crop, network, device);
    const torch::Tensor wanted =
        torch::from_blob(sample.points.data(), {1, kPointNumbers}, torch::kFloat32);
    const PointLosses losses = LossesOfPoints(answer, wanted, stride);
    loss += losses.places.item<double>() + losses.seen.item<double>();
    ++metrics.images;
    const PersonPoints found = Decode(answer, stride);
    const double scale = sample.placement.scale();
    const double area = std::max(1.0, sample.person->area * scale * scale);
    double sum = 0;
    int asked = 0;
    for (int k = 0; k < kNumKeypoints; ++k) {
      const float* want = sample.points.data() + 3 * static_cast<std::ptrdiff_t>(k);
      if (want[2] >= static_cast<float>(kSeen)) {
        const double twice = 2 * kKeypointSigmas[static_cast<std::size_t>(k)];
        const double x = found.at[static_cast<std::size_t>(k)].x - want[0];
        const double y = found.at[static_cast<std::size_t>(k)].y - want[1];
        sum += std::exp(-(x * x + y * y) / (2 * area * twice * twice));
        ++asked;
      }
    }
    if (asked > 0) {
      oks.push_back(sum / asked);
    }
    if (sample.person->rotated_box) {
      const auto box = BoxOfSides(found);
      overlaps.push_back(
          box ? RotatedIoU(*box, PlaceBox(*sample.person->rotated_box, sample.placement)) : 0);
    }
  }
  if (metrics.images == 0) {
    throw Error(
        fmt::format("None of the pictures of {} shows a person that can be read.", source_.name));
  }
  metrics.loss = loss / metrics.images;
  metrics.ap = MeanShare(oks);
  metrics.ap50 = ShareAbove(oks, 0.5);
  if (!overlaps.empty()) {
    metrics.box_ap = MeanShare(overlaps);
    metrics.box_ap50 = ShareAbove(overlaps, 0.5);
  }
  return metrics;
}

std::vector<std::pair<std::string, cv::Mat>> RefineValidation::Samples(NetworkModule* network,
                                                                       torch::Device device,
                                                                       int count) {
  network->eval();
  const torch::NoGradGuard no_grad;
  std::vector<std::pair<std::string, cv::Mat>> samples;
  const std::size_t step = std::max<std::size_t>(1, images_ / static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < images_ && samples.size() < static_cast<std::size_t>(count);
       i += step) {
    Sample sample;
    if (!Make(i, &sample)) {
      continue;
    }
    cv::Mat crop(options_.crop, CV_8UC3, sample.pixels.data());
    const torch::Tensor answer = Ask(crop.data, options_.crop, network, device);
    const PersonPoints found = Decode(answer, options_.encoder.stride);
    Person person;
    person.score = 1;
    std::copy_n(found.at.begin(), kNumKeypoints, person.keypoints.begin());
    person.rotated_box = BoxOfSides(found);
    if (person.rotated_box) {
      person.box = UprightBox(*person.rotated_box);
    }
    cv::Mat drawn = crop.clone();
    Overlay().Draw({person}, 0, drawn);
    samples.emplace_back(source_.set.images[i].file.filename().string(), drawn);
  }
  return samples;
}

}  // namespace tenjo
