#include "tenjo/dataset/fastlabel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/pose/skeleton_box.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

constexpr float kCorner = 0.5F;  // FastLabel's pixels less OpenCV's
constexpr double kMostPixels = 1e6;

// "Left Eye", "leftEye" and "left-eye" are left_eye.
std::string PlainKey(std::string_view key) {
  std::string plain;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isupper(byte) != 0 && !plain.empty() && plain.back() != '_' &&
        std::isupper(static_cast<unsigned char>(plain.back())) == 0) {
      plain += '_';
    }
    const bool gap = c == ' ' || c == '-' || c == '.';
    plain += gap ? '_' : static_cast<char>(std::tolower(byte));
  }
  return plain;
}

std::optional<int> KeypointOf(const std::string& key, const FastLabelOptions& options) {
  const auto named = options.keypoints.find(key);
  const std::string plain = PlainKey(named == options.keypoints.end() ? key : named->second);
  for (int k = 0; k < kNumKeypoints; ++k) {
    if (plain == kKeypointNames[k]) {
      return k;
    }
  }
  return std::nullopt;
}

std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<double> NumberOf(const Json& value) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const double number = value.get<double>();
  return std::isfinite(number) && std::abs(number) <= kMostPixels ? std::optional(number)
                                                                  : std::nullopt;
}

std::optional<std::vector<float>> Ring(const Json& points) {
  if (!points.is_array() || points.size() < 6 || points.size() % 2 != 0) {
    return std::nullopt;
  }
  std::vector<float> ring;
  for (const Json& point : points) {
    const std::optional<double> number = NumberOf(point);
    if (!number) {
      return std::nullopt;
    }
    ring.push_back(static_cast<float>(*number) - kCorner);
  }
  return ring;
}

Box BoxOf(const std::vector<std::vector<float>>& rings) {
  float left = INFINITY;
  float top = INFINITY;
  float right = -INFINITY;
  float bottom = -INFINITY;
  for (const std::vector<float>& ring : rings) {
    for (std::size_t i = 0; i + 1 < ring.size(); i += 2) {
      left = std::min(left, ring[i]);
      right = std::max(right, ring[i]);
      top = std::min(top, ring[i + 1]);
      bottom = std::max(bottom, ring[i + 1]);
    }
  }
  return {left, top, static_cast<double>(right) - left, static_cast<double>(bottom) - top};
}

double AreaOf(const std::vector<std::vector<float>>& rings) {
  double area = 0;
  for (const std::vector<float>& ring : rings) {
    double twice = 0;
    for (std::size_t i = 0; i + 1 < ring.size(); i += 2) {
      const std::size_t next = (i + 2) % ring.size();
      twice += static_cast<double>(ring[i]) * ring[next + 1] -
               static_cast<double>(ring[next]) * ring[i + 1];
    }
    area += std::abs(twice) / 2;
  }
  return area;
}

class Reader {
 public:
  Reader(std::string name, const std::filesystem::path& image_folder,
         const FastLabelOptions& options)
      : name_(std::move(name)), image_folder_(image_folder), options_(options) {
    result_.set.name = name_;
  }

  FastLabelSet Read(std::string_view text) {
    Json root;
    try {
      root = Json::parse(text.begin(), text.end());
    } catch (const Json::parse_error& error) {
      throw Error(fmt::format("{} is no JSON: it breaks at byte {}.", name_, error.byte));
    } catch (const Json::exception&) {
      throw Error(fmt::format("{} holds a number that is too large to be read.", name_));
    }
    if (!root.is_array()) {
      throw Error(fmt::format("{} is no export of FastLabel: it must be a list of tasks.", name_));
    }
    for (const Json& task : root) {
      ++task_;
      TakeTask(task);
    }
    if (result_.set.images.empty()) {
      throw Error(fmt::format("{} has no tasks that are images.", name_));
    }
    return std::move(result_);
  }

