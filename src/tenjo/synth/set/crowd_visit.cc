#include "tenjo/synth/set/crowd_visit.h"

#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = 3.14159265F;
constexpr float kFadeS = 0.6F;     // from one pose into the next
constexpr float kTurnRate = 2.3F;  // rad/s
constexpr float kHabitS = 14;      // MakePose's idle hands change so often

float SmoothStep(float x) {
  const float t = std::clamp(x, 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

float Wrap(float angle) { return std::remainder(angle, 2 * kPi); }

//! On the straight pieces; the first and last go on beyond their ends.
Vec2f OnKnots(const std::vector<Knot>& knots, float time_s) {
  if (knots.size() == 1) {
    return knots[0].at;
  }
  auto next = std::upper_bound(knots.begin(), knots.end(), time_s,
                               [](float t, const Knot& k) { return t < k.time_s; });
  next = std::clamp(next, knots.begin() + 1, knots.end() - 1);
  const Knot& a = *(next - 1);
  const Knot& b = *next;
  return a.at + (time_s - a.time_s) / std::max(b.time_s - a.time_s, 1e-3F) * (b.at - a.at);
}

template <typename T>
std::vector<T> BoxFiltered(const std::vector<T>& in, std::size_t half) {
  std::vector<T> out;
  out.reserve(in.size() - 2 * half);
  for (std::size_t i = half; i + half < in.size(); ++i) {
    T sum = in[i];
    for (std::size_t k = 1; k <= half; ++k) {
      sum += in[i - k];
      sum += in[i + k];
    }
    out.push_back(sum * (1.0F / static_cast<float>(2 * half + 1)));
  }
  return out;
}

std::size_t Steps(const Visit& visit) {
  return static_cast<std::size_t>(
             std::max(0.0F, std::ceil((visit.leave_s - visit.enter_s) / kWayStepS))) +
         1;
}

//! The nearest curve whose slope is bounded: the mean of one that lags and one that hurries.
std::vector<float> SlopeLimited(const std::vector<float>& in, float step) {
  std::vector<float> lag = in;
  std::vector<float> lead = in;
  for (std::size_t i = 1; i < in.size(); ++i) {
    lag[i] = lag[i - 1] + std::clamp(in[i] - lag[i - 1], -step, step);
  }
  for (std::size_t i = in.size() - 1; i-- > 0;) {
    lead[i] = lead[i + 1] + std::clamp(in[i] - lead[i + 1], -step, step);
  }
  for (std::size_t i = 0; i < in.size(); ++i) {
    lag[i] = (lag[i] + lead[i]) / 2;
  }
  return lag;
}

BodyPose MixPoses(const BodyPose& a, const BodyPose& b, float share) {
  BodyPose mixed = b;
  for (std::size_t i = 0; i < mixed.rotations.size(); ++i) {
    mixed.rotations[i] = a.rotations[i].slerp(share, b.rotations[i]);
  }
  mixed.root = a.root + share * (b.root - a.root);
  return mixed;
}

}  // namespace

float Act::Blend(float time_s) const {
  if (time_s < full_s) {
    return std::clamp((time_s - from_s) / (full_s - from_s), 0.0F, 1.0F);
  }
  return std::clamp((to_s - time_s) / (to_s - back_s), 0.0F, 1.0F);
}

std::vector<Vec2f> SmoothWay(const Visit& visit) {
  constexpr std::size_t kHalf = 5;  // three boxes of a quarter second to each side: kSettleS
  const std::size_t count = Steps(visit);
  std::vector<Vec2f> places;
  for (std::size_t i = 0; i < count + 6 * kHalf; ++i) {
    const float step = static_cast<float>(i) - 3.0F * static_cast<float>(kHalf);
    places.push_back(OnKnots(visit.knots, visit.enter_s + step * kWayStepS));
  }
  for (int pass = 0; pass < 3; ++pass) {
    places = BoxFiltered(places, kHalf);
  }
  return places;
}

std::vector<float> SmoothYaw(const Visit& visit, const std::vector<Vec2f>& way) {
  const std::size_t count = way.size();
  std::vector<float> yaw(count, 0);
  std::vector<bool> known(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    const Vec2f move = way[std::min(i + 4, count - 1)] - way[i >= 4 ? i - 4 : 0];
    if (move.norm() > 0.35F * 8 * kWayStepS) {
      yaw[i] = std::atan2(move.y(), move.x());
      known[i] = true;
    }
  }
  for (const Stop& stop : visit.stops) {
    const float first = std::ceil((stop.from_s - visit.enter_s) / kWayStepS);
    const float last = std::floor((stop.to_s - visit.enter_s) / kWayStepS);
    for (float k = std::max(first, 0.0F); k <= std::min(last, static_cast<float>(count - 1)); ++k) {
      yaw[static_cast<std::size_t>(k)] = stop.yaw_rad;
      known[static_cast<std::size_t>(k)] = true;
    }
  }
  // What is not known is what comes next, so that one turns before one goes; at the end, what was.
  std::size_t next = count;
  for (std::size_t i = count; i-- > 0;) {
    if (known[i]) {
      next = i;
    } else if (next < count) {
      yaw[i] = yaw[next];
      known[i] = true;
    }
  }
  for (std::size_t i = 1; i < count; ++i) {
    yaw[i] = known[i] ? yaw[i - 1] + Wrap(yaw[i] - yaw[i - 1]) : yaw[i - 1];
  }
  yaw = SlopeLimited(yaw, kTurnRate * kWayStepS);
  constexpr std::size_t kHalf = 5;
  std::vector<float> padded(2 * kHalf, yaw.front());
  padded.insert(padded.end(), yaw.begin(), yaw.end());
  padded.insert(padded.end(), 2 * kHalf, yaw.back());
  return BoxFiltered(BoxFiltered(padded, kHalf), kHalf);
}

VisitMotion::VisitMotion(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
                         Visit visit)
    : asset_(asset),
      rest_(rest),
      style_(style),
      visit_(std::move(visit)),
      way_(SmoothWay(visit_)),
      yaw_(SmoothYaw(visit_, way_)) {
  TENJO_CHECK(!visit_.phases.empty());
  // Who sits has the hips behind the feet.
  const float setback = SeatSetback(asset, rest);
  const auto point = [&](std::size_t i, float time, const Vec2f& at) {
    const float back = setback * SmoothStep(1.15F * SittingAt(time));
    return PathPoint{time,
                     Vec3f(at.x() + back * std::cos(yaw_[i]), at.y() + back * std::sin(yaw_[i]), 0),
                     yaw_[i]};
  };
  // Steps begin from standing and end in it: out of sight, before and after the visit.
  constexpr float kRunS = 2;
  const std::size_t last = way_.size() - 1;
  const float run = kRunS / kWayStepS;
  std::vector<PathPoint> path;
  path.push_back(point(0, visit_.enter_s - kRunS,
                       way_[0] - run * (way_[std::min<std::size_t>(1, last)] - way_[0])));
  for (std::size_t i = 0; i <= last; ++i) {
    path.push_back(point(i, visit_.enter_s + static_cast<float>(i) * kWayStepS, way_[i]));
  }
  path.push_back(point(last, path.back().time_s + kRunS,
                       way_[last] + run * (way_[last] - way_[last > 0 ? last - 1 : 0])));
  steps_.emplace(asset, rest, style, std::move(path));
  FindEpochs();
}

void VisitMotion::FindEpochs() {
  std::vector<float> starts;
  for (const Phase& phase : visit_.phases) {
    starts.push_back(phase.from_s);
  }
  for (const Act& act : visit_.acts) {
    starts.push_back(act.from_s);
    starts.push_back(act.to_s);
  }
  // As MakePose draws the habits of idle hands.
  const float share = Random(style_.seed, 40).Uniform();
  const float first = std::ceil(visit_.enter_s / kHabitS + share);
  for (float slot = first; (slot - share) * kHabitS < visit_.leave_s; ++slot) {
    starts.push_back((slot - share) * kHabitS);
  }
  std::sort(starts.begin(), starts.end());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (i > 0 && starts[i] - starts[i - 1] < 1e-4F) {
      continue;
    }
    Epoch epoch{starts[i], 0, -1, 1e9F};
    const float inside = starts[i] + 5e-5F;
    for (std::size_t p = 0; p < visit_.phases.size(); ++p) {
      if (visit_.phases[p].from_s <= inside) {
        epoch.phase = p;
      }
    }
    for (std::size_t a = 0; a < visit_.acts.size(); ++a) {
      if (visit_.acts[a].from_s <= inside && inside < visit_.acts[a].to_s) {
        epoch.act = static_cast<int>(a);
      }
    }
    const float slot = std::floor(inside / kHabitS + share);
    epoch.latest_s = (slot + 1 - share) * kHabitS - 2e-3F;
    epochs_.push_back(epoch);
  }
}

