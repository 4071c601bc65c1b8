// Random walkers whose paths are known exactly, seen by the analyzer at 15 frames a second and by
// a plain reading of the definitions at 200 steps a second.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tenjo/analyze/analyzer.h"
#include "tenjo/base/atomic_file.h"
#include "tenjo/testing/paths.h"

namespace tenjo {
namespace {

constexpr double kFps = 15;
constexpr double kFrame_s = 1 / kFps;
constexpr double kLength_s = 240;
constexpr int kWalkers = 24;
constexpr double kStep_s = 0.005;
constexpr double kHand_m = 1.1;

//! Straight from point to point at constant speed, with rests.
class Walker {
 public:
  Walker(std::mt19937& random, double width, double height, double speed, double rest_s) {
    std::uniform_real_distribution<double> unit(0, 1);
    Point2 at{width * unit(random), height * unit(random)};
    double t = 0;
    stops_.push_back({t, at});
    while (t < kLength_s + 1) {
      const Point2 to{width * unit(random), height * unit(random)};
      t += Distance(at, to) / (speed * (0.5 + unit(random))) + 1e-3;
      stops_.push_back({t, to});
      t += rest_s * unit(random) + 1e-3;
      stops_.push_back({t, to});
      at = to;
    }
  }

  Point2 At(double t) const {
    const auto next = std::upper_bound(stops_.begin(), stops_.end(), t,
                                       [](double v, const Stop& s) { return v < s.time; });
    if (next == stops_.begin()) {
      return stops_.front().at;
    }
    const Stop& a = *(next - 1);
    const Stop& b = *next;
    const double s = (t - a.time) / (b.time - a.time);
    return {a.at.x + s * (b.at.x - a.at.x), a.at.y + s * (b.at.y - a.at.y)};
  }