 private:
  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(fmt::format("{}, task {}: {}", name_, task_, what));
  }

  void TakeTask(const Json& task) {
    if (!task.is_object() || TextAt(task, "name").empty()) {
      Fail("it must be an object with a name.");
    }
    const auto annotations = task.find("annotations");
    if (annotations == task.end() || !annotations->is_array()) {
      Fail("it has no list of annotations.");
    }
    LabelledImage image;
    image.id = task_;
    image.file = image_folder_ / TextAt(task, "name");
    image.width = Side(task, "width");
    image.height = Side(task, "height");
    std::vector<LabelledPerson> poses;
    for (const Json& annotation : *annotations) {
      if (!annotation.is_object()) {
        Fail("an annotation is no object.");
      }
      if (annotation.contains("points") && annotation["points"].is_object()) {
        ++result_.videos;
        return;
      }
      TakeAnnotation(annotation, &image, &poses);
    }
    result_.unfinished += annotations->empty() ? 1 : 0;
    Join(std::move(poses), &image);
    for (LabelledPerson& person : image.people) {
      person.id = ++people_;
    }
    result_.set.images.push_back(std::move(image));
  }

  int Side(const Json& task, const char* key) const {
    const auto found = task.find(key);
    const std::optional<double> number = found == task.end() ? std::nullopt : NumberOf(*found);
    if (!number || *number < 1) {
      Fail(fmt::format("its {} must be a number of pixels above 0.", key));
    }
    return static_cast<int>(*number);
  }

  void TakeAnnotation(const Json& annotation, LabelledImage* image,
                      std::vector<LabelledPerson>* poses) {
    const std::string type = TextAt(annotation, "type");
    if (type == "pose_estimation") {
      poses->push_back(Pose(annotation, *image));
      return;
    }
    const auto is_one_of = [&](const std::set<std::string>& words) {
      return words.contains(TextAt(annotation, "value")) ||
             words.contains(TextAt(annotation, "title"));
    };
    const bool crowd = is_one_of(options_.crowds);
    const bool area = type == "bbox" || type == "polygon" || type == "segmentation";
    if (!area || !(crowd || is_one_of(options_.people))) {
      ++result_.other_annotations;
      return;
    }
    std::optional<LabelledPerson> person = Area(annotation, type);
    if (!person) {
      ++result_.set.skipped.damaged;
      return;
    }
    person->crowd = crowd;
    if (annotation.contains("keypoints") && annotation["keypoints"].is_array() &&
        !annotation["keypoints"].empty()) {
      const LabelledPerson pose = Pose(annotation, *image);
      person->keypoints = pose.keypoints;
      person->visibility = pose.visibility;
      person->num_keypoints = pose.num_keypoints;
    }
    image->people.push_back(std::move(*person));
  }

  LabelledPerson Pose(const Json& annotation, const LabelledImage& image) {
    const auto keypoints = annotation.find("keypoints");
    if (keypoints == annotation.end() || !keypoints->is_array()) {
      Fail("a pose has no list of keypoints.");
    }
    LabelledPerson person;
    for (const Json& keypoint : *keypoints) {
      if (!keypoint.is_object()) {
        Fail("a keypoint is no object.");
      }
      const std::string key = TextAt(keypoint, "key");
      const std::optional<int> k = KeypointOf(key, options_);
      if (!k) {
        result_.other_keys.insert(key);
        continue;
      }
      const auto value = keypoint.find("value");
      if (value == keypoint.end() || value->is_null() || (value->is_array() && value->empty())) {
        continue;
      }
      if (!value->is_array() || value->size() < 2 || !NumberOf((*value)[0]) ||
          !NumberOf((*value)[1])) {
        Fail(fmt::format("the value of the keypoint {} must be [x, y, 0 or 1].", key));
      }
      const Keypoint at{static_cast<float>(*NumberOf((*value)[0])) - kCorner,
                        static_cast<float>(*NumberOf((*value)[1])) - kCorner, 1};
      if (at.x < -1.5F || at.y < -1.5F || at.x > static_cast<float>(image.width) + 0.5F ||
          at.y > static_cast<float>(image.height) + 0.5F) {
        ++result_.set.skipped.keypoints_outside;
        continue;
      }
      const bool seen = value->size() < 3 || NumberOf((*value)[2]).value_or(1) != 0;
      person.num_keypoints += person.visibility[*k] == kNotLabelled ? 1 : 0;
      person.keypoints[*k] = at;
      person.visibility[*k] = seen ? kSeen : kHidden;
    }
    return person;
  }

  static std::optional<LabelledPerson> Area(const Json& annotation, const std::string& type) {
    const auto points = annotation.find("points");
    if (points == annotation.end() || !points->is_array()) {
      return std::nullopt;
    }
    LabelledPerson person;
    if (type == "bbox") {
      if (points->size() != 4) {
        return std::nullopt;
      }
      std::vector<float> corners;
      for (const Json& point : *points) {
        const std::optional<double> number = NumberOf(point);
        if (!number) {
          return std::nullopt;
        }
        corners.push_back(static_cast<float>(*number) - kCorner);
      }
      person.box = BoxOf({corners});
      person.area = person.box.area();
    } else {
      // Of a segmentation each region is its outline and then its holes, which COCO does not have.
      const Json lone = Json::array({Json::array({*points})});
      for (const Json& region : type == "segmentation" ? *points : lone[0]) {
        const auto ring = Ring(
            type == "segmentation" && region.is_array() && !region.empty() ? region[0] : region);
        if (!ring) {
          return std::nullopt;
        }
        person.mask.polygons.push_back(*ring);
      }
      person.box = BoxOf(person.mask.polygons);
      person.area = AreaOf(person.mask.polygons);
    }
    return person.box.area() > 0 ? std::optional(person) : std::nullopt;
  }

  // Gives each pose the box or area that holds the most of its keypoints.
  static void Join(std::vector<LabelledPerson> poses, LabelledImage* image) {
    std::vector<LabelledPerson> alone;
    for (LabelledPerson& pose : poses) {
      if (pose.num_keypoints == 0) {
        continue;
      }
      LabelledPerson* best = nullptr;
      int most = (pose.num_keypoints + 1) / 2 - 1;
      for (LabelledPerson& person : image->people) {
        int inside = 0;
        for (const Keypoint& keypoint : pose.keypoints) {
          inside += keypoint.score > 0 && keypoint.x >= person.box.x - 1 &&
                            keypoint.y >= person.box.y - 1 &&
                            keypoint.x <= person.box.right() + 1 &&
                            keypoint.y <= person.box.bottom() + 1
                        ? 1
                        : 0;
        }
        if (!person.crowd && person.num_keypoints == 0 &&
            (inside > most ||
             (best != nullptr && inside == most && person.box.area() < best->box.area()))) {
          most = inside;
          best = &person;
        }
      }
      if (best != nullptr) {
        best->keypoints = pose.keypoints;
        best->visibility = pose.visibility;
        best->num_keypoints = pose.num_keypoints;
      } else {
        pose.box = SkeletonBox(pose.keypoints);
        pose.area = pose.box.area();
        alone.push_back(pose);
      }
    }
    image->people.insert(image->people.end(), alone.begin(), alone.end());
  }

  std::string name_;
  std::filesystem::path image_folder_;
  const FastLabelOptions& options_;
  FastLabelSet result_;
  int task_ = 0;
  std::int64_t people_ = 0;
};

}  // namespace

