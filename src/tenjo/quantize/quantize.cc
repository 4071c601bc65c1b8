#include "tenjo/quantize/quantize.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/model/network_onnx.h"
#include "tenjo/model/onnx_outline.h"
#include "tenjo/quantize/calibrated_graph.h"
#include "tenjo/quantize/float_graph.h"
#include "tenjo/quantize/qdq.h"
#include "tenjo/quantize/runner.h"
#include "tenjo/quantize/simulation.h"
#include "tenjo/quantize/weights.h"

namespace tenjo {
namespace {

constexpr int kFewImages = 32;
constexpr std::array<RangeMethod, 4> kMethods = {RangeMethod::kMse, RangeMethod::kMinMax,
                                                 RangeMethod::kPercentile, RangeMethod::kEntropy};

bool IsFlat(const cv::Mat& image) {
  const std::uint8_t* first = image.ptr<std::uint8_t>(0);
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* row = image.ptr<std::uint8_t>(y);
    for (int x = 0; x < image.cols; ++x) {
      if (!std::equal(first, first + 3, row + static_cast<std::ptrdiff_t>(3) * x)) {
        return false;
      }
    }
  }
  return true;
}

bool IsNamed(const std::string& tensor, const std::string& name) {
  return !tensor.empty() && (tensor == name || LayerOfTensor(tensor) == name);
}

class Quantizer {
 public:
  Quantizer(const QuantizeOptions& options, const std::vector<cv::Mat>& images)
      : options_(options),
        images_(images),
        info_(ReadModelInfo(options.model)),
        graph_(options.model) {}

  QuantizeReport Run() {
    CheckImages();
    CheckKept();
    report_.left_out = graph_.left_out();
    PickSearchImages();
    CalibratedGraph candidate = ChooseEqualisation();
    if (options_.compensate) {
      Compensate(options_, info_, images_, &candidate);
    }
    ChooseRanges(&candidate);
    MeasureLayers(candidate);
    MeetMaxDrop(candidate);
    for (std::size_t i = 0; i < quantised_.size(); ++i) {
      report_.layers[i].quantised = quantised_[i];
    }
    report_.bytes_float = std::filesystem::file_size(options_.model);
    report_.bytes = std::filesystem::file_size(options_.out);
    return std::move(report_);
  }

 private:
  void Tell(const std::string& step, int done, int total) const {
    if (options_.progress) {
      options_.progress(step, done, total);
    }
  }

  void CheckImages() {
    if (images_.empty()) {
      throw Error(
          "there are no images to calibrate on; a hundred or so as the network will meet are "
          "wanted");
    }
    for (const cv::Mat& image : images_) {
      TENJO_CHECK(image.type() == CV_8UC3 && image.size() == images_.front().size());
    }
    if (std::all_of(images_.begin(), images_.end(), IsFlat)) {
      throw Error(fmt::format(
          "{} of one colour throughout: no ranges can be found on them; give images as the network "
          "will meet",
          images_.size() == 1 ? "the calibration image is"
                              : fmt::format("all {} calibration images are", images_.size())));
    }
    if (images_.size() < kFewImages) {
      report_.warnings.push_back(
          fmt::format("ranges rest on {} image{}; a hundred or so make them sure", images_.size(),
                      images_.size() == 1 ? "" : "s"));
    }
  }

  void CheckKept() {
    quantised_.assign(graph_.convolutions.size(), true);
    for (std::size_t i = 0; i < quantised_.size(); ++i) {
      const GraphConvolution& conv = graph_.convolutions[i];
      if (ReadsJoined(graph_, conv)) {
        quantised_[i] = false;
        report_.warnings.push_back(fmt::format(
            "{} stays in FP32: it reads joined channels, which OpenVINO gets wrong in 8 "
            "bits on some processors",
            Printable(conv.name)));
      }
    }
    for (const std::string& name : options_.keep) {
      bool found = false;
      for (std::size_t i = 0; i < quantised_.size(); ++i) {
        const GraphConvolution& conv = graph_.convolutions[i];
        if (IsNamed(conv.name, name) || IsNamed(conv.part_of, name)) {
          quantised_[i] = false;
          found = true;
        }
      }
      if (!found) {
        throw Error(fmt::format("{} has no convolution {} to keep in FP32", options_.model.string(),
                                Printable(name)));
      }
    }
  }

