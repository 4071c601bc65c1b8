#pragma once

#include <array>

#include "tenjo/synth/people/body.h"

namespace tenjo::synth {

//! Where COCO's annotators would click on a posed body: the 17 keypoints, then the neck (middle of
//! the shoulders). Annotators see a body from outside, so their places are not the rig's joints:
//! each keypoint is its joint moved by a fixed share of the body's height within the frame of one
//! bone (docs/synth.md has the measured table).
std::array<Vec3f, kNumBodyPoints> LabelPlaces(const BodyAsset& asset, const RestBody& rest,
                                              const PosedBody& posed);

}  // namespace tenjo::synth
