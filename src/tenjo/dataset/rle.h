#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! COCO's run lengths of a mask: pixels counted down the columns, first those outside the mask.
//! `map` is CV_16S; the mask is where it equals `value`, all of it inside `box`.
std::vector<std::uint32_t> MaskRuns(const cv::Mat& map, std::int16_t value, const cv::Rect& box);

//! COCO's compressed text of run lengths ("counts" as pycocotools reads it).
std::string EncodeRuns(const std::vector<std::uint32_t>& runs);
//! Throws Error if the text is none.
std::vector<std::uint32_t> DecodeRuns(std::string_view text);

//! The mask (CV_8U, 0 or 1) of run lengths. Throws Error if they do not fill the size.
cv::Mat MaskOfRuns(const std::vector<std::uint32_t>& runs, int width, int height);

}  // namespace tenjo
