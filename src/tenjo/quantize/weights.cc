#include "tenjo/quantize/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr int kEqualiseRounds = 20;
constexpr double kLargestFactor = 1e4;

float RoundedTo(float value, float step, int largest) {
  const auto most = static_cast<float>(largest);
  return std::clamp(std::nearbyint(value / step), -most, most);
}

// Largest of the weights that make channel `channel` of the layer's output.
float RangeOfFilter(const GraphConvolution& conv, std::size_t filter) {
  const auto begin =
      conv.weights.begin() + static_cast<std::ptrdiff_t>(filter * conv.filter_size());
  float most = 0;
  std::for_each(begin, begin + static_cast<std::ptrdiff_t>(conv.filter_size()),
                [&](float value) { most = std::max(most, std::abs(value)); });
  return most;
}

// Calls work(weight) for each weight that sees the input channel.
template <typename Work>
void ForWeightsOf(GraphConvolution* conv, std::size_t channel, const Work& work) {
  const auto in = static_cast<std::size_t>(conv->shape[1]);
  const std::size_t group = channel / in;
  const std::size_t slice = channel % in;
  const std::size_t per_group = conv->filters_per_group();
  const std::size_t kernel = conv->kernel_size();
  for (std::size_t f = group * per_group; f < (group + 1) * per_group; ++f) {
    float* weights = conv->weights.data() + (f * in + slice) * kernel;
    std::for_each(weights, weights + kernel, work);
  }
}

// One pass over the tensor that layer `place` makes; how far the largest factor is from 1.
double EqualiseTensor(FloatGraph* graph, std::size_t place,
                      const std::vector<FloatGraph::Use>& uses) {
  GraphConvolution& conv = graph->convolutions[place];
  double farthest = 0;
  for (std::size_t channel = 0; channel < conv.filters(); ++channel) {
    const double before = RangeOfFilter(conv, channel);
    double behind = 0;
    for (const auto& use : uses) {
      ForWeightsOf(&graph->convolutions[use.convolution], use.offset + channel, [&](float& value) {
        behind = std::max(behind, std::abs(static_cast<double>(value)));
      });
    }
    if (before <= 0 || behind <= 0) {
      continue;  // a channel that is never used, or always the same
    }
    const double factor =
        std::clamp(std::sqrt(behind / before), 1 / kLargestFactor, kLargestFactor);
    farthest = std::max(farthest, std::abs(std::log(factor)));
    const std::size_t size = conv.filter_size();
    for (std::size_t i = 0; i < size; ++i) {
      float& value = conv.weights[channel * size + i];
      value = static_cast<float>(value * factor);
    }
    conv.bias[channel] = static_cast<float>(conv.bias[channel] * factor);
    for (const auto& use : uses) {
      ForWeightsOf(&graph->convolutions[use.convolution], use.offset + channel,
                   [&](float& value) { value = static_cast<float>(value / factor); });
    }
  }
  return farthest;
}

}  // namespace

int LargestWeight(bool depthwise, int bits) {
  return bits == 8 || depthwise ? kLargestWeight : kPortableWeight;
}

int LargestWeight(const GraphConvolution& convolution, int bits) {
  return LargestWeight(convolution.groups > 1 && convolution.shape[1] == 1, bits);
}

QuantisedWeights RoundWeights(const GraphConvolution& convolution, std::vector<float> steps,
                              int largest) {
  TENJO_CHECK(steps.size() == convolution.filters());
  QuantisedWeights out{.values = {}, .steps = std::move(steps)};
  for (std::size_t i = 0; i < convolution.weights.size(); ++i) {
    const float step = out.steps[i / convolution.filter_size()];
    out.values.push_back(
        static_cast<std::int8_t>(RoundedTo(convolution.weights[i], step, largest)));
  }
  return out;
}

std::vector<float> QuantisedWeights::Dequantised() const {
  std::vector<float> out(values.size());
  const std::size_t each = values.size() / steps.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    out[i] = static_cast<float>(values[i]) * steps[i / each];
  }
  return out;
}

QuantisedWeights QuantiseWeights(const GraphConvolution& convolution, const TensorStatistics& input,
                                 int largest) {
  constexpr int kTries = 41;  // down to 0.6 of the filter's range
  QuantisedWeights out;
  out.values.resize(convolution.weights.size());
  out.steps.resize(convolution.filters());
  const std::size_t size = convolution.filter_size();
  const std::size_t kernel = convolution.kernel_size();
  std::vector<double> importance(size, 1);
  for (std::size_t f = 0; f < convolution.filters(); ++f) {
    const float* weights = convolution.weights.data() + f * size;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t channel = convolution.channel(f, i / kernel);
      importance[i] =
          1e-12 + (channel < input.channel_square.size() ? input.channel_square[channel] : 1);
    }
    const float most = RangeOfFilter(convolution, f);
    float best =
        std::max(most / static_cast<float>(largest), std::numeric_limits<float>::min() * 1e6F);
    double least = std::numeric_limits<double>::infinity();
    for (int t = 0; t < kTries && most > 0; ++t) {
      const float step =
          std::max(most * (1.0F - 0.01F * static_cast<float>(t)) / static_cast<float>(largest),
                   std::numeric_limits<float>::min() * 1e6F);
      double error = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const double lost =
            static_cast<double>(weights[i]) - RoundedTo(weights[i], step, largest) * step;
        error += importance[i] * lost * lost;
      }
      if (error < least) {
        least = error;
        best = step;
      }
    }
    out.steps[f] = best;
    for (std::size_t i = 0; i < size; ++i) {
      out.values[f * size + i] = static_cast<std::int8_t>(RoundedTo(weights[i], best, largest));
    }
  }
  return out;
}

std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const MeanOfRead& mean) {
  const std::vector<float> rounded = weights.Dequantised();
  const std::size_t size = convolution.filter_size();
  std::vector<float> error(convolution.filters());
  for (std::size_t f = 0; f < error.size(); ++f) {
    double sum = 0;
    for (std::size_t i = 0; i < size; ++i) {
      sum += mean(f, i) *
             (static_cast<double>(rounded[f * size + i]) - convolution.weights[f * size + i]);
    }
    error[f] = static_cast<float>(sum);
  }
  return error;
}

std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const TensorStatistics& input) {
  return BiasError(convolution, weights, [&](std::size_t filter, std::size_t number) {
    const std::size_t channel = convolution.channel(filter, number / convolution.kernel_size());
    return channel < input.channel_mean.size() ? input.channel_mean[channel] : 0.0;
  });
}

int EqualiseLayers(FloatGraph* graph, const std::set<std::string>& fixed) {
  std::vector<std::vector<FloatGraph::Use>> uses;
  int count = 0;
  for (const GraphConvolution& conv : graph->convolutions) {
    uses.push_back(fixed.contains(conv.name) ? std::vector<FloatGraph::Use>()
                                             : graph->ScalableUses(conv.name));
    count += uses.back().empty() ? 0 : 1;
  }
  for (int round = 0; round < kEqualiseRounds; ++round) {
    double farthest = 0;
    for (std::size_t i = 0; i < uses.size(); ++i) {
      if (!uses[i].empty()) {
        farthest = std::max(farthest, EqualiseTensor(graph, i, uses[i]));
      }
    }
    if (farthest < 1e-3) {
      break;
    }
  }
  return count;
}

}  // namespace tenjo
