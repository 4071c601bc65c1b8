#pragma once

#include <array>

#include "tenjo/vision/person.h"

namespace tenjo {

//! How far annotators put a keypoint from each other, over the root of the person's area: the
//! "sigmas" of COCO's object keypoint similarity (OKS), which is exp(-d^2 / (2 area (2 sigma)^2)).
inline constexpr std::array<double, kNumKeypoints> kKeypointSigmas = {
    .26 / 10, .25 / 10, .25 / 10,  .35 / 10,  .35 / 10, .79 / 10, .79 / 10, .72 / 10, .72 / 10,
    .62 / 10, .62 / 10, 1.07 / 10, 1.07 / 10, .87 / 10, .87 / 10, .89 / 10, .89 / 10};

}  // namespace tenjo
