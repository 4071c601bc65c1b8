#pragma once

#include <opencv2/core/types.hpp>
#include <optional>

#include "tenjo/vision/person.h"

namespace tenjo {

//! The part of a picture that shows one person: a rectangle that stands on its feet.
struct PersonCrop {
  double cx = 0;  //!< middle, pixels
  double cy = 0;
  double w = 0;  //!< across the person, pixels
  double h = 0;  //!< along the person
  //! Where the head is: radians clockwise from the picture's up.
  double up_rad = 0;
};

//! Which way is up for a person at (x, y) if nothing of the body says so: radians clockwise from
//! the picture's up. A camera that looks down sees heads away from the point below it.
double UpAt(double x, double y, std::optional<cv::Point2d> below);

//! Whether a person's skeleton or the place below the camera says which end of a rotated box is up.
bool KnowsUp(const Person& person, std::optional<cv::Point2d> below);

//! The crop of a person: the rotated box where there is one, its head's end by the skeleton, else
//! by UpAt; without one along the skeleton from hips to shoulders or head where that is seen, else
//! along UpAt; around box and keypoints. `below`: the pixel below the camera, if known.
PersonCrop CropOf(const Person& person, std::optional<cv::Point2d> below);

}  // namespace tenjo
