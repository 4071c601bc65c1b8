#include "tenjo/pipeline/letterbox.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

int RoundUp(double value, int step) { return static_cast<int>(std::ceil(value / step)) * step; }

}  // namespace

Letterbox::Letterbox(cv::Size image, cv::Size input) : image_(image), input_(input) {
  TENJO_CHECK(image.width > 0 && image.height > 0 && input.width > 0 && input.height > 0);
  const double scale = std::min(static_cast<double>(input.width) / image.width,
                                static_cast<double>(input.height) / image.height);
  const int width = std::clamp(static_cast<int>(std::lround(image.width * scale)), 1, input.width);
  const int height =
      std::clamp(static_cast<int>(std::lround(image.height * scale)), 1, input.height);
  inner_ = cv::Rect((input.width - width) / 2, (input.height - height) / 2, width, height);
}

cv::Size Letterbox::SizeForHeight(cv::Size image, int height, int stride) {
  const double wanted = static_cast<double>(image.width) * height / image.height;
  const double bounded =
      std::clamp(wanted, static_cast<double>(height), static_cast<double>(height) * kMaxAspect);
  return {RoundUp(bounded, stride), height};
}

void Letterbox::Fill(const cv::Mat& image, const cv::Scalar& padding, cv::Mat& input) const {
  TENJO_CHECK(image.size() == image_ && input.size() == input_ && input.type() == CV_8UC3);
  if (inner_.y > 0) {
    input.rowRange(0, inner_.y).setTo(padding);
  }
  if (inner_.br().y < input_.height) {
    input.rowRange(inner_.br().y, input_.height).setTo(padding);
  }
  const cv::Range rows(inner_.y, inner_.br().y);
  if (inner_.x > 0) {
    input(rows, cv::Range(0, inner_.x)).setTo(padding);
  }
  if (inner_.br().x < input_.width) {
    input(rows, cv::Range(inner_.br().x, input_.width)).setTo(padding);
  }
  cv::Mat inside = input(inner_);
  if (inside.size() == image.size()) {
    image.copyTo(inside);
  } else {
    cv::resize(image, inside, inside.size(), 0, 0, cv::INTER_LINEAR);
  }
}

void Letterbox::ToImage(Person& person) const {
  const double sx = static_cast<double>(image_.width) / inner_.width;
  const double sy = static_cast<double>(image_.height) / inner_.height;
  // Pixel centres are whole numbers, so scaling goes about the corner at -0.5.
  const auto x_of = [&](double x) { return (x - inner_.x + 0.5) * sx - 0.5; };
  const auto y_of = [&](double y) { return (y - inner_.y + 0.5) * sy - 0.5; };
  for (Keypoint& point : person.keypoints) {
    if (point.score > 0) {
      point.x = static_cast<float>(x_of(point.x));
      point.y = static_cast<float>(y_of(point.y));
    }
  }
  if (person.rotated_box) {
    // Sides that were rounded to whole pixels make the two scales differ a little: each side of the
    // box is scaled along its own direction.
    RotatedBox& box = *person.rotated_box;
    const double angle = box.degrees * std::numbers::pi / 180;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    box = {x_of(box.cx), y_of(box.cy), box.w * std::hypot(c * sx, s * sy),
           box.h * std::hypot(s * sx, c * sy),
           HalfTurn(std::atan2(s * sx, c * sy) * 180 / std::numbers::pi)};
  }
  const double left = std::clamp(x_of(person.box.x), 0.0, static_cast<double>(image_.width));
  const double top = std::clamp(y_of(person.box.y), 0.0, static_cast<double>(image_.height));
  const double right =
      std::clamp(x_of(person.box.right()), left, static_cast<double>(image_.width));
  const double bottom =
      std::clamp(y_of(person.box.bottom()), top, static_cast<double>(image_.height));
  person.box = {left, top, right - left, bottom - top};
}

}  // namespace tenjo
