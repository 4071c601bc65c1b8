#include "tenjo/train/fake_quantiser.h"

#include <ATen/ops/_fake_quantize_learnable_per_channel_affine.h>
#include <ATen/ops/_fake_quantize_learnable_per_tensor_affine.h>

#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// ONNX's 8-bit numbers: signed from -128, the others from 0.
constexpr int kSteps = 255;
constexpr double kRunningMomentum = 0.05;

float StepOf(const torch::Tensor& log_step) { return std::exp(log_step.item<float>()); }

// What 8-bit pixels become is known beforehand.
ActivationRange ImageRange(const NetworkFacts& facts, bool symmetric) {
  TensorStatistics statistics;
  for (std::size_t c = 0; c < facts.mean.size(); ++c) {
    statistics.least = std::min(statistics.least, -facts.mean[c] / facts.scale[c]);
    statistics.most = std::max(statistics.most, (255 - facts.mean[c]) / facts.scale[c]);
  }
  return FindRange(statistics, RangeMethod::kMinMax, symmetric, 100);
}

}  // namespace

FakeQuantiser::FakeQuantiser(const Network& network, const RecipeQuantize& options)
    : torch::nn::Module("FakeQuantiser"), options_(options) {
  for (const Layer& layer : network.layers) {
    if (layer.kind == LayerKind::kConvolution) {
      TENJO_CHECK(!layer.batch_norm);
      Add(network, layer.name, layer, layer.inputs.front(), layer.in_channels);
    }
  }
}

// The layer, or the part of it that reads `input`; what was joined is taken apart further.
void FakeQuantiser::Add(const Network& network, const std::string& name, const Layer& layer,
                        const std::string& input, int channels) {
  const Layer* before = network.Find(input);
  if (before != nullptr && before->kind == LayerKind::kConcat) {
    if (layer.groups == 1) {
      for (std::size_t i = 0; i < before->inputs.size(); ++i) {
        const std::string& part = before->inputs[i];
        const Layer* maker = network.Find(part);
        Add(network, PartOfLayer(name, i + 1), layer, part,
            maker != nullptr ? maker->out_channels : 3);
      }
    }
    return;
  }
  const bool depthwise = layer.groups > 1 && layer.groups == layer.in_channels;
  const torch::Tensor logarithms = torch::zeros({layer.out_channels});
  const std::string steps = name + "/log_steps";
  filters_[name] = {options_.ranges == QuantizeRanges::kLearned
                        ? register_parameter(steps, logarithms)
                        : register_buffer(steps, logarithms),
                    LargestWeight(depthwise, options_.weight_bits)};
  if (name != layer.name) {
    parts_[layer.name].emplace_back(name, channels);
  }
  AddRange(network, input);
}

void FakeQuantiser::AddRange(const Network& network, const std::string& input) {
  if (ranges_.contains(input)) {
    return;
  }
  Range range;
  range.learns = options_.ranges == QuantizeRanges::kLearned && input != kImage;
  // Names of parameters may not hold dots.
  range.log_step = range.learns ? register_parameter(input + "/log_step", torch::zeros({1}))
                                : register_buffer(input + "/log_step", torch::zeros({1}));
  range.is_signed = register_buffer(input + "/is_signed", torch::ones({1}));
  if (input == kImage) {
    const ActivationRange known = ImageRange(network.facts, options_.symmetric);
    range.log_step.fill_(std::log(known.step));
    range.is_signed.fill_(known.is_signed ? 1 : 0);
  }
  ranges_.emplace(input, range);
}

void FakeQuantiser::Begin(const TrainedRounding& rounding) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, range] : ranges_) {
    const ActivationRange& found = rounding.tensors.at(name);
    range.log_step.fill_(std::log(found.step));
    range.is_signed.fill_(found.is_signed ? 1 : 0);
  }
  for (auto& [name, filters] : filters_) {
    filters.log_steps.copy_(torch::tensor(rounding.weight_steps.at(name)).log());
  }
}

torch::Tensor FakeQuantiser::RoundTensor(const std::string& layer, const torch::Tensor& value) {
  const auto found = ranges_.find(layer);
  if (found == ranges_.end()) {
    return value;
  }
  const Range& range = found->second;
  const bool is_signed = range.is_signed.item<float>() > 0;
  if (!range.learns && is_training() && layer != kImage) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor most = value.detach().abs().max() / (is_signed ? 127 : kSteps);
    range.log_step.lerp_(most.clamp_min(1e-8).log(), kRunningMomentum);
  }
  const int low = is_signed ? -128 : 0;
  // LSQ's factor for the gradient of a step, so that it weighs no more than a weight's.
  const double factor = 1 / std::sqrt(static_cast<double>(value.numel()) * (low + kSteps));
  return at::_fake_quantize_learnable_per_tensor_affine(value, range.log_step.exp(),
                                                        torch::zeros({1}, range.log_step.options()),
                                                        low, low + kSteps, factor);
}

torch::Tensor FakeQuantiser::RoundWeight(const Layer& layer, const torch::Tensor& weight) {
  const auto parts = parts_.find(layer.name);
  if (parts == parts_.end()) {
    return RoundFilters(layer.name, weight);
  }
  std::vector<torch::Tensor> rounded;
  int offset = 0;
  for (const auto& [name, channels] : parts->second) {
    rounded.push_back(RoundFilters(name, weight.narrow(1, offset, channels).contiguous()));
    offset += channels;
  }
  return torch::cat(rounded, 1);
}

torch::Tensor FakeQuantiser::RoundFilters(const std::string& name,
                                          const torch::Tensor& weight) const {
  const auto found = filters_.find(name);
  if (found == filters_.end()) {
    return weight;
  }
  const Filters& filters = found->second;
  const double factor = 1 / std::sqrt(static_cast<double>(weight[0].numel()) * filters.largest);
  return at::_fake_quantize_learnable_per_channel_affine(weight, filters.log_steps.exp(),
                                                         torch::zeros_like(filters.log_steps), 0,
                                                         -filters.largest, filters.largest, factor);
}

TrainedRounding FakeQuantiser::Learned() const {
  TrainedRounding learned;
  learned.weight_bits = options_.weight_bits;
  for (const auto& [name, range] : ranges_) {
    ActivationRange& tensor = learned.tensors[name];
    tensor.step = StepOf(range.log_step);
    tensor.is_signed = range.is_signed.item<float>() > 0;
  }
  for (const auto& [name, filters] : filters_) {
    const torch::Tensor steps = filters.log_steps.detach().exp().to(torch::kCPU).contiguous();
    learned.weight_steps[name].assign(steps.data_ptr<float>(),
                                      steps.data_ptr<float>() + steps.numel());
  }
  return learned;
}

}  // namespace tenjo