std::vector<std::string> FastLabelSet::Sentences() const {
  std::vector<std::string> sentences = set.skipped.Sentences(set.name);
  if (other_annotations > 0) {
    sentences.push_back(fmt::format("{}: {} annotations left out: they are no people", set.name,
                                    other_annotations));
  }
  if (!other_keys.empty()) {
    sentences.push_back(fmt::format("{}: keypoints left out that COCO does not have: {}", set.name,
                                    fmt::join(other_keys, ", ")));
  }
  if (videos > 0) {
    sentences.push_back(fmt::format("{}: {} tasks left out: they are videos", set.name, videos));
  }
  if (unfinished > 0) {
    sentences.push_back(
        fmt::format("{}: {} images have no annotations; they count as images without people",
                    set.name, unfinished));
  }
  return sentences;
}

FastLabelSet ParseFastLabel(std::string_view text, const std::string& name,
                            const std::filesystem::path& image_folder,
                            const FastLabelOptions& options) {
  return Reader(name, image_folder, options).Read(text);
}

FastLabelSet ReadFastLabel(const std::filesystem::path& file,
                           const std::filesystem::path& image_folder,
                           const FastLabelOptions& options) {
  return ParseFastLabel(ReadFile(file), file.string(), image_folder, options);
}

}  // namespace tenjo
