#include <algorithm>
#include <cmath>
#include <iterator>
#include <numbers>
#include <span>

#include "tenjo/base/error.h"
#include "tenjo/synth/set/crowd_plan.h"

// Who works behind the counter.
namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kApartM = 0.5F;        // planned
constexpr float kNeverNearerM = 0.4F;  // of what comes out, smoothed
constexpr float kTurnRate = 2.0F;
constexpr float kLongestWayS = 8;
constexpr float kShortestTripS = 7;  // there, a moment of work, and back

float Wrap(float angle) { return std::remainder(angle, 2 * kPi); }
Vec2f Flat(const Vec3f& v) { return v.head<2>(); }
Vec3f OnFloor(const Vec2f& v) { return {v.x(), v.y(), 0}; }
Vec2f Towards(float yaw) { return {std::cos(yaw), std::sin(yaw)}; }

//! A shift, written step by step.
class Shift {
 public:
  Shift(const Host& host, int identity, const CrowdBody& body, std::size_t spot, std::size_t staff,
        Random random)
      : host_(host),
        body_(body),
        place_(host.place.behind_counter[spot]),
        spot_(spot),
        staff_(staff),
        random_(random) {
    plan_.body = body;
    plan_.visit.identity = identity;
    plan_.visit.staff = true;
  }

  Plan Write(float from_s, float to_s, bool walks);

 private:
  void FindOthers(float from_s, float to_s);
  std::vector<CrowdEvent> Payments() const;
  void WorkUntil(float until_s);
  void Handwork(float yaw, float from_s, float to_s);
  bool Trip(float until_s);
  std::optional<Vec2f> SomewhereElse();
  bool Walk(const Vec2f& to, float yaw, float until_s);
  void TakeMoney(const CrowdEvent& pay);
  void Stand(float yaw, float until_s);
  bool IsSound() const;

  const Host& host_;
  const CrowdBody& body_;
  const Seat& place_;
  std::size_t spot_;
  std::size_t staff_;
  Random random_;
  std::optional<Occupancy> others_;
  Plan plan_;
  bool walks_ = false;
  Vec2f at_ = Vec2f::Zero();
  float yaw_ = 0;
  float time_s_ = 0;
};

//! Everybody but oneself: whose ways are known, and where other staff stand who come later.
void Shift::FindOthers(float from_s, float to_s) {
  others_.emplace(from_s - 1, to_s + 1);
  for (const Plan& plan : host_.plans) {
    const std::vector<Vec2f> way = SmoothWay(plan.visit);
    std::vector<Vec2f> ticks;
    for (std::size_t i = 0; i < way.size(); i += 2) {
      ticks.push_back(way[i]);
    }
    others_->Add(plan.visit.enter_s, ticks);
  }
  const auto count = static_cast<std::size_t>((to_s - from_s) / Occupancy::kTickS) + 1;
  for (std::size_t s = spot_ + 1; s < staff_; ++s) {
    others_->Add(from_s, std::vector<Vec2f>(count, Flat(host_.place.behind_counter[s].place)));
  }
}

std::vector<CrowdEvent> Shift::Payments() const {
  std::vector<CrowdEvent> payments;
  if (spot_ == 0) {
    for (const Plan& guest : host_.plans) {
      std::copy_if(guest.events.begin(), guest.events.end(), std::back_inserter(payments),
                   [](const CrowdEvent& e) { return e.kind == CrowdEventKind::kPay; });
    }
    std::sort(payments.begin(), payments.end(),
              [](const CrowdEvent& a, const CrowdEvent& b) { return a.start_s < b.start_s; });
  }
  return payments;
}

void Shift::Stand(float yaw, float until_s) {
  plan_.visit.stops.push_back({time_s_, until_s, yaw});
  yaw_ = yaw;
}

