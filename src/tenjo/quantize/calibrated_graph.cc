#include "tenjo/quantize/calibrated_graph.h"

#include <algorithm>

#include "tenjo/quantize/compensate.h"
#include "tenjo/quantize/reads.h"
#include "tenjo/quantize/runner.h"

namespace tenjo {
namespace {

void Tell(const QuantizeOptions& options, const std::string& step, std::size_t done,
          std::size_t total) {
  if (options.progress) {
    options.progress(step, static_cast<int>(done), static_cast<int>(total));
  }
}

}  // namespace

CalibratedGraph Calibrate(const FloatGraph& graph, bool equalised, const QuantizeOptions& options,
                          const ModelInfo& info, const std::vector<cv::Mat>& images) {
  CalibratedGraph out{graph, {}, {}, {}, {}};
  std::vector<std::string> tensors = graph.ConvolutionInputs();
  const bool reads_image = std::erase(tensors, graph.input()) > 0;
  const std::string step = equalised ? "calibrating, equalised" : "calibrating";
  std::size_t done = 0;
  out.statistics =
      CollectStatistics(graph.WriteFloat(tensors), graph.OutputsWith(tensors), info, images,
                        options.threads, [&] { Tell(options, step, ++done, 2 * images.size()); });
  if (reads_image) {
    out.statistics[graph.input()] = InputStatistics(info, images);
  }
  for (const std::string& tensor : graph.ConvolutionInputs()) {
    // What 8-bit pixels can become is known and needs no clipping.
    const RangeMethod method = tensor == graph.input()                ? RangeMethod::kMinMax
                               : options.ranges == RangeMethod::kAuto ? RangeMethod::kMse
                                                                      : options.ranges;
    out.ranges[tensor] =
        FindRange(out.statistics[tensor], method, options.symmetric, options.percentile);
  }
  for (const GraphConvolution& conv : graph.convolutions) {
    const TensorStatistics& input = out.statistics[conv.input];
    out.weights.push_back(QuantiseWeights(conv, input, LargestWeight(conv, options.weight_bits)));
    out.bias_errors.push_back(options.correct_bias ? BiasError(conv, out.weights.back(), input)
                                                   : std::vector<float>(conv.filters()));
  }
  return out;
}

void Compensate(const QuantizeOptions& options, const ModelInfo& info,
                const std::vector<cv::Mat>& images, CalibratedGraph* calibrated) {
  std::size_t done = 0;
  const std::vector<Reads> reads =
      MeasureReads(calibrated->graph, info, images, options.threads,
                   [&] { Tell(options, "measuring what layers read", ++done, images.size()); });
  const std::size_t count = calibrated->graph.convolutions.size();
  for (std::size_t i = 0; i < count; ++i) {
    Tell(options, "rounding weights", i, count);
    const GraphConvolution& conv = calibrated->graph.convolutions[i];
    QuantisedWeights& weights = calibrated->weights[i];
    weights = CompensateRounding(conv, reads[i], weights, LargestWeight(conv, options.weight_bits));
    if (options.correct_bias && !reads[i].mean.empty()) {
      calibrated->bias_errors[i] = BiasError(conv, weights, reads[i]);
    }
  }
  Tell(options, "rounding weights", count, count);
}

}  // namespace tenjo
