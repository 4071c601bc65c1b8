#include "tenjo/quantize/compensate.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace tenjo {
namespace {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double kDamping = 0.01;  // of the mean variance, as GPTQ has it
// Shares of the step that is best without compensation.
constexpr std::array<double, 5> kSteps = {0.85, 0.925, 1.0, 1.075, 1.15};

Matrix CovarianceOf(const Reads& reads, std::size_t group) {
  const cv::Mat& covariance = reads.covariance[group];
  // Symmetric, so the order of rows and columns is the same.
  return Eigen::Map<const Matrix>(covariance.ptr<double>(), covariance.rows, covariance.cols);
}

// The filters of one group as rows.
Matrix RowsOf(const GraphConvolution& conv, const std::vector<float>& weights, std::size_t group) {
  const std::size_t filters = conv.filters_per_group();
  const std::size_t size = conv.filter_size();
  Matrix rows(filters, size);
  for (std::size_t f = 0; f < filters; ++f) {
    for (std::size_t i = 0; i < size; ++i) {
      rows(static_cast<Eigen::Index>(f), static_cast<Eigen::Index>(i)) =
          weights[(group * filters + f) * size + i];
    }
  }
  return rows;
}

// Variances of what the rows sum up.
Vector Variances(const Matrix& rows, const Matrix& covariance) {
  return (rows * covariance).cwiseProduct(rows).rowwise().sum().cwiseMax(0.0);
}

// Filters of one group, as whole numbers and steps.
struct Rounded {
  Matrix values;
  Vector steps;
  Vector errors;  // variances of what they answer wrongly
};

class GroupRounder {
 public:
  GroupRounder(Matrix weights, Matrix covariance, int largest)
      : weights_(std::move(weights)), covariance_(std::move(covariance)), largest_(largest) {
    const Eigen::Index n = covariance_.rows();
    order_.resize(static_cast<std::size_t>(n));
    std::iota(order_.begin(), order_.end(), Eigen::Index{0});
    std::stable_sort(order_.begin(), order_.end(), [&](Eigen::Index a, Eigen::Index b) {
      return covariance_(a, a) > covariance_(b, b);
    });
    Matrix damped = covariance_(order_, order_);
    damped.diagonal().array() += kDamping * damped.diagonal().mean() + 1e-30;
    const Matrix inverse = damped.llt().solve(Matrix::Identity(n, n));
    carry_ = inverse.llt().matrixU();
  }

  bool sound() const { return carry_.allFinite() && carry_.diagonal().minCoeff() > 0; }

  // With these steps; then each step is made the best for the numbers found.
  Rounded Round(const Vector& steps) const {
    Matrix left = weights_(Eigen::all, order_);
    Matrix values(left.rows(), left.cols());
    for (Eigen::Index i = 0; i < left.cols(); ++i) {
      const Vector whole = (left.col(i).array() / steps.array())
                               .round()
                               .min(static_cast<double>(largest_))
                               .max(-static_cast<double>(largest_));
      values.col(order_[static_cast<std::size_t>(i)]) = whole;
      const Eigen::Index rest = left.cols() - i - 1;
      const Vector error = (left.col(i).array() - whole.array() * steps.array()) / carry_(i, i);
      left.rightCols(rest).noalias() -= error * carry_.row(i).tail(rest);
    }
    return Fitted(std::move(values), steps);
  }

  Rounded Fitted(Matrix values, const Vector& steps) const {
    const Matrix varied = values * covariance_;
    const Vector with_weights = varied.cwiseProduct(weights_).rowwise().sum();
    const Vector with_itself = varied.cwiseProduct(values).rowwise().sum();
    Rounded out{std::move(values), steps, Vector()};
    for (Eigen::Index f = 0; f < steps.size(); ++f) {
      const double best = with_weights(f) / with_itself(f);
      if (std::isfinite(best) && best > 0.5 * steps(f) && best < 2 * steps(f)) {
        out.steps(f) = best;
      }
    }
    out.errors = Variances(weights_ - out.steps.asDiagonal() * out.values, covariance_);
    return out;
  }

 private:
  Matrix weights_;
  Matrix covariance_;
  Matrix carry_;  // upper triangle: how later numbers of the order make up for one
  std::vector<Eigen::Index> order_;
  int largest_;
};

bool Known(const GraphConvolution& conv, const Reads& reads) {
  return reads.covariance.size() == static_cast<std::size_t>(conv.groups) &&
         static_cast<std::size_t>(reads.covariance.front().rows) == conv.filter_size();
}

}  // namespace

QuantisedWeights CompensateRounding(const GraphConvolution& convolution, const Reads& reads,
                                    const QuantisedWeights& start, int largest) {
  QuantisedWeights out = start;
  if (!Known(convolution, reads)) {
    return out;
  }
  const std::size_t filters = convolution.filters_per_group();
  const std::size_t size = convolution.filter_size();
  const std::vector<float> whole(start.values.begin(), start.values.end());
  for (std::size_t g = 0; g < static_cast<std::size_t>(convolution.groups); ++g) {
    const GroupRounder rounder(RowsOf(convolution, convolution.weights, g), CovarianceOf(reads, g),
                               largest);
    const Vector steps = Eigen::Map<const Eigen::VectorXf>(start.steps.data() + g * filters,
                                                           static_cast<Eigen::Index>(filters))
                             .cast<double>();
    Rounded best = rounder.Fitted(RowsOf(convolution, whole, g), steps);
    for (const double share : kSteps) {
      if (!rounder.sound()) {
        break;
      }
      const Rounded tried = rounder.Round(steps * share);
      for (Eigen::Index f = 0; f < steps.size(); ++f) {
        if (tried.errors(f) < best.errors(f)) {
          best.values.row(f) = tried.values.row(f);
          best.steps(f) = tried.steps(f);
          best.errors(f) = tried.errors(f);
        }
      }
    }
    for (std::size_t f = 0; f < filters; ++f) {
      const auto row = static_cast<Eigen::Index>(f);
      out.steps[g * filters + f] = static_cast<float>(best.steps(row));
      for (std::size_t i = 0; i < size; ++i) {
        out.values[(g * filters + f) * size + i] =
            static_cast<std::int8_t>(best.values(row, static_cast<Eigen::Index>(i)));
      }
    }
  }
  return out;
}

std::vector<double> AnswerErrors(const GraphConvolution& convolution, const Reads& reads,
                                 const QuantisedWeights& weights) {
  std::vector<double> errors;
  if (!Known(convolution, reads)) {
    return errors;
  }
  const std::vector<float> rounded = weights.Dequantised();
  for (std::size_t g = 0; g < static_cast<std::size_t>(convolution.groups); ++g) {
    const Matrix covariance = CovarianceOf(reads, g);
    const Matrix exact = RowsOf(convolution, convolution.weights, g);
    const Vector error = Variances(RowsOf(convolution, rounded, g) - exact, covariance);
    const Vector all = Variances(exact, covariance);
    for (Eigen::Index f = 0; f < error.size(); ++f) {
      errors.push_back(error(f) / std::max(all(f), std::numeric_limits<double>::min()));
    }
  }
  return errors;
}

std::vector<float> BiasError(const GraphConvolution& convolution, const QuantisedWeights& weights,
                             const Reads& reads) {
  return BiasError(convolution, weights, [&](std::size_t filter, std::size_t number) {
    return reads.mean[filter / convolution.filters_per_group()][number];
  });
}

}  // namespace tenjo
