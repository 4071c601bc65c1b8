#include "tenjo/model/network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr int kMostChannels = 1 << 16;
constexpr int kMostKernel = 64;

// By task.
const std::map<std::string, std::vector<std::string>>& NeededOutputs() {
  static const std::map<std::string, std::vector<std::string>> outputs = {
      {"pose", {"heatmaps", "pafs"}}, {"appearance", {"embedding"}}, {"refine", {"points"}}};
  return outputs;
}

std::size_t CountOf(const std::vector<int>& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, [](std::size_t n, int side) {
    return n * static_cast<std::size_t>(side);
  });
}

// What the layers before say of their outputs.
struct Known {
  int channels = 0;
  int stride = 1;       // pixels of the picture a pixel of the map
  bool pooled = false;  // one value a channel
};

class Checker {
 public:
  Checker(const Network& network, std::string name) : network_(network), name_(std::move(name)) {
    known_.emplace(kImage, Known{.channels = 3});
  }

  void Check() {
    CheckFacts();
    for (const Layer& layer : network_.layers) {
      CheckLayer(layer);
    }
    CheckOutputs();
    CheckWeights();
  }

 private:
  template <typename... Args>
  [[noreturn]] void Fail(fmt::format_string<Args...> what, Args&&... args) const {
    throw Error(
        fmt::format("the network {}: {}", name_, fmt::format(what, std::forward<Args>(args)...)));
  }

  void CheckFacts() const {
    const NetworkFacts& facts = network_.facts;
    const auto side = [](int pixels) { return pixels >= 1 && pixels <= kMaxInputSide; };
    if (!side(facts.input_width) || !side(facts.input_height)) {
      Fail("the input cannot be {}x{} pixels; each side is 1 to {}", facts.input_width,
           facts.input_height, kMaxInputSide);
    }
    if (!NeededOutputs().contains(facts.task)) {
      Fail("the task '{}' is not known; known are pose, appearance and refine", facts.task);
    }
  }

  const Known& Input(const Layer& layer, const std::string& input) const {
    const auto found = known_.find(input);
    if (found == known_.end()) {
      Fail("the layer {} needs {}, which no layer before it makes", layer.name, input);
    }
    return found->second;
  }

  void CheckLayer(const Layer& layer) {
    if (layer.name.empty() || known_.contains(layer.name)) {
      Fail("each layer needs a name of its own, '{}' is not one", layer.name);
    }
    if (layer.inputs.empty()) {
      Fail("the layer {} has no input", layer.name);
    }
    const bool joins = layer.kind == LayerKind::kConcat || layer.kind == LayerKind::kAdd;
    if (!joins && layer.inputs.size() != 1) {
      Fail("the layer {} has {} inputs, it takes one", layer.name, layer.inputs.size());
    }
    Known out = Input(layer, layer.inputs.front());
    int channels = 0;
    for (const std::string& input : layer.inputs) {
      const Known& one = Input(layer, input);
      if (one.stride != out.stride || one.pooled != out.pooled) {
        Fail("the inputs of the layer {} have maps of different sizes", layer.name);
      }
      if (layer.kind == LayerKind::kAdd && one.channels != out.channels) {
        Fail("the layer {} adds {} channels to {}", layer.name, one.channels, out.channels);
      }
      channels += one.channels;
    }
    if (layer.kind == LayerKind::kAdd) {
      channels = out.channels;
    }
    CheckNumbers(layer, channels);
    out.channels = layer.out_channels;
    out.stride *= layer.stride;
    out.pooled = out.pooled || layer.kind == LayerKind::kGlobalAveragePool;
    if (layer.kind == LayerKind::kL2Normalise && !out.pooled) {
      Fail("the layer {} normalises a map; it takes one value a channel", layer.name);
    }
    known_.emplace(layer.name, out);
  }

