#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/evaluate/average_precision.h"
#include "tenjo/vision/person.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! x, y and, in the truth, 0 (not labelled), 1 (hidden) or 2 (visible); in results the score.
struct CocoPoint {
  double x = 0;
  double y = 0;
  double v = 0;
};

using CocoPoints = std::array<CocoPoint, kNumKeypoints>;

//! x, y, w, h; pixels from the corner of the first one, as all of COCO's.
using CocoBox = std::array<double, 4>;

struct CocoCamera {
  std::string lens;  //!< as in docs/formats.md
  double tilt = 0;   //!< degrees from straight down
  double height_m = 0;
};

struct CocoImage {
  std::int64_t id = 0;
  std::string file_name;
  int width = 0;  //!< 0: not said
  int height = 0;
  std::optional<CocoCamera> camera;  //!< in sets of `tenjo synth`
};

//! A labelled person.
struct CocoPerson {
  std::int64_t id = 0;
  std::int64_t image_id = 0;
  CocoPoints points = {};
  int num_keypoints = 0;  //!< nobody is asked for whose number is 0
  CocoBox box = {};
  std::optional<RotatedBox> rotated;
  double area = 0;
  bool crowd = false;
  bool ignore = false;  //!< neither asked for nor a mistake when found
};

//! A person found.
struct CocoResult {
  std::int64_t image_id = 0;
  double score = 0;
  CocoPoints points = {};
  CocoBox box = {};
  std::optional<RotatedBox> rotated;
  double area = 0;
  bool has_points = false;
  bool has_box = false;
};

struct CocoTruth {
  std::vector<CocoImage> images;     //!< by rising id
  std::vector<CocoPerson> people;    //!< as in the file
  std::size_t other_categories = 0;  //!< annotations left out, because they are no people
  std::int64_t person_category = 1;
};

//! Reads COCO's annotations (images, annotations, categories), CEPDOF's among them
//! (docs/formats.md). The category is the one named person, or the only one there is. Missing:
//! `num_keypoints` is counted, `area` is the box's, `iscrowd` 0, `bbox` that about the rotated box.
//! Throws Error with file and place for what is not JSON, wrong numbers, repeated ids, an
//! annotation of an image that is not there.
CocoTruth ReadCocoTruth(const std::filesystem::path& path);
CocoTruth ParseCocoTruth(std::string_view text, const std::string& name);

//! Reads COCO's results (an array of objects with image_id, score and keypoints, bbox or
//! rotated_box). As pycocotools has it, the area is the box's if the first result has one, else
//! that of the keypoints' extent. Results of other categories than the truth's are left out. Throws
//! Error as ReadCocoTruth, and for an image that the truth does not have.
std::vector<CocoResult> ReadCocoResults(const std::filesystem::path& path, const CocoTruth& truth);
std::vector<CocoResult> ParseCocoResults(std::string_view text, const std::string& name,
                                         const CocoTruth& truth);

//! A result from keypoints alone, with box and area as pycocotools makes them.
CocoResult ResultOfPoints(std::int64_t image_id, double score, const CocoPoints& points);
//! The result of a person in image pixels as Tenjo counts them (the first one's centre is (0, 0)).
CocoResult ResultOfPerson(std::int64_t image_id, const Person& person);

//! Takes hidden keypoints for unlabelled, so that only visible ones are asked for.
void KeepVisiblePoints(CocoTruth& truth);
//! Ignores people whose box is not so many pixels high.
void IgnoreOtherHeights(CocoTruth& truth, double least, double most);
//! Keeps the images for which `keep` holds; `results` of others go too.
template <typename Keep>
CocoTruth KeepImages(const CocoTruth& truth, const Keep& keep) {
  CocoTruth kept;
  kept.person_category = truth.person_category;
  std::vector<std::int64_t> ids;
  for (const CocoImage& image : truth.images) {
    if (keep(image)) {
      kept.images.push_back(image);
      ids.push_back(image.id);
    }
  }
  for (const CocoPerson& person : truth.people) {
    if (std::binary_search(ids.begin(), ids.end(), person.image_id)) {
      kept.people.push_back(person);
    }
  }
  return kept;
}

//! Place of an image in `truth.images`, or nothing.
std::optional<std::size_t> FindImage(const CocoTruth& truth, std::int64_t id);

//! What belongs to each image: places in lists that are as long as the images, in the lists' order.
class ByImage {
 public:
  //! Things of images that are not there are left out. `image_of(i)` is the image of thing i.
  template <typename ImageOf>
  ByImage(const CocoTruth& truth, std::size_t count, const ImageOf& image_of) {
    begins_.assign(truth.images.size() + 1, 0);
    std::vector<std::uint32_t> places(count);
    std::uint32_t last = kNone;
    std::int64_t last_id = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t id = image_of(i);
      if (last == kNone || id != last_id) {
        const auto place = FindImage(truth, id);
        last = place ? static_cast<std::uint32_t>(*place) : kNone;
        last_id = id;
      }
      places[i] = last;
      if (last != kNone) {
        ++begins_[last + 1];
      }
    }
    for (std::size_t i = 1; i < begins_.size(); ++i) {
      begins_[i] += begins_[i - 1];
    }
    items_.resize(begins_.back());
    std::vector<std::uint32_t> next(begins_.begin(), begins_.end() - 1);
    for (std::size_t i = 0; i < count; ++i) {
      if (places[i] != kNone) {
        items_[next[places[i]]++] = static_cast<std::uint32_t>(i);
      }
    }
  }
  std::span<const std::uint32_t> Of(std::size_t image) const {
    return {items_.data() + begins_[image], items_.data() + begins_[image + 1]};
  }

 private:
  static constexpr std::uint32_t kNone = ~0U;
  std::vector<std::uint32_t> begins_;
  std::vector<std::uint32_t> items_;
};

}  // namespace tenjo
