// What every tracker promises, asked of all of them.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tenjo/base/error.h"
#include "tenjo/camera/camera.h"
#include "tenjo/track/tracker.h"

namespace tenjo {
namespace {

struct SceneFrame {
  std::vector<Detection> detections;
  std::vector<Embedding> embeddings;
  std::vector<int> people;  // whom each detection shows
};

constexpr int kNumbers = 16;

Embedding LooksOf(int person) {
  std::mt19937 random(1000U + static_cast<unsigned>(person));
  std::normal_distribution<float> normal;
  Embedding looks(kNumbers);
  for (float& value : looks) {
    value = normal(random);
  }
  return looks;
}

// People who walk on their own lines through 640x480 pixels, now and then unseen.
std::vector<SceneFrame> Walk(unsigned seed, int frames, int people) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::normal_distribution<double> normal;
  struct Walker {
    Box box;
    double vx, vy;
    Embedding looks;
  };
  std::vector<Walker> walkers;
  for (int p = 0; p < people; ++p) {
    walkers.push_back(
        {{unit(random) * 580, unit(random) * 380, 40 + 20 * unit(random), 80 + 20 * unit(random)},
         2 * normal(random),
         2 * normal(random),
         LooksOf(p)});
  }
  std::vector<SceneFrame> scene(static_cast<std::size_t>(frames));
  for (SceneFrame& frame : scene) {
    for (int p = 0; p < people; ++p) {
      Walker& w = walkers[static_cast<std::size_t>(p)];
      w.vx = w.box.x < 0 ? std::abs(w.vx) : w.box.x > 590 ? -std::abs(w.vx) : w.vx;
      w.vy = w.box.y < 0 ? std::abs(w.vy) : w.box.y > 380 ? -std::abs(w.vy) : w.vy;
      w.box.x += w.vx;
      w.box.y += w.vy;
      if (unit(random) < 0.1) {
        continue;
      }
      frame.detections.push_back({.box = w.box, .score = 0.3 + 0.7 * unit(random)});
      Embedding looks = w.looks;
      for (float& value : looks) {
        value += 0.2F * static_cast<float>(normal(random));
      }
      frame.embeddings.push_back(std::move(looks));
      frame.people.push_back(p);
    }
  }
  return scene;
}

std::vector<TrackedBox> Step(Tracker& tracker, const SceneFrame& frame) {
  const Embedder embedder = [&](std::span<const int> wanted) {
    std::vector<Embedding> made;
    for (const int detection : wanted) {
      made.push_back(frame.embeddings[static_cast<std::size_t>(detection)]);
    }
    return made;
  };
  return tracker.Track({.detections = frame.detections, .embedder = &embedder});
}

std::shared_ptr<const Camera> ObliqueCamera() {
  auto camera = std::make_shared<Camera>();
  camera->lens.width = 640;
  camera->lens.height = 480;
  camera->lens.fx = camera->lens.fy = 400;
  camera->lens.cx = 320;
  camera->lens.cy = 240;
  camera->world_from_camera = LookDown(0, 0.5, 0);
  camera->centre = {0, 0, 3};
  return camera;
}

using Answer = std::tuple<std::int64_t, double, double, double, double>;

std::vector<Answer> AnswersOf(const std::vector<TrackedBox>& boxes) {
  std::vector<Answer> answers;
  for (const TrackedBox& b : boxes) {
    answers.emplace_back(b.id, b.box.x, b.box.y, b.box.w, b.box.h);
  }
  return answers;
}

//! Name of a tracker; with "/floor" on the floor, with "/remember" with a memory.
class EveryTracker : public ::testing::TestWithParam<std::string> {
 protected:
  static TrackerOptions Options() {
    const std::string name = GetParam();
    TrackerOptions options = DefaultTrackerOptions(name.substr(0, name.find('/')));
    if (name.ends_with("/floor")) {
      options.floor_camera = ObliqueCamera();
    }
    if (name.ends_with("/remember")) {
      options.remember_min = 1;
    }
    return options;
  }
  static std::unique_ptr<Tracker> Create() { return Tracker::Create(Options()); }
};

TEST_P(EveryTracker, IdsAreUniqueInAFrameAndRiseFromOne) {
  const auto tracker = Create();
  std::set<std::int64_t> seen;
  std::size_t reported = 0;
  for (const SceneFrame& frame : Walk(1, 300, 8)) {
    std::set<int> taken;
    std::int64_t last = 0;
    for (const TrackedBox& box : Step(*tracker, frame)) {
      EXPECT_GT(box.id, last);
      last = box.id;
      seen.insert(box.id);
      ASSERT_GE(box.detection, 0);
      ASSERT_LT(box.detection, static_cast<int>(frame.detections.size()));
      EXPECT_TRUE(taken.insert(box.detection).second);
      EXPECT_EQ(box.score, frame.detections[static_cast<std::size_t>(box.detection)].score);
      ++reported;
    }
  }
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(*seen.begin(), 1);
  EXPECT_EQ(*seen.rbegin(), static_cast<std::int64_t>(seen.size()));
  EXPECT_GT(reported, 300U);  // ocsort leaves out the weak half
}

TEST_P(EveryTracker, FollowsPeopleWhoKeepApart) {
  const auto tracker = Create();
  std::map<int, std::set<std::int64_t>> ids;
  for (int f = 0; f < 60; ++f) {
    SceneFrame frame;
    for (int p = 0; p < 3; ++p) {
      frame.detections.push_back({.box = {100.0 + 180 * p + f, 180, 45, 90}, .score = 0.9});
      frame.embeddings.push_back(LooksOf(p));
    }
    for (const TrackedBox& box : Step(*tracker, frame)) {
      ids[box.detection].insert(box.id);
    }
  }
  ASSERT_EQ(ids.size(), 3U);
  for (const auto& [person, numbers] : ids) {
    EXPECT_EQ(numbers.size(), 1U) << person;
  }
}

TEST_P(EveryTracker, OrderOfDetectionsChangesNothing) {
  std::mt19937 random(5);
  for (unsigned seed = 0; seed < 3; ++seed) {
    const auto straight = Create();
    const auto shuffled = Create();
    for (SceneFrame frame : Walk(seed, 120, 8)) {
      // Ties on purpose: pixels on a coarse grid, one score, a box twice with other looks.
      for (Detection& d : frame.detections) {
        d.score = 0.9;
        d.box = {std::round(d.box.x / 20) * 20, std::round(d.box.y / 20) * 20, 60, 80};
      }
      if (!frame.detections.empty()) {
        frame.detections.push_back(frame.detections.front());
        frame.embeddings.push_back(LooksOf(77));
      }
      std::vector<std::size_t> order(frame.detections.size());
      for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
      }
      std::shuffle(order.begin(), order.end(), random);
      SceneFrame other;
      for (const std::size_t i : order) {
        other.detections.push_back(frame.detections[i]);
        other.embeddings.push_back(frame.embeddings[i]);
      }
      ASSERT_EQ(AnswersOf(Step(*straight, frame)), AnswersOf(Step(*shuffled, other)));
    }
  }
}

