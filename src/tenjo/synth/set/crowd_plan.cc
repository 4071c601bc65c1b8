#include "tenjo/synth/set/crowd_plan.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kApartM = 0.5F;        // planned
constexpr float kNeverNearerM = 0.4F;  // of what comes out, smoothed
constexpr float kStartBehindDoorM = 1.05F;
constexpr float kTurnRate = 2.0F;
constexpr float kLongestWalkS = 45;
constexpr float kNever = 1e9F;

float Wrap(float angle) { return std::remainder(angle, 2 * kPi); }
Vec2f Flat(const Vec3f& v) { return v.head<2>(); }
Vec3f OnFloor(const Vec2f& v) { return {v.x(), v.y(), 0}; }
Vec2f Towards(float yaw) { return {std::cos(yaw), std::sin(yaw)}; }
float YawOf(const Vec2f& v) { return std::atan2(v.y(), v.x()); }

//! Writes a visit step by step. Steps that cannot be taken return false and leave no trace.
class Script {
 public:
  Script(Host& host, const CrowdBody& body, int identity, Random random)
      : host_(host), body_(body), random_(random) {
    plan_.body = body;
    plan_.visit.identity = identity;
    const float legs = std::clamp(body.rest->height_m / 1.7F, 0.75F, 1.1F);
    speed_ = std::clamp(random_.Normal(1.15F, 0.16F) * legs, 0.7F, 1.5F);
    main_hand_ = body.style.left_handed ? 0 : 1;
  }

  bool Guest(float enter_s, int companion);

 private:
  bool Enter(float enter_s, int companion);
  void DoThings(int companion);
  bool Leave();

  bool Walk(const Vec2f& to, float yaw, float dwell_s, bool into_line, float apart = kApartM);
  void Face(float yaw);
  bool BrowseShelf(bool take);
  bool Reach(const ShelfFront& shelf, CrowdEventKind kind);
  bool PutBack(const ShelfFront& shelf);
  void Do(CrowdEventKind kind, const ShelfFront& shelf, std::size_t goods, int hand);
  bool IsThere(const CrowdGoods& wanted) const;
  bool Pay(bool to_drink);
  void AtTill(bool to_drink);
  void TakeDrink();
  bool Sit(int companion);
  bool SitOn(std::size_t seat, float stay_s, int companion);
  std::optional<Vec2f> SideOf(const Seat& seat, float from_s, float to_s) const;
  bool StandAbout();
  bool Meet();
  void Talk(MeetingPlace& meeting, float from_s, float to_s);

  bool CanTouch(const Vec3f& goods, int hand) const;
  void Hold(int hand, HeldThing thing, float from_s);
  void Mood(Activity activity, float from_s, const std::optional<Vec3f>& look_at = std::nullopt);
  void AddReach(const Vec3f& goods, int hand, float hold_s, Activity activity);
  int FreeHand();
  float Stay(float shortest, float longest) {
    return random_.Uniform(shortest, longest) / host_.busy;
  }
  CrowdEvent& Note(CrowdEventKind kind, int hand, const Vec3f& place);
  bool IsSound() const;
  void Commit();

  Host& host_;
  CrowdBody body_;
  Random random_;
  Plan plan_;
  float speed_ = 1.15F;
  int main_hand_ = 1;

  // Where the visit has come to: stands at `at_`, free to go on from `time_s_`.
  Vec2f at_ = Vec2f::Zero();
  float yaw_ = 0;
  float time_s_ = 0;
  bool moving_ = true;
  std::optional<std::size_t> in_line_;  // index of LineEntry that this visit adds
  std::optional<LineEntry> line_entry_;
  std::vector<SeatStay> seat_stays_;
  std::vector<MeetingPlace> meetings_;
  std::vector<CrowdGoods> goods_;  // taken
  struct TalkNote {
    std::size_t meeting;
    float from_s, to_s;
    Vec2f at;
    float head_m;
  };
  std::vector<TalkNote> talks_;
};

void Script::Mood(Activity activity, float from_s, const std::optional<Vec3f>& look_at) {
  Phase phase = plan_.visit.phases.back();
  phase.from_s = from_s;
  phase.activity = activity;
  phase.look_at = look_at;
  plan_.visit.phases.push_back(phase);
}

void Script::Hold(int hand, HeldThing thing, float from_s) {
  Phase phase = plan_.visit.phases.back();
  phase.from_s = from_s;
  (hand == 0 ? phase.left : phase.right) = thing;
  plan_.visit.phases.push_back(phase);
}

