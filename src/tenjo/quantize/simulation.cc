#include "tenjo/quantize/simulation.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

std::string StepName(const std::string& tensor) { return tensor + "/step"; }
std::string InverseName(const std::string& tensor) { return tensor + "/inverse"; }
std::string LowName(const std::string& tensor) { return tensor + "/low"; }
std::string HighName(const std::string& tensor) { return tensor + "/high"; }
std::string SwitchName(std::size_t place) { return "switch/" + std::to_string(place); }

// step * round(clamp(x / step))
void AddRounding(FloatGraph::Writer& writer, const std::string& from, const std::string& to) {
  for (const std::string& name :
       {StepName(from), InverseName(from), LowName(from), HighName(from)}) {
    writer.ScalarInput(name);
  }
  writer.Node("Mul", {from, InverseName(from)}, to + "/a");
  writer.Node("Max", {to + "/a", LowName(from)}, to + "/b");
  writer.Node("Min", {to + "/b", HighName(from)}, to + "/c");
  writer.Node("Round", {to + "/c"}, to + "/d");
  writer.Node("Mul", {to + "/d", StepName(from)}, to);
}

std::string WriteSimulation(const FloatGraph& graph, const std::vector<QuantisedWeights>& weights,
                            const std::vector<std::vector<float>>& bias_errors) {
  FloatGraph::Form form;
  const auto tensors = graph.ConvolutionInputs();
  form.tensors.insert(tensors.begin(), tensors.end());
  form.tensor = AddRounding;
  form.convolution = [&](FloatGraph::Writer& writer, std::size_t place, const std::string& input) {
    const GraphConvolution& conv = graph.convolutions[place];
    const std::string& name = conv.name;
    writer.Floats(name + "/weight", conv.shape, conv.weights);
    writer.Floats(name + "/bias", {conv.shape[0]}, conv.bias);
    if (weights.empty()) {
      writer.Convolution({input, name + "/weight", name + "/bias"}, name);
      return;
    }
    std::vector<float> error = weights[place].Dequantised();
    for (std::size_t i = 0; i < error.size(); ++i) {
      error[i] -= conv.weights[i];
    }
    std::vector<float> bias_error = bias_errors[place];
    for (float& value : bias_error) {
      value = -value;
    }
    writer.Floats(name + "/weight_error", conv.shape, error);
    writer.Floats(name + "/bias_error", {conv.shape[0]}, bias_error);
    writer.ScalarInput(SwitchName(place));
    writer.Convolution({input, name + "/weight", name + "/bias"}, name + "/plain");
    writer.Convolution({input, name + "/weight_error", name + "/bias_error"}, name + "/error");
    writer.Node("Mul", {name + "/error", SwitchName(place)}, name + "/switched");
    writer.Node("Add", {name + "/plain", name + "/switched"}, name);
  };
  return graph.Write(form);
}

}  // namespace

Simulation::Simulation(const FloatGraph& graph, const std::vector<QuantisedWeights>& weights,
                       const std::vector<std::vector<float>>& bias_errors, const ModelInfo& info,
                       const std::vector<cv::Mat>& images, int threads)
    : images_(images), has_weights_(!weights.empty()), energy_(graph.outputs().size()) {
  {
    GraphRunner plain(graph.WriteFloat({}), info, images.front().size(), threads);
    plain.Run(images_, [&](std::size_t, const std::vector<Answer>& answers) {
      auto& kept = truth_.emplace_back();
      for (std::size_t o = 0; o < answers.size(); ++o) {
        const Answer& answer = answers[o];
        kept.emplace_back(answer.data, answer.data + answer.size());
        // Channels differ in their means, which say nothing; of single numbers all is said.
        const std::size_t plane = answer.plane();
        for (std::size_t c = 0; c < answer.size() / plane; ++c) {
          const float* values = answer.data + c * plane;
          double sum = 0;
          double squares = 0;
          for (std::size_t p = 0; p < plane; ++p) {
            sum += values[p];
            squares += static_cast<double>(values[p]) * values[p];
          }
          energy_[o] += plane > 1 ? squares - sum * sum / static_cast<double>(plane) : squares;
        }
      }
    });
  }
  runner_ = std::make_unique<GraphRunner>(WriteSimulation(graph, weights, bias_errors), info,
                                          images.front().size(), threads);
  for (const std::string& tensor : graph.ConvolutionInputs()) {
    ClearTensor(tensor);
  }
}

Simulation::~Simulation() = default;

void Simulation::SetTensor(const std::string& tensor, const ActivationRange& range) {
  runner_->Set(StepName(tensor), range.step);
  runner_->Set(InverseName(tensor), 1 / range.step);
  runner_->Set(LowName(tensor), static_cast<float>(range.low()));
  runner_->Set(HighName(tensor), static_cast<float>(range.high()));
}

// Steps so fine that every number of 24 bits above 2^-16 is a whole number of them.
void Simulation::ClearTensor(const std::string& tensor) {
  constexpr float kFine = 0x1p-40F;
  constexpr float kAll = 0x1p100F;
  runner_->Set(StepName(tensor), kFine);
  runner_->Set(InverseName(tensor), 1 / kFine);
  runner_->Set(LowName(tensor), -kAll);
  runner_->Set(HighName(tensor), kAll);
}

void Simulation::SetWeights(std::size_t convolution, bool rounded) {
  TENJO_CHECK(has_weights_);
  runner_->Set(SwitchName(convolution), rounded ? 1.0F : 0.0F);
}

double Simulation::Loss() {
  std::vector<double> lost(energy_.size());
  runner_->Run(images_, [&](std::size_t image, const std::vector<Answer>& answers) {
    for (std::size_t o = 0; o < answers.size(); ++o) {
      const std::vector<float>& truth = truth_[image][o];
      for (std::size_t i = 0; i < truth.size(); ++i) {
        const double difference = static_cast<double>(answers[o].data[i]) - truth[i];
        lost[o] += difference * difference;
      }
    }
  });
  double loss = 0;
  for (std::size_t o = 0; o < lost.size(); ++o) {
    loss += lost[o] / std::max(energy_[o], 1e-30) / static_cast<double>(lost.size());
  }
  return loss;
}

}  // namespace tenjo
