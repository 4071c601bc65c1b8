#include "tenjo/quantize/training_start.h"

#include <set>
#include <string>
#include <utility>

#include "tenjo/base/scratch_folder.h"
#include "tenjo/model/model_info.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/calibrated_graph.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {

TrainedRounding QuantiseForTraining(QuantizeOptions options, const std::vector<cv::Mat>& images,
                                    Network* network) {
  const ScratchFolder folder;
  options.model = folder.path() / "start.onnx";
  WriteOnnx(*network, options.model);
  std::set<std::string> answers;  // training compares them, the file's outputs or not
  for (const NetworkOutput& output : network->outputs) {
    answers.insert(output.layer);
  }
  FloatGraph graph(options.model);
  const bool equalised = EqualiseLayers(&graph, answers) > 0;
  const ModelInfo info = ReadModelInfo(options.model);
  CalibratedGraph calibrated = Calibrate(graph, equalised, options, info, images);
  Compensate(options, info, images, &calibrated);
  TrainedRounding rounding;
  rounding.weight_bits = options.weight_bits;
  for (std::size_t i = 0; i < graph.convolutions.size(); ++i) {
    GraphConvolution& conv = graph.convolutions[i];
    const std::string layer = LayerOfTensor(conv.name);
    if (!ReadsJoined(graph, conv)) {
      conv.weights = calibrated.weights[i].Dequantised();
      for (std::size_t f = 0; f < conv.filters(); ++f) {
        conv.bias[f] -= calibrated.bias_errors[i][f];
      }
      rounding.weight_steps[layer] = calibrated.weights[i].steps;
      rounding.tensors[conv.input] = calibrated.ranges.at(conv.input);
    }
    network->weights.at(layer + "/weight").values = std::move(conv.weights);
    network->weights.at(layer + "/bias").values = std::move(conv.bias);
  }
  return rounding;
}

}  // namespace tenjo
