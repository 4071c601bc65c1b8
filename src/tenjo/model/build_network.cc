#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/model/network.h"

namespace tenjo {
namespace {

constexpr int kMostStages = 3;

struct Step {
  int kernel = 3;
  int stride = 1;
  int dilation = 1;
  bool batch_norm = false;
  Activation activation = Activation::kRelu;
  bool depthwise = false;
};

// Appends layers one by one; each call returns the new layer's name.
class Builder {
 public:
  explicit Builder(double width) : width_(width) { channels_.emplace(kImage, 3); }
  // Goes on with a network.
  Builder(double width, Network network) : Builder(width) {
    network_ = std::move(network);
    for (const Layer& layer : network_.layers) {
      channels_[layer.name] = layer.out_channels;
    }
  }

  // A channel count of the published network at this one's width.
  int Width(int published) const {
    return std::max(8, 8 * static_cast<int>(std::lround(published * width_ / 8)));
  }

  std::string Convolve(const std::string& name, const std::string& input, int out,
                       const Step& step) {
    Layer layer;
    layer.name = name;
    layer.inputs = {input};
    layer.in_channels = channels_.at(input);
    layer.out_channels = out;
    layer.kernel = step.kernel;
    layer.stride = step.stride;
    layer.dilation = step.dilation;
    layer.padding = step.dilation * (step.kernel - 1) / 2;
    layer.groups = step.depthwise ? layer.in_channels : 1;
    layer.bias = !step.batch_norm;
    layer.batch_norm = step.batch_norm;
    layer.activation = step.activation;
    return Add(std::move(layer));
  }

  // A 3x3 convolution in each channel by itself, then a 1x1 over the channels.
  std::string Separable(const std::string& name, const std::string& input, int out, Step step) {
    step.depthwise = true;
    const std::string depthwise = Convolve(name + "/dw", input, channels_.at(input), step);
    return Convolve(name + "/sep", depthwise, out,
                    {.kernel = 1, .batch_norm = step.batch_norm, .activation = step.activation});
  }

  std::string Join(LayerKind kind, const std::string& name,
                   const std::vector<std::string>& inputs) {
    Layer layer;
    layer.kind = kind;
    layer.name = name;
    layer.inputs = inputs;
    for (const std::string& input : inputs) {
      layer.in_channels =
          (kind == LayerKind::kConcat ? layer.in_channels : 0) + channels_.at(input);
    }
    layer.out_channels = layer.in_channels;
    if (kind == LayerKind::kMaxPool) {
      layer.kernel = 2;
      layer.stride = 2;
    }
    return Add(std::move(layer));
  }

  void Output(const std::string& layer, const std::string& role, int stage) {
    network_.outputs.push_back({layer, role, stage});
  }

  Network Finish(const NetworkFacts& facts) {
    network_.facts = facts;
    InitialiseWeights(&network_, 1);
    return std::move(network_);
  }
  // As it is: new layers have no weights.
  Network Take() { return std::move(network_); }

 private:
  std::string Add(Layer layer) {
    channels_[layer.name] = layer.out_channels;
    network_.layers.push_back(std::move(layer));
    return network_.layers.back().name;
  }

