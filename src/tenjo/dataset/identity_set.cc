#include "tenjo/dataset/identity_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/coco_lists.h"
#include "tenjo/vision/person.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

constexpr double kCorner = 0.5;  // COCO's pixels less OpenCV's
constexpr double kLeastSeen = 0.2;
constexpr double kLeastSide = 12;
constexpr double kMostPixels = 1e6;

std::optional<double> NumberOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number() || !std::isfinite(found->get<double>())) {
    return std::nullopt;
  }
  return found->get<double>();
}

std::optional<std::int64_t> WholeOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) {
    return std::nullopt;
  }
  return found->get<std::int64_t>();
}

template <std::size_t kCount>
std::optional<std::array<double, kCount>> NumbersOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() != kCount) {
    return std::nullopt;
  }
  std::array<double, kCount> numbers{};
  for (std::size_t i = 0; i < kCount; ++i) {
    if (!(*found)[i].is_number() || !(std::abs((*found)[i].get<double>()) < kMostPixels)) {
      return std::nullopt;
    }
    numbers[i] = (*found)[i].get<double>();
  }
  return numbers;
}

struct Point {
  double x = 0;
  double y = 0;
};

using Keypoints = std::array<double, 3U * kNumKeypoints>;

std::optional<Point> Mean(const Keypoints& keypoints, std::initializer_list<int> which) {
  Point sum;
  int count = 0;
  for (const int k : which) {
    const auto at = 3 * static_cast<std::size_t>(k);
    if (keypoints[at + 2] > 0) {
      sum.x += keypoints[at];
      sum.y += keypoints[at + 1];
      ++count;
    }
  }
  return count > 0 ? std::optional(Point{sum.x / count, sum.y / count}) : std::nullopt;
}

// A rotated box has no upper end of its own: its angle lies within (-90, 90] degrees.
bool StandsOnHead(const Keypoints& keypoints, double up_rad) {
  const auto head = Mean(keypoints, {kNose, kLeftEye, kRightEye, kLeftEar, kRightEar});
  const auto shoulders = Mean(keypoints, {kLeftShoulder, kRightShoulder});
  const auto hips = Mean(keypoints, {kLeftHip, kRightHip});
  const auto feet = Mean(keypoints, {kLeftKnee, kRightKnee, kLeftAnkle, kRightAnkle});
  const auto upper = head ? head : shoulders;
  const auto lower = hips ? hips : feet;
  return upper && lower &&
         std::sin(up_rad) * (upper->x - lower->x) - std::cos(up_rad) * (upper->y - lower->y) < 0;
}

struct RawCrop {
  std::int64_t image = 0;
  IdentityCrop crop;
};

class Reader {
 public:
  Reader(const std::string& name, std::filesystem::path images)
      : images_folder_(std::move(images)) {
    set_.name = name;
  }

  IdentitySet Read(std::string_view text) {
    try {
      const Json root = ReadCocoLists(
          text, [this](const Json& image) { TakeImage(image); },
          [this](const Json& annotation) { TakePerson(annotation); });
      if (!root.is_object() || !root.contains("images") || !root.contains("annotations")) {
        throw Error(fmt::format(
            "{} is no COCO file: it must be an object with the lists images and annotations.",
            set_.name));
      }
    } catch (const Json::exception& error) {
      throw Error(fmt::format("{} is no JSON that can be read: {}.", set_.name, error.what()));
    }
    Join();
    return std::move(set_);
  }

 private:
  struct Image {
    std::filesystem::path file;
    int width = 0;
    int height = 0;
    int camera = 0;
  };

  void TakeImage(const Json& object) {
    const auto id = WholeOf(object, "id");
    const auto width = NumberOf(object, "width");
    const auto height = NumberOf(object, "height");
    const auto name = object.find("file_name");
    if (!id || !width || !height || name == object.end() || !name->is_string() || *width < 1 ||
        *height < 1 || *width > kMostPixels || *height > kMostPixels) {
      return;  // its people are counted
    }
    Image image;
    image.file = images_folder_ / name->get<std::string>();
    image.width = static_cast<int>(*width);
    image.height = static_cast<int>(*height);
    const std::int64_t camera = WholeOf(object, "camera_index").value_or(0);
    image.camera = static_cast<int>(std::clamp<std::int64_t>(camera, 0, 1'000'000));
    images_.emplace(*id, std::move(image));
  }

