#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "tenjo/vision/person.h"

namespace tenjo {

//! Draws people on pictures: skeleton, box, id, and the trail of the last seconds.
class Overlay {
 public:
  //! Draws on `image` (8-bit BGR) in place. Frames must come in order, for the trails' sake.
  void Draw(const std::vector<Person>& people, double time_s, cv::Mat& image);

 private:
  struct TrailPoint {
    double time_s;
    cv::Point2f at;
  };
  void UpdateTrails(const std::vector<Person>& people, double time_s);

  std::map<std::int64_t, std::deque<TrailPoint>> trails_;
};

//! A colour of its own for each id, far from those of its neighbours.
cv::Scalar ColourOfId(std::int64_t id);

}  // namespace tenjo
