#pragma once

#include <span>
#include <vector>

namespace tenjo {

//! A point of the picture (pixels, y down) or of the floor (metres, seen from above, y up).
struct Point2 {
  double x = 0;
  double y = 0;
  friend bool operator==(const Point2&, const Point2&) = default;
};

double Distance(const Point2& a, const Point2& b);

//! Distance to the border of a polygon (corners in order, either way round): negative inside, 0 on
//! the border, positive outside.
double SignedDistance(std::span<const Point2> polygon, const Point2& point);

//! Whether the border meets itself nowhere and encloses something.
bool IsSimplePolygon(std::span<const Point2> polygon);

//! About the radius of the largest circle inside, to a few per cent from below.
double InnerRadius(std::span<const Point2> polygon);

//! Which side of the line through a and b: positive where (b - a) x (point - a) is, exactly 0 for
//! points on it as far as doubles can tell.
double SideOf(const Point2& a, const Point2& b, const Point2& point);

//! Where `point` is along a to b: 0 at a, 1 at b.
double Along(const Point2& a, const Point2& b, const Point2& point);

//! A path with fewer points that strays from the given one by `tolerance` at most (Ramer 1972,
//! Douglas and Peucker 1973); the ends stay.
std::vector<Point2> SimplifyPath(std::span<const Point2> path, double tolerance);

}  // namespace tenjo
