#pragma once

#include <span>

#include "tenjo/vision/rotated_box.h"

namespace tenjo {

//! What is known of one person in an input image of a network with person heads.
struct PersonLabel {
  RotatedBox box;  //!< about the whole body, hidden or not; pixels of the input
  //! Where the person is to be found: the box's middle, or the place nearest to it that is in view.
  double x = 0;
  double y = 0;
  bool shape = true;     //!< sides and angle are known, not only the middle
  bool ignored = false;  //!< neither to be found nor wrong if found, anywhere in the box
};

//! Planes of the targets of the outputs "centres" and "boxes" (docs/formats.md).
enum PersonPlane : int {
  kPersonHeat,        //!< of the centres: 1 at the map pixel of each person, less about it
  kPersonHeatWeight,  //!< 1 where that counts, else 0
  kPersonDx,          //!< as the six planes of "boxes"
  kPersonDy,
  kPersonLogW,
  kPersonLogH,
  kPersonCos,
  kPersonSin,
  kPersonPlaceWeight,  //!< of dx and dy: those of a person are 1 together
  kPersonShapeWeight,  //!< of sides and angle: the same, 0 where they are not known
};
inline constexpr int kNumPersonPlanes = 10;

//! Draws people of an input of width x height pixels, multiples of the stride, into `planes`: 10
//! planes of height / stride x width / stride, row by row.
//! - Heat: Gaussians along the box's own axes whose deviations are 0.09 of its sides, at least 0.7
//!   map pixels (Zhou et al. 2019, arXiv:1904.07850, with the ellipses of Liu et al. 2020,
//!   arXiv:1909.00700, turned with the box); the greatest over the people, 1 at the map pixel
//!   nearest to each.
//! - The box is learned where a person's Gaussian is above 0.3 and above everybody else's.
//! - Ignored people cover nobody else: about a person the heat counts all the same.
void EncodePeople(std::span<const PersonLabel> people, int width, int height, int stride,
                  float* planes);

}  // namespace tenjo
