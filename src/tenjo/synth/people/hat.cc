#include "tenjo/synth/people/hat.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "tenjo/synth/people/garment_solid.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

float Degrees(float degrees) { return degrees * kPi / 180; }
float FromFront(float turn) { return std::abs(std::remainder(turn, 2 * kPi)); }

//! A hat's lower edge lies in a plane: heights above the eyes in front and behind.
struct Rim {
  float front_m;
  float back_m;
};

class Hatter {
 public:
  Hatter(const Form& form, const Skull& skull, const OutfitStyle& style, const Material& hood,
         Random& random)
      : form_(form),
        skull_(skull),
        style_(style),
        random_(random),
        s_(skull.size),
        seed_(random.Next()),
        head_(RigidWeights(form.head_bone)) {
    material_ = ClothMaterial(ClothUse::kHat, style.split, random);
    if (style.hat == HatKind::kHood) {
      material_ = hood;
      material_.pattern = hood.pattern == Pattern::kLogo ? Pattern::kPlain : hood.pattern;
    }
  }

  Hat Make();

 private:
  using Thickness = std::function<float(float turn, float tilt, float share)>;

  float Above(const Vec3f& p) const {
    const float t = std::clamp((p.x() - skull_.centre.x()) / (0.1F * s_), -1.0F, 1.0F);
    const float level =
        0.5F * (rim_.front_m + rim_.back_m) + 0.5F * t * (rim_.front_m - rim_.back_m);
    return p.z() - skull_.eye_z - s_ * level;
  }
  float RimTilt(float turn) const {
    return skull_.TiltAt(turn, [this](const Vec3f& p) { return Above(p); });
  }
  Vec3f RimAt(float turn, float off) const { return skull_.At(turn, RimTilt(turn), off); }

  void Dome(Cloth& cloth, const Thickness& thickness, int rows = 13);
  //! A sheet from the rim outwards: row 0 at the rim, then the top, the edge and the underside.
  void Brim(Cloth& cloth, float off, const std::function<float(float)>& width,
            const std::function<float(float, float)>& rise, float from, float to);
  void Cap(Cloth& cloth, bool backwards);
  void Beanie(Cloth& cloth, bool pom);
  void Crowned(Cloth& cloth, float crown_m, float brim_m, float droop, float dent_m);
  void Beret(Cloth& cloth);
  void StaffCap(Cloth& cloth);
  void Headcloth(Cloth& cloth, bool hood);

  const Form& form_;
  const Skull& skull_;
  const OutfitStyle& style_;
  Random& random_;
  float s_;
  std::uint32_t seed_;
  SkinWeights head_;
  Material material_;
  Rim rim_{0.05F, 0.02F};
};

void Hatter::Dome(Cloth& cloth, const Thickness& thickness, int rows) {
  constexpr int kColumns = 44;
  AddGrid(cloth, rows + 1, kColumns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float share = std::min(1.0F, static_cast<float>(row) / static_cast<float>(rows - 1));
    const float tilt = RimTilt(turn) * share;
    const float off = thickness(turn, tilt, share);
    ClothVertex v;
    v.weights = head_;
    v.position = skull_.At(turn, tilt, row == rows ? off - 0.008F : off);
    return v;
  });
}

void Hatter::Brim(Cloth& cloth, float off, const std::function<float(float)>& width,
                  const std::function<float(float, float)>& rise, float from, float to) {
  constexpr int kRows = 9;
  const bool closed = to - from > 6.2F;
  const int columns = closed ? 44 : 19;
  AddGrid(cloth, kRows, columns, closed, [&](int row, int column) {
    const float turn = from + (to - from) * static_cast<float>(column) /
                                  static_cast<float>(closed ? columns : columns - 1);
    // Out on top, back underneath.
    const float out = row <= 4 ? static_cast<float>(row) / 4 : static_cast<float>(8 - row) / 4;
    const float under = row > 4 ? 0.003F : 0;
    const Vec3f way(std::cos(turn), std::sin(turn), 0);
    ClothVertex v;
    v.weights = head_;
    v.position = RimAt(turn, off - 0.003F) + width(turn) * out * way +
                 (rise(turn, out) - under) * Vec3f::UnitZ();
    return v;
  });
}

