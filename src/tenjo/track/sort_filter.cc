#include "tenjo/track/sort_filter.h"

#include <cmath>

namespace tenjo {
namespace {

// The reference's noise: P = diag(10,10,10,10,1e4,1e4,1e4), Q = diag(1,1,1,1,1e-2,1e-2,1e-4) and
// R = diag(1,1,10,10) over (u, v, s, r, u', v', s').
constexpr double kFirstVariance = 10;
constexpr double kFirstVelocityVariance = 1e4;
constexpr double kProcess = 1;
constexpr double kProcessCentreVelocity = 1e-2;
constexpr double kProcessAreaVelocity = 1e-4;
constexpr double kMeasureCentre = 1;
constexpr double kMeasureShape = 10;

ConstantVelocityFilter Moving(double position) {
  return {.position = position,
          .velocity = 0,
          .p_pp = kFirstVariance,
          .p_pv = 0,
          .p_vv = kFirstVelocityVariance};
}

}  // namespace

SortFilter::SortFilter(const Box& box)
    : u_(Moving(box.x + box.w / 2)),
      v_(Moving(box.y + box.h / 2)),
      s_(Moving(box.area())),
      r_{.position = box.w / box.h, .p = kFirstVariance} {}

void SortFilter::Predict() {
  if (s_.position + s_.velocity <= 0) {
    s_.velocity = 0;
  }
  u_.Predict(kProcess, kProcessCentreVelocity);
  v_.Predict(kProcess, kProcessCentreVelocity);
  s_.Predict(kProcess, kProcessAreaVelocity);
  r_.Predict(kProcess);
}

void SortFilter::Update(const Box& box) {
  u_.Update(box.x + box.w / 2, kMeasureCentre);
  v_.Update(box.y + box.h / 2, kMeasureCentre);
  s_.Update(box.area(), kMeasureShape);
  r_.Update(box.w / box.h, kMeasureShape);
}

Box SortFilter::box() const {
  const double w = std::sqrt(s_.position * r_.position);
  const double h = s_.position / w;
  return {u_.position - w / 2, v_.position - h / 2, w, h};
}

}  // namespace tenjo