CrowdEvent& Script::Note(CrowdEventKind kind, int hand, const Vec3f& place) {
  CrowdEvent event;
  event.kind = kind;
  event.identity = plan_.visit.identity;
  event.hand = hand;
  event.place = place;
  plan_.events.push_back(event);
  return plan_.events.back();
}

bool Script::Enter(float enter_s, int companion) {
  const auto doors = static_cast<int>(host_.place.doors.size());
  const int door = companion >= 0
                       ? host_.plans[static_cast<std::size_t>(companion)].visit.enter_door
                       : random_.Index(doors);
  const auto d = static_cast<std::size_t>(door);
  const Vec2f inward = Flat(host_.place.doors_inward[d]);
  at_ = Flat(host_.place.doors[d]) - kStartBehindDoorM * inward;
  yaw_ = YawOf(inward);
  time_s_ = std::round(enter_s / Occupancy::kTickS) * Occupancy::kTickS;
  if (!host_.people.StaysFree(at_, time_s_ - 0.3F, time_s_ + 0.5F, 0.7F)) {
    return false;
  }
  Visit& visit = plan_.visit;
  visit.enter_door = door;
  visit.enter_s = time_s_;
  visit.knots.push_back({time_s_, at_});
  visit.phases.push_back({time_s_, Activity::kWalk, HeldThing::kNothing, HeldThing::kNothing, {}});
  if (random_.Chance(0.1F)) {
    Hold(1 - main_hand_, HeldThing::kPhone, time_s_);
  }
  return true;
}

bool Script::Walk(const Vec2f& to, float yaw, float dwell_s, bool into_line, float apart) {
  WalkFloor::Walk walk;
  walk.from = at_;
  walk.to = to;
  walk.time_s = moving_ ? time_s_ : time_s_ + kSettleS;
  walk.speed_mps = speed_ * random_.Uniform(0.92F, 1.05F);
  walk.apart_m = apart;
  walk.latest_s = walk.time_s + kLongestWalkS;
  walk.into_line = into_line;
  const auto way = host_.floor.Find(walk, host_.people);
  if (!way) {
    return false;
  }
  const float arrives = way->back().time_s;
  if (!host_.people.StaysFree(to, arrives, arrives + dwell_s, apart - 0.04F)) {
    return false;
  }
  Visit& visit = plan_.visit;
  if (!moving_) {
    visit.knots.push_back({walk.time_s, at_});
    if (!visit.stops.empty()) {
      visit.stops.back().to_s = walk.time_s - 0.55F;
    }
    Mood(Activity::kWalk, walk.time_s - 0.5F);
  }
  visit.knots.insert(visit.knots.end(), way->begin() + 1, way->end());
  const Vec2f last = way->back().at - (*way)[way->size() - 2].at;
  if (last.norm() > 0.05F) {
    yaw_ = YawOf(last);
  }
  at_ = to;
  time_s_ = arrives + kSettleS;
  moving_ = false;
  visit.stops.push_back({arrives - 0.1F, time_s_, yaw_});
  Face(yaw);
  return true;
}

void Script::Face(float yaw) {
  const float turn = std::abs(Wrap(yaw - yaw_));
  auto& stops = plan_.visit.stops;
  if (stops.back().from_s > time_s_ - kSettleS - 0.2F) {
    stops.back().yaw_rad = yaw;  // turns while coming to a stand
  } else {
    stops.back().to_s = time_s_;
    stops.push_back({time_s_, time_s_, yaw});
  }
  time_s_ += 0.15F + turn / kTurnRate;
  stops.back().to_s = time_s_;
  yaw_ = yaw;
}

bool Script::CanTouch(const Vec3f& goods, int hand) const {
  MotionState state;
  state.activity = Activity::kReach;
  state.place = OnFloor(at_);
  state.yaw_rad = yaw_;
  (hand == 0 ? state.left_target : state.right_target) = goods;
  const auto bones = BoneTransforms(host_.asset, *body_.rest,
                                    MakePose(host_.asset, *body_.rest, body_.style, state));
  const auto palm =
      static_cast<std::size_t>(host_.asset.point(hand == 0 ? "left_palm" : "right_palm"));
  const Vec3f at =
      bones[static_cast<std::size_t>(host_.asset.point_bones[palm])] * body_.rest->points[palm];
  return (at - goods).norm() < 0.07F;
}

int Script::FreeHand() {
  const Phase& now = plan_.visit.phases.back();
  const bool left = now.left == HeldThing::kNothing;
  const bool right = now.right == HeldThing::kNothing;
  if (left && right) {
    return random_.Chance(0.8F) ? main_hand_ : 1 - main_hand_;
  }
  return left ? 0 : (right ? 1 : -1);
}