BodyPose VisitMotion::PlainPose(const Epoch& epoch, float time_s) const {
  MotionState state;
  steps_->Apply(time_s, state);
  const Phase& phase = visit_.phases[epoch.phase];
  state.time_s = std::min(time_s, epoch.latest_s);
  state.activity = phase.activity;
  state.left_holds = phase.left;
  state.right_holds = phase.right;
  if (phase.look_at) {
    state.has_look_at = true;
    state.look_at = *phase.look_at;
  }
  if (epoch.act >= 0) {
    const Act& act = visit_.acts[static_cast<std::size_t>(epoch.act)];
    state.activity = act.activity;
    state.blend = act.Blend(time_s);
    state.left_target = act.left_target;
    state.right_target = act.right_target;
    state.seat_height_m = act.seat_height_m;
    if (act.activity == Activity::kSit) {
      state.blend = SmoothStep(state.blend);
      state.activity = state.blend < 1 ? Activity::kSitDown : Activity::kSit;
    } else {
      state.has_look_at = false;
    }
  }
  return MakePose(asset_, rest_, style_, state);
}

BodyPose VisitMotion::PoseIn(std::size_t epoch, float time_s) const {
  BodyPose pose = PlainPose(epochs_[epoch], time_s);
  const float since = time_s - epochs_[epoch].from_s;
  if (epoch > 0 && since < kFadeS) {
    pose = MixPoses(PoseIn(epoch - 1, time_s), pose, SmoothStep(since / kFadeS));
  }
  return pose;
}

