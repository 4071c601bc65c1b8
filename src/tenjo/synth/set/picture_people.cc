#include "tenjo/synth/set/picture_people.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr int kAttempts = 60;
constexpr float kBodyM = 0.24F;  // half of the floor that a standing body takes
constexpr float kSitterM = 0.28F;
constexpr float kLowGoodsM = 0.6F;  // one bends for what lies below
// From middle to middle, where there is room: strangers keep out of each other's personal space,
// friends do not (Hall 1966, an arm's length and half of it between the bodies).
constexpr float kStrangersM = 0.75F;
constexpr float kStepM = 0.45F;  // that a walker needs free ahead

enum class Doing : std::uint8_t {
  kWalking,
  kStanding,
  kWithOthers,
  kQueueing,
  kPaying,
  kAtShelf,
  kSitting,
  kLooking,
  kBending,
  kCarrying,
};

struct Habit {
  Doing doing;
  float share;
};
constexpr std::array<Habit, 10> kHabits = {{{Doing::kWalking, 0.24F},
                                            {Doing::kStanding, 0.11F},
                                            {Doing::kWithOthers, 0.15F},
                                            {Doing::kQueueing, 0.09F},
                                            {Doing::kPaying, 0.04F},
                                            {Doing::kAtShelf, 0.14F},
                                            {Doing::kSitting, 0.10F},
                                            {Doing::kLooking, 0.05F},
                                            {Doing::kBending, 0.015F},
                                            {Doing::kCarrying, 0.05F}}};

Vec3f Ahead(float yaw) { return {std::cos(yaw), std::sin(yaw), 0}; }
float YawTo(const Vec3f& from, const Vec3f& to) {
  return std::atan2(to.y() - from.y(), to.x() - from.x());
}

class Placer {
 public:
  Placer(const Place& place, const Assets& assets, Random& random)
      : place_(place), assets_(assets), random_(random), near_m_(random.Uniform(1, 3.5F)) {}

  void Add(const Actor& actor) {
    for (int i = 0; i < kAttempts; ++i) {
      std::optional<PlacedPerson> person = i < kAttempts / 2 ? Draw(actor) : OnFreeFloor();
      if (person && Fits(*person, i)) {
        person->actor = &actor;
        Finish(*person);
        people_.push_back(*std::move(person));
        return;
      }
    }
  }

  std::vector<PlacedPerson> Take() { return std::move(people_); }