void Script::AddReach(const Vec3f& goods, int hand, float hold_s, Activity activity) {
  Act act;
  act.activity = activity;
  // What is low takes a bow.
  const float slow = goods.z() < 0.6F * body_.rest->height_m * 0.7F ? 0.45F : 0.0F;
  const float there = random_.Uniform(0.8F, 1.15F) + slow;
  act.from_s = time_s_;
  act.full_s = act.from_s + there;
  act.back_s = act.full_s + hold_s;
  act.to_s = act.back_s + there * random_.Uniform(0.9F, 1.1F);
  if (hand != 1) {
    act.left_target = goods;
  }
  if (hand != 0) {
    act.right_target = goods;
  }
  if (hand == 2) {
    const Vec2f aside = 0.17F * Towards(yaw_ + kPi / 2);
    act.left_target = goods + OnFloor(aside);
    act.right_target = goods - OnFloor(aside);
  }
  plan_.visit.acts.push_back(act);
  time_s_ = act.to_s + 0.1F;
  plan_.visit.stops.back().to_s = time_s_;
}

//! Whether a thing lies in its place from a time until another.
bool Script::IsThere(const CrowdGoods& wanted) const {
  const auto clashes = [&](const CrowdGoods& away) {
    return away.shelf == wanted.shelf && away.goods == wanted.goods &&
           away.from_s < wanted.to_s + 1 && wanted.from_s < away.to_s + 1;
  };
  return std::none_of(host_.goods.begin(), host_.goods.end(), clashes) &&
         std::none_of(goods_.begin(), goods_.end(), clashes);
}

void Script::Do(CrowdEventKind kind, const ShelfFront& shelf, std::size_t goods, int hand) {
  AddReach(shelf.goods[goods], hand, random_.Uniform(0.35F, 0.8F), Activity::kReach);
  const Act act = plan_.visit.acts.back();
  CrowdEvent& event = Note(kind, hand, shelf.goods[goods]);
  event.shelf = shelf.id;
  event.goods = static_cast<int>(goods);
  event.start_s = act.from_s;
  event.middle_s = (act.full_s + act.back_s) / 2;
  event.end_s = act.to_s;
  if (kind == CrowdEventKind::kTake) {
    Hold(hand, HeldThing::kPackage, event.middle_s);
    CrowdGoods taken;
    taken.shelf = static_cast<std::size_t>(&shelf - host_.place.shelves.data());
    taken.goods = goods;
    taken.hand = hand;
    taken.from_s = event.middle_s;
    taken.to_s = kNever;
    goods_.push_back(taken);
  } else if (kind == CrowdEventKind::kPutBack) {
    Hold(hand, HeldThing::kNothing, event.middle_s);
    goods_.back().to_s = event.middle_s;
  }
}

bool Script::Reach(const ShelfFront& shelf, CrowdEventKind kind) {
  const Phase& now = plan_.visit.phases.back();
  int hand = FreeHand();
  if (hand < 0) {
    return false;
  }
  for (int attempt = 0; attempt < 12; ++attempt) {
    const auto number =
        static_cast<std::size_t>(random_.Index(static_cast<int>(shelf.goods.size())));
    const Vec3f& goods = shelf.goods[number];
    // The hand on the goods' side, as one would.
    const Vec2f off = Flat(goods) - at_;
    const float aside = off.dot(Towards(yaw_ + kPi / 2));
    const bool both_free = now.left == HeldThing::kNothing && now.right == HeldThing::kNothing;
    if (both_free && std::abs(aside) > 0.25F) {
      hand = aside > 0 ? 0 : 1;
    }
    CrowdGoods wanted;
    wanted.shelf = static_cast<std::size_t>(&shelf - host_.place.shelves.data());
    wanted.goods = number;
    wanted.from_s = time_s_;
    wanted.to_s = kind == CrowdEventKind::kTake ? kNever : time_s_ + 4;
    if (!IsThere(wanted) || !CanTouch(goods, hand)) {
      continue;
    }
    Do(kind, shelf, number, hand);
    return true;
  }
  return false;
}

//! The thing taken last goes back to where it was, if that was here.
bool Script::PutBack(const ShelfFront& shelf) {
  if (goods_.empty() || goods_.back().to_s < kNever ||
      &host_.place.shelves[goods_.back().shelf] != &shelf) {
    return false;
  }
  Do(CrowdEventKind::kPutBack, shelf, goods_.back().goods, goods_.back().hand);
  return true;
}