BodyPose VisitMotion::PoseAt(float time_s) const {
  const auto next = std::upper_bound(epochs_.begin(), epochs_.end(), time_s,
                                     [](float t, const Epoch& e) { return t < e.from_s; });
  const auto epoch = static_cast<std::size_t>(std::max<long>(0, next - epochs_.begin() - 1));
  return PoseIn(epoch, time_s);
}

std::pair<HeldThing, HeldThing> VisitMotion::HoldsAt(float time_s) const {
  const Phase* now = &visit_.phases.front();
  for (const Phase& phase : visit_.phases) {
    if (phase.from_s <= time_s) {
      now = &phase;
    }
  }
  return {now->left, now->right};
}

Vec3f VisitMotion::MiddleAt(float time_s) const {
  const float at =
      std::clamp((time_s - visit_.enter_s) / kWayStepS, 0.0F, static_cast<float>(way_.size() - 1));
  const auto i = static_cast<std::size_t>(at);
  const Vec2f& a = way_[i];
  const Vec2f& b = way_[std::min(i + 1, way_.size() - 1)];
  const Vec2f middle = a + (at - static_cast<float>(i)) * (b - a);
  return {middle.x(), middle.y(), 0};
}

float VisitMotion::YawAt(float time_s) const {
  const float at =
      std::clamp((time_s - visit_.enter_s) / kWayStepS, 0.0F, static_cast<float>(yaw_.size() - 1));
  const auto i = static_cast<std::size_t>(at);
  const float next = yaw_[std::min(i + 1, yaw_.size() - 1)];
  return Wrap(yaw_[i] + (at - static_cast<float>(i)) * (next - yaw_[i]));
}

float VisitMotion::SittingAt(float time_s) const {
  float sitting = 0;
  for (const Act& act : visit_.acts) {
    if (act.activity == Activity::kSit) {
      sitting = std::max(sitting, SmoothStep(act.Blend(time_s)));
    }
  }
  return sitting;
}

}  // namespace tenjo::synth
