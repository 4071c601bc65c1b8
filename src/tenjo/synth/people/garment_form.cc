#include "tenjo/synth/people/garment_form.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/base/error.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
constexpr float kSlab = 0.015F;
constexpr float kFineEdge = 0.026F;

float ToFloat(int i) { return static_cast<float>(i); }

bool StartsWith(const std::string& text, std::string_view head) { return text.starts_with(head); }

std::vector<std::vector<std::uint32_t>> Neighbours(const Cloth& cloth) {
  std::vector<std::vector<std::uint32_t>> near(cloth.vertices.size());
  for (const auto& [a, b, c] : cloth.triangles) {
    near[a].push_back(b);
    near[b].push_back(c);
    near[c].push_back(a);
  }
  return near;
}

}  // namespace

float Limb::Along(const Vec3f& p) const {
  const Vec3f upper = (joint - top) / upper_m;
  const Vec3f lower = (end - joint) / lower_m;
  // The bisecting plane at the joint parts the two bones.
  if ((p - joint).dot(upper + lower) < 0) {
    return std::min((p - top).dot(upper), upper_m);
  }
  return upper_m + std::max((p - joint).dot(lower), 0.0F);
}

Vec3f Limb::At(float along_m) const {
  if (along_m < upper_m) {
    return top + (joint - top) * (along_m / upper_m);
  }
  return joint + (end - joint) * ((along_m - upper_m) / lower_m);
}

Vec3f Limb::Direction(float along_m) const {
  const Vec3f upper = (joint - top) / upper_m;
  const Vec3f lower = (end - joint) / lower_m;
  const float t = SmoothStep(upper_m - 0.06F, upper_m + 0.06F, along_m);
  return (upper + t * (lower - upper)).normalized();
}

TrunkOutline::TrunkOutline(const Cloth& tights, const std::vector<Vec3f>& shell, float low_z,
                           float high_z, float axis_x)
    : low_z_(low_z), step_(kSlab), axis_x_(axis_x) {
  const int n = std::max(2, static_cast<int>(std::ceil((high_z - low_z) / step_)) + 1);
  std::vector<std::array<float, kDirections>> support(static_cast<std::size_t>(n));
  std::vector<int> counts(static_cast<std::size_t>(n), 0);
  std::array<Eigen::Vector2f, kDirections> directions;
  for (int k = 0; k < kDirections; ++k) {
    const float angle = 2 * kPi * ToFloat(k) / kDirections;
    directions[k] = {std::cos(angle), std::sin(angle)};
  }
  for (auto& row : support) {
    row.fill(0);
  }
  for (std::size_t i = 0; i < shell.size(); ++i) {
    const float at = (shell[i].z() - low_z_) / step_;
    if (tights.vertices[i].arm > 0.4F || at < -1 || at > ToFloat(n)) {
      continue;
    }
    const Eigen::Vector2f flat(shell[i].x() - axis_x_, shell[i].y());
    for (int s = std::max(0, static_cast<int>(std::ceil(at - 1.3F)));
         s <= std::min(n - 1, static_cast<int>(std::floor(at + 1.3F))); ++s) {
      ++counts[static_cast<std::size_t>(s)];
      for (int k = 0; k < kDirections; ++k) {
        float& value = support[static_cast<std::size_t>(s)][k];
        value = std::max(value, flat.dot(directions[k]));
      }
    }
  }
  // From how far tangents are to how far the outline is: the outline touches the nearest tangent.
  slabs_.resize(support.size());
  for (std::size_t s = 0; s < support.size(); ++s) {
    for (int k = 0; k < kDirections; ++k) {
      float radius = support[s][k];
      for (int d = -8; d <= 8; ++d) {
        const float cosine = std::cos(2 * kPi * ToFloat(d) / kDirections);
        radius = std::min(radius, support[s][(k + d + kDirections) % kDirections] / cosine);
      }
      slabs_[s][k] = radius;
    }
  }
  FillEmpty(counts);
  Smooth();
}

void TrunkOutline::FillEmpty(const std::vector<int>& counts) {
  const int n = static_cast<int>(slabs_.size());
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 1; i < n; ++i) {
      const int s = pass == 0 ? i : n - 1 - i;
      const int from = pass == 0 ? s - 1 : s + 1;
      if (counts[static_cast<std::size_t>(s)] == 0 && slab(s)[0] <= 0) {
        slab(s) = slab(from);
      }
    }
  }
}

