#include "tenjo/serve/people_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tenjo/analyze/body_point.h"
#include "tenjo/publish/events/item.h"

namespace tenjo {
namespace {

using nlohmann::ordered_json;

double Tenth(double value) { return std::round(value * 10) / 10; }
double Hundredth(double value) { return std::round(value * 100) / 100; }

}  // namespace

std::string PeopleToJson(const PeopleMoment& moment) {
  ordered_json j;
  j["camera"] = moment.camera;
  j["utc"] = FormatUtc(moment.utc_s);
  j["time"] = std::round(moment.time_s * 1e3) / 1e3;
  j["frame"] = moment.frame;
  j["width"] = moment.width;
  j["height"] = moment.height;
  j["people"] = ordered_json::array();
  for (const Person& person : moment.people) {
    const Box& box = person.box;
    ordered_json one;
    one["track"] = person.id.value_or(0);
    one["score"] = Hundredth(person.score);
    one["box"] = {Tenth(box.x), Tenth(box.y), Tenth(box.w), Tenth(box.h)};
    one["keypoints"] = ordered_json::array();
    for (const Keypoint& point : person.keypoints) {
      const bool seen = point.score > 0;
      one["keypoints"].push_back({seen ? Tenth(point.x) : 0.0, seen ? Tenth(point.y) : 0.0,
                                  seen ? Hundredth(point.score) : 0.0});
    }
    one["floor"] = nullptr;
    if (moment.lens != nullptr) {
      if (const auto floor = FloorOf(person, BodyPoint::kFeet, *moment.lens)) {
        one["floor"] = {Hundredth(floor->x), Hundredth(floor->y)};
      }
    }
    j["people"].push_back(std::move(one));
  }
  return j.dump();
}

}  // namespace tenjo
