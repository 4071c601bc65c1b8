#include "tenjo/track/xyah_filter.h"

#include <algorithm>

namespace tenjo {
namespace {

// Standard deviations as shares of the height, the reference's; the ratio's are numbers of its own.
constexpr double kPosition = 1.0 / 20;
constexpr double kVelocity = 1.0 / 160;
constexpr double kRatio = 1e-2;
constexpr double kRatioVelocity = 1e-5;
constexpr double kRatioMeasured = 1e-1;

constexpr double Square(double x) { return x * x; }

ConstantVelocityFilter Still(double position, double deviation, double velocity_deviation) {
  return {.position = position,
          .velocity = 0,
          .p_pp = Square(deviation),
          .p_pv = 0,
          .p_vv = Square(velocity_deviation)};
}

double MiddleX(const Box& box) { return box.x + box.w / 2; }
double MiddleY(const Box& box) { return box.y + box.h / 2; }

double Term(const ConstantVelocityFilter& filter, double measured, double r) {
  return Square(measured - filter.position) / (filter.p_pp + r);
}

// A height that a track has drifted to may be nothing or less; noise needs one.
double Height(const ConstantVelocityFilter& h) { return std::max(h.position, 1e-3); }

}  // namespace

XyahFilter::XyahFilter(const Box& box)
    : x_(Still(MiddleX(box), 2 * kPosition * box.h, 10 * kVelocity * box.h)),
      y_(Still(MiddleY(box), 2 * kPosition * box.h, 10 * kVelocity * box.h)),
      a_(Still(box.w / box.h, kRatio, kRatioVelocity)),
      h_(Still(box.h, 2 * kPosition * box.h, 10 * kVelocity * box.h)) {}

void XyahFilter::Predict() {
  const double h = Height(h_);
  const double position = Square(kPosition * h);
  const double velocity = Square(kVelocity * h);
  x_.Predict(position, velocity);
  y_.Predict(position, velocity);
  a_.Predict(Square(kRatio), Square(kRatioVelocity));
  h_.Predict(position, velocity);
}

void XyahFilter::Update(const Box& box) {
  const double r = Square(kPosition * Height(h_));
  x_.Update(MiddleX(box), r);
  y_.Update(MiddleY(box), r);
  a_.Update(box.w / box.h, Square(kRatioMeasured));
  h_.Update(box.h, r);
}

Box XyahFilter::box() const {
  const double h = h_.position;
  const double w = a_.position * h;
  return {x_.position - w / 2, y_.position - h / 2, w, h};
}

double XyahFilter::Mahalanobis2(const Box& box) const {
  const double r = Square(kPosition * Height(h_));
  return Term(x_, MiddleX(box), r) + Term(y_, MiddleY(box), r) +
         Term(a_, box.w / box.h, Square(kRatioMeasured)) + Term(h_, box.h, r);
}

}  // namespace tenjo
