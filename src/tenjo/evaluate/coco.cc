#include "tenjo/evaluate/coco.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <unordered_map>
#include <unordered_set>

#include "tenjo/base/error.h"
#include "tenjo/evaluate/json_reader.h"
#include "tenjo/evaluate/mapped_file.h"

namespace tenjo {
namespace {

constexpr double kCorner = 0.5;
constexpr int kMaxSide = 1'000'000;

//! Reads COCO's keypoints. False if the array is empty.
bool ReadPoints(JsonReader& reader, CocoPoints& points) {
  const std::size_t offset = reader.Offset();
  std::array<double, 3 * kNumKeypoints> numbers;
  const std::size_t count = reader.Numbers(numbers);
  if (count == 0) {
    return false;
  }
  if (count != numbers.size()) {
    reader.FailAt(offset, fmt::format("keypoints must be {} numbers (x, y, v of {} points) and "
                                      "there are {}",
                                      numbers.size(), kNumKeypoints, count));
  }
  for (std::size_t k = 0; k < points.size(); ++k) {
    points[k] = {numbers[3 * k], numbers[3 * k + 1], numbers[3 * k + 2]};
  }
  return true;
}

CocoBox BoxAbout(const RotatedBox& rotated) {
  const double angle = rotated.degrees * std::numbers::pi / 180;
  const double c = std::abs(std::cos(angle));
  const double s = std::abs(std::sin(angle));
  const double w = rotated.w * c + rotated.h * s;
  const double h = rotated.w * s + rotated.h * c;
  return {rotated.cx - w / 2, rotated.cy - h / 2, w, h};
}

void BoxOfPoints(CocoResult& result) {
  double left = std::numeric_limits<double>::infinity();
  double top = left;
  double right = -left;
  double bottom = -left;
  for (const CocoPoint& point : result.points) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
  result.box = {left, top, right - left, bottom - top};
  result.area = (right - left) * (bottom - top);
}

//! What a `bbox` or `rotated_box` holds: 4 numbers are x, y, w, h; 5 are CEPDOF's rotated box.
struct AnyBox {
  bool present = false;
  std::optional<RotatedBox> rotated;
  CocoBox box = {};
};

AnyBox ReadBox(JsonReader& reader) {
  const std::size_t offset = reader.Offset();
  std::array<double, 5> numbers = {};
  const std::size_t count = reader.Numbers(numbers);
  AnyBox read;
  if (count == 0) {
    return read;
  }
  if (count != 4 && count != 5) {
    reader.FailAt(offset,
                  fmt::format("a box must be 4 numbers (x, y, w, h) or 5 (cx, cy, w, h, degrees "
                              "clockwise) and has {}",
                              count));
  }
  if (numbers[2] < 0 || numbers[3] < 0) {
    reader.FailAt(offset, "the width and height of a box must not be negative");
  }
  read.present = true;
  if (count == 5) {
    read.rotated = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
    read.box = BoxAbout(*read.rotated);
  } else {
    read.box = {numbers[0], numbers[1], numbers[2], numbers[3]};
  }
  return read;
}

class TruthReader {
 public:
  TruthReader(std::string_view text, const std::string& name) : reader_(text, name), name_(name) {}

  CocoTruth Read() {
    reader_.Object([&](std::string_view key) {
      if (key == "images") {
        reader_.Array([&] { ReadImage(); });
        has_images_ = true;
      } else if (key == "annotations") {
        reader_.Array([&] { ReadPerson(); });
        has_people_ = true;
      } else if (key == "categories") {
        reader_.Array([&] { ReadCategory(); });
      } else {
        reader_.Skip();
      }
    });
    reader_.End();
    if (!has_images_ || !has_people_) {
      throw Error(
          fmt::format("{} has no {}: COCO's annotations have images, annotations and "
                      "categories",
                      name_, has_images_ ? "annotations" : "images"));
    }
    SortImages();
    KeepPeople();
    return std::move(truth_);
  }

