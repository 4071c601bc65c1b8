#include "tenjo/dataset/loss_mask.h"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"
#include "tenjo/dataset/rle.h"

namespace tenjo {
namespace {

constexpr int kFractionBits = 4;  // of polygon corners, for cv::fillPoly

// Map pixels of picture pixels: the crop's, divided by the stride about the pixels' corners.
cv::Matx23d MapsFromImage(const Placement& placement, int stride) {
  cv::Matx23d m = placement.crop_from_image;
  for (int row = 0; row < 2; ++row) {
    m(row, 0) /= stride;
    m(row, 1) /= stride;
    m(row, 2) = (m(row, 2) + 0.5) / stride - 0.5;
  }
  return m;
}

void FillRings(const std::vector<std::vector<float>>& rings, const cv::Matx23d& m, cv::Mat& map) {
  for (const std::vector<float>& ring : rings) {
    std::vector<cv::Point> corners;
    for (std::size_t i = 0; i + 1 < ring.size(); i += 2) {
      const double x = m(0, 0) * ring[i] + m(0, 1) * ring[i + 1] + m(0, 2);
      const double y = m(1, 0) * ring[i] + m(1, 1) * ring[i + 1] + m(1, 2);
      constexpr double kFar = 1e6;
      corners.emplace_back(
          static_cast<int>(std::lround(std::clamp(x, -kFar, kFar) * (1 << kFractionBits))),
          static_cast<int>(std::lround(std::clamp(y, -kFar, kFar) * (1 << kFractionBits))));
    }
    cv::fillPoly(map, std::vector<std::vector<cv::Point>>{corners}, cv::Scalar(1), cv::LINE_8,
                 kFractionBits);
  }
}

void FillBox(const Box& box, const cv::Matx23d& m, cv::Mat& map) {
  const auto x = static_cast<float>(box.x);
  const auto y = static_cast<float>(box.y);
  const auto right = static_cast<float>(box.right());
  const auto bottom = static_cast<float>(box.bottom());
  FillRings({{x, y, right, y, right, bottom, x, bottom}}, m, map);
}

// A map pixel is covered where the mask covers its middle.
void FillRuns(const PersonMask& mask, const LabelledImage& image, const cv::Matx23d& m,
              cv::Mat& map) {
  const cv::Mat full = MaskOfRuns(DecodeRuns(mask.counts), image.width, image.height);
  cv::Mat small;
  cv::warpAffine(full, small, m, map.size(), cv::INTER_NEAREST, cv::BORDER_CONSTANT, 0);
  map.setTo(1, small);
}

void FillPerson(const LabelledPerson& person, const LabelledImage& image, const cv::Matx23d& m,
                MaskMode mode, cv::Mat& map) {
  if (mode == MaskMode::kBox || person.mask.empty()) {
    FillBox(person.box, m, map);
  } else if (!person.mask.polygons.empty()) {
    FillRings(person.mask.polygons, m, map);
  } else {
    FillRuns(person.mask, image, m, map);
  }
}

}  // namespace

MaskMode ParseMaskMode(const std::string& word) {
  if (word == "segmentation") {
    return MaskMode::kSegmentation;
  }
  if (word == "box") {
    return MaskMode::kBox;
  }
  if (word == "none") {
    return MaskMode::kNone;
  }
  throw Error(
      fmt::format("The mask is \"{}\" and must be one of segmentation, box and none.", word));
}

std::vector<float> MakeLossMask(const LabelledImage& image, const Placement& placement,
                                cv::Size size, int stride, MaskMode mode) {
  std::vector<float> result(static_cast<std::size_t>(size.area()), 1.0F);
  const auto silent = [](const LabelledPerson& person) {
    return person.crowd || person.num_keypoints == 0;
  };
  if (mode == MaskMode::kNone || std::none_of(image.people.begin(), image.people.end(), silent)) {
    return result;
  }
  const cv::Matx23d m = MapsFromImage(placement, stride);
  cv::Mat left_out = cv::Mat::zeros(size, CV_8U);
  cv::Mat labelled = cv::Mat::zeros(size, CV_8U);
  for (const LabelledPerson& person : image.people) {
    FillPerson(person, image, m, mode, silent(person) ? left_out : labelled);
  }
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      if (left_out.at<std::uint8_t>(y, x) != 0 && labelled.at<std::uint8_t>(y, x) == 0) {
        result[static_cast<std::size_t>(y) * size.width + x] = 0;
      }
    }
  }
  return result;
}

}  // namespace tenjo
