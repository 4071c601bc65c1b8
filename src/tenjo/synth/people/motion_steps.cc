// Footsteps planned along a path.
#include <algorithm>
#include <cmath>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/motion_parts.h"

namespace tenjo::synth {
namespace {

constexpr float kStep_s = 1.0F / 60;
// Turning on the spot is walked as if along an arc of this radius.
constexpr float kTurnRadius_m = 0.22F;
constexpr float kSlowStep_mps = 0.45F;  // at least so briskly are steps finished

struct Along {
  Vec3f place;
  float yaw;
};

Along OnPath(const std::vector<PathPoint>& path, float time_s) {
  if (time_s <= path.front().time_s) {
    return {path.front().place, path.front().yaw_rad};
  }
  if (time_s >= path.back().time_s) {
    return {path.back().place, path.back().yaw_rad};
  }
  const auto next = std::upper_bound(path.begin(), path.end(), time_s,
                                     [](float t, const PathPoint& p) { return t < p.time_s; });
  const auto before = next - 1;
  const float share = (time_s - before->time_s) / (next->time_s - before->time_s);
  return {Mix(before->place, next->place, share),
          before->yaw_rad + share * WrapAngle(next->yaw_rad - before->yaw_rad)};
}

// Both feet stand, and one is about to be lifted: so a start needs no waiting.
bool ReadyToStep(float phase, float toe_off) {
  const float half = 2 * phase - std::floor(2 * phase);  // both feet alike
  const float last = 2 * (toe_off - 0.5F);
  return half > 0.5F * last && half < 0.95F * last;
}

}  // namespace

FootSteps::FootSteps(const BodyAsset& asset, const RestBody& rest, const MotionStyle& style,
                     std::vector<PathPoint> path)
    : style_(style) {
  TENJO_CHECK(!path.empty());
  for (std::size_t i = 1; i < path.size(); ++i) {
    TENJO_CHECK(path[i].time_s > path[i - 1].time_s);
  }
  const Skeleton skeleton(asset, rest);
  leg_length_ = skeleton.leg_length();
  hip_width_ = (skeleton.hip(0) - skeleton.hip(1)).norm();

  const float begin = path.front().time_s;
  const float end = path.back().time_s;
  const auto count = static_cast<int>(std::ceil((end - begin) / kStep_s)) + 1;
  float phase = 0.09F;  // the right foot is the first to be lifted
  float started = 0;    // strides since standing
  float walk = 0;
  float distance = 0;
  float owed =
      0;  // strides still to be made after stopping, so that both feet come to stand below the body
  for (int i = 0; i < count; ++i) {
    const float t = begin + static_cast<float>(i) * kStep_s;
    const Along at = OnPath(path, t);
    // Speeds over a fifth of a second: a path of straight pieces has corners.
    constexpr float kHalfWindow_s = 0.1F;
    const float from = std::max(begin, t - kHalfWindow_s);
    const float to = std::min(end, t + kHalfWindow_s);
    float speed = 0;
    float effort = 0;
    if (to > from) {
      const Along a = OnPath(path, from);
      const Along b = OnPath(path, to);
      speed = (b.place - a.place).head<2>().norm() / (to - from);
      effort = std::max(speed, kTurnRadius_m * std::abs(WrapAngle(b.yaw - a.yaw)) / (to - from));
    }
    const bool moving = effort > 0.04F;
    const float pace = moving ? std::max(effort, kSlowStep_mps) : kSlowStep_mps;
    const float stride = StrideLength(pace, leg_length_, style.step_scale);
    float rate = pace / stride;
    if (moving) {
      owed = 1.0F;
      // The foot that stays behind at the start must not stay too long: first steps are short.
      rate *= 1 + 0.45F * (1 - Smooth(0.2F, 0.9F, started));
    } else if (owed <= 0 && ReadyToStep(phase, ToeOffPhase(kSlowStep_mps, leg_length_))) {
      rate = 0;
      started = 0;
    }
    // The body eases into and out of its walk.
    const float wanted = Smooth(0.05F, 0.7F, speed);
    walk += std::clamp(wanted - walk, -2.5F * kStep_s, 2.5F * kStep_s);
    samples_.push_back({t, phase, std::max(pace, kSlowStep_mps), walk, distance, at.place, at.yaw});
    phase += rate * kStep_s;
    owed -= rate * kStep_s;
    started += rate * kStep_s;
    distance += speed * kStep_s;
  }
  for (int side = 0; side < 2; ++side) {
    PlanLandings(side);
  }
}

FootSteps::Sample FootSteps::At(float time_s) const {
  const float begin = samples_.front().time_s;
  const float at =
      std::clamp((time_s - begin) / kStep_s, 0.0F, static_cast<float>(samples_.size() - 1));
  const auto i = static_cast<std::size_t>(at);
  const Sample& a = samples_[i];
  const Sample& b = samples_[std::min(i + 1, samples_.size() - 1)];
  const float share = at - static_cast<float>(i);
  return {Mix(a.time_s, b.time_s, share),
          Mix(a.phase, b.phase, share),
          Mix(a.speed, b.speed, share),
          Mix(a.walk, b.walk, share),
          Mix(a.distance, b.distance, share),
          Mix(a.place, b.place, share),
          a.yaw + share * WrapAngle(b.yaw - a.yaw)};
}

FootSteps::Sample FootSteps::AtPhase(float phase) const {
  const auto next = std::lower_bound(samples_.begin(), samples_.end(), phase,
                                     [](const Sample& s, float p) { return s.phase < p; });
  if (next == samples_.begin() || next == samples_.end()) {
    return next == samples_.end() ? samples_.back() : samples_.front();
  }
  const auto before = next - 1;
  const float share = (phase - before->phase) / (next->phase - before->phase);
  return At(Mix(before->time_s, next->time_s, share));
}

void FootSteps::PlanLandings(int side) {
  const float offset = side == 0 ? 0.0F : 0.5F;
  const float last = samples_.back().phase + offset;
  for (int k = 0; static_cast<float>(k) <= last + 2; ++k) {
    // A foot is set where the body will stand over it; before the start both stand below the body.
    const float landing = static_cast<float>(k) - offset;
    const float speed = AtPhase(landing).speed;
    Sample over = AtPhase(landing + MidStancePhase(speed, leg_length_));
    if (k == 0) {
      over = samples_.front();
    }
    const NeutralFoot neutral =
        NeutralStance(style_, side, hip_width_, leg_length_, over.speed, over.walk);
    landings_[static_cast<std::size_t>(side)].push_back(
        {landing, over.place + TurnZ(over.yaw) * neutral.place, over.yaw + neutral.yaw});
  }
}

void FootSteps::Apply(float time_s, MotionState& state) const {
  const Sample now = At(time_s);
  state.place = now.place;
  state.yaw_rad = WrapAngle(now.yaw);
  state.speed_mps = now.speed;
  state.distance_m = now.distance;
  state.phase = now.phase;
  state.walk = now.walk;
  std::array<FootPlant, 2> feet;
  for (std::size_t side = 0; side < 2; ++side) {
    const auto& landings = landings_[side];
    const float own = now.phase + (side == 0 ? 0.0F : 0.5F);
    const auto stride = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::max(0.0F, std::floor(own))), 0, landings.size() - 2);
    const Landing& from = landings[stride];
    const Landing& to = landings[stride + 1];
    feet[side] = {from.place, WrapAngle(from.yaw), to.place, WrapAngle(to.yaw)};
  }
  state.feet = feet;
}

}  // namespace tenjo::synth
