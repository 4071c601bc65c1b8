#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/matx.hpp>

#include "tenjo/model/model_info.h"
#include "tenjo/vision/person_crop.h"

namespace tenjo {

//! Pixels of a picture that CutPerson makes to pixels of the image.
cv::Matx23d ImageFromPicture(const PersonCrop& crop, cv::Size picture);

//! Cuts the person out, head up, and lays it into `picture` (8-bit BGR, any size). The crop is
//! widened to the picture's aspect, so that nobody is stretched; beyond the image's border its edge
//! goes on.
void CutPerson(const cv::Mat& image, const PersonCrop& crop, cv::Mat& picture);

//! Makes grey (128) what a picture that CutPerson made of `crop` shows outside the mask.
void MaskPerson(const PersonCrop& crop, CropMask mask, cv::Mat& picture);

}  // namespace tenjo