void TrunkOutline::Smooth() {
  const auto before = slabs_;
  const int n = static_cast<int>(slabs_.size());
  for (int s = 0; s < n; ++s) {
    const auto& below = before[static_cast<std::size_t>(std::max(0, s - 1))];
    const auto& above = before[static_cast<std::size_t>(std::min(n - 1, s + 1))];
    const auto& same = before[static_cast<std::size_t>(s)];
    for (int k = 0; k < kDirections; ++k) {
      const float sides = same[(k + 1) % kDirections] + same[(k + kDirections - 1) % kDirections];
      slab(s)[k] = 0.4F * same[k] + 0.15F * (sides + below[k] + above[k]);
    }
  }
}

void TrunkOutline::Hang(float from_z, float taper) {
  const int n = static_cast<int>(slabs_.size());
  const int start = std::clamp(static_cast<int>((from_z - low_z_) / step_), 1, n - 1);
  for (int s = start - 1; s >= 0; --s) {
    for (int k = 0; k < kDirections; ++k) {
      slab(s)[k] = std::max(slab(s)[k], slab(s + 1)[k] - taper * step_);
    }
  }
  Smooth();
}

float TrunkOutline::Radius(float angle_rad, float z) const {
  const float turn = angle_rad / (2 * kPi);
  const float column = (turn - std::floor(turn)) * kDirections;
  const float row =
      std::clamp((z - low_z_) / step_, 0.0F, ToFloat(static_cast<int>(slabs_.size()) - 1));
  const int c0 = static_cast<int>(column) % kDirections;
  const int c1 = (c0 + 1) % kDirections;
  const int r0 = std::min(static_cast<int>(row), static_cast<int>(slabs_.size()) - 2);
  const float tc = column - std::floor(column);
  const float tr = row - ToFloat(r0);
  const auto& low = slabs_[static_cast<std::size_t>(r0)];
  const auto& high = slabs_[static_cast<std::size_t>(r0) + 1];
  return (1 - tr) * ((1 - tc) * low[c0] + tc * low[c1]) +
         tr * ((1 - tc) * high[c0] + tc * high[c1]);
}

Form::Form(const BodyAsset& body_asset, const RestBody& rest_body, const BodyShape& body_shape)
    : asset(body_asset), rest(rest_body), shape(body_shape), scale(body_shape.height_m / 1.7F) {
  for (const std::string& name : asset.bone_names) {
    is_arm_bone_.push_back(StartsWith(name, "upperarm") || StartsWith(name, "lowerarm") ||
                           StartsWith(name, "wrist") || StartsWith(name, "finger"));
  }
  TakeTights();
  FindLandmarks();
}

void Form::TakeTights() {
  constexpr std::uint32_t kNone = ~0U;
  std::vector<std::uint32_t> moved(rest.positions.size(), kNone);
  const auto take = [&](std::uint32_t v) {
    if (moved[v] == kNone) {
      moved[v] = static_cast<std::uint32_t>(tights.vertices.size());
      ClothVertex vertex;
      vertex.position = rest.positions[v];
      vertex.weights = WeightsOf(v);
      vertex.arm = ArmShare(vertex.weights);
      tights.vertices.push_back(vertex);
    }
    return moved[v];
  };
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] == BodyGroup::kTights) {
      const auto& [a, b, c, d] = asset.quads[q];
      const std::array<std::uint32_t, 4> v{take(a), take(b), take(c), take(d)};
      tights.triangles.push_back({v[0], v[1], v[2]});
      tights.triangles.push_back({v[0], v[2], v[3]});
    }
  }
  TENJO_CHECK(!tights.triangles.empty());
  ComputeNormals(tights);
  near_ = Neighbours(tights);
  for (const ClothVertex& vertex : tights.vertices) {
    shell.push_back(vertex.position);
  }
}