  double width_;
  Network network_;
  std::map<std::string, int, std::less<>> channels_;
};

struct Block {
  const char* name;
  int out;
  int stride = 1;
  int dilation = 1;
};

// MobileNetV1 (Howard et al. 2017) as Lightweight OpenPose cuts it: stride 8 kept by a dilation in
// the place of the stride of conv5_1.
constexpr std::array<Block, 11> kPoseBlocks = {{{"conv2_1", 64},
                                                {"conv2_2", 128, 2},
                                                {"conv3_1", 128},
                                                {"conv3_2", 256, 2},
                                                {"conv4_1", 256},
                                                {"conv4_2", 512},
                                                {"conv5_1", 512, 1, 2},
                                                {"conv5_2", 512},
                                                {"conv5_3", 512},
                                                {"conv5_4", 512},
                                                {"conv5_5", 512}}};

// The whole of it, as a classifier has it but for the stride of conv5_6.
constexpr std::array<Block, 13> kAppearanceBlocks = {{{"conv2_1", 64},
                                                      {"conv2_2", 128, 2},
                                                      {"conv3_1", 128},
                                                      {"conv3_2", 256, 2},
                                                      {"conv4_1", 256},
                                                      {"conv4_2", 512, 2},
                                                      {"conv5_1", 512},
                                                      {"conv5_2", 512},
                                                      {"conv5_3", 512},
                                                      {"conv5_4", 512},
                                                      {"conv5_5", 512},
                                                      {"conv5_6", 1024},
                                                      {"conv6", 1024}}};

template <std::size_t kCount>
std::string AddMobileNet(Builder* builder, const std::array<Block, kCount>& blocks) {
  std::string last = builder->Convolve("base/conv1", std::string(kImage), builder->Width(32),
                                       {.stride = 2, .batch_norm = true});
  for (const Block& block : blocks) {
    last = builder->Separable(
        std::string("base/") + block.name, last, builder->Width(block.out),
        {.stride = block.stride, .dilation = block.dilation, .batch_norm = true});
  }
  return last;
}

std::string AddVgg(Builder* builder) {
  constexpr std::array<Block, 10> kBlocks = {{{"conv1_1", 64},
                                              {"conv1_2", 64, 2},
                                              {"conv2_1", 128},
                                              {"conv2_2", 128, 2},
                                              {"conv3_1", 256},
                                              {"conv3_2", 256},
                                              {"conv3_3", 256},
                                              {"conv3_4", 256, 2},
                                              {"conv4_1", 512},
                                              {"conv4_2", 512}}};
  std::string last(kImage);
  for (const Block& block : kBlocks) {
    const std::string name = std::string("base/") + block.name;
    last = builder->Convolve(name, last, builder->Width(block.out), {});
    if (block.stride == 2) {
      last = builder->Join(LayerKind::kMaxPool, fmt::format("{}/pool", name), {last});
    }
  }
  return last;
}

// From the base to the features that all stages see.
std::string AddFeatures(Builder* builder, const PoseNetworkOptions& options,
                        const std::string& base) {
  const int width = builder->Width(128);
  if (options.base == PoseBase::kVgg19) {
    const std::string wide = builder->Convolve("cpm/conv1", base, builder->Width(256), {});
    return builder->Convolve("cpm/conv2", wide, width, {});
  }
  const Activation act = options.activation;
  const std::string align =
      builder->Convolve("cpm/align", base, width, {.kernel = 1, .activation = act});
  std::string last = align;
  if (act == Activation::kElu) {
    last = builder->Convolve("cpm/reduce", last, width, {.kernel = 1, .activation = act});
  }
  for (const char* trunk : {"cpm/trunk1", "cpm/trunk2", "cpm/trunk3"}) {
    last = builder->Separable(trunk, last, width, {.activation = act});
  }
  last = builder->Join(LayerKind::kAdd, "cpm/sum", {align, last});
  return builder->Convolve("cpm/conv", last, width, {});
}

struct Guess {
  std::string heatmaps;
  std::string pafs;
};

Guess AddGuess(Builder* builder, int stage, const std::string& trunk, int hidden) {
  const std::string prefix = fmt::format("stage{}/", stage);
  Guess guess;
  const auto head = [&](const std::string& role, int planes) {
    const std::string wide =
        builder->Convolve(prefix + role + "/hidden", trunk, hidden, {.kernel = 1});
    std::string out = builder->Convolve(prefix + role, wide, planes,
                                        {.kernel = 1, .activation = Activation::kNone});
    builder->Output(out, role, stage);
    return out;
  };
  guess.pafs = head("pafs", kPafChannels);
  guess.heatmaps = head("heatmaps", kHeatmapChannels);
  return guess;
}

Guess AddFirstStage(Builder* builder, const std::string& features) {
  std::string last = features;
  for (const char* trunk : {"stage0/trunk1", "stage0/trunk2", "stage0/trunk3"}) {
    last = builder->Convolve(trunk, last, builder->Width(128), {});
  }
  return AddGuess(builder, 0, last, builder->Width(512));
}

Guess AddRefinement(Builder* builder, int stage, const std::string& features, const Guess& before) {
  const int width = builder->Width(128);
  const std::string prefix = fmt::format("stage{}/", stage);
  std::string last =
      builder->Join(LayerKind::kConcat, prefix + "input", {before.pafs, before.heatmaps, features});
  for (int block = 1; block <= 5; ++block) {
    const std::string name = fmt::format("{}block{}", prefix, block);
    const std::string squeezed =
        builder->Convolve(fmt::format("{}/squeeze", name), last, width, {.kernel = 1});
    last = builder->Convolve(fmt::format("{}/conv1", name), squeezed, width, {.batch_norm = true});
    last = builder->Convolve(fmt::format("{}/conv2", name), last, width,
                             {.dilation = 2, .batch_norm = true});
    last = builder->Join(LayerKind::kAdd, fmt::format("{}/sum", name), {squeezed, last});
  }
  return AddGuess(builder, stage, last, width);
}

// What person heads are built on.
struct PoseLayers {
  std::string base;      // last layer of the base
  std::string features;  // what all stages see
  Guess guess;           // of the first stage
};

// Both heads share a trunk. It reads the base itself besides the features, which were squeezed for
// joints, and the first guess: joints say how a person lies. It sees far enough (15 map pixels, and
// some 25 more of what it reads) to tell a whole person. The heads stand beside the refinement
// stages, so that cutting stages leaves them as they are.
void AddHeadLayers(Builder* builder, const PoseLayers& on) {
  const int width = builder->Width(128);
  std::string last = builder->Join(LayerKind::kConcat, "person/input",
                                   {on.base, on.features, on.guess.pafs, on.guess.heatmaps});
  last = builder->Convolve("person/squeeze", last, width, {.kernel = 1, .batch_norm = true});
  for (const auto& [name, dilation] : {std::pair("person/trunk1", 1), std::pair("person/trunk2", 2),
                                       std::pair("person/trunk3", 4)}) {
    last = builder->Separable(name, last, width, {.dilation = dilation, .batch_norm = true});
  }
  const Step plain = {.kernel = 1, .activation = Activation::kNone};
  builder->Output(builder->Convolve("person/centres", last, kCentreChannels, plain), "centres", 0);
  builder->Output(builder->Convolve("person/boxes", last, kBoxChannels, plain), "boxes", 0);
}

void CheckWidth(double width) {
  if (!(width >= 0.25 && width <= 1)) {
    throw Error(fmt::format("a network cannot have the width {}; from 0.25 to 1 it can", width));
  }
}

void CheckSize(int width, int height, int stride) {
  const auto fits = [&](int side) {
    return side >= stride && side <= kMaxInputSide && side % stride == 0;
  };
  if (!fits(width) || !fits(height)) {
    throw Error(fmt::format(
        "the network input cannot be {}x{}; each side is a multiple of {} up to {} pixels", width,
        height, stride, kMaxInputSide));
  }
}

}  // namespace

void SetInputSize(Network* network, int width, int height) {
  if (network->facts.task != "pose") {
    throw Error(fmt::format("a network of the task {} has one size of input, {}x{}",
                            network->facts.task, network->facts.input_width,
                            network->facts.input_height));
  }
  CheckSize(width, height, network->facts.stride);
  network->facts.input_width = width;
  network->facts.input_height = height;
}

namespace {

// What all networks say of their input.
NetworkFacts FactsOfSize(int width, int height) {
  NetworkFacts facts;
  facts.input_width = width;
  facts.input_height = height;
  facts.mean = {128, 128, 128};
  facts.scale = {256, 256, 256};
  return facts;
}

// Normal deviates whose bits do not depend on the standard library (Box and Muller 1958).
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : engine_(seed) {}
  float operator()(double deviation) {
    if (has_spare_) {
      has_spare_ = false;
      return static_cast<float>(deviation * spare_);
    }
    const double radius = std::sqrt(-2 * std::log(Uniform()));
    const double angle = 2 * std::numbers::pi * Uniform();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return static_cast<float>(deviation * radius * std::cos(angle));
  }

