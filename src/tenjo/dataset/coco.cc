#include "tenjo/dataset/coco.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/dataset/coco_lists.h"
#include "tenjo/dataset/rle.h"

namespace tenjo {
namespace {

using Json = nlohmann::json;

constexpr double kMostPixels = 1e6;  // side of an image, and where a coordinate may lie
constexpr float kCorner = 0.5F;      // COCO's pixels less OpenCV's
constexpr std::size_t kNumbersOfKeypoints = 3 * kNumKeypoints;

std::optional<double> NumberOf(const Json& value) {
  if (!value.is_number()) {
    return std::nullopt;
  }
  const double number = value.get<double>();
  if (!std::isfinite(number) || std::abs(number) > 1e12) {
    return std::nullopt;
  }
  return number;
}

std::optional<double> NumberAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::nullopt : NumberOf(*found);
}

std::optional<std::int64_t> WholeAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) {
    return std::nullopt;
  }
  if (found->is_number_integer()) {
    return found->get<std::int64_t>();
  }
  const std::optional<double> number = NumberOf(*found);
  if (!number || *number != std::floor(*number)) {
    return std::nullopt;
  }
  return static_cast<std::int64_t>(*number);
}

// COCO's runs as text, whether the file has them as text or as numbers. Empty: no such thing.
std::string CountsOf(const Json& segmentation) {
  const auto counts = segmentation.find("counts");
  if (counts == segmentation.end()) {
    return {};
  }
  if (counts->is_string()) {
    return counts->get<std::string>();
  }
  if (!counts->is_array()) {
    return {};
  }
  std::vector<std::uint32_t> runs;
  for (const Json& run : *counts) {
    const std::optional<double> number = NumberOf(run);
    if (!number || *number < 0 || *number > UINT32_MAX || *number != std::floor(*number)) {
      return {};
    }
    runs.push_back(static_cast<std::uint32_t>(*number));
  }
  return EncodeRuns(runs);
}

// An annotation as it stands in the file; its image may come later.
struct RawPerson {
  std::int64_t image_id = 0;
  std::int64_t category = 1;
  bool damaged = false;
  bool box_known = false;
  bool bad_mask = false;
  LabelledPerson person;
};

class Reader {
 public:
  Reader(std::string_view name, std::filesystem::path image_folder)
      : image_folder_(std::move(image_folder)) {
    set_.name = name;
  }

  LabelledSet Read(std::string_view text) {
    Json root;
    try {
      root = ReadCocoLists(
          text, [this](const Json& image) { TakeImage(image); },
          [this](const Json& annotation) { TakeAnnotation(annotation); });
    } catch (const Json::parse_error& error) {
      throw Error(fmt::format("{} is no JSON: it breaks at byte {}.", set_.name, error.byte));
    } catch (const Json::exception&) {
      throw Error(fmt::format("{} holds a number that is too large to be read.", set_.name));
    }
    CheckRoot(root);
    ReadCategories(root);
    Join();
    return std::move(set_);
  }

 private:
  void CheckRoot(const Json& root) {
    for (const char* list : {"images", "annotations"}) {
      if (!root.is_object() || !root.contains(list) || !root[list].is_array()) {
        throw Error(fmt::format(
            "{} is no COCO file: it must be an object with the lists images and annotations.",
            set_.name));
      }
      // Objects were taken out while reading.
      const int rest = static_cast<int>(root[list].size());
      (list[0] == 'i' ? set_.skipped.damaged_images : set_.skipped.damaged) += rest;
    }
  }

  void TakeImage(const Json& object) {
    LabelledImage image;
    const std::optional<std::int64_t> id = WholeAt(object, "id");
    const std::optional<double> width = NumberAt(object, "width");
    const std::optional<double> height = NumberAt(object, "height");
    const auto name = object.find("file_name");
    if (!id || name == object.end() || !name->is_string() ||
        name->get_ref<const std::string&>().empty() || !width || !height || *width < 1 ||
        *height < 1 || *width > kMostPixels || *height > kMostPixels) {
      ++set_.skipped.damaged_images;
      return;
    }
    if (!index_.emplace(*id, set_.images.size()).second) {
      ++set_.skipped.repeated_images;
      return;
    }
    image.id = *id;
    image.file = image_folder_ / name->get<std::string>();
    image.width = static_cast<int>(*width);
    image.height = static_cast<int>(*height);
    set_.images.push_back(std::move(image));
  }

