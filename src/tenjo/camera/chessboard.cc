#include "tenjo/camera/chessboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

using Corners = std::vector<cv::Point2f>;

constexpr std::size_t kLeastViews = 5;
// Views whose corners lie nearer than this to those of another, as a share of the picture's width,
// say nothing new.
constexpr double kSame = 0.03;

bool IsNew(const Corners& corners, const std::vector<Corners>& views, int width) {
  return std::none_of(views.begin(), views.end(), [&](const Corners& view) {
    double sum = 0;
    for (std::size_t i = 0; i < corners.size(); ++i) {
      sum += cv::norm(corners[i] - view[i]);
    }
    return sum / static_cast<double>(corners.size()) < kSame * width;
  });
}

void CheckOptions(const ChessboardOptions& options) {
  if (options.columns < 3 || options.rows < 3 || options.columns > 50 || options.rows > 50) {
    throw Error(
        fmt::format("a chessboard of {}x{} inner corners cannot be used: each side has 3 "
                    "to 50",
                    options.columns, options.rows));
  }
  if (!(options.square_m > 1e-4 && options.square_m < 10)) {
    throw Error(fmt::format("the chessboard's squares are {} m: it must be 0.0001 to 10 m",
                            options.square_m));
  }
  if (options.lens != LensKind::kPinhole && options.lens != LensKind::kEquidistant) {
    throw Error("a chessboard calibrates a pinhole or an equidistant (fisheye) lens");
  }
}

}  // namespace

ChessboardResult CalibrateFromChessboard(const ChessboardOptions& options,
                                         const std::function<bool(cv::Mat&)>& next) {
  CheckOptions(options);
  const cv::Size board(options.columns, options.rows);
  ChessboardResult result;
  std::vector<Corners> views;
  cv::Size size;
  cv::Mat picture;
  cv::Mat grey;
  while (views.size() < static_cast<std::size_t>(options.most_views) && next(picture)) {
    ++result.pictures;
    if (picture.channels() == 1) {
      grey = picture;
    } else {
      cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
    }
    if (!size.empty() && grey.size() != size) {
      throw Error("the chessboard's pictures have different sizes: one camera's have one");
    }
    size = grey.size();
    Corners corners;
    const int flags =
        cv::CALIB_CB_ADAPTIVE_THRESH | cv::CALIB_CB_NORMALIZE_IMAGE | cv::CALIB_CB_FAST_CHECK;
    if (!cv::findChessboardCorners(grey, board, corners, flags)) {
      continue;
    }
    cv::cornerSubPix(grey, corners, {5, 5}, {-1, -1},
                     cv::TermCriteria(cv::TermCriteria::EPS | cv::TermCriteria::COUNT, 30, 0.01));
    if (IsNew(corners, views, size.width)) {
      views.push_back(std::move(corners));
    }
  }
  if (views.size() < kLeastViews) {
    throw Error(
        fmt::format("a chessboard of {}x{} inner corners is seen in {} different places in "
                    "{} pictures: at least {} are needed, all over the picture",
                    options.columns, options.rows, views.size(), result.pictures, kLeastViews));
  }
  std::vector<cv::Point3f> corners;
  for (int row = 0; row < options.rows; ++row) {
    for (int column = 0; column < options.columns; ++column) {
      corners.emplace_back(static_cast<float>(column * options.square_m),
                           static_cast<float>(row * options.square_m), 0.0F);
    }
  }
  const std::vector<std::vector<cv::Point3f>> object(views.size(), corners);
  cv::Mat matrix = cv::Mat::eye(3, 3, CV_64F);
  cv::Mat distortion;
  try {
    if (options.lens == LensKind::kPinhole) {
      result.error_px = cv::calibrateCamera(object, views, size, matrix, distortion, cv::noArray(),
                                            cv::noArray());
    } else {
      result.error_px = cv::fisheye::calibrate(
          object, views, size, matrix, distortion, cv::noArray(), cv::noArray(),
          cv::fisheye::CALIB_RECOMPUTE_EXTRINSIC | cv::fisheye::CALIB_FIX_SKEW);
    }
  } catch (const cv::Exception&) {
    throw Error(
        "OpenCV finds no lens that sees the chessboard like this: show it in more places, "
        "nearer and slanted, or take the other kind of lens");
  }
  Lens& lens = result.lens;
  lens.kind = options.lens;
  lens.width = size.width;
  lens.height = size.height;
  lens.fx = matrix.at<double>(0, 0);
  lens.fy = matrix.at<double>(1, 1);
  lens.cx = matrix.at<double>(0, 2);
  lens.cy = matrix.at<double>(1, 2);
  const int numbers = std::min<int>(static_cast<int>(distortion.total()), 5);
  for (int i = 0; i < numbers; ++i) {
    lens.distortion[static_cast<std::size_t>(i)] = distortion.at<double>(i);
  }
  if (lens.kind == LensKind::kEquidistant) {
    // As far as the picture's corners need.
    const double corner = std::hypot(size.width, size.height) / 2 / std::min(lens.fx, lens.fy);
    lens.max_angle_rad = std::clamp(corner * 1.1, 0.5, 110 * std::numbers::pi / 180);
  }
  result.views = static_cast<int>(views.size());
  Validate(lens);
  return result;
}

}  // namespace tenjo
