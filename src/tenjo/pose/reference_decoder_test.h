#pragma once

#include <array>
#include <vector>

#include "tenjo/pose/decoder.h"

namespace tenjo::testing {

//! What the plain decoder finds: points in the order of the heatmaps, input pixels.
struct ReferencePerson {
  struct Point {
    bool found = false;
    double x = 0;
    double y = 0;
    double value = 0;
  };
  std::array<Point, 18> points;
  double coco_score = 0;  //!< sum of its scores times (number of keypoints - 1)
};

//! The slow way: all maps enlarged 4 times by cv::resize, then decoded as Osokin (2018) describes.
//! Shares nothing with the decoder under test. People by falling score. Maps must be finite.
std::vector<ReferencePerson> ReferenceDecode(const PoseMaps& maps);

//! The peaks of one enlarged map as (u, v) in order of u, then v, before any are suppressed.
std::vector<std::array<int, 2>> ReferencePeaks(const float* plane, int width, int height);

}  // namespace tenjo::testing