  void TakeAnnotation(const Json& object) {
    RawPerson raw;
    const std::optional<std::int64_t> image = WholeAt(object, "image_id");
    raw.damaged = !image;
    raw.image_id = image.value_or(0);
    raw.category = WholeAt(object, "category_id").value_or(1);
    raw.person.id = WholeAt(object, "id").value_or(0);
    const auto crowd = object.find("iscrowd");
    raw.person.crowd =
        crowd != object.end() && ((crowd->is_number() && crowd->get<double>() != 0) ||
                                  (crowd->is_boolean() && crowd->get<bool>()));
    TakeKeypoints(object, &raw);
    TakeMask(object, &raw);
    TakeBox(object, &raw);
    raw.person.area = NumberAt(object, "area").value_or(raw.person.box.area());
    raws_.push_back(std::move(raw));
  }

  static void TakeKeypoints(const Json& object, RawPerson* raw) {
    const auto found = object.find("keypoints");
    if (found == object.end() || found->is_null() || (found->is_array() && found->empty())) {
      return;
    }
    if (!found->is_array() || found->size() != kNumbersOfKeypoints) {
      raw->damaged = true;
      return;
    }
    for (int k = 0; k < kNumKeypoints; ++k) {
      const std::optional<double> x = NumberOf((*found)[3 * k]);
      const std::optional<double> y = NumberOf((*found)[3 * k + 1]);
      const std::optional<double> v = NumberOf((*found)[3 * k + 2]);
      if (!x || !y || !v) {
        raw->damaged = true;
        return;
      }
      if (*v >= 1) {
        raw->person.visibility[k] = *v >= 2 ? kSeen : kHidden;
        raw->person.keypoints[k] = {static_cast<float>(*x) - kCorner,
                                    static_cast<float>(*y) - kCorner, 1};
      }
    }
  }

  static void TakeMask(const Json& object, RawPerson* raw) {
    const auto found = object.find("segmentation");
    if (found == object.end() || found->is_null()) {
      return;
    }
    if (found->is_object()) {
      raw->person.mask.counts = CountsOf(*found);
      raw->bad_mask = raw->person.mask.counts.empty();
      return;
    }
    if (!found->is_array()) {
      raw->bad_mask = true;
      return;
    }
    for (const Json& ring : *found) {
      std::vector<float> polygon;
      bool good = ring.is_array() && ring.size() >= 6 && ring.size() % 2 == 0;
      for (std::size_t i = 0; good && i < ring.size(); ++i) {
        const std::optional<double> number = NumberOf(ring[i]);
        good = number && std::abs(*number) <= kMostPixels;
        polygon.push_back(good ? static_cast<float>(*number) - kCorner : 0);
      }
      if (good) {
        raw->person.mask.polygons.push_back(std::move(polygon));
      } else {
        raw->bad_mask = true;
      }
    }
  }

