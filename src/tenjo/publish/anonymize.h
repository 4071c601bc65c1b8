#pragma once

#include <opencv2/core/mat.hpp>
#include <span>
#include <vector>

#include "tenjo/vision/box.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! Remembers where people are and lately were, so that pictures can leave without them. Who is
//! found in one picture and not in the next is still there: their place stays blurred, and grows,
//! for two seconds.
class Anonymizer {
 public:
  //! Everyone who was found in the next picture, tracked or not.
  void See(std::span<const Person> people, double time_s);
  //! What must be blurred in this picture: whole bodies with some room around them.
  std::vector<Box> Boxes() const;

 private:
  struct Place {
    Box box;
    double seen_s = 0;
  };
  std::vector<Place> places_;
  double now_s_ = 0;
};

//! Blurs boxes of a picture (8-bit, any channels) for good: each is averaged down to a few cells,
//! coarser than a face, and smoothed, so that what it showed cannot be computed back.
void BlurBoxes(std::span<const Box> boxes, cv::Mat& picture);

}  // namespace tenjo