 private:
  double Uniform() { return (static_cast<double>(engine_() >> 11U) + 0.5) * 0x1p-53; }
  std::mt19937_64 engine_;
  double spare_ = 0;
  bool has_spare_ = false;
};

// What the outputs of person heads say before they learn: hardly anybody anywhere (Lin et al. 2017,
// section 4.1), and people of 5 x 8 map pixels.
std::vector<float> FirstBias(const std::string& role) {
  if (role == "centres") {
    return {-4.6F};
  }
  if (role == "boxes") {
    return {0, 0, std::log(5.0F), std::log(8.0F), 0.5F, 0};
  }
  return {};
}

void FillLayer(const Layer& layer, const NetworkOutput* output, Normal* normal, Network* network) {
  const int slices = layer.in_channels / layer.groups;
  const double inputs = slices * layer.kernel * layer.kernel;
  const double deviation = output != nullptr ? 0.01 : std::sqrt(2.0 / inputs);
  const auto shapes = WeightShapes({.facts = {}, .layers = {layer}, .outputs = {}, .weights = {}});
  for (const char* part : kWeightParts) {
    const auto shape = shapes.find(layer.name + part);
    if (shape == shapes.end()) {
      continue;
    }
    Tensor& tensor = network->weights[shape->first];
    tensor.shape = shape->second;
    std::size_t count = 1;
    for (const int side : tensor.shape) {
      count *= static_cast<std::size_t>(side);
    }
    const std::string_view name = part;
    tensor.values.assign(count, name == "/bn_scale" || name == "/bn_variance" ? 1.0F : 0.0F);
    if (name == "/weight") {
      std::generate(tensor.values.begin(), tensor.values.end(),
                    [&] { return (*normal)(deviation); });
    } else if (name == "/bias" && output != nullptr) {
      const std::vector<float> first = FirstBias(output->role);
      if (first.size() == count) {
        tensor.values = first;
      }
    }
  }
}

void FillMissingWeights(Network* network, std::uint64_t seed) {
  Normal normal(seed);
  for (const Layer& layer : network->layers) {
    if (layer.kind != LayerKind::kConvolution ||
        network->weights.contains(layer.name + "/weight")) {
      continue;
    }
    const auto output =
        std::find_if(network->outputs.begin(), network->outputs.end(),
                     [&](const NetworkOutput& one) { return one.layer == layer.name; });
    FillLayer(layer, output == network->outputs.end() ? nullptr : &*output, &normal, network);
  }
}

}  // namespace

