#include "tenjo/testing/random_network.h"

namespace tenjo::testing {
namespace {

int Pick(std::mt19937_64* engine, std::uint64_t count) {
  return static_cast<int>((*engine)() % count);
}

float Uniform(std::mt19937_64* engine, float low, float high) {
  return low +
         (high - low) * static_cast<float>((*engine)() >> 40U) / static_cast<float>(1U << 24U);
}

void FillWeights(std::mt19937_64* engine, Network* network) {
  InitialiseWeights(network, (*engine)());
  for (auto& [name, tensor] : network->weights) {
    for (float& value : tensor.values) {
      if (name.ends_with("/bn_scale") || name.ends_with("/bn_variance")) {
        value = Uniform(engine, 0.7F, 1.3F);
      } else if (!name.ends_with("/weight")) {
        value = Uniform(engine, -0.2F, 0.2F);
      }
    }
  }
  network->facts.colour = Pick(engine, 2) == 0 ? ColourOrder::kBgr : ColourOrder::kRgb;
  for (std::size_t c = 0; c < 3; ++c) {
    network->facts.mean[c] = Uniform(engine, 90, 130);
    network->facts.scale[c] = Uniform(engine, 50, 256);
  }
}

}  // namespace

Network RandomPoseNetwork(std::mt19937_64* engine) {
  PoseNetworkOptions options;
  options.base = Pick(engine, 3) == 0 ? PoseBase::kVgg19 : PoseBase::kMobileNetV1;
  options.width = options.base == PoseBase::kVgg19 ? 0.25 : 0.25 + 0.125 * Pick(engine, 3);
  options.stages = Pick(engine, 4);
  options.activation = Pick(engine, 2) == 0 ? Activation::kRelu : Activation::kElu;
  options.person_heads = Pick(engine, 2) == 0;
  options.input_width = 8 * (4 + Pick(engine, 12));
  options.input_height = 8 * (4 + Pick(engine, 12));
  Network network = MakePoseNetwork(options);
  FillWeights(engine, &network);
  return network;
}

Network RandomAppearanceNetwork(std::mt19937_64* engine) {
  Network network = MakeAppearanceNetwork({.width = 0.25 + 0.125 * Pick(engine, 3),
                                           .numbers = 8 + Pick(engine, 128),
                                           .input_width = 16 * (2 + Pick(engine, 4)),
                                           .input_height = 16 * (4 + Pick(engine, 4))});
  FillWeights(engine, &network);
  return network;
}

Network RandomRefineNetwork(std::mt19937_64* engine) {
  Network network = MakeRefineNetwork({.width = 0.25 + 0.125 * Pick(engine, 3),
                                       .input_width = 16 * (3 + Pick(engine, 4)),
                                       .input_height = 16 * (4 + Pick(engine, 4))});
  FillWeights(engine, &network);
  return network;
}

}  // namespace tenjo::testing