  void TakePerson(const Json& object) {
    const auto image = WholeOf(object, "image_id");
    auto identity = WholeOf(object, "identity");
    identity = identity ? identity : WholeOf(object, "track_id");
    const auto rotated = NumbersOf<5>(object, "rotated_box");
    const auto box = NumbersOf<4>(object, "bbox");
    if (!image || !identity || (!rotated && !box)) {
      ++set_.unknown;
      return;
    }
    RawCrop raw;
    raw.image = *image;
    IdentityCrop& crop = raw.crop;
    crop.identity = *identity;
    if (rotated && (*rotated)[2] > 0 && (*rotated)[3] > 0) {
      crop.cx = (*rotated)[0] - kCorner;
      crop.cy = (*rotated)[1] - kCorner;
      crop.w = (*rotated)[2];
      crop.h = (*rotated)[3];
      crop.up_rad = (*rotated)[4] * std::numbers::pi / 180;
      const auto keypoints = NumbersOf<3 * kNumKeypoints>(object, "keypoints");
      if (keypoints && StandsOnHead(*keypoints, crop.up_rad)) {
        crop.up_rad += std::numbers::pi;
      }
    } else if (box) {
      crop.cx = (*box)[0] + (*box)[2] / 2 - kCorner;
      crop.cy = (*box)[1] + (*box)[3] / 2 - kCorner;
      crop.w = (*box)[2];
      crop.h = (*box)[3];
    }
    if (!(std::max(crop.w, crop.h) >= kLeastSide)) {
      ++set_.small;
    } else if (NumberOf(object, "visible").value_or(1) < kLeastSeen) {
      ++set_.hidden;
    } else {
      people_.push_back(std::move(raw));
    }
  }

  void Join() {
    for (RawCrop& raw : people_) {
      const auto image = images_.find(raw.image);
      if (image == images_.end()) {
        ++set_.unknown;
        continue;
      }
      raw.crop.file = image->second.file;
      raw.crop.width = image->second.width;
      raw.crop.height = image->second.height;
      raw.crop.camera = image->second.camera;
      set_.crops.push_back(std::move(raw.crop));
    }
    people_.clear();
  }

  std::filesystem::path images_folder_;
  IdentitySet set_;
  std::unordered_map<std::int64_t, Image> images_;
  std::vector<RawCrop> people_;
};

// The label files of a folder, and whether they are a sequence's.
std::pair<std::vector<std::filesystem::path>, bool> LabelFiles(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::vector<std::filesystem::path> cameras;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(".json")) {
      continue;
    }
    if (name.starts_with("annotations")) {
      files.push_back(entry.path());
    } else if (name.starts_with("cam")) {
      cameras.push_back(entry.path());
    }
  }
  const bool sequence = files.empty();
  if (sequence) {
    files = std::move(cameras);
  }
  std::sort(files.begin(), files.end());
  return {files, sequence};
}

}  // namespace

IdentitySet ParseIdentities(std::string_view text, const std::string& name,
                            const std::filesystem::path& image_folder) {
  return Reader(name, image_folder).Read(text);
}

bool IsIdentitySet(const std::filesystem::path& path) {
  return path.extension() == ".json" || !LabelFiles(path).first.empty();
}

IdentitySet ReadIdentities(const std::filesystem::path& path,
                           const std::filesystem::path& image_folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files = {path};
  bool sequence = path.filename().string().starts_with("cam");
  if (std::filesystem::is_directory(path, error)) {
    std::tie(files, sequence) = LabelFiles(path);
    if (files.empty()) {
      throw Error(fmt::format(
          "{} has no annotations.json, no shards of one and no cam1.json of a sequence.",
          path.string()));
    }
  }
  IdentitySet all;
  all.name = path.string();
  for (const std::filesystem::path& file : files) {
    const std::filesystem::path beside =
        sequence ? file.parent_path() : file.parent_path() / "images";
    IdentitySet set = ParseIdentities(ReadFile(file), file.string(),
                                      image_folder.empty() ? beside : image_folder);
    all.hidden += set.hidden;
    all.small += set.small;
    all.unknown += set.unknown;
    std::move(set.crops.begin(), set.crops.end(), std::back_inserter(all.crops));
  }
  if (all.crops.empty()) {
    throw Error(fmt::format(
        "{} shows nobody of whom it says who it is; annotations must have an identity and a "
        "rotated_box or bbox.",
        path.string()));
  }
  return all;
}

}  // namespace tenjo
