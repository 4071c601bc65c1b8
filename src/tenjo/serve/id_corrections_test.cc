#include "tenjo/serve/id_corrections.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <numbers>

namespace tenjo {
namespace {

constexpr int kFirst = 1;
constexpr int kSecond = 2;

//! Looks that differ by an angle.
Embedding LooksAt(double degrees) {
  const double radians = degrees * std::numbers::pi / 180;
  return {static_cast<float>(std::cos(radians)), static_cast<float>(std::sin(radians))};
}

Place Till() {
  Place zone{.name = "till", .points = {{-500, 0}, {345, 0}, {345, 300}, {-500, 300}}};
  zone.point = BodyPoint::kMiddle;
  zone.settle_s = 0.2;
  zone.margin = 5;
  zone.dwell_every_s = 1;
  return zone;
}

//! One person stands at the till and another comes up. While they are together both look alike, and
//! it is the first who walks off: by where they are a tracker takes it for the second. Looks become
//! clear again little by little, and it finds out.
class TwoAtTheTill {
 public:
  TwoAtTheTill() : tracker_(Tracker::Create(DefaultTrackerOptions("appearance"))) {}

  void Play() {
    for (int f = 0; f < 80; ++f) {
      const double comes = std::max(40.0, 340 - 10.0 * f);
      const double goes = std::max(0.0, 15.0 * (f - 36));
      const double clear = f < 30 ? 30 : std::clamp(5.0 * (f - 40), 0.0, 30.0);
      const SeenPerson first{kFirst, f < 35 ? 300 : 340 + goes, 30 - clear};
      const SeenPerson second{kSecond, f < 35 ? 300 + comes : 300 - goes, 30 + clear};
      See(f, f < 35 ? std::array{first, second} : std::array{second, first});
    }
    Keep(analyzer.Finish());
  }

  std::vector<Event> Of(EventType type) const {
    std::vector<Event> some;
    std::copy_if(events.begin(), events.end(), std::back_inserter(some),
                 [&](const Event& e) { return e.type == type; });
    return some;
  }

  Analyzer analyzer{{.camera = "door"}, {Till()}};
  std::vector<Event> events;
  std::vector<Correction> corrections;
  std::map<int, std::int64_t> id_of;  // of a person in the last frame
  std::vector<std::int64_t> inside;   // in the last frame

 private:
  struct SeenPerson {
    int who = 0;
    double x = 0;
    double looks = 0;
  };

  //! From the left to the right.
  void See(int f, const std::array<SeenPerson, 2>& seen) {
    std::vector<Detection> detections;
    for (const SeenPerson& person : seen) {
      detections.push_back({.box = {person.x, 100, 60, 120}, .score = 0.9});
    }
    const Embedder embedder = [&](std::span<const int> wanted) {
      std::vector<Embedding> looks;
      for (const int detection : wanted) {
        looks.push_back(LooksAt(seen[static_cast<std::size_t>(detection)].looks));
      }
      return looks;
    };
    std::vector<Person> people;
    id_of.clear();
    for (const TrackedBox& track :
         tracker_->Track({.detections = detections, .time_s = f / 10.0, .embedder = &embedder})) {
      const auto detection = static_cast<std::size_t>(track.detection);
      Person person;
      person.id = track.id;
      person.box = detections[detection].box;
      people.push_back(person);
      id_of[seen[detection].who] = track.id;
    }
    const std::vector<Correction> found = tracker_->TakeCorrections();
    corrections.insert(corrections.end(), found.begin(), found.end());
    const std::vector<IdCorrection> told = IdCorrectionsOf(found);
    Keep(analyzer.Update({.number = f,
                          .time_s = f / 10.0,
                          .utc_s = 1.7e9 + f / 10.0,
                          .people = people,
                          .corrections = told}));
    inside = analyzer.Now()[0].inside;
  }
  void Keep(const std::vector<Event>& some) {
    events.insert(events.end(), some.begin(), some.end());
  }

  std::unique_ptr<Tracker> tracker_;
};

TEST(IdCorrections, ASwapReachesEventsAndVisits) {
  TwoAtTheTill scene;
  scene.Play();
  ASSERT_EQ(scene.corrections.size(), 1U);
  const Correction& swap = scene.corrections[0];
  ASSERT_EQ(swap.kind, Correction::Kind::kSwap);
  // Both of them hear of it.
  const auto told = scene.Of(EventType::kIdCorrected);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(std::pair(told[0].track, *told[0].other_track), std::pair(swap.id, swap.other_id));
  EXPECT_EQ(std::pair(told[1].track, *told[1].other_track), std::pair(swap.other_id, swap.id));
  // In the end it is the second who is known to be there, by the id that they came with.
  ASSERT_EQ(scene.id_of.size(), 2U);
  EXPECT_EQ(scene.Of(EventType::kEntered).front().track, scene.id_of[kFirst]);
  EXPECT_EQ(scene.inside, std::vector<std::int64_t>{scene.id_of[kSecond]});
  EXPECT_EQ(scene.Of(EventType::kLeft).back().track, scene.id_of[kSecond]);
  // Whatever the places told meanwhile, visits begin and end in pairs.
  EXPECT_EQ(scene.Of(EventType::kEntered).size(), scene.Of(EventType::kLeft).size());
  for (const Event& event : scene.Of(EventType::kDwelt)) {
    EXPECT_LE(*event.seconds, event.time_s + 1e-9);
  }
}

TEST(IdCorrections, AMergeIsOneWay) {
  const std::vector<Correction> merge = {{.kind = Correction::Kind::kMerge,
                                          .id = 3,
                                          .other_id = 9,
                                          .first_frame = 1,
                                          .last_frame = 5}};
  const auto told = IdCorrectionsOf(merge);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].from, 9);
  EXPECT_EQ(told[0].to, 3);
  EXPECT_FALSE(told[0].swap);
}

}  // namespace
}  // namespace tenjo
