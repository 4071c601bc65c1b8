#pragma once

#include <filesystem>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"
#include "tenjo/quantize/ranges.h"

namespace tenjo {

enum class Equalisation { kAuto, kOn, kOff };

//! A figure of a network, greater is better.
struct Accuracy {
  std::string name;
  double value = 0;
};

struct QuantizeOptions {
  std::filesystem::path model;  //!< ONNX, FP32, that describes itself
  std::filesystem::path out;
  //! Signed activations everywhere, as TensorRT asks; half the steps where nothing is negative.
  bool symmetric = false;
  //! 7: weights of which two products fit into 16 bits (see kPortableWeight). 8: for processors
  //! with VNNI and for TensorRT only.
  int weight_bits = 7;
  RangeMethod ranges = RangeMethod::kAuto;
  double percentile = 99.99;
  Equalisation equalise = Equalisation::kAuto;
  bool correct_bias = true;
  //! Weights make up for each other's rounding (CompensateRounding), else each is rounded to the
  //! nearest.
  bool compensate = true;
  int search_images = 4;  //!< of the calibration images, to compare ranges and layers on
  //! Most that may be lost: of each figure of `accuracy` where it is set, else of the outputs
  //! (Simulation::Loss).
  double max_drop = 0.02;
  //! Layers to keep in FP32 from the start, by name.
  std::vector<std::string> keep = {};
  int threads = 0;  //!< 0: all cores
  //! Measures a network's file, always by the same figures; empty: only outputs are compared.
  std::function<std::vector<Accuracy>(const std::filesystem::path&)> accuracy = {};
  //! Told how far a step of the work is.
  std::function<void(const std::string& step, int done, int total)> progress = {};
};

//! What became of one convolution.
struct QuantizedLayer {
  std::string name;
  std::vector<int> shape;  //!< OIHW, I within a group
  int groups = 1;
  ActivationRange input;
  double cost = 0;        //!< loss of the outputs with this layer alone in 8 bits
  bool quantised = true;  //!< else kept in FP32
};

struct QuantizeReport {
  std::vector<QuantizedLayer> layers;
  std::vector<std::string> left_out;     //!< what cannot be quantised
  int equalised = 0;                     //!< tensors whose channels were equalised
  double loss = 0;                       //!< of the outputs, all together
  std::vector<Accuracy> accuracy_float;  //!< where it is measured
  std::vector<Accuracy> accuracy;
  std::uintmax_t bytes_float = 0;
  std::uintmax_t bytes = 0;
  std::vector<std::string> warnings;

  int quantised() const;  //!< layers in 8 bits
};

//! Post-training quantisation: an ONNX file with QuantizeLinear and DequantizeLinear about each
//! convolution. `images`: 8-bit BGR as the network would be fed them, all of one size.
//! Throws Error if the network or the images will not do, or max_drop cannot be met.
QuantizeReport Quantize(const QuantizeOptions& options, const std::vector<cv::Mat>& images);

}  // namespace tenjo