bool Script::BrowseShelf(bool take) {
  const auto& shelves = host_.place.shelves;
  if (shelves.empty() || FreeHand() < 0) {
    return false;
  }
  const ShelfFront& shelf = random_.Pick(std::span<const ShelfFront>(shelves));
  const Vec2f stand =
      Flat(shelf.stand) + random_.Uniform(-0.08F, 0.08F) * Towards(shelf.yaw_rad + kPi / 2);
  if (!Walk(stand, shelf.yaw_rad, 9, false)) {
    return false;
  }
  Vec3f look =
      shelf.goods[static_cast<std::size_t>(random_.Index(static_cast<int>(shelf.goods.size())))];
  Mood(Activity::kStand, time_s_ - 0.3F, look);
  time_s_ += Stay(0.4F, 2.0F);
  if (take) {
    if (random_.Chance(0.3F)) {
      Reach(shelf, CrowdEventKind::kReach);
      time_s_ += Stay(0.3F, 1.2F);
    }
    if (Reach(shelf, CrowdEventKind::kTake) && random_.Chance(0.25F)) {
      time_s_ += Stay(0.8F, 2.5F);
      PutBack(shelf);
    }
  } else {
    Reach(shelf, random_.Chance(0.5F) ? CrowdEventKind::kReach : CrowdEventKind::kTake);
    time_s_ += Stay(1.0F, 3.0F);
    PutBack(shelf);
  }
  time_s_ += 0.2F;
  plan_.visit.stops.back().to_s = time_s_;
  return true;
}

bool Script::Pay(bool to_drink) {
  const auto& slots = host_.place.queue;
  if (slots.empty() || in_line_) {
    return false;
  }
  const auto ahead_at = [&](float time) {
    return static_cast<std::size_t>(
        std::count_if(host_.line.begin(), host_.line.end(),
                      [&](const LineEntry& e) { return e.depart_s[0] > time; }));
  };
  const float guess = time_s_ + kSettleS + 1.3F * (Flat(slots.front()) - at_).norm() / speed_;
  const std::size_t slot = ahead_at(guess);
  if (slot >= slots.size()) {
    return false;
  }
  const float last_joined = host_.line.empty() ? -1e9F : host_.line.back().join_s;
  const Vec2f front = slot == 0 ? Flat(host_.place.till) : Flat(slots[slot - 1]);
  const Vec2f here = Flat(slots[slot]);
  const Script before = *this;
  const bool walked = Walk(here, YawOf(front - here), 0.3F, true, 0.46F);
  const float arrived = time_s_;
  if (!walked || plan_.visit.knots.back().time_s < last_joined + 0.8F ||
      ahead_at(plan_.visit.knots.back().time_s) > slot) {
    // A reference member cannot be assigned; what a step has changed is put back.
    plan_ = before.plan_;
    at_ = before.at_;
    yaw_ = before.yaw_;
    time_s_ = before.time_s_;
    moving_ = before.moving_;
    return false;
  }
  LineEntry entry;
  entry.join_s = plan_.visit.knots.back().time_s;
  entry.depart_s.assign(slot + 1, 0);
  Mood(Activity::kQueue, arrived - 0.4F);
  for (std::size_t s = slot; s > 0; --s) {
    // One goes up when the next in front has gone.
    const LineEntry& ahead = host_.line.back();
    const float gone = s - 1 < ahead.depart_s.size() ? ahead.depart_s[s - 1] : 0.0F;
    const float depart = std::max(gone + random_.Uniform(0.5F, 1.1F), time_s_ + kSettleS * 0.6F);
    const Vec2f to = Flat(slots[s - 1]);
    const float arrives = depart + (to - at_).norm() / 0.65F;
    plan_.visit.knots.push_back({depart, at_});
    plan_.visit.knots.push_back({arrives, to});
    plan_.visit.stops.back().to_s = depart - 0.2F;
    const Vec2f next = s == 1 ? Flat(host_.place.till) : Flat(slots[s - 2]);
    entry.depart_s[s] = depart;
    at_ = to;
    time_s_ = arrives + 0.5F;
    yaw_ = YawOf(next - at_);
    plan_.visit.stops.push_back({arrives - 0.3F, time_s_, yaw_});
  }
  AtTill(to_drink);
  entry.depart_s[0] = time_s_ + kSettleS;
  in_line_ = host_.line.size();
  line_entry_ = entry;
  return true;
}