void Hatter::Cap(Cloth& cloth, bool backwards) {
  rim_ = backwards ? Rim{0.05F, 0.035F} : Rim{0.055F, 0.015F};
  const float peak = random_.Uniform(0.006F, 0.022F) * s_;
  const float ahead = backwards ? kPi : 0;
  Dome(cloth, [=, this](float turn, float tilt, float) {
    const float front = SmoothStep(Degrees(80), Degrees(20), FromFront(turn - ahead));
    const float high = SmoothStep(Degrees(5), Degrees(40), tilt);
    return (0.011F + peak * front * high + 0.004F * (1 - high)) * s_ +
           0.002F * std::cos(6 * turn) * high;
  });
  AddBlob(cloth, skull_.At(0, 0, 0.016F * s_), Vec3f::Constant(0.006F), 0, 1, 0, head_);
  const float length = random_.Uniform(0.06F, 0.08F) * s_;
  const float half = Degrees(62);
  Brim(
      cloth, 0.011F * s_,
      [=](float turn) {
        const float t = FromFront(turn - ahead) / half;
        return length * std::sqrt(std::max(0.0F, 1 - t * t * t * t));
      },
      [=, this](float turn, float out) {
        const float t = FromFront(turn - ahead) / half;
        return s_ * (-0.012F * out - 0.012F * t * t * out);
      },
      ahead - half, ahead + half);
}

void Hatter::Beanie(Cloth& cloth, bool pom) {
  rim_ = {random_.Uniform(0.03F, 0.055F), random_.Uniform(-0.03F, 0.01F)};
  const float slouch = random_.Chance(0.5F) ? random_.Uniform(0.02F, 0.06F) * s_ : 0.008F;
  const float thick = random_.Uniform(0.014F, 0.02F) * s_;
  material_.pattern = random_.Chance(0.6F) ? Pattern::kKnit : material_.pattern;
  material_.b = material_.pattern == Pattern::kKnit ? Vec3f(0.6F * material_.a) : material_.b;
  material_.scale = material_.pattern == Pattern::kKnit ? random_.Uniform(10, 26) : material_.scale;
  Dome(cloth, [=, this](float turn, float tilt, float) {
    const float top = SmoothStep(Degrees(60), Degrees(10), tilt);
    const float back = 0.4F + 0.6F * SmoothStep(Degrees(60), Degrees(150), FromFront(turn));
    const float fold = 0.006F * Noise({3 * std::cos(turn), 3 * std::sin(turn), 4 * tilt}, seed_);
    return thick + slouch * top * back + fold;
  });
  if (random_.Chance(0.7F) || pom) {  // turned up
    constexpr int kColumns = 44;
    const float band = random_.Uniform(0.035F, 0.055F) * s_;
    AddGrid(cloth, 5, kColumns, true, [&](int row, int column) {
      const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
      const float rim = RimTilt(turn);
      const float t = row == 0 ? 1.0F : 1.0F - static_cast<float>(row - 1) / 3.0F;
      const float tilt = rim - band * t / skull_.Radius(turn, rim);
      ClothVertex v;
      v.weights = head_;
      v.position = skull_.At(turn, tilt, thick + (row == 0 ? 0.002F : row == 4 ? 0.003F : 0.009F));
      return v;
    });
  }
  if (pom) {
    const float size = random_.Uniform(0.028F, 0.045F) * s_;
    AddBlob(cloth, skull_.At(kPi, Degrees(12), thick + slouch + 0.6F * size), Vec3f::Constant(size),
            0.25F, 0.012F, seed_, head_);
  }
}