TEST_P(EveryTracker, TwoTrackersShareNothing) {
  const auto walk_a = Walk(21, 100, 6);
  const auto walk_b = Walk(22, 100, 9);
  const auto alone = Create();
  const auto a = Create();
  const auto b = Create();
  for (std::size_t i = 0; i < walk_a.size(); ++i) {
    const auto truth = AnswersOf(Step(*alone, walk_a[i]));
    Step(*b, walk_b[i]);
    ASSERT_EQ(AnswersOf(Step(*a, walk_a[i])), truth);
  }
}

TEST_P(EveryTracker, SkipIsEmptyUpdates) {
  const auto skipped = Create();
  const auto updated = Create();
  const auto walk = Walk(3, 60, 5);
  const SceneFrame none;
  std::size_t at = 0;
  for (const int gap : {0, 1, 4, 40, 2}) {
    for (int i = 0; i < 12; ++i, ++at) {
      ASSERT_EQ(AnswersOf(Step(*skipped, walk[at])), AnswersOf(Step(*updated, walk[at])));
    }
    skipped->Skip(gap);
    for (int i = 0; i < gap; ++i) {
      EXPECT_TRUE(Step(*updated, none).empty());
    }
  }
  skipped->Skip(1'000'000'000);
}

TEST_P(EveryTracker, StrangeInputDoesNoHarm) {
  const auto tracker = Create();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937 random(9);
  std::uniform_real_distribution<double> unit(0, 1);
  double time = 100;
  for (int f = 0; f < 60; ++f) {
    SceneFrame frame;
    // Hundreds of boxes, many the same, some impossible.
    const int count = f % 20 == 10 ? 300 : 12;
    for (int i = 0; i < count; ++i) {
      const Box box =
          i % 3 == 0 ? Box{200, 200, 50, 90} : Box{600 * unit(random), 400 * unit(random), 50, 90};
      frame.detections.push_back({.box = box, .score = unit(random)});
      frame.embeddings.push_back(i % 5 == 0 ? Embedding(kNumbers, std::nanf("")) : LooksOf(i % 7));
    }
    frame.detections[0].box.w = nan;
    frame.detections[1].score = std::numeric_limits<double>::infinity();
    frame.embeddings[2].clear();
    const Embedder embedder = [&](std::span<const int> wanted) {
      std::vector<Embedding> made;
      for (const int detection : wanted) {
        made.push_back(frame.embeddings[static_cast<std::size_t>(detection)]);
      }
      return made;
    };
    // Time that runs, stands, goes back and jumps.
    time += f % 7 == 3 ? -50 : f % 11 == 5 ? 1e6 : f % 5 == 0 ? 0 : 0.1;
    std::set<std::int64_t> ids;
    for (const TrackedBox& box : tracker->Track({.detections = frame.detections,
                                 .time_s = f % 13 == 7 ? nan : time,
                                 .embedder = &embedder})) {
      EXPECT_TRUE(ids.insert(box.id).second);
      EXPECT_TRUE(std::isfinite(box.box.x) && std::isfinite(box.box.h));
      EXPECT_NE(box.detection, 0);
      EXPECT_NE(box.detection, 1);
    }
  }
}

TEST_P(EveryTracker, EmbeddingsOfOtherLengthsAreRefused) {
  if (!NeedsEmbedder(Options())) {
    return;
  }
  const auto tracker = Create();
  EXPECT_THROW(tracker->Update(std::vector<Detection>{{.box = {0, 0, 10, 10}}}), Error);
  SceneFrame frame;
  for (int i = 0; i < 6; ++i) {
    frame.detections.push_back({.box = {100, 100, 40, 80}, .score = 0.9});
    frame.embeddings.push_back(Embedding(static_cast<std::size_t>(8 + i), 1.0F));
  }
  EXPECT_THROW(
      {
        for (int i = 0; i < 10; ++i) {
          Step(*tracker, frame);
        }
      },
      Error);
}

// The long version of this, 100,000 frames, is `--gtest_also_run_disabled_tests`.
void MemoryIsFlat(Tracker& tracker, int rounds) {
  const auto walk = Walk(31, 500, 8);
  const auto play = [&](int times) {
    for (int round = 0; round < times; ++round) {
      for (const SceneFrame& frame : walk) {
        Step(tracker, frame);
      }
    }
  };
  play(rounds / 2);
  tracker.TakeCorrections();
  const std::size_t before = mallinfo2().uordblks;
  play(rounds - rounds / 2);
  tracker.TakeCorrections();
  EXPECT_LT(mallinfo2().uordblks, before + 512 * 1024);
}

TEST_P(EveryTracker, MemoryIsFlat) { MemoryIsFlat(*Create(), 10); }
TEST_P(EveryTracker, DISABLED_MemoryIsFlatOver100kFrames) { MemoryIsFlat(*Create(), 200); }

INSTANTIATE_TEST_SUITE_P(
    All, EveryTracker,
    ::testing::Values("sort", "bytetrack", "ocsort", "deepsort", "appearance", "sort+appearance",
                      "sort/floor", "bytetrack/floor", "ocsort/floor", "deepsort/floor",
                      "appearance/floor", "sort+appearance/floor", "sort/remember",
                      "deepsort/remember", "appearance/remember", "sort+appearance/remember"),
    [](const auto& of) {
      std::string name = of.param;
      std::replace_if(
          name.begin(), name.end(), [](char c) { return c == '+' || c == '/'; }, '_');
      return name;
    });

SceneFrame OfPeople(const std::vector<std::pair<int, Box>>& people) {
  SceneFrame frame;
  for (const auto& [person, box] : people) {
    frame.detections.push_back({.box = box, .score = 0.9});
    frame.embeddings.push_back(LooksOf(person));
  }
  return frame;
}

TEST(Remembering, WhoComesBackGetsTheOldIdAndNobodyElse) {
  for (const char* name : {"sort", "deepsort", "sort+appearance", "appearance"}) {
    TrackerOptions options = DefaultTrackerOptions(name);
    options.remember_min = 2;
    options.fps = 10;
    options.max_age = 5;
    const auto tracker = Tracker::Create(options);
    const auto play = [&](const SceneFrame& frame, int frames) {
      std::vector<TrackedBox> last;
      for (int f = 0; f < frames; ++f) {
        last = Step(*tracker, frame);
      }
      return last;
    };
    const Box door{50, 100, 40, 80};
    const Box table{400, 200, 40, 80};
    EXPECT_EQ(play(OfPeople({{1, door}}), 20)[0].id, 1) << name;
    play({}, 100);
    EXPECT_EQ(play(OfPeople({{2, door}}), 20)[0].id, 2) << name;
    play({}, 100);
    // The first one again, at another place, and somebody new who looks the same at the same time.
    const auto both = play(OfPeople({{1, table}, {1, door}}), 20);
    ASSERT_EQ(both.size(), 2U) << name;
    EXPECT_EQ(both[0].id, 1) << name;
    EXPECT_EQ(both[1].id, 3) << name;
    // After longer than is remembered everybody is new.
    tracker->Skip(10 * 60 * 3);
    EXPECT_EQ(play(OfPeople({{2, door}}), 20)[0].id, 4) << name;
  }
}

TEST(AppearanceTracker, SwappedIdsAreCorrected) {
  // Two people who look alike while they overlap, and come apart the other way round.
  const auto tracker = Tracker::Create(DefaultTrackerOptions("appearance"));
  std::vector<Correction> corrections;
  std::map<int, std::int64_t> last;
  for (int f = 0; f < 80; ++f) {
    const bool mixed = f >= 30 && f < 40;
    const double x = f < 30 ? 10.0 * f : mixed ? 300 : 300 - 10.0 * (f - 40);
    const double y = 640 - x;
    SceneFrame frame = OfPeople({{1, {x, 100, 60, 120}}, {2, {y, 100, 60, 120}}});
    if (mixed) {
      frame.embeddings[0] = frame.embeddings[1] = LooksOf(3);
    }
    last.clear();
    for (const TrackedBox& box : Step(*tracker, frame)) {
      last[box.detection] = box.id;
    }
    for (const Correction& c : tracker->TakeCorrections()) {
      corrections.push_back(c);
      EXPECT_LE(c.first_frame, c.last_frame);
      EXPECT_EQ(c.last_frame, f);
    }
  }
  // Whatever happened in between, looks decide in the end.
  ASSERT_EQ(last.size(), 2U);
  EXPECT_NE(last[0], last[1]);
}

TEST(SortAppearance, AsksForFewEmbeddings) {
  const auto walk = Walk(5, 600, 6);
  const auto lazy = Tracker::Create(DefaultTrackerOptions("sort+appearance"));
  const auto all = Tracker::Create(DefaultTrackerOptions("deepsort"));
  for (const SceneFrame& frame : walk) {
    Step(*lazy, frame);
    Step(*all, frame);
  }
  EXPECT_GT(lazy->num_embeddings(), 0);
  EXPECT_LT(lazy->num_embeddings(), all->num_embeddings() / 2);
}

// Where somebody was lost, a bag that is a bit like a person is no reason to look at it for ever; a
// sure detection is looked at, and brings the person back.
TEST(SortAppearance, WeakDetectionsAreNotLookedAt) {
  TrackerOptions options = DefaultTrackerOptions("sort+appearance");
  options.new_thresh = 0.5;
  const auto tracker = Tracker::Create(options);
  const Embedder same = [](std::span<const int> wanted) {
    return std::vector<Embedding>(wanted.size(), Embedding{1, 0});
  };
  const auto see = [&](double x, double score) {
    const std::vector<Detection> people = {{.box = {x, 100, 40, 80}, .score = score}};
    return tracker->Track({.detections = people, .embedder = &same});
  };
  std::int64_t id = 0;
  for (int f = 0; f < 10; ++f) {
    id = see(100, 0.9).at(0).id;
  }
  for (int f = 0; f < 5; ++f) {
    tracker->Track({.detections = {}, .embedder = &same});
  }
  const std::int64_t looked = tracker->num_embeddings();
  for (int f = 0; f < 20; ++f) {
    EXPECT_TRUE(see(130, 0.4).empty());
  }
  EXPECT_EQ(tracker->num_embeddings(), looked);
  EXPECT_EQ(see(130, 0.6).at(0).id, id);
  EXPECT_EQ(tracker->num_embeddings(), looked + 1);
}

TrackerOptions SortOnTheFloor() {
  TrackerOptions options = DefaultTrackerOptions("sort");
  options.floor_camera = ObliqueCamera();
  options.max_age = 30;
  options.min_hits = 0;
  options.fps = 10;
  return options;
}

TEST(FloorAssociation, NobodyOutrunsTheSpeedLimit) {
  TrackerOptions options = SortOnTheFloor();
  options.iou_threshold = 0.01;
  const auto tracker = Tracker::Create(options);
  const auto at = [&](double x) {
    return std::vector<Detection>{{.box = {x, 200, 60, 120}, .score = 0.9}};
  };
  std::int64_t first = 0;
  for (int f = 0; f < 10; ++f) {
    first = tracker->Update(at(100))[0].id;
  }
  // Across the picture within one frame: somebody else.
  EXPECT_NE(tracker->Update(at(450))[0].id, first);
}

// Weak detections go on with a track and do not begin one.
TEST(NewTracks, BeginWithASureDetection) {
  for (const std::string tracker : {"sort", "deepsort", "appearance", "sort+appearance"}) {
    TrackerOptions options = DefaultTrackerOptions(tracker);
    options.new_thresh = 0.5;
    options.min_hits = 1;
    options.n_init = 1;
    const auto tracked = Tracker::Create(options);
    const Embedder same = [](std::span<const int> wanted) {
      return std::vector<Embedding>(wanted.size(), Embedding{1, 0});
    };
    const auto ids = [&](double score) {
      const std::vector<Detection> people = {{.box = {100, 100, 40, 80}, .score = score}};
      return tracked->Track({.detections = people, .embedder = &same}).size();
    };
    for (int f = 0; f < 5; ++f) {
      EXPECT_EQ(ids(0.4), 0U) << tracker;
    }
    ids(0.6);
    ids(0.6);
    EXPECT_EQ(ids(0.6), 1U) << tracker;
    EXPECT_EQ(ids(0.4), 1U) << tracker;
  }
}

// A person and half of one that is found as another stand as good as in one place, and by place
// alone each is the other's nearest in every second frame. Their boxes say who is who.
TEST(FloorAssociation, BoxesOfOneSizeBelongTogether) {
  const auto tracker = Tracker::Create(SortOnTheFloor());
  std::map<double, std::set<std::int64_t>> ids;  // by width
  for (int f = 0; f < 20; ++f) {
    const double aside = f % 2 == 0 ? 12 : -12;
    const std::vector<Detection> people = {{.box = {200 + aside, 200, 60, 120}, .score = 0.9},
                                           {.box = {215 - aside, 230, 30, 60}, .score = 0.9}};
    for (const TrackedBox& track : tracker->Update(people)) {
      ids[people[static_cast<std::size_t>(track.detection)].box.w].insert(track.id);
    }
  }
  EXPECT_EQ(ids[60].size(), 1U);
  EXPECT_EQ(ids[30].size(), 1U);
  EXPECT_NE(ids[60], ids[30]);
}

}  // namespace
}  // namespace tenjo
