#include "tenjo/synth/people/garment_clothes.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tenjo/synth/people/garment_cut.h"

namespace tenjo::synth {
namespace {

float Lerp(float a, float b, float t) { return a + t * (b - a); }

//! True near the neckline of a garment's border.
std::function<bool(const ClothVertex&)> AtNeck(const Form& form, float below_m) {
  const float low = form.neck.z() - below_m;
  const float wide = 0.14F * form.scale;
  return [low, wide](const ClothVertex& v) {
    return v.position.z() > low && std::abs(v.position.y()) < wide && v.arm < 0.3F;
  };
}

//! Level unit direction away from the neck's axis.
Vec3f AwayFromNeck(const Form& form, const Vec3f& p) {
  Vec3f out(p.x() - form.neck.x() - 0.01F, p.y(), 0);
  const float length = out.norm();
  return length > 1e-4F ? Vec3f(out / length) : Vec3f::UnitX();
}

class Tailor {
 public:
  Tailor(Form& form, const OutfitStyle& style, Random& random)
      : form_(form), style_(style), random_(random), s_(form.scale) {}

  Clothes Make() {
    Shoes();
    if (style_.legwear || style_.bottom == BottomKind::kShorts) {
      Legwear();
    }
    if (IsDress(style_.bottom)) {
      Dress();
    } else if (style_.tucked) {
      Top();
      Bottom();
    } else {
      Bottom();
      Top();
    }
    if (style_.outer != OuterKind::kNone) {
      Outer();
    }
    if (style_.apron) {
      Apron();
    }
    if (style_.scarf && style_.hat != HatKind::kHeadscarf) {
      Scarf();
    }
    return std::move(clothes_);
  }

 private:
  Material Draw(ClothUse use) { return ClothMaterial(use, style_.split, random_); }

  std::vector<Cloth*> Inner() {
    std::vector<Cloth*> inner;
    for (Worn& worn : clothes_.worn) {
      inner.push_back(&worn.cloth);
    }
    return inner;
  }

  Worn& Wear(const Fit& fit, const Field& field, const Material& material,
             Border* border = nullptr) {
    Cloth cloth = WearGarment(form_, fit, field, Inner(), border);
    clothes_.worn.push_back({std::move(cloth), material});
    return clothes_.worn.back();
  }

  void Hang(const DrapeCut& cut, const Material& material) {
    clothes_.drapes.emplace_back(form_, cut, material);
    if (cut.closed || cut.to_rad - cut.from_rad > 5) {
      form_.covers.push_back(
          Both(BelowWaist(form_, cut.top_z), AboveHem(form_, cut.hem_z + 0.06F)));
    }
    // What goes over it must clear it where it is skinned with the trunk.
    for (std::size_t i = 0; i < form_.shell.size(); ++i) {
      const Vec3f& p = form_.shell[i];
      if (p.z() < cut.top_z + 0.01F && p.z() > form_.crotch_z - 0.05F &&
          form_.tights.vertices[i].arm < 0.3F) {
        form_.shell[i] += (cut.ease_m + 0.004F) * form_.tights.vertices[i].normal;
      }
    }
    flare_ = std::max(flare_, cut.flare_m);
  }

  Fit BaseFit() {
    Fit fit;
    fit.seed = random_.Next();
    return fit;
  }

  float HemZ(float shortest_above_waist_m) const {
    return Lerp(form_.waist_z + shortest_above_waist_m, form_.crotch_z + 0.025F, style_.length);
  }

  void Shoes();
  void ShapeFoot(Cloth& cloth, float sole_m) const;
  void Legwear();
  void Bottom();
  void Trousers();
  void Skirt();
  void Dress();
  void Top();
  void TopCut(Fit& fit, Field& neck, float& sleeve_m, float& hem_z, ClothUse& use);
  void TopTrim(Worn& top, const Border& border);
  void Outer();
  Fit OuterFit(ClothUse& use);
  void OuterTrim(Worn& coat, const Border& border);
  void HoodDown(Worn& worn, const Border& border, float size);
  void StandCollar(Worn& worn, const Border& border, float height_m, float out_m);
  void FoldedCollar(Worn& worn, const Border& border, float height_m, float width_m);
  void RolledCollar(Worn& worn, const Border& border, float radius_m);
  void Apron();
  void Scarf();

