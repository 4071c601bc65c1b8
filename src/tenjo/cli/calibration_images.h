#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "tenjo/model/model_info.h"

namespace tenjo::cli {

//! `count` images of a folder, a glob or a video, evenly spread over it, laid into a network's
//! input of this size as `tenjo run` lays them (aspect kept, the rest padded). Images that cannot
//! be read are left out and named. Throws Error if none is left.
std::vector<cv::Mat> ReadCalibrationImages(const std::string& input, int count,
                                           const ModelInfo& info, cv::Size size);

//! The same of a set whose annotations say who people are (dataset/identity_set.h): people cut out
//! as an appearance network of these facts gets them.
std::vector<cv::Mat> ReadCalibrationPeople(const std::string& input, int count,
                                           const ModelInfo& info);

//! The same of a labelled set (COCO): people cut out for a refining network of these facts, some of
//! them as wrongly as a detector does.
std::vector<cv::Mat> ReadCalibrationCrops(const std::string& input, int count,
                                          const ModelInfo& info);

//! "456x256", "0x368" (the width that the network's own aspect asks for) or "" (its own size).
cv::Size CalibrationSize(const std::string& text, const ModelInfo& info);

}  // namespace tenjo::cli