  static void TakeBox(const Json& object, RawPerson* raw) {
    TakeRotatedBox(object, "rotated_box", raw);
    TakeRotatedBox(object, "bbox", raw);
    const auto found = object.find("bbox");
    if (found == object.end() || !found->is_array() || found->size() != 4) {
      if (raw->person.rotated_box) {
        raw->box_known = true;
        raw->person.box = UprightBox(*raw->person.rotated_box);
      }
      return;
    }
    std::array<double, 4> numbers = {};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::optional<double> number = NumberOf((*found)[i]);
      if (!number || std::abs(*number) > kMostPixels) {
        return;
      }
      numbers[i] = *number;
    }
    raw->box_known = numbers[2] > 0 && numbers[3] > 0;
    raw->person.box = {numbers[0] - kCorner, numbers[1] - kCorner, numbers[2], numbers[3]};
  }

  // cx, cy, w, h, degrees clockwise; CEPDOF's stands as `bbox`.
  static void TakeRotatedBox(const Json& object, const char* key, RawPerson* raw) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array() || found->size() != 5) {
      return;
    }
    std::array<double, 5> numbers = {};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const std::optional<double> number = NumberOf((*found)[i]);
      if (!number || std::abs(*number) > kMostPixels) {
        return;
      }
      numbers[i] = *number;
    }
    if (numbers[2] > 0 && numbers[3] > 0) {
      raw->person.rotated_box = {numbers[0] - kCorner, numbers[1] - kCorner, numbers[2], numbers[3],
                                 HalfTurn(numbers[4])};
    }
  }

  void ReadCategories(const Json& root) {
    const auto categories = root.find("categories");
    if (categories == root.end() || !categories->is_array() || categories->empty()) {
      only_people_ = true;
      return;
    }
    std::vector<std::string> names;
    for (const Json& category : *categories) {
      if (!category.is_object() || !category.contains("name") || !category["name"].is_string()) {
        continue;
      }
      names.push_back(category["name"].get<std::string>());
      const std::optional<std::int64_t> id = WholeAt(category, "id");
      if (names.back() == "person" && id) {
        person_category_ = *id;
        ReadOrder(category);
        return;
      }
    }
    throw Error(fmt::format("{} has no category named person; its categories are: {}.", set_.name,
                            fmt::join(names, ", ")));
  }

  // Where each of COCO's keypoints stands in this file.
  void ReadOrder(const Json& category) {
    const auto keypoints = category.find("keypoints");
    if (keypoints == category.end() || !keypoints->is_array() || keypoints->empty()) {
      return;
    }
    for (int k = 0; k < kNumKeypoints; ++k) {
      const auto found = std::find(keypoints->begin(), keypoints->end(), Json(kKeypointNames[k]));
      if (found == keypoints->end() || keypoints->size() != kNumKeypoints) {
        throw Error(fmt::format(
            "{}: the keypoints of its category person are not COCO's 17 ({} is missing, or there "
            "are {}).",
            set_.name, kKeypointNames[k], keypoints->size()));
      }
      order_[k] = static_cast<int>(found - keypoints->begin());
    }
  }

  // Gives the annotations to their images and judges what needs the image for that.
  void Join() {
    if (set_.images.empty()) {
      throw Error(fmt::format("{} has no images that could be read from it.", set_.name));
    }
    for (RawPerson& raw : raws_) {
      if (!only_people_ && raw.category != person_category_) {
        ++set_.skipped.other_category;
        continue;
      }
      const auto image = index_.find(raw.image_id);
      if (raw.damaged) {
        ++set_.skipped.damaged;
      } else if (image == index_.end()) {
        ++set_.skipped.without_image;
      } else {
        Place(&raw, &set_.images[image->second]);
      }
    }
    raws_.clear();
  }

  void Place(RawPerson* raw, LabelledImage* image) {
    LabelledPerson& person = raw->person;
    Reorder(&person);
    DropOutside(*image, &person);
    if (!raw->box_known && !BoxOfKeypoints(&person)) {
      ++set_.skipped.damaged;
      return;
    }
    if (person.area <= 0) {
      person.area = person.box.area();
    }
    if (!person.mask.counts.empty() && !Fits(person.mask.counts, *image)) {
      person.mask.counts.clear();
      raw->bad_mask = true;
    }
    set_.skipped.bad_masks += raw->bad_mask ? 1 : 0;
    image->people.push_back(std::move(person));
  }

  void Reorder(LabelledPerson* person) const {
    const Skeleton keypoints = person->keypoints;
    const auto visibility = person->visibility;
    for (int k = 0; k < kNumKeypoints; ++k) {
      person->keypoints[k] = keypoints[order_[k]];
      person->visibility[k] = visibility[order_[k]];
    }
  }

  void DropOutside(const LabelledImage& image, LabelledPerson* person) {
    for (int k = 0; k < kNumKeypoints; ++k) {
      Keypoint& keypoint = person->keypoints[k];
      if (keypoint.score == 0) {
        continue;
      }
      // A pixel of grace: labels lie on the border itself.
      const auto beyond = [](float at, int size) {
        return !(at >= -1.5F && at <= static_cast<float>(size) + 0.5F);
      };
      if (beyond(keypoint.x, image.width) || beyond(keypoint.y, image.height)) {
        ++set_.skipped.keypoints_outside;
        keypoint = {};
        person->visibility[k] = kNotLabelled;
        continue;
      }
      ++person->num_keypoints;
    }
  }

  static bool BoxOfKeypoints(LabelledPerson* person) {
    float left = 0;
    float top = 0;
    float right = 0;
    float bottom = 0;
    bool first = true;
    for (const Keypoint& keypoint : person->keypoints) {
      if (keypoint.score > 0) {
        left = first ? keypoint.x : std::min(left, keypoint.x);
        right = first ? keypoint.x : std::max(right, keypoint.x);
        top = first ? keypoint.y : std::min(top, keypoint.y);
        bottom = first ? keypoint.y : std::max(bottom, keypoint.y);
        first = false;
      }
    }
    person->box = {left, top, static_cast<double>(right) - left, static_cast<double>(bottom) - top};
    return person->box.area() > 0;
  }

  static bool Fits(const std::string& counts, const LabelledImage& image) {
    try {
      std::uint64_t pixels = 0;
      for (const std::uint32_t run : DecodeRuns(counts)) {
        pixels += run;
      }
      return pixels ==
             static_cast<std::uint64_t>(image.width) * static_cast<std::uint64_t>(image.height);
    } catch (const Error&) {
      return false;
    }
  }

  std::filesystem::path image_folder_;
  LabelledSet set_;
  std::vector<RawPerson> raws_;
  std::unordered_map<std::int64_t, std::size_t> index_;
  bool only_people_ = false;
  std::int64_t person_category_ = 1;
  std::array<int, kNumKeypoints> order_ = [] {
    std::array<int, kNumKeypoints> order = {};
    for (int k = 0; k < kNumKeypoints; ++k) {
      order[k] = k;
    }
    return order;
  }();
};

