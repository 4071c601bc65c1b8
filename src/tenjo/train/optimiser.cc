#include "tenjo/train/optimiser.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kEpsilon = 1e-8;

std::string_view TypeName(torch::ScalarType type) {
  switch (type) {
    case torch::kFloat32:
      return "f32";
    case torch::kFloat64:
      return "f64";
    case torch::kInt64:
      return "i64";
    case torch::kUInt8:
      return "u8";
    default:
      TENJO_CHECK(type == torch::kFloat32);
      return {};
  }
}

}  // namespace

CheckpointTensor ToCheckpoint(const std::string& name, const torch::Tensor& tensor) {
  const torch::Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
  CheckpointTensor result;
  result.name = name;
  result.type = TypeName(plain.scalar_type());
  result.shape.assign(plain.sizes().begin(), plain.sizes().end());
  result.bytes.assign(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
  return result;
}

void FromCheckpoint(const CheckpointTensor& from, torch::Tensor to) {
  const std::vector<std::int64_t> shape(to.sizes().begin(), to.sizes().end());
  if (from.type != TypeName(to.scalar_type()) || from.shape != shape ||
      from.bytes.size() != to.nbytes()) {
    throw Error(
        fmt::format("The checkpoint's {} is {} of {}, the network's is {} of {}; it is of "
                    "another network.",
                    from.name, from.type, fmt::join(from.shape, "x"), TypeName(to.scalar_type()),
                    fmt::join(shape, "x")));
  }
  const torch::NoGradGuard no_grad;
  torch::Tensor plain = torch::empty(shape, to.options().device(torch::kCPU));
  std::memcpy(plain.data_ptr(), from.bytes.data(), from.bytes.size());
  to.copy_(plain);
}

AdamOptimiser::AdamOptimiser(const torch::nn::Module& module, const RecipeTrain& options)
    : options_(options) {
  for (const auto& item : module.named_parameters()) {
    if (item.value().requires_grad()) {
      parameters_.emplace_back(item.key(), item.value());
      first_.push_back(torch::zeros_like(item.value()).detach());
      second_.push_back(torch::zeros_like(item.value()).detach());
    }
  }
  if (parameters_.empty()) {
    throw Error("All layers of the network are frozen; at least one must learn.");
  }
}

void AdamOptimiser::ZeroGradients() {
  for (auto& [name, parameter] : parameters_) {
    parameter.mutable_grad() = torch::Tensor();
  }
}

double AdamOptimiser::ClipGradients(double clip) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (const auto& [name, parameter] : parameters_) {
    if (parameter.grad().defined()) {
      norms.push_back(parameter.grad().norm());
    }
  }
  if (norms.empty()) {
    return 0;
  }
  const double norm = torch::stack(norms).norm().item<double>();
  if (clip > 0 && norm > clip) {
    for (auto& [name, parameter] : parameters_) {
      if (parameter.grad().defined()) {
        parameter.mutable_grad().mul_(clip / (norm + 1e-6));
      }
    }
  }
  return norm;
}

void AdamOptimiser::Step(double rate) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const double correction1 = 1 - std::pow(options_.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(options_.beta2, static_cast<double>(steps_));
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor& parameter = parameters_[i].second;
    torch::Tensor gradient = parameter.grad();
    if (!gradient.defined()) {
      continue;
    }
    const double decay = parameter.dim() > 1 ? options_.weight_decay : 0;
    if (decay > 0 && options_.optimizer == Optimizer::kAdam) {
      gradient = gradient.add(parameter, decay);
    } else if (decay > 0) {
      parameter.mul_(1 - rate * decay);
    }
    first_[i].mul_(options_.beta1).add_(gradient, 1 - options_.beta1);
    second_[i].mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
    const torch::Tensor denominator = second_[i].sqrt().div_(std::sqrt(correction2)).add_(kEpsilon);
    parameter.addcdiv_(first_[i], denominator, -rate / correction1);
  }
}

void AdamOptimiser::Save(Checkpoint* checkpoint) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    checkpoint->tensors.push_back(ToCheckpoint("adam1/" + parameters_[i].first, first_[i]));
    checkpoint->tensors.push_back(ToCheckpoint("adam2/" + parameters_[i].first, second_[i]));
  }
  checkpoint->tensors.push_back(ToCheckpoint("adam/steps", torch::tensor({steps_}, torch::kInt64)));
}

void AdamOptimiser::Load(const Checkpoint& checkpoint) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    FromCheckpoint(checkpoint.Find("adam1/" + parameters_[i].first), first_[i]);
    FromCheckpoint(checkpoint.Find("adam2/" + parameters_[i].first), second_[i]);
  }
  torch::Tensor steps = torch::zeros({1}, torch::kInt64);
  FromCheckpoint(checkpoint.Find("adam/steps"), steps);
  steps_ = steps.item<std::int64_t>();
}

WeightMean::WeightMean(const torch::nn::Module& source, const torch::nn::Module& mean, double decay)
    : decay_(decay) {
  const auto from = source.named_parameters();
  for (const auto& item : mean.named_parameters()) {
    pairs_.emplace_back(from[item.key()], item.value());
  }
  const auto buffers = source.named_buffers();
  for (const auto& item : mean.named_buffers()) {
    pairs_.emplace_back(buffers[item.key()], item.value());
  }
}

void WeightMean::Update(std::int64_t steps) {
  const torch::NoGradGuard no_grad;
  const double early = (1 + static_cast<double>(steps)) / (10 + static_cast<double>(steps));
  const double decay = std::min(decay_, early);
  for (auto& [source, mean] : pairs_) {
    if (decay_ <= 0) {
      mean.copy_(source);
    } else {
      mean.lerp_(source.detach(), 1 - decay);
    }
  }
}

void SaveModule(const torch::nn::Module& module, const std::string& prefix,
                Checkpoint* checkpoint) {
  for (const auto& item : module.named_parameters()) {
    checkpoint->tensors.push_back(ToCheckpoint(prefix + item.key(), item.value()));
  }
  for (const auto& item : module.named_buffers()) {
    checkpoint->tensors.push_back(ToCheckpoint(prefix + item.key(), item.value()));
  }
}

void LoadModule(const torch::nn::Module& module, const std::string& prefix,
                const Checkpoint& checkpoint) {
  for (const auto& item : module.named_parameters()) {
    FromCheckpoint(checkpoint.Find(prefix + item.key()), item.value());
  }
  for (const auto& item : module.named_buffers()) {
    FromCheckpoint(checkpoint.Find(prefix + item.key()), item.value());
  }
}

}  // namespace tenjo
