#include "tenjo/synth/set/sequence_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <system_error>
#include <utility>

#include "tenjo/base/error.h"

namespace tenjo::synth {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kJpegQuality = 92;
constexpr float kPathStepS = 0.2F;
constexpr double kDegrees = 57.29577951308232;

double Rounded(double value, double digits = 1000) { return std::round(value * digits) / digits; }

Json Point(const Vec3f& at, int count = 2) {
  Json point = Json::array();
  for (int i = 0; i < count; ++i) {
    point.push_back(Rounded(static_cast<double>(at[i])));
  }
  return point;
}

Json Box(const Rect& rect) {
  return {Rounded(rect.x0), Rounded(rect.y0), Rounded(rect.x1), Rounded(rect.y1)};
}

Json PlaceJson(const Place& place) {
  Json json;
  json["room"] = Box(place.room);
  json["ceiling"] = Rounded(place.ceiling_m);
  json["obstacles"] = Json::array();
  for (const Rect& rect : place.obstacles) {
    json["obstacles"].push_back(Box(rect));
  }
  json["doors"] = Json::array();
  for (const Vec3f& door : place.doors) {
    json["doors"].push_back(Point(door));
  }
  json["shelves"] = Json::array();
  for (const ShelfFront& shelf : place.shelves) {
    json["shelves"].push_back({{"id", shelf.id}, {"stand", Point(shelf.stand)}});
  }
  json["queue"] = Json::array();
  for (const Vec3f& slot : place.queue) {
    json["queue"].push_back(Point(slot));
  }
  json["till"] = place.queue.empty() ? Json() : Point(place.till, 3);
  json["seats"] = Json::array();
  for (const Seat& seat : place.seats) {
    json["seats"].push_back(Point(seat.place));
  }
  return json;
}

Json PeopleJson(const Stage& stage) {
  Json people = Json::array();
  for (const auto& [identity, actor] : stage.actors()) {
    people.push_back({{"identity", identity},
                      {"role", actor.role == OutfitRole::kStaff ? "staff" : "guest"},
                      {"height", Rounded(actor.rest.height_m)},
                      {"age", Rounded(actor.shape.age_years, 1)},
                      {"female", actor.shape.female},
                      {"child", actor.shape.child}});
  }
  return people;
}

Json TracksJson(const Stage& stage, double end_s) {
  Json tracks = Json::array();
  for (const CrowdTrack& track : stage.crowd().tracks()) {
    if (track.enter_s >= end_s) {
      continue;
    }
    const bool enters = track.enter_s >= 0 && !track.staff;
    const bool leaves = track.leave_s < end_s && !track.staff;
    Json json;
    json["track"] = track.track;
    json["identity"] = track.identity;
    json["enter"] = enters ? Json(Rounded(track.enter_s)) : Json();
    json["enter_door"] = enters ? Json(track.enter_door) : Json();
    json["leave"] = leaves ? Json(Rounded(track.leave_s)) : Json();
    json["leave_door"] = leaves ? Json(track.leave_door) : Json();
    json["path"] = Json::array();
    tracks.push_back(std::move(json));
  }
  // Ways on the floor: time, x, y, facing in degrees, how far one sits.
  const auto steps = static_cast<int>(end_s / static_cast<double>(kPathStepS) + 1e-6);
  for (int i = 0; i <= steps; ++i) {
    const float time = static_cast<float>(i) * kPathStepS;
    for (const CrowdMoment& moment : stage.crowd().At(time)) {
      const auto index = static_cast<std::size_t>(moment.track - 1);
      if (index < tracks.size()) {
        tracks[index]["path"].push_back(
            {Rounded(time), Rounded(moment.floor.x()), Rounded(moment.floor.y()),
             Rounded(moment.yaw_rad * kDegrees, 1), Rounded(moment.sitting, 100)});
      }
    }
  }
  return tracks;
}

Json EventsJson(const Stage& stage, double end_s) {
  Json events = Json::array();
  for (const CrowdEvent& event : stage.crowd().events()) {
    if (event.start_s >= end_s) {
      continue;
    }
    constexpr std::array<const char*, 3> kHands = {"left", "right", "both"};
    Json json;
    json["event"] = Name(event.kind);
    json["track"] = event.track;
    json["identity"] = event.identity;
    json["start"] = Rounded(event.start_s);
    json["middle"] = Rounded(event.middle_s);
    json["end"] = Rounded(event.end_s);
    if (event.hand >= 0) {
      json["hand"] = kHands[static_cast<std::size_t>(event.hand)];
    }
    if (event.shelf >= 0) {
      json["shelf"] = event.shelf;
    }
    if (event.goods >= 0) {
      json["goods"] = event.goods;
    }
    if (event.other >= 0) {
      json["with"] = event.other;
    }
    json["place"] = Point(event.place, 3);
    events.push_back(std::move(json));
  }
  return events;
}

//! One entry of the array a line, so that people can read it.
void AppendArray(std::string& out, const char* name, const Json& entries) {
  out += fmt::format(",\n \"{}\": [", name);
  bool first = true;
  for (const Json& entry : entries) {
    out += first ? "\n  " : ",\n  ";
    out += entry.dump();
    first = false;
  }
  out += first ? "]" : "\n ]";
}

}  // namespace

