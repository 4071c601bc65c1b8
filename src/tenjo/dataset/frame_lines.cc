#include "tenjo/dataset/frame_lines.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

using nlohmann::json;

constexpr double kLargest = 1e9;

// Thrown for a line that is JSON but no frame.
struct NoFrame {
  std::string what;
};

double NumberOf(const json& value) {
  const double number = value.get<double>();
  if (!(std::abs(number) <= kLargest)) {
    throw NoFrame{"a number is too large"};
  }
  return number;
}

const json& ListOf(const json& value, std::size_t size, const char* what) {
  if (!value.is_array() || value.size() != size) {
    throw NoFrame{fmt::format("{} must be {} numbers", what, size)};
  }
  return value;
}

Person PersonOf(const json& value) {
  Person person;
  if (const json& id = value.at("id"); !id.is_null()) {
    person.id = id.get<std::int64_t>();
  }
  person.score = NumberOf(value.at("score"));
  const json& box = ListOf(value.at("box"), 4, "box");
  person.box = {NumberOf(box[0]), NumberOf(box[1]), NumberOf(box[2]), NumberOf(box[3])};
  if (const auto rotated = value.find("rotated_box"); rotated != value.end()) {
    const json& sides = ListOf(*rotated, 5, "rotated_box");
    person.rotated_box = {NumberOf(sides[0]), NumberOf(sides[1]), NumberOf(sides[2]),
                          NumberOf(sides[3]), NumberOf(sides[4])};
  }
  const json& points = ListOf(value.at("keypoints"), kNumKeypoints, "keypoints");
  for (std::size_t i = 0; i < points.size(); ++i) {
    const json& point = ListOf(points[i], 3, "a keypoint");
    person.keypoints[i] = {static_cast<float>(NumberOf(point[0])),
                           static_cast<float>(NumberOf(point[1])),
                           static_cast<float>(NumberOf(point[2]))};
  }
  return person;
}

FrameLine FrameOf(const json& value) {
  FrameLine frame;
  frame.number = value.at("frame").get<std::int64_t>();
  if (frame.number < 0) {
    throw NoFrame{"frames count from 0"};
  }
  frame.time_s = NumberOf(value.at("time"));
  for (const json& person : value.at("people")) {
    frame.people.push_back(PersonOf(person));
  }
  return frame;
}

}  // namespace

std::vector<FrameLine> ReadFrameLines(const std::filesystem::path& path) {
  return ParseFrameLines(ReadFile(path), path.string());
}

std::vector<FrameLine> ParseFrameLines(std::string_view text, std::string_view name) {
  std::vector<FrameLine> frames;
  std::size_t number = 0;
  for (const std::string_view line : Split(text, '\n')) {
    ++number;
    if (Trim(line).empty()) {
      continue;
    }
    std::string why;
    try {
      frames.push_back(FrameOf(json::parse(line)));
      const std::size_t count = frames.size();
      if (count > 1 && frames[count - 1].number <= frames[count - 2].number) {
        why = "its frame does not come after the one before";
      }
    } catch (const NoFrame& error) {
      why = error.what;
    } catch (const json::exception&) {
      why = "it is not a frame as tenjo run --out writes it";
    }
    if (!why.empty()) {
      throw Error(fmt::format("{}, line {}: {}", name, number, why));
    }
  }
  return frames;
}

}  // namespace tenjo
