#include "tenjo/analyze/analyzer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr double kUtc_s = 1.7e9;

Person At(std::int64_t id, double x, double y) {
  Person person;
  person.id = id;
  person.box = {x - 20, y - 40, 40, 80};
  return person;
}

Person WithHand(std::int64_t id, double x, double y) {
  Person person = At(id, 500, 500);
  person.keypoints[kLeftWrist] = {static_cast<float>(x), static_cast<float>(y), 0.8F};
  return person;
}

Place Zone(double settle_s = 0.3, double margin = 5) {
  Place zone{.name = "zone", .points = {{100, 100}, {200, 100}, {200, 200}, {100, 200}}};
  zone.point = BodyPoint::kMiddle;
  zone.settle_s = settle_s;
  zone.margin = margin;
  return zone;
}

Place Line(double settle_s = 0.3, double margin = 5) {
  // From bottom to top: forward is from left to right.
  Place line{.name = "line", .kind = PlaceKind::kLine, .points = {{100, 200}, {100, 0}}};
  line.point = BodyPoint::kMiddle;
  line.settle_s = settle_s;
  line.margin = margin;
  return line;
}

//! Feeds frames at 10 a second and keeps the events of places.
class Feed {
 public:
  explicit Feed(const std::vector<Place>& places) : analyzer({.camera = "cam"}, places) {}

  void See(const std::vector<Person>& people, const std::vector<IdCorrection>& corrections = {}) {
    const double t = static_cast<double>(frame) / 10;
    Keep(analyzer.Update({.number = frame,
                          .time_s = t,
                          .utc_s = kUtc_s + t,
                          .people = people,
                          .corrections = corrections}));
    ++frame;
  }
  void Path(const std::vector<Point2>& path) {
    for (const Point2& p : path) {
      See({At(1, p.x, p.y)});
    }
  }
  void Nobody(int frames) {
    for (int i = 0; i < frames; ++i) {
      See({});
    }
  }
  void Keep(std::vector<Event> events) {
    for (Event& event : events) {
      all.push_back(event);
    }
  }
  std::vector<Event> Of(EventType type) const {
    std::vector<Event> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some),
                 [&](const Event& e) { return e.type == type; });
    return some;
  }

  Analyzer analyzer;
  std::int64_t frame = 0;
  std::vector<Event> all;
};

std::vector<Point2> Straight(Point2 from, Point2 to, int steps) {
  std::vector<Point2> path;
  for (int i = 0; i <= steps; ++i) {
    const double s = static_cast<double>(i) / steps;
    path.push_back({from.x + s * (to.x - from.x), from.y + s * (to.y - from.y)});
  }
  return path;
}

TEST(Analyzer, ZoneIsEnteredAndLeftOnce) {
  Feed feed({Zone()});
  feed.Path(Straight({50, 150}, {250, 150}, 20));  // inside from frame 5 to 15
  ASSERT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  const Event entered = feed.Of(EventType::kEntered)[0];
  EXPECT_EQ(entered.frame, 5);
  EXPECT_DOUBLE_EQ(entered.time_s, 0.5);
  EXPECT_NEAR(entered.utc_s, kUtc_s + 0.5, 1e-6);
  EXPECT_EQ(entered.camera, "cam");
  EXPECT_EQ(entered.place, "zone");
  ASSERT_EQ(feed.Of(EventType::kLeft).size(), 1U);
  const Event left = feed.Of(EventType::kLeft)[0];
  EXPECT_EQ(left.frame, 16);
  EXPECT_NEAR(*left.seconds, 1.1, 1e-9);
  EXPECT_EQ(left.reason, "walked");
}

TEST(Analyzer, FlickerAtTheBorderCountsOnce) {
  Feed feed({Zone()});
  feed.Path(Straight({50, 150}, {150, 150}, 10));
  for (int i = 0; i < 100; ++i) {  // out and in again quicker than it settles
    feed.Path({{210, 150}, {220, 150}, {190, 150}});
  }
  for (int i = 0; i < 100; ++i) {  // out for long, but not far enough
    feed.Path({{203, 150}});
  }
  feed.Path(Straight({203, 150}, {300, 150}, 10));
  EXPECT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kLeft).size(), 1U);
}

