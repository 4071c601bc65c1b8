#pragma once

#include <vector>

#include "tenjo/vision/person.h"

namespace tenjo {

//! Output maps of Lightweight OpenPose for one image, planes of `height` x `width` in the channel
//! order of docs/formats.md. The maps belong to the caller.
struct PoseMaps {
  const float* heatmaps = nullptr;  //!< 19 planes: 18 keypoints and background
  const float* pafs = nullptr;      //!< 38 planes: x and y of 19 limbs
  int width = 0;
  int height = 0;
  int stride = 8;                   //!< input pixels per map pixel
};

struct PoseDecoderOptions {
  float peak_threshold = 0.1F;      //!< least heatmap value of a keypoint
  float paf_threshold = 0.05F;      //!< least projection of the paf on the limb at a sample point
  float limb_ratio = 0.8F;          //!< share of a limb's sample points that must reach it
  int min_keypoints = 3;            //!< fewest keypoints of a person, neck included
  float min_mean_score = 0.2F;      //!< least score of a person per keypoint
};

//! Heatmap peaks and part affinity fields to people (Cao et al. 2017; Osokin 2018, Lightweight
//! OpenPose). Coordinates are pixels of the network's input; boxes lie around the found keypoints.
class PoseDecoder {
 public:
  explicit PoseDecoder(const PoseDecoderOptions& options = {}) : options_(options) {}
  std::vector<Person> Decode(const PoseMaps& maps) const;

 private:
  PoseDecoderOptions options_;
};

}  // namespace tenjo
