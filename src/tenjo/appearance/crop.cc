#include "tenjo/appearance/crop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

// What networks have learned to take for nothing: their mean.
constexpr std::uint8_t kGrey = 128;
// Beyond that an image has no more pixels.
constexpr double kLargestShrink = 4096;

//! Pixels of the image for one of the picture.
double ScaleOf(const PersonCrop& crop, cv::Size picture) {
  return std::max({crop.w / picture.width, crop.h / picture.height, 1e-3});
}

}  // namespace

cv::Matx23d ImageFromPicture(const PersonCrop& crop, cv::Size picture) {
  const double scale = ScaleOf(crop, picture);
  const double c = scale * std::cos(crop.up_rad);
  const double s = scale * std::sin(crop.up_rad);
  const double mx = (picture.width - 1) / 2.0;
  const double my = (picture.height - 1) / 2.0;
  return {c, -s, crop.cx - c * mx + s * my, s, c, crop.cy - s * mx - c * my};
}

void CutPerson(const cv::Mat& image, const PersonCrop& crop, cv::Mat& picture) {
  TENJO_CHECK(image.type() == CV_8UC3 && picture.type() == CV_8UC3 && !image.empty() &&
              !picture.empty());
  const double scale = ScaleOf(crop, picture.size());
  const cv::Matx23d to_image = ImageFromPicture(crop, picture.size());
  const double x = crop.cx;
  const double y = crop.cy;
  if (const int shrink = static_cast<int>(std::min(scale, kLargestShrink)); shrink > 1) {
    // Far smaller than the image: its pixels are averaged first, those near the person alone, by
    // squares of whole pixels, which is far faster than by parts of them.
    const double c = std::abs(to_image(0, 0));
    const double s = std::abs(to_image(1, 0));
    const double across = 0.5 * (c * picture.cols + s * picture.rows) + 2 * shrink;
    const double down = 0.5 * (s * picture.cols + c * picture.rows) + 2 * shrink;
    cv::Rect near = cv::Rect(cv::Point(static_cast<int>(x - across), static_cast<int>(y - down)),
                             cv::Size(static_cast<int>(2 * across), static_cast<int>(2 * down))) &
                    cv::Rect(0, 0, image.cols, image.rows);
    const cv::Size size(near.width / shrink, near.height / shrink);
    if (!size.empty()) {
      near.width = size.width * shrink;
      near.height = size.height * shrink;
      cv::Mat source;
      cv::resize(image(near), source, size, 0, 0, cv::INTER_AREA);
      const cv::Matx23d picture_to_near(to_image(0, 0) / shrink, to_image(0, 1) / shrink,
                                        (to_image(0, 2) - near.x + 0.5) / shrink - 0.5,
                                        to_image(1, 0) / shrink, to_image(1, 1) / shrink,
                                        (to_image(1, 2) - near.y + 0.5) / shrink - 0.5);
      cv::warpAffine(source, picture, picture_to_near, picture.size(),
                     cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
      return;
    }
  }
  cv::warpAffine(image, picture, to_image, picture.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                 cv::BORDER_REPLICATE);
}

void MaskPerson(const PersonCrop& crop, CropMask mask, cv::Mat& picture) {
  if (mask == CropMask::kNone) {
    return;
  }
  TENJO_CHECK(picture.type() == CV_8UC3);
  const double scale = ScaleOf(crop, picture.size());
  // Half the box's sides, in the picture's pixels.
  const double half_w = std::max(0.5 * crop.w / scale, 1e-6);
  const double half_h = std::max(0.5 * crop.h / scale, 1e-6);
  for (int y = 0; y < picture.rows; ++y) {
    cv::Vec3b* row = picture.ptr<cv::Vec3b>(y);
    const double v = std::abs(y - (picture.rows - 1) / 2.0) / half_h;
    for (int x = 0; x < picture.cols; ++x) {
      const double u = std::abs(x - (picture.cols - 1) / 2.0) / half_w;
      const bool seen = mask == CropMask::kBox ? u <= 1 && v <= 1 : u * u + v * v <= 1;
      if (!seen) {
        row[x] = cv::Vec3b::all(kGrey);
      }
    }
  }
}

}  // namespace tenjo