TEST(Analyzer, WhoIsUnseenForAMomentHasNotLeft) {
  Feed feed({Zone()});
  feed.Path(Straight({150, 150}, {150, 150}, 10));
  feed.Nobody(15);
  feed.Path(Straight({150, 150}, {150, 150}, 10));
  EXPECT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kLeft).size(), 0U);
  feed.Nobody(30);
  ASSERT_EQ(feed.Of(EventType::kLeft).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kLeft)[0].reason, "lost");
  EXPECT_NEAR(feed.Of(EventType::kLeft)[0].time_s, 3.6, 1e-9);  // where last seen
  ASSERT_EQ(feed.Of(EventType::kLost).size(), 1U);
}

TEST(Analyzer, AppearedLostAndCameBack) {
  Feed feed({});
  feed.Path({{1, 1}, {1, 1}});
  feed.Nobody(30);
  feed.Path({{1, 1}});
  ASSERT_EQ(feed.all.size(), 3U);
  EXPECT_EQ(feed.all[0].type, EventType::kAppeared);
  EXPECT_EQ(feed.all[1].type, EventType::kLost);
  EXPECT_NEAR(feed.all[1].time_s, 0.1, 1e-9);
  EXPECT_EQ(feed.all[2].type, EventType::kCameBack);
  EXPECT_NEAR(*feed.all[2].seconds, 3.1, 1e-9);
}

TEST(Analyzer, DwellIsToldEveryFewSecondsAndAtTheEnd) {
  Place zone = Zone();
  zone.dwell_every_s = 1;
  Feed feed({zone});
  feed.Path({{50, 150}});
  feed.Path(Straight({150, 150}, {151, 150}, 24));  // frames 1 to 25
  feed.Path(Straight({300, 150}, {310, 150}, 9));
  const auto dwelt = feed.Of(EventType::kDwelt);
  ASSERT_EQ(dwelt.size(), 3U);
  EXPECT_EQ(dwelt[0].frame, 11);
  EXPECT_NEAR(*dwelt[0].seconds, 1, 1e-9);
  EXPECT_FALSE(*dwelt[0].ended);
  EXPECT_EQ(dwelt[1].frame, 21);
  EXPECT_NEAR(*dwelt[2].seconds, 2.5, 1e-9);
  EXPECT_TRUE(*dwelt[2].ended);
}

TEST(Analyzer, LineTellsTheDirection) {
  Feed feed({Line()});
  feed.Path(Straight({50, 100}, {150, 100}, 10));
  feed.Path(Straight({150, 100}, {50, 100}, 10));
  const auto crossed = feed.Of(EventType::kCrossed);
  ASSERT_EQ(crossed.size(), 2U);
  EXPECT_EQ(crossed[0].direction, "forward");
  EXPECT_EQ(crossed[1].direction, "backward");
  EXPECT_EQ(crossed[0].frame, 6);  // frame 5 is exactly on the line
}

TEST(Analyzer, PointsOnTheLineCountOnceBothWays) {
  for (const double settle_s : {0.0, 0.3}) {
    for (const int on_line : {0, 1, 2, 7}) {
      for (const bool forward : {true, false}) {
        Feed feed({Line(settle_s, 0)});
        std::vector<Point2> path(5, {90, 100});
        for (int i = 0; i < on_line; ++i) {
          path.push_back({100, 100.0 + i});
        }
        path.insert(path.end(), 5, {110, 100});
        if (!forward) {
          std::reverse(path.begin(), path.end());
        }
        feed.Path(path);
        const auto crossed = feed.Of(EventType::kCrossed);
        ASSERT_EQ(crossed.size(), 1U) << settle_s << " " << on_line << " " << forward;
        EXPECT_EQ(crossed[0].direction, forward ? "forward" : "backward");
      }
      // To the line and back is no crossing, from either side.
      for (const double x : {90.0, 110.0}) {
        Feed feed({Line(settle_s, 0)});
        std::vector<Point2> path(5, {x, 100});
        path.insert(path.end(), static_cast<std::size_t>(on_line), {100, 100});
        path.insert(path.end(), 5, {x, 120});
        feed.Path(path);
        EXPECT_TRUE(feed.Of(EventType::kCrossed).empty());
      }
    }
  }
}

