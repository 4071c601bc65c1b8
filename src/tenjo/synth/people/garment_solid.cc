#include "tenjo/synth/people/garment_solid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tenjo::synth {
namespace {

constexpr float kTurn = 2 * std::numbers::pi_v<float>;

ClothVertex Vertex(const Vec3f& place, const SkinWeights& weights) {
  ClothVertex vertex;
  vertex.position = place;
  vertex.weights = weights;
  return vertex;
}

}  // namespace

void AddTube(Cloth& cloth, std::span<const Vec3f> path, std::span<const float> radii, int sides,
             const SkinWeights& weights) {
  const int rows = static_cast<int>(path.size()) + 2;
  std::vector<Vec3f> across(path.size());
  std::vector<Vec3f> up(path.size());
  Vec3f last = Vec3f(0.31F, 0.83F, 0.46F).normalized();
  for (std::size_t i = 0; i < path.size(); ++i) {
    const Vec3f along =
        (path[std::min(i + 1, path.size() - 1)] - path[i > 0 ? i - 1 : 0]).normalized();
    last = (last - last.dot(along) * along).normalized();
    across[i] = last;
    up[i] = last.cross(along);
  }
  AddGrid(cloth, rows, sides, true, [&](int row, int column) {
    const std::size_t i = static_cast<std::size_t>(std::clamp(row - 1, 0, rows - 3));
    const bool end = row == 0 || row == rows - 1;
    const float angle = kTurn * static_cast<float>(column) / static_cast<float>(sides);
    const float radius = end ? 0 : radii[i];
    return Vertex(path[i] + radius * (std::cos(angle) * across[i] + std::sin(angle) * up[i]),
                  weights);
  });
}

void AddBox(Cloth& cloth, const Eigen::Affine3f& frame, const Vec3f& half, float round,
            const SkinWeights& weights) {
  constexpr int kRows = 11;
  constexpr int kColumns = 20;
  // A superellipsoid: the exponent goes from a box's to a ball's.
  const float power = 0.12F + 0.88F * round;
  const auto bend = [power](float v) { return std::copysign(std::pow(std::abs(v), power), v); };
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float tilt = 0.5F * kTurn * static_cast<float>(row) / (kRows - 1);
    const float turn = kTurn * static_cast<float>(column) / kColumns;
    const float ring = bend(std::max(std::sin(tilt), 0.0F));
    const Vec3f unit(ring * bend(std::cos(turn)), ring * bend(std::sin(turn)),
                     bend(std::cos(tilt)));
    return Vertex(frame * unit.cwiseProduct(half), weights);
  });
}

void AddCarton(Cloth& cloth, const Eigen::Affine3f& frame, const Vec3f& half,
               const SkinWeights& weights) {
  for (int axis = 0; axis < 3; ++axis) {
    for (const float sign : {-1.0F, 1.0F}) {
      const auto first = static_cast<std::uint32_t>(cloth.vertices.size());
      Vec3f normal = Vec3f::Zero();
      normal[axis] = sign;
      Vec3f u = Vec3f::Zero();
      u[(axis + 1) % 3] = 1;
      const Vec3f v = normal.cross(u);
      for (const auto& [a, b] :
           {std::pair{-1.0F, -1.0F}, {1.0F, -1.0F}, {1.0F, 1.0F}, {-1.0F, 1.0F}}) {
        cloth.vertices.push_back(
            Vertex(frame * Vec3f(normal + a * u + b * v).cwiseProduct(half), weights));
      }
      cloth.triangles.push_back({first, first + 1, first + 2});
      cloth.triangles.push_back({first, first + 2, first + 3});
    }
  }
}

void AddBlob(Cloth& cloth, const Vec3f& centre, const Vec3f& half, float lump, float lump_size_m,
             std::uint32_t seed, const SkinWeights& weights) {
  constexpr int kRows = 11;
  constexpr int kColumns = 18;
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float tilt = 0.5F * kTurn * static_cast<float>(row) / (kRows - 1);
    const float turn = kTurn * static_cast<float>(column) / kColumns;
    const Vec3f unit(std::sin(tilt) * std::cos(turn), std::sin(tilt) * std::sin(turn),
                     std::cos(tilt));
    const Vec3f place = unit.cwiseProduct(half);
    const float scale = 1 + lump * (2 * Noise(place / lump_size_m, seed) - 1);
    return Vertex(centre + scale * place, weights);
  });
}

void AddLathe(Cloth& cloth, const Eigen::Affine3f& frame, std::span<const Eigen::Vector2f> profile,
              int sides, const SkinWeights& weights) {
  const int rows = static_cast<int>(profile.size());
  AddGrid(cloth, rows, sides, true, [&](int row, int column) {
    const Eigen::Vector2f& at = profile[static_cast<std::size_t>(rows - 1 - row)];
    const float angle = kTurn * static_cast<float>(column) / static_cast<float>(sides);
    return Vertex(frame * Vec3f(at.x() * std::cos(angle), at.x() * std::sin(angle), at.y()),
                  weights);
  });
}

void AddRibbon(Cloth& cloth, std::span<const Vec3f> path, std::span<const Vec3f> out,
               std::span<const SkinWeights> weights, float width_m, float thick_m) {
  const std::array<std::array<float, 2>, 4> corners{
      {{-0.5F, 0}, {-0.42F, 1}, {0.42F, 1}, {0.5F, 0}}};
  const int columns = static_cast<int>(corners.size());
  AddGrid(cloth, static_cast<int>(path.size()), columns, true, [&](int row, int column) {
    const auto i = static_cast<std::size_t>(row);
    const Vec3f along =
        (path[std::min(i + 1, path.size() - 1)] - path[i > 0 ? i - 1 : 0]).normalized();
    const Vec3f across = out[i].cross(along).normalized();
    const auto& [side, high] = corners[static_cast<std::size_t>(column)];
    return Vertex(path[i] - side * width_m * across + high * thick_m * out[i], weights[i]);
  });
}

}  // namespace tenjo::synth