  // Evenly out of all.
  void PickSearchImages() {
    const std::size_t count =
        std::min(images_.size(), static_cast<std::size_t>(std::max(1, options_.search_images)));
    for (std::size_t i = 0; i < count; ++i) {
      search_.push_back(images_[i * images_.size() / count]);
    }
  }

  std::unique_ptr<Simulation> Simulate(const CalibratedGraph& candidate) const {
    return std::make_unique<Simulation>(candidate.graph, candidate.weights, candidate.bias_errors,
                                        info_, search_, options_.threads);
  }

  // Switches on what is quantised, all but the layers kept.
  double LossOf(const CalibratedGraph& candidate, const std::vector<bool>& quantised,
                Simulation* simulation) const {
    std::set<std::string> rounded;
    for (std::size_t i = 0; i < quantised.size(); ++i) {
      simulation->SetWeights(i, quantised[i]);
      if (quantised[i]) {
        rounded.insert(candidate.graph.convolutions[i].input);
      }
    }
    for (const auto& [tensor, range] : candidate.ranges) {
      if (rounded.contains(tensor)) {
        simulation->SetTensor(tensor, range);
      } else {
        simulation->ClearTensor(tensor);
      }
    }
    return simulation->Loss();
  }

  CalibratedGraph ChooseEqualisation() {
    if (options_.equalise == Equalisation::kOff) {
      return Calibrate(graph_, false, options_, info_, images_);
    }
    FloatGraph equal(graph_);
    const int count = EqualiseLayers(&equal);
    if (options_.equalise == Equalisation::kOn || count == 0) {
      report_.equalised = count;
      return Calibrate(equal, count > 0, options_, info_, images_);
    }
    CalibratedGraph plain = Calibrate(graph_, false, options_, info_, images_);
    CalibratedGraph equalised = Calibrate(equal, count > 0, options_, info_, images_);
    Tell("comparing equalisation", 0, 2);
    const double plain_loss = LossOf(plain, quantised_, Simulate(plain).get());
    Tell("comparing equalisation", 1, 2);
    const double equal_loss = LossOf(equalised, quantised_, Simulate(equalised).get());
    Tell("comparing equalisation", 2, 2);
    if (equal_loss < plain_loss) {
      report_.equalised = count;
      return equalised;
    }
    return plain;
  }

  // Each tensor alone: the method that loses least of the outputs.
  void ChooseRanges(CalibratedGraph* candidate) {
    if (options_.ranges != RangeMethod::kAuto) {
      return;
    }
    Simulation simulation(candidate->graph, {}, {}, info_, search_, options_.threads);
    int done = 0;
    for (auto& [tensor, range] : candidate->ranges) {
      Tell("choosing ranges", done++, static_cast<int>(candidate->ranges.size()));
      if (tensor == candidate->graph.input()) {
        continue;
      }
      double least = 0;
      std::vector<float> tried;
      for (const RangeMethod method : kMethods) {
        const ActivationRange found = FindRange(candidate->statistics[tensor], method,
                                                options_.symmetric, options_.percentile);
        const bool again = std::any_of(tried.begin(), tried.end(), [&](float step) {
          return found.step > 0.98F * step && found.step < 1.02F * step;
        });
        if (again) {
          continue;
        }
        simulation.SetTensor(tensor, found);
        const double loss = simulation.Loss();
        if (tried.empty() || loss < least) {
          least = loss;
          range = found;
        }
        tried.push_back(found.step);
      }
      simulation.ClearTensor(tensor);
    }
    Tell("choosing ranges", done, done);
  }

  void MeasureLayers(const CalibratedGraph& candidate) {
    simulation_ = Simulate(candidate);
    const std::size_t count = candidate.graph.convolutions.size();
    for (std::size_t i = 0; i < count; ++i) {
      Tell("measuring layers", static_cast<int>(i), static_cast<int>(count));
      const GraphConvolution& conv = candidate.graph.convolutions[i];
      std::vector<bool> alone(count);
      alone[i] = true;
      QuantizedLayer& layer = report_.layers.emplace_back();
      layer.name = conv.name;
      layer.shape = conv.shape;
      layer.groups = conv.groups;
      layer.input = candidate.ranges.at(conv.input);
      layer.cost = LossOf(candidate, alone, simulation_.get());
    }
    Tell("measuring layers", static_cast<int>(count), static_cast<int>(count));
  }

