#include "tenjo/dataset/person_labels.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core/types.hpp>
#include <optional>

namespace tenjo {
namespace {

constexpr double kAligned_deg = 20;
constexpr double kBorder = 2;          // px: a box nearer to the picture's border is cut by it
constexpr double kLeastSeen = 0.05;    // share of the box that its mask covers
constexpr double kLeastInView = 0.25;  // share of the box
constexpr double kLeastSide = 1.5;     // map pixels of the longer side
constexpr int kSamples = 9;            // along each side of a box, for its share in view

cv::Point2d Map(const cv::Matx23d& m, double x, double y) {
  return {m(0, 0) * x + m(0, 1) * y + m(0, 2), m(1, 0) * x + m(1, 1) * y + m(1, 2)};
}

cv::Matx23d Inverse(const cv::Matx23d& m) {
  const double det = m(0, 0) * m(1, 1) - m(0, 1) * m(1, 0);
  cv::Matx23d out(m(1, 1) / det, -m(0, 1) / det, 0, -m(1, 0) / det, m(0, 0) / det, 0);
  const cv::Point2d moved = Map(out, m(0, 2), m(1, 2));
  out(0, 2) = -moved.x;
  out(1, 2) = -moved.y;
  return out;
}

// What of the picture lies in the crop.
class View {
 public:
  View(const LabelledImage& image, const Placement& placement, cv::Size crop)
      : to_crop_(placement.crop_from_image),
        to_image_(Inverse(to_crop_)),
        image_(image.width, image.height),
        crop_(crop) {}

  bool Holds(const cv::Point2d& at) const {
    return Inside(at, crop_) && Inside(Map(to_image_, at.x, at.y), image_);
  }

  double ShareOf(const RotatedBox& box) const {
    const double angle = box.degrees * std::numbers::pi / 180;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    int inside = 0;
    for (int i = 0; i < kSamples; ++i) {
      for (int j = 0; j < kSamples; ++j) {
        const double u = box.w * ((i + 0.5) / kSamples - 0.5);
        const double v = box.h * ((j + 0.5) / kSamples - 0.5);
        inside += Holds({box.cx + c * u - s * v, box.cy + s * u + c * v}) ? 1 : 0;
      }
    }
    return static_cast<double>(inside) / (kSamples * kSamples);
  }

  // Projections onto crop and picture in turn lead into both (Bregman 1965); a few come close.
  cv::Point2d Nearest(cv::Point2d at) const {
    constexpr int kTurns = 8;
    for (int i = 0; i < kTurns && !Holds(at); ++i) {
      cv::Point2d in_image = Clamped(Map(to_image_, at.x, at.y), image_);
      at = Clamped(Map(to_crop_, in_image.x, in_image.y), crop_);
    }
    return at;
  }

 private:
  static bool Inside(const cv::Point2d& at, cv::Size size) {
    return at.x >= -0.5 && at.y >= -0.5 && at.x <= size.width - 0.5 && at.y <= size.height - 0.5;
  }
  static cv::Point2d Clamped(const cv::Point2d& at, cv::Size size) {
    return {std::clamp(at.x, -0.5, size.width - 0.5), std::clamp(at.y, -0.5, size.height - 0.5)};
  }

  cv::Matx23d to_crop_;
  cv::Matx23d to_image_;
  cv::Size image_;
  cv::Size crop_;
};

std::optional<cv::Point2d> Middle(const LabelledPerson& person, int left, int right) {
  const Keypoint& a = person.keypoints[left];
  const Keypoint& b = person.keypoints[right];
  if (!(a.score > 0 && b.score > 0)) {
    return std::nullopt;
  }
  return cv::Point2d((a.x + b.x) / 2, (a.y + b.y) / 2);
}

// A box that is upright in the picture, in picture pixels, with what can be said of its shape.
PersonLabel FromUprightBox(const LabelledPerson& person, const LabelledImage& image) {
  const Box& box = person.box;
  PersonLabel label;
  label.box = Unturned(box);
  label.ignored = box.x < kBorder - 0.5 || box.y < kBorder - 0.5 ||
                  box.right() > image.width - 0.5 - kBorder ||
                  box.bottom() > image.height - 0.5 - kBorder;
  label.shape = false;
  const auto shoulders = Middle(person, kLeftShoulder, kRightShoulder);
  const auto hips = Middle(person, kLeftHip, kRightHip);
  if (shoulders && hips) {
    const cv::Point2d up = *shoulders - *hips;
    const double degrees = HalfTurn(std::atan2(up.x, -up.y) * 180 / std::numbers::pi);
    if (std::abs(degrees) <= kAligned_deg) {
      label.shape = true;
    } else if (std::abs(degrees) >= 90 - kAligned_deg) {
      label.shape = true;
      label.box = {label.box.cx, label.box.cy, box.h, box.w, 90};
    }
  }
  return label;
}

}  // namespace

std::vector<PersonLabel> PersonLabels(const LabelledImage& image, const Placement& placement,
                                      cv::Size crop, int stride) {
  const View view(image, placement, crop);
  std::vector<PersonLabel> labels;
  for (const LabelledPerson& person : image.people) {
    PersonLabel label;
    if (person.rotated_box) {
      label.box = *person.rotated_box;
      label.ignored = !person.mask.empty() && person.area < kLeastSeen * label.box.area();
    } else {
      label = FromUprightBox(person, image);
    }
    label.ignored = label.ignored || person.crowd;
    label.box = PlaceBox(label.box, placement);
    const double in_view = view.ShareOf(label.box);
    label.ignored = label.ignored || in_view < kLeastInView ||
                    std::max(label.box.w, label.box.h) < kLeastSide * stride;
    const cv::Point2d at = view.Nearest({label.box.cx, label.box.cy});
    label.x = at.x;
    label.y = at.y;
    labels.push_back(label);
  }
  return labels;
}

}  // namespace tenjo