TEST(Analyzer, SlantedLinesKnowThePointsOnThem) {
  // Points at shares of a slanted line are not exact in doubles; they count once all the same.
  std::mt19937 random(3);
  std::uniform_real_distribution<double> place(0, 1000);
  std::uniform_real_distribution<double> share(0.1, 0.9);
  for (int i = 0; i < 500; ++i) {
    Place line = Line(0, 0);
    line.points = {{place(random), place(random)}, {place(random), place(random)}};
    const Point2& a = line.points[0];
    const Point2& b = line.points[1];
    const double s = share(random);
    const Point2 on{a.x + s * (b.x - a.x), a.y + s * (b.y - a.y)};
    const double nx = -(b.y - a.y) / Distance(a, b);
    const double ny = (b.x - a.x) / Distance(a, b);
    Feed feed({line});
    feed.Path({{on.x + 9 * nx, on.y + 9 * ny}, on, on, {on.x - 9 * nx, on.y - 9 * ny}});
    EXPECT_EQ(feed.Of(EventType::kCrossed).size(), 1U);
  }
}

TEST(Analyzer, WhoGoesRoundTheEndHasNotCrossed) {
  Feed feed({Line()});
  feed.Path(Straight({50, 100}, {50, 300}, 10));
  feed.Path(Straight({150, 300}, {150, 100}, 10));
  EXPECT_TRUE(feed.Of(EventType::kCrossed).empty());
  feed.Path(Straight({150, 100}, {50, 100}, 10));
  EXPECT_EQ(feed.Of(EventType::kCrossed).size(), 1U);
}

TEST(Analyzer, WhoVanishesBeyondALineHasCrossedIt) {
  Feed feed({Line(1.0)});
  feed.Path(Straight({50, 100}, {110, 100}, 6));
  feed.Nobody(30);
  EXPECT_EQ(feed.Of(EventType::kCrossed).size(), 1U);
}

TEST(Analyzer, ReachTellsHandDepthAndTime) {
  Place shelf = Zone(0.2, 5);
  shelf.kind = PlaceKind::kShelf;
  shelf.name = "shelf";
  Feed feed({shelf});
  for (const double x : {60, 80, 110, 130, 140, 130, 110, 80, 60, 60, 60}) {
    feed.See({WithHand(1, x, 150)});
  }
  const auto reached = feed.Of(EventType::kReached);
  ASSERT_EQ(reached.size(), 1U);
  EXPECT_EQ(reached[0].hand, "left");
  EXPECT_EQ(reached[0].frame, 2);
  EXPECT_NEAR(*reached[0].seconds, 0.5, 1e-9);
  EXPECT_NEAR(*reached[0].depth, 40, 1e-4);
}

TEST(Analyzer, CorrectedIdsKeepTheirVisit) {
  Feed feed({Zone()});
  feed.Path(Straight({50, 150}, {150, 150}, 10));
  feed.See({At(7, 150, 150)}, {{.from = 1, .to = 7}});
  for (int i = 0; i < 30; ++i) {
    feed.See({At(7, 150, 150)});
  }
  EXPECT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  EXPECT_TRUE(feed.Of(EventType::kLeft).empty());
  EXPECT_TRUE(feed.Of(EventType::kLost).empty());
  ASSERT_EQ(feed.Of(EventType::kIdCorrected).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kIdCorrected)[0].track, 7);
  EXPECT_EQ(*feed.Of(EventType::kIdCorrected)[0].other_track, 1);
  EXPECT_EQ(feed.analyzer.Now()[0].inside, std::vector<std::int64_t>{7});
}

TEST(Analyzer, SwappedIdsKeepTheirVisitsCrossingsAndReaches) {
  Place shelf{.name = "shelf",
              .kind = PlaceKind::kShelf,
              .points = {{400, 400}, {460, 400}, {460, 460}, {400, 460}}};
  shelf.settle_s = 0.2;
  shelf.margin = 2;
  Feed feed({Zone(), Line(), shelf});
  const auto both = [&](std::int64_t inside, std::int64_t outside, int frames) {
    for (int i = 0; i < frames; ++i) {
      feed.See({At(inside, 150, 150), WithHand(outside, 430, 430)});
    }
  };
  both(1, 2, 20);
  feed.See({At(2, 150, 150), WithHand(1, 430, 430)}, {{.from = 2, .to = 1, .swap = true}});
  both(2, 1, 20);
  const auto told = feed.Of(EventType::kIdCorrected);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(std::pair(told[0].track, *told[0].other_track), std::pair(1L, 2L));
  EXPECT_EQ(std::pair(told[1].track, *told[1].other_track), std::pair(2L, 1L));
  // Nobody moved: nothing else may be told, and the counts stay.
  EXPECT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  EXPECT_TRUE(feed.Of(EventType::kLeft).empty());
  EXPECT_TRUE(feed.Of(EventType::kCrossed).empty());
  EXPECT_TRUE(feed.Of(EventType::kReached).empty());
  EXPECT_EQ(feed.analyzer.Now()[0].inside, std::vector<std::int64_t>{2});
  EXPECT_EQ(feed.analyzer.Now()[2].inside, std::vector<std::int64_t>{1});
  feed.Keep(feed.analyzer.Finish());
  ASSERT_EQ(feed.Of(EventType::kLeft).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kLeft)[0].track, 2);
  EXPECT_NEAR(*feed.Of(EventType::kLeft)[0].seconds, 4.0, 0.11);
  ASSERT_EQ(feed.Of(EventType::kReached).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kReached)[0].track, 1);
  EXPECT_NEAR(*feed.Of(EventType::kReached)[0].seconds, 4.0, 0.11);
}