void Script::AtTill(bool to_drink) {
  const Vec3f till = host_.place.till;
  Face(YawOf(Flat(till) - at_));
  time_s_ += 0.3F;
  Mood(Activity::kStand, time_s_ - 0.25F, till + Vec3f(0, 0, 0.4F));
  time_s_ += Stay(1.0F, 3.0F);
  const int hand = FreeHand();
  if (hand >= 0 && CanTouch(till, hand)) {
    AddReach(till, hand, random_.Uniform(0.8F, 1.8F), Activity::kPay);
    const Act& act = plan_.visit.acts.back();
    CrowdEvent& event = Note(CrowdEventKind::kPay, hand, till);
    event.start_s = act.from_s;
    event.middle_s = (act.full_s + act.back_s) / 2;
    event.end_s = act.to_s;
  }
  time_s_ += Stay(0.4F, 1.5F);
  if (to_drink) {
    TakeDrink();
  }
  time_s_ += 0.2F;
  plan_.visit.stops.back().to_s = time_s_;
}

void Script::TakeDrink() {
  // What was ordered is put on the counter beside the till.
  const float side = random_.Chance(0.5F) ? 1.0F : -1.0F;
  const Vec2f ahead = Towards(yaw_);
  const Vec2f aside = Towards(yaw_ + side * kPi / 2);
  const float height = host_.place.till.z();
  const Phase now = plan_.visit.phases.back();
  const bool both = now.left == HeldThing::kNothing && now.right == HeldThing::kNothing;
  const bool tray = both && random_.Chance(0.3F);
  Vec2f at = at_ + 0.5F * ahead + (tray ? 0.0F : 0.2F) * aside;
  const Vec3f place(at.x(), at.y(), height);
  const int hand = tray ? 2 : FreeHand();
  if (hand < 0 || !CanTouch(place, hand == 2 ? 1 : hand)) {
    return;
  }
  time_s_ += Stay(1.0F, 3.0F);
  AddReach(place, hand, random_.Uniform(0.4F, 0.7F), Activity::kReach);
  const Act& act = plan_.visit.acts.back();
  CrowdEvent& event = Note(CrowdEventKind::kTake, hand, place);
  event.start_s = act.from_s;
  event.middle_s = (act.full_s + act.back_s) / 2;
  event.end_s = act.to_s;
  Hold(hand == 0 ? 0 : 1, tray ? HeldThing::kTray : HeldThing::kCup, event.middle_s);
}

std::optional<Vec2f> Script::SideOf(const Seat& seat, float from_s, float to_s) const {
  std::optional<Vec2f> best;
  float least = 1e9F;
  for (int k = 0; k < 24; ++k) {
    const float angle = static_cast<float>(k) * kPi / 12;
    for (float far = 0.4F; far < 1.0F; far += 0.1F) {
      const Vec2f at = Flat(seat.place) + far * Towards(seat.yaw_rad + angle);
      const float clear = host_.floor.Clearance(at);
      if (clear < WalkFloor::kSqueezeM + 0.03F) {
        continue;
      }
      // Not over the chair's back.
      const float behind = std::max(0.0F, -std::cos(angle) - 0.5F);
      const float cost =
          far + 2 * behind + (clear < WalkFloor::kBodyM ? 0.3F : 0.0F) + 0.03F * (at - at_).norm();
      if (cost < least && host_.people.StaysFree(at, from_s, to_s, kApartM)) {
        least = cost;
        best = at;
      }
    }
  }
  return best;
}

