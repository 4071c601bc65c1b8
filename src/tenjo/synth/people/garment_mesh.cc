#include "tenjo/synth/people/garment_mesh.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace tenjo::synth {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

std::uint64_t EdgeKey(std::uint32_t a, std::uint32_t b) {
  return (static_cast<std::uint64_t>(std::min(a, b)) << 32) | std::max(a, b);
}

ClothVertex Mix(const ClothVertex& a, const ClothVertex& b, float t) {
  ClothVertex mixed;
  mixed.position = a.position + t * (b.position - a.position);
  mixed.normal = (a.normal + t * (b.normal - a.normal)).normalized();
  mixed.weights = BlendWeights(a.weights, b.weights, t);
  mixed.arm = a.arm + t * (b.arm - a.arm);
  return mixed;
}

//! Where the field is zero between a (positive) and b (not positive); fields bend, so it is
//! searched.
ClothVertex ZeroBetween(const ClothVertex& a, const ClothVertex& b, float at_a, float at_b,
                        const Field& field) {
  float low = 0;
  float high = 1;
  float t = at_a / (at_a - at_b);
  ClothVertex middle = Mix(a, b, t);
  for (int i = 0; i < 6; ++i) {
    const float value = field(middle);
    if (std::abs(value) < 2e-4F) {
      break;
    }
    if (value > 0) {
      low = t;
      at_a = value;
    } else {
      high = t;
      at_b = value;
    }
    // Regula falsi, kept away from the ends so that a kinked field cannot stall it.
    t = low + (high - low) * std::clamp(at_a / (at_a - at_b), 0.05F, 0.95F);
    middle = Mix(a, b, t);
  }
  return middle;
}

class Clipper {
 public:
  Clipper(const Cloth& cloth, const Field& field, Border* border)
      : cloth_(cloth), field_(field), border_(border), kept_(cloth.vertices.size(), kNone) {
    values_.reserve(cloth.vertices.size());
    for (const ClothVertex& vertex : cloth.vertices) {
      values_.push_back(field(vertex));
    }
  }

  Cloth Run() {
    for (const auto& triangle : cloth_.triangles) {
      Cut(triangle);
    }
    return std::move(result_);
  }

 private:
  void Cut(const std::array<std::uint32_t, 3>& triangle) {
    std::array<std::uint32_t, 4> loop{};
    std::array<bool, 4> fresh{};
    std::size_t n = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = triangle[k];
      const std::uint32_t b = triangle[(k + 1) % 3];
      if (values_[a] > 0) {
        loop[n] = Keep(a);
        fresh[n++] = false;
      }
      if ((values_[a] > 0) != (values_[b] > 0)) {
        loop[n] = Between(a, b);
        fresh[n++] = true;
      }
    }
    for (std::size_t k = 2; k < n; ++k) {
      result_.triangles.push_back({loop[0], loop[k - 1], loop[k]});
    }
    for (std::size_t k = 0; border_ != nullptr && k < n; ++k) {
      const std::size_t next = (k + 1) % n;
      if (fresh[k] && fresh[next]) {
        border_->push_back({loop[k], loop[next]});
      }
    }
  }

  std::uint32_t Keep(std::uint32_t vertex) {
    if (kept_[vertex] == kNone) {
      kept_[vertex] = Add(cloth_.vertices[vertex]);
    }
    return kept_[vertex];
  }

  std::uint32_t Between(std::uint32_t a, std::uint32_t b) {
    if (values_[a] <= 0) {
      std::swap(a, b);
    }
    const auto [at, added] = cuts_.try_emplace(EdgeKey(a, b), 0);
    if (added) {
      at->second =
          Add(ZeroBetween(cloth_.vertices[a], cloth_.vertices[b], values_[a], values_[b], field_));
    }
    return at->second;
  }

  std::uint32_t Add(const ClothVertex& vertex) {
    result_.vertices.push_back(vertex);
    return static_cast<std::uint32_t>(result_.vertices.size() - 1);
  }

  const Cloth& cloth_;
  const Field& field_;
  Border* border_;
  std::vector<float> values_;
  std::vector<std::uint32_t> kept_;
  std::unordered_map<std::uint64_t, std::uint32_t> cuts_;
  Cloth result_;
};

std::uint32_t Hash(int x, int y, int z, std::uint32_t seed) {
  std::uint32_t h = seed * 0x9e3779b9U;
  for (const int v : {x, y, z}) {
    h ^= static_cast<std::uint32_t>(v) * 0x85ebca6bU;
    h = ((h << 13) | (h >> 19)) * 0xc2b2ae35U;
  }
  return h ^ (h >> 16);
}

Vec3f Apply(const SkinWeights& skin, const std::vector<Eigen::Affine3f>& bones, const Vec3f& p) {
  Vec3f sum = Vec3f::Zero();
  for (std::size_t k = 0; k < 4; ++k) {
    if (skin.weights[k] > 0) {
      sum += skin.weights[k] * (bones[skin.bones[k]] * p);
    }
  }
  return sum;
}

}  // namespace

