#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/vision/box.h"
#include "tenjo/vision/person.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! A person's mask as COCO's files have it. Without polygons and counts there is none.
struct PersonMask {
  //! x, y, x, y ... of each ring, OpenCV's pixels.
  std::vector<std::vector<float>> polygons;
  //! Compressed run lengths of the whole image (dataset/rle.h).
  std::string counts;

  bool empty() const { return polygons.empty() && counts.empty(); }
};

//! How much is known of a keypoint: COCO's v.
enum Visibility : std::uint8_t { kNotLabelled = 0, kHidden = 1, kSeen = 2 };

//! An annotation of category person, in OpenCV's pixels (COCO's file counts from the corner of the
//! first pixel; 0.5 is subtracted here).
struct LabelledPerson {
  std::int64_t id = 0;
  Box box;
  double area = 0;  //!< of the mask, px^2; of the box where the file says nothing
  bool crowd = false;
  Skeleton keypoints = {};  //!< score 1 where labelled (hidden ones too), else 0
  std::array<std::uint8_t, kNumKeypoints> visibility = {};
  int num_keypoints = 0;  //!< labelled ones
  PersonMask mask;
  //! About the whole body, where the file has it (rendered sets, CEPDOF).
  std::optional<RotatedBox> rotated_box;
};

struct LabelledImage {
  std::int64_t id = 0;
  std::filesystem::path file;  //!< the image's folder put before the file's name
  int width = 0;
  int height = 0;
  std::vector<LabelledPerson> people;  //!< in the order of the file
};

//! What was left out of a set, and why; each counted.
struct SkippedLabels {
  int without_image = 0;   //!< annotations of images that are not in the file
  int other_category = 0;  //!< annotations that are no person
  int damaged = 0;         //!< annotations without a box, keypoints in a number other than 51 ...
  int keypoints_outside = 0;  //!< keypoints beyond the image, taken as not labelled
  int bad_masks = 0;          //!< masks that cannot be drawn; the box stands for them
  int repeated_images = 0;    //!< images whose id was there already
  int damaged_images = 0;     //!< images without id, name or size

  int total() const {
    return without_image + other_category + damaged + keypoints_outside + bad_masks +
           repeated_images + damaged_images;
  }
  //! A sentence a kind; `name` stands for the set.
  std::vector<std::string> Sentences(std::string_view name) const;
};

struct LabelledSet {
  std::string name;  //!< of its file
  std::vector<LabelledImage> images;
  SkippedLabels skipped;

  std::int64_t num_people() const;
  //! People with at least one labelled keypoint.
  std::int64_t num_labelled() const;
};

//! Reads COCO person keypoints (or instances, whose people then have no keypoints). The category
//! is the one named "person"; a file without `categories` has only people. Keypoints in another
//! order are put into COCO's by the names in `categories`. The file is read once, object by object,
//! so memory stays near what is kept. Throws Error, naming the file: cannot be read, no JSON, no
//! `images` or `annotations`, no category person, no image left.
LabelledSet ReadCoco(const std::filesystem::path& file, const std::filesystem::path& image_folder);

//! The same from text.
LabelledSet ParseCoco(std::string_view text, std::string_view name,
                      const std::filesystem::path& image_folder);

//! A set by one path: a JSON file, or a folder with annotations.json or the shards
//! annotations-I-of-N.json. Images are looked for in `image_folder`; left empty, in the folder
//! `images` beside the annotations.
LabelledSet ReadCocoSet(const std::filesystem::path& path,
                        const std::filesystem::path& image_folder);

//! All pictures of a folder (and below), by name, without any people: for learning from a teacher.
//! Throws Error for none. Sizes are left 0.
LabelledSet ListPictures(const std::filesystem::path& folder);

//! Writes a set as COCO keypoints (file names as they stand in `file`, relative to
//! `image_folder`), atomically.
void WriteCoco(const LabelledSet& set, const std::filesystem::path& image_folder,
               const std::filesystem::path& file);

}  // namespace tenjo
