#include "tenjo/synth/set/coco_set.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <numbers>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/rle.h"
#include "tenjo/synth/set/cast_camera.h"

namespace tenjo::synth {
namespace {

// COCO counts from the corner of the first pixel, Tenjo from its centre.
constexpr double kCorner = 0.5;
constexpr double kDegrees = 180 / std::numbers::pi;
constexpr int kNumCocoPoints = 17;
constexpr std::int64_t kMaxPeople = 1000;

constexpr const char* kCategories =
    R"([{"id":1,"name":"person","supercategory":"person","keypoints":["nose","left_eye",)"
    R"("right_eye","left_ear","right_ear","left_shoulder","right_shoulder","left_elbow",)"
    R"("right_elbow","left_wrist","right_wrist","left_hip","right_hip","left_knee",)"
    R"("right_knee","left_ankle","right_ankle"],"skeleton":[[16,14],[14,12],[17,15],[15,13],)"
    R"([12,13],[6,12],[7,13],[6,7],[6,8],[7,9],[8,10],[9,11],[2,3],[1,2],[1,3],[2,4],[3,5],)"
    R"([4,6],[5,7]]}])";

constexpr std::string_view kBetween = R"(,"annotations":[)";
constexpr std::string_view kStart = R"({"image":)";

//! The text in JSON's quotes; run lengths may hold backslashes.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

void AppendKeypoints(std::string& out, const PersonView& view) {
  const auto to = std::back_inserter(out);
  int labelled = 0;
  out += R"("keypoints":[)";
  for (std::size_t k = 0; k < kNumCocoPoints; ++k) {
    out += k > 0 ? "," : "";
    if (view.visibility[k] == 0) {
      out += "0,0,0";
      continue;
    }
    ++labelled;
    fmt::format_to(to, "{:.2f},{:.2f},{}", view.points[k].x() + kCorner,
                   view.points[k].y() + kCorner, view.visibility[k]);
  }
  fmt::format_to(to, R"(],"num_keypoints":{})", labelled);
}

void AppendPerson(std::string& out, const PictureLabel& label, const PictureLabel::Person& person,
                  std::int64_t id) {
  const PersonView& view = person.view;
  const Lens& lens = label.camera.lens;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, R"({{"id":{},"image_id":{},"category_id":1,"iscrowd":0,)", id, label.id);
  AppendKeypoints(out, view);
  fmt::format_to(to, R"(,"bbox":[{},{},{},{}],"area":{},)", view.box.x, view.box.y, view.box.width,
                 view.box.height, view.area);
  fmt::format_to(to, R"("segmentation":{{"size":[{},{}],"counts":{}}},)", lens.height, lens.width,
                 Quoted(person.counts));
  fmt::format_to(to, R"("full_box":[{:.2f},{:.2f},{:.2f},{:.2f}],)", view.full_box.x + kCorner,
                 view.full_box.y + kCorner, view.full_box.width, view.full_box.height);
  const auto& r = view.rotated;
  fmt::format_to(to, R"("rotated_box":[{:.2f},{:.2f},{:.2f},{:.2f},{:.2f}],)", r[0] + kCorner,
                 r[1] + kCorner, r[2], r[3], r[4]);
  fmt::format_to(to, R"("identity":{},"track_id":{},"floor":[{:.4f},{:.4f}],)", person.identity,
                 person.track, person.floor.x(), person.floor.y());
  if (view.floor) {
    fmt::format_to(to, R"("floor_pixel":[{:.2f},{:.2f}],)", view.floor->x() + kCorner,
                   view.floor->y() + kCorner);
  }
  if (person.visibility >= 0) {
    fmt::format_to(to, R"("visible":{:.3f},)", person.visibility);
  }
  fmt::format_to(to, R"("facing":{:.1f},"height":{:.3f}}})", person.yaw_rad * kDegrees,
                 person.height_m);
}

//! Calls with each line of the file, without its newline.
template <typename Use>
void ForEachLine(const std::filesystem::path& path, const Use& use) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(fmt::format("cannot read {}", path.string()));
  }
  std::string line;
  while (std::getline(in, line)) {
    use(line);
  }
  if (in.bad()) {
    throw Error(fmt::format("cannot read {}: reading stopped half-way", path.string()));
  }
}

//! The image and the annotations (without brackets) of a line.
std::pair<std::string_view, std::string_view> Halves(std::string_view line,
                                                     const std::filesystem::path& path) {
  const auto between = line.find(kBetween);
  if (!line.starts_with(kStart) || between == std::string_view::npos || !line.ends_with("]}")) {
    throw Error(fmt::format("{} holds a line that is no picture's label", path.string()));
  }
  const auto first = between + kBetween.size();
  return {line.substr(kStart.size(), between - kStart.size()),
          line.substr(first, line.size() - 2 - first)};
}

}  // namespace