//! Hats with an upright crown and a brim all around.
void Hatter::Crowned(Cloth& cloth, float crown_m, float brim_m, float droop, float dent_m) {
  rim_ = {0.05F, 0.03F};
  const float base = 0.012F * s_;
  const float high = skull_.top_z + crown_m;
  Dome(
      cloth,
      [=, this](float turn, float tilt, float) {
        // Where the ray meets the crown's wall or its top, whichever comes first, rounded.
        const float radius = skull_.Radius(turn, tilt);
        const float wall_radius = skull_.Radius(turn, Degrees(78)) * std::sin(Degrees(78)) + base;
        const float wall =
            wall_radius * (1 + 0.08F * std::cos(tilt)) / std::max(std::sin(tilt), 1e-3F);
        const float dent = dent_m * std::exp(-std::pow(std::sin(turn) * std::sin(tilt) * 5, 2.0F));
        const float top = (high - dent - skull_.centre.z()) / std::max(std::cos(tilt), 1e-3F);
        const float sharp = 8;
        const float meet = std::pow(std::pow(wall, -sharp) + std::pow(top, -sharp), -1 / sharp);
        return std::max(base, meet - radius);
      },
      16);
  const float wave = random_.Uniform(0, 0.012F);
  const float phase = random_.Uniform(0, 6);
  Brim(
      cloth, base, [=](float) { return brim_m; },
      [=](float turn, float out) {
        return out * (-droop * brim_m + wave * std::sin(2 * turn + phase));
      },
      0, 2 * kPi);
}

void Hatter::Beret(Cloth& cloth) {
  rim_ = {0.055F, 0.02F};
  const float lean = random_.Chance(0.5F) ? 1.0F : -1.0F;
  const float wide = random_.Uniform(0.03F, 0.05F) * s_;
  Dome(
      cloth,
      [=, this](float turn, float tilt, float share) {
        const float side = 0.6F + 0.4F * lean * std::sin(turn);
        const float bulge = SmoothStep(1, 0.8F, share) * SmoothStep(Degrees(15), Degrees(60), tilt);
        return 0.01F * s_ + wide * side * bulge +
               0.004F * Noise({4 * std::cos(turn), 4 * std::sin(turn), 3 * share}, seed_);
      },
      16);
}

void Hatter::StaffCap(Cloth& cloth) {
  Crowned(cloth, random_.Uniform(0.005F, 0.02F) * s_, 0.002F, 0, 0);
}

//! A cloth about the head and over the shoulders with an opening for the face: headscarf, raised
//! hood.
void Hatter::Headcloth(Cloth& cloth, bool hood) {
  const float window = Degrees(hood ? 58 : 52);
  const float thick =
      (hood ? random_.Uniform(0.024F, 0.034F) : random_.Uniform(0.012F, 0.018F)) * s_;
  const float brow = skull_.eye_z + (hood ? 0.062F : 0.05F) * s_;
  const auto side = [=](float turn) {
    return SmoothStep(window - Degrees(8), window + Degrees(12), FromFront(turn));
  };
  Fall fall;
  fall.columns = 48;
  fall.fall_rows = 12;
  fall.gap_m = hood ? 0.012F : 0.016F;
  fall.leave = [=, this](float turn) {
    const float front = skull_.TiltAt(turn, [=](const Vec3f& p) { return p.z() - brow; });
    return front + side(turn) * (Degrees(100) - front);
  };
  fall.thickness = [=, this](float turn, float tilt, float) {
    const float peak = hood ? 0.02F * s_ * SmoothStep(Degrees(120), Degrees(170), FromFront(turn)) *
                                  SmoothStep(Degrees(20), Degrees(60), tilt)
                            : 0;
    return thick + peak + 0.006F * Noise({3 * std::cos(turn), 3 * std::sin(turn), 3 * tilt}, seed_);
  };
  const float length = (hood ? 0.15F : random_.Uniform(0.2F, 0.3F)) * s_;
  fall.length = [=, this](float turn) {
    return length * side(turn) *
           (0.9F + 0.2F * Noise({2 * std::cos(turn), 2 * std::sin(turn), 0}, seed_));
  };
  fall.outward = [=, this](float turn, float share) {
    const float in = hood ? 0.015F : 0.03F;  // closes under the jaw, widens on the shoulders
    return side(turn) * s_ * (0.05F * share * share - in * std::sin(kPi * share));
  };
  cloth = MakeFall(form_, skull_, fall);
  if (hood) {
    return;
  }
  // Wrapped about the neck, up to under the chin.
  constexpr int kRows = 8;
  constexpr int kColumns = 36;
  const std::vector<Vec3f> normals = form_.ShellNormals(1);
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float share = static_cast<float>(row) / (kRows - 1);
    const Vec3f out(std::cos(turn), std::sin(turn), 0);
    const float front = 0.5F + 0.5F * std::cos(turn);
    const float radius = (0.072F + 0.012F * front + 0.07F * share * share) * s_;
    const float top = skull_.chin_z + (0.008F + 0.05F * (1 - front)) * s_;
    Vec3f place(form_.neck.x() + 0.02F * s_, 0, top + share * (form_.neck.z() - 0.06F * s_ - top));
    place += (radius + 0.008F * Noise({4 * out.x(), 4 * out.y(), 5 * share}, seed_)) * out;
    const std::size_t near = form_.NearestTights(place);
    const float above = normals[near].dot(place - form_.shell[near]);
    if (above < 0.014F) {
      place += (0.014F - above) * normals[near];
    }
    ClothVertex v;
    v.position = place;
    v.weights =
        BlendWeights(head_, form_.tights.vertices[near].weights, SmoothStep(0, 0.7F, share));
    return v;
  });
}

