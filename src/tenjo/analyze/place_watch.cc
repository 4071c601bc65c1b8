#include "tenjo/analyze/place_watch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// Farthest that a hand is from above the feet, leaning over.
constexpr double kReach_m = 1.2;

Hysteresis::Limits LimitsOf(const Place& place) {
  // A narrow place must still be reachable.
  const double most_in = InnerRadius(place.points) / 2;
  return {place.settle_s, std::min(place.margin, most_in), place.margin};
}

//! Ends what was last seen more than `lost_s` ago: `vanish` hears its key and its state first.
template <typename Key, typename State, typename Vanish>
void ForgetUnseen(std::map<Key, State>& states, const Moment& now, double lost_s,
                  const Vanish& vanish) {
  std::erase_if(states, [&](const auto& entry) {
    if (now.time_s - entry.second.seen.time_s <= lost_s) {
      return false;
    }
    vanish(entry.first, entry.second);
    return true;
  });
}

class ZoneWatch : public PlaceWatch {
 public:
  ZoneWatch(const Place& place, double lost_s)
      : PlaceWatch(place), lost_s_(lost_s), limits_(LimitsOf(place)) {}

  void SetPlace(const Place& place) override {
    place_ = place;
    limits_ = LimitsOf(place);
  }

  void See(const Moment& now, const Person& person, const Camera* camera,
           std::vector<Event>& events) override {
    const auto at = Locate(person, place_.point, camera);
    if (!at) {
      return;
    }
    Stay& stay = stays_[*person.id];
    stay.seen = now;
    stay.at = *at;
    const auto change = stay.state.Update(now, SignedDistance(place_.points, *at), limits_);
    if (change && stay.state.inside()) {
      stay.entered = *change;
      stay.ticks = 0;
      Event event = Make(EventType::kEntered, *change, *person.id);
      event.at = *at;
      events.push_back(std::move(event));
    }
    if (change && !stay.state.inside()) {
      Leave(*person.id, stay, *change, "walked", events);
    } else if (stay.state.inside()) {
      Dwell(*person.id, stay, now, events);
    }
  }

  void Forget(const Moment& now, std::vector<Event>& events) override {
    ForgetUnseen(stays_, now, lost_s_, [&](std::int64_t track, const Stay& state) {
      Vanish(track, state, "lost", events);
    });
  }

  void Close(const char* reason, std::vector<Event>& events) override {
    for (const auto& [track, stay] : stays_) {
      Vanish(track, stay, reason, events);
    }
    stays_.clear();
  }

  void Correct(std::int64_t from, std::int64_t to) override {
    auto node = stays_.extract(from);
    if (node.empty()) {
      return;
    }
    const auto there = stays_.find(to);
    if (there == stays_.end()) {
      node.key() = to;
      stays_.insert(std::move(node));
      return;
    }
    const Stay& old = node.mapped();
    Stay& stay = there->second;
    const bool earlier = !stay.state.inside() || old.entered.time_s < stay.entered.time_s;
    if (old.state.inside() && earlier) {
      const Moment seen = std::max(stay.seen, old.seen, [](const Moment& a, const Moment& b) {
        return a.time_s < b.time_s;
      });
      stay = old;
      stay.seen = seen;
    }
  }

  std::vector<std::int64_t> Inside() const override {
    std::vector<std::int64_t> inside;
    for (const auto& [track, stay] : stays_) {
      if (stay.state.inside()) {
        inside.push_back(track);
      }
    }
    return inside;
  }

 private:
  struct Tick {
    Moment moment;
    double seconds = 0;
  };
  struct Stay {
    Hysteresis state;
    Moment seen;
    Moment entered;
    Point2 at;
    std::int64_t ticks = 0;      // due so far
    std::vector<Tick> withheld;  // due while it is open whether the person has left
  };

  void Dwell(std::int64_t track, Stay& stay, const Moment& now, std::vector<Event>& events) {
    if (place_.dwell_every_s <= 0) {
      return;
    }
    while (true) {
      const double due = place_.dwell_every_s * static_cast<double>(stay.ticks + 1);
      if (now.time_s - stay.entered.time_s < due) {
        break;
      }
      // The moment itself, which may lie between two frames.
      stay.withheld.push_back({{stay.entered.time_s + due, now.frame}, due});
      ++stay.ticks;
    }
    if (!stay.state.pending()) {
      TellTicks(track, stay, events);
    }
  }

  void TellTicks(std::int64_t track, Stay& stay, std::vector<Event>& events) {
    for (const Tick& tick : stay.withheld) {
      events.push_back(Dwelt(track, stay, tick.moment, tick.seconds, false));
    }
    stay.withheld.clear();
  }

  Event Dwelt(std::int64_t track, const Stay& stay, const Moment& when, double seconds,
              bool ended) const {
    Event event = Make(EventType::kDwelt, when, track);
    event.at = stay.at;
    event.seconds = seconds;
    event.ended = ended;
    return event;
  }