  void CheckNumbers(const Layer& layer, int channels) const {
    if (layer.in_channels != channels) {
      Fail("the layer {} takes {} channels, its inputs have {}", layer.name, layer.in_channels,
           channels);
    }
    if (layer.out_channels < 1 || layer.out_channels > kMostChannels) {
      Fail("the layer {} cannot have {} channels", layer.name, layer.out_channels);
    }
    if (layer.kind != LayerKind::kConvolution) {
      if (layer.out_channels != channels) {
        Fail("the layer {} has {} channels in and {} out", layer.name, channels,
             layer.out_channels);
      }
      if (layer.bias || layer.batch_norm || layer.activation != Activation::kNone) {
        Fail("the layer {} is no convolution and cannot have bias, batch norm or activation",
             layer.name);
      }
    }
    const auto fits = [](int value, int low) { return value >= low && value <= kMostKernel; };
    if (!fits(layer.kernel, 1) || !fits(layer.stride, 1) || !fits(layer.dilation, 1) ||
        !fits(layer.padding, 0)) {
      Fail("the layer {} has a kernel, stride, dilation or padding out of range", layer.name);
    }
    if (layer.groups < 1 || layer.in_channels % layer.groups != 0 ||
        layer.out_channels % layer.groups != 0) {
      Fail("the layer {} cannot part {} and {} channels into {} groups", layer.name,
           layer.in_channels, layer.out_channels, layer.groups);
    }
  }

  void CheckOutputs() const {
    const std::map<std::string, int> planes = {
        {"heatmaps", kHeatmapChannels}, {"pafs", kPafChannels}, {"centres", kCentreChannels},
        {"boxes", kBoxChannels},        {"embedding", 0},       {"points", kPointChannels}};
    std::set<std::string> roles;
    std::set<std::pair<std::string, int>> seen;
    for (const NetworkOutput& output : network_.outputs) {
      const auto found = planes.find(output.role);
      if (found == planes.end()) {
        Fail("the output {} has the role '{}', which is not known", output.layer, output.role);
      }
      const auto layer = known_.find(output.layer);
      if (layer == known_.end() || output.layer == kImage) {
        Fail("there is no layer {} for the output {}", output.layer, output.role);
      }
      if (found->second != 0 && layer->second.channels != found->second) {
        Fail("the output {} has {} channels, {} have {}", output.layer, layer->second.channels,
             output.role, found->second);
      }
      if (found->second != 0 && layer->second.stride != network_.facts.stride) {
        Fail("the output {} has the stride {}, the network says {}", output.layer,
             layer->second.stride, network_.facts.stride);
      }
      if (output.stage < 0 || !seen.emplace(output.role, output.stage).second) {
        Fail("the output {} stands twice for stage {}", output.role, output.stage);
      }
      roles.insert(output.role);
    }
    const std::vector<std::string>& needed = NeededOutputs().at(network_.facts.task);
    if (!std::all_of(needed.begin(), needed.end(),
                     [&](const std::string& role) { return roles.contains(role); })) {
      Fail("a network for {} needs the outputs {}", network_.facts.task,
           fmt::join(needed, " and "));
    }
  }

  void CheckWeights() const {
    const auto shapes = WeightShapes(network_);
    for (const auto& [name, shape] : shapes) {
      const auto found = network_.weights.find(name);
      if (found == network_.weights.end()) {
        Fail("the weights {} are missing", name);
      }
      const Tensor& tensor = found->second;
      if (tensor.shape != shape || tensor.values.size() != CountOf(shape)) {
        Fail("the weights {} have the shape {} with {} numbers, their layer asks for {}", name,
             fmt::join(tensor.shape, "x"), tensor.values.size(), fmt::join(shape, "x"));
      }
      if (!std::all_of(tensor.values.begin(), tensor.values.end(),
                       [](float value) { return std::isfinite(value); })) {
        Fail("the weights {} hold numbers that are not finite", name);
      }
    }
    for (const auto& [name, tensor] : network_.weights) {
      if (!shapes.contains(name)) {
        Fail("no layer has use for the weights {}", name);
      }
    }
  }

  const Network& network_;
  std::string name_;
  std::map<std::string, Known, std::less<>> known_;
};