SkinWeights RigidWeights(int bone) {
  SkinWeights skin;
  skin.bones[0] = static_cast<std::uint8_t>(bone);
  return skin;
}

SkinWeights BlendWeights(const SkinWeights& a, const SkinWeights& b, float t) {
  if (a.bones == b.bones) {
    SkinWeights same = a;
    for (std::size_t k = 0; k < 4; ++k) {
      same.weights[k] += t * (b.weights[k] - a.weights[k]);
    }
    return same;
  }
  std::array<std::pair<float, std::uint8_t>, 8> all{};
  std::size_t n = 0;
  for (const auto& [skin, share] : {std::pair{&a, 1 - t}, std::pair{&b, t}}) {
    for (std::size_t k = 0; k < 4; ++k) {
      const float weight = skin->weights[k] * share;
      const std::uint8_t bone = skin->bones[k];
      if (weight <= 0) {
        continue;
      }
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(n);
      const auto found = std::find_if(all.begin(), end,
                                      [bone](const auto& entry) { return entry.second == bone; });
      if (found != end) {
        found->first += weight;
      } else {
        all[n++] = {weight, bone};
      }
    }
  }
  std::sort(all.begin(), all.end(), std::greater<>());  // unused entries are 0 and go last
  SkinWeights mixed;
  float sum = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    mixed.bones[k] = k < n ? all[k].second : std::uint8_t{0};
    mixed.weights[k] = k < n ? all[k].first : 0;
    sum += mixed.weights[k];
  }
  for (float& weight : mixed.weights) {
    weight /= sum;
  }
  return mixed;
}

void ComputeNormals(const std::vector<Vec3f>& positions,
                    const std::vector<std::array<std::uint32_t, 3>>& triangles,
                    std::vector<Vec3f>& normals) {
  normals.assign(positions.size(), Vec3f::Zero());
  for (const auto& [a, b, c] : triangles) {
    const Vec3f cross = (positions[b] - positions[a]).cross(positions[c] - positions[a]);
    normals[a] += cross;
    normals[b] += cross;
    normals[c] += cross;
  }
  for (Vec3f& normal : normals) {
    const float length = normal.norm();
    normal = length > 1e-12F ? Vec3f(normal / length) : Vec3f::UnitZ();
  }
}

void ComputeNormals(Cloth& cloth) {
  std::vector<Vec3f> positions;
  positions.reserve(cloth.vertices.size());
  for (const ClothVertex& vertex : cloth.vertices) {
    positions.push_back(vertex.position);
  }
  std::vector<Vec3f> normals;
  ComputeNormals(positions, cloth.triangles, normals);
  for (std::size_t i = 0; i < normals.size(); ++i) {
    cloth.vertices[i].normal = normals[i];
  }
}

Cloth Refine(const Cloth& cloth, float longest_m) {
  Cloth fine;
  fine.vertices = cloth.vertices;
  fine.triangles.reserve(cloth.triangles.size() * 4);
  std::unordered_map<std::uint64_t, std::uint32_t> middles;
  middles.reserve(cloth.triangles.size() * 2);
  const auto middle = [&](std::uint32_t a, std::uint32_t b) {
    const auto [at, added] = middles.try_emplace(EdgeKey(a, b), 0);
    if (added) {
      const ClothVertex& p = cloth.vertices[a];
      const ClothVertex& q = cloth.vertices[b];
      ClothVertex m = Mix(p, q, 0.5F);
      const Vec3f on_p = m.position - p.normal * p.normal.dot(m.position - p.position);
      const Vec3f on_q = m.position - q.normal * q.normal.dot(m.position - q.position);
      m.position = 0.4F * m.position + 0.3F * (on_p + on_q);
      fine.vertices.push_back(m);
      at->second = static_cast<std::uint32_t>(fine.vertices.size() - 1);
    }
    return at->second;
  };
  const auto is_long = [&](std::uint32_t a, std::uint32_t b) {
    return (cloth.vertices[a].position - cloth.vertices[b].position).norm() > longest_m;
  };
  const auto add = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    fine.triangles.push_back({a, b, c});
  };
  for (const auto& triangle : cloth.triangles) {
    std::array<std::uint32_t, 3> v = triangle;
    const int splits = (is_long(v[0], v[1]) ? 1 : 0) + (is_long(v[1], v[2]) ? 1 : 0) +
                       (is_long(v[2], v[0]) ? 1 : 0);
    if (splits == 0) {
      add(v[0], v[1], v[2]);
      continue;
    }
    // Turned so that the first edge is split and, of two, the second as well.
    while (!is_long(v[0], v[1]) || (splits == 2 && !is_long(v[1], v[2]))) {
      v = {v[1], v[2], v[0]};
    }
    const std::uint32_t first = middle(v[0], v[1]);
    if (splits == 1) {
      add(v[0], first, v[2]);
      add(first, v[1], v[2]);
      continue;
    }
    const std::uint32_t second = middle(v[1], v[2]);
    add(first, v[1], second);
    if (splits == 2) {
      add(v[0], first, second);
      add(v[0], second, v[2]);
    } else {
      const std::uint32_t third = middle(v[2], v[0]);
      add(v[0], first, third);
      add(third, second, v[2]);
      add(first, second, third);
    }
  }
  return fine;
}

