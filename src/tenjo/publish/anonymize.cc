#include "tenjo/publish/anonymize.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace tenjo {
namespace {

constexpr double kRemember_s = 2;
constexpr double kSameOverlap = 0.3;
constexpr double kRoom = 0.15;  // of the box's longer side, all around
// How fast an unseen person may have gone on, as a share of the longer side a second.
constexpr double kGrow = 0.25;
constexpr int kLeastCell = 12;  // pixels
constexpr int kCells = 8;       // along the longer side

// Box and keypoints: a head may stand out of a box.
Box AllOf(const Person& person) {
  Box box = person.box;
  double right = box.right();
  double bottom = box.bottom();
  for (const Keypoint& point : person.keypoints) {
    if (point.score > 0) {
      box.x = std::min<double>(box.x, point.x);
      box.y = std::min<double>(box.y, point.y);
      right = std::max<double>(right, point.x);
      bottom = std::max<double>(bottom, point.y);
    }
  }
  box.w = right - box.x;
  box.h = bottom - box.y;
  return box;
}

Box Grown(const Box& box, double share) {
  const double room = share * std::max(box.w, box.h);
  return {box.x - room, box.y - room, box.w + 2 * room, box.h + 2 * room};
}

}  // namespace

void Anonymizer::See(std::span<const Person> people, double time_s) {
  now_s_ = time_s;
  std::vector<Place> now;
  for (const Person& person : people) {
    now.push_back({AllOf(person), time_s});
  }
  for (const Place& place : places_) {
    const bool seen_again = std::any_of(now.begin(), now.end(), [&](const Place& one) {
      return one.seen_s == time_s && IoU(one.box, place.box) > kSameOverlap;
    });
    if (!seen_again && time_s - place.seen_s <= kRemember_s) {
      now.push_back(place);
    }
  }
  places_ = std::move(now);
}

std::vector<Box> Anonymizer::Boxes() const {
  std::vector<Box> boxes;
  boxes.reserve(places_.size());
  for (const Place& place : places_) {
    boxes.push_back(Grown(place.box, kRoom + kGrow * (now_s_ - place.seen_s)));
  }
  return boxes;
}

void BlurBoxes(std::span<const Box> boxes, cv::Mat& picture) {
  for (const Box& box : boxes) {
    // Written so that NaN gives nothing to blur.
    const double left = std::max(0.0, std::floor(box.x));
    const double top = std::max(0.0, std::floor(box.y));
    const double right = std::min<double>(picture.cols, std::ceil(box.right()));
    const double bottom = std::min<double>(picture.rows, std::ceil(box.bottom()));
    if (!(right - left >= 1 && bottom - top >= 1)) {
      continue;
    }
    cv::Mat part =
        picture(cv::Rect(static_cast<int>(left), static_cast<int>(top),
                         static_cast<int>(right - left), static_cast<int>(bottom - top)));
    const int cell = std::max(kLeastCell, std::max(part.cols, part.rows) / kCells);
    const cv::Size cells(std::max(1, part.cols / cell), std::max(1, part.rows / cell));
    cv::Mat few;
    cv::resize(part, few, cells, 0, 0, cv::INTER_AREA);
    cv::blur(few, few, cv::Size(std::min(3, cells.width), std::min(3, cells.height)));
    cv::resize(few, part, part.size(), 0, 0, cv::INTER_LINEAR);
  }
}

}  // namespace tenjo
