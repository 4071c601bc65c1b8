#include "tenjo/vision/rotated_box.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tenjo {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

struct Point {
  double x = 0;
  double y = 0;
};

double Cross(const Point& a, const Point& b) { return a.x * b.y - a.y * b.x; }

//! A quadrilateral clipped by four lines has eight corners at most.
struct Polygon {
  std::array<Point, 8> corners;
  std::size_t count = 0;
  void Add(const Point& corner) {
    if (count < corners.size()) {
      corners[count++] = corner;
    }
  }
};

//! What lies in a box about the origin whose sides are along the axes, on one side after another.
Polygon Clip(const Polygon& polygon, double limit, bool along_x, double sign) {
  const auto inside = [&](const Point& p) { return limit - sign * (along_x ? p.x : p.y); };
  Polygon clipped;
  for (std::size_t i = 0; i < polygon.count; ++i) {
    const Point& from = polygon.corners[i];
    const Point& to = polygon.corners[(i + 1) % polygon.count];
    const double from_inside = inside(from);
    const double to_inside = inside(to);
    if (from_inside >= 0) {
      clipped.Add(from);
    }
    if ((from_inside > 0 && to_inside < 0) || (from_inside < 0 && to_inside > 0)) {
      const double t = from_inside / (from_inside - to_inside);
      clipped.Add({from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)});
    }
  }
  return clipped;
}

double Area(const Polygon& polygon) {
  if (polygon.count < 3) {
    return 0;
  }
  // From the first corner, so that large coordinates cancel before they are multiplied.
  double twice = 0;
  const Point& origin = polygon.corners[0];
  for (std::size_t i = 1; i + 1 < polygon.count; ++i) {
    const Point a = {polygon.corners[i].x - origin.x, polygon.corners[i].y - origin.y};
    const Point b = {polygon.corners[i + 1].x - origin.x, polygon.corners[i + 1].y - origin.y};
    twice += Cross(a, b);
  }
  return std::abs(twice) / 2;
}

}  // namespace

double RotatedOverlap(const RotatedBox& a, const RotatedBox& b) {
  if (!(a.w > 0) || !(a.h > 0) || !(b.w > 0) || !(b.h > 0)) {
    return 0;
  }
  const double dx = b.cx - a.cx;
  const double dy = b.cy - a.cy;
  const double reach = (std::hypot(a.w, a.h) + std::hypot(b.w, b.h)) / 2;
  if (dx * dx + dy * dy >= reach * reach) {
    return 0;
  }
  // b in a's own axes, where a is upright about the origin.
  const double ca = std::cos(a.degrees * kDegree);
  const double sa = std::sin(a.degrees * kDegree);
  const double turn = std::remainder(b.degrees - a.degrees, 360.0) * kDegree;
  const double c = std::cos(turn);
  const double s = std::sin(turn);
  const Point centre = {ca * dx + sa * dy, -sa * dx + ca * dy};
  Polygon polygon;
  for (const auto& [sx, sy] : {std::pair(-0.5, -0.5), {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}}) {
    const double x = sx * b.w;
    const double y = sy * b.h;
    polygon.Add({centre.x + c * x - s * y, centre.y + s * x + c * y});
  }
  for (const bool along_x : {true, false}) {
    for (const double sign : {1.0, -1.0}) {
      polygon = Clip(polygon, (along_x ? a.w : a.h) / 2, along_x, sign);
    }
  }
  return std::min({Area(polygon), a.w * a.h, b.w * b.h});
}

double RotatedIoU(const RotatedBox& a, const RotatedBox& b) {
  const double overlap = RotatedOverlap(a, b);
  return overlap > 0 ? overlap / (a.w * a.h + b.w * b.h - overlap) : 0;
}

Box UprightBox(const RotatedBox& box) {
  const double c = std::cos(box.degrees * kDegree);
  const double s = std::sin(box.degrees * kDegree);
  const double w = std::hypot(box.w * c, box.h * s);
  const double h = std::hypot(box.w * s, box.h * c);
  return {box.cx - w / 2, box.cy - h / 2, w, h};
}

double HalfTurn(double degrees) {
  const double turned = std::remainder(degrees, 180.0);
  return turned <= -90 ? 90.0 : turned;
}

BoxPoint ToBoxAxes(const RotatedBox& box, double x, double y) {
  const double c = std::cos(box.degrees * kDegree);
  const double s = std::sin(box.degrees * kDegree);
  const double dx = x - box.cx;
  const double dy = y - box.cy;
  return {c * dx + s * dy, -s * dx + c * dy};
}

}  // namespace tenjo
