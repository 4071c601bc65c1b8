#include "tenjo/quantize/training_start.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "tenjo/base/scratch_folder.h"
#include "tenjo/model/model_info.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/quantize/calibrated_graph.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {
namespace {

// A part's numbers go to their places in the layer that it is of.
void PutBack(const GraphConvolution& conv, Network* network) {
  const bool is_part = !conv.part_of.empty();
  const std::string layer = LayerOfTensor(is_part ? conv.part_of : conv.name);
  std::vector<float>& weights = network->weights.at(layer + "/weight").values;
  std::vector<float>& bias = network->weights.at(layer + "/bias").values;
  const std::size_t all = weights.size() / conv.filters();
  for (std::size_t f = 0; f < conv.filters(); ++f) {
    std::copy_n(
        conv.weights.begin() + static_cast<std::ptrdiff_t>(f * conv.filter_size()),
        conv.filter_size(),
        weights.begin() + static_cast<std::ptrdiff_t>(f * all + conv.offset * conv.kernel_size()));
    bias[f] = conv.bias[f] + (conv.offset > 0 ? bias[f] : 0);  // that of all parts together
  }
}

}  // namespace

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
    if (!ReadsJoined(graph, conv)) {
      conv.weights = calibrated.weights[i].Dequantised();
      for (std::size_t f = 0; f < conv.filters(); ++f) {
        conv.bias[f] -= calibrated.bias_errors[i][f];
      }
      rounding.weight_steps[LayerOfTensor(conv.name)] = calibrated.weights[i].steps;
      rounding.tensors[conv.input] = calibrated.ranges.at(conv.input);
    }
    PutBack(conv, network);
  }
  return rounding;
}

}  // namespace tenjo
