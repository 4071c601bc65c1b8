#include "tenjo/publish/coco_results.h"

#include <fmt/format.h>

#include <iterator>

namespace tenjo {
namespace {

// COCO counts from the corner of the first pixel, Tenjo from its centre.
constexpr double kCorner = 0.5;

}  // namespace

void CocoResultsSink::Write(const Frame& frame, const std::vector<Person>& people) {
  for (const Person& person : people) {
    std::string out = empty_ ? "[\n" : ",\n";
    empty_ = false;
    const auto to = std::back_inserter(out);
    fmt::format_to(to, R"({{"image_id":{},"category_id":1,"keypoints":[)", frame.image_id);
    for (std::size_t i = 0; i < person.keypoints.size(); ++i) {
      const Keypoint& point = person.keypoints[i];
      out += i > 0 ? "," : "";
      if (point.score > 0) {
        fmt::format_to(to, "{:.2f},{:.2f},{:.3f}", point.x + kCorner, point.y + kCorner,
                       point.score);
      } else {
        out += "0,0,0";
      }
    }
    const Box& box = person.box;
    fmt::format_to(to, R"(],"bbox":[{:.2f},{:.2f},{:.2f},{:.2f}],)", box.x + kCorner,
                   box.y + kCorner, box.w, box.h);
    if (person.rotated_box) {
      const RotatedBox& rotated = *person.rotated_box;
      fmt::format_to(to, R"("rotated_box":[{:.2f},{:.2f},{:.2f},{:.2f},{:.2f}],)",
                     rotated.cx + kCorner, rotated.cy + kCorner, rotated.w, rotated.h,
                     rotated.degrees);
    }
    fmt::format_to(to, R"("score":{:.6f}}})", person.score);
    file_.Write(out);
  }
}

void CocoResultsSink::Finish() {
  file_.Write(empty_ ? "[]\n" : "\n]\n");
  file_.Commit();
}

}  // namespace tenjo