 private:
  std::int64_t ReadImageId() {
    // CEPDOF's ids are texts, as High_activity_000001.
    if (reader_.Peek() != JsonReader::Kind::kString) {
      return reader_.Integer();
    }
    const std::string text = reader_.String();
    const auto [place, is_new] = named_.try_emplace(text, named_.size() + 1);
    return static_cast<std::int64_t>(place->second);
  }

  void ReadImage() {
    const std::size_t offset = reader_.Offset();
    CocoImage image;
    bool has_id = false;
    reader_.Object([&](std::string_view key) {
      if (key == "id") {
        image.id = ReadImageId();
        has_id = true;
      } else if (key == "file_name") {
        image.file_name = reader_.String();
      } else if (key == "width" || key == "height") {
        (key == "width" ? image.width : image.height) = ReadSide();
      } else if (key == "camera" && reader_.Peek() == JsonReader::Kind::kObject) {
        image.camera = ReadCamera();
      } else {
        reader_.Skip();
      }
    });
    if (!has_id) {
      reader_.FailAt(offset, "this image has no id");
    }
    truth_.images.push_back(std::move(image));
  }

  int ReadSide() {
    const std::size_t offset = reader_.Offset();
    const std::int64_t side = reader_.Integer();
    if (side < 0 || side > kMaxSide) {
      reader_.FailAt(offset, fmt::format("the side of an image must be 0 to {} pixels", kMaxSide));
    }
    return static_cast<int>(side);
  }

  CocoCamera ReadCamera() {
    CocoCamera camera;
    reader_.Object([&](std::string_view key) {
      if (key == "lens") {
        camera.lens = reader_.String();
      } else if (key == "tilt") {
        camera.tilt = reader_.Number();
      } else if (key == "height_m") {
        camera.height_m = reader_.Number();
      } else {
        reader_.Skip();
      }
    });
    return camera;
  }

  void ReadCategory() {
    std::int64_t id = 0;
    std::string name;
    reader_.Object([&](std::string_view key) {
      if (key == "id") {
        id = reader_.Integer();
      } else if (key == "name") {
        name = reader_.String();
      } else {
        reader_.Skip();
      }
    });
    categories_.emplace_back(id, name);
  }

  void ReadPerson() {
    const std::size_t offset = reader_.Offset();
    CocoPerson person;
    std::int64_t category = 1;
    bool has_id = false;
    bool has_image = false;
    bool has_box = false;
    bool has_area = false;
    std::optional<std::int64_t> count;
    reader_.Object([&](std::string_view key) {
      if (key == "id") {
        person.id = reader_.Integer();
        has_id = true;
      } else if (key == "image_id") {
        person.image_id = ReadImageId();
        has_image = true;
      } else if (key == "category_id") {
        category = reader_.Integer();
      } else if (key == "keypoints") {
        ReadPoints(reader_, person.points);
      } else if (key == "num_keypoints") {
        count = reader_.Integer();
      } else if (key == "bbox" || key == "rotated_box") {
        const AnyBox box = ReadBox(reader_);
        if (box.rotated) {
          person.rotated = box.rotated;
        }
        if (box.present && (key == "bbox" || !has_box)) {
          person.box = box.box;
          has_box = true;
        }
      } else if (key == "area") {
        person.area = reader_.Number();
        has_area = true;
      } else if (key == "iscrowd") {
        person.crowd = reader_.Flag();
      } else {
        reader_.Skip();
      }
    });
    if (!has_id || !has_image || !has_box) {
      reader_.FailAt(offset, fmt::format("this annotation has no {}", !has_id      ? "id"
                                                                      : !has_image ? "image_id"
                                                                                   : "bbox"));
    }
    if (!has_area) {
      person.area = person.box[2] * person.box[3];
    }
    person.num_keypoints = static_cast<int>(count.value_or(std::count_if(
        person.points.begin(), person.points.end(), [](const CocoPoint& p) { return p.v > 0; })));
    truth_.people.push_back(person);
    category_of_.push_back(category);
    offsets_.push_back(offset);
  }