  void Leave(std::int64_t track, Stay& stay, const Moment& when, const char* reason,
             std::vector<Event>& events) {
    const double seconds = when.time_s - stay.entered.time_s;
    std::erase_if(stay.withheld, [&](const Tick& tick) { return tick.seconds > seconds; });
    TellTicks(track, stay, events);
    Event event = Make(EventType::kLeft, when, track);
    event.at = stay.at;
    event.seconds = seconds;
    event.reason = reason;
    events.push_back(std::move(event));
    if (place_.dwell_every_s > 0) {
      events.push_back(Dwelt(track, stay, when, seconds, true));
    }
  }

  void Vanish(std::int64_t track, Stay stay, const char* reason, std::vector<Event>& events) {
    if (!stay.state.inside()) {
      return;
    }
    // Who was last seen outside has walked out.
    const std::optional<Moment> walked = stay.state.pending();
    Leave(track, stay, walked ? *walked : stay.seen, walked ? "walked" : reason, events);
  }

  double lost_s_;
  Hysteresis::Limits limits_;
  std::map<std::int64_t, Stay> stays_;
};

class LineWatch : public PlaceWatch {
 public:
  LineWatch(const Place& place, double lost_s) : PlaceWatch(place), lost_s_(lost_s) {}

  void SetPlace(const Place& place) override {
    if (place.points != place_.points || place.units != place_.units) {
      walks_.clear();  // where somebody was does not tell which side of the new line that is
    }
    place_ = place;
  }

  void See(const Moment& now, const Person& person, const Camera* camera,
           std::vector<Event>& events) override {
    const auto at = Locate(person, place_.point, camera);
    if (!at) {
      return;
    }
    Walk& walk = walks_[*person.id];
    walk.seen = now;
    Step(walk, now, *at);
    constexpr double kRounding_s = 1e-9;
    if (walk.net != 0 && walk.beyond >= place_.margin &&
        now.time_s - walk.before_s >= place_.settle_s - kRounding_s) {
      Tell(*person.id, walk, events);
    }
  }

  void Forget(const Moment& now, std::vector<Event>& events) override {
    ForgetUnseen(walks_, now, lost_s_,
                 [&](std::int64_t track, const Walk& state) { Vanish(track, state, events); });
  }

  void Close(const char*, std::vector<Event>& events) override {
    for (const auto& [track, walk] : walks_) {
      Vanish(track, walk, events);
    }
    walks_.clear();
  }

  void Correct(std::int64_t from, std::int64_t to) override {
    auto node = walks_.extract(from);
    if (node.empty() || walks_.contains(to)) {
      return;
    }
    node.key() = to;
    walks_.insert(std::move(node));
  }

 private:
  struct Walk {
    Moment seen;
    std::optional<Point2> off;  // last point beside the line
    std::optional<Point2> on;   // last point on it, if that came after `off`
    int net = 0;                // crossings forward less those backward that are not told
    Moment since;               // the first of them
    double off_s = 0;           // when it was at `off`
    double before_s = 0;        // when it was last seen before `since`
    Point2 at;
    double beyond = 0;
  };

  // Points on the line belong to neither side: the pass is from the last point beside it to the
  // next one, so that it counts once wherever a frame catches the person.
  void Step(Walk& walk, const Moment& now, const Point2& p) {
    const Point2& a = place_.points[0];
    const Point2& b = place_.points[1];
    const double side = SideOf(a, b, p);
    if (side == 0) {
      walk.on = p;
      return;
    }
    const double before = walk.off ? SideOf(a, b, *walk.off) : side;
    if ((before > 0) != (side > 0)) {
      const double s = before / (before - side);
      const Point2 meets = walk.on ? *walk.on
                                   : Point2{walk.off->x + s * (p.x - walk.off->x),
                                            walk.off->y + s * (p.y - walk.off->y)};
      const double along = Along(a, b, meets);
      if (along >= 0 && along <= 1) {
        // In a picture y points down: a positive side is to the right there, on a floor to the
        // left.
        const bool to_right = (side > 0) == (place_.units == PlaceUnits::kPixels);
        if (walk.net == 0) {
          walk.since = now;
          walk.before_s = walk.off_s;
          walk.at = p;
        }
        walk.net += to_right ? 1 : -1;
        walk.beyond = 0;
      }
    }
    walk.beyond = std::max(walk.beyond, std::abs(side) / Distance(a, b));
    walk.off = p;
    walk.off_s = now.time_s;
    walk.on.reset();
  }

  void Tell(std::int64_t track, Walk& walk, std::vector<Event>& events) {
    for (int i = 0; i < std::abs(walk.net); ++i) {
      Event event = Make(EventType::kCrossed, walk.since, track);
      event.at = walk.at;
      event.direction = place_.directions[walk.net > 0 ? 0 : 1];
      events.push_back(std::move(event));
    }
    walk.net = 0;
  }

  void Vanish(std::int64_t track, Walk walk, std::vector<Event>& events) {
    // Many lines are at the picture's border: who was last seen beyond one has crossed it.
    if (walk.net != 0 && walk.beyond >= place_.margin) {
      Tell(track, walk, events);
    }
  }

  double lost_s_;
  std::map<std::int64_t, Walk> walks_;
};

