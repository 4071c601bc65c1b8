#include "tenjo/synth/set/crowd.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <tuple>

#include "tenjo/base/error.h"
#include "tenjo/synth/set/crowd_plan.h"

namespace tenjo::synth {
namespace {

void Check(const CrowdOptions& options) {
  if (!(options.seconds >= 0.1F && options.seconds <= 600)) {
    throw Error(
        fmt::format("A sequence of {} s cannot be made; 0.1 to 600 s can.", options.seconds));
  }
  if (options.min_people < 0 || options.max_people < options.min_people ||
      options.max_people > 40) {
    throw Error(fmt::format("A sequence with {} to {} people cannot be made; 0 to 40 people can.",
                            options.min_people, options.max_people));
  }
  if (!(options.busy >= 0.25F && options.busy <= 4)) {
    throw Error(fmt::format("A place cannot be {} times as busy as usual; 0.25 to 4 times it can.",
                            options.busy));
  }
}

}  // namespace

std::string_view Name(CrowdEventKind kind) {
  switch (kind) {
    case CrowdEventKind::kReach:
      return "reach";
    case CrowdEventKind::kTake:
      return "take";
    case CrowdEventKind::kPutBack:
      return "put_back";
    case CrowdEventKind::kPay:
      return "pay";
    case CrowdEventKind::kSit:
      return "sit";
    case CrowdEventKind::kTalk:
      return "talk";
  }
  return "";
}

struct Crowd::Impl {
  Impl(const BodyAsset& asset, const Place& place, const CrowdOptions& crowd_options,
       const CrowdCast& crowd_cast)
      : options(crowd_options),
        cast(crowd_cast),
        random(options.seed, 0xc20d),
        begin_s(-WarmUp(options)),
        host(asset, place, begin_s - 1, options.seconds + 400) {
    host.busy = options.busy;
  }

  //! Time before the sequence in which the place fills.
  static float WarmUp(const CrowdOptions& options) {
    return std::round(30 + 3.0F * static_cast<float>(options.max_people));
  }

  void ChooseStaff();
  void PlanGuests();
  void Finish();
  const CrowdBody& BodyOf(int identity, OutfitRole role);
  int Present(float time_s) const;
  int ChooseIdentity(float time_s);
  int ChooseCompanion(float time_s);