//! Works with the hands on what is before one.
void Shift::Handwork(float yaw, float from_s, float to_s) {
  for (float t = from_s + random_.Uniform(2, 4); t < to_s - 4; t += random_.Uniform(4.5F, 8)) {
    Act act;
    act.from_s = t;
    act.full_s = t + random_.Uniform(0.7F, 1.1F);
    act.back_s = act.full_s + random_.Uniform(0.3F, 1.2F);
    act.to_s = act.back_s + random_.Uniform(0.7F, 1.1F);
    const Vec2f place =
        at_ + random_.Uniform(0.38F, 0.5F) * Towards(yaw + random_.Uniform(-0.5F, 0.5F));
    const Vec3f work(place.x(), place.y(), 0.64F * body_.rest->height_m);
    const Vec3f apart = 0.12F * OnFloor(Towards(yaw + kPi / 2));
    act.right_target = work - apart;
    if (random_.Chance(0.6F)) {
      act.left_target = work + apart;
    }
    plan_.visit.acts.push_back(act);
  }
}

//! Another free place behind the counter, or a step or two along it.
std::optional<Vec2f> Shift::SomewhereElse() {
  std::vector<Vec2f> choice;
  for (std::size_t s = staff_; s < host_.place.behind_counter.size(); ++s) {
    choice.push_back(Flat(host_.place.behind_counter[s].place));
  }
  const Vec2f along = Towards(place_.yaw_rad + kPi / 2);
  for (const float off : {-1.7F, -1.3F, -0.9F, 0.9F, 1.3F, 1.7F}) {
    choice.emplace_back(Flat(place_.place) + off * along);
  }
  std::erase_if(choice, [&](const Vec2f& at) { return host_.floor.Clearance(at) < 0.22F; });
  return choice.empty() ? std::nullopt
                        : std::optional(random_.Pick(std::span<const Vec2f>(choice)));
}

bool Shift::Walk(const Vec2f& to, float yaw, float until_s) {
  WalkFloor::Walk walk;
  walk.from = at_;
  walk.to = to;
  walk.time_s = time_s_ + kSettleS;
  walk.speed_mps = random_.Uniform(0.8F, 1.15F);
  walk.apart_m = kApartM;
  walk.latest_s = std::min(walk.time_s + kLongestWayS, until_s);
  const auto way = host_.floor.Find(walk, *others_);
  if (!way || way->size() < 2) {
    return false;
  }
  Visit& visit = plan_.visit;
  visit.knots.push_back({walk.time_s, at_});
  visit.stops.back().to_s = walk.time_s - 0.55F;
  const float arrives = way->back().time_s;
  visit.phases.push_back(
      {walk.time_s - 0.5F, Activity::kWalk, HeldThing::kNothing, HeldThing::kNothing, {}});
  visit.knots.insert(visit.knots.end(), way->begin() + 1, way->end());
  visit.phases.push_back(
      {arrives + 0.2F, Activity::kStand, HeldThing::kNothing, HeldThing::kNothing, {}});
  const Vec2f last = way->back().at - (*way)[way->size() - 2].at;
  at_ = to;
  time_s_ = arrives + kSettleS;
  visit.stops.push_back({arrives - 0.1F, time_s_, yaw});
  time_s_ += 0.15F + std::abs(Wrap(yaw - std::atan2(last.y(), last.x()))) / kTurnRate;
  visit.stops.back().to_s = time_s_;
  yaw_ = yaw;
  return true;
}

//! Goes somewhere, works there and comes back before a time; leaves no trace if that does not fit.
bool Shift::Trip(float until_s) {
  const auto to = SomewhereElse();
  if (!to) {
    return false;
  }
  const Plan before = plan_;
  const float start = time_s_;
  const float yaw = Wrap(place_.yaw_rad + (random_.Chance(0.5F) ? kPi : 0.0F));
  if (Walk(*to, yaw, until_s)) {
    const float back = (Flat(place_.place) - at_).norm() / 0.8F + 2.5F;
    const float stay = std::min(random_.Uniform(2, 9), until_s - back - time_s_);
    if (stay > 0.5F && others_->StaysFree(at_, time_s_, time_s_ + stay + 1, kApartM - 0.04F)) {
      Handwork(yaw, time_s_ - 1.5F, time_s_ + stay);
      time_s_ += stay;
      plan_.visit.stops.back().to_s = time_s_;
      if (Walk(Flat(place_.place), place_.yaw_rad, until_s)) {
        return true;
      }
    }
  }
  plan_ = before;
  at_ = Flat(place_.place);
  time_s_ = start;
  yaw_ = plan_.visit.stops.back().yaw_rad;
  return false;
}