bool Script::SitOn(std::size_t index, float stay_s, int companion) {
  const Seat& seat = host_.place.seats[index];
  const Vec2f place = Flat(seat.place);
  const float soon = time_s_ + kSettleS + (place - at_).norm() / speed_;
  const auto side = SideOf(seat, soon, soon + 5);
  if (!side || !host_.people.StaysFree(place, soon, soon + stay_s + 12, 0.46F)) {
    return false;
  }
  const bool reserved = std::any_of(host_.seats.begin(), host_.seats.end(), [&](const SeatStay& s) {
    return s.seat == index && s.from_s < soon + stay_s + 15 && s.to_s > soon - 3;
  });
  if (reserved || !Walk(*side, seat.yaw_rad, 4.5F, false)) {
    return false;
  }
  Visit& visit = plan_.visit;
  const float slide = std::max(1.1F, (place - at_).norm() / 0.55F);
  Act act;
  act.activity = Activity::kSit;
  act.seat_height_m = seat.height_m;
  act.from_s = time_s_ + 0.2F;
  act.full_s = act.from_s + slide + 0.9F;
  visit.knots.push_back({act.from_s + 0.2F, at_});
  visit.knots.push_back({act.from_s + 0.2F + slide, place});
  act.back_s = act.full_s + stay_s;
  // Gets up when the floor beside the seat is free.
  for (int i = 0; i < 40 && !host_.people.StaysFree(*side, act.back_s, act.back_s + 4.5F, 0.46F);
       ++i) {
    act.back_s += 0.5F;
  }
  act.to_s = act.back_s + slide + 0.9F;
  visit.knots.push_back({act.back_s + 0.6F, place});
  visit.knots.push_back({act.back_s + 0.6F + slide, *side});
  visit.acts.push_back(act);
  CrowdEvent& event = Note(CrowdEventKind::kSit, -1, seat.place + Vec3f(0, 0, seat.height_m));
  event.start_s = act.from_s;
  event.middle_s = (act.full_s + act.back_s) / 2;
  event.end_s = act.to_s;
  seat_stays_.push_back({index, act.from_s, act.to_s});
  meetings_.push_back({0, place, act.full_s, act.back_s, false});
  time_s_ = act.to_s + 0.3F;
  visit.stops.back().to_s = time_s_;
  Mood(Activity::kStand, act.from_s);
  if (companion >= 0) {
    for (std::size_t m = 0; m < host_.meetings.size(); ++m) {
      MeetingPlace& other = host_.meetings[m];
      const float from = std::max(other.from_s, act.full_s);
      const float to = std::min(other.to_s, act.back_s);
      const Vec2f off = other.at - place;
      const bool in_view = std::abs(Wrap(YawOf(off) - seat.yaw_rad)) < 1.8F;
      if (other.plan == static_cast<std::size_t>(companion) && to > from + 3 && off.norm() < 1.8F &&
          in_view) {
        talks_.push_back({m, from + 0.5F, to - 0.5F, place, seat.height_m + 0.75F});
        break;
      }
    }
  }
  return true;
}

bool Script::Sit(int companion) {
  if (plan_.visit.phases.back().right == HeldThing::kTray) {
    return false;  // it would lie on the lap
  }
  std::vector<std::pair<float, std::size_t>> choice;
  Vec2f near = at_;
  bool with = false;
  for (const MeetingPlace& m : host_.meetings) {
    if (companion >= 0 && m.plan == static_cast<std::size_t>(companion) && m.to_s > time_s_ + 8) {
      near = m.at;
      with = true;
    }
  }
  for (std::size_t s = 0; s < host_.place.seats.size(); ++s) {
    const Seat& seat = host_.place.seats[s];
    if (seat.height_m > 0.36F * body_.rest->height_m) {
      continue;  // not for the small
    }
    const float far = (Flat(seat.place) - near).norm();
    choice.emplace_back(with ? far : random_.Uniform() * 4 + 0.2F * far, s);
  }
  std::sort(choice.begin(), choice.end());
  const float stay = Stay(10, 40);
  for (std::size_t i = 0; i < std::min<std::size_t>(choice.size(), 4); ++i) {
    if (SitOn(choice[i].second, stay, companion)) {
      return true;
    }
  }
  return false;
}

bool Script::StandAbout() {
  const Rect& room = host_.place.room;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Vec2f at(random_.Uniform(room.x0 + 0.4F, room.x1 - 0.4F),
                   random_.Uniform(room.y0 + 0.4F, room.y1 - 0.4F));
    const bool at_door =
        std::any_of(host_.place.doors.begin(), host_.place.doors.end(),
                    [&](const Vec3f& door) { return (Flat(door) - at).norm() < 1.3F; });
    const bool in_line =
        std::any_of(host_.place.queue.begin(), host_.place.queue.end(),
                    [&](const Vec3f& slot) { return (Flat(slot) - at).norm() < 0.8F; });
    const bool at_shelf = std::any_of(
        host_.place.shelves.begin(), host_.place.shelves.end(),
        [&](const ShelfFront& shelf) { return (Flat(shelf.stand) - at).norm() < 0.7F; });
    if (at_door || in_line || at_shelf || host_.floor.Clearance(at) < 0.4F) {
      continue;
    }
    const float stay = Stay(4, 11);
    const float yaw = random_.Uniform(-kPi, kPi);
    if (!Walk(at, yaw_ + Wrap(yaw) * 0.4F, stay + 3, false)) {
      continue;
    }
    const bool phone = FreeHand() >= 0 && random_.Chance(0.35F);
    Mood(phone ? Activity::kStand : Activity::kLookAround, time_s_);
    meetings_.push_back({0, at_, time_s_, time_s_ + stay, false});
    if (phone) {
      const int hand = FreeHand();
      Hold(hand, HeldThing::kPhone, time_s_ + 0.8F);
      time_s_ += stay;
      Hold(hand, HeldThing::kNothing, time_s_);
    } else {
      time_s_ += stay;
    }
    plan_.visit.stops.back().to_s = time_s_;
    return true;
  }
  return false;
}

