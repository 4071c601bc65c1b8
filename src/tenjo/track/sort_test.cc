#include "tenjo/track/sort.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <tuple>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Detections = std::vector<Detection>;

Detection At(double x, double y = 0, double w = 40, double h = 80) { return {{x, y, w, h}, 0.9}; }

std::vector<std::int64_t> Ids(const std::vector<TrackedBox>& tracked) {
  std::vector<std::int64_t> ids;
  ids.reserve(tracked.size());
  for (const TrackedBox& box : tracked) {
    ids.push_back(box.id);
  }
  return ids;
}

// People who walk on their own lines, now and then unseen.
std::vector<Detections> RandomWalk(unsigned seed, int frames, int people) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<Box> boxes(people);
  for (Box& box : boxes) {
    box = {unit(random) * 300, unit(random) * 300, 40 + unit(random) * 60, 60 + unit(random) * 80};
  }
  std::vector<Detections> walk(frames);
  for (Detections& detections : walk) {
    for (Box& box : boxes) {
      box.x += unit(random) * 8 - 4;
      box.y += unit(random) * 8 - 4;
      if (unit(random) < 0.85) {
        detections.push_back({box, unit(random)});
      }
    }
  }
  return walk;
}

TEST(SortTest, ReportsAllInTheFirstFrames) {
  Sort sort({});
  EXPECT_EQ(Ids(sort.Update(Detections{At(0)})), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(Ids(sort.Update(Detections{At(1), At(200)})), (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(Ids(sort.Update(Detections{At(2), At(200), At(400)})),
            (std::vector<std::int64_t>{1, 2, 3}));
  // The fourth frame asks for three hits in a row after the first.
  EXPECT_EQ(Ids(sort.Update(Detections{At(3), At(200), At(400)})), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(Ids(sort.Update(Detections{At(4), At(200), At(400)})),
            (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(Ids(sort.Update(Detections{At(5), At(200), At(400)})),
            (std::vector<std::int64_t>{1, 2, 3}));
}

TEST(SortTest, LaterTracksWaitForTheirHits) {
  Sort sort({});
  sort.Skip(10);
  for (int frame = 0; frame < 3; ++frame) {
    EXPECT_TRUE(sort.Update(Detections{At(frame)}).empty()) << frame;
  }
  const std::vector<TrackedBox> tracked = sort.Update(Detections{At(3)});
  ASSERT_EQ(tracked.size(), 1U);
  EXPECT_EQ(tracked[0].id, 1);
  EXPECT_EQ(tracked[0].detection, 0);
  EXPECT_EQ(tracked[0].score, 0.9);
  EXPECT_NEAR(tracked[0].box.x, 3, 0.1);
}

TEST(SortTest, AMissBreaksTheStreakAndKeepsTheId) {
  Sort sort({});
  for (int frame = 0; frame < 8; ++frame) {
    sort.Update(Detections{At(frame)});
  }
  EXPECT_TRUE(sort.Update({}).empty());
  EXPECT_EQ(sort.num_tracks(), 1U);
  for (int frame = 9; frame < 11; ++frame) {
    EXPECT_TRUE(sort.Update(Detections{At(frame)}).empty()) << frame;
  }
  EXPECT_EQ(Ids(sort.Update(Detections{At(11)})), (std::vector<std::int64_t>{1}));
}

// Of a walker at the border of 100 pixels all is seen, then what is left inside after three frames
// in which nothing was found.
TEST(SortTest, WhoLeavesIsComparedByWhatLiesInTheImage) {
  const auto ids = [](int width) {
    Sort sort({.max_age = 5, .min_hits = 0});
    std::set<std::int64_t> seen;
    for (const double x : {0.0, 10.0, 20.0, 30.0, 40.0, 50.0, -1.0, -1.0, -1.0, 90.0}) {
      const Box box = {x, 0, std::min(40.0, 100 - x), 80};
      const Detections found = x < 0 ? Detections{} : Detections{{.box = box, .score = 0.9}};
      for (const TrackedBox& track : sort.Track({.detections = found,
                                     .embedder = nullptr,
                                     .image_width = width,
                                     .image_height = width > 0 ? 80 : 0})) {
        seen.insert(track.id);
      }
    }
    return seen.size();
  };
  EXPECT_EQ(ids(0), 2);
  EXPECT_EQ(ids(100), 1);
}

TEST(SortTest, ATrackDiesAfterMaxAge) {
  for (const int max_age : {0, 1, 5}) {
    Sort sort({.max_age = max_age});
    sort.Update(Detections{At(0)});
    for (int frame = 0; frame < max_age; ++frame) {
      sort.Update({});
      EXPECT_EQ(sort.num_tracks(), 1U);
    }
    sort.Update({});
    EXPECT_EQ(sort.num_tracks(), 0U);
  }
}

TEST(SortTest, MinHitsOfNoneReportsAtOnce) {
  Sort sort({.min_hits = 0});
  EXPECT_EQ(sort.Update(Detections{At(0)}).size(), 1U);
  EXPECT_EQ(sort.Update(Detections{At(0), At(100)}).size(), 2U);
}

TEST(SortTest, DetectionsWithoutAreaOrNotFiniteAreLeftOut) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  Detections bad;
  for (const double value : {nan, infinite, -infinite, 1e300}) {
    bad.push_back({{value, 0, 10, 10}, 1});
    bad.push_back({{0, value, 10, 10}, 1});
    bad.push_back({{0, 0, value, 10}, 1});
    bad.push_back({{0, 0, 10, value}, 1});
    bad.push_back({{0, 0, 10, 10}, value});
  }
  for (const double side : {0.0, -0.0, -5.0, 1e-300}) {
    bad.push_back({{0, 0, side, 10}, 1});
    bad.push_back({{0, 0, 10, side}, 1});
  }
  Sort sort({});
  for (const Detection& detection : bad) {
    EXPECT_FALSE(IsTrackable(detection));
    EXPECT_TRUE(sort.Update(Detections{detection}).empty());
  }
  EXPECT_EQ(sort.num_tracks(), 0U);

  // Good ones among them are tracked, and name their own place.
  Sort mixed({.min_hits = 0});
  Detections among = bad;
  among.insert(among.begin() + 7, At(50));
  for (int frame = 0; frame < 3; ++frame) {
    const std::vector<TrackedBox> tracked = mixed.Update(among);
    ASSERT_EQ(tracked.size(), 1U);
    EXPECT_EQ(tracked[0].detection, 7);
    EXPECT_EQ(tracked[0].id, 1);
  }
}

TEST(SortTest, ExtremeBoxesStayFinite) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> power(-6, 9);
  std::bernoulli_distribution coin(0.5);
  const auto value = [&] { return (coin(random) ? 1 : -1) * std::pow(10, power(random)); };
  Sort sort({.max_age = 30, .min_hits = 0, .iou_threshold = 0});
  for (int frame = 0; frame < 2000; ++frame) {
    Detections detections;
    for (int i = 0; i < 4; ++i) {
      detections.push_back({{value(), value(), std::abs(value()), std::abs(value())}, 1});
    }
    for (const TrackedBox& tracked : sort.Update(detections)) {
      ASSERT_TRUE(std::isfinite(tracked.box.y) && std::isfinite(tracked.box.x));
      ASSERT_TRUE(std::isfinite(tracked.box.w) && std::isfinite(tracked.box.h));
      ASSERT_GT(tracked.box.w, 0);
      ASSERT_GT(tracked.box.h, 0);
    }
    ASSERT_LE(sort.num_tracks(), 4U * 31U);
  }
}

TEST(SortTest, OrderOfDetectionsChangesNothing) {
  std::mt19937 random(7);
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<Detections> walk = RandomWalk(seed, 100, 12);
    // Ties on purpose: pixels on a coarse grid, the same score for all, some boxes twice.
    for (Detections& detections : walk) {
      for (Detection& d : detections) {
        d.score = 1;
        d.box = {std::round(d.box.x / 20) * 20, std::round(d.box.y / 20) * 20, 80, 80};
      }
      if (!detections.empty()) {
        detections.push_back(detections.front());
      }
    }
    Sort straight({.min_hits = 1});
    Sort shuffled({.min_hits = 1});
    for (Detections& detections : walk) {
      const std::vector<TrackedBox> truth = straight.Update(detections);
      Detections other = detections;
      std::shuffle(other.begin(), other.end(), random);
      const std::vector<TrackedBox> tracked = shuffled.Update(other);
      ASSERT_EQ(tracked.size(), truth.size());
      for (std::size_t i = 0; i < truth.size(); ++i) {
        const Box& a = tracked[i].box;
        const Box& b = truth[i].box;
        ASSERT_EQ(std::tie(tracked[i].id, a.x, a.y, a.w, a.h),
                  std::tie(truth[i].id, b.x, b.y, b.w, b.h));
        const Box& taken = other[tracked[i].detection].box;
        const Box& expected = detections[truth[i].detection].box;
        ASSERT_EQ(std::tie(taken.x, taken.y), std::tie(expected.x, expected.y));
      }
    }
  }
}

TEST(SortTest, IdsRiseWithoutGapsAndAreNeverUsedAgain) {
  Sort sort({});
  std::set<std::int64_t> seen;
  for (const Detections& detections : RandomWalk(11, 400, 8)) {
    const std::vector<TrackedBox> tracked = sort.Update(detections);
    std::set<int> taken;
    for (std::size_t i = 0; i < tracked.size(); ++i) {
      ASSERT_TRUE(i == 0 || tracked[i].id > tracked[i - 1].id);
      ASSERT_TRUE(taken.insert(tracked[i].detection).second);
      seen.insert(tracked[i].id);
    }
  }
  ASSERT_GT(seen.size(), 8U);
  EXPECT_EQ(*seen.begin(), 1);
  EXPECT_EQ(*seen.rbegin(), static_cast<std::int64_t>(seen.size()));
}

TEST(SortTest, TwoTrackersShareNothing) {
  const std::vector<Detections> walk_a = RandomWalk(21, 200, 6);
  const std::vector<Detections> walk_b = RandomWalk(22, 200, 9);
  const auto run = [](Sort& sort, const Detections& detections) {
    std::vector<std::tuple<std::int64_t, double, double, double, double>> answer;
    for (const TrackedBox& t : sort.Update(detections)) {
      answer.emplace_back(t.id, t.box.x, t.box.y, t.box.w, t.box.h);
    }
    return answer;
  };
  Sort alone_a({});
  Sort alone_b({});
  std::vector<decltype(run(alone_a, {}))> truth_a;
  std::vector<decltype(run(alone_a, {}))> truth_b;
  truth_a.reserve(200);
  truth_b.reserve(200);
  for (int i = 0; i < 200; ++i) {
    truth_a.push_back(run(alone_a, walk_a[i]));
  }
  for (int i = 0; i < 200; ++i) {
    truth_b.push_back(run(alone_b, walk_b[i]));
  }
  Sort a({});
  Sort b({});
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(run(a, walk_a[i]), truth_a[i]);
    ASSERT_EQ(run(b, walk_b[i]), truth_b[i]);
  }
  EXPECT_EQ(std::get<0>(truth_a[0].front()), 1);
  EXPECT_EQ(std::get<0>(truth_b[0].front()), 1);
}

TEST(SortTest, SkipIsEmptyUpdates) {
  for (const int gap : {0, 1, 2, 3, 7, 50}) {
    Sort skipped({.max_age = 5, .min_hits = 2});
    Sort updated({.max_age = 5, .min_hits = 2});
    for (int round = 0; round < 5; ++round) {
      for (int frame = 0; frame < 4; ++frame) {
        const Detections detections = {At(round * 3 + frame), At(200)};
        EXPECT_EQ(Ids(skipped.Update(detections)), Ids(updated.Update(detections)));
      }
      skipped.Skip(gap);
      for (int i = 0; i < gap; ++i) {
        updated.Update({});
      }
      EXPECT_EQ(skipped.num_tracks(), updated.num_tracks());
    }
  }
}

TEST(SortTest, SkipOfABillionFramesIsQuick) {
  Sort sort({.max_age = 1000});
  for (int round = 0; round < 100; ++round) {
    sort.Update(Detections{At(0)});
    sort.Skip(1'000'000'000);
  }
  EXPECT_EQ(sort.num_tracks(), 0U);
}

TEST(SortTest, MemoryIsFlatOver100kFrames) {
  const std::vector<Detections> walk = RandomWalk(31, 1000, 8);
  Sort sort({});
  const auto play = [&](int rounds) {
    for (int round = 0; round < rounds; ++round) {
      for (const Detections& detections : walk) {
        sort.Update(detections);
        ASSERT_LT(sort.num_tracks(), 40U);
      }
    }
  };
  play(5);
  const std::size_t before = mallinfo2().uordblks;
  play(95);
  EXPECT_LT(mallinfo2().uordblks, before + 64 * 1024);
}

TEST(TrackerTest, CreateKnowsItsTrackers) {
  const std::unique_ptr<Tracker> tracker = Tracker::Create({});
  EXPECT_EQ(tracker->Update(Detections{At(0)}).size(), 1U);
  EXPECT_THROW(Tracker::Create({.tracker = "magic"}), Error);
  EXPECT_THROW(Tracker::Create({.tracker = ""}), Error);
}

TEST(TrackerTest, CreateRefusesImpossibleOptions) {
  EXPECT_THROW(Tracker::Create({.max_age = -1}), Error);
  EXPECT_THROW(Tracker::Create({.max_age = kMaxTrackerFrames + 1}), Error);
  EXPECT_THROW(Tracker::Create({.min_hits = -1}), Error);
  EXPECT_THROW(Tracker::Create({.iou_threshold = -0.1}), Error);
  EXPECT_THROW(Tracker::Create({.iou_threshold = 1.1}), Error);
  EXPECT_THROW(Tracker::Create({.iou_threshold = std::nan("")}), Error);
  try {
    Tracker::Create({.max_age = -1});
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the tracker's max_age is -1: it must be from 0 to 1000000 frames");
  }
}

}  // namespace
}  // namespace tenjo
