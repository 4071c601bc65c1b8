#include "tenjo/quantize/training_start.h"

#include <utility>

#include "tenjo/model/model_info.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/calibrated_graph.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

TrainingStart QuantiseForTraining(const QuantizeOptions& options,
                                  const std::set<std::string>& answers,
                                  const std::vector<cv::Mat>& images) {
  FloatGraph graph(options.model);
  const int equalised = EqualiseLayers(&graph, answers);
  const ModelInfo info = ReadModelInfo(options.model);
  CalibratedGraph calibrated = Calibrate(graph, equalised, options, info, images);
  Compensate(options, info, images, &calibrated);
  TrainingStart start;
  start.rounding.weight_bits = options.weight_bits;
  for (std::size_t i = 0; i < graph.convolutions.size(); ++i) {
    GraphConvolution& conv = graph.convolutions[i];
    const std::string layer = LayerOfTensor(conv.name);
    if (!ReadsJoined(graph, conv)) {
      conv.weights = calibrated.weights[i].Dequantised();
      for (std::size_t f = 0; f < conv.filters(); ++f) {
        conv.bias[f] -= calibrated.bias_errors[i][f];
      }
      start.rounding.weight_steps[layer] = calibrated.weights[i].steps;
      start.rounding.tensors[conv.input] = calibrated.ranges.at(conv.input);
    }
    start.weights[layer] = std::move(conv.weights);
    start.biases[layer] = std::move(conv.bias);
  }
  return start;
}

}  // namespace tenjo
