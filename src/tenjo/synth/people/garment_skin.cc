#include "tenjo/synth/people/garment_skin.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tenjo::synth {
namespace {

constexpr float kDeep = 0.03F;     // skin this far inside a garment is left out
constexpr float kDrawIn = 0.006F;  // what stays goes in by this much

Cloth TakeGroup(const Form& form, BodyGroup group) {
  constexpr std::uint32_t kNone = ~0U;
  Cloth cloth;
  std::vector<std::uint32_t> moved(form.rest.positions.size(), kNone);
  const auto take = [&](std::uint32_t v) {
    if (moved[v] == kNone) {
      moved[v] = static_cast<std::uint32_t>(cloth.vertices.size());
      ClothVertex vertex;
      vertex.position = form.rest.positions[v];
      vertex.weights = form.WeightsOf(v);
      vertex.arm = form.ArmShare(vertex.weights);
      cloth.vertices.push_back(vertex);
    }
    return moved[v];
  };
  for (std::size_t q = 0; q < form.asset.quads.size(); ++q) {
    if (form.asset.quad_groups[q] == group) {
      const auto& [a, b, c, d] = form.asset.quads[q];
      const std::array<std::uint32_t, 4> v{take(a), take(b), take(c), take(d)};
      cloth.triangles.push_back({v[0], v[1], v[2]});
      cloth.triangles.push_back({v[0], v[2], v[3]});
    }
  }
  ComputeNormals(cloth);
  return cloth;
}

//! Marks the inside of the mouth and of the eye sockets: places of the face's half with other skin
//! well outside of them.
std::vector<bool> InsideHead(const Form& form, const Cloth& skin) {
  constexpr float kBin = 0.07F;
  const auto& keypoints = form.rest.keypoints;
  const Vec3f ear = 0.5F * (keypoints[3] + keypoints[4]);
  const float size = (form.top_z - form.eye_z) / 0.112F;
  const Vec3f centre = ear + Vec3f(0, 0, 0.02F * size);
  std::unordered_map<int, float> outermost;
  std::vector<std::pair<int, float>> polar(skin.vertices.size(), {-1, 0.0F});
  for (std::size_t i = 0; i < skin.vertices.size(); ++i) {
    const Vec3f d = skin.vertices[i].position - centre;
    if (d.x() < 0.03F * size || d.norm() > 0.18F * size || skin.vertices[i].arm > 0) {
      continue;
    }
    const float turn = std::atan2(d.y(), d.x());
    const float rise = std::atan2(d.z(), std::hypot(d.x(), d.y()));
    const int bin =
        static_cast<int>((turn + 4) / kBin) * 1000 + static_cast<int>((rise + 4) / kBin);
    polar[i] = {bin, d.norm()};
    float& most = outermost[bin];
    most = std::max(most, d.norm());
  }
  std::vector<bool> inside(skin.vertices.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    inside[i] = polar[i].first >= 0 && polar[i].second < outermost[polar[i].first] - 0.012F * size;
  }
  return inside;
}

void AddEyes(const Form& form, std::vector<Piece>& pieces) {
  Material white;
  white.a = Vec3f(0.62F, 0.6F, 0.58F);
  white.gloss = 0.3F;
  Material iris = white;
  iris.a = Vec3f(0.03F, 0.02F, 0.015F);
  for (const BodyGroup group : {BodyGroup::kLeftEye, BodyGroup::kRightEye}) {
    const Cloth eye = TakeGroup(form, group);
    float front = -1e9F;
    float back = 1e9F;
    for (const ClothVertex& v : eye.vertices) {
      front = std::max(front, v.position.x());
      back = std::min(back, v.position.x());
    }
    const float cut = front - 0.12F * (front - back);
    const Field ahead = [cut](const ClothVertex& v) { return v.position.x() - cut; };
    const Field behind = [cut](const ClothVertex& v) { return cut - v.position.x(); };
    pieces.push_back(ToPiece(Clip(eye, behind, nullptr), white));
    pieces.push_back(ToPiece(Clip(eye, ahead, nullptr), iris));
  }
}

//! A part of the skin, lifted a little, in another material.
void Paint(const Cloth& skin, const Field& field, float lift_m, const Material& material,
           std::vector<Piece>& pieces) {
  const Field rough = [&](const ClothVertex& v) { return -field(v); };
  Cloth part = Clip(DropInside(skin, rough, 0.01F), field, nullptr);
  for (ClothVertex& v : part.vertices) {
    v.position += lift_m * std::min(1.0F, 0.15F + field(v) / 0.012F) * v.normal;
  }
  Compact(part);
  if (!part.triangles.empty()) {
    pieces.push_back(ToPiece(part, material));
  }
}

void AddFace(const Form& form, const OutfitStyle& style, const Cloth& skin, const Material& hair,
             std::vector<Piece>& pieces) {
  const float s = (form.top_z - form.eye_z) / 0.112F;
  const Vec3f eye = form.rest.keypoints[1];
  const float front = eye.x() - 0.03F * s;
  const Field brows = [=](const ClothVertex& v) {
    const float y = (std::abs(v.position.y()) - eye.y() - 0.003F * s) / (0.021F * s);
    const float z = (v.position.z() - eye.z() - (0.021F - 0.004F * y * y) * s) / (0.0042F * s);
    return std::min((1 - std::sqrt(y * y + z * z)) * 0.0042F * s, v.position.x() - front);
  };
  Paint(skin, brows, 0.0015F, BrowMaterial(hair), pieces);
  const float lip_z = eye.z() - 0.068F * s;
  const Field lips = [=](const ClothVertex& v) {
    const float y = v.position.y() / (0.026F * s);
    const float z = (v.position.z() - lip_z) / (0.009F * s);
    return std::min((1 - std::sqrt(y * y + z * z)) * 0.009F * s, v.position.x() - front);
  };
  Paint(skin, lips, 0.0005F, LipMaterial(form.shape.skin), pieces);
  if (style.beard) {
    const float side =
        0.5F * (form.rest.keypoints[3].x() + form.rest.keypoints[4].x()) + 0.014F * s;
    const Field beard = [=](const ClothVertex& v) {
      const Vec3f& p = v.position;
      const float line =
          lip_z + 0.017F * s + 1.2F * std::max(0.0F, std::abs(p.y()) - 0.026F * s) - p.z();
      const float mouth = std::hypot(p.y() / 0.028F, (p.z() - lip_z) / 0.011F) / s - 1;
      return std::min({line, p.z() - eye.z() + 0.125F * s, p.x() - side, 0.011F * s * mouth});
    };
    Random random(style.seed, 3);
    Paint(skin, beard, random.Uniform(0.002F, 0.01F) * s, hair, pieces);
  }
}

}  // namespace