  void Write(const CalibratedGraph& candidate, const std::filesystem::path& path) const {
    WriteQdq({.graph = &candidate.graph,
              .weights = &candidate.weights,
              .bias_errors = &candidate.bias_errors,
              .ranges = &candidate.ranges,
              .quantised = &quantised_},
             options_.model, path);
  }

  // Gives the costliest layers back to FP32, twice as many each time, until the loss fits.
  void MeetMaxDrop(const CalibratedGraph& candidate) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < quantised_.size(); ++i) {
      if (quantised_[i]) {
        order.push_back(i);
      }
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return report_.layers[a].cost > report_.layers[b].cost;
    });
    if (options_.accuracy) {
      Tell("measuring the FP32 network", 0, 1);
      report_.accuracy_float = options_.accuracy(options_.model);
    }
    std::size_t kept = 0;
    while (true) {
      report_.loss = LossOf(candidate, quantised_, simulation_.get());
      double drop = report_.loss;
      if (options_.accuracy) {
        MeasureFile(candidate);
        drop = LargestDrop();
      }
      if (drop <= options_.max_drop) {
        Write(candidate, options_.out);
        return;
      }
      const std::size_t more = std::max<std::size_t>(1, 2 * kept);
      if (more >= order.size()) {
        throw Error(
            fmt::format("{} loses {:.4f} with its {} costliest layers in FP32, more than {}; more "
                        "of the images "
                        "that it will meet may help, or training in 8 bits",
                        options_.model.string(), drop, kept, options_.max_drop));
      }
      for (; kept < more; ++kept) {
        quantised_[order[kept]] = false;
      }
      Tell(fmt::format("{:.4f} lost, over {}: {} layers in FP32", drop, options_.max_drop, kept), 0,
           1);
    }
  }

  double LargestDrop() const {
    TENJO_CHECK(report_.accuracy.size() == report_.accuracy_float.size());
    double drop = 0;
    for (std::size_t i = 0; i < report_.accuracy.size(); ++i) {
      drop = std::max(drop, report_.accuracy_float[i].value - report_.accuracy[i].value);
    }
    return drop;
  }

  void MeasureFile(const CalibratedGraph& candidate) {
    Tell("measuring the INT8 network", 0, 1);
    const std::filesystem::path trial =
        options_.out.parent_path() / (options_.out.stem().string() + ".trial.onnx");
    Write(candidate, trial);
    try {
      report_.accuracy = options_.accuracy(trial);
    } catch (...) {
      std::filesystem::remove(trial);
      throw;
    }
    std::filesystem::remove(trial);
  }

  const QuantizeOptions& options_;
  const std::vector<cv::Mat>& images_;
  ModelInfo info_;
  FloatGraph graph_;
  std::vector<cv::Mat> search_;
  std::vector<bool> quantised_;
  std::unique_ptr<Simulation> simulation_;
  QuantizeReport report_;
};

}  // namespace

int QuantizeReport::quantised() const {
  return static_cast<int>(std::count_if(layers.begin(), layers.end(),
                                        [](const auto& layer) { return layer.quantised; }));
}

QuantizeReport Quantize(const QuantizeOptions& options, const std::vector<cv::Mat>& images) {
  if (options.weight_bits != 7 && options.weight_bits != 8) {
    throw Error(fmt::format("weights cannot have {} bits; 7 or 8", options.weight_bits));
  }
  if (!(options.percentile > 50 && options.percentile <= 100)) {
    throw Error(fmt::format("the percentile {} is not one from 50 to 100", options.percentile));
  }
  std::error_code failure;
  if (std::filesystem::equivalent(options.model, options.out, failure)) {
    throw Error(fmt::format("the INT8 network cannot take the place of {}, which it is made of",
                            options.model.string()));
  }
  return Quantizer(options, images).Run();
}

}  // namespace tenjo