Hat Hatter::Make() {
  Cloth cloth;
  Hat hat;
  switch (style_.hat) {
    case HatKind::kNone:
      return hat;
    case HatKind::kCap:
      Cap(cloth, false);
      break;
    case HatKind::kCapBackwards:
      Cap(cloth, true);
      break;
    case HatKind::kBeanie:
      Beanie(cloth, false);
      break;
    case HatKind::kPomBeanie:
      Beanie(cloth, true);
      break;
    case HatKind::kBrimmed:
      Crowned(cloth, random_.Uniform(0.02F, 0.04F) * s_, random_.Uniform(0.055F, 0.095F) * s_,
              random_.Uniform(0, 0.25F), 0.02F * s_);
      break;
    case HatKind::kBucket:
      Crowned(cloth, random_.Uniform(0.006F, 0.018F) * s_, random_.Uniform(0.045F, 0.065F) * s_,
              random_.Uniform(0.5F, 0.9F), 0);
      break;
    case HatKind::kStrawHat:
      material_.pattern = Pattern::kKnit;
      material_.a = Vec3f(0.58F, 0.43F, 0.22F);
      material_.b = 0.6F * material_.a;
      material_.scale = 20;
      Crowned(cloth, 0.025F * s_, random_.Uniform(0.1F, 0.14F) * s_, random_.Uniform(0, 0.3F), 0);
      break;
    case HatKind::kBeret:
      Beret(cloth);
      break;
    case HatKind::kStaffCap:
      StaffCap(cloth);
      break;
    case HatKind::kHeadscarf:
    case HatKind::kHood:
      Headcloth(cloth, style_.hat == HatKind::kHood);
      hat.hides_hair = true;
      break;
  }
  hat.pieces.push_back(ToPiece(cloth, material_));
  const Skull skull = skull_;
  const float reach = 0.17F * s_;
  if (hat.hides_hair) {
    const float brow = skull_.eye_z + 0.05F * s_;
    const bool hood = style_.hat == HatKind::kHood;
    hat.covers = [=](const ClothVertex& v) {
      if ((v.position - skull.centre).norm() > reach || v.arm > 0) {
        return -1.0F;
      }
      const float behind = skull.centre.x() + 0.005F - v.position.x();
      const float above = v.position.z() - brow;
      const float throat = hood ? -1.0F : skull.chin_z - 0.012F - v.position.z();
      return std::max({behind, above, throat});
    };
  } else {
    const Rim rim = rim_;
    const float s = s_;
    hat.covers = [=](const ClothVertex& v) {
      if ((v.position - skull.centre).norm() > reach) {
        return -1.0F;
      }
      const float t = std::clamp((v.position.x() - skull.centre.x()) / (0.1F * s), -1.0F, 1.0F);
      const float level = 0.5F * (rim.front_m + rim.back_m) + 0.5F * t * (rim.front_m - rim.back_m);
      return v.position.z() - skull.eye_z - s * level;
    };
  }
  return hat;
}

}  // namespace