// annotations-2-of-8.json -> {2, 8}.
std::optional<std::pair<int, int>> ShardOf(const std::string& name) {
  int shard = 0;
  int shards = 0;
  int end = 0;
  // NOLINTNEXTLINE(cert-err34-c): the text is checked by being written again.
  if (std::sscanf(name.c_str(), "annotations-%d-of-%d.json%n", &shard, &shards, &end) != 2 ||
      name != fmt::format("annotations-{}-of-{}.json", shard, shards)) {
    return std::nullopt;
  }
  return std::pair(shard, shards);
}

std::vector<std::filesystem::path> AnnotationFiles(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "annotations.json")) {
    return {folder / "annotations.json"};
  }
  std::vector<std::pair<int, std::filesystem::path>> shards;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (const auto shard = ShardOf(entry.path().filename().string())) {
      shards.emplace_back(shard->first, entry.path());
    }
  }
  if (shards.empty()) {
    throw Error(fmt::format(
        "{} holds no annotations.json and no annotations-I-of-N.json; a set's folder has one.",
        folder.string()));
  }
  std::sort(shards.begin(), shards.end());
  std::vector<std::filesystem::path> files;
  files.reserve(shards.size());
  for (const auto& [number, file] : shards) {
    files.push_back(file);
  }
  return files;
}

void Append(LabelledSet part, LabelledSet* set) {
  std::move(part.images.begin(), part.images.end(), std::back_inserter(set->images));
  SkippedLabels& to = set->skipped;
  const SkippedLabels& from = part.skipped;
  to.without_image += from.without_image;
  to.other_category += from.other_category;
  to.damaged += from.damaged;
  to.keypoints_outside += from.keypoints_outside;
  to.bad_masks += from.bad_masks;
  to.repeated_images += from.repeated_images;
  to.damaged_images += from.damaged_images;
}

double Rounded(double value) { return std::round(value * 100) / 100; }

Json PersonJson(const LabelledPerson& person, const LabelledImage& image) {
  Json keypoints = Json::array();
  for (int k = 0; k < kNumKeypoints; ++k) {
    const Keypoint& keypoint = person.keypoints[k];
    const bool known = keypoint.score > 0;
    keypoints.push_back(known ? Rounded(static_cast<double>(keypoint.x) + kCorner) : 0);
    keypoints.push_back(known ? Rounded(static_cast<double>(keypoint.y) + kCorner) : 0);
    keypoints.push_back(known ? person.visibility[k] : 0);
  }
  Json annotation = {{"id", person.id},
                     {"image_id", image.id},
                     {"category_id", 1},
                     {"iscrowd", person.crowd ? 1 : 0},
                     {"area", Rounded(person.area)},
                     {"bbox",
                      {Rounded(person.box.x + kCorner), Rounded(person.box.y + kCorner),
                       Rounded(person.box.w), Rounded(person.box.h)}},
                     {"num_keypoints", person.num_keypoints},
                     {"keypoints", std::move(keypoints)}};
  if (person.rotated_box) {
    const RotatedBox& box = *person.rotated_box;
    annotation["rotated_box"] = {Rounded(box.cx + kCorner), Rounded(box.cy + kCorner),
                                 Rounded(box.w), Rounded(box.h), Rounded(box.degrees)};
  }
  if (!person.mask.counts.empty()) {
    annotation["segmentation"] = {{"counts", person.mask.counts},
                                  {"size", {image.height, image.width}}};
  } else if (!person.mask.polygons.empty()) {
    Json rings = Json::array();
    for (const std::vector<float>& polygon : person.mask.polygons) {
      Json ring = Json::array();
      for (const float at : polygon) {
        ring.push_back(Rounded(static_cast<double>(at) + kCorner));
      }
      rings.push_back(std::move(ring));
    }
    annotation["segmentation"] = std::move(rings);
  }
  return annotation;
}