bool Script::Meet() {
  for (std::size_t m = 0; m < host_.meetings.size(); ++m) {
    MeetingPlace& meeting = host_.meetings[m];
    const float soon = time_s_ + 1 + (meeting.at - at_).norm() / speed_;
    if (meeting.taken || meeting.from_s > soon + 1 || meeting.to_s < soon + 5) {
      continue;
    }
    for (int attempt = 0; attempt < 10; ++attempt) {
      const Vec2f off = random_.Uniform(0.8F, 1.05F) * Towards(random_.Uniform(-kPi, kPi));
      const Vec2f at = meeting.at + off;
      if (host_.floor.Clearance(at) < 0.3F ||
          !Walk(at, YawOf(-off), meeting.to_s - soon + 3, false)) {
        continue;
      }
      const float until = std::min(meeting.to_s, time_s_ + Stay(6, 18));
      if (until > time_s_ + 2) {
        talks_.push_back({m, time_s_, until, at_, body_.rest->height_m * 0.93F});
        time_s_ = until;
      }
      plan_.visit.stops.back().to_s = time_s_;
      return true;
    }
  }
  return false;
}

void Script::DoThings(int companion) {
  const float kind = random_.Uniform();
  const bool drinks = host_.place.behind_counter.empty() ? random_.Chance(0.3F) : true;
  if (companion >= 0) {
    if (random_.Chance(0.4F)) {
      Pay(true);
    }
    if (!Sit(companion)) {
      Meet();
    }
    return;
  }
  if (kind < 0.42F) {  // buys goods
    const int reaches = random_.Integer(1, 2);
    bool any = false;
    for (int i = 0; i < reaches; ++i) {
      any = BrowseShelf(true) || any;
    }
    if (random_.Chance(0.2F)) {
      Meet();
    }
    if (!Pay(false)) {
      StandAbout();
      Pay(false);
    }
    if (random_.Chance(0.25F)) {
      Sit(-1);
    }
  } else if (kind < 0.7F) {  // has a drink
    if (random_.Chance(0.3F)) {
      BrowseShelf(true);
    }
    if (!Pay(drinks)) {
      StandAbout();
      Pay(drinks);
    }
    if (random_.Chance(0.6F)) {
      Sit(-1);
    }
  } else if (kind < 0.85F) {  // only looks
    BrowseShelf(false);
    if (random_.Chance(0.5F)) {
      Meet();
    }
    if (random_.Chance(0.5F)) {
      BrowseShelf(false);
    }
  } else if (kind < 0.93F) {  // waits, meets
    if (!Meet()) {
      StandAbout();
    }
    if (random_.Chance(0.4F)) {
      BrowseShelf(true);
      Pay(false);
    }
  } else {
    Sit(-1) || StandAbout();
    if (random_.Chance(0.4F)) {
      Pay(drinks);
    }
  }
}

bool Script::Leave() {
  const auto doors = static_cast<int>(host_.place.doors.size());
  const int first = random_.Index(doors);
  for (int i = 0; i < doors; ++i) {
    const int door = (first + i) % doors;
    const auto d = static_cast<std::size_t>(door);
    const Vec2f out =
        Flat(host_.place.doors[d]) - kStartBehindDoorM * Flat(host_.place.doors_inward[d]);
    if (Walk(out, YawOf(-Flat(host_.place.doors_inward[d])), 0.3F, false)) {
      plan_.visit.leave_door = door;
      plan_.visit.leave_s =
          std::floor((time_s_ - kSettleS) / Occupancy::kTickS) * Occupancy::kTickS;
      // Walks on, out of sight.
      plan_.visit.stops.pop_back();
      return plan_.visit.knots.size() >= 2;
    }
  }
  return false;
}

//! Nobody comes too near another, nor into furniture, once the way is smooth.
bool Script::IsSound() const {
  const Visit& visit = plan_.visit;
  const std::vector<Vec2f> way = SmoothWay(visit);
  for (std::size_t i = 0; i < way.size(); ++i) {
    const float time = visit.enter_s + static_cast<float>(i) * kWayStepS;
    if (i % 2 == 0 && host_.people.Nearest(way[i], time) < kNeverNearerM) {
      return false;
    }
    if (i > 0 && (way[i] - way[i - 1]).norm() > 1.8F * kWayStepS) {
      return false;
    }
    const bool seating = std::any_of(
        seat_stays_.begin(), seat_stays_.end(),
        [&](const SeatStay& s) { return s.from_s - 0.6F < time && time < s.to_s + 0.6F; });
    if (!seating && host_.floor.Clearance(way[i]) < WalkFloor::kSqueezeM - 0.02F) {
      return false;
    }
  }
  return true;
}