void Form::FindLandmarks() {
  const auto head = [&](const std::string& name) { return rest.bone_heads[asset.bone(name)]; };
  const auto limb = [](const Vec3f& top, const Vec3f& joint, const Vec3f& end) {
    return Limb{top, joint, end, (joint - top).norm(), (end - joint).norm()};
  };
  for (int side = 0; side < 2; ++side) {
    const std::string s = side == 0 ? ".L" : ".R";
    arms[side] = limb(head("upperarm01" + s), head("lowerarm01" + s), head("wrist" + s));
    legs[side] = limb(head("upperleg01" + s), head("lowerleg01" + s), head("foot" + s));
  }
  head_bone = asset.bone("head");
  chest_bone = asset.bone("spine01");
  pelvis_bone = asset.bone("spine05");
  neck = head("neck01");
  hip_z = legs[0].top.z();
  waist_z = head("spine03").z();
  bust_z = 0.5F * (head("spine02").z() + head("spine01").z());
  shoulder_z = arms[0].top.z();
  eye_z = 0.5F * (rest.keypoints[1].z() + rest.keypoints[2].z());
  armpit_z = shoulder_z - 0.09F * scale;
  crotch_z = hip_z;
  top_z = 0;
  float sum_x = 0;
  int n = 0;
  for (const ClothVertex& vertex : tights.vertices) {
    const Vec3f& p = vertex.position;
    if (std::abs(p.y()) < 0.004F && p.z() > 0.2F) {
      crotch_z = std::min(crotch_z, p.z());
    }
    if (p.z() > hip_z && p.z() < bust_z && vertex.arm < 0.3F) {
      sum_x += p.x();
      ++n;
    }
  }
  axis_x = n > 0 ? sum_x / ToFloat(n) : 0;
  for (std::size_t q = 0; q < asset.quads.size(); ++q) {
    if (asset.quad_groups[q] == BodyGroup::kBody && asset.quad_bones[q] == head_bone) {
      top_z = std::max(top_z, rest.positions[asset.quads[q][0]].z());
    }
  }
}

TrunkOutline Form::Outline() const {
  return {tights, shell, crotch_z - 0.03F, shoulder_z + 0.02F, axis_x};
}

std::size_t Form::NearestTights(const Vec3f& p, bool arms_too) const {
  std::size_t best = 0;
  float best_distance = 1e9F;
  for (std::size_t i = 0; i < shell.size(); ++i) {
    const float rise = shell[i].z() - p.z();
    if (rise * rise >= best_distance) {
      continue;
    }
    const float distance = (shell[i] - p).squaredNorm();
    if (distance < best_distance && (arms_too || tights.vertices[i].arm < 0.35F)) {
      best_distance = distance;
      best = i;
    }
  }
  return best;
}

std::vector<Vec3f> Form::ShellNormals(int smoothing) const {
  std::vector<Vec3f> normals;
  ComputeNormals(shell, tights.triangles, normals);
  for (int pass = 0; pass < smoothing; ++pass) {
    std::vector<Vec3f> smooth = normals;
    for (std::size_t i = 0; i < normals.size(); ++i) {
      for (const std::uint32_t j : near_[i]) {
        smooth[i] += normals[j];
      }
      smooth[i].normalize();
    }
    normals = std::move(smooth);
  }
  return normals;
}

SkinWeights Form::WeightsOf(std::size_t vertex) const {
  return {asset.influence_bones[vertex], asset.influence_weights[vertex]};
}

float Form::ArmShare(const SkinWeights& weights) const {
  float share = 0;
  for (std::size_t k = 0; k < 4; ++k) {
    share += is_arm_bone_[weights.bones[k]] ? weights.weights[k] : 0;
  }
  return share;
}

namespace {

void Widen(Vec3f& p, const Vec3f& axis, float radius, float share) {
  const Vec3f out = p - axis;
  const float now = out.norm();
  if (now > 1e-4F && radius > now) {
    p += out * (share * (radius - now) / now);
  }
}

class Layer {
 public:
  Layer(const Form& form, const Fit& fit) : form_(form), fit_(fit), outline_(form.Outline()) {
    outline_.Hang(form.armpit_z - 0.02F, fit.taper);
  }

  Vec3f Place(std::size_t i, const Vec3f& normal) const {
    Vec3f p = form_.shell[i] + fit_.ease_m * normal;
    const float arm = form_.tights.vertices[i].arm;
    HangTrunk(p, 1 - SmoothStep(0.2F, 0.7F, arm));
    WidenSleeve(p, SmoothStep(0.35F, 0.9F, arm));
    WidenLeg(p, 1 - SmoothStep(0, 0.5F, arm));
    return p;
  }

 private:
  void HangTrunk(Vec3f& p, float share) const {
    share *= SmoothStep(form_.shoulder_z, form_.armpit_z - 0.04F, p.z()) *
             SmoothStep(form_.crotch_z - 0.06F, form_.crotch_z, p.z());
    if (share <= 0) {
      return;
    }
    const Vec3f axis(outline_.axis_x(), 0, p.z());
    const float angle = std::atan2(p.y(), p.x() - axis.x());
    const float now = (p - axis).norm();
    const float down = SmoothStep(form_.bust_z, form_.hip_z, p.z());
    const float radius =
        now + fit_.hang * (outline_.Radius(angle, p.z()) + fit_.ease_m - now) + fit_.flare_m * down;
    Widen(p, axis, radius, share);
  }

