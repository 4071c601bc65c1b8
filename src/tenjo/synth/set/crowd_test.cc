#include "tenjo/synth/set/crowd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "tenjo/base/error.h"
#include "tenjo/testing/paths.h"

namespace tenjo::synth {
namespace {

const BodyAsset& Bodies() {
  static const auto asset = BodyAsset::Load(testing::SourceDir() / "assets" / "body.bin");
  return *asset;
}

const FurnitureAsset& Furniture() {
  static const auto asset = FurnitureAsset::Load(testing::SourceDir() / "assets" / "furniture.bin");
  return *asset;
}

//! A crowd with all that it hangs on.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed, CrowdOptions options = {}, bool cafe = true) {
    Random random(seed, 77);
    PlaceOptions place_options;
    place_options.cafe = cafe;
    place = std::make_unique<Place>(DrawPlace(Furniture(), place_options, random));
    options.seed = seed;
    crowd = std::make_unique<Crowd>(Bodies(), *place, options, [&](int identity, OutfitRole) {
      Random own(static_cast<std::uint64_t>(identity), seed);
      const BodyShape shape = DrawBodyShape(Bodies(), own);
      rests.push_back(ShapeBody(Bodies(), shape));
      CrowdBody body{&rests.back(), DrawMotionStyle(shape, own), shape.child};
      by_identity[identity] = &rests.back();
      return body;
    });
  }

  Vec3f Point(const CrowdMoment& moment, const std::string& name) const {
    const RestBody& rest = *by_identity.at(moment.identity);
    const auto bones = BoneTransforms(Bodies(), rest, moment.pose);
    const auto i = static_cast<std::size_t>(Bodies().point(name));
    return bones[static_cast<std::size_t>(Bodies().point_bones[i])] * rest.points[i];
  }
  std::vector<Vec3f> Keypoints(const CrowdMoment& moment) const {
    const RestBody& rest = *by_identity.at(moment.identity);
    const auto bones = BoneTransforms(Bodies(), rest, moment.pose);
    std::vector<Vec3f> points;
    for (std::size_t i = 0; i < kNumBodyPoints; ++i) {
      points.push_back(bones[static_cast<std::size_t>(Bodies().point_bones[i])] * rest.points[i]);
    }
    return points;
  }

  std::unique_ptr<Place> place;
  std::deque<RestBody> rests;
  std::map<int, const RestBody*> by_identity;
  std::unique_ptr<Crowd> crowd;
};

CrowdOptions Busy() {
  CrowdOptions options;
  options.seconds = 30;
  options.min_people = 5;
  options.max_people = 9;
  options.busy = 1.5F;
  return options;
}

constexpr std::uint64_t kSeeds = 6;

//! Some crowds that many tests look at.
const Simulation& Shared(std::uint64_t seed) {
  static std::map<std::uint64_t, std::unique_ptr<Simulation>> crowds;
  auto& crowd = crowds[seed];
  if (!crowd) {
    crowd = std::make_unique<Simulation>(seed, Busy(), seed % 4 != 3);
  }
  return *crowd;
}

TEST(Crowd, BodiesNeverOverlapNorWalkThroughFurniture) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Simulation& sim = Shared(seed);
    for (float t = 0; t < 30; t += 0.15F) {
      const auto moments = sim.crowd->At(t);
      for (std::size_t i = 0; i < moments.size(); ++i) {
        const Vec3f& at = moments[i].floor;
        for (std::size_t k = 0; k < i; ++k) {
          EXPECT_GT((at - moments[k].floor).norm(), 0.35F)
              << seed << " at " << t << ": " << moments[i].track << ", " << moments[k].track;
        }
        const Rect& room = sim.place->room;
        const bool inside = at.x() > room.x0 + 0.45F && at.x() < room.x1 - 0.45F &&
                            at.y() > room.y0 + 0.45F && at.y() < room.y1 - 0.45F;
        const auto seating = [&](const CrowdEvent& e) {
          return e.kind == CrowdEventKind::kSit && e.track == moments[i].track &&
                 t > e.start_s - 0.7F && t < e.end_s + 0.7F;
        };
        const auto& events = sim.crowd->events();
        if (inside && std::none_of(events.begin(), events.end(), seating)) {
          EXPECT_TRUE(IsFree(*sim.place, at, 0.13F))
              << seed << " at " << t << ": " << at.transpose();
        }
      }
    }
  }
}

// Feet swing at three to four times the pace of a walk.
constexpr std::array<float, kNumBodyPoints> kFastest = {3, 3, 3, 3, 3, 3, 3,    4,    4,
                                                        5, 5, 3, 3, 4, 4, 6.5F, 6.5F, 3};