Json PersonCategory() {
  Json names = Json::array();
  for (const std::string_view name : kKeypointNames) {
    names.push_back(name);
  }
  return {{"id", 1}, {"name", "person"}, {"supercategory", "person"}, {"keypoints", names}};
}

}  // namespace

std::vector<std::string> SkippedLabels::Sentences(std::string_view name) const {
  std::vector<std::string> sentences;
  const auto say = [&](int count, std::string_view one, std::string_view many) {
    if (count > 0) {
      sentences.push_back(fmt::format("{}: {} {}", name, count, count == 1 ? one : many));
    }
  };
  say(damaged_images, "image left out: it lacks its id, name or size",
      "images left out: they lack their id, name or size");
  say(repeated_images, "image left out: its id is there already",
      "images left out: their ids are there already");
  say(other_category, "annotation left out: it is no person",
      "annotations left out: they are no persons");
  say(without_image, "annotation left out: its image is not in the file",
      "annotations left out: their images are not in the file");
  say(damaged, "annotation left out: its box or keypoints are damaged",
      "annotations left out: their boxes or keypoints are damaged");
  say(keypoints_outside, "keypoint outside its image taken as not labelled",
      "keypoints outside their images taken as not labelled");
  say(bad_masks, "mask cannot be drawn; the box stands for it",
      "masks cannot be drawn; the boxes stand for them");
  return sentences;
}

std::int64_t LabelledSet::num_people() const {
  std::int64_t count = 0;
  for (const LabelledImage& image : images) {
    count += static_cast<std::int64_t>(image.people.size());
  }
  return count;
}

std::int64_t LabelledSet::num_labelled() const {
  std::int64_t count = 0;
  for (const LabelledImage& image : images) {
    for (const LabelledPerson& person : image.people) {
      count += person.num_keypoints > 0 && !person.crowd ? 1 : 0;
    }
  }
  return count;
}

LabelledSet ParseCoco(std::string_view text, std::string_view name,
                      const std::filesystem::path& image_folder) {
  return Reader(name, image_folder).Read(text);
}

LabelledSet ReadCoco(const std::filesystem::path& file, const std::filesystem::path& image_folder) {
  return ParseCoco(ReadFile(file), file.string(), image_folder);
}

LabelledSet ReadCocoSet(const std::filesystem::path& path,
                        const std::filesystem::path& image_folder) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(path, error);
  const std::filesystem::path images =
      !image_folder.empty() ? image_folder : (folder ? path : path.parent_path()) / "images";
  if (!folder) {
    return ReadCoco(path, images);
  }
  LabelledSet set;
  for (const std::filesystem::path& file : AnnotationFiles(path)) {
    Append(ReadCoco(file, images), &set);
  }
  set.name = path.string();
  return set;
}

LabelledSet ListPictures(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw Error(
        fmt::format("{} is no folder; unlabelled pictures are given as one.", folder.string()));
  }
  LabelledSet set;
  set.name = folder.string();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    std::string extension = entry.path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (entry.is_regular_file() &&
        (extension == ".jpg" || extension == ".jpeg" || extension == ".png")) {
      LabelledImage image;
      image.file = entry.path();
      set.images.push_back(std::move(image));
    }
  }
  if (set.images.empty()) {
    throw Error(fmt::format("{} holds no .jpg and no .png.", folder.string()));
  }
  std::sort(set.images.begin(), set.images.end(),
            [](const LabelledImage& a, const LabelledImage& b) { return a.file < b.file; });
  for (std::size_t i = 0; i < set.images.size(); ++i) {
    set.images[i].id = static_cast<std::int64_t>(i) + 1;
  }
  return set;
}

void WriteCoco(const LabelledSet& set, const std::filesystem::path& image_folder,
               const std::filesystem::path& file) {
  Json root = {{"images", Json::array()},
               {"annotations", Json::array()},
               {"categories", Json::array({PersonCategory()})}};
  for (const LabelledImage& image : set.images) {
    root["images"].push_back(
        {{"id", image.id},
         {"file_name", image_folder.empty() ? image.file.string()
                                            : image.file.lexically_relative(image_folder).string()},
         {"width", image.width},
         {"height", image.height}});
    for (const LabelledPerson& person : image.people) {
      root["annotations"].push_back(PersonJson(person, image));
    }
  }
  // Names that are no UTF-8 come out with a mark in the place of what cannot be written.
  WriteFile(file, root.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace tenjo