TEST(Analyzer, OtherPlacesKeepWhoIsInside) {
  Feed feed({Zone()});
  feed.Path(Straight({150, 150}, {150, 150}, 10));
  Place wider = Zone();
  wider.points[1].x = wider.points[2].x = 300;
  feed.analyzer.SetPlaces({}, {wider, Line()});
  feed.Path(Straight({150, 150}, {250, 150}, 20));
  EXPECT_EQ(feed.Of(EventType::kEntered).size(), 1U);
  EXPECT_TRUE(feed.Of(EventType::kLeft).empty());
  Place bad = Zone();
  bad.points.resize(2);
  EXPECT_THROW(feed.analyzer.SetPlaces({}, {bad}), Error);
  feed.Path({{250, 150}});
  EXPECT_EQ(feed.analyzer.Now()[0].inside.size(), 1U) << "a bad change changes nothing";
  feed.analyzer.SetPlaces({}, {});
  feed.Path({{250, 150}});
  ASSERT_EQ(feed.Of(EventType::kLeft).size(), 1U);
  EXPECT_EQ(feed.Of(EventType::kLeft)[0].reason, "removed");
}

TEST(Analyzer, MinutesAddUp) {
  Feed feed({Zone()});
  for (int i = 0; i < 10 * 200; ++i) {
    const bool inside = i >= 300 && i < 900;
    feed.See({At(1, inside ? 150 : 50, 150), At(2, 150, 150)});
  }
  feed.Keep(feed.analyzer.Finish());
  double seconds = 0;
  double person_seconds = 0;
  int most = 0;
  int entered = 0;
  int left = 0;
  for (const PlaceMinute& minute : feed.analyzer.TakeMinutes()) {
    EXPECT_LE(minute.seconds, 60 + 1e-3);
    seconds += minute.seconds;
    person_seconds += minute.person_seconds;
    most = std::max(most, minute.most);
    entered += minute.entered;
    left += minute.left;
  }
  EXPECT_EQ(most, 2);
  EXPECT_EQ(entered, 2);
  EXPECT_EQ(left, 1);
  // The last minutes are still open.
  EXPECT_NEAR(seconds, 140, 61);
  EXPECT_NEAR(person_seconds, seconds + 60, 2);
}

TEST(Analyzer, RefusesWrongPlaces) {
  const auto refuses = [](const Place& place) {
    EXPECT_THROW(Analyzer({.camera = "cam"}, {place}), Error);
  };
  Place flat = Zone();
  flat.points = {{0, 0}, {1, 1}, {2, 2}};
  refuses(flat);
  Place bow = Zone();
  std::swap(bow.points[0], bow.points[1]);
  refuses(bow);
  Place nan = Zone();
  nan.points[0].x = std::nan("");
  refuses(nan);
  Place point = Line();
  point.points[1] = point.points[0];
  refuses(point);
  Place metres = Zone();
  metres.units = PlaceUnits::kMetres;
  refuses(metres);
  Place negative = Zone(-1);
  refuses(negative);
  EXPECT_THROW(Analyzer({.camera = "cam"}, {Zone(), Zone()}), Error);
}