Network MakePoseNetwork(const PoseNetworkOptions& options) {
  CheckWidth(options.width);
  CheckSize(options.input_width, options.input_height, 8);
  if (options.stages < 0 || options.stages > kMostStages) {
    throw Error(fmt::format("a network cannot have {} refinement stages; from 0 to {} it can",
                            options.stages, kMostStages));
  }
  if (options.activation == Activation::kNone) {
    throw Error("the prediction stage needs an activation: relu or elu");
  }
  Builder builder(options.width);
  const std::string base =
      options.base == PoseBase::kVgg19 ? AddVgg(&builder) : AddMobileNet(&builder, kPoseBlocks);
  const std::string features = AddFeatures(&builder, options, base);
  Guess guess = AddFirstStage(&builder, features);
  const PoseLayers first = {base, features, guess};
  for (int stage = 1; stage <= options.stages; ++stage) {
    guess = AddRefinement(&builder, stage, features, guess);
  }
  if (options.person_heads) {
    AddHeadLayers(&builder, first);
  }
  NetworkFacts facts = FactsOfSize(options.input_width, options.input_height);
  facts.skeleton = "openpose18";
  return builder.Finish(facts);
}

Network MakeAppearanceNetwork(const AppearanceNetworkOptions& options) {
  CheckWidth(options.width);
  CheckSize(options.input_width, options.input_height, 16);
  constexpr int kMostNumbers = 4096;
  if (options.numbers < 1 || options.numbers > kMostNumbers) {
    throw Error(fmt::format("an embedding cannot have {} numbers; from 1 to {} it can",
                            options.numbers, kMostNumbers));
  }
  Builder builder(options.width);
  std::string last = AddMobileNet(&builder, kAppearanceBlocks);
  last = builder.Join(LayerKind::kGlobalAveragePool, "embedding/mean", {last});
  last = builder.Convolve("embedding/linear", last, options.numbers,
                          {.kernel = 1, .batch_norm = true, .activation = Activation::kNone});
  last = builder.Join(LayerKind::kL2Normalise, "embedding", {last});
  builder.Output(last, "embedding", 0);
  NetworkFacts facts = FactsOfSize(options.input_width, options.input_height);
  facts.task = "appearance";
  facts.stride = 16;
  return builder.Finish(facts);
}