TEST(Crowd, NobodyIsTeleportedNorSpun) {
  constexpr float kStep = 1.0F / 30;
  for (std::uint64_t seed = 0; seed < kSeeds; seed += 2) {
    const Simulation& sim = Shared(seed);
    std::map<int, std::vector<Vec3f>> before;
    std::map<int, CrowdMoment> last;
    for (float t = 0; t < 20; t += kStep) {
      std::map<int, std::vector<Vec3f>> now;
      for (const CrowdMoment& moment : sim.crowd->At(t)) {
        now[moment.track] = sim.Keypoints(moment);
        if (const auto found = last.find(moment.track); found != last.end()) {
          const float speed = (moment.floor - found->second.floor).norm() / kStep;
          EXPECT_LT(speed, 1.85F) << seed << " at " << t;
          const float turn =
              std::abs(std::remainder(moment.yaw_rad - found->second.yaw_rad, 6.2831853F));
          EXPECT_LT(turn / kStep, 2.6F) << seed << " at " << t;
          for (std::size_t k = 0; k < kNumBodyPoints; ++k) {
            const float fast = (now[moment.track][k] - before[moment.track][k]).norm() / kStep;
            EXPECT_LT(fast, kFastest[k])
                << seed << " at " << t << " track " << moment.track << " point " << k;
          }
        }
        last[moment.track] = moment;
      }
      before = std::move(now);
    }
  }
}

TEST(Crowd, WhoComesGoesOrStays) {
  int returned = 0;
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    CrowdOptions options = Busy();
    options.seconds = 60;
    const Simulation sim(seed, options);
    std::map<int, float> left;
    std::set<int> numbers;
    for (const CrowdTrack& track : sim.crowd->tracks()) {
      EXPECT_TRUE(numbers.insert(track.track).second);
      EXPECT_LT(track.enter_s, track.leave_s);
      EXPECT_TRUE(track.leave_s > 0 && track.enter_s < 60);
      EXPECT_EQ(track.staff, track.enter_door < 0);
      EXPECT_EQ(track.staff, track.leave_door < 0);
      if (const auto found = left.find(track.identity); found != left.end()) {
        EXPECT_GT(track.enter_s, found->second) << "an identity is in two places";
        ++returned;
      }
      left[track.identity] = track.leave_s;
    }
    for (float t = 0; t < 60; t += 1) {
      std::set<int> there;
      for (const CrowdMoment& moment : sim.crowd->At(t)) {
        there.insert(moment.track);
      }
      EXPECT_LE(there.size(), 9U);
      for (const CrowdTrack& track : sim.crowd->tracks()) {
        EXPECT_EQ(there.count(track.track) == 1, track.enter_s <= t && t < track.leave_s);
      }
    }
  }
  EXPECT_GT(returned, 0);
}

TEST(Crowd, HandsAreWhereEventsSay) {
  std::map<CrowdEventKind, int> seen;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Simulation& sim = Shared(seed);
    for (const CrowdEvent& event : sim.crowd->events()) {
      ++seen[event.kind];
      EXPECT_LT(event.start_s, event.middle_s);
      EXPECT_LT(event.middle_s, event.end_s);
      const auto track = static_cast<std::size_t>(event.track - 1);
      EXPECT_EQ(sim.crowd->tracks()[track].identity, event.identity);
      EXPECT_GE(event.start_s, sim.crowd->tracks()[track].enter_s);
      EXPECT_LE(event.end_s, sim.crowd->tracks()[track].leave_s);
      if (event.hand < 0) {
        continue;
      }
      for (const CrowdMoment& moment : sim.crowd->At(event.middle_s)) {
        if (moment.track != event.track) {
          continue;
        }
        const Vec3f palm =
            event.hand == 2
                ? Vec3f((sim.Point(moment, "left_palm") + sim.Point(moment, "right_palm")) / 2)
                : sim.Point(moment, event.hand == 0 ? "left_palm" : "right_palm");
        EXPECT_LT((palm - event.place).norm(), 0.10F) << seed << " " << Name(event.kind) << " at "
                                                      << event.middle_s << " hand " << event.hand;
      }
      if (event.shelf >= 0) {
        const auto& shelves = sim.place->shelves;
        EXPECT_TRUE(std::any_of(shelves.begin(), shelves.end(), [&](const ShelfFront& s) {
          return s.id == event.shelf &&
                 std::find(s.goods.begin(), s.goods.end(), event.place) != s.goods.end();
        }));
      }
    }
  }
  for (const CrowdEventKind kind :
       {CrowdEventKind::kReach, CrowdEventKind::kTake, CrowdEventKind::kPutBack,
        CrowdEventKind::kPay, CrowdEventKind::kSit, CrowdEventKind::kTalk}) {
    EXPECT_GT(seen[kind], 0) << Name(kind);
  }
}