 private:
  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return random_.Pick(std::span<const T>(items));
  }

  std::optional<PlacedPerson> Draw(const Actor& actor) {
    company_ = false;
    if (actor.role == OutfitRole::kStaff && !place_.behind_counter.empty()) {
      return BehindCounter(actor);
    }
    float total = 0;
    for (const Habit& habit : kHabits) {
      total += habit.share;
    }
    float left = random_.Uniform(0, total);
    for (const Habit& habit : kHabits) {
      left -= habit.share;
      if (left < 0) {
        return Do(habit.doing, actor);
      }
    }
    return std::nullopt;
  }

  std::optional<PlacedPerson> Do(Doing doing, const Actor& actor) {
    switch (doing) {
      case Doing::kWithOthers:
        return WithOthers();
      case Doing::kQueueing:
        return InQueue();
      case Doing::kPaying:
        return AtTill();
      case Doing::kAtShelf:
        return AtShelf(actor);
      case Doing::kSitting:
        return OnSeat(actor);
      default:
        break;
    }
    auto person = OnFreeFloor();
    if (doing == Doing::kStanding) {
      StandStill(person->state, Activity::kStand);
    } else if (doing == Doing::kLooking) {
      StandStill(person->state, Activity::kLookAround);
    } else if (doing == Doing::kBending) {
      StandStill(person->state, Activity::kBend);
      person->state.blend = random_.Uniform(0.5F, 1);
    } else if (doing == Doing::kCarrying) {
      person->state.activity = Activity::kCarry;
      const HeldThing thing = random_.Chance(0.6F) ? HeldThing::kTray : HeldThing::kPackage;
      person->state.left_holds = person->state.right_holds = thing;
      if (random_.Chance(0.4F)) {
        person->state.speed_mps = 0;
      }
    }
    return person;
  }

  static void StandStill(MotionState& state, Activity activity) {
    state.activity = activity;
    state.speed_mps = 0;
  }

  //! Walking, somewhere.
  std::optional<PlacedPerson> OnFreeFloor() {
    company_ = false;
    PlacedPerson person;
    const Rect& room = place_.room;
    person.at = {random_.Uniform(room.x0 + kBodyM, room.x1 - kBodyM),
                 random_.Uniform(room.y0 + kBodyM, room.y1 - kBodyM), 0};
    MotionState& state = person.state;
    state.activity = Activity::kWalk;
    state.speed_mps = random_.Uniform(0.4F, 1.7F);
    state.distance_m = random_.Uniform(0, 4);
    state.yaw_rad = random_.Uniform(-kPi, kPi);
    if (random_.Chance(0.4F) && !place_.doors.empty()) {
      const Vec3f& door = Pick(place_.doors);
      state.yaw_rad = YawTo(person.at, door) + (random_.Chance(0.5F) ? kPi : 0.0F);
    }
    if (!assets_.captures.empty() && random_.Chance(0.6F)) {
      Capture(person);
    }
    return person;
  }

  void Capture(PlacedPerson& person) {
    MotionState& state = person.state;
    state.activity = Activity::kCapture;
    state.capture = Pick(assets_.captures);
    state.capture_s = random_.Uniform(0, state.capture->duration_s());
  }

  std::optional<PlacedPerson> WithOthers() {
    if (people_.empty()) {
      return std::nullopt;
    }
    const auto& other = Pick(people_);
    PlacedPerson person;
    // Before or beside the other, at the distance of a talk.
    const float side = other.state.yaw_rad + random_.Normal(0, 0.9F);
    const float apart = random_.Uniform(0.55F, 1.1F);
    company_ = true;
    person.at = other.at + apart * Ahead(side);
    StandStill(person.state, Activity::kStand);
    person.state.yaw_rad = YawTo(person.at, other.at) + random_.Normal(0, 0.35F);
    if (other.state.activity == Activity::kWalk) {
      // Side by side, the same way.
      const Vec3f ahead = Ahead(other.state.yaw_rad);
      const Vec3f aside(-ahead.y(), ahead.x(), 0);
      person.at = other.at + (random_.Chance(0.5F) ? 1.0F : -1.0F) * apart * aside +
                  random_.Normal(0, 0.15F) * ahead;
      person.state.activity = Activity::kWalk;
      person.state.speed_mps = other.state.speed_mps;
      person.state.distance_m = random_.Uniform(0, 4);
      person.state.yaw_rad = other.state.yaw_rad;
    } else {
      LookAt(person.state, other);
    }
    return person;
  }

  std::optional<PlacedPerson> InQueue() {
    company_ = true;
    for (std::size_t i = 0; i < place_.queue.size(); ++i) {
      PlacedPerson person;
      person.at = place_.queue[i] + Vec3f(random_.Normal(0, 0.06F), random_.Normal(0, 0.06F), 0);
      if (!Apart(person)) {
        continue;
      }
      person.state.activity = Activity::kQueue;
      const Vec3f& next = i == 0 ? place_.till : place_.queue[i - 1];
      person.state.yaw_rad = YawTo(place_.queue[i], next) + random_.Normal(0, 0.25F);
      return person;
    }
    return std::nullopt;
  }

  std::optional<PlacedPerson> AtTill() {
    if (place_.queue.empty()) {
      return std::nullopt;
    }
    PlacedPerson person;
    person.at = place_.queue.front();
    person.state.activity = Activity::kPay;
    person.state.blend = random_.Uniform(0.5F, 1);
    person.state.yaw_rad = YawTo(person.at, place_.till);
    person.state.right_target = place_.till;
    return person;
  }

  std::optional<PlacedPerson> AtShelf(const Actor& actor) {
    if (place_.shelves.empty()) {
      return std::nullopt;
    }
    const ShelfFront& shelf = Pick(place_.shelves);
    PlacedPerson person;
    const Vec3f ahead = Ahead(shelf.yaw_rad);
    person.at = shelf.stand + random_.Normal(0, 0.12F) * Vec3f(-ahead.y(), ahead.x(), 0);
    person.state.yaw_rad = shelf.yaw_rad + random_.Normal(0, 0.1F);
    std::vector<Vec3f> goods;
    for (const Vec3f& thing : shelf.goods) {
      // What sells stands where it need not be bent for, and mostly that is taken.
      if (thing.z() < 1.12F * actor.rest.height_m &&
          (thing.z() >= kLowGoodsM || random_.Chance(0.4F))) {
        goods.push_back(thing);
      }
    }
    if (goods.empty() || random_.Chance(0.25F)) {
      StandStill(person.state, Activity::kLookAround);
      return person;
    }
    const Vec3f target = Pick(goods);
    person.state.activity = target.z() < kLowGoodsM ? Activity::kBend : Activity::kReach;
    person.state.blend = random_.Chance(0.5F) ? 1.0F : random_.Uniform(0.35F, 1);
    const bool left = actor.style.left_handed != random_.Chance(0.15F);
    (left ? person.state.left_target : person.state.right_target) = target;
    if (random_.Chance(0.25F)) {  // putting back
      (left ? person.state.left_holds : person.state.right_holds) = HeldThing::kPackage;
    }
    return person;
  }

  std::optional<PlacedPerson> OnSeat(const Actor& actor) {
    if (place_.seats.empty()) {
      return std::nullopt;
    }
    company_ = true;
    const Seat& seat = Pick(place_.seats);
    PlacedPerson person;
    person.at = seat.place;
    person.radius_m = kSitterM;
    MotionState& state = person.state;
    state.yaw_rad = seat.yaw_rad;
    state.seat_height_m = seat.height_m;
    state.activity = random_.Chance(0.9F) ? Activity::kSit : Activity::kSitDown;
    state.blend = state.activity == Activity::kSit ? 1.0F : random_.Uniform(0.3F, 1);
    state.place = seat.place + SeatSetback(*assets_.body, actor.rest) * Ahead(seat.yaw_rad);
    return person;
  }

  std::optional<PlacedPerson> BehindCounter(const Actor& actor) {
    const Seat& post = Pick(place_.behind_counter);
    PlacedPerson person;
    person.at = post.place;
    StandStill(person.state, Activity::kStand);
    person.state.yaw_rad = post.yaw_rad + random_.Normal(0, 0.3F);
    if (random_.Chance(0.3F)) {
      // Hands on the counter's work.
      person.state.activity = Activity::kReach;
      person.state.right_target =
          post.place + 0.42F * Ahead(post.yaw_rad) + Vec3f(0, 0, 0.6F * actor.rest.height_m);
      person.state.blend = random_.Uniform(0.5F, 1);
    } else if (random_.Chance(0.25F)) {
      person.state.yaw_rad += kPi + random_.Normal(0, 0.4F);  // at the machines behind
    }
    return person;
  }

  bool Apart(const PlacedPerson& person, float least_m = 0) const {
    return std::all_of(people_.begin(), people_.end(), [&](const PlacedPerson& other) {
      return (other.at - person.at).norm() > std::max(least_m, other.radius_m + person.radius_m);
    });
  }

  //! With room to spare, where there is some: no strangers at the shoulder, no step into a wall.
  bool AtEase(const PlacedPerson& person) const {
    const Vec3f ahead = person.at + kStepM * Ahead(person.state.yaw_rad);
    return (company_ || Apart(person, kStrangersM)) &&
           (person.state.activity != Activity::kWalk || IsFree(place_, ahead, kBodyM - 0.02F));
  }

  bool Fits(const PlacedPerson& person, int attempt) {
    const bool sits = person.radius_m == kSitterM;
    if (!Apart(person) || (!sits && !IsFree(place_, person.at, kBodyM - 0.02F))) {
      return false;
    }
    if (attempt > kAttempts * 3 / 4) {
      return true;
    }
    if (!AtEase(person)) {
      return false;
    }
    if (people_.empty()) {
      return true;
    }
    // The farther from the others, the rarer.
    float nearest = 1e9F;
    for (const PlacedPerson& other : people_) {
      nearest = std::min(nearest, (other.at - person.at).norm());
    }
    return random_.Uniform() < std::exp(-std::max(0.0F, nearest - 1) / near_m_);
  }

  void LookAt(MotionState& state, const PlacedPerson& other) {
    state.has_look_at = true;
    state.look_at =
        other.at + Vec3f(0, 0, 0.9F * (other.actor != nullptr ? other.actor->rest.height_m : 1.7F));
  }

  //! What does not depend on what is done: time, things in hands, where the eyes are.
  void Finish(PlacedPerson& person) {
    MotionState& state = person.state;
    state.time_s = random_.Uniform(0, 60);
    if (person.radius_m != kSitterM) {
      state.place = person.at;
    }
    if (state.activity == Activity::kCapture) {
      // The capture has gone somewhere by now.
      const BodyPose pose = MakePose(*assets_.body, person.actor->rest, person.actor->style, state);
      const Vec3f ahead = Ahead(state.yaw_rad);
      const Vec3f aside(-ahead.y(), ahead.x(), 0);
      state.place = person.at - pose.root.x() * ahead - pose.root.y() * aside;
      return;
    }
    const bool staff = person.actor->role == OutfitRole::kStaff;
    HoldSomething(state.left_holds, state.left_target.has_value(), state, staff);
    HoldSomething(state.right_holds, state.right_target.has_value(), state, staff);
    if (!state.has_look_at && !people_.empty() && random_.Chance(0.2F)) {
      LookAt(state, Pick(people_));
    } else if (!state.has_look_at && random_.Chance(0.1F)) {
      // Something on a wall or up at the boards.
      state.has_look_at = true;
      state.look_at = person.at + 3 * Ahead(state.yaw_rad + random_.Normal(0, 0.6F)) +
                      Vec3f(0, 0, random_.Uniform(0.6F, 3));
    }
  }

  void HoldSomething(HeldThing& holds, bool busy, const MotionState& state, bool staff) {
    if (holds != HeldThing::kNothing || busy || state.activity == Activity::kPay ||
        state.activity == Activity::kBend || state.activity == Activity::kCarry) {
      return;
    }
    const float chance = random_.Uniform();
    if (chance < 0.08F) {
      holds = HeldThing::kCup;
    } else if (chance < 0.15F && !staff) {
      holds = HeldThing::kPhone;
    } else if (chance < 0.175F) {
      holds = HeldThing::kPackage;
    } else if (chance < 0.19F && !staff && state.activity == Activity::kWalk) {
      holds = HeldThing::kUmbrella;
    }
  }

  const Place& place_;
  const Assets& assets_;
  Random& random_;
  float near_m_;
  bool company_ = false;  // who is being placed is near others on purpose
  std::vector<PlacedPerson> people_;
};

}  // namespace

std::vector<PlacedPerson> PlacePeople(const Place& place, const Assets& assets,
                                      std::span<const Actor* const> actors, Random& random) {
  Placer placer(place, assets, random);
  for (const Actor* actor : actors) {
    placer.Add(*actor);
  }
  return placer.Take();
}

}  // namespace tenjo::synth
