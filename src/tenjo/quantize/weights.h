#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/ranges.h"

namespace tenjo {

//! Half of what 8 bits hold. On processors without VNNI two products of 8-bit numbers are added in
//! 16 bits; up to here, 2 * 255 * 64, they fit. With larger weights they saturate without a word.
inline constexpr int kPortableWeight = 64;
inline constexpr int kLargestWeight = 127;

//! Each filter as step times whole numbers from -largest to largest.
struct QuantisedWeights {
  std::vector<std::int8_t> values;
  std::vector<float> steps;  //!< one a filter

  std::vector<float> Dequantised() const;
};

//! Largest number that weights of so many bits (7 or 8) are rounded to. Depthwise layers add no
//! neighbouring products, so nothing overflows in them.
int LargestWeight(bool depthwise, int bits);
int LargestWeight(const GraphConvolution& convolution, int bits);

//! Each weight to the nearest of the filter's steps.
QuantisedWeights RoundWeights(const GraphConvolution& convolution, std::vector<float> steps,
                              int largest);

//! Per filter the step of the least squared error of what the layer answers, given the mean square
//! of each input channel (`input`; channels are taken for uncorrelated).
QuantisedWeights QuantiseWeights(const GraphConvolution& convolution, const TensorStatistics& input,
                                 int largest);

//! Mean of what a filter's weight of that number reads.
using MeanOfRead = std::function<double(std::size_t filter, std::size_t number)>;

//! Bias correction (Nagel et al. 2019, section 4.2): what the rounded weights answer too much on
//! the mean input, by filter, to be taken off the bias.
std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const MeanOfRead& mean);
std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const TensorStatistics& input);

//! Cross-layer equalisation (Nagel et al. 2019, section 4.1), over all tensors whose channels can
//! be scaled, but those `fixed`: the outputs of the network stay the same, the ranges of a
//! channel's weights before and behind become equal. Returns how many tensors were equalised.
int EqualiseLayers(FloatGraph* graph, const std::set<std::string>& fixed = {});

}  // namespace tenjo