Hat MakeHat(const Form& form, const Skull& skull, const OutfitStyle& style, const Material& hood,
            Random& random) {
  return Hatter(form, skull, style, hood, random).Make();
}

std::vector<Piece> MakeEyewear(const Form& form, const Skull& skull, const OutfitStyle& style,
                               Random& random) {
  std::vector<Piece> pieces;
  if (style.eyewear == Eyewear::kNone) {
    return pieces;
  }
  const float s = skull.size;
  const SkinWeights head = RigidWeights(form.head_bone);
  const bool dark = style.eyewear == Eyewear::kSunglasses;
  const float radius = random.Uniform(0.02F, 0.027F) * s;
  const float wire = dark ? 0.002F : random.Uniform(0.0012F, 0.0026F);
  Cloth frame;
  Cloth glass;
  for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
    const Vec3f eye = form.rest.keypoints[1 + side] + Vec3f(0.03F * s, 0, -0.004F * s);
    const float sign = side == 0 ? 1.0F : -1.0F;
    std::vector<Vec3f> rim;
    for (int i = 0; i <= 14; ++i) {
      const float angle = 2 * kPi * static_cast<float>(i) / 14;
      rim.push_back(eye + Vec3f(-0.006F * s * std::max(0.0F, sign * std::cos(angle)),
                                1.12F * radius * std::cos(angle),
                                0.82F * radius * std::sin(angle)));
    }
    const std::vector<float> radii(rim.size(), wire);
    AddTube(frame, rim, radii, 5, head);
    const auto middle = static_cast<std::uint32_t>(glass.vertices.size());
    ClothVertex v;
    v.weights = head;
    v.position = eye;
    glass.vertices.push_back(v);
    for (const Vec3f& place : rim) {
      v.position = place;
      glass.vertices.push_back(v);
    }
    for (std::uint32_t i = 1; i + 1 <= 14; ++i) {
      glass.triangles.push_back({middle, middle + i, middle + i + 1});
    }
    const Vec3f hinge = eye + Vec3f(-0.008F * s, sign * 1.12F * radius, 0.3F * radius);
    const Vec3f ear = form.rest.keypoints[3 + side] + Vec3f(0.006F * s, 0, 0.022F * s);
    const std::array<Vec3f, 3> temple{
        hinge, Vec3f(0.5F * (hinge + ear) + Vec3f(0, sign * 0.004F * s, 0)), ear};
    AddTube(frame, temple, std::array{wire, wire, wire}, 5, head);
  }
  const Vec3f nose =
      0.5F * (form.rest.keypoints[1] + form.rest.keypoints[2]) + Vec3f(0.032F * s, 0, 0);
  const float gap =
      0.5F * (form.rest.keypoints[1].y() - form.rest.keypoints[2].y()) - 1.1F * radius;
  const std::array<Vec3f, 2> bridge{Vec3f(nose + Vec3f(0, std::max(gap, 0.004F), 0)),
                                    Vec3f(nose - Vec3f(0, std::max(gap, 0.004F), 0))};
  AddTube(frame, bridge, std::array{wire, wire}, 5, head);
  Material metal;
  metal.a = random.Chance(0.7F) ? Vec3f::Constant(0.02F) : ThingColour(style.split, random);
  metal.gloss = 0.3F;
  pieces.push_back(ToPiece(frame, metal));
  if (dark) {
    Material lens;
    lens.a = Vec3f(0.012F, 0.011F, 0.012F);
    lens.gloss = 0.6F;
    lens.roughness = 0.15F;
    pieces.push_back(ToPiece(glass, lens));
  }
  return pieces;
}

}  // namespace tenjo::synth
