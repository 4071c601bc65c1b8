#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/dataset/coco.h"

namespace tenjo {

struct FastLabelOptions {
  //! Values (or titles) of boxes, polygons and segmentations that are people. Every annotation of
  //! type pose_estimation is one.
  std::set<std::string> people = {"person", "people", "human"};
  //! Values (or titles) of areas with people who are not told apart.
  std::set<std::string> crowds = {"crowd"};
  //! Keys of keypoints by which COCO's are meant, beside COCO's own names.
  std::map<std::string, std::string> keypoints = {};
};

struct FastLabelSet {
  LabelledSet set;
  int other_annotations = 0;         //!< of other values or types
  std::set<std::string> other_keys;  //!< of keypoints that COCO does not have
  int videos = 0;                    //!< tasks whose points are those of a video
  int unfinished = 0;                //!< tasks without any annotation

  std::vector<std::string> Sentences() const;
};

//! Reads FastLabel's JSON export of an image project: a list of tasks, each with name, width,
//! height and annotations (types bbox, polygon, segmentation and pose_estimation; the format that
//! FastLabel's SDK documents). Keypoints are [x, y, 1] where visible and [x, y, 0] where hidden;
//! absent ones are not labelled. FastLabel knows no link between a pose and a box or area of the
//! same person: a pose takes the one that holds the most of its keypoints, at least half. Boxes and
//! areas without a pose are people without keypoints. Pixels count as COCO's do. Throws Error,
//! naming file and task, for what is no such export.
FastLabelSet ReadFastLabel(const std::filesystem::path& file,
                           const std::filesystem::path& image_folder,
                           const FastLabelOptions& options = {});
FastLabelSet ParseFastLabel(std::string_view text, const std::string& name,
                            const std::filesystem::path& image_folder,
                            const FastLabelOptions& options = {});

}  // namespace tenjo