  void SortImages() {
    std::sort(truth_.images.begin(), truth_.images.end(),
              [](const CocoImage& a, const CocoImage& b) { return a.id < b.id; });
    for (std::size_t i = 1; i < truth_.images.size(); ++i) {
      if (truth_.images[i].id == truth_.images[i - 1].id) {
        throw Error(fmt::format("{}: two images have the id {}", name_, truth_.images[i].id));
      }
    }
  }

  std::int64_t PersonCategory() const {
    for (const auto& [id, name] : categories_) {
      if (name == "person") {
        return id;
      }
    }
    if (categories_.size() > 1) {
      throw Error(
          fmt::format("{}: none of its {} categories is named person", name_, categories_.size()));
    }
    return categories_.empty() ? 1 : categories_.front().first;
  }

  void KeepPeople() {
    truth_.person_category = PersonCategory();
    std::unordered_set<std::int64_t> ids;
    ids.reserve(truth_.people.size());
    std::size_t kept = 0;
    for (std::size_t i = 0; i < truth_.people.size(); ++i) {
      const CocoPerson& person = truth_.people[i];
      if (category_of_[i] != truth_.person_category) {
        ++truth_.other_categories;
        continue;
      }
      if (!ids.insert(person.id).second) {
        reader_.FailAt(offsets_[i], fmt::format("two annotations have the id {}", person.id));
      }
      if (!FindImage(truth_, person.image_id)) {
        reader_.FailAt(offsets_[i], fmt::format("annotation {} is of image {}, which is not among "
                                                "the images",
                                                person.id, person.image_id));
      }
      truth_.people[kept++] = person;
    }
    truth_.people.resize(kept);
  }

  JsonReader reader_;
  std::string name_;
  CocoTruth truth_;
  std::vector<std::pair<std::int64_t, std::string>> categories_;
  std::vector<std::int64_t> category_of_;
  std::vector<std::size_t> offsets_;
  std::unordered_map<std::string, std::size_t> named_;
  bool has_images_ = false;
  bool has_people_ = false;
};

class ResultReader {
 public:
  ResultReader(std::string_view text, const std::string& name, const CocoTruth& truth)
      : reader_(text, name), truth_(truth) {
    results_.reserve(text.size() / 512);
  }

  std::vector<CocoResult> Read() {
    if (reader_.Peek() != JsonReader::Kind::kArray) {
      reader_.Fail("COCO's results are an array of objects, so [ must stand here");
    }
    reader_.Array([&] { ReadResult(); });
    reader_.End();
    return std::move(results_);
  }

 private:
  std::int64_t ReadImageId() {
    const std::size_t offset = reader_.Offset();
    if (reader_.Peek() == JsonReader::Kind::kString) {
      const std::string name = reader_.String();
      if (by_name_.empty()) {
        for (const CocoImage& image : truth_.images) {
          const std::filesystem::path file(image.file_name);
          by_name_[image.file_name] = image.id;
          by_name_[file.filename().string()] = image.id;
          by_name_[file.stem().string()] = image.id;
        }
      }
      const auto place = by_name_.find(name);
      if (place == by_name_.end()) {
        reader_.FailAt(offset, fmt::format("no image of the truth is named {}", name));
      }
      return place->second;
    }
    const std::int64_t id = reader_.Integer();
    if (id != known_ && !FindImage(truth_, id)) {
      reader_.FailAt(offset, fmt::format("the truth has no image {}", id));
    }
    known_ = id;
    return id;
  }

