#pragma once

#include <array>
#include <opencv2/core/matx.hpp>
#include <optional>

#include "tenjo/vision/person.h"
#include "tenjo/vision/person_crop.h"
#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! What a refining network answers about a picture of one person who stands head up in it: where 21
//! points are. 0 to 16 are COCO's keypoints; these are the middles of the sides of the person's
//! box.
enum BoxSide : int {
  kBoxTop = kNumKeypoints,  //!< at the head's end
  kBoxBottom,
  kBoxLeft,  //!< of the picture
  kBoxRight,
};
inline constexpr int kNumPersonPoints = kNumKeypoints + 4;

//! The output "points", N x 354 x h x w: first 16 planes a point, which are the 4 x 4 finer pixels
//! of each map pixel, row by row (sub-pixel convolution: Shi et al. 2016, arXiv:1609.05158):
//! logits of one softmax over all finer pixels, as each point is in one place. Then one plane a
//! keypoint: the logit that one there is seen, not hidden. The last plane's mean is the logit that
//! the picture is of a person at all.
inline constexpr int kPointSplit = 4;
inline constexpr int kPlanesOfPoint = kPointSplit * kPointSplit;
inline constexpr int kSeenPlane = kNumPersonPoints * kPlanesOfPoint;
inline constexpr int kPersonPlane = kSeenPlane + kNumKeypoints;
inline constexpr int kPersonPointPlanes = kPersonPlane + 1;

//! Sides of the crop that such a network sees, over those of the person's box.
inline constexpr double kPointsMargin = 1.25;
//! The person's crop with that margin.
PersonCrop WithMargin(const PersonCrop& crop);

struct PersonPoints {
  //! In pixels of the network's input. The score of a keypoint is that it is seen; of a box's side
  //! how much of its likelihood lies about its place.
  std::array<Keypoint, kNumPersonPoints> at;
  //! Of each keypoint, how alike (exp(-d^2 / (2 area (2 sigma)^2)), as in object keypoint
  //! similarity) its place is expected to be to the true one.
  std::array<double, kNumKeypoints> similarity = {};
  //! Mean of what lies about each point's place, by what the network saw alone: low for what is no
  //! person, or one upside down.
  double certainty = 0;
  double person = 0;  //!< how likely it is one
};

//! What is known of the person before its maps are read.
struct PersonKnown {
  //! Pixels of the network's input that the body covers, about; 0: as many as of somebody whose box
  //! fills what the margin leaves.
  double area = 0;
  //! What an earlier look found, in pixels of the network's input; scores are those of heatmaps.
  Skeleton keypoints = {};
};

//! What the same network answered about another picture of the same person.
struct OtherLook {
  const float* maps = nullptr;  //!< as large as those of the first picture
  //! Its pixels for those of the first picture. Where one is the mirror of the other, left and
  //! right are changed.
  cv::Matx23d to_other;
};

//! The share of a person's box that the body covers, about.
inline constexpr double kBodyShare = 0.5;

//! Finds the points in the maps of one picture, `width` x `height` map pixels: keypoints where
//! their similarity to the true place is expected to be greatest, by the network and by what was
//! known before; sides at the most likely finer pixel, moved to the mean of the likelihood about
//! it. All by both looks together where there is another.
PersonPoints DecodePoints(const float* maps, int width, int height, int stride,
                          const PersonKnown& known = {},
                          const std::optional<OtherLook>& other = {});

//! The box whose sides have these middles; empty unless it has an area. Its upper end is at
//! kBoxTop.
std::optional<RotatedBox> BoxOfSides(const PersonPoints& points);

}  // namespace tenjo
