#include "tenjo/track/motion.h"

#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera.h"

namespace tenjo {
namespace {

// 95 % quantiles of the chi-square distribution with 2 and 4 degrees of freedom.
constexpr double kChi2Of2 = 5.9915;
constexpr double kChi2Of4 = 9.4877;

// Height of the middle of a body above the floor: half that of a person between a short and a tall
// one. Of somebody who sits it is some 0.25 m too high, which costs that times the tangent of the
// view's angle.
constexpr double kMiddle_m = 0.85;
// A box's middle is not the body's: standard deviation in metres, and as a share of the box.
constexpr double kBody_m = 0.12;
constexpr double kBoxShare = 0.04;
// Beyond this a pixel says too little about a place.
constexpr double kFarthest_m = 60;

// A place known no better than this counts as known so well: who was lost long is not near to
// everybody.
constexpr double kMostDeviation_m = 0.5;

// Room left to a walking person for what the boxes are wrong by.
constexpr double kSlack_m = 0.5;

std::variant<SortFilter, XyahFilter, FloorFilter> FirstState(Motion::Model model,
                                                             const Space& space,
                                                             const Observation& first) {
  if (space.on_floor()) {
    return FloorFilter(first.floor, space.max_speed());
  }
  if (model == Motion::Model::kSort) {
    return SortFilter(first.box);
  }
  return XyahFilter(first.box);
}

double FloorAffinity(double dx, double dy, double size) {
  const double d = std::hypot(dx, dy);
  return d < size ? (size - d) / (size + d) : 0;
}

// IoU of the boxes laid upon each other: 1 for boxes of one size.
double Alike(const Box& a, const Box& b) {
  const double both = std::min(a.w, b.w) * std::min(a.h, b.h);
  const double all = a.w * a.h + b.w * b.h - both;
  return all > 0 ? both / all : 0;
}

// XyahFilter's noise is that of its paper's videos. Where frames last longer, its gate would shut
// out whoever walks.
int StepsOf(double seconds) {
  constexpr double kPaperFps = 30;
  return std::max(1, static_cast<int>(std::lround(seconds * kPaperFps)));
}

// A box outside stays as it is: nothing of it is seen, and it overlaps with nothing inside.
Box InImage(const Box& box, const Box& image) {
  const double left = std::max(box.x, image.x);
  const double top = std::max(box.y, image.y);
  const double right = std::min(box.right(), image.right());
  const double bottom = std::min(box.bottom(), image.bottom());
  return right > left && bottom > top ? Box{left, top, right - left, bottom - top} : box;
}

}  // namespace

Space::Space(const TrackerOptions& options)
    : camera_(options.floor_camera), max_speed_(options.max_speed), size_(options.floor_size_m) {}

bool Space::ToFloor(const Detection& detection, FloorPoint& at) const {
  if (!camera_) {
    return true;
  }
  const Box& box = detection.box;
  const Eigen::Vector2d pixel = detection.middle
                                    ? Eigen::Vector2d(detection.middle->x, detection.middle->y)
                                    : Eigen::Vector2d(box.x + box.w / 2, box.y + box.h / 2);
  const double height = std::min(kMiddle_m, 0.5 * camera_->centre.z());
  const auto here = camera_->ToPlane(pixel, height);
  if (!here || (*here - camera_->centre.head<2>()).norm() > kFarthest_m) {
    return false;
  }
  // Metres that a pixel makes there, the worse of the picture's two directions.
  double metres = 0;
  for (const Eigen::Vector2d& step : {Eigen::Vector2d(1, 0), Eigen::Vector2d(0, 1)}) {
    for (const double way : {1.0, -1.0}) {
      if (const auto there = camera_->ToPlane(pixel + way * step, height)) {
        metres = std::max(metres, (*there - *here).norm());
        break;
      }
    }
  }
  const double wrong = metres * kBoxShare * std::max(box.w, box.h);
  at = {.x = here->x(), .y = here->y(), .variance = kBody_m * kBody_m + wrong * wrong};
  return std::isfinite(at.x) && std::isfinite(at.y) && std::isfinite(at.variance);
}

void Space::Affinities(std::span<const Observation> observations, std::span<const Place> places,
                       std::vector<double>& affinities) const {
  affinities.resize(observations.size() * places.size());
  double* out = affinities.data();
  std::vector<Box> seen;
  seen.reserve(places.size());
  for (const Place& place : places) {
    seen.push_back(InImage(place.box, image_));
  }
  if (!on_floor()) {
    for (const Observation& observation : observations) {
      const Box a = InImage(observation.box, image_);
      const double right = a.right();
      for (const Box& b : seen) {
        // Most pairs lie apart, and that is seen at once.
        const bool apart = b.x >= right || b.right() <= a.x;
        *out++ = apart ? 0 : IoU(a, b);
      }
    }
    return;
  }
  for (const Observation& observation : observations) {
    const FloorPoint& at = observation.floor;
    const double error = std::sqrt(at.variance);
    const Box box = InImage(observation.box, image_);
    for (std::size_t p = 0; p < places.size(); ++p) {
      const Place& place = places[p];
      const double gone = std::hypot(at.x - place.last_x, at.y - place.last_y);
      if (gone > place.reach + 2 * error) {
        *out++ = 0;
        continue;
      }
      const double size = size_ + 2 * std::min(kMostDeviation_m, std::max(place.deviation, error));
      const double near = FloorAffinity(at.x - place.x, at.y - place.y, size);
      // A body that is half hidden stands elsewhere than a whole one, and is not as large; its box
      // still overlaps.
      *out++ = (IoU(box, seen[p]) + near * Alike(observation.box, place.box)) / 2;
    }
  }
}

double Space::Affinity(const Observation& a, const Observation& b) const {
  return on_floor() ? FloorAffinity(a.floor.x - b.floor.x, a.floor.y - b.floor.y, size_)
                    : IoU(a.box, b.box);
}

Motion::Motion(Model model, const Space& space, const Observation& first)
    : model_(model),
      filter_(FirstState(model, space, first)),
      last_(first),
      max_speed_(space.max_speed()) {
  if (space.on_floor()) {
    box_filter_.emplace(first.box);
  }
}

void Motion::Predict(double seconds) {
  unseen_s_ += seconds;
  if (auto* sort = std::get_if<SortFilter>(&filter_)) {
    sort->Predict();
  } else if (auto* xyah = std::get_if<XyahFilter>(&filter_)) {
    for (int step = model_ == Model::kXyahInTime ? StepsOf(seconds) : 1; step > 0; --step) {
      xyah->Predict();
    }
  } else {
    std::get<FloorFilter>(filter_).Predict(seconds);
    box_filter_->Predict();
  }
}

void Motion::Update(const Observation& observation) {
  unseen_s_ = 0;
  last_ = observation;
  if (auto* sort = std::get_if<SortFilter>(&filter_)) {
    sort->Update(observation.box);
  } else if (auto* xyah = std::get_if<XyahFilter>(&filter_)) {
    xyah->Update(observation.box);
  } else {
    std::get<FloorFilter>(filter_).Update(observation.floor);
    box_filter_->Update(observation.box);
  }
}

void Motion::StopGrowing() {
  if (auto* xyah = std::get_if<XyahFilter>(&filter_)) {
    xyah->StopGrowing();
  }
}

Box Motion::box() const {
  if (const auto* sort = std::get_if<SortFilter>(&filter_)) {
    return sort->box();
  }
  if (const auto* xyah = std::get_if<XyahFilter>(&filter_)) {
    return xyah->box();
  }
  return last_.box;
}

Place Motion::place() const {
  const auto* floor = std::get_if<FloorFilter>(&filter_);
  if (floor == nullptr) {
    return {.box = box()};
  }
  return {.box = box_filter_->box(),
          .x = floor->x(),
          .y = floor->y(),
          .deviation = std::sqrt(floor->variance()),
          .last_x = last_.floor.x,
          .last_y = last_.floor.y,
          .reach = max_speed_ * unseen_s_ + kSlack_m + 2 * std::sqrt(last_.floor.variance)};
}

double Motion::GateRatio(const Observation& observation) const {
  if (const auto* floor = std::get_if<FloorFilter>(&filter_)) {
    const Place at = place();
    const double gone =
        std::hypot(observation.floor.x - at.last_x, observation.floor.y - at.last_y);
    const double far = gone > at.reach + 2 * std::sqrt(observation.floor.variance) ? 2 : 0;
    return std::max(far, floor->Mahalanobis2(observation.floor) / kChi2Of2);
  }
  const auto* xyah = std::get_if<XyahFilter>(&filter_);
  TENJO_CHECK(xyah != nullptr);
  return xyah->Mahalanobis2(observation.box) / kChi2Of4;
}

bool Motion::IsFinite() const {
  const Place at = place();
  return std::isfinite(at.box.x) && std::isfinite(at.box.y) && std::isfinite(at.box.w) &&
         std::isfinite(at.box.h) && std::isfinite(at.x) && std::isfinite(at.y);
}

}  // namespace tenjo