  Form& form_;
  const OutfitStyle& style_;
  Random& random_;
  float s_;
  Clothes clothes_;
  float flare_ = 0;
};

//! A last's shape: flat sole, room over the toes, a welt around the bottom.
void Tailor::ShapeFoot(Cloth& cloth, float sole_m) const {
  for (ClothVertex& vertex : cloth.vertices) {
    Vec3f& p = vertex.position;
    const Limb& leg = form_.leg(p);
    if (leg.Along(p) < leg.length_m() - 0.02F) {
      continue;
    }
    const float toe = SmoothStep(0.06F * s_, 0.16F * s_, p.x() - leg.end.x());
    p.z() += 0.014F * s_ * toe * std::max(0.0F, vertex.normal.z());
    const float low = SmoothStep(sole_m + 0.02F, 0.005F, p.z());
    const Vec3f level(vertex.normal.x(), vertex.normal.y(), 0);
    p += (0.005F * low + 0.004F * toe) * level;
    p.z() = std::max(p.z() - 0.008F * low, 0.001F);
  }
}

void Tailor::Shoes() {
  const float ankle = form_.legs[0].length_m();
  const Material upper = Draw(ClothUse::kShoe);
  Material sole = upper;
  if (style_.shoe == ShoeKind::kSneaker && random_.Chance(0.6F)) {
    sole.a = Vec3f::Constant(random_.Uniform(0.55F, 0.85F));
  } else {
    sole.a = Vec3f::Constant(random_.Uniform(0.01F, 0.06F));
  }
  Fit fit = BaseFit();
  fit.fold_m = 0.001F;
  float top = ankle - random_.Uniform(0, 0.03F);
  float sole_m = 0.022F;
  switch (style_.shoe) {
    case ShoeKind::kSneaker:
      fit.ease_m = 0.008F;
      sole_m = 0.028F;
      break;
    case ShoeKind::kLowShoe:
      fit.ease_m = 0.006F;
      top = ankle + random_.Uniform(0, 0.015F);
      break;
    case ShoeKind::kPump:
      fit.ease_m = 0.003F;
      top = ankle + 0.03F;
      break;
    case ShoeKind::kBoot:
      fit.ease_m = 0.01F;
      top = ankle - random_.Uniform(0.06F, 0.12F);
      break;
    case ShoeKind::kHighBoot:
      fit.ease_m = 0.008F;
      top = ankle - random_.Uniform(0.24F, 0.3F) * s_;
      break;
  }
  const Field field = LegFrom(form_, top);
  Cloth cloth = LayCloth(form_, fit);
  ShapeFoot(cloth, sole_m);
  for (std::size_t i = 0; i < form_.shell.size(); ++i) {
    if (field(cloth.vertices[i]) > -0.04F) {
      form_.shell[i] = cloth.vertices[i].position;
    }
  }
  ComputeNormals(cloth);
  Border border;
  cloth = Clip(cloth, field, &border);
  TurnHem(cloth, border, 0.005F);
  const Field above = [sole_m](const ClothVertex& v) { return v.position.z() - sole_m; };
  const Field below = [sole_m](const ClothVertex& v) { return sole_m - v.position.z(); };
  clothes_.worn.push_back({Clip(cloth, above, nullptr), upper});
  clothes_.worn.push_back({Clip(cloth, below, nullptr), sole});
  form_.covers.push_back(field);
}

void Tailor::Legwear() {
  Fit fit = BaseFit();
  fit.ease_m = 0.0015F;
  fit.fold_m = 0.0005F;
  fit.hem_m = 0.002F;
  const float ankle = form_.legs[0].length_m();
  if (IsSkirt(style_.bottom) || IsDress(style_.bottom)) {
    Wear(fit, Both(BelowWaist(form_, form_.hip_z), LegFrom(form_, 0.02F)), Draw(ClothUse::kTights));
  } else if (style_.bottom == BottomKind::kShorts || style_.bottom == BottomKind::kCulottes) {
    Material sock = Draw(ClothUse::kTights);
    if (random_.Chance(0.6F)) {
      sock.a = Vec3f::Constant(0.75F);
    }
    Wear(fit, LegFrom(form_, ankle - random_.Uniform(0.03F, 0.2F)), sock);
  }
}

void Tailor::Bottom() {
  if (IsSkirt(style_.bottom)) {
    Skirt();
  } else {
    Trousers();
  }
}

void Tailor::Trousers() {
  const Limb& leg = form_.legs[0];
  const float ankle = leg.length_m();
  Fit fit = BaseFit();
  fit.fold_m = 0.006F;
  fit.fold_size_m = 0.09F;
  fit.ease_m = 0.004F + (style_.tucked ? 0.003F : 0);
  const float loose = style_.looseness;
  float hem = ankle + random_.Uniform(-0.03F, 0.045F);
  switch (style_.bottom) {
    case BottomKind::kSlim:
      hem = ankle + random_.Uniform(-0.05F, 0.02F);
      fit.fold_m = 0.004F;
      break;
    case BottomKind::kWide:
      fit.leg_radius_m = s_ * Lerp(0.09F, 0.104F, loose);
      fit.leg_end_m = s_ * Lerp(0.098F, 0.13F, loose);
      break;
    case BottomKind::kCulottes:
      fit.leg_radius_m = s_ * 0.105F;
      fit.leg_end_m = s_ * 0.17F;
      hem = leg.upper_m + 0.5F * leg.lower_m;
      break;
    case BottomKind::kShorts:
      fit.leg_radius_m = s_ * Lerp(0.085F, 0.105F, loose);
      fit.leg_end_m = s_ * Lerp(0.09F, 0.12F, loose);
      hem = leg.upper_m * random_.Uniform(0.55F, 1.02F);
      break;
    default:
      fit.leg_radius_m = s_ * Lerp(0.078F, 0.092F, loose);
      fit.leg_end_m = s_ * Lerp(0.068F, 0.095F, loose);
      break;
  }
  const float waist = Lerp(form_.hip_z, form_.waist_z, style_.tucked ? 0.85F : 0.55F);
  const bool denim = style_.bottom != BottomKind::kCulottes && random_.Chance(0.38F);
  Wear(fit, Both(BelowWaist(form_, waist), LegTo(form_, hem)),
       Draw(denim ? ClothUse::kDenim : ClothUse::kTrousers));
}

void Tailor::Skirt() {
  const float knee = form_.legs[0].joint.z();
  DrapeCut cut;
  cut.top_z = Lerp(form_.hip_z, form_.waist_z, 0.8F);
  cut.seed = random_.Next();
  cut.ease_m = 0.01F;
  switch (style_.bottom) {
    case BottomKind::kShortSkirt:
      cut.hem_z = knee + random_.Uniform(0.06F, 0.2F) * s_;
      cut.flare_m = random_.Uniform(0.02F, 0.2F);
      break;
    case BottomKind::kFlaredSkirt:
      cut.hem_z = knee + random_.Uniform(-0.2F, 0.1F) * s_;
      cut.flare_m = random_.Uniform(0.16F, 0.34F);
      cut.pleat_m = random_.Uniform(0.02F, 0.05F);
      cut.pleats = random_.Integer(7, 12);
      break;
    case BottomKind::kLongSkirt:
      cut.hem_z = knee - random_.Uniform(0.24F, 0.36F) * s_;
      cut.flare_m = random_.Uniform(0.02F, 0.13F);
      cut.pleat_m = random_.Uniform(0, 0.03F);
      break;
    default:
      cut.hem_z = knee - random_.Uniform(0, 0.15F) * s_;
      cut.flare_m = random_.Uniform(0, 0.12F);
      break;
  }
  Hang(cut, Draw(ClothUse::kSkirt));
  if (style_.tucked) {
    return;
  }
}

void Tailor::Dress() {
  const Material material = Draw(random_.Chance(0.25F) ? ClothUse::kKnit : ClothUse::kSkirt);
  const float knee = form_.legs[0].joint.z();
  const bool loose = style_.looseness > 0.6F;
  const float seam = loose ? form_.hip_z + 0.02F : form_.waist_z;
  Fit fit = BaseFit();
  fit.ease_m = 0.007F;
  fit.hang = loose ? 0.9F : 0.2F;
  fit.hem_m = 0.006F;
  fit.fine = style_.outer == OuterKind::kNone;
  fit.sleeve_radius_m = s_ * random_.Uniform(0.045F, 0.065F);
  fit.sleeve_end_m = s_ * random_.Uniform(0.04F, 0.09F);
  const Limb& arm = form_.arms[0];
  const float sleeve =
      style_.long_sleeves ? arm.length_m() - 0.01F : arm.upper_m * random_.Uniform(0.4F, 0.75F);
  const Field sleeves =
      random_.Chance(0.25F) ? Armhole(form_, 0.005F * s_) : SleeveTo(form_, sleeve);
  const Field neck = random_.Chance(0.5F) ? ScoopNeck(form_, 0.09F * s_, 0.06F * s_)
                                          : VNeck(form_, random_.Uniform(0.08F, 0.15F) * s_);
  Wear(fit, Both(Both(neck, sleeves), AboveHem(form_, seam - 0.02F)), material);
  DrapeCut cut;
  cut.top_z = seam + 0.02F;
  cut.tuck_m = 0.012F;
  cut.ease_m = 0.008F;
  cut.seed = random_.Next();
  cut.flare_m = random_.Uniform(0.02F, 0.26F);
  cut.pleat_m = random_.Chance(0.5F) ? random_.Uniform(0.01F, 0.04F) : 0;
  cut.pleats = random_.Integer(6, 12);
  cut.hem_z = style_.bottom == BottomKind::kShortDress ? knee + random_.Uniform(-0.04F, 0.14F) * s_
                                                       : knee - random_.Uniform(0.1F, 0.34F) * s_;
  Hang(cut, material);
}

void Tailor::TopCut(Fit& fit, Field& neck, float& sleeve_m, float& hem_z, ClothUse& use) {
  const Limb& arm = form_.arms[0];
  const float loose = style_.looseness;
  const float long_sleeve = arm.length_m() - 0.005F;
  const float short_sleeve = arm.upper_m * Lerp(0.5F, 0.85F, loose);
  fit.ease_m = 0.006F;
  fit.hang = Lerp(0.35F, 1, loose);
  fit.taper = Lerp(0.4F, 0.12F, loose);
  fit.sleeve_radius_m = s_ * Lerp(0.05F, 0.062F, loose);
  fit.sleeve_end_m = s_ * Lerp(0.05F, 0.078F, loose);
  neck = CrewNeck(form_, random_.Uniform(0.004F, 0.025F), random_.Uniform(0.07F, 0.09F) * s_);
  sleeve_m = short_sleeve;
  hem_z = HemZ(-0.03F);
  use = ClothUse::kTop;
  switch (style_.top) {
    case TopKind::kTShirt:
      if (random_.Chance(0.25F)) {
        neck = VNeck(form_, random_.Uniform(0.06F, 0.1F) * s_);
      }
      break;
    case TopKind::kLongSleeve:
      sleeve_m = long_sleeve;
      fit.sleeve_end_m = s_ * Lerp(0.032F, 0.038F, loose);
      break;
    case TopKind::kPolo:
    case TopKind::kShirt:
      neck = VNeck(form_, random_.Uniform(0.05F, 0.1F) * s_);
      sleeve_m = style_.top == TopKind::kShirt && style_.long_sleeves
                     ? Lerp(arm.upper_m + 0.3F * arm.lower_m, long_sleeve, random_.Uniform())
                     : short_sleeve;
      fit.sleeve_end_m = s_ * Lerp(0.042F, 0.055F, loose);
      use = ClothUse::kShirt;
      break;
    case TopKind::kBlouse:
    case TopKind::kRuffleTop:
      neck =
          ScoopNeck(form_, random_.Uniform(0.08F, 0.12F) * s_, random_.Uniform(0.04F, 0.08F) * s_);
      sleeve_m = style_.long_sleeves ? long_sleeve : arm.upper_m * random_.Uniform(0.5F, 1.25F);
      fit.hang = 1;
      fit.flare_m = random_.Uniform(0, 0.04F);
      fit.sleeve_end_m = s_ * random_.Uniform(0.05F, 0.1F);
      use = ClothUse::kShirt;
      break;
    case TopKind::kTankTop:
      neck = ScoopNeck(form_, random_.Uniform(0.08F, 0.1F) * s_, random_.Uniform(0.06F, 0.1F) * s_);
      sleeve_m = 0;
      break;
    case TopKind::kJumper:
    case TopKind::kTurtleneck:
      fit.ease_m = 0.012F;
      fit.sleeve_radius_m = s_ * Lerp(0.055F, 0.075F, loose);
      fit.sleeve_end_m = s_ * Lerp(0.034F, 0.045F, loose);
      fit.hem_m = 0.009F;
      neck = CrewNeck(form_, style_.top == TopKind::kTurtleneck ? -0.045F * s_ : 0.01F, 0.08F * s_);
      sleeve_m = long_sleeve + 0.01F;
      use = ClothUse::kKnit;
      break;
    case TopKind::kHoodie:
      fit.ease_m = 0.013F;
      fit.hang = Lerp(0.7F, 1, loose);
      fit.sleeve_radius_m = s_ * Lerp(0.06F, 0.08F, loose);
      fit.sleeve_end_m = s_ * Lerp(0.036F, 0.046F, loose);
      fit.fold_m = 0.008F;
      fit.hem_m = 0.01F;
      neck = CrewNeck(form_, 0.012F, 0.085F * s_);
      sleeve_m = long_sleeve + 0.01F;
      break;
  }
}

void Tailor::Top() {
  Fit fit = BaseFit();
  Field neck;
  float sleeve = 0;
  float hem = 0;
  ClothUse use = ClothUse::kTop;
  TopCut(fit, neck, sleeve, hem, use);
  const bool soft = style_.looseness > 0.4F || use == ClothUse::kKnit;
  fit.fine = style_.outer == OuterKind::kNone && soft;
  if (style_.tucked) {
    fit.hang *= 0.4F;
    hem = form_.hip_z;
    fit.fold_m = 0.005F;
  }
  const Field sleeves =
      sleeve > 0 ? SleeveTo(form_, sleeve) : Armhole(form_, random_.Uniform(-0.005F, 0.03F) * s_);
  Border border;
  const Material material = Draw(use);
  Worn& top = Wear(fit, Both(Both(neck, sleeves), AboveHem(form_, hem)), material, &border);
  clothes_.hood = material;
  TopTrim(top, border);
}

void Tailor::TopTrim(Worn& top, const Border& border) {
  switch (style_.top) {
    case TopKind::kPolo:
    case TopKind::kShirt:
      FoldedCollar(top, border, 0.028F, 0.035F * s_);
      break;
    case TopKind::kTurtleneck:
      RolledCollar(top, border, 0.012F);
      break;
    case TopKind::kHoodie:
      if (style_.hooded && style_.outer == OuterKind::kNone) {
        HoodDown(top, border, random_.Uniform(0.8F, 1.15F));
      }
      break;
    case TopKind::kRuffleTop:
      FoldedCollar(top, border, 0.005F, 0.07F * s_);
      break;
    default:
      break;
  }
}

Fit Tailor::OuterFit(ClothUse& use) {
  Fit fit = BaseFit();
  const float loose = style_.looseness;
  use = ClothUse::kCoat;
  fit.ease_m = 0.014F;
  fit.hang = Lerp(0.6F, 1, loose);
  fit.taper = Lerp(0.3F, 0.1F, loose);
  fit.fold_m = 0.008F;
  fit.fold_size_m = 0.14F;
  fit.sleeve_radius_m = s_ * Lerp(0.06F, 0.074F, loose);
  fit.sleeve_end_m = s_ * Lerp(0.044F, 0.054F, loose);
  fit.hem_m = 0.01F;
  fit.hide_m = 0.045F;
  fit.fine = true;
  switch (style_.outer) {
    case OuterKind::kCardigan:
      use = ClothUse::kKnit;
      fit.ease_m = 0.011F;
      break;
    case OuterKind::kPuffer:
    case OuterKind::kDownVest:
      use = ClothUse::kPuffer;
      fit.ease_m = 0.022F;
      fit.hang = 0.9F;
      fit.quilt_pitch_m = random_.Uniform(0.07F, 0.12F);
      fit.quilt_depth_m = random_.Uniform(0.015F, 0.028F);
      fit.sleeve_radius_m = s_ * 0.07F;
      fit.sleeve_end_m = s_ * 0.048F;
      break;
    case OuterKind::kParka:
      fit.ease_m = 0.022F;
      fit.flare_m = 0.02F;
      fit.sleeve_radius_m = s_ * 0.078F;
      fit.sleeve_end_m = s_ * 0.054F;
      break;
    case OuterKind::kBlazer:
      fit.hang = Lerp(0.5F, 0.8F, loose);
      fit.fold_m = 0.005F;
      break;
    default:
      break;
  }
  return fit;
}

void Tailor::Outer() {
  ClothUse use = ClothUse::kCoat;
  const Fit fit = OuterFit(use);
  const Material material = Draw(use);
  const bool long_coat = style_.outer == OuterKind::kLongCoat || style_.outer == OuterKind::kParka;
  const float open = style_.outer_open ? random_.Uniform(0.03F, 0.075F) * s_ : 0;
  float hem = Lerp(form_.waist_z - 0.06F, form_.crotch_z + 0.02F, style_.length);
  if (style_.outer == OuterKind::kBlazer) {
    hem = form_.crotch_z + 0.03F;
  }
  if (long_coat) {
    hem = form_.hip_z;
  }
  Field neck = style_.outer == OuterKind::kBlazer || style_.outer == OuterKind::kCardigan
                   ? VNeck(form_, random_.Uniform(0.14F, 0.24F) * s_)
                   : CrewNeck(form_, 0.004F, 0.085F * s_);
  const Field sleeves = style_.outer == OuterKind::kDownVest
                            ? Armhole(form_, -0.005F)
                            : SleeveTo(form_, form_.arms[0].length_m() + 0.012F);
  Field field = Both(Both(neck, sleeves), AboveHem(form_, hem));
  if (open > 0) {
    field = Both(field, OpenFront(form_, open, 0.6F * open + 0.015F * s_));
  }
  Border border;
  Worn& coat = Wear(fit, field, material, &border);
  if (style_.outer != OuterKind::kCardigan && style_.outer != OuterKind::kBlazer) {
    clothes_.hood = material;
  }
  OuterTrim(coat, border);
  if (!long_coat) {
    return;
  }
  const float knee = form_.legs[0].joint.z();
  DrapeCut cut;
  cut.top_z = form_.hip_z + 0.03F;
  cut.tuck_m = 0.02F;
  cut.ease_m = 0.012F;
  cut.taper = 0.08F;
  cut.seed = random_.Next();
  cut.flare_m = std::max(flare_ + 0.06F, random_.Uniform(0.0F, 0.16F));
  cut.pleat_m = random_.Uniform(0, 0.02F);
  cut.pleats = random_.Integer(3, 6);
  cut.hem_z = style_.outer == OuterKind::kParka ? knee + random_.Uniform(0.1F, 0.25F) * s_
                                                : knee + random_.Uniform(-0.2F, 0.1F) * s_;
  if (open > 0) {
    cut.from_rad = open / 0.17F;
    cut.to_rad = 6.2831853F - cut.from_rad;
    cut.closed = false;
  }
  Hang(cut, material);
}

void Tailor::OuterTrim(Worn& coat, const Border& border) {
  if (style_.hooded && style_.outer != OuterKind::kBlazer && style_.outer != OuterKind::kCardigan) {
    HoodDown(coat, border, random_.Uniform(0.95F, 1.4F));
    return;
  }
  switch (style_.outer) {
    case OuterKind::kJacket:
    case OuterKind::kLongCoat:
      if (random_.Chance(0.5F)) {
        FoldedCollar(coat, border, 0.035F, 0.055F * s_);
      } else {
        StandCollar(coat, border, random_.Uniform(0.03F, 0.055F), 0.012F);
      }
      break;
    case OuterKind::kBlazer:
      FoldedCollar(coat, border, 0.02F, 0.05F * s_);
      break;
    case OuterKind::kPuffer:
    case OuterKind::kDownVest:
    case OuterKind::kParka:
      StandCollar(coat, border, 0.05F, 0.02F);
      break;
    default:
      break;
  }
}

void Tailor::HoodDown(Worn& worn, const Border& border, float size) {
  const Form& form = form_;
  const float s = s_ * size;
  SweepBorder(worn.cloth, border, AtNeck(form, 0.09F * s_), [&form, s](const ClothVertex& v) {
    const Vec3f out = AwayFromNeck(form, v.position);
    const float back = SmoothStep(0.6F, -0.6F, out.x());
    const Vec3f centre = v.position + s * ((0.012F + 0.035F * back) * out -
                                           (0.012F - 0.012F * back) * Vec3f::UnitZ());
    std::vector<Vec3f> places{v.position};
    for (int i = 0; i <= 7; ++i) {
      const float turn = 3.0F - 0.75F * static_cast<float>(i);
      const float across = s * (0.014F + 0.036F * back);
      const float up = s * (0.012F + 0.022F * back - (turn < 0 ? -0.03F * back : 0));
      places.emplace_back(centre + across * std::cos(turn) * out +
                          up * std::sin(turn) * Vec3f::UnitZ());
    }
    return places;
  });
}

void Tailor::StandCollar(Worn& worn, const Border& border, float height_m, float out_m) {
  const Form& form = form_;
  SweepBorder(worn.cloth, border, AtNeck(form, 0.075F * s_),
              [&form, height_m, out_m](const ClothVertex& v) {
                const Vec3f out = AwayFromNeck(form, v.position);
                const Vec3f up = height_m * Vec3f::UnitZ();
                return std::vector<Vec3f>{v.position - 0.004F * out, v.position - 0.003F * out + up,
                                          v.position + 0.5F * out_m * out + 1.1F * up,
                                          v.position + out_m * out + up,
                                          v.position + 0.8F * out_m * out};
              });
}

void Tailor::FoldedCollar(Worn& worn, const Border& border, float height_m, float width_m) {
  const Form& form = form_;
  SweepBorder(worn.cloth, border, AtNeck(form, 0.2F * s_), [=, &form](const ClothVertex& v) {
    const Vec3f out = AwayFromNeck(form, v.position);
    const float back = SmoothStep(0.9F, 0.2F, out.x());
    const Vec3f up = height_m * (0.25F + 0.75F * back) * Vec3f::UnitZ();
    // The fold lies on the shoulder: mostly sideways in front, mostly down behind.
    const Vec3f side(0.15F * out.x(), out.y() > 0 ? 1.0F : -1.0F, 0);
    const Vec3f way = (back * out + (1 - back) * side).normalized();
    const Vec3f fold = v.position + up + 0.006F * v.normal;
    const Vec3f edge = v.position + width_m * way * (0.45F + 0.4F * (1 - back)) +
                       0.014F * v.normal - 0.3F * width_m * back * Vec3f::UnitZ();
    return std::vector<Vec3f>{v.position, fold - 0.004F * out, fold + 0.006F * out, edge};
  });
}

void Tailor::RolledCollar(Worn& worn, const Border& border, float radius_m) {
  const Form& form = form_;
  SweepBorder(worn.cloth, border, AtNeck(form, 0.05F), [&form, radius_m](const ClothVertex& v) {
    const Vec3f out = AwayFromNeck(form, v.position);
    std::vector<Vec3f> places;
    for (int i = 0; i <= 5; ++i) {
      const float turn = 3.1F - 0.95F * static_cast<float>(i);
      places.emplace_back(v.position + radius_m * ((std::cos(turn) + 0.6F) * out +
                                                   1.3F * std::sin(turn) * Vec3f::UnitZ()));
    }
    return places;
  });
}

void Tailor::Apron() {
  const Material material = Draw(ClothUse::kApron);
  const float knee = form_.legs[0].joint.z();
  Fit fit = BaseFit();
  fit.ease_m = 0.006F;
  fit.hang = 0.5F;
  fit.fold_m = 0.004F;
  fit.hide_m = 0.08F;
  const float top = style_.bib ? form_.bust_z + 0.06F * s_ : form_.waist_z;
  const Field belt =
      Both(BelowWaist(form_, form_.waist_z + 0.012F), AboveHem(form_, form_.waist_z - 0.022F));
  const Field panel = FrontPanel(form_, form_.waist_z - 0.025F, top, 0.17F * s_, 0.1F * s_);
  Field field = style_.bib ? Either(belt, panel) : belt;
  // A bib hangs from a strap about the neck.
  if (style_.bib) {
    const float inner = 0.07F * s_;
    const float low = top - 0.02F;
    const float back = form_.neck.x() - 0.02F;
    field = Either(field, Both(CrewNeck(form_, 0.002F, 0.08F * s_), [=](const ClothVertex& v) {
                     const float strap = 0.011F - std::abs(std::abs(v.position.y()) - inner);
                     return std::min({strap, v.position.z() - low, v.position.x() - back});
                   }));
  }
  fit.fine = true;
  Wear(fit, field, material);
  DrapeCut cut;
  cut.top_z = form_.waist_z;
  cut.hem_z = knee + random_.Uniform(-0.15F, 0.2F) * s_;
  cut.ease_m = 0.012F;
  cut.flare_m = std::max(flare_ + 0.04F, random_.Uniform(0.02F, 0.12F));
  cut.taper = 0.1F;
  const float half = random_.Uniform(1.1F, 1.5F);
  cut.from_rad = -half;
  cut.to_rad = half;
  cut.closed = false;
  cut.columns = 22;
  cut.seed = random_.Next();
  Hang(cut, material);
}

void Tailor::Scarf() {
  const Material material = Draw(ClothUse::kScarf);
  const float thick = random_.Uniform(0.022F, 0.036F) * s_;
  const std::uint32_t seed = random_.Next();
  constexpr int kAround = 28;
  constexpr int kRing = 9;
  const TrunkOutline outline(form_.tights, form_.shell, form_.neck.z() + 0.01F,
                             form_.neck.z() + 0.08F, form_.neck.x() + 0.01F);
  Cloth cloth;
  AddGrid(cloth, kRing, kAround, true, [&](int row, int column) {
    const float angle = 6.2831853F * static_cast<float>(column) / kAround;
    const float turn = 3.1F - 6.2831853F * static_cast<float>(row) / (kRing - 1);
    const Vec3f out(std::cos(angle), std::sin(angle), 0);
    const float radius = std::min(outline.Radius(angle, form_.neck.z() + 0.04F), 0.085F * s_);
    const Vec3f axis(outline.axis_x(), 0, form_.neck.z() + 0.035F * s_);
    const float drop = 0.03F * s_ * (0.5F + 0.5F * out.x());
    const float bulk = thick * (0.75F + 0.5F * Noise(3 * out, seed));
    const Vec3f centre = axis + (radius + 0.8F * thick) * out - drop * Vec3f::UnitZ();
    ClothVertex v;
    v.position = centre + bulk * (std::cos(turn) * out + 1.25F * std::sin(turn) * Vec3f::UnitZ());
    v.weights = form_.tights.vertices[form_.NearestTights(centre)].weights;
    return v;
  });
  ComputeNormals(cloth);
  clothes_.worn.push_back({std::move(cloth), material});
  if (random_.Chance(0.7F)) {
    Fit fit = BaseFit();
    fit.ease_m = 0.012F;
    fit.hide_m = 1;
    fit.fold_m = 0.01F;
    fit.fine = true;
    const float y = (style_.bag_left ? 1.0F : -1.0F) * 0.045F * s_;
    const float half = 0.05F * s_;
    const float low = form_.waist_z + random_.Uniform(0, 0.2F) * s_;
    const float x = form_.axis_x;
    const float high = form_.neck.z();
    Wear(
        fit,
        [=](const ClothVertex& v) {
          const Vec3f& p = v.position;
          return std::min({half - std::abs(p.y() - y), p.z() - low, high - p.z(), p.x() - x,
                           0.3F * (0.3F - v.arm)});
        },
        material);
  }
}

//! A sleeve's place as if the arm hung straight down from the shoulder.
Vec3f HangSleeve(const Form& form, const ClothVertex& vertex) {
  const float share = SmoothStep(0.3F, 0.8F, vertex.arm);
  if (share <= 0) {
    return vertex.position;
  }
  const Limb& arm = form.arm(vertex.position);
  const float along = arm.Along(vertex.position);
  const Vec3f out = vertex.position - arm.At(along);
  const auto turn = Eigen::Quaternionf::FromTwoVectors(arm.Direction(along), -Vec3f::UnitZ());
  const Vec3f hung = arm.top - along * Vec3f::UnitZ() + turn * out;
  return vertex.position + share * (hung - vertex.position);
}

}  // namespace

void SweepBorder(Cloth& cloth, const Border& border,
                 const std::function<bool(const ClothVertex&)>& filter,
                 const std::function<std::vector<Vec3f>(const ClothVertex&)>& profile) {
  std::unordered_map<std::uint32_t, std::uint32_t> starts;
  std::uint32_t rings = 0;
  const auto start = [&](std::uint32_t vertex) {
    const auto [at, added] = starts.try_emplace(vertex, 0);
    if (added) {
      at->second = static_cast<std::uint32_t>(cloth.vertices.size());
      ClothVertex copy = cloth.vertices[vertex];
      const std::vector<Vec3f> places = profile(copy);
      rings = static_cast<std::uint32_t>(places.size());
      for (const Vec3f& place : places) {
        copy.position = place;
        cloth.vertices.push_back(copy);
      }
    }
    return at->second;
  };
  for (const auto& [a, b] : border) {
    if (!filter(cloth.vertices[a]) || !filter(cloth.vertices[b])) {
      continue;
    }
    const std::uint32_t from = start(a);
    const std::uint32_t to = start(b);
    for (std::uint32_t k = 0; k + 1 < rings; ++k) {
      cloth.triangles.push_back({from + k, to + k + 1, to + k});
      cloth.triangles.push_back({from + k, from + k + 1, to + k + 1});
    }
  }
}

Clothes MakeClothes(Form& form, const OutfitStyle& style, Random& random) {
  return Tailor(form, style, random).Make();
}

std::vector<Piece> ToPieces(const Form& form, const std::vector<Worn>& worn) {
  std::vector<Piece> pieces;
  for (const Worn& garment : worn) {
    if (garment.cloth.triangles.empty()) {
      continue;
    }
    Piece piece = ToPiece(garment.cloth, garment.material);
    if (garment.sleeves_hang) {
      for (std::size_t i = 0; i < piece.pattern.size(); ++i) {
        piece.pattern[i] = HangSleeve(form, garment.cloth.vertices[i]);
      }
    }
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

}  // namespace tenjo::synth