  void WidenSleeve(Vec3f& p, float share) const {
    if (share <= 0 || fit_.sleeve_radius_m <= 0) {
      return;
    }
    const Limb& arm = form_.arm(p);
    const float along = arm.Along(p);
    const float t = std::clamp(along / arm.length_m(), 0.0F, 1.0F);
    const float radius = fit_.sleeve_radius_m + t * (fit_.sleeve_end_m - fit_.sleeve_radius_m);
    Widen(p, arm.At(along), radius,
          share * SmoothStep(0.1F * arm.upper_m, 0.6F * arm.upper_m, along));
  }

  void WidenLeg(Vec3f& p, float share) const {
    share *= SmoothStep(form_.crotch_z + 0.04F, form_.crotch_z - 0.1F, p.z());
    if (share <= 0) {
      return;
    }
    const float side = p.y() > 0 ? 1.0F : -1.0F;
    const Limb& leg = form_.leg(p);
    const float along = leg.Along(p);
    if (fit_.leg_radius_m > 0) {
      const float t = std::clamp(along / leg.length_m(), 0.0F, 1.0F);
      const float radius = fit_.leg_radius_m + t * (fit_.leg_end_m - fit_.leg_radius_m);
      Widen(p, leg.At(along), radius, share);
    }
    if (p.z() < form_.crotch_z - 0.02F) {
      p.y() = side * std::max(side * p.y(), 0.003F);  // the legs' cloth must not cross the middle
    }
  }

  const Form& form_;
  const Fit& fit_;
  TrunkOutline outline_;
};

//! Folds only push outwards, so that cloth never comes nearer to what is below it.
void Fold(Cloth& cloth, const Form& form, const Fit& fit) {
  for (ClothVertex& vertex : cloth.vertices) {
    const Vec3f& p = vertex.position;
    Vec3f at = p / fit.fold_size_m;
    at.z() *= 1.5F;  // cloth creases across rather than along
    float out = fit.fold_m * (0.7F * Noise(at, fit.seed) + 0.3F * Noise(2.3F * at, fit.seed + 1));
    if (fit.quilt_pitch_m > 0) {
      const float along = vertex.arm > 0.5F ? form.arm(p).Along(p) : form.shoulder_z - p.z();
      out += fit.quilt_depth_m * std::sqrt(std::abs(std::sin(kPi * along / fit.quilt_pitch_m)));
    }
    vertex.position += out * vertex.normal;
  }
}

}  // namespace

Cloth LayCloth(const Form& form, const Fit& fit) {
  const Layer layer(form, fit);
  const std::vector<Vec3f> normals = form.ShellNormals(2);
  Cloth cloth = form.tights;
  for (std::size_t i = 0; i < cloth.vertices.size(); ++i) {
    cloth.vertices[i].position = layer.Place(i, normals[i]);
  }
  ComputeNormals(cloth);
  return cloth;
}

Cloth WearGarment(Form& form, const Fit& fit, const Field& field, const std::vector<Cloth*>& inner,
                  Border* border) {
  Cloth cloth = LayCloth(form, fit);
  const float room = fit.fold_m + fit.quilt_depth_m;
  for (std::size_t i = 0; i < form.shell.size(); ++i) {
    if (field(cloth.vertices[i]) > -0.04F) {
      form.shell[i] = cloth.vertices[i].position + room * cloth.vertices[i].normal;
    }
  }
  // A first rough cut keeps refining to what is needed.
  cloth = DropInside(
      cloth, [&](const ClothVertex& v) { return -field(v); }, 0.08F);
  if (fit.fine) {
    cloth = Refine(cloth, kFineEdge * form.scale);
  }
  ComputeNormals(cloth);
  Fold(cloth, form, fit);
  ComputeNormals(cloth);
  Border cut;
  cloth = Clip(cloth, field, &cut);
  TurnHem(cloth, cut, fit.hem_m);
  for (Cloth* below : inner) {
    *below = DropInside(*below, field, fit.hide_m);
  }
  form.covers.push_back(field);
  if (border != nullptr) {
    *border = std::move(cut);
  }
  return cloth;
}

}  // namespace tenjo::synth
