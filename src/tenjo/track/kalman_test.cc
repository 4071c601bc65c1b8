#include "tenjo/track/kalman.h"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <random>

#include "tenjo/track/sort_filter.h"

namespace tenjo {
namespace {

using Matrix = cv::Matx<double, 7, 7>;
using Vector = cv::Matx<double, 7, 1>;
using Measure = cv::Matx<double, 4, 7>;
using MeasureNoise = cv::Matx<double, 4, 4>;
using Measurement = cv::Matx<double, 4, 1>;

Measurement ToMeasurement(const Box& box) {
  return {box.x + box.w / 2, box.y + box.h / 2, box.w * box.h, box.w / box.h};
}

// The textbook's Kalman filter on SORT's seven numbers, matrices and all, with the covariance
// update in Joseph's form.
class DenseFilter {
 public:
  explicit DenseFilter(const Box& box) {
    const Measurement z = ToMeasurement(box);
    x_ = {z(0), z(1), z(2), z(3), 0, 0, 0};
  }

  void Predict() {
    if (x_(6) + x_(2) <= 0) {
      x_(6) = 0;
    }
    x_ = f_ * x_;
    p_ = f_ * p_ * f_.t() + q_;
  }

  void Update(const Box& box) {
    const MeasureNoise s = h_ * p_ * h_.t() + r_;
    const cv::Matx<double, 7, 4> gain = p_ * h_.t() * s.inv();
    x_ = x_ + gain * (ToMeasurement(box) - h_ * x_);
    const Matrix rest = Matrix::eye() - gain * h_;
    p_ = rest * p_ * rest.t() + gain * r_ * gain.t();
  }

  const Vector& x() const { return x_; }
  const Matrix& p() const { return p_; }

 private:
  static Matrix Transition() {
    Matrix f = Matrix::eye();
    f(0, 4) = f(1, 5) = f(2, 6) = 1;
    return f;
  }

  const Matrix f_ = Transition();
  const Measure h_ = Measure::eye();
  const Matrix q_ = Matrix::diag({1, 1, 1, 1, 1e-2, 1e-2, 1e-4});
  const MeasureNoise r_ = MeasureNoise::diag({1, 1, 10, 10});
  Vector x_;
  Matrix p_ = Matrix::diag({10, 10, 10, 10, 1e4, 1e4, 1e4});
};

void ExpectClose(double value, double truth, const char* what) {
  EXPECT_NEAR(value, truth, 1e-8 * std::max(1.0, std::abs(truth))) << what;
}

void ExpectSame(const SortFilter& filter, const DenseFilter& dense) {
  const ConstantVelocityFilter* axes[] = {&filter.u(), &filter.v(), &filter.s()};
  for (int i = 0; i < 3; ++i) {
    const int velocity = i + 4;
    ExpectClose(axes[i]->position, dense.x()(i), "position");
    ExpectClose(axes[i]->velocity, dense.x()(velocity), "velocity");
    ExpectClose(axes[i]->p_pp, dense.p()(i, i), "p_pp");
    ExpectClose(axes[i]->p_pv, dense.p()(i, velocity), "p_pv");
    ExpectClose(axes[i]->p_vv, dense.p()(velocity, velocity), "p_vv");
  }
  ExpectClose(filter.r().position, dense.x()(3), "ratio");
  ExpectClose(filter.r().p, dense.p()(3, 3), "p of ratio");
}

TEST(KalmanTest, AxesAloneAreTheDenseFilter) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int run = 0; run < 200; ++run) {
    Box box = {unit(random) * 1000, unit(random) * 1000, 5 + unit(random) * 200,
               5 + unit(random) * 200};
    const double miss = unit(random) * 0.6;
    SortFilter filter(box);
    DenseFilter dense(box);
    for (int frame = 0; frame < 60; ++frame) {
      filter.Predict();
      dense.Predict();
      if (unit(random) >= miss) {
        box.x += unit(random) * 20 - 10;
        box.y += unit(random) * 20 - 10;
        box.w = std::max(1.0, box.w * (0.8 + 0.4 * unit(random)));
        box.h = std::max(1.0, box.h * (0.8 + 0.4 * unit(random)));
        filter.Update(box);
        dense.Update(box);
      }
      ExpectSame(filter, dense);
    }
    ASSERT_FALSE(HasFailure()) << "run " << run;
  }
}

TEST(KalmanTest, AreaVelocityIsZeroedBeforeTheAreaTurnsNegative) {
  SortFilter filter({0, 0, 100, 100});
  DenseFilter dense({0, 0, 100, 100});
  for (const double side : {60.0, 20.0, 2.0}) {
    filter.Predict();
    dense.Predict();
    filter.Update({0, 0, side, side});
    dense.Update({0, 0, side, side});
  }
  ASSERT_LT(filter.s().position + filter.s().velocity, 0);
  filter.Predict();
  dense.Predict();
  EXPECT_EQ(filter.s().velocity, 0);
  EXPECT_GT(filter.box().area(), 0);
  ExpectSame(filter, dense);
}

TEST(KalmanTest, VariancesStayPositiveOverManySteps) {
  SortFilter filter({10, 10, 40, 80});
  for (int frame = 0; frame < 200'000; ++frame) {
    filter.Predict();
    if (frame % 1000 < 900) {
      filter.Update({10, 10, 40, 80});
    }
  }
  for (const auto* axis : {&filter.u(), &filter.v(), &filter.s()}) {
    EXPECT_GT(axis->p_pp, 0);
    EXPECT_GT(axis->p_vv, 0);
    EXPECT_GT(axis->p_pp * axis->p_vv, axis->p_pv * axis->p_pv);
  }
  EXPECT_NEAR(filter.box().w, 40, 1e-6);
  EXPECT_NEAR(filter.box().h, 80, 1e-6);
}

TEST(SortFilterTest, BoxComesBackAsItWent) {
  const Box box = SortFilter({3.5, -7, 40, 90}).box();
  EXPECT_NEAR(box.x, 3.5, 1e-12);
  EXPECT_NEAR(box.y, -7, 1e-12);
  EXPECT_NEAR(box.w, 40, 1e-12);
  EXPECT_NEAR(box.h, 90, 1e-12);
}

}  // namespace
}  // namespace tenjo
