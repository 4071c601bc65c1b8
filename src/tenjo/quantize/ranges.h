#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace tenjo {

//! What calibration saw of one tensor.
struct TensorStatistics {
  static constexpr std::size_t kBins = 2048;

  float least = 0;
  float most = 0;
  std::vector<double> channel_mean;
  std::vector<double> channel_square;     //!< mean of the square
  std::array<double, kBins> counts = {};  //!< of absolute values, bins from 0 to absolute_most()

  float absolute_most() const;
};

enum class RangeMethod {
  kAuto,
  kMinMax,
  kPercentile,  //!< leaves out the largest of the absolute values
  kMse,         //!< least mean squared error of the quantised values
  kEntropy,     //!< least Kullback-Leibler divergence (Migacz 2017, TensorRT's calibration)
};

const char* NameOf(RangeMethod method);
//! Of "auto", "minmax", "percentile", "mse" or "entropy"; throws Error for others.
RangeMethod ParseRangeMethod(const std::string& name);

//! Values are kept as step times whole numbers from low() to high(), without zero point.
struct ActivationRange {
  float step = 1;
  bool is_signed = false;
  RangeMethod method = RangeMethod::kMinMax;

  int low() const { return is_signed ? -128 : 0; }
  int high() const { return is_signed ? 127 : 255; }
  float least() const { return step * static_cast<float>(low()); }
  float most() const { return step * static_cast<float>(high()); }
};

//! The range of the tensor by the method (not kAuto). `symmetric`: signed even where nothing is
//! negative. A tensor that is 0 throughout gets the step 1.
ActivationRange FindRange(const TensorStatistics& statistics, RangeMethod method, bool symmetric,
                          double percentile);

//! Mean squared error of values of these statistics kept in the range.
double RangeError(const TensorStatistics& statistics, const ActivationRange& range);

}  // namespace tenjo