std::string LensName(LensKind kind) {
  switch (kind) {
    case LensKind::kPinhole:
      return "pinhole";
    case LensKind::kEquidistant:
      return "equidistant";
    case LensKind::kEquisolid:
      return "equisolid";
    case LensKind::kStereographic:
      return "stereographic";
  }
  throw CheckFailure("internal error: a lens without a name");
}

std::string CameraJson(const Camera& camera) {
  const Lens& lens = camera.lens;
  std::string out = fmt::format(
      R"({{"lens":"{}","width":{},"height":{},"fx":{:.6f},"fy":{:.6f},"cx":{:.6f},"cy":{:.6f},)",
      LensName(lens.kind), lens.width, lens.height, lens.fx, lens.fy, lens.cx + kCorner,
      lens.cy + kCorner);
  const auto& d = lens.distortion;
  out += fmt::format(R"("distortion":[{:.9g},{:.9g},{:.9g},{:.9g},{:.9g}],"max_angle":{:.6f},)",
                     d[0], d[1], d[2], d[3], d[4], lens.max_angle_rad * kDegrees);
  const Eigen::Matrix3d r = camera.world_from_camera.toRotationMatrix();
  out += R"("world_from_camera":[)";
  for (int row = 0; row < 3; ++row) {
    out += fmt::format("{}[{:.9f},{:.9f},{:.9f}]", row > 0 ? "," : "", r(row, 0), r(row, 1),
                       r(row, 2));
  }
  const Eigen::Vector3d& c = camera.centre;
  out += fmt::format(R"(],"centre":[{:.6f},{:.6f},{:.6f}],"height_m":{:.6f},"tilt":{:.4f}}})",
                     c.x(), c.y(), c.z(), c.z(), TiltDegrees(camera));
  return out;
}

PictureLabel MakeLabel(std::int64_t id, std::string file_name, const Scene& scene,
                       const Camera& camera, const Rendering& rendering,
                       const std::vector<PersonView>& views) {
  TENJO_CHECK(views.size() == scene.people.size());
  TENJO_CHECK(static_cast<std::int64_t>(views.size()) < kMaxPeople);
  PictureLabel label;
  label.id = id;
  label.file_name = std::move(file_name);
  label.camera = camera;
  for (std::size_t i = 0; i < views.size(); ++i) {
    const PersonTruth& truth = scene.people[i];
    PictureLabel::Person person;
    person.identity = truth.identity;
    person.track = truth.track;
    person.floor = truth.floor;
    person.yaw_rad = truth.yaw_rad;
    person.height_m = truth.height_m;
    person.view = views[i];
    if (views[i].area > 0) {
      person.counts =
          EncodeRuns(MaskRuns(rendering.person, static_cast<std::int16_t>(i), views[i].box));
    }
    label.people.push_back(std::move(person));
  }
  return label;
}

std::string LabelLine(const PictureLabel& label) {
  std::string out(kStart);
  fmt::format_to(std::back_inserter(out),
                 R"({{"id":{},"file_name":{},"width":{},"height":{},"time":{:.6f},)", label.id,
                 Quoted(label.file_name), label.camera.lens.width, label.camera.lens.height,
                 label.time_s);
  if (label.camera_index >= 0) {
    out += fmt::format(R"("camera_index":{},)", label.camera_index);
  }
  out += R"("camera":)" + CameraJson(label.camera) + "}";
  out += kBetween;
  std::int64_t id = kMaxPeople * label.id;
  bool first = true;
  for (const auto& person : label.people) {
    ++id;
    if (person.view.area == 0) {
      continue;
    }
    out += first ? "" : ",";
    first = false;
    AppendPerson(out, label, person, id);
  }
  return out + "]}";
}

void WriteCocoFile(const std::filesystem::path& lines, const std::filesystem::path& json,
                   const std::string& description) {
  AtomicFile out(json);
  out.Write(
      fmt::format(R"({{"info":{{"description":{},"pixels":"from the corner of the first one"}},)",
                  Quoted(description)));
  out.Write(fmt::format("\n\"categories\":{},\n\"images\":[", kCategories));
  bool first = true;
  ForEachLine(lines, [&](const std::string& line) {
    out.Write(first ? "\n" : ",\n");
    out.Write(Halves(line, lines).first);
    first = false;
  });
  out.Write("],\n\"annotations\":[");
  first = true;
  ForEachLine(lines, [&](const std::string& line) {
    const auto annotations = Halves(line, lines).second;
    if (annotations.empty()) {
      return;
    }
    out.Write(first ? "\n" : ",\n");
    out.Write(annotations);
    first = false;
  });
  out.Write("]}\n");
  out.Commit();
}

}  // namespace tenjo::synth