Cloth Clip(const Cloth& cloth, const Field& field, Border* border) {
  return Clipper(cloth, field, border).Run();
}

Cloth DropInside(const Cloth& cloth, const Field& field, float depth) {
  std::vector<bool> hidden;
  hidden.reserve(cloth.vertices.size());
  for (const ClothVertex& vertex : cloth.vertices) {
    hidden.push_back(field(vertex) > depth);
  }
  Cloth kept;
  kept.vertices = cloth.vertices;
  for (const auto& triangle : cloth.triangles) {
    if (!hidden[triangle[0]] || !hidden[triangle[1]] || !hidden[triangle[2]]) {
      kept.triangles.push_back(triangle);
    }
  }
  Compact(kept);
  return kept;
}

void TurnHem(Cloth& cloth, const Border& border, float depth) {
  std::unordered_map<std::uint32_t, std::uint32_t> turned;
  const auto turn = [&](std::uint32_t vertex) {
    const auto [at, added] = turned.try_emplace(vertex, 0);
    if (added) {
      ClothVertex inner = cloth.vertices[vertex];
      inner.position -= depth * inner.normal;
      cloth.vertices.push_back(inner);
      at->second = static_cast<std::uint32_t>(cloth.vertices.size() - 1);
    }
    return at->second;
  };
  for (const auto& [a, b] : border) {
    const std::uint32_t inner_a = turn(a);
    const std::uint32_t inner_b = turn(b);
    cloth.triangles.push_back({a, inner_b, b});
    cloth.triangles.push_back({a, inner_a, inner_b});
  }
}

void Compact(Cloth& cloth) {
  std::vector<std::uint32_t> moved(cloth.vertices.size(), kNone);
  std::vector<ClothVertex> kept;
  for (auto& triangle : cloth.triangles) {
    for (std::uint32_t& vertex : triangle) {
      if (moved[vertex] == kNone) {
        moved[vertex] = static_cast<std::uint32_t>(kept.size());
        kept.push_back(cloth.vertices[vertex]);
      }
      vertex = moved[vertex];
    }
  }
  cloth.vertices = std::move(kept);
}

Piece ToPiece(const Cloth& cloth, const Material& material) {
  Piece piece;
  piece.positions.reserve(cloth.vertices.size());
  piece.weights.reserve(cloth.vertices.size());
  for (const ClothVertex& vertex : cloth.vertices) {
    piece.positions.push_back(vertex.position);
    piece.weights.push_back(vertex.weights);
  }
  piece.pattern = piece.positions;
  piece.triangles = cloth.triangles;
  piece.material = material;
  return piece;
}

Mesh SkinPiece(const Piece& piece, const PosedBody& posed) {
  Mesh mesh;
  mesh.positions.reserve(piece.positions.size());
  for (std::size_t i = 0; i < piece.positions.size(); ++i) {
    mesh.positions.push_back(Apply(piece.weights[i], posed.bones, piece.positions[i]));
  }
  mesh.triangles = piece.triangles;
  ComputeNormals(mesh.positions, mesh.triangles, mesh.normals);
  mesh.rest = piece.pattern;
  mesh.material = piece.material;
  return mesh;
}

void AddGrid(Cloth& cloth, int rows, int columns, bool closed,
             const std::function<ClothVertex(int row, int column)>& place) {
  const auto first = static_cast<std::uint32_t>(cloth.vertices.size());
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      cloth.vertices.push_back(place(row, column));
    }
  }
  const auto at = [&](int row, int column) {
    return first + static_cast<std::uint32_t>(row * columns + column % columns);
  };
  for (int row = 0; row + 1 < rows; ++row) {
    for (int column = 0; column < (closed ? columns : columns - 1); ++column) {
      cloth.triangles.push_back({at(row, column), at(row + 1, column), at(row + 1, column + 1)});
      cloth.triangles.push_back({at(row, column), at(row + 1, column + 1), at(row, column + 1)});
    }
  }
}

float Noise(const Vec3f& p, std::uint32_t seed) {
  std::array<int, 3> cell{};
  std::array<float, 3> part{};
  for (int k = 0; k < 3; ++k) {
    const float low = std::floor(p[k]);
    cell[k] = static_cast<int>(low);
    part[k] = SmoothStep(0, 1, p[k] - low);
  }
  float sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    float weight = 1;
    std::array<int, 3> at = cell;
    for (int k = 0; k < 3; ++k) {
      const bool upper = ((corner >> k) & 1) != 0;
      weight *= upper ? part[k] : 1 - part[k];
      at[k] += upper ? 1 : 0;
    }
    sum += weight * static_cast<float>(Hash(at[0], at[1], at[2], seed) >> 8) * 0x1p-24F;
  }
  return sum;
}

float SmoothStep(float a, float b, float x) {
  const float t = std::clamp((x - a) / (b - a), 0.0F, 1.0F);
  return t * t * (3 - 2 * t);
}

}  // namespace tenjo::synth
