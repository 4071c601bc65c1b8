#include "tenjo/infer/torch/network_module.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/nn/functional/activation.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/infer/torch/depthwise.h"

namespace tenjo {

torch::Tensor ToTorch(const Tensor& tensor) {
  const std::vector<std::int64_t> shape(tensor.shape.begin(), tensor.shape.end());
  // from_blob does not write, but has no way to say so.
  return torch::from_blob(const_cast<float*>(tensor.values.data()), shape, torch::kFloat32).clone();
}

torch::Tensor ToTorch(const std::vector<int>& places) {
  return torch::tensor(std::vector<std::int64_t>(places.begin(), places.end()));
}

// In place: neither convolution nor batch norm needs its own result to go back.
torch::Tensor Activate(Activation activation, torch::Tensor value) {
  if (activation == Activation::kRelu) {
    return torch::relu_(value);
  }
  return activation == Activation::kElu ? torch::elu_(value) : std::move(value);
}

void KeepMemory() {
#ifdef __GLIBC__
  constexpr int kKept = std::numeric_limits<int>::max();
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

void SetTorchThreads(int threads) {
  at::set_num_threads(threads);
  // By name: which BLAS stands behind LibTorch is decided where it is installed.
  if (void* set = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) {
    reinterpret_cast<void (*)(int)>(set)(threads);
  }
}

NetworkModule::NetworkModule(const Network& network) : torch::nn::Module("NetworkModule") {
  CheckNetwork(network, "to be run by LibTorch");
  network_ = network;
  network_.weights.clear();
  const auto parameter = [&](const std::string& name) {
    return register_parameter(name, ToTorch(network.weights.at(name)));
  };
  const auto buffer = [&](const std::string& name) {
    return register_buffer(name, ToTorch(network.weights.at(name)));
  };
  for (const Layer& layer : network.layers) {
    if (layer.kind != LayerKind::kConvolution) {
      continue;
    }
    Parts& parts = parts_[layer.name];
    parts.weight = parameter(layer.name + "/weight");
    if (layer.bias) {
      parts.bias = parameter(layer.name + "/bias");
    }
    if (layer.batch_norm) {
      parts.scale = parameter(layer.name + "/bn_scale");
      parts.shift = parameter(layer.name + "/bn_shift");
      parts.mean = buffer(layer.name + "/bn_mean");
      parts.variance = buffer(layer.name + "/bn_variance");
    }
  }
}

torch::Tensor NetworkModule::Normalise(const torch::Tensor& images) const {
  const NetworkFacts& facts = network_.facts;
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(images.device());
  torch::Tensor pixels = images.to(torch::kFloat32);
  if (facts.colour == ColourOrder::kRgb) {
    pixels = pixels.flip({1});
  }
  const auto triple = [&](const std::array<float, 3>& values) {
    return torch::tensor({values[0], values[1], values[2]}, options).view({1, 3, 1, 1});
  };
  return (pixels - triple(facts.mean)) / triple(facts.scale);
}

torch::Tensor NetworkModule::ConvolveBy(const Layer& layer, const torch::Tensor& input,
                                        const torch::Tensor& weight,
                                        const torch::Tensor& bias) const {
  // Where LibTorch's own is wrong or slow (depthwise.h); else it is the faster one.
  const bool ours = layer.dilation > 1 || input.scalar_type() == torch::kBFloat16;
  if (ours && channels_last_ && layer.groups > 1 && TakesDepthwise(input, weight, layer.groups)) {
    return DepthwiseConvolve(input, weight, bias, layer.stride, layer.padding, layer.dilation);
  }
  return torch::conv2d(input, weight, bias, layer.stride, layer.padding, layer.dilation,
                       layer.groups);
}

// What is frozen stays as it is, so its batch norm can be part of weights and bias.
torch::Tensor NetworkModule::ConvolveFrozen(const Layer& layer, const torch::Tensor& input) {
  Parts& parts = parts_.at(layer.name);
  if (!parts.folded_weight.defined()) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor factor = parts.scale / (parts.variance + kBatchNormEpsilon).sqrt();
    parts.folded_weight = parts.weight * factor.view({-1, 1, 1, 1});
    parts.folded_bias = parts.shift - parts.mean * factor;
    if (parts.bias.defined()) {
      parts.folded_bias += parts.bias * factor;
    }
    if (channels_last_) {
      parts.folded_weight = parts.folded_weight.contiguous(torch::MemoryFormat::ChannelsLast);
    }
  }
  return ConvolveBy(layer, input, parts.folded_weight, parts.folded_bias);
}

torch::Tensor NetworkModule::Convolve(const Layer& layer, const torch::Tensor& input) {
  const Parts& parts = parts_.at(layer.name);
  const bool folded = layer.batch_norm && parts.frozen && is_training();
  const torch::Tensor weight =
      rounding_ ? rounding_->RoundWeight(layer, parts.weight) : parts.weight;
  torch::Tensor out =
      folded ? ConvolveFrozen(layer, input) : ConvolveBy(layer, input, weight, parts.bias);
  if (layer.batch_norm && !folded) {
    constexpr double kMomentum = 0.1;
    const bool learns = is_training() && !parts.frozen;
    if (learns && training_batch_norm_) {
      out = training_batch_norm_(out, parts.scale, parts.shift, parts.mean, parts.variance,
                                 kMomentum);
    } else {
      out = torch::batch_norm(out, parts.scale, parts.shift, parts.mean, parts.variance, learns,
                              kMomentum, kBatchNormEpsilon, at::globalContext().userEnabledCuDNN());
    }
  }
  return Activate(layer.activation, std::move(out));
}

torch::Tensor NetworkModule::Run(const Layer& layer, const std::vector<torch::Tensor>& inputs) {
  return layer.kind == LayerKind::kConvolution ? Convolve(layer, inputs.front())
                                               : RunWithoutWeights(layer, inputs);
}

torch::Tensor RunWithoutWeights(const Layer& layer, const std::vector<torch::Tensor>& inputs) {
  switch (layer.kind) {
    case LayerKind::kConvolution:
      break;
    case LayerKind::kMaxPool:
      return torch::max_pool2d(inputs.front(), layer.kernel, layer.stride, layer.padding,
                               layer.dilation);
    case LayerKind::kConcat:
      return torch::cat(inputs, 1);
    case LayerKind::kAdd: {
      torch::Tensor sum = inputs.front();
      for (std::size_t i = 1; i < inputs.size(); ++i) {
        sum = sum + inputs[i];
      }
      return sum;
    }
    case LayerKind::kGlobalAveragePool:
      return inputs.front().mean({2, 3}, true);
    case LayerKind::kL2Normalise: {
      const torch::Tensor flat = inputs.front().flatten(1);
      return flat / flat.norm(2, {1}, true).clamp_min(1e-12);
    }
  }
  throw CheckFailure("not a layer without weights");
}

std::vector<bool> NetworkModule::NeededFor(const std::vector<std::string>& wanted) const {
  std::set<std::string> names(wanted.begin(), wanted.end());
  std::vector<bool> needed(network_.layers.size(), false);
  for (std::size_t i = network_.layers.size(); i-- > 0;) {
    const Layer& layer = network_.layers[i];
    if (names.contains(layer.name)) {
      needed[i] = true;
      names.insert(layer.inputs.begin(), layer.inputs.end());
    }
  }
  return needed;
}

std::map<std::string, torch::Tensor> NetworkModule::RunAll(const torch::Tensor& images,
                                                           const std::vector<std::string>& wanted) {
  TENJO_CHECK(images.dim() == 4 && images.size(1) == 3);
  torch::Tensor input = images.scalar_type() == torch::kUInt8 ? Normalise(images) : images;
  input = channels_last_ ? input.contiguous(torch::MemoryFormat::ChannelsLast) : input.contiguous();
  std::map<std::string, torch::Tensor> values;
  values.emplace(kImage, rounding_ ? rounding_->RoundTensor(std::string(kImage), input) : input);
  std::map<std::string, torch::Tensor> kept;
  const std::vector<bool> needed = NeededFor(wanted);
  std::map<std::string, std::size_t> last_use;
  for (std::size_t i = 0; i < needed.size(); ++i) {
    for (const std::string& name : network_.layers[i].inputs) {
      if (needed[i]) {
        last_use[name] = i;
      }
    }
  }
  for (std::size_t i = 0; i < needed.size(); ++i) {
    if (!needed[i]) {
      continue;
    }
    const Layer& layer = network_.layers[i];
    std::vector<torch::Tensor> inputs;
    inputs.reserve(layer.inputs.size());
    for (const std::string& name : layer.inputs) {
      inputs.push_back(values.at(name));
    }
    torch::Tensor out = Run(layer, inputs);
    // Without gradients this frees memory on the way.
    for (const std::string& name : layer.inputs) {
      if (last_use.at(name) == i) {
        values.erase(name);
      }
    }
    if (std::find(wanted.begin(), wanted.end(), layer.name) != wanted.end()) {
      kept.emplace(layer.name, out);
    }
    values[layer.name] = rounding_ ? rounding_->RoundTensor(layer.name, out) : std::move(out);
  }
  TENJO_CHECK(kept.size() == wanted.size());
  return kept;
}

std::map<std::string, std::vector<torch::Tensor>> NetworkModule::forward(
    const torch::Tensor& images, const std::set<std::string>& roles,
    std::map<std::string, torch::Tensor>* layers) {
  std::vector<std::string> wanted;
  for (std::size_t i = 0; layers != nullptr && i < network_.layers.size(); ++i) {
    if (layers->contains(network_.layers[i].name)) {
      wanted.push_back(network_.layers[i].name);
    }
  }
  std::vector<NetworkOutput> outputs = network_.outputs;
  std::erase_if(outputs, [&](const NetworkOutput& output) {
    return !roles.empty() && !roles.contains(output.role);
  });
  std::stable_sort(outputs.begin(), outputs.end(),
                   [](const auto& a, const auto& b) { return a.stage < b.stage; });
  for (const NetworkOutput& output : outputs) {
    if (std::find(wanted.begin(), wanted.end(), output.layer) == wanted.end()) {
      wanted.push_back(output.layer);
    }
  }
  const auto values = RunAll(images, wanted);
  std::map<std::string, std::vector<torch::Tensor>> answers;
  for (const NetworkOutput& output : outputs) {
    answers[output.role].push_back(values.at(output.layer));
  }
  if (layers != nullptr) {
    for (auto& [layer, value] : *layers) {
      value = values.at(layer);
    }
  }
  return answers;
}

std::map<std::string, torch::Tensor> NetworkModule::ForwardTo(
    const torch::Tensor& images, const std::vector<std::string>& layers) {
  for (const std::string& layer : layers) {
    if (network_.Find(layer) == nullptr) {
      throw Error(fmt::format("the network has no layer {}", layer));
    }
  }
  std::vector<std::string> wanted = layers;
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return RunAll(images, wanted);
}

int NetworkModule::Freeze(const std::string& prefix) {
  int frozen = 0;
  for (const auto& [name, parts] : parts_) {
    if (name.starts_with(prefix)) {
      FreezeLayer(name);
      ++frozen;
    }
  }
  return frozen;
}

void NetworkModule::FreezeLayer(const std::string& name) {
  Parts& parts = parts_.at(name);
  parts.frozen = true;
  parts.folded_weight.reset();
  for (torch::Tensor* tensor : {&parts.weight, &parts.bias, &parts.scale, &parts.shift}) {
    if (tensor->defined()) {
      tensor->set_requires_grad(false);
    }
  }
}

bool NetworkModule::Learns(const std::string& role) const {
  std::vector<std::string> wanted;
  for (const NetworkOutput& output : network_.outputs) {
    if (output.role == role) {
      wanted.push_back(output.layer);
    }
  }
  const std::vector<bool> needed = NeededFor(wanted);
  for (std::size_t i = 0; i < needed.size(); ++i) {
    const auto parts = parts_.find(network_.layers[i].name);
    if (needed[i] && parts != parts_.end() && !parts->second.frozen) {
      return true;
    }
  }
  return false;
}

void NetworkModule::UseChannelsLast() {
  const torch::NoGradGuard no_grad;
  channels_last_ = true;
  for (auto& [name, parts] : parts_) {
    parts.weight.set_data(parts.weight.contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

void NetworkModule::ToNetwork(Network* network) const {
  const auto take = [&](const std::string& name, const torch::Tensor& tensor) {
    const torch::Tensor plain = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
    Tensor& out = network->weights[name];
    out.shape.assign(plain.sizes().begin(), plain.sizes().end());
    out.values.assign(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
  };
  for (const auto& item : named_parameters(false)) {
    take(item.key(), item.value());
  }
  for (const auto& item : named_buffers(false)) {
    take(item.key(), item.value());
  }
}

void NetworkModule::FromNetwork(const Network& network) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parts] : parts_) {
    parts.folded_weight.reset();
  }
  const auto put = [&](const std::string& name, const torch::Tensor& tensor) {
    const auto found = network.weights.find(name);
    TENJO_CHECK(found != network.weights.end());
    TENJO_CHECK(static_cast<std::int64_t>(found->second.values.size()) == tensor.numel());
    tensor.copy_(ToTorch(found->second));
  };
  for (const auto& item : named_parameters()) {
    put(item.key(), item.value());
  }
  for (const auto& item : named_buffers()) {
    put(item.key(), item.value());
  }
}

std::map<std::string, ChannelMoments> NetworkModule::Moments(
    const torch::Tensor& images, const std::vector<std::string>& layers) {
  const torch::NoGradGuard no_grad;
  const bool was_training = is_training();
  eval();
  std::vector<std::string> wanted;
  for (const std::string& name : layers) {
    const Layer* layer = network_.Find(name);
    if (layer == nullptr || layer->kind != LayerKind::kConvolution) {
      throw Error(fmt::format("the network has no convolution {}", name));
    }
    const std::string& input = layer->inputs.front();
    if (input != kImage && std::find(wanted.begin(), wanted.end(), input) == wanted.end()) {
      wanted.push_back(input);
    }
  }
  auto inputs = RunAll(images, wanted);
  inputs.emplace(kImage, images.scalar_type() == torch::kUInt8 ? Normalise(images) : images);
  std::map<std::string, ChannelMoments> moments;
  for (const std::string& name : layers) {
    const Layer& layer = *network_.Find(name);
    const torch::Tensor out =
        torch::conv2d(inputs.at(layer.inputs.front()), parts_.at(name).weight, {}, layer.stride,
                      layer.padding, layer.dilation, layer.groups);
    const auto list = [](const torch::Tensor& values) {
      const torch::Tensor plain = values.to(torch::kCPU, torch::kFloat32).contiguous();
      return std::vector<float>(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
    };
    moments[name] = {list(out.mean({0, 2, 3})), list(out.var({0, 2, 3}, false))};
  }
  train(was_training);
  return moments;
}

}  // namespace tenjo
