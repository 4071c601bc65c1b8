#pragma once

#include <opencv2/core/mat.hpp>

#include "tenjo/vision/person.h"

namespace tenjo {

//! How an image is laid into a network's input: aspect ratio kept, in the middle, the rest padded.
class Letterbox {
 public:
  Letterbox() = default;
  Letterbox(cv::Size image, cv::Size input);

  //! Input of height `height` (a multiple of `stride`) and the width that the image's aspect asks
  //! for, rounded up to a multiple of `stride`, at least `height` and at most `kMaxAspect` times
  //! it.
  static cv::Size SizeForHeight(cv::Size image, int height, int stride);
  static constexpr int kMaxAspect = 8;

  //! Writes the image into `input` (8-bit BGR, the size given to the constructor).
  void Fill(const cv::Mat& image, const cv::Scalar& padding, cv::Mat& input) const;
  //! Moves a person from input pixels to image pixels; its box is cut at the image's border.
  void ToImage(Person& person) const;

 private:
  cv::Size image_;
  cv::Size input_;
  cv::Rect inner_;  // where the image lies in the input
};

}  // namespace tenjo
