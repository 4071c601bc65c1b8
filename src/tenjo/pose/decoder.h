#pragma once

#include <vector>

#include "tenjo/vision/person.h"

namespace tenjo {

//! Output maps of Lightweight OpenPose for one image, planes of `height` x `width`, row by row, in
//! the channel order of pose/openpose18.h. The maps belong to the caller.
struct PoseMaps {
  const float* heatmaps = nullptr;  //!< 19 planes: 18 keypoints and background
  const float* pafs = nullptr;      //!< 38 planes: x and y of 19 limbs
  int width = 0;
  int height = 0;
  int stride = 8;  //!< input pixels per map pixel
};

struct PoseDecoderOptions {
  float peak_threshold = 0.1F;  //!< least heatmap value of a keypoint, above 0
  float paf_threshold = 0.05F;  //!< least projection of the paf on the limb at a sample point
  float limb_ratio = 0.8F;      //!< more than this share of a limb's sample points must reach it
  int min_keypoints = 3;        //!< fewest keypoints of a person, neck included
  float min_mean_score = 0.2F;  //!< least score of a person per keypoint
  int max_peaks = 100;          //!< of one keypoint in one image; the highest are kept
};

//! Heatmap peaks and part affinity fields to people (Cao et al. 2017; Osokin 2018, Lightweight
//! OpenPose). The people are those of the published decoder, which enlarges all maps 4 times by
//! bicubic interpolation: the same values are computed here, but only where they matter.
//!
//! - Coordinates are pixels of the network's input, the centre of the first pixel is (0,0).
//! - Keypoint scores are heatmap values, held in [0, 1].
//! - A person's score is sqrt(c / 833), held in [0, 1], where c is the published COCO score (sum of
//!   keypoint and limb scores, times keypoints - 1). 833 is 1.4 * 35 * 17: c where all 18 keypoints
//!   and 17 limbs have 1, and room for the overshoot of the interpolation. It ranks people as the
//!   published decoder does; a perfect person has about 0.85.
//! - Boxes are those of pose/skeleton_box.h.
//! - People come by falling score; of equal scores, first the one put together first.
//! - Values that are not finite, or beyond 1e30, are no evidence: they count as 0.
class PoseDecoder {
 public:
  //! Throws Error for options that make no sense.
  explicit PoseDecoder(const PoseDecoderOptions& options = {});
  //! Maps without pixels hold nobody. Any number of threads may decode at once.
  std::vector<Person> Decode(const PoseMaps& maps) const;

 private:
  PoseDecoderOptions options_;
};

}  // namespace tenjo
