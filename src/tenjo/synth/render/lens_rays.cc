#include "tenjo/synth/render/lens_rays.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <mutex>

namespace tenjo::synth {
namespace {

constexpr int kProfileSteps = 8192;
constexpr std::size_t kKept = 8;

bool SameLens(const Lens& a, const Lens& b) {
  return a.kind == b.kind && a.width == b.width && a.height == b.height && a.fx == b.fx &&
         a.fy == b.fy && a.cx == b.cx && a.cy == b.cy && a.distortion == b.distortion &&
         a.max_angle_rad == b.max_angle_rad;
}

struct Kept {
  Lens lens;
  std::shared_ptr<const LensRays> rays;
};

}  // namespace

LensRays::LensRays(const Lens& lens)
    : lens_(lens),
      pixel_angle_rad_(static_cast<float>(1 / std::max(lens.fx, lens.fy))),
      cx_(static_cast<float>(lens.cx)),
      cy_(static_cast<float>(lens.cy)),
      inverse_fx_(static_cast<float>(1 / lens.fx)),
      inverse_fy_(static_cast<float>(1 / lens.fy)) {
  const PreparedLens prepared(lens);
  if (lens.IsRadial()) {
    FillProfile(prepared);
  } else {
    FillGrid(prepared);
  }
}

void LensRays::FillProfile(const PreparedLens& prepared) {
  const auto at = [&](double radius) {
    return prepared.Unproject({lens_.cx + radius * lens_.fx, lens_.cy});
  };
  const double x = std::max(std::abs(lens_.cx), std::abs(lens_.width - lens_.cx)) + 1;
  const double y = std::max(std::abs(lens_.cy), std::abs(lens_.height - lens_.cy)) + 1;
  double end = std::hypot(x / lens_.fx, y / lens_.fy);
  if (!at(end)) {
    double low = 0;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + end);
      (at(middle) ? low : end) = middle;
    }
    end = low;
  }
  end_ = static_cast<float>(end * end);
  steps_per_unit_ = static_cast<float>(kProfileSteps / (end * end));
  profile_.resize(kProfileSteps + 2);
  for (int i = 0; i <= kProfileSteps; ++i) {
    // The first step's slope is taken from a radius near 0, where across / radius is 0 / 0.
    const double radius = std::max(1e-6, std::sqrt(end * end * i / kProfileSteps));
    const auto d = at(std::min(radius, end));
    profile_[static_cast<std::size_t>(i)] = {static_cast<float>(d->x() / radius),
                                             static_cast<float>(d->z())};
  }
  profile_.back() = profile_[kProfileSteps];
}

void LensRays::FillGrid(const PreparedLens& prepared) {
  // Between grid points directions are taken as straight, which is wrong by step² / 8 f pixels.
  grid_step_ = std::clamp(static_cast<int>(std::sqrt(0.04 * std::min(lens_.fx, lens_.fy))), 1, 4);
  columns_ = lens_.width / grid_step_ + 3;
  const int rows = lens_.height / grid_step_ + 3;
  grid_.reserve(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows));
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns_; ++column) {
      const auto d = prepared.Unproject({column * grid_step_ - 1.0, row * grid_step_ - 1.0});
      grid_.push_back(d ? Vec3f(d->cast<float>()) : Vec3f(Vec3f::Zero()));
    }
  }
}

bool LensRays::FromGrid(float x, float y, Vec3f& direction) const {
  const float u = (x + 1) * (1.0F / static_cast<float>(grid_step_));
  const float v = (y + 1) * (1.0F / static_cast<float>(grid_step_));
  if (!(u >= 0) || !(v >= 0)) {
    return false;
  }
  const auto column = static_cast<int>(u);
  const auto row = static_cast<int>(v);
  const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
                            static_cast<std::size_t>(column);
  if (column + 1 >= columns_ || first + static_cast<std::size_t>(columns_) + 1 >= grid_.size()) {
    return false;
  }
  const float fx = u - static_cast<float>(column);
  const float fy = v - static_cast<float>(row);
  const Vec3f* corner = &grid_[first];
  for (const int k : {0, 1, columns_, columns_ + 1}) {
    if (corner[k].isZero()) {
      return false;
    }
  }
  direction = ((corner[0] * (1 - fx) + corner[1] * fx) * (1 - fy) +
               (corner[columns_] * (1 - fx) + corner[columns_ + 1] * fx) * fy)
                  .normalized();
  return true;
}

bool LensRays::Direction(float x, float y, Vec3f& direction) const {
  if (!grid_.empty()) {
    return FromGrid(x, y, direction);
  }
  const float u = (x - cx_) * inverse_fx_;
  const float v = (y - cy_) * inverse_fy_;
  const float squared = u * u + v * v;
  if (!(squared <= end_)) {
    return false;
  }
  const float place = squared * steps_per_unit_;
  const int step = std::min(static_cast<int>(place), kProfileSteps);
  const float rest = place - static_cast<float>(step);
  const Turn& a = profile_[static_cast<std::size_t>(step)];
  const Turn& b = profile_[static_cast<std::size_t>(step) + 1];
  const float across = a.across + (b.across - a.across) * rest;
  direction = {u * across, v * across, a.along + (b.along - a.along) * rest};
  return true;
}

std::shared_ptr<const LensRays> LensRays::Of(const Lens& lens) {
  static std::mutex mutex;
  static std::deque<Kept> kept;
  {
    const std::lock_guard lock(mutex);
    for (const Kept& one : kept) {
      if (SameLens(one.lens, lens)) {
        return one.rays;
      }
    }
  }
  auto rays = std::make_shared<const LensRays>(lens);
  const std::lock_guard lock(mutex);
  kept.push_front({lens, rays});
  if (kept.size() > kKept) {
    kept.pop_back();
  }
  return rays;
}

}  // namespace tenjo::synth
