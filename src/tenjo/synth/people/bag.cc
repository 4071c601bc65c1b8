#include "tenjo/synth/people/bag.h"

#include <algorithm>
#include <cmath>

#include "tenjo/synth/people/garment_solid.h"

namespace tenjo::synth {
namespace {

Eigen::Affine3f Frame(const Vec3f& place, float lean_rad = 0) {
  return Eigen::Translation3f(place) * Eigen::AngleAxisf(lean_rad, Vec3f::UnitY());
}

class BagMaker {
 public:
  BagMaker(const Form& form, const OutfitStyle& style, Random& random)
      : form_(form),
        style_(style),
        random_(random),
        s_(form.scale),
        normals_(form.ShellNormals(3)) {}

  std::vector<Piece> Make();

 private:
  //! A strap over the given places, laid on what is worn.
  void Strap(Cloth& cloth, const std::vector<Vec3f>& guide, float width_m, float gap_m);
  //! How far what is worn reaches in a level direction at a place's height.
  Vec3f Surface(const Vec3f& inside, const Vec3f& out) const;
  void Backpack(Cloth& bag, Cloth& straps, float size);
  void Crossbody(Cloth& bag, Cloth& straps, bool crossed);
  void WaistBag(Cloth& bag, Cloth& straps);

  const Form& form_;
  const OutfitStyle& style_;
  Random& random_;
  float s_;
  std::vector<Vec3f> normals_;
};

Vec3f BagMaker::Surface(const Vec3f& inside, const Vec3f& out) const {
  float reach = 0;
  for (std::size_t i = 0; i < form_.shell.size(); ++i) {
    const Vec3f d = form_.shell[i] - inside;
    const float along = d.dot(out);
    if (form_.tights.vertices[i].arm < 0.3F && std::abs(d.z()) < 0.05F &&
        (d - along * out).norm() < 0.07F) {
      reach = std::max(reach, along);
    }
  }
  return inside + reach * out;
}

void BagMaker::Strap(Cloth& cloth, const std::vector<Vec3f>& guide, float width_m, float gap_m) {
  std::vector<Vec3f> path;
  std::vector<Vec3f> out;
  std::vector<SkinWeights> weights;
  constexpr int kSteps = 5;
  for (std::size_t i = 0; i + 1 < guide.size(); ++i) {
    for (int k = 0; k < kSteps; ++k) {
      const float t = static_cast<float>(k) / kSteps;
      Vec3f place = guide[i] + t * (guide[i + 1] - guide[i]);
      const std::size_t near = form_.NearestTights(place);
      const Vec3f& normal = normals_[near];
      const float above = normal.dot(place - form_.shell[near]);
      // Pulled onto the cloth, except where it spans a hollow.
      place += (gap_m - std::min(above, 0.05F)) * normal;
      path.push_back(place);
      out.push_back(normal);
      weights.push_back(form_.tights.vertices[near].weights);
    }
  }
  for (int pass = 0; pass < 2; ++pass) {
    const std::vector<Vec3f> before = path;
    for (std::size_t i = 1; i + 1 < path.size(); ++i) {
      path[i] = 0.5F * before[i] + 0.25F * (before[i - 1] + before[i + 1]);
    }
  }
  AddRibbon(cloth, path, out, weights, width_m, 0.004F);
}

void BagMaker::Backpack(Cloth& bag, Cloth& straps, float size) {
  const float half_high = random_.Uniform(0.19F, 0.25F) * s_ * size;
  const float half_wide = random_.Uniform(0.13F, 0.165F) * s_ * size;
  const float half_deep = random_.Uniform(0.06F, 0.1F) * s_ * size;
  const float top = form_.shoulder_z + random_.Uniform(-0.05F, 0.03F) * s_;
  const Vec3f middle(form_.axis_x, 0, top - half_high);
  const Vec3f high = Surface(middle + Vec3f(0, 0, 0.5F * half_high), -Vec3f::UnitX());
  const Vec3f low = Surface(middle - Vec3f(0, 0, 0.5F * half_high), -Vec3f::UnitX());
  const float lean = std::atan2(high.x() - low.x(), half_high);
  Vec3f centre(std::min(high.x(), low.x()) - 0.85F * half_deep, 0, middle.z());
  const SkinWeights weights =
      BlendWeights(RigidWeights(form_.chest_bone),
                   form_.tights.vertices[form_.NearestTights(low)].weights, 0.35F);
  const float round = random_.Uniform(0.25F, 0.6F);
  AddBox(bag, Frame(centre, 0.6F * lean), {half_deep, half_wide, half_high}, round, weights);
  if (random_.Chance(0.7F)) {  // a pocket
    AddBox(bag, Frame(centre - Vec3f(0.85F * half_deep, 0, 0.35F * half_high)),
           {0.35F * half_deep, 0.75F * half_wide, 0.45F * half_high}, 0.35F, weights);
  }
  for (const float side : {-1.0F, 1.0F}) {
    const float y = side * random_.Uniform(0.085F, 0.1F) * s_;
    const float back = centre.x() + half_deep;
    Strap(straps,
          {{back, 0.8F * y, form_.shoulder_z - 0.02F * s_},
           {form_.arms[0].top.x(), y, form_.shoulder_z + 0.09F * s_},
           {form_.axis_x + 0.13F * s_, 1.05F * y, form_.shoulder_z - 0.07F * s_},
           {form_.axis_x + 0.13F * s_, 1.25F * y, form_.bust_z},
           {form_.axis_x + 0.02F, 1.7F * y, form_.bust_z - 0.08F * s_},
           {back, 1.1F * y, middle.z() - 0.55F * half_high}},
          0.045F * s_, 0.005F);
  }
}

void BagMaker::Crossbody(Cloth& bag, Cloth& straps, bool crossed) {
  const float side = style_.bag_left ? 1.0F : -1.0F;
  const bool low = crossed || random_.Chance(0.5F);
  const float z =
      low ? form_.hip_z + random_.Uniform(-0.02F, 0.08F) * s_ : form_.waist_z + 0.06F * s_;
  const float back = random_.Uniform(-0.06F, 0.05F) * s_;
  const Vec3f half(random_.Uniform(0.1F, 0.18F) * s_, random_.Uniform(0.035F, 0.065F) * s_,
                   random_.Uniform(0.08F, 0.15F) * s_);
  const Vec3f hip = Surface({form_.axis_x + back, 0, z}, side * Vec3f::UnitY());
  const Vec3f centre = hip + Vec3f(0, side * (half.y() + 0.004F), 0);
  const SkinWeights weights = low ? RigidWeights(form_.pelvis_bone)
                                  : form_.tights.vertices[form_.NearestTights(hip)].weights;
  const float round = random_.Uniform(0.12F, 0.5F);
  AddBox(bag, Frame(centre), half, round, weights);
  AddBox(bag, Frame(centre + Vec3f(0, side * 0.15F * half.y(), 0.45F * half.z())),
         {0.96F * half.x(), 0.95F * half.y(), 0.62F * half.z()}, round, weights);
  const float shoulder = crossed ? -side : side;
  const float y = shoulder * 0.1F * s_;
  const float top = centre.z() + half.z();
  Strap(straps,
        {{centre.x() - 0.8F * half.x(), hip.y(), top},
         {form_.axis_x - 0.12F * s_, 0.5F * (hip.y() + y), 0.5F * (top + form_.shoulder_z)},
         {form_.arms[0].top.x() - 0.05F * s_, y, form_.shoulder_z + 0.04F * s_},
         {form_.arms[0].top.x(), y, form_.shoulder_z + 0.08F * s_},
         {form_.axis_x + 0.12F * s_, y, form_.shoulder_z - 0.04F * s_},
         {form_.axis_x + 0.14F * s_, 0.5F * (hip.y() + y), 0.5F * (top + form_.shoulder_z)},
         {centre.x() + 0.8F * half.x(), hip.y(), top}},
        random_.Uniform(0.018F, 0.04F) * s_, 0.005F);
}

void BagMaker::WaistBag(Cloth& bag, Cloth& straps) {
  const float z = form_.waist_z - 0.02F * s_;
  const Vec3f belly = Surface({form_.axis_x, 0, z}, Vec3f::UnitX());
  const Vec3f half(0.045F * s_, 0.14F * s_, 0.07F * s_);
  const std::size_t near = form_.NearestTights(belly);
  AddBox(bag, Frame(belly + Vec3f(0.7F * half.x(), 0, 0)), half, 0.5F,
         form_.tights.vertices[near].weights);
  std::vector<Vec3f> belt;
  for (int i = 0; i <= 12; ++i) {
    const float turn = 6.2831853F * static_cast<float>(i) / 12;
    belt.emplace_back(Surface({form_.axis_x, 0, z}, {std::cos(turn), std::sin(turn), 0}));
  }
  Strap(straps, belt, 0.03F * s_, 0.006F);
}

std::vector<Piece> BagMaker::Make() {
  Cloth bag;
  Cloth straps;
  const Material material = ClothMaterial(ClothUse::kBag, style_.split, random_);
  Material strap = material;
  strap.pattern = Pattern::kPlain;
  if (random_.Chance(0.5F)) {
    strap.a = ClothMaterial(ClothUse::kBag, style_.split, random_).a;
  }
  switch (style_.bag) {
    case BagKind::kNone:
    case BagKind::kTote:  // hangs from a hand: held.cc
      return {};
    case BagKind::kBackpack:
      Backpack(bag, straps, 1);
      break;
    case BagKind::kSmallBackpack:
      Backpack(bag, straps, 0.72F);
      break;
    case BagKind::kCrossbody:
      Crossbody(bag, straps, true);
      break;
    case BagKind::kShoulderBag:
      Crossbody(bag, straps, false);
      break;
    case BagKind::kWaistBag:
      WaistBag(bag, straps);
      break;
  }
  return {ToPiece(bag, material), ToPiece(straps, strap)};
}

}  // namespace

std::vector<Piece> MakeBag(const Form& form, const OutfitStyle& style, Random& random) {
  return BagMaker(form, style, random).Make();
}

}  // namespace tenjo::synth
