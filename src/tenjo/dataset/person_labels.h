#pragma once

#include <vector>

#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/coco.h"
#include "tenjo/pose/person_encoder.h"

namespace tenjo {

//! What a network with person heads learns of an image's people in a crop of it:
//! - With a rotated box: all of it. Without one the box is upright and about what is seen: its
//!   middle counts; its sides and angle too if the torso (shoulders to hips) stands or lies along
//!   the picture's sides, within 20 degrees.
//! - Crowds, boxes that the picture's border cuts, people of whom less than a twentieth of the box
//!   is seen and those smaller than 1.5 map pixels are ignored.
//! - Of a person who is only partly in view at least a quarter of the box must be: then they are
//!   to be found at the place in view that is nearest to their middle, else they are ignored.
std::vector<PersonLabel> PersonLabels(const LabelledImage& image, const Placement& placement,
                                      cv::Size crop, int stride);

}  // namespace tenjo
