#include "tenjo/analyze/geometry.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace tenjo {
namespace {

double Cross(const Point2& a, const Point2& b, const Point2& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

double DistanceToSegment(const Point2& a, const Point2& b, const Point2& p) {
  const double t = std::clamp(Along(a, b, p), 0.0, 1.0);
  return std::hypot(a.x + t * (b.x - a.x) - p.x, a.y + t * (b.y - a.y) - p.y);
}

bool Overlaps(double a0, double a1, double b0, double b1) {
  return std::max(std::min(a0, a1), std::min(b0, b1)) <=
         std::min(std::max(a0, a1), std::max(b0, b1));
}

bool SegmentsMeet(const Point2& a, const Point2& b, const Point2& c, const Point2& d) {
  const auto sign = [](double v) { return (v > 0) - (v < 0); };
  return Overlaps(a.x, b.x, c.x, d.x) && Overlaps(a.y, b.y, c.y, d.y) &&
         sign(Cross(a, b, c)) * sign(Cross(a, b, d)) <= 0 &&
         sign(Cross(c, d, a)) * sign(Cross(c, d, b)) <= 0;
}

}  // namespace

double Distance(const Point2& a, const Point2& b) { return std::hypot(a.x - b.x, a.y - b.y); }

double SignedDistance(std::span<const Point2> polygon, const Point2& point) {
  double least = std::numeric_limits<double>::infinity();
  bool inside = false;
  for (std::size_t i = 0, j = polygon.size() - 1; i < polygon.size(); j = i++) {
    const Point2& a = polygon[j];
    const Point2& b = polygon[i];
    least = std::min(least, DistanceToSegment(a, b, point));
    // Half-open in y, so that a ray through a corner meets one of its two sides.
    if ((a.y > point.y) != (b.y > point.y) &&
        point.x < a.x + (point.y - a.y) / (b.y - a.y) * (b.x - a.x)) {
      inside = !inside;
    }
  }
  return inside ? -least : least;
}

bool IsSimplePolygon(std::span<const Point2> polygon) {
  const std::size_t n = polygon.size();
  if (n < 3) {
    return false;
  }
  double twice_area = 0;
  double longest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Point2& a = polygon[i];
    const Point2& b = polygon[(i + 1) % n];
    twice_area += a.x * b.y - a.y * b.x;
    longest = std::max(longest, Distance(a, b));
    if (a == b) {
      return false;
    }
    for (std::size_t j = i + 1; j < n; ++j) {
      const Point2& c = polygon[j];
      const Point2& d = polygon[(j + 1) % n];
      const bool next = j == i + 1;
      const bool previous = (j + 1) % n == i;
      if (next || previous) {
        // Neighbours share a corner; they must not also lie on each other.
        const Point2& shared = next ? b : a;
        const Point2& from = next ? a : b;
        const Point2& to = next ? d : c;
        const double dot =
            (from.x - shared.x) * (to.x - shared.x) + (from.y - shared.y) * (to.y - shared.y);
        if (Cross(from, shared, to) == 0 && dot > 0) {
          return false;
        }
      } else if (SegmentsMeet(a, b, c, d)) {
        return false;
      }
    }
  }
  return std::abs(twice_area) > 1e-9 * longest * longest;
}

double InnerRadius(std::span<const Point2> polygon) {
  Point2 low = polygon[0];
  Point2 high = polygon[0];
  for (const Point2& p : polygon) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  constexpr int kGrid = 32;
  Point2 best = low;
  double depth = 0;
  const auto look = [&](const Point2& p) {
    const double d = -SignedDistance(polygon, p);
    if (d > depth) {
      depth = d;
      best = p;
      return true;
    }
    return false;
  };
  double step_x = (high.x - low.x) / kGrid;
  double step_y = (high.y - low.y) / kGrid;
  for (int i = 0; i <= kGrid; ++i) {
    for (int j = 0; j <= kGrid; ++j) {
      look({low.x + i * step_x, low.y + j * step_y});
    }
  }
  for (int halvings = 0; halvings < 12;) {
    const Point2 at = best;
    const bool better = look({at.x - step_x, at.y}) || look({at.x + step_x, at.y}) ||
                        look({at.x, at.y - step_y}) || look({at.x, at.y + step_y});
    if (!better) {
      step_x /= 2;
      step_y /= 2;
      ++halvings;
    }
  }
  return depth;
}

double SideOf(const Point2& a, const Point2& b, const Point2& point) {
  const double side = Cross(a, b, point);
  const double rounding = 1e-12 * Distance(a, b) *
                          (std::abs(point.x) + std::abs(point.y) + std::abs(a.x) + std::abs(a.y) +
                           std::abs(b.x) + std::abs(b.y));
  return std::abs(side) <= rounding ? 0 : side;
}

double Along(const Point2& a, const Point2& b, const Point2& point) {
  const double length2 = (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y);
  return length2 > 0 ? ((point.x - a.x) * (b.x - a.x) + (point.y - a.y) * (b.y - a.y)) / length2
                     : 0;
}

std::vector<Point2> SimplifyPath(std::span<const Point2> path, double tolerance) {
  if (path.size() < 3) {
    return {path.begin(), path.end()};
  }
  std::vector<bool> keep(path.size(), false);
  keep.front() = keep.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> open = {{0, path.size() - 1}};
  while (!open.empty()) {
    const auto [first, last] = open.back();
    open.pop_back();
    double worst = tolerance;
    std::size_t at = first;
    for (std::size_t i = first + 1; i < last; ++i) {
      const double d = DistanceToSegment(path[first], path[last], path[i]);
      if (d > worst) {
        worst = d;
        at = i;
      }
    }
    if (at != first) {
      keep[at] = true;
      open.emplace_back(first, at);
      open.emplace_back(at, last);
    }
  }
  std::vector<Point2> kept;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (keep[i]) {
      kept.push_back(path[i]);
    }
  }
  return kept;
}

}  // namespace tenjo
