#pragma once

#include <span>
#include <vector>

#include "tenjo/pose/decoder.h"
#include "tenjo/vision/person.h"

namespace tenjo {

struct PoseEncoderOptions {
  int stride = 8;               //!< input pixels per map pixel
  float heatmap_sigma = 7.0F;   //!< of a keypoint's Gaussian, input pixels
  float paf_half_width = 8.0F;  //!< of a limb, input pixels
};

//! The maps that a network should answer for known people: what it is trained to, and what
//! PoseDecoder turns back into those people.
struct PoseTargets {
  int width = 0;  //!< map pixels
  int height = 0;
  int stride = 8;
  std::vector<float> heatmaps;  //!< 19 planes, see PoseMaps
  std::vector<float> pafs;      //!< 38 planes

  //! Holds as long as this object does.
  PoseMaps Maps() const { return {heatmaps.data(), pafs.data(), width, height, stride}; }
};

//! Draws people of an input image of width x height pixels, multiples of the stride (Cao et al.
//! 2017, section 2.2 and 2.3):
//! - heatmaps: the greatest, over the people, of exp(-d^2 / (2 sigma^2)), d the distance of a map
//!   pixel's centre from the keypoint; below 0.01 it is 0. Background: 1 - the greatest of the 18.
//! - pafs: the limb's unit vector at map pixels closer than the half width to the line between its
//!   keypoints; the mean where limbs of several people meet. A limb of no length has no direction
//!   and is left out.
//! Keypoints of score 0 are not known and not drawn, nor are their limbs; the neck is known when
//! both shoulders are. Those outside the image are drawn as far as they reach into it.
//! Throws Error for sizes that do not fit, and for known keypoints that are not finite.
PoseTargets EncodePose(std::span<const Skeleton> people, int width, int height,
                       const PoseEncoderOptions& options = {});

}  // namespace tenjo