class ShelfWatch : public PlaceWatch {
 public:
  ShelfWatch(const Place& place, double lost_s)
      : PlaceWatch(place), lost_s_(lost_s), limits_(LimitsOf(place)) {}

  void SetPlace(const Place& place) override {
    place_ = place;
    limits_ = LimitsOf(place);
  }

  void See(const Moment& now, const Person& person, const Camera* camera,
           std::vector<Event>& events) override {
    const bool metres = place_.units == PlaceUnits::kMetres;
    const auto feet = metres ? Locate(person, BodyPoint::kFeet, camera) : std::nullopt;
    for (const BodyPoint hand : {BodyPoint::kLeftWrist, BodyPoint::kRightWrist}) {
      const auto at = Locate(person, hand, camera);
      if (!at) {
        continue;
      }
      double distance = SignedDistance(place_.points, *at);
      if (feet) {
        distance = std::max(distance, Distance(*feet, *at) - kReach_m);
      }
      SeeHand(now, {*person.id, hand}, *at, distance, events);
    }
  }

  void Forget(const Moment& now, std::vector<Event>& events) override {
    ForgetUnseen(hands_, now, lost_s_,
                 [&](const Key& hand, const Reach& state) { Vanish(hand, state, events); });
  }

  void Close(const char*, std::vector<Event>& events) override {
    for (const auto& [key, reach] : hands_) {
      Vanish(key, reach, events);
    }
    hands_.clear();
  }

  void Correct(std::int64_t from, std::int64_t to) override {
    for (const BodyPoint hand : {BodyPoint::kLeftWrist, BodyPoint::kRightWrist}) {
      auto node = hands_.extract({from, hand});
      if (node.empty()) {
        continue;
      }
      const auto there = hands_.find({to, hand});
      if (there == hands_.end()) {
        node.key() = {to, hand};
        hands_.insert(std::move(node));
      } else if (node.mapped().state.inside() && !there->second.state.inside()) {
        there->second = node.mapped();
      }
    }
  }

  std::vector<std::int64_t> Inside() const override {
    std::vector<std::int64_t> inside;
    for (const auto& [key, reach] : hands_) {
      if (reach.state.inside() && (inside.empty() || inside.back() != key.first)) {
        inside.push_back(key.first);
      }
    }
    return inside;
  }

 private:
  using Key = std::pair<std::int64_t, BodyPoint>;
  struct Reach {
    Hysteresis state;
    Moment seen;
    Moment began;
    Point2 at;         // where the hand was deepest
    double depth = 0;  // since it was last surely outside
  };

  void SeeHand(const Moment& now, const Key& key, const Point2& at, double distance,
               std::vector<Event>& events) {
    Reach& reach = hands_[key];
    reach.seen = now;
    const bool was_inside = reach.state.inside();
    const auto change = reach.state.Update(now, distance, limits_);
    if (!was_inside && !reach.state.inside() && !reach.state.pending()) {
      reach.depth = 0;
    } else if (-distance >= reach.depth) {
      reach.depth = -distance;
      reach.at = at;
    }
    if (change && reach.state.inside()) {
      reach.began = *change;
    } else if (change) {
      Tell(key, reach, *change, events);
    }
  }

  void Tell(const Key& key, Reach& reach, const Moment& until, std::vector<Event>& events) {
    Event event = Make(EventType::kReached, reach.began, key.first);
    event.at = reach.at;
    event.seconds = until.time_s - reach.began.time_s;
    event.depth = reach.depth;
    event.hand = key.second == BodyPoint::kLeftWrist ? "left" : "right";
    events.push_back(std::move(event));
    reach.depth = 0;
  }

  void Vanish(const Key& key, Reach reach, std::vector<Event>& events) {
    if (reach.state.inside()) {
      Tell(key, reach, reach.state.pending().value_or(reach.seen), events);
    }
  }

  double lost_s_;
  Hysteresis::Limits limits_;
  std::map<Key, Reach> hands_;
};

}  // namespace

std::unique_ptr<PlaceWatch> PlaceWatch::Create(const Place& place, double lost_s) {
  Validate(place);
  switch (place.kind) {
    case PlaceKind::kZone:
      return std::make_unique<ZoneWatch>(place, lost_s);
    case PlaceKind::kLine:
      return std::make_unique<LineWatch>(place, lost_s);
    case PlaceKind::kShelf:
      return std::make_unique<ShelfWatch>(place, lost_s);
  }
  return nullptr;
}

Event PlaceWatch::Make(EventType type, const Moment& when, std::int64_t track) const {
  Event event;
  event.type = type;
  event.time_s = when.time_s;
  event.frame = when.frame;
  event.track = track;
  event.place = place_.name;
  return event;
}

std::optional<Point2> PlaceWatch::Locate(const Person& person, BodyPoint point,
                                         const Camera* camera) const {
  if (place_.units == PlaceUnits::kPixels) {
    return PixelOf(person, point);
  }
  TENJO_CHECK(camera != nullptr);
  const double wrist_m =
      place_.kind == PlaceKind::kShelf ? (place_.low_m + place_.high_m) / 2 : 1.0;
  return FloorOf(person, point, *camera, wrist_m);
}

}  // namespace tenjo