  CrowdOptions options;
  const CrowdCast& cast;
  Random random;
  float begin_s;
  Host host;
  std::size_t staff = 0;
  int next_identity = 1;
  std::map<int, CrowdBody> bodies;
  std::vector<CrowdTrack> tracks;
  std::vector<VisitMotion> motions;  // one a track
  std::vector<CrowdEvent> events;
  std::vector<CrowdGoods> goods;
};

const CrowdBody& Crowd::Impl::BodyOf(int identity, OutfitRole role) {
  const auto [found, fresh] = bodies.try_emplace(identity);
  if (fresh) {
    found->second = cast(identity, role);
    TENJO_CHECK(found->second.rest != nullptr);
  }
  return found->second;
}

int Crowd::Impl::Present(float time_s) const {
  return static_cast<int>(staff) +
         static_cast<int>(std::count_if(host.plans.begin(), host.plans.end(), [&](const Plan& p) {
           return p.visit.enter_s <= time_s && time_s < p.visit.leave_s;
         }));
}

//! Now and then somebody who left some time ago comes again.
int Crowd::Impl::ChooseIdentity(float time_s) {
  std::map<int, float> gone;
  for (const Plan& plan : host.plans) {
    float& last = gone[plan.visit.identity];
    last = std::max(last, plan.visit.leave_s);
  }
  std::vector<int> back;
  for (const auto& [identity, left_s] : gone) {
    if (left_s < time_s - 4 && left_s > time_s - 90) {
      back.push_back(identity);
    }
  }
  if (!back.empty() && random.Chance(0.45F)) {
    return random.Pick(std::span<const int>(back));
  }
  return next_identity++;
}

//! Some come in pairs: the index of the plan that came in just before.
int Crowd::Impl::ChooseCompanion(float time_s) {
  if (host.plans.empty() || !random.Chance(0.35F)) {
    return -1;
  }
  const Plan& last = host.plans.back();
  const bool just = time_s - last.visit.enter_s < 3.5F;
  return just ? static_cast<int>(host.plans.size()) - 1 : -1;
}

void Crowd::Impl::ChooseStaff() {
  const std::size_t places = host.place.queue.empty() ? 0 : host.place.behind_counter.size();
  const std::size_t wanted = options.max_people >= 8 ? 2 : (options.max_people >= 3 ? 1 : 0);
  staff = std::min(places, wanted);
  for (std::size_t s = 0; s < staff; ++s) {
    BodyOf(next_identity++, OutfitRole::kStaff);
    BlockStaffPlace(host, s, begin_s, options.seconds + 399);
  }
}

void Crowd::Impl::PlanGuests() {
  int target = random.Integer(options.min_people, options.max_people);
  float retarget_s = begin_s + 20;
  float next_s = begin_s;
  for (float time = begin_s; time < options.seconds; time += 0.5F) {
    if (time >= retarget_s) {
      target = random.Integer(options.min_people, options.max_people);
      retarget_s = time + random.Uniform(12, 30) / options.busy;
    }
    if (time < next_s || Present(time) >= target) {
      continue;
    }
    const int fresh = next_identity;
    const int identity = ChooseIdentity(time);
    const CrowdBody& body = BodyOf(identity, OutfitRole::kGuest);
    const int companion = ChooseCompanion(time);
    if (PlanGuest(host, identity, body, time, companion, Random(random.Fork()))) {
      const bool filling = time < 0;
      const float pair = random.Chance(0.3F) ? 0.4F : 1.0F;
      next_s = time +
               pair * (filling ? random.Uniform(1.5F, 3) : random.Uniform(1.5F, 6) / options.busy);
    } else {
      // The body is kept for the next who comes.
      next_identity = fresh;
      next_s = time + 1;
    }
  }
}

void Crowd::Impl::Finish() {
  for (std::size_t s = 0; s < staff; ++s) {
    const int identity = static_cast<int>(s) + 1;
    host.plans.push_back(PlanStaff(host, identity, bodies.at(identity), s, staff, begin_s,
                                   options.seconds + 1, Random(random.Fork())));
  }
  goods = host.goods;

  std::erase_if(host.plans, [&](const Plan& plan) {
    return plan.visit.leave_s <= 0 || plan.visit.enter_s >= options.seconds;
  });
  std::stable_sort(host.plans.begin(), host.plans.end(),
                   [](const Plan& a, const Plan& b) { return a.visit.enter_s < b.visit.enter_s; });
  int number = 0;
  motions.reserve(host.plans.size());
  for (Plan& plan : host.plans) {
    const Visit& visit = plan.visit;
    CrowdTrack track{visit.identity, ++number,         visit.staff,     visit.enter_s,
                     visit.leave_s,  visit.enter_door, visit.leave_door};
    tracks.push_back(track);
    for (const CrowdGoods& taken : plan.goods) {
      const auto same = [&](const CrowdGoods& g) {
        return g.shelf == taken.shelf && g.goods == taken.goods && g.from_s == taken.from_s;
      };
      std::find_if(goods.begin(), goods.end(), same)->track = number;
    }
    for (CrowdEvent& event : plan.events) {
      event.track = number;
      if (event.end_s > 0 && event.start_s < options.seconds) {
        events.push_back(event);
      }
    }
    motions.emplace_back(host.asset, *plan.body.rest, plan.body.style, std::move(plan.visit));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const CrowdEvent& a, const CrowdEvent& b) { return a.start_s < b.start_s; });
}

Crowd::Crowd(const BodyAsset& asset, const Place& place, const CrowdOptions& options,
             const CrowdCast& cast) {
  Check(options);
  impl_ = std::make_unique<Impl>(asset, place, options, cast);
  impl_->ChooseStaff();
  impl_->PlanGuests();
  impl_->Finish();
}

Crowd::~Crowd() = default;
Crowd::Crowd(Crowd&&) noexcept = default;

const std::vector<CrowdTrack>& Crowd::tracks() const { return impl_->tracks; }
const std::vector<CrowdEvent>& Crowd::events() const { return impl_->events; }
const std::vector<CrowdGoods>& Crowd::goods() const { return impl_->goods; }

std::vector<CrowdMoment> Crowd::At(float time_s) const {
  std::vector<CrowdMoment> moments;
  for (std::size_t i = 0; i < impl_->tracks.size(); ++i) {
    const CrowdTrack& track = impl_->tracks[i];
    if (time_s < track.enter_s || time_s >= track.leave_s) {
      continue;
    }
    const VisitMotion& motion = impl_->motions[i];
    CrowdMoment moment;
    moment.identity = track.identity;
    moment.track = track.track;
    moment.pose = motion.PoseAt(time_s);
    std::tie(moment.left, moment.right) = motion.HoldsAt(time_s);
    moment.floor = motion.MiddleAt(time_s);
    moment.yaw_rad = motion.YawAt(time_s);
    moment.sitting = motion.SittingAt(time_s);
    moments.push_back(moment);
  }
  return moments;
}

}  // namespace tenjo::synth