// Whatever the tracks do: visits alternate, their times rise, and the counts agree.
TEST(Analyzer, VisitsAlternateWhateverHappens) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::normal_distribution<double> step(0, 25);
    std::uniform_real_distribution<double> unit(0, 1);
    Place zone = Zone(0.3 * unit(random), 20 * unit(random));
    zone.dwell_every_s = 0.5;
    Feed feed({zone, Line(0.2, 3)});
    std::vector<Point2> at(4, {150, 150});
    for (int i = 0; i < 600; ++i) {
      std::vector<Person> people;
      for (std::size_t n = 0; n < at.size(); ++n) {
        at[n] = {std::clamp(at[n].x + step(random), 0.0, 300.0),
                 std::clamp(at[n].y + step(random), 0.0, 300.0)};
        if (std::fmod(i / 10.0 + 7.0 * static_cast<double>(n), 20) > 4) {
          people.push_back(At(static_cast<std::int64_t>(n), at[n].x, at[n].y));
        }
      }
      std::shuffle(people.begin(), people.end(), random);
      feed.See(people);
    }
    feed.Keep(feed.analyzer.Finish());
    for (std::int64_t n = 0; n < 4; ++n) {
      bool inside = false;
      double last = -1;
      for (const Event& event : feed.all) {
        if (event.track != n || event.place != "zone") {
          continue;
        }
        EXPECT_GE(event.time_s, last);
        last = event.time_s;
        if (event.type == EventType::kEntered || event.type == EventType::kLeft) {
          EXPECT_EQ(inside, event.type == EventType::kLeft);
          inside = !inside;
        } else {
          EXPECT_TRUE(inside || *event.ended);
        }
      }
      EXPECT_FALSE(inside);
    }
    EXPECT_EQ(feed.analyzer.Now()[0].entered, feed.analyzer.Now()[0].left);
  }
}

TEST(Occupancy, SurvivesAClockSetBack) {
  Occupancy occupancy("cam");
  const Place zone = Zone();
  double seconds = 0;
  const auto add = [&](const std::vector<PlaceMinute>& rows) {
    for (const PlaceMinute& row : rows) {
      seconds += row.seconds;
    }
  };
  for (int i = 0; i < 3000; ++i) {
    const double utc_s = kUtc_s + i / 10.0 - (i >= 1500 ? 3600 : 0);
    occupancy.Count(zone, utc_s, 0.1, 1);
    add(occupancy.TakeFinished(utc_s));
  }
  add(occupancy.TakeAll());
  EXPECT_NEAR(seconds, 300, 1e-3);
}

TEST(FloorMap, HeatAndPaths) {
  FloorHeat heat(0.25);
  heat.Add({-0.1, 0.3}, 2);
  heat.Add({-0.2, 0.4}, 1);
  heat.Add({1e9, 0}, 1);
  ASSERT_EQ(heat.cells().size(), 1U);
  EXPECT_EQ(heat.cells().begin()->first, (std::pair{-1, 1}));
  EXPECT_DOUBLE_EQ(heat.cells().begin()->second, 3);

  PathBuilder straight;
  PathBuilder round;
  for (int i = 0; i <= 5000; ++i) {
    straight.Add({i / 1000.0, 0});
    round.Add({2 * std::cos(i / 50.0), 2 * std::sin(i / 50.0)});
  }
  EXPECT_EQ(straight.Path().size(), 2U);
  EXPECT_NEAR(straight.Length(), 5, 0.1);
  EXPECT_LE(round.Path().size(), 1000U) << "memory is bounded";
}

TEST(Geometry, SignedDistanceAndPolygons) {
  const std::vector<Point2> square = {{0, 0}, {10, 0}, {10, 10}, {0, 10}};
  EXPECT_DOUBLE_EQ(SignedDistance(square, {5, 4}), -4);
  EXPECT_DOUBLE_EQ(SignedDistance(square, {13, 14}), 5);
  EXPECT_DOUBLE_EQ(SignedDistance(square, {10, 5}), 0);
  EXPECT_NEAR(InnerRadius(square), 5, 0.05);
  EXPECT_TRUE(IsSimplePolygon(square));
  EXPECT_FALSE(IsSimplePolygon(std::vector<Point2>{{0, 0}, {1, 1}, {1, 0}, {0, 1}}));
  EXPECT_FALSE(IsSimplePolygon(std::vector<Point2>{{0, 0}, {1, 0}, {2, 0}}));
  EXPECT_FALSE(IsSimplePolygon(std::vector<Point2>{{0, 0}, {2, 0}, {1, 0}, {1, 1}}));
}

}  // namespace
}  // namespace tenjo
