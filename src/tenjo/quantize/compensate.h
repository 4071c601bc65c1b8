#pragma once

#include <vector>

#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/reads.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

//! Rounds the weights of each filter one after another, those that the layer's answers feel most
//! first, and lets the weights not yet rounded make up for the error as well as what they read
//! varies with it (Frantar et al. 2022, GPTQ, arXiv:2210.17323). `start`: the filters rounded each
//! by itself; what comes out never errs more than it on answers of such reads. `largest`: of the
//! whole numbers. Filters whose reads are unknown stay as in `start`.
QuantisedWeights CompensateRounding(const GraphConvolution& convolution, const Reads& reads,
                                    const QuantisedWeights& start, int largest);

//! By filter: variance of the error of its answers, relative to that of the answers. Empty if the
//! reads are unknown.
std::vector<double> AnswerErrors(const GraphConvolution& convolution, const Reads& reads,
                                 const QuantisedWeights& weights);

//! As BiasError of the statistics of a tensor, by what filters read, its edge included.
std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const Reads& reads);

}  // namespace tenjo