void Script::Commit() {
  const std::vector<Vec2f> way = SmoothWay(plan_.visit);
  std::vector<Vec2f> ticks;
  for (std::size_t i = 0; i < way.size(); i += 2) {
    ticks.push_back(way[i]);
  }
  host_.people.Add(plan_.visit.enter_s, ticks);
  if (line_entry_) {
    host_.line.push_back(*line_entry_);
  }
  host_.seats.insert(host_.seats.end(), seat_stays_.begin(), seat_stays_.end());
  plan_.goods = goods_;
  host_.goods.insert(host_.goods.end(), goods_.begin(), goods_.end());
  const std::size_t self = host_.plans.size();
  for (const TalkNote& talk : talks_) {
    MeetingPlace& meeting = host_.meetings[talk.meeting];
    Plan& other = host_.plans[meeting.plan];
    meeting.taken = true;
    CrowdEvent event;
    event.kind = CrowdEventKind::kTalk;
    event.start_s = talk.from_s;
    event.middle_s = (talk.from_s + talk.to_s) / 2;
    event.end_s = talk.to_s;
    event.identity = plan_.visit.identity;
    event.other = other.visit.identity;
    event.place = OnFloor(meeting.at);
    plan_.events.push_back(event);
    std::swap(event.identity, event.other);
    event.place = OnFloor(talk.at);
    other.events.push_back(event);
    // Each looks at the other; who stands also turns.
    const auto look = [&](Visit& visit, const Vec2f& at, float head_m) {
      auto& phases = visit.phases;
      const auto after = std::upper_bound(phases.begin(), phases.end(), talk.from_s,
                                          [](float t, const Phase& p) { return t < p.from_s; });
      Phase phase = *(after - 1);
      const bool undisturbed = after == phases.end() || after->from_s > talk.to_s;
      if (!undisturbed) {
        return;
      }
      const Phase back = phase;
      phase.from_s = talk.from_s;
      phase.activity = Activity::kStand;
      phase.look_at = Vec3f(at.x(), at.y(), head_m);
      const auto place = phases.insert(after, phase);
      phases.insert(place + 1, back)->from_s = talk.to_s;
    };
    look(plan_.visit, meeting.at, other.body.rest->height_m * 0.9F);
    look(other.visit, talk.at, talk.head_m);
    for (std::size_t s = 0; s < other.visit.stops.size(); ++s) {
      Stop& stop = other.visit.stops[s];
      const bool sits =
          std::any_of(other.visit.acts.begin(), other.visit.acts.end(), [&](const Act& act) {
            return act.activity == Activity::kSit && act.from_s < talk.from_s &&
                   talk.from_s < act.to_s;
          });
      if (!sits && stop.from_s <= talk.from_s && talk.to_s <= stop.to_s + 1) {
        const float end = stop.to_s;
        stop.to_s = talk.from_s;
        other.visit.stops.insert(other.visit.stops.begin() + static_cast<long>(s) + 1,
                                 {talk.from_s + 0.1F, end, YawOf(talk.at - meeting.at)});
        break;
      }
    }
  }
  for (MeetingPlace meeting : meetings_) {
    meeting.plan = self;
    host_.meetings.push_back(meeting);
  }
  host_.plans.push_back(plan_);
}

bool Script::Guest(float enter_s, int companion) {
  if (!Enter(enter_s, companion)) {
    return false;
  }
  DoThings(companion);
  if (!Leave() || !IsSound()) {
    return false;
  }
  // The phases were written in order of deeds; holds begin in the middle of them.
  std::stable_sort(plan_.visit.phases.begin(), plan_.visit.phases.end(),
                   [](const Phase& a, const Phase& b) { return a.from_s < b.from_s; });
  Commit();
  return true;
}

}  // namespace

bool PlanGuest(Host& host, int identity, const CrowdBody& body, float enter_s, int companion,
               Random random) {
  constexpr int kAttempts = 6;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Script script(host, body, identity, Random(random.Fork()));
    if (script.Guest(enter_s, companion)) {
      return true;
    }
  }
  return false;
}

}  // namespace tenjo::synth
