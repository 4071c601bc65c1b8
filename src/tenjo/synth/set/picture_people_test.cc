#include "tenjo/synth/set/picture_people.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tenjo::synth {
namespace {

constexpr int kRooms = 40;

const Assets& TheAssets() {
  static const Assets assets = LoadAssets();
  return assets;
}

//! Calls look(place, people) for many rooms with six people each.
template <typename Look>
void ForManyRooms(const Look& look) {
  std::vector<Actor> actors;
  std::vector<const Actor*> cast;
  actors.reserve(6);
  for (int i = 0; i < 6; ++i) {
    const OutfitRole role = i == 0 ? OutfitRole::kStaff : OutfitRole::kGuest;
    actors.push_back(
        DrawActor(TheAssets(), i + 1, static_cast<std::uint64_t>(i), OutfitSplit::kTrain, role));
    cast.push_back(&actors.back());
  }
  for (int room = 0; room < kRooms; ++room) {
    Random random(static_cast<std::uint64_t>(room), 77);
    const Place place = DrawPlace(*TheAssets().furniture, PlaceOptions{}, random);
    look(place, PlacePeople(place, TheAssets(), cast, random));
  }
}

TEST(PlacePeople, NobodyStandsInAnotherOrInFurniture) {
  int placed = 0;
  ForManyRooms([&](const Place& place, const std::vector<PlacedPerson>& people) {
    for (std::size_t i = 0; i < people.size(); ++i) {
      ++placed;
      const MotionState& state = people[i].state;
      const bool sits = state.activity == Activity::kSit || state.activity == Activity::kSitDown;
      EXPECT_TRUE(sits || IsFree(place, people[i].at, 0.2F));
      for (std::size_t j = 0; j < i; ++j) {
        EXPECT_GT((people[i].at - people[j].at).norm(), 0.47F);
      }
    }
  });
  EXPECT_GT(placed, 5 * kRooms);
}

TEST(PlacePeople, WalkersHaveAStepOfFreeFloorAhead) {
  int walkers = 0;
  int free = 0;
  ForManyRooms([&](const Place& place, const std::vector<PlacedPerson>& people) {
    for (const PlacedPerson& person : people) {
      if (person.state.activity != Activity::kWalk) {
        continue;
      }
      const float yaw = person.state.yaw_rad;
      ++walkers;
      free +=
          IsFree(place, person.at + 0.45F * Vec3f(std::cos(yaw), std::sin(yaw), 0), 0.2F) ? 1 : 0;
    }
  });
  EXPECT_GT(walkers, kRooms / 2);
  EXPECT_GT(free, 0.9 * walkers);
}

}  // namespace
}  // namespace tenjo::synth