//! This and that until the next guest pays.
void Shift::WorkUntil(float until_s) {
  while (time_s_ < until_s - 1) {
    const bool standing = !plan_.visit.stops.empty();
    if (walks_ && standing && until_s - time_s_ > kShortestTripS && random_.Chance(0.45F) &&
        Trip(until_s)) {
      continue;
    }
    const float end = std::min(until_s, time_s_ + random_.Uniform(5, 14));
    const float yaw = Wrap(place_.yaw_rad + (random_.Chance(0.5F) ? kPi : 0.0F));
    Stand(yaw, end);
    Handwork(yaw, time_s_, end);
    time_s_ = end;
  }
}

void Shift::TakeMoney(const CrowdEvent& pay) {
  Visit& visit = plan_.visit;
  const float after = pay.end_s + random_.Uniform(0.5F, 2.0F);
  visit.stops.push_back({std::max(time_s_, pay.start_s - 2.5F), after, place_.yaw_rad});
  Act act;
  act.from_s = std::max(pay.start_s, visit.acts.empty() ? time_s_ : visit.acts.back().to_s);
  act.full_s = act.from_s + 0.9F;
  act.back_s = std::max(pay.end_s - 0.9F, act.full_s + 0.2F);
  act.to_s = act.back_s + 0.9F;
  act.right_target =
      host_.place.till + Vec3f(0, 0, 0.03F) + 0.12F * OnFloor(Towards(place_.yaw_rad + kPi));
  visit.acts.push_back(act);
  time_s_ = std::max(after, act.to_s);
  yaw_ = place_.yaw_rad;
}

bool Shift::IsSound() const {
  const std::vector<Vec2f> way = SmoothWay(plan_.visit);
  for (std::size_t i = 0; i < way.size(); ++i) {
    const float time = plan_.visit.enter_s + static_cast<float>(i) * kWayStepS;
    if ((i % 2 == 0 && others_->Nearest(way[i], time) < kNeverNearerM) ||
        host_.floor.Clearance(way[i]) < WalkFloor::kSqueezeM - 0.02F) {
      return false;
    }
  }
  return true;
}

Plan Shift::Write(float from_s, float to_s, bool walks) {
  walks_ = walks;
  FindOthers(from_s, to_s);
  Visit& visit = plan_.visit;
  visit.enter_s = from_s;
  visit.leave_s = to_s;
  at_ = Flat(place_.place);
  visit.knots.push_back({from_s, at_});
  visit.phases.push_back({from_s, Activity::kStand, HeldThing::kNothing, HeldThing::kNothing, {}});
  time_s_ = from_s;
  yaw_ = place_.yaw_rad;
  for (const CrowdEvent& pay : Payments()) {
    WorkUntil(pay.start_s - 2.5F);
    TakeMoney(pay);
  }
  WorkUntil(to_s);
  if (walks && visit.knots.size() > 1) {
    visit.knots.push_back({std::max(to_s, visit.knots.back().time_s) + 5, at_});
    if (!IsSound()) {
      plan_.visit.knots.clear();  // not walked
    }
  }
  return plan_;
}

}  // namespace

void BlockStaffPlace(Host& host, std::size_t spot, float from_s, float to_s) {
  const std::vector<Vec2f> ticks(static_cast<std::size_t>((to_s - from_s) / Occupancy::kTickS) + 1,
                                 Flat(host.place.behind_counter[spot].place));
  host.people.Add(from_s, ticks);
}

Plan PlanStaff(const Host& host, int identity, const CrowdBody& body, std::size_t spot,
               std::size_t staff, float from_s, float to_s, Random random) {
  constexpr int kAttempts = 4;
  for (int attempt = 0; attempt <= kAttempts; ++attempt) {
    Plan plan = Shift(host, identity, body, spot, staff, Random(random.Fork()))
                    .Write(from_s, to_s, attempt < kAttempts);
    if (!plan.visit.knots.empty()) {
      return plan;
    }
  }
  throw CheckFailure("internal error: staff who stand still are in somebody's way");
}

}  // namespace tenjo::synth