// Drops layers and weights that no output needs.
void Prune(Network* network) {
  std::set<std::string> needed;
  for (const NetworkOutput& output : network->outputs) {
    needed.insert(output.layer);
  }
  for (auto layer = network->layers.rbegin(); layer != network->layers.rend(); ++layer) {
    if (needed.contains(layer->name)) {
      needed.insert(layer->inputs.begin(), layer->inputs.end());
    }
  }
  std::erase_if(network->layers, [&](const Layer& layer) { return !needed.contains(layer.name); });
  const auto shapes = WeightShapes(*network);
  std::erase_if(network->weights, [&](const auto& entry) { return !shapes.contains(entry.first); });
}

}  // namespace

const Layer* Network::Find(std::string_view name) const {
  const auto found = std::find_if(layers.begin(), layers.end(),
                                  [&](const Layer& layer) { return layer.name == name; });
  return found == layers.end() ? nullptr : &*found;
}

int Network::stages() const {
  int most = 0;
  for (const NetworkOutput& output : outputs) {
    most = std::max(most, output.stage);
  }
  return most;
}

std::vector<NetworkOutput> Network::FinalOutputs() const {
  std::vector<NetworkOutput> final;
  for (const std::string_view role :
       {"heatmaps", "pafs", "centres", "boxes", "embedding", "points"}) {
    const NetworkOutput* last = nullptr;
    for (const NetworkOutput& output : outputs) {
      if (output.role == role && (last == nullptr || output.stage > last->stage)) {
        last = &output;
      }
    }
    if (last != nullptr) {
      final.push_back(*last);
    }
  }
  return final;
}

std::map<std::string, std::vector<int>> WeightShapes(const Network& network) {
  std::map<std::string, std::vector<int>> shapes;
  for (const Layer& layer : network.layers) {
    if (layer.kind != LayerKind::kConvolution) {
      continue;
    }
    shapes[layer.name + "/weight"] = {layer.out_channels, layer.in_channels / layer.groups,
                                      layer.kernel, layer.kernel};
    if (layer.bias) {
      shapes[layer.name + "/bias"] = {layer.out_channels};
    }
    if (layer.batch_norm) {
      for (const char* part : {"/bn_scale", "/bn_shift", "/bn_mean", "/bn_variance"}) {
        shapes[layer.name + part] = {layer.out_channels};
      }
    }
  }
  return shapes;
}

void CheckNetwork(const Network& network, const std::string& name) {
  Checker(network, name).Check();
}

std::int64_t CountWeights(const Network& network) {
  std::int64_t count = 0;
  for (const auto& [name, shape] : WeightShapes(network)) {
    if (!name.ends_with("/bn_mean") && !name.ends_with("/bn_variance")) {
      count += static_cast<std::int64_t>(CountOf(shape));
    }
  }
  return count;
}

std::int64_t CountOperations(const Network& network, int width, int height) {
  struct Size {
    std::int64_t width = 1;
    std::int64_t height = 1;
  };
  std::map<std::string, Size, std::less<>> sizes;
  sizes.emplace(kImage, Size{width, height});
  std::int64_t count = 0;
  for (const Layer& layer : network.layers) {
    const Size in = sizes.at(layer.inputs.front());
    Size out = in;
    if (layer.kind == LayerKind::kGlobalAveragePool) {
      out = {};
    } else if (layer.kind == LayerKind::kConvolution || layer.kind == LayerKind::kMaxPool) {
      const auto side = [&](std::int64_t length) {
        const std::int64_t reach = layer.dilation * (layer.kernel - 1) + 1;
        return (length + 2 * layer.padding - reach) / layer.stride + 1;
      };
      out = {side(in.width), side(in.height)};
    }
    if (layer.kind == LayerKind::kConvolution) {
      count += 2 * out.width * out.height * layer.out_channels *
               (layer.in_channels / layer.groups) * layer.kernel * layer.kernel;
    }
    sizes[layer.name] = out;
  }
  return count;
}