Network MakeRefineNetwork(const RefineNetworkOptions& options) {
  CheckWidth(options.width);
  CheckSize(options.input_width, options.input_height, 16);
  Builder builder(options.width);
  std::array<Block, 11> blocks = {};
  std::copy_n(kAppearanceBlocks.begin(), blocks.size(), blocks.begin());
  std::string last = AddMobileNet(&builder, blocks);
  last = builder.Separable("points/trunk", last, builder.Width(512), {.batch_norm = true});
  last = builder.Convolve("points/hidden", last, builder.Width(512),
                          {.kernel = 1, .batch_norm = true});
  last = builder.Convolve("points", last, kPointChannels,
                          {.kernel = 1, .activation = Activation::kNone});
  builder.Output(last, "points", 0);
  NetworkFacts facts = FactsOfSize(options.input_width, options.input_height);
  facts.task = "refine";
  facts.stride = 16;
  facts.skeleton = "coco17";
  return builder.Finish(facts);
}

void InitialiseWeights(Network* network, std::uint64_t seed) {
  network->weights.clear();
  FillMissingWeights(network, seed);
}

void AddPersonHeads(Network* network, std::uint64_t seed) {
  const auto output = [&](std::string_view role) {
    const auto found =
        std::find_if(network->outputs.begin(), network->outputs.end(),
                     [&](const NetworkOutput& one) { return one.role == role && one.stage == 0; });
    return found == network->outputs.end() ? std::string() : found->layer;
  };
  if (!output("centres").empty() && !output("boxes").empty()) {
    return;
  }
  const bool vgg = network->Find("cpm/conv1") != nullptr;
  const Layer* features = network->Find(vgg ? "cpm/conv2" : "cpm/conv");
  const Layer* squeeze = network->Find(vgg ? "cpm/conv1" : "cpm/align");
  if (features == nullptr || squeeze == nullptr || output("pafs").empty() ||
      output("heatmaps").empty()) {
    throw Error(
        "person heads are made for Lightweight OpenPose: the network lacks the layers cpm/align "
        "and cpm/conv or the outputs of the first stage");
  }
  const PoseLayers first = {
      squeeze->inputs.front(), features->name, {output("heatmaps"), output("pafs")}};
  const double width = features->out_channels / 128.0;
  Builder builder(width, std::move(*network));
  AddHeadLayers(&builder, first);
  *network = builder.Take();
  FillMissingWeights(network, seed);
}

std::vector<std::string> LayersForBatchNorm(const Network& network) {
  std::vector<std::string> names;
  for (const Layer& layer : network.layers) {
    const bool base = layer.name.starts_with("base/");
    const bool refined = layer.name.find("/block") != std::string::npos && layer.kernel == 3;
    if (layer.kind == LayerKind::kConvolution && !layer.batch_norm && (base || refined)) {
      names.push_back(layer.name);
    }
  }
  return names;
}

}  // namespace tenjo
