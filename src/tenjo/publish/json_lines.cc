#include "tenjo/publish/json_lines.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace tenjo {
namespace {

void AppendPerson(std::string& out, const Person& person) {
  const auto to = std::back_inserter(out);
  if (person.id) {
    fmt::format_to(to, R"({{"id":{},)", *person.id);
  } else {
    out += R"({"id":null,)";
  }
  const Box& box = person.box;
  fmt::format_to(to, R"("score":{:.3f},"box":[{:.2f},{:.2f},{:.2f},{:.2f}],)", person.score, box.x,
                 box.y, box.w, box.h);
  if (person.rotated_box) {
    const RotatedBox& rotated = *person.rotated_box;
    fmt::format_to(to, R"("rotated_box":[{:.2f},{:.2f},{:.2f},{:.2f},{:.2f}],)", rotated.cx,
                   rotated.cy, rotated.w, rotated.h, rotated.degrees);
  }
  out += R"("keypoints":[)";
  for (std::size_t i = 0; i < person.keypoints.size(); ++i) {
    const Keypoint& point = person.keypoints[i];
    if (i > 0) {
      out += ',';
    }
    if (point.score > 0) {
      fmt::format_to(to, "[{:.2f},{:.2f},{:.3f}]", point.x, point.y, point.score);
    } else {
      out += "[0,0,0]";
    }
  }
  out += "]}";
}

}  // namespace

std::string FrameToJson(const Frame& frame, const std::vector<Person>& people) {
  // File names are bytes; what is not UTF-8 in them is replaced rather than refused.
  const std::string camera =
      nlohmann::json(frame.camera).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out = fmt::format(R"({{"frame":{},"time":{:.3f},"camera":{},"people":[)",
                                frame.number, frame.time_s, camera);
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (i > 0) {
      out += ',';
    }
    AppendPerson(out, people[i]);
  }
  return out + "]}";
}

void JsonLinesSink::Write(const Frame& frame, const std::vector<Person>& people) {
  file_.Write(FrameToJson(frame, people) + "\n");
  if (file_.path() == "-") {
    file_.Flush();
  }
}

}  // namespace tenjo
