#pragma once

#include <functional>
#include <opencv2/core/mat.hpp>

#include "tenjo/camera/camera.h"

namespace tenjo {

struct ChessboardOptions {
  int columns = 9;  //!< inner corners
  int rows = 6;
  double square_m = 0.025;
  LensKind lens = LensKind::kPinhole;  //!< or kEquidistant
  int most_views = 40;
};

struct ChessboardResult {
  Lens lens;
  double error_px = 0;  //!< root mean square over all corners
  int views = 0;        //!< pictures that were used
  int pictures = 0;     //!< pictures that were looked at
};

//! Lens from pictures of a chessboard held before the camera, by OpenCV's calibrateCamera or
//! fisheye::calibrate. `next` gives the next picture (8-bit BGR or grey, all of one size), false at
//! the end; of views that are nearly the same one is used. Throws Error where the board is seen in
//! too few different places or the answer is no lens.
ChessboardResult CalibrateFromChessboard(const ChessboardOptions& options,
                                         const std::function<bool(cv::Mat&)>& next);

}  // namespace tenjo
