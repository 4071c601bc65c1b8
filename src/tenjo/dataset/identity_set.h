#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! Where a picture shows whom: a rectangle about the whole person, head up.
struct IdentityCrop {
  std::filesystem::path file;
  int width = 0;  //!< of the picture, pixels
  int height = 0;
  double cx = 0;  //!< middle, OpenCV's pixels
  double cy = 0;
  double w = 0;  //!< across the person
  double h = 0;  //!< along the person
  //! Where the head is: radians clockwise from the picture's up.
  double up_rad = 0;
  std::int64_t identity = 0;
  int camera = 0;
};

//! Pictures of people of whom it is known who they are.
struct IdentitySet {
  std::string name;
  std::vector<IdentityCrop> crops;  //!< in the order of the files
  int hidden = 0;                   //!< people left out: under a fifth of them is seen
  int small = 0;                    //!< left out: fewer than 12 pixels long
  int unknown = 0;                  //!< left out: without identity, box or image
};

//! Reads COCO files whose annotations say who a person is (`identity`, else `track_id`), as `tenjo
//! synth --identities` and `--sequence` write them (docs/formats.md). The rectangle is
//! `rotated_box`, its head where the keypoints have it, else `bbox`. A picture's camera is its
//! `camera_index`. `path`: a JSON file, or a folder with annotations.json, its shards or cam1.json,
//! cam2.json ...; `image_folder`: of the pictures; left empty, `images` beside annotations, of a
//! sequence the folder itself. Throws Error for a file that cannot be read or has nobody.
IdentitySet ReadIdentities(const std::filesystem::path& path,
                           const std::filesystem::path& image_folder = {});

//! Whether a path is what ReadIdentities takes: a JSON file, or a folder with such files.
bool IsIdentitySet(const std::filesystem::path& path);

//! One file from text; `name` stands for it.
IdentitySet ParseIdentities(std::string_view text, const std::string& name,
                            const std::filesystem::path& image_folder);

}  // namespace tenjo
