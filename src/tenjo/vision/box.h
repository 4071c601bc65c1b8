#pragma once

#include <algorithm>

namespace tenjo {

//! Axis-aligned box in pixels: top left corner, width, height. The centre of the first pixel is
//! (0,0).
struct Box {
  double x = 0;
  double y = 0;
  double w = 0;
  double h = 0;

  double right() const { return x + w; }
  double bottom() const { return y + h; }
  double area() const { return w * h; }
};

//! Intersection over union of two boxes, 0 when either has no area.
inline double IoU(const Box& a, const Box& b) {
  const double w = std::min(a.right(), b.right()) - std::max(a.x, b.x);
  const double h = std::min(a.bottom(), b.bottom()) - std::max(a.y, b.y);
  if (!(w > 0) || !(h > 0)) {
    return 0;
  }
  const double overlap = w * h;
  return overlap / (a.area() + b.area() - overlap);
}

}  // namespace tenjo