  void ReadResult() {
    const std::size_t offset = reader_.Offset();
    CocoResult result;
    std::int64_t category = truth_.person_category;
    bool has_image = false;
    bool has_score = false;
    bool has_upright = false;
    reader_.Object([&](std::string_view key) {
      if (key == "image_id") {
        result.image_id = ReadImageId();
        has_image = true;
      } else if (key == "keypoints") {
        result.has_points = ReadPoints(reader_, result.points);
      } else if (key == "score") {
        result.score = reader_.Number();
        has_score = true;
      } else if (key == "bbox" || key == "rotated_box") {
        const AnyBox box = ReadBox(reader_);
        if (box.rotated) {
          result.rotated = box.rotated;
        }
        if (box.present && (key == "bbox" || !has_upright)) {
          result.box = box.box;
          result.has_box = true;
          has_upright = has_upright || key == "bbox";
        }
      } else if (key == "category_id") {
        category = reader_.Integer();
      } else {
        reader_.Skip();
      }
    });
    if (!has_image || !has_score) {
      reader_.FailAt(offset,
                     fmt::format("this result has no {}", has_image ? "score" : "image_id"));
    }
    if (category != truth_.person_category) {
      return;
    }
    if (!result.has_points && !result.has_box) {
      reader_.FailAt(offset, "this result has neither keypoints nor a box");
    }
    if (results_.empty()) {
      boxes_ = result.has_box;
    }
    if (boxes_ && !result.has_box) {
      reader_.FailAt(offset, "this result has no bbox, but the first one has: all or none must");
    }
    if (boxes_) {
      result.area = result.box[2] * result.box[3];
    } else {
      BoxOfPoints(result);
    }
    results_.push_back(result);
  }

  JsonReader reader_;
  const CocoTruth& truth_;
  std::optional<std::int64_t> known_;  // an image that the truth has
  std::vector<CocoResult> results_;
  std::unordered_map<std::string, std::int64_t> by_name_;
  bool boxes_ = false;
};

}  // namespace

std::optional<std::size_t> FindImage(const CocoTruth& truth, std::int64_t id) {
  const auto place =
      std::lower_bound(truth.images.begin(), truth.images.end(), id,
                       [](const CocoImage& image, std::int64_t i) { return image.id < i; });
  if (place == truth.images.end() || place->id != id) {
    return std::nullopt;
  }
  return static_cast<std::size_t>(place - truth.images.begin());
}

CocoTruth ParseCocoTruth(std::string_view text, const std::string& name) {
  return TruthReader(text, name).Read();
}

CocoTruth ReadCocoTruth(const std::filesystem::path& path) {
  const MappedFile file(path);
  return ParseCocoTruth(file.text(), path.string());
}

std::vector<CocoResult> ParseCocoResults(std::string_view text, const std::string& name,
                                         const CocoTruth& truth) {
  return ResultReader(text, name, truth).Read();
}

std::vector<CocoResult> ReadCocoResults(const std::filesystem::path& path, const CocoTruth& truth) {
  const MappedFile file(path);
  return ParseCocoResults(file.text(), path.string(), truth);
}

CocoResult ResultOfPoints(std::int64_t image_id, double score, const CocoPoints& points) {
  CocoResult result;
  result.image_id = image_id;
  result.score = score;
  result.points = points;
  result.has_points = true;
  BoxOfPoints(result);
  return result;
}

CocoResult ResultOfPerson(std::int64_t image_id, const Person& person) {
  CocoResult result;
  result.image_id = image_id;
  result.score = person.score;
  for (std::size_t i = 0; i < kNumKeypoints; ++i) {
    const Keypoint& point = person.keypoints[i];
    if (point.score > 0) {
      result.points[i] = {point.x + kCorner, point.y + kCorner, point.score};
    }
  }
  result.has_points = true;
  result.box = {person.box.x + kCorner, person.box.y + kCorner, person.box.w, person.box.h};
  result.has_box = true;
  result.area = person.box.w * person.box.h;
  if (person.rotated_box) {
    result.rotated = person.rotated_box;
    result.rotated->cx += kCorner;
    result.rotated->cy += kCorner;
  }
  return result;
}

void KeepVisiblePoints(CocoTruth& truth) {
  for (CocoPerson& person : truth.people) {
    // Who is not asked for stays so, whatever the keypoints.
    const bool asked = person.num_keypoints > 0;
    person.num_keypoints = 0;
    for (CocoPoint& point : person.points) {
      if (point.v < 2) {
        point = {};
      } else if (asked) {
        ++person.num_keypoints;
      }
    }
  }
}

void IgnoreOtherHeights(CocoTruth& truth, double least, double most) {
  for (CocoPerson& person : truth.people) {
    person.ignore = person.ignore || person.box[3] < least || person.box[3] > most;
  }
}

}  // namespace tenjo
