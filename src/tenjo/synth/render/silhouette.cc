#include "tenjo/synth/render/silhouette.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace tenjo::synth {
namespace {

using Eigen::Vector2d;

//! Which pixels of a part of the picture are covered.
class Cover {
 public:
  Cover(int x0, int y0, int x1, int y1) : x0_(x0), y0_(y0), x1_(x1), y1_(y1), width_(x1 - x0 + 1) {
    covered_.assign(static_cast<std::size_t>(width_) * static_cast<std::size_t>(y1 - y0 + 1), 0);
  }

  //! Pixels whose centre lies in the triangle, whichever way it turns.
  void Fill(Vector2d a, Vector2d b, const Vector2d& c) {
    double area = Edge(a, b, c);
    if (area == 0) {
      return;
    }
    if (area < 0) {
      std::swap(a, b);
    }
    const int left = std::max(x0_, Ceil(std::min({a.x(), b.x(), c.x()})));
    const int right = std::min(x1_, Floor(std::max({a.x(), b.x(), c.x()})));
    const int top = std::max(y0_, Ceil(std::min({a.y(), b.y(), c.y()})));
    const int bottom = std::min(y1_, Floor(std::max({a.y(), b.y(), c.y()})));
    for (int y = top; y <= bottom; ++y) {
      for (int x = left; x <= right; ++x) {
        const Vector2d p(x, y);
        if (Edge(a, b, p) >= 0 && Edge(b, c, p) >= 0 && Edge(c, a, p) >= 0) {
          covered_[static_cast<std::size_t>(y - y0_) * static_cast<std::size_t>(width_) +
                   static_cast<std::size_t>(x - x0_)] = 1;
        }
      }
    }
  }

  int Area() const { return static_cast<int>(std::count(covered_.begin(), covered_.end(), 1)); }

 private:
  static double Edge(const Vector2d& a, const Vector2d& b, const Vector2d& p) {
    return (b.x() - a.x()) * (p.y() - a.y()) - (b.y() - a.y()) * (p.x() - a.x());
  }
  static int Ceil(double v) { return static_cast<int>(std::ceil(v)); }
  static int Floor(double v) { return static_cast<int>(std::floor(v)); }

  int x0_, y0_, x1_, y1_, width_;
  std::vector<std::uint8_t> covered_;
};

}  // namespace

int SilhouetteArea(const Scene& scene, int person, const Camera& camera) {
  const PreparedLens lens(camera.lens);
  const Eigen::Matrix3d camera_from_world = camera.world_from_camera.conjugate().toRotationMatrix();
  struct Part {
    const Mesh* mesh;
    std::vector<std::optional<Vector2d>> pixels;
  };
  std::vector<Part> parts;
  Vector2d low = Vector2d::Constant(1e9);
  Vector2d high = Vector2d::Constant(-1e9);
  for (const Mesh& mesh : scene.meshes) {
    if (mesh.person != person || !mesh.in_mask) {
      continue;
    }
    Part part{&mesh, {}};
    part.pixels.reserve(mesh.positions.size());
    for (const Vec3f& vertex : mesh.positions) {
      part.pixels.push_back(
          lens.Project(camera_from_world * (vertex.cast<double>() - camera.centre)));
      if (part.pixels.back()) {
        low = low.cwiseMin(*part.pixels.back());
        high = high.cwiseMax(*part.pixels.back());
      }
    }
    parts.push_back(std::move(part));
  }
  const int x0 = static_cast<int>(std::ceil(std::max(low.x(), 0.0)));
  const int y0 = static_cast<int>(std::ceil(std::max(low.y(), 0.0)));
  const int x1 = static_cast<int>(std::floor(std::min(high.x(), camera.lens.width - 1.0)));
  const int y1 = static_cast<int>(std::floor(std::min(high.y(), camera.lens.height - 1.0)));
  if (x1 < x0 || y1 < y0) {
    return 0;
  }
  Cover cover(x0, y0, x1, y1);
  for (const Part& part : parts) {
    for (const auto& triangle : part.mesh->triangles) {
      const auto& a = part.pixels[triangle[0]];
      const auto& b = part.pixels[triangle[1]];
      const auto& c = part.pixels[triangle[2]];
      if (a && b && c) {
        cover.Fill(*a, *b, *c);
      }
    }
  }
  return cover.Area();
}

}  // namespace tenjo::synth