Network CutStages(const Network& network, int stages) {
  if (stages < 0 || stages > network.stages()) {
    throw Error(fmt::format("a network with {} refinement stages cannot be cut to {}",
                            network.stages(), stages));
  }
  Network cut = network;
  std::erase_if(cut.outputs, [&](const NetworkOutput& output) { return output.stage > stages; });
  Prune(&cut);
  return cut;
}

Network FoldBatchNorm(const Network& network) {
  Network folded = network;
  for (Layer& layer : folded.layers) {
    if (!layer.batch_norm) {
      continue;
    }
    const auto take = [&](const char* part) {
      return std::move(folded.weights.extract(layer.name + part).mapped().values);
    };
    const auto scale = take("/bn_scale");
    const auto shift = take("/bn_shift");
    const auto mean = take("/bn_mean");
    const auto variance = take("/bn_variance");
    std::vector<float>& weight = folded.weights.at(layer.name + "/weight").values;
    Tensor& bias = folded.weights[layer.name + "/bias"];
    if (!layer.bias) {
      bias = {{layer.out_channels}, std::vector<float>(scale.size())};
    }
    const std::size_t each = weight.size() / scale.size();
    for (std::size_t c = 0; c < scale.size(); ++c) {
      const double factor = scale[c] / std::sqrt(variance[c] + kBatchNormEpsilon);
      for (std::size_t i = c * each; i < (c + 1) * each; ++i) {
        weight[i] = static_cast<float>(weight[i] * factor);
      }
      bias.values[c] = static_cast<float>((bias.values[c] - mean[c]) * factor + shift[c]);
    }
    layer.bias = true;
    layer.batch_norm = false;
  }
  return folded;
}

void InsertBatchNorm(Network* network, const std::map<std::string, ChannelMoments>& moments) {
  for (const auto& [name, channels] : moments) {
    const auto layer = std::find_if(network->layers.begin(), network->layers.end(),
                                    [&name = name](const Layer& l) {
                                      return l.name == name && l.kind == LayerKind::kConvolution;
                                    });
    if (layer == network->layers.end() || layer->batch_norm) {
      throw Error(
          fmt::format("there is no convolution {} without batch norm to be given one", name));
    }
    const auto count = static_cast<std::size_t>(layer->out_channels);
    TENJO_CHECK(channels.mean.size() == count && channels.variance.size() == count);
    const std::vector<int> shape = {layer->out_channels};
    Tensor scale = {shape, std::vector<float>(count)};
    Tensor shift = {shape, std::vector<float>(count)};
    const auto bias = network->weights.find(name + "/bias");
    for (std::size_t c = 0; c < count; ++c) {
      scale.values[c] = static_cast<float>(std::sqrt(channels.variance[c] + kBatchNormEpsilon));
      shift.values[c] = channels.mean[c] + (layer->bias ? bias->second.values[c] : 0.0F);
    }
    network->weights[name + "/bn_scale"] = std::move(scale);
    network->weights[name + "/bn_shift"] = std::move(shift);
    network->weights[name + "/bn_mean"] = {shape, channels.mean};
    network->weights[name + "/bn_variance"] = {shape, channels.variance};
    if (layer->bias) {
      network->weights.erase(bias);
    }
    layer->bias = false;
    layer->batch_norm = true;
  }
}

int CopyWeights(const Network& from, Network* to) {
  int copied = 0;
  for (const Layer& layer : to->layers) {
    bool whole = layer.kind == LayerKind::kConvolution;
    std::vector<std::pair<Tensor*, const Tensor*>> pairs;
    for (const char* part : kWeightParts) {
      const auto mine = to->weights.find(layer.name + part);
      const auto theirs = from.weights.find(layer.name + part);
      if (mine == to->weights.end() && theirs == from.weights.end()) {
        continue;
      }
      whole = whole && mine != to->weights.end() && theirs != from.weights.end() &&
              mine->second.shape == theirs->second.shape;
      if (whole) {
        pairs.emplace_back(&mine->second, &theirs->second);
      }
    }
    if (whole) {
      for (const auto& [mine, theirs] : pairs) {
        mine->values = theirs->values;
      }
      ++copied;
    }
  }
  return copied;
}

}  // namespace tenjo