 private:
  struct Stop {
    double time = 0;
    Point2 at;
  };
  std::vector<Stop> stops_;
};

struct Someone {
  Walker body;
  Walker hand;  // about the body's middle
  Point2 HandAt(double t) const {
    const Point2 b = body.At(t);
    const Point2 h = hand.At(t);
    return {b.x + h.x - kHand_m / 2, b.y + h.y - kHand_m / 2};
  }
};

std::vector<Someone> Crowd(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Someone> crowd;
  for (int i = 0; i < kWalkers; ++i) {
    Walker body(random, 12, 8, 1.0, 3);
    crowd.push_back({std::move(body), Walker(random, kHand_m, kHand_m, 0.8, 0.5)});
  }
  return crowd;
}

// --- What is true, by other means than the analyzer's ---

using Key = std::tuple<EventType, std::string, std::int64_t, std::string>;
using Times = std::map<Key, std::vector<double>>;

bool Inside(const std::vector<Point2>& polygon, const Point2& p) {
  double turns = 0;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point2& a = polygon[i];
    const Point2& b = polygon[(i + 1) % polygon.size()];
    turns += std::remainder(std::atan2(b.y - p.y, b.x - p.x) - std::atan2(a.y - p.y, a.x - p.x),
                            2 * std::numbers::pi);
  }
  return std::abs(turns) > 1;
}

double ToBorder(const std::vector<Point2>& polygon, const Point2& p) {
  double least = 1e9;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const Point2& a = polygon[i];
    const Point2& b = polygon[(i + 1) % polygon.size()];
    const double length = Distance(a, b);
    const double along = ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length;
    if (along > 0 && along < length) {
      least =
          std::min(least, std::abs((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / length);
    }
    least = std::min(least, Distance(a, p));
  }
  return least;
}

struct Stay {
  double from = 0;
  double to = 0;
};

// When somebody is there; who `vanishes` at the end of it has left where last seen.
struct Presence {
  double from = 0;
  double to = kLength_s;
  bool vanishes = false;
};

// A stretch on one side counts from its start if, before it ends, it is `settle_s` old and has been
// `margin` from the border.
template <typename Path>
std::vector<Stay> StaysIn(const Place& place, double margin_in, const Path& path,
                          const Presence& presence) {
  std::vector<Stay> stays;
  bool inside = false;
  double since = -1;
  double beyond = 0;
  for (int i = 0; presence.from + i * kStep_s <= presence.to; ++i) {
    const double t = presence.from + i * kStep_s;
    const Point2 p = path(t);
    if (Inside(place.points, p) == inside) {
      since = -1;
      continue;
    }
    if (since < 0) {
      since = t;
      beyond = 0;
    }
    beyond = std::max(beyond, ToBorder(place.points, p));
    if (t - since >= place.settle_s && beyond >= (inside ? place.margin : margin_in)) {
      inside = !inside;
      if (inside) {
        stays.push_back({since, -1});
      } else {
        stays.back().to = since;
      }
      since = -1;
    }
  }
  if (presence.vanishes && inside) {
    stays.back().to = since >= 0 ? since : presence.to;
  }
  return stays;
}

template <typename Path>
void LineTruth(const Place& line, std::int64_t track, const Path& path, const Presence& presence,
               Times& times) {
  const Point2& a = line.points[0];
  const Point2& b = line.points[1];
  const double angle = std::atan2(b.y - a.y, b.x - a.x);
  const double length = Distance(a, b);
  // In the line's own axes: along it, and to its left.
  const auto own = [&](const Point2& p) {
    const double x = p.x - a.x;
    const double y = p.y - a.y;
    return Point2{x * std::cos(angle) + y * std::sin(angle),
                  y * std::cos(angle) - x * std::sin(angle)};
  };
  int net = 0;
  double since = 0;
  double beyond = 0;
  const auto tell = [&] {
    for (int n = 0; n < std::abs(net); ++n) {
      times[{EventType::kCrossed, line.name, track, net > 0 ? "in" : "out"}].push_back(since);
    }
    net = 0;
  };
  Point2 before = own(path(presence.from));
  for (int i = 1; presence.from + i * kStep_s <= presence.to; ++i) {
    const double t = presence.from + i * kStep_s;
    const Point2 now = own(path(t));
    if ((before.y > 0) != (now.y > 0) && now.x >= 0 && now.x <= length) {
      since = net == 0 ? t : since;
      net += before.y > 0 ? 1 : -1;
      beyond = 0;
    }
    beyond = std::max(beyond, std::abs(now.y));
    if (net != 0 && t - since >= line.settle_s && beyond >= line.margin) {
      tell();
    }
    before = now;
  }
  if (presence.vanishes && beyond >= line.margin) {
    tell();
  }
}

template <typename Path>
void PlaceTruth(const Place& place, double margin_in, std::int64_t track, const Path& path,
                const Presence& presence, Times& times) {
  if (place.kind == PlaceKind::kLine) {
    LineTruth(place, track, path, presence, times);
    return;
  }
  for (const Stay& stay : StaysIn(place, margin_in, path, presence)) {
    const bool open = stay.to < 0;
    if (place.kind == PlaceKind::kShelf) {
      if (!open) {  // told when it ends
        times[{EventType::kReached, place.name, track, "right"}].push_back(stay.from);
      }
      continue;
    }
    times[{EventType::kEntered, place.name, track, ""}].push_back(stay.from);
    const double to = open ? presence.to : stay.to;
    for (double t = stay.from + place.dwell_every_s; t <= to; t += place.dwell_every_s) {
      times[{EventType::kDwelt, place.name, track, ""}].push_back(t);
    }
    if (!open) {
      times[{EventType::kLeft, place.name, track, ""}].push_back(stay.to);
      times[{EventType::kDwelt, place.name, track, "end"}].push_back(stay.to);
    }
  }
}

Times Truth(const std::vector<Someone>& crowd, const std::vector<Place>& places,
            const std::map<std::string, double>& margins_in) {
  Times times;
  for (std::size_t n = 0; n < crowd.size(); ++n) {
    const auto track = static_cast<std::int64_t>(n) + 1;
    for (const Place& place : places) {
      const bool shelf = place.kind == PlaceKind::kShelf;
      const double margin = place.kind == PlaceKind::kLine ? 0 : margins_in.at(place.name);
      PlaceTruth(
          place, margin, track,
          [&](double t) { return shelf ? crowd[n].HandAt(t) : crowd[n].body.At(t); }, {}, times);
    }
  }
  return times;
}

// --- What the analyzer says ---

struct Score {
  int truth = 0;
  int said = 0;
  int agreed = 0;
};

Score Compare(const Times& truth, const Times& said, double tolerance_s) {
  Score score;
  for (const auto& [key, list] : said) {
    score.said += static_cast<int>(list.size());
  }
  for (const auto& [key, list] : truth) {
    score.truth += static_cast<int>(list.size());
    const auto found = said.find(key);
    if (found == said.end()) {
      continue;
    }
    std::vector<double> left = found->second;
    for (const double t : list) {
      const auto near = std::find_if(left.begin(), left.end(),
                                     [&](double s) { return std::abs(s - t) <= tolerance_s; });
      if (near != left.end()) {
        left.erase(near);
        ++score.agreed;
      }
    }
  }
  return score;
}

std::vector<Place> MakePlaces() {
  Place table{.name = "table", .points = {{1, 1}, {4, 1}, {4, 3}, {1, 3}}};
  Place corner{.name = "corner", .points = {{7, 4}, {11, 4}, {11, 7}, {9, 5}, {7, 7}}};
  Place strip{.name = "strip", .points = {{5, 0.5}, {5.6, 0.5}, {5.6, 7}, {5, 7}}};
  for (Place* zone : {&table, &corner, &strip}) {
    zone->margin = 0.1;
    zone->dwell_every_s = 1.5;
  }
  Place door{.name = "door", .kind = PlaceKind::kLine, .points = {{6.5, 0}, {6.5, 6}}};
  Place slope{.name = "slope", .kind = PlaceKind::kLine, .points = {{1, 7}, {10, 2}}};
  for (Place* line : {&door, &slope}) {
    line->margin = 0.05;
    line->directions = {"in", "out"};
  }
  Place shelf{
      .name = "shelf", .kind = PlaceKind::kShelf, .points = {{2, 4}, {6, 4}, {6, 5}, {2, 5}}};
  shelf.settle_s = 0.2;
  shelf.margin = 0.05;
  shelf.low_m = 0.9;
  shelf.high_m = 1.3;
  return {table, corner, strip, door, slope, shelf};
}

std::map<std::string, double> MarginsIn(const std::vector<Place>& places) {
  std::map<std::string, double> margins;
  for (const Place& place : places) {
    if (place.kind != PlaceKind::kLine) {
      margins[place.name] = std::min(place.margin, InnerRadius(place.points) / 2);
    }
  }
  return margins;
}

void Keep(const std::vector<Event>& events, Times& times) {
  for (const Event& event : events) {
    const std::string what = event.type == EventType::kCrossed   ? event.direction
                             : event.type == EventType::kReached ? event.hand
                             : event.ended.value_or(false)       ? "end"
                                                                 : "";
    if (!event.place.empty()) {
      times[{event.type, event.place, event.track, what}].push_back(event.time_s);
    }
  }
}

template <typename MakePerson>
Times Say(const AnalyzerOptions& options, const std::vector<Place>& places, double utc_s,
          const std::vector<Someone>& crowd, const MakePerson& make) {
  Analyzer analyzer(options, places);
  Times times;
  const auto frames = static_cast<int>(kLength_s * kFps);
  for (int i = 0; i <= frames; ++i) {
    const double t = i / kFps;
    std::vector<Person> people;
    for (std::size_t n = 0; n < crowd.size(); ++n) {
      people.push_back(make(crowd[n], t));
      people.back().id = static_cast<std::int64_t>(n) + 1;
    }
    const std::vector<Event> events =
        analyzer.Update({.number = i, .time_s = t, .utc_s = utc_s + t, .people = people});
    Keep(events, times);
    for (const Event& event : events) {
      EXPECT_NEAR(event.utc_s, utc_s + event.time_s, 1e-6);
      const double early_s = static_cast<double>(event.frame) / kFps - event.time_s;
      EXPECT_GE(early_s, -1e-9);
      EXPECT_TRUE(early_s <= 1e-9 || event.type == EventType::kDwelt);
    }
  }
  return times;
}

void ExpectTrue(const Score& score) {
  EXPECT_GE(score.truth, 2000);
  const int all = std::max(score.truth, score.said);
  EXPECT_GE(score.agreed, 0.995 * all) << "truth " << score.truth << ", said " << score.said;
}

TEST(EventTruth, InPixels) {
  constexpr double kScale = 100;  // pixels a metre; y points down, so lines turn round
  std::vector<Place> places = MakePlaces();
  const std::vector<Someone> crowd = Crowd(7);
  const Times truth = Truth(crowd, places, MarginsIn(places));
  for (Place& place : places) {
    place.point = BodyPoint::kMiddle;
    place.margin *= kScale;
    for (Point2& p : place.points) {
      p = {kScale * p.x, kScale * (8 - p.y)};
    }
  }
  const Times said =
      Say({.camera = "hall"}, places, 1.7e9, crowd, [](const Someone& who, double t) {
        const Point2 at = who.body.At(t);
        const Point2 hand = who.HandAt(t);
        Person person;
        person.box = {kScale * at.x - 30, kScale * (8 - at.y) - 50, 60, 100};
        person.keypoints[kRightWrist] = {static_cast<float>(kScale * hand.x),
                                         static_cast<float>(kScale * (8 - hand.y)), 1};
        return person;
      });
  ExpectTrue(Compare(truth, said, kFrame_s + 1e-6));
}

TEST(EventTruth, OnTheFloorThroughALens) {
  std::vector<Place> places = MakePlaces();
  const std::vector<Someone> crowd = Crowd(8);
  const Times truth = Truth(crowd, places, MarginsIn(places));
  Camera camera;
  camera.lens = {.kind = LensKind::kEquidistant,
                 .width = 1200,
                 .height = 1200,
                 .fx = 380,
                 .fy = 380,
                 .cx = 599.5,
                 .cy = 599.5,
                 .max_angle_rad = 1.5};
  camera.centre = {6, 4, 3.2};
  camera.world_from_camera = LookDown(0.3, 0.1, 0);
  for (Place& place : places) {
    place.units = PlaceUnits::kMetres;
  }
  const auto pixel = [&](const Point2& at, double height_m) {
    const auto p = camera.Project({at.x, at.y, height_m});
    EXPECT_TRUE(p);
    return Keypoint{static_cast<float>(p->x()), static_cast<float>(p->y()), 1};
  };
  const Times said = Say({.camera = "hall", .lens = camera}, places, 1.7e9, crowd,
                         [&](const Someone& who, double t) {
                           Person person;
                           const Point2 at = who.body.At(t);
                           person.keypoints[kLeftAnkle] = pixel({at.x - 0.1, at.y}, 0.07);
                           person.keypoints[kRightAnkle] = pixel({at.x + 0.1, at.y}, 0.07);
                           person.keypoints[kRightWrist] = pixel(who.HandAt(t), 1.1);
                           return person;
                         });
  ExpectTrue(Compare(truth, said, kFrame_s + 1e-6));
}

// The people of the demo's rendered clip walk through many small places.
struct Rendered {
  Presence presence;
  std::vector<std::pair<double, Point2>> path;
  Point2 At(double t) const {
    const auto next = std::upper_bound(path.begin(), path.end(), t,
                                       [](double v, const auto& p) { return v < p.first; });
    if (next == path.begin() || next == path.end()) {
      return next == path.begin() ? path.front().second : path.back().second;
    }
    const auto& [t0, a] = *(next - 1);
    const auto& [t1, b] = *next;
    const double s = (t - t0) / (t1 - t0);
    return {a.x + s * (b.x - a.x), a.y + s * (b.y - a.y)};
  }
};

std::vector<Rendered> ReadRendered(double length_s) {
  const auto truth =
      nlohmann::json::parse(ReadFile(testing::SourceDir() / "assets" / "demo" / "cafe.json"));
  std::vector<Rendered> people;
  for (const auto& track : truth.at("tracks")) {
    Rendered one;
    for (const auto& step : track.at("path")) {
      one.path.push_back({step[0], {step[1].get<double>(), step[2].get<double>()}});
    }
    one.presence = {std::max(0.0, one.path.front().first),
                    std::min(length_s, one.path.back().first), true};
    if (one.presence.to > one.presence.from + 1) {
      people.push_back(std::move(one));
    }
  }
  return people;
}

std::vector<Place> ManyPlaces() {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> x(-3, 3);
  std::uniform_real_distribution<double> y(-5, 5);
  std::uniform_real_distribution<double> side(0.6, 2.5);
  std::vector<Place> places;
  for (int i = 0; i < 450; ++i) {
    const Point2 a{x(random), y(random)};
    const double w = side(random);
    const double h = side(random);
    Place place;
    place.name = std::to_string(i);
    place.margin = 0.05;
    place.point = BodyPoint::kMiddle;
    if (i % 3 == 0) {
      place.kind = PlaceKind::kLine;
      place.points = {a, {x(random), y(random)}};
      place.directions = {"in", "out"};
    } else {
      place.points = {a, {a.x + w, a.y + h / 4}, {a.x + w, a.y + h}, {a.x - w / 4, a.y + h}};
      place.dwell_every_s = 4;
    }
    places.push_back(std::move(place));
  }
  return places;
}

TEST(EventTruth, PeopleOfARenderedSequence) {
  constexpr double kClip_s = 24;
  const std::vector<Rendered> people = ReadRendered(kClip_s);
  std::vector<Place> places = ManyPlaces();
  const auto margins = MarginsIn(places);
  Times truth;
  for (std::size_t n = 0; n < people.size(); ++n) {
    for (const Place& place : places) {
      const double margin = place.kind == PlaceKind::kLine ? 0 : margins.at(place.name);
      PlaceTruth(
          place, margin, static_cast<std::int64_t>(n) + 1,
          [&](double t) { return people[n].At(t); }, people[n].presence, truth);
    }
  }
  // Fed as pixels of a picture that shows the floor from above, 100 a metre, y up turned down.
  for (Place& place : places) {
    place.margin *= 100;
    for (Point2& p : place.points) {
      p = {100 * p.x, -100 * p.y};
    }
  }
  Analyzer analyzer({.camera = "cafe", .lost_s = 1}, places);
  Times said;
  for (int i = 0; i / kFps <= kClip_s + 3; ++i) {
    const double t = i / kFps;
    std::vector<Person> seen;
    for (std::size_t n = 0; n < people.size(); ++n) {
      if (t >= people[n].presence.from && t <= people[n].presence.to) {
        const Point2 at = people[n].At(t);
        seen.emplace_back();
        seen.back().id = static_cast<std::int64_t>(n) + 1;
        seen.back().box = {100 * at.x - 20, -100 * at.y - 30, 40, 60};
      }
    }
    Keep(analyzer.Update({.number = i, .time_s = t, .utc_s = 1.7e9 + t, .people = seen}), said);
  }
  ExpectTrue(Compare(truth, said, kFrame_s + 1e-6));
}

}  // namespace
}  // namespace tenjo
