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
  if (scale > 2) {
    // Far smaller than the image: its pixels are averaged first, those near the person alone.
    const double half = 0.5 * scale * std::hypot(picture.cols, picture.rows) + 2;
    const cv::Rect near =
        cv::Rect(cv::Point(static_cast<int>(x - half), static_cast<int>(y - half)),
                 cv::Size(static_cast<int>(2 * half), static_cast<int>(2 * half))) &
        cv::Rect(0, 0, image.cols, image.rows);
    if (!near.empty()) {
      const double shrink = scale / 1.5;
      cv::Mat source;
      const cv::Size size(std::max(1, static_cast<int>(near.width / shrink)),
                          std::max(1, static_cast<int>(near.height / shrink)));
      const double sx = static_cast<double>(near.width) / size.width;
      const double sy = static_cast<double>(near.height) / size.height;
      cv::resize(image(near), source, size, 0, 0, cv::INTER_AREA);
      const cv::Matx23d picture_to_near(
          to_image(0, 0) / sx, to_image(0, 1) / sx, (to_image(0, 2) - near.x + 0.5) / sx - 0.5,
          to_image(1, 0) / sy, to_image(1, 1) / sy, (to_image(1, 2) - near.y + 0.5) / sy - 0.5);
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