TEST(Crowd, ThingsAreTakenOnceAndPutBackWhereTheyWere) {
  int taken = 0;
  int returned = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Simulation& sim = Shared(seed);
    const auto& goods = sim.crowd->goods();
    for (std::size_t i = 0; i < goods.size(); ++i) {
      const CrowdGoods& thing = goods[i];
      ASSERT_LT(thing.shelf, sim.place->shelves.size());
      const ShelfFront& shelf = sim.place->shelves[thing.shelf];
      ASSERT_LT(thing.goods, shelf.goods.size());
      EXPECT_LT(thing.from_s, thing.to_s);
      for (std::size_t k = 0; k < i; ++k) {
        const bool same = goods[k].shelf == thing.shelf && goods[k].goods == thing.goods;
        EXPECT_FALSE(same && goods[k].from_s < thing.to_s && thing.from_s < goods[k].to_s) << seed;
      }
      // The events say the same.
      const auto event_at = [&](CrowdEventKind kind, float time_s) {
        const auto& events = sim.crowd->events();
        return std::any_of(events.begin(), events.end(), [&](const CrowdEvent& e) {
          return e.kind == kind && e.track == thing.track && e.shelf == shelf.id &&
                 e.goods == static_cast<int>(thing.goods) && e.hand == thing.hand &&
                 e.middle_s == time_s;
        });
      };
      if (thing.track > 0 && thing.from_s > 2 && thing.from_s < 28) {
        EXPECT_TRUE(event_at(CrowdEventKind::kTake, thing.from_s)) << seed;
        ++taken;
        if (thing.to_s < 28) {
          EXPECT_TRUE(event_at(CrowdEventKind::kPutBack, thing.to_s)) << seed;
          ++returned;
        }
        for (const CrowdMoment& moment : sim.crowd->At(thing.from_s + 0.01F)) {
          if (moment.track == thing.track) {
            EXPECT_EQ(thing.hand == 0 ? moment.left : moment.right, HeldThing::kPackage);
          }
        }
      }
    }
  }
  EXPECT_GT(taken, 3);
  EXPECT_GT(returned, 0);
}

TEST(Crowd, StaffWalkSometimes) {
  int walked = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    const Simulation& sim = Shared(seed);
    for (const CrowdTrack& track : sim.crowd->tracks()) {
      std::optional<Vec3f> first;
      float far = 0;
      for (float t = 0; t < 30 && track.staff; t += 0.5F) {
        for (const CrowdMoment& moment : sim.crowd->At(t)) {
          if (moment.track == track.track) {
            first = first.value_or(moment.floor);
            far = std::max(far, (moment.floor - *first).norm());
          }
        }
      }
      walked += far > 0.7F ? 1 : 0;
    }
  }
  EXPECT_GT(walked, 1);
}

TEST(Crowd, TheSameSeedIsTheSameCrowd) {
  const Simulation& a = Shared(5);
  const Simulation b(5, Busy());
  ASSERT_EQ(a.crowd->tracks().size(), b.crowd->tracks().size());
  ASSERT_EQ(a.crowd->events().size(), b.crowd->events().size());
  for (float t = 0; t < 30; t += 3) {
    const auto x = a.crowd->At(t);
    const auto y = b.crowd->At(t);
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(a.Keypoints(x[i]), b.Keypoints(y[i]));
    }
  }
}

TEST(Crowd, KeepsToTheNumberOfPeople) {
  CrowdOptions nobody;
  nobody.min_people = nobody.max_people = 0;
  const Simulation empty(1, nobody);
  EXPECT_TRUE(empty.crowd->tracks().empty());
  CrowdOptions one;
  one.min_people = one.max_people = 1;
  const Simulation single(2, one);
  for (float t = 0; t < 30; t += 0.5F) {
    EXPECT_LE(single.crowd->At(t).size(), 1U);
  }
  const Simulation& busy = Shared(2);
  int sum = 0;
  for (float t = 0; t < 30; t += 1) {
    sum += static_cast<int>(busy.crowd->At(t).size());
  }
  EXPECT_GT(sum, 30 * 4);
}

TEST(Crowd, RefusesImpossibleOptions) {
  const auto refused = [](auto change) {
    CrowdOptions options;
    change(options);
    EXPECT_THROW(Simulation(1, options), Error);
  };
  refused([](CrowdOptions& o) { o.seconds = 0; });
  refused([](CrowdOptions& o) { o.seconds = std::nanf(""); });
  refused([](CrowdOptions& o) { o.min_people = -1; });
  refused([](CrowdOptions& o) { o.max_people = 1000; });
  refused([](CrowdOptions& o) { o.min_people = 9, o.max_people = 8; });
  refused([](CrowdOptions& o) { o.busy = 0; });
}

}  // namespace
}  // namespace tenjo::synth