std::string MotTruthLine(std::int64_t frame, const PictureLabel::Person& person, int width,
                         int height) {
  const cv::Rect2d& box = person.view.full_box;
  const cv::Rect2d inside = box & cv::Rect2d(-0.5, -0.5, width, height);
  if (inside.area() <= 0) {
    return {};
  }
  return fmt::format("{},{},{:.2f},{:.2f},{:.2f},{:.2f},{},1,{:.3f}\n", frame, person.track,
                     box.x + 1.5, box.y + 1.5, box.width, box.height, person.view.area > 0 ? 1 : 0,
                     person.visibility);
}

FilmFiles::FilmFiles(const SequenceOptions& options, int camera)
    : name_(fmt::format("cam{}", camera + 1)),
      out_(options.out),
      fps_(options.fps),
      images_(options.images),
      masks_(options.masks),
      lines_path_(out_ / (name_ + ".labels.tmp")),
      video_(VideoWriter::Create(out_ / (name_ + ".mp4"), options.fps)),
      lines_(std::make_unique<AtomicFile>(lines_path_)),
      truth_(std::make_unique<AtomicFile>(out_ / (name_ + ".gt.txt"))) {
  if (images_) {
    std::error_code error;
    fs::create_directories(out_ / name_, error);
    if (error) {
      throw Error(fmt::format("cannot make {}: {}", (out_ / name_).string(), error.message()));
    }
  }
}

FilmFiles::~FilmFiles() {
  std::error_code ignored;
  fs::remove(lines_path_, ignored);
}

void FilmFiles::Write(const Shot& shot) {
  const PictureLabel& label = shot.label;
  std::string line;
  if (masks_) {
    line = LabelLine(label);
  } else {
    PictureLabel bare = label;
    for (auto& person : bare.people) {
      person.counts.clear();
    }
    line = LabelLine(bare);
  }
  constexpr std::string_view kImage = R"({"image":{)";
  TENJO_CHECK(line.starts_with(kImage));
  line.insert(kImage.size(), fmt::format(R"("video":"{}.mp4","frame":{},)", name_, label.id - 1));
  lines_->Write(line + "\n");
  for (const auto& person : label.people) {
    truth_->Write(
        MotTruthLine(label.id, person, label.camera.lens.width, label.camera.lens.height));
  }
  video_->Write(shot.image);
  if (images_) {
    std::vector<std::uint8_t> bytes;
    cv::imencode(".jpg", shot.image, bytes, {cv::IMWRITE_JPEG_QUALITY, kJpegQuality});
    WriteFile(out_ / label.file_name,
              std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }
}

void FilmFiles::Finish() {
  video_->Finish();
  lines_->Commit();
  WriteCocoFile(lines_path_, out_ / (name_ + ".json"),
                fmt::format("Tenjo synthetic sequence, {} at {} fps", name_, fps_));
  truth_->Commit();
}

std::string TruthJson(const SequenceOptions& options, const Stage& stage, std::int64_t frames) {
  const double end_s = static_cast<double>(frames) / options.fps;
  std::string out = fmt::format(
      "{{\n \"description\": \"Tenjo synthetic sequence\", \"seed\": {}, \"fps\": {}, "
      "\"frames\": {}, \"seconds\": {},\n \"place\": {}",
      options.seed, options.fps, frames, Rounded(end_s), PlaceJson(stage.place()).dump());
  Json cameras = Json::array();
  for (std::size_t c = 0; c < stage.cameras().size(); ++c) {
    const std::string name = fmt::format("cam{}", c + 1);
    cameras.push_back({{"name", name},
                       {"video", name + ".mp4"},
                       {"labels", name + ".json"},
                       {"mot", name + ".gt.txt"},
                       {"camera", Json::parse(CameraJson(stage.cameras()[c].camera))}});
  }
  AppendArray(out, "cameras", cameras);
  AppendArray(out, "people", PeopleJson(stage));
  AppendArray(out, "events", EventsJson(stage, end_s));
  AppendArray(out, "tracks", TracksJson(stage, end_s));
  return out + "\n}\n";
}

}  // namespace tenjo::synth
