#pragma once

#include <string>
#include <vector>

#include "tenjo/dataset/augment.h"
#include "tenjo/dataset/coco.h"

namespace tenjo {

//! How people without keypoints and crowds are kept out of the loss: within their mask (their box
//! where there is none), within their box, or not at all.
enum class MaskMode { kSegmentation, kBox, kNone };

//! Throws Error for another word than segmentation, box and none.
MaskMode ParseMaskMode(const std::string& word);

//! 1 where the loss counts, 0 on people without keypoints and crowds. What a labelled person covers
//! counts even so. `size` is that of the maps, `stride` crop pixels per map pixel; row by row.
std::vector<float> MakeLossMask(const LabelledImage& image, const Placement& placement,
                                cv::Size size, int stride, MaskMode mode);

}  // namespace tenjo
