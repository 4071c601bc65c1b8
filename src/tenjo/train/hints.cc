#include "tenjo/train/hints.h"

namespace tenjo {

Hints::Hints(const Network& wide, const KeptChannels& kept, torch::Device device,
             bool channels_last)
    : wide_(std::make_shared<NetworkModule>(wide)) {
  wide_->to(device);
  wide_->eval();
  if (channels_last) {
    wide_->UseChannelsLast();
  }
  for (const Layer& layer : wide.layers) {
    if (layer.kind == LayerKind::kConvolution && layer.groups == 1) {
      kept_[layer.name] = ToTorch(kept.at(layer.name)).to(device);
    }
  }
}

std::map<std::string, torch::Tensor> Hints::Asked() const {
  std::map<std::string, torch::Tensor> asked;
  for (const auto& [layer, channels] : kept_) {
    asked.emplace(layer, torch::Tensor());
  }
  return asked;
}

torch::Tensor Hints::Loss(const torch::Tensor& images,
                          const std::map<std::string, torch::Tensor>& given) const {
  std::map<std::string, torch::Tensor> wanted;
  {
    const torch::NoGradGuard no_grad;
    std::vector<std::string> layers;
    for (const auto& [layer, channels] : kept_) {
      layers.push_back(layer);
    }
    wanted = wide_->ForwardTo(images, layers);
  }
  torch::Tensor sum;
  for (const auto& [layer, channels] : kept_) {
    const torch::Tensor target = wanted.at(layer).index_select(1, channels).to(torch::kFloat32);
    const torch::Tensor varies = target.var({0, 2, 3}, false).mean().clamp_min(1e-12);
    const torch::Tensor loss =
        (given.at(layer).to(torch::kFloat32) - target).square().mean() / varies;
    sum = sum.defined() ? sum + loss : loss;
  }
  return sum / static_cast<double>(kept_.size());
}

}  // namespace tenjo