Cloth TakeSkin(const Form& form, const Field& hidden) {
  Cloth cloth = TakeGroup(form, BodyGroup::kBody);
  const std::vector<bool> inside = InsideHead(form, cloth);
  std::vector<float> depth;
  depth.reserve(cloth.vertices.size());
  for (std::size_t i = 0; i < cloth.vertices.size(); ++i) {
    const ClothVertex& vertex = cloth.vertices[i];
    if (inside[i]) {
      depth.push_back(2 * kDeep);
      continue;
    }
    // What lies deep under one cover needs no look at the others.
    float deepest = hidden && vertex.position.z() > form.neck.z() ? hidden(vertex) : -1.0F;
    for (auto garment = form.covers.rbegin(); garment != form.covers.rend() && deepest <= kDeep;
         ++garment) {
      deepest = std::max(deepest, (*garment)(vertex));
    }
    depth.push_back(deepest);
  }
  std::erase_if(cloth.triangles, [&](const auto& t) {
    return depth[t[0]] > kDeep && depth[t[1]] > kDeep && depth[t[2]] > kDeep;
  });
  for (std::size_t i = 0; i < depth.size(); ++i) {
    ClothVertex& vertex = cloth.vertices[i];
    if (!inside[i]) {
      vertex.position -= kDrawIn * SmoothStep(-0.002F, 0.012F, depth[i]) * vertex.normal;
    }
  }
  Compact(cloth);
  return cloth;
}

std::vector<Piece> MakeSkin(const Form& form, const OutfitStyle& style, const Material& hair,
                            const Field& hidden) {
  std::vector<Piece> pieces;
  const Cloth skin = TakeSkin(form, hidden);
  pieces.push_back(ToPiece(skin, SkinMaterial(form.shape.skin, style.seed)));
  AddEyes(form, pieces);
  AddFace(form, style, skin, hair, pieces);
  return pieces;
}

}  // namespace tenjo::synth
