#include "tenjo/synth/people/hair.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "tenjo/synth/people/garment_solid.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

//! Angle from straight ahead, 0..pi.
float FromFront(float turn) { return std::abs(std::remainder(turn, 2 * kPi)); }

float Degrees(float degrees) { return degrees * kPi / 180; }

class Barber {
 public:
  Barber(const Form& form, const Skull& skull, const OutfitStyle& style, const Field& cover,
         Random& random)
      : form_(form),
        skull_(skull),
        style_(style),
        cover_(cover),
        random_(random),
        s_(skull.size),
        seed_(random.Next()),
        head_(RigidWeights(form.head_bone)) {}

  Cloth Cut();
  bool hides_ears() const { return hides_ears_; }

 private:
  //! Locks: ridges that run from the crown down.
  float Lock(float turn, float share, float turns) const {
    return Noise({turns * std::cos(turn), turns * std::sin(turn), 2.2F * share}, seed_);
  }
  //! Hair under a hat lies flat.
  float Flatten(float turn, float tilt, float thickness) const {
    if (!cover_) {
      return thickness;
    }
    ClothVertex v;
    v.position = skull_.At(turn, tilt, 0.004F);
    return Flat(thickness, SmoothStep(-0.03F * s_, 0.0F, cover_(v)));
  }
  static float Flat(float thickness, float share) {
    return thickness + share * (std::min(thickness, 0.004F) - thickness);
  }

  //! Knots and tails sit below a hat's rim.
  float BelowHat(float tilt) const { return cover_ ? std::max(tilt, Degrees(112)) : tilt; }

  void Cap(Cloth& cloth, float top_m, float side_m, float roughness, float turns, int columns = 48);
  void Quiff(Cloth& cloth);
  void BaldTop(Cloth& cloth);
  void Falling(Cloth& cloth, float length_m, float volume_m, float fringe_m, float curl);
  void Bowl(Cloth& cloth);
  void Tail(Cloth& cloth, float turn, float tilt, float length_m, float thick_m);
  void Knot(Cloth& cloth, float turn, float tilt, float size_m);
  void Curls(Cloth& cloth, float least_m, float most_m, float bump_m);

  const Form& form_;
  const Skull& skull_;
  const OutfitStyle& style_;
  const Field& cover_;
  Random& random_;
  float s_;
  std::uint32_t seed_;
  SkinWeights head_;
  bool hides_ears_ = false;
};

//! Close hair as far as the hairline, thinner at the sides and nearly nothing at the line itself.
void Barber::Cap(Cloth& cloth, float top_m, float side_m, float roughness, float turns,
                 int columns) {
  constexpr int kRows = 17;
  AddGrid(cloth, kRows, columns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / static_cast<float>(columns);
    const float share = static_cast<float>(row) / (kRows - 1);
    const float tilt = skull_.Hairline(turn) * share;
    float thickness = top_m + (side_m - top_m) * SmoothStep(Degrees(35), Degrees(75), tilt);
    thickness *= 1 + roughness * (Lock(turn, share, turns) - 0.5F) * 2;
    thickness = 0.002F + thickness * SmoothStep(1, 0.72F, share);
    ClothVertex v;
    v.weights = head_;
    v.position = skull_.At(turn, tilt, row == kRows - 1 ? -0.003F : Flatten(turn, tilt, thickness));
    return v;
  });
}

void Barber::Quiff(Cloth& cloth) {
  constexpr int kRows = 17;
  constexpr int kColumns = 48;
  const float height = random_.Uniform(0.025F, 0.05F) * s_;
  const float sides = random_.Uniform(0.004F, 0.009F) * s_;
  const float part = random_.Uniform(-0.7F, 0.7F);
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float share = static_cast<float>(row) / (kRows - 1);
    const float tilt = skull_.Hairline(turn) * share;
    const float front = SmoothStep(Degrees(110), Degrees(10), FromFront(turn - part));
    const float top = SmoothStep(Degrees(72), Degrees(40), tilt);
    float thickness = sides + (height * (0.45F + 0.55F * front) - sides) * top;
    thickness *= 0.7F + 0.6F * Lock(turn, share, 5);
    const float edge =
        front * top > 0.5F ? SmoothStep(1, 0.93F, share) : SmoothStep(1, 0.75F, share);
    ClothVertex v;
    v.weights = head_;
    v.position = skull_.At(
        turn, tilt, row == kRows - 1 ? -0.003F : Flatten(turn, tilt, 0.002F + thickness * edge));
    return v;
  });
}

void Barber::BaldTop(Cloth& cloth) {
  constexpr int kRows = 9;
  constexpr int kColumns = 48;
  const float low = Degrees(random_.Uniform(48, 66));
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float line = skull_.Hairline(turn);
    const float back = SmoothStep(Degrees(50), Degrees(85), FromFront(turn));
    const float start = line + (low - line) * back;
    const float share = static_cast<float>(row) / (kRows - 1);
    const float tilt = start + std::max(line - start, 0.0F) * share;
    const float middle = SmoothStep(0, 0.3F, share) * SmoothStep(1, 0.7F, share);
    const float thickness = (0.003F + 0.012F * Lock(turn, share, 6)) * middle * back;
    ClothVertex v;
    v.weights = head_;
    v.position = skull_.At(turn, tilt, middle > 0 ? Flatten(turn, tilt, thickness) : -0.003F);
    return v;
  });
}

void Barber::Falling(Cloth& cloth, float length_m, float volume_m, float fringe_m, float curl) {
  hides_ears_ = true;
  const float window = Degrees(random_.Uniform(54, 74));
  const float part = random_.Uniform(-0.5F, 0.5F);  // one side of the face is covered more
  const auto opening = [=](float turn) {
    const float signed_turn = std::remainder(turn, 2 * kPi);
    return SmoothStep(window - Degrees(10), window + Degrees(14),
                      std::abs(signed_turn + 0.25F * part));
  };
  Fall fall;
  fall.columns = 52;
  fall.leave = [=, this](float turn) {
    const float line = skull_.Hairline(turn);
    return line + opening(turn) * (std::min(line, Degrees(97)) - line);
  };
  fall.thickness = [=, this](float turn, float tilt, float share) {
    const float ridge = 0.65F + 0.7F * Lock(turn, share, 6);
    const float parting =
        1 - 0.6F * std::exp(-40 * std::pow(std::remainder(turn, 2 * kPi) - part, 2.0F)) *
                SmoothStep(Degrees(70), Degrees(30), tilt);
    const float side = 0.012F * opening(turn) * SmoothStep(Degrees(50), Degrees(90), tilt);
    const float edge =
        fringe_m > 0 ? 1.0F : 0.15F + 0.85F * std::max(opening(turn), SmoothStep(1, 0.8F, share));
    return Flatten(turn, tilt, 0.004F + (volume_m * ridge * parting + side) * edge);
  };
  fall.length = [=, this](float turn) {
    const float uneven = 0.88F + 0.24F * Lock(turn, 9, 9);
    return fringe_m * (1 - opening(turn)) * uneven + length_m * opening(turn) * uneven;
  };
  fall.outward = [=, this](float turn, float share) {
    const float wave = curl * std::sin(share * 14 + 5 * Noise({2 * turn, 0, 0}, seed_)) * share;
    const float lock = 0.02F * (Lock(turn, 1 + 0.3F * share, 8) - 0.5F) * share;
    const float body = volume_m * (share - 1.6F * share * share);
    return opening(turn) * (body + wave + lock) + (1 - opening(turn)) * 0.006F * share;
  };
  const Cloth fallen = MakeFall(form_, skull_, fall);
  cloth = fallen;
}

void Barber::Bowl(Cloth& cloth) {
  const float volume = random_.Uniform(0.01F, 0.019F) * s_;
  const float level = skull_.eye_z + random_.Uniform(0.018F, 0.036F) * s_;
  Fall fall;
  fall.head_rows = 13;
  fall.fall_rows = 4;
  fall.leave = [this](float turn) { return std::min(skull_.Hairline(turn), Degrees(76)); };
  fall.thickness = [=, this](float turn, float tilt, float share) {
    return Flatten(turn, tilt, 0.004F + volume * (0.75F + 0.5F * Lock(turn, share, 6)));
  };
  fall.length = [=, this](float turn) {
    const float leave = std::min(skull_.Hairline(turn), Degrees(76));
    const float from = skull_.At(turn, leave, volume).z();
    const float back = SmoothStep(Degrees(95), Degrees(140), FromFront(turn));
    return std::max(0.004F, from - level + 0.05F * s_ * back) * (0.9F + 0.2F * Lock(turn, 9, 10));
  };
  fall.outward = [=](float turn, float share) {
    return 0.012F * share * SmoothStep(Degrees(150), Degrees(60), FromFront(turn)) -
           0.01F * share * SmoothStep(Degrees(110), Degrees(150), FromFront(turn));
  };
  // Below the bowl the nape is cropped.
  Cap(cloth, 0.004F, 0.004F, 0.2F, 6);
  const Cloth bowl = MakeFall(form_, skull_, fall);
  const auto first = static_cast<std::uint32_t>(cloth.vertices.size());
  cloth.vertices.insert(cloth.vertices.end(), bowl.vertices.begin(), bowl.vertices.end());
  for (const auto& [a, b, c] : bowl.triangles) {
    cloth.triangles.push_back({a + first, b + first, c + first});
  }
}

void Barber::Tail(Cloth& cloth, float turn, float tilt, float length_m, float thick_m) {
  tilt = BelowHat(tilt);
  const Vec3f root = skull_.At(turn, tilt, 0.004F);
  const Vec3f out = skull_.Direction(turn, std::max(tilt, Degrees(55)));
  constexpr int kPlaces = 11;
  std::vector<Vec3f> path;
  std::vector<float> radii;
  Vec3f at = root;
  Vec3f way = out;
  const Vec3f sideways(random_.Uniform(-0.1F, 0.1F), random_.Uniform(-0.15F, 0.15F), 0);
  for (int i = 0; i < kPlaces; ++i) {
    const float share = static_cast<float>(i) / (kPlaces - 1);
    path.push_back(at);
    const float swell = 0.45F + 0.75F * std::sin(kPi * std::pow(share, 0.7F));
    const float lump = 0.8F + 0.4F * Noise({6 * share, turn, 0}, seed_ + 3);
    radii.push_back(thick_m * swell * lump);
    way = (way + 0.55F * (-Vec3f::UnitZ() + sideways)).normalized();
    at += way * (length_m / (kPlaces - 1));
    const std::size_t near = form_.NearestTights(at);
    const Vec3f& body = form_.shell[near];
    const Vec3f& normal = form_.tights.vertices[near].normal;
    const float above = normal.dot(at - body);
    if (above < thick_m && (at - body).norm() < 0.12F) {
      at += (thick_m - above) * normal;
    }
  }
  AddTube(cloth, path, radii, 10, head_);
}

void Barber::Knot(Cloth& cloth, float turn, float tilt, float size_m) {
  tilt = BelowHat(tilt);
  const Vec3f centre = skull_.At(turn, tilt, 0.6F * size_m);
  AddBlob(cloth, centre, {size_m, size_m * random_.Uniform(0.9F, 1.15F), 0.85F * size_m}, 0.22F,
          0.35F * size_m, seed_ + 5, head_);
}

void Barber::Curls(Cloth& cloth, float least_m, float most_m, float bump_m) {
  constexpr int kRows = 24;
  constexpr int kColumns = 60;
  const float drop = random_.Uniform(0, 0.25F);
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float share = static_cast<float>(row) / (kRows - 1);
    const float side = SmoothStep(Degrees(50), Degrees(90), FromFront(turn));
    const float tilt = (skull_.Hairline(turn) + drop * side) * share;
    const Vec3f scalp = skull_.At(turn, tilt, 0);
    const float bump =
        0.65F * Noise(scalp / bump_m, seed_) + 0.35F * Noise(scalp / (0.45F * bump_m), seed_ + 1);
    float thickness = least_m + (most_m - least_m) * bump;
    // A ball of hair is roundest at the sides; at the line it ends steeply.
    thickness *= std::sqrt(std::max(0.0F, 1 - std::pow(share, 6.0F)));
    ClothVertex v;
    v.weights = head_;
    v.position =
        skull_.At(turn, tilt, row == kRows - 1 ? -0.004F : Flatten(turn, tilt, 0.003F + thickness));
    return v;
  });
}

Cloth Barber::Cut() {
  Cloth cloth;
  const float s = s_;
  switch (style_.hair) {
    case HairKind::kNone:
      break;
    case HairKind::kBaldTop:
      BaldTop(cloth);
      break;
    case HairKind::kBuzz:
      Cap(cloth, 0.004F * s, 0.003F * s, 0.1F, 8);
      break;
    case HairKind::kShort: {
      const float top = random_.Uniform(0.01F, 0.026F) * s;
      Cap(cloth, top, random_.Uniform(0.4F, 0.8F) * top, 0.55F, random_.Uniform(4, 8));
      break;
    }
    case HairKind::kQuiff:
      Quiff(cloth);
      break;
    case HairKind::kBowl:
      Bowl(cloth);
      break;
    case HairKind::kBob:
      Falling(cloth, random_.Uniform(0.08F, 0.15F) * s, random_.Uniform(0.011F, 0.023F) * s,
              random_.Chance(0.5F) ? 0.04F * s : 0, 0.004F);
      break;
    case HairKind::kLong:
      Falling(cloth, random_.Uniform(0.22F, 0.42F) * s, random_.Uniform(0.008F, 0.019F) * s, 0,
              random_.Uniform(0, 0.012F));
      break;
    case HairKind::kLongFringe:
      Falling(cloth, random_.Uniform(0.2F, 0.38F) * s, random_.Uniform(0.008F, 0.018F) * s,
              0.045F * s, random_.Uniform(0, 0.01F));
      break;
    case HairKind::kPonytail:
      Cap(cloth, 0.011F * s, 0.009F * s, 0.2F, 9);
      Tail(cloth, kPi + random_.Uniform(-0.1F, 0.1F), Degrees(random_.Uniform(62, 105)),
           random_.Uniform(0.16F, 0.34F) * s, random_.Uniform(0.02F, 0.034F) * s);
      break;
    case HairKind::kBun:
      Cap(cloth, 0.011F * s, 0.009F * s, 0.2F, 9);
      Knot(cloth, kPi, Degrees(random_.Uniform(50, 105)), random_.Uniform(0.032F, 0.05F) * s);
      break;
    case HairKind::kCurly:
      Curls(cloth, random_.Uniform(0.006F, 0.014F) * s, random_.Uniform(0.035F, 0.055F) * s,
            0.026F * s);
      break;
    case HairKind::kAfro: {
      const float full = random_.Uniform(0.05F, 0.1F) * s;
      Curls(cloth, 0.75F * full, 1.1F * full, 0.03F * s);
      break;
    }
    case HairKind::kPigtails:
      Cap(cloth, 0.011F * s, 0.009F * s, 0.2F, 9);
      for (const float side : {-1.0F, 1.0F}) {
        Tail(cloth, side * Degrees(125), Degrees(84), random_.Uniform(0.12F, 0.24F) * s, 0.02F * s);
      }
      break;
    case HairKind::kTopKnot:
      Cap(cloth, 0.012F * s, 0.004F * s, 0.25F, 9);
      Knot(cloth, kPi, Degrees(random_.Uniform(8, 30)), random_.Uniform(0.026F, 0.038F) * s);
      break;
  }
  return cloth;
}

}  // namespace

namespace {

//! Evens out what was pushed off shoulders and collars.
void SmoothFall(Cloth& cloth, const Fall& fall) {
  const int rows = fall.head_rows + fall.fall_rows;
  const auto at = [&](int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(fall.columns) +
           static_cast<std::size_t>((column + fall.columns) % fall.columns);
  };
  for (int pass = 0; pass < 2; ++pass) {
    const std::vector<ClothVertex> before = cloth.vertices;
    for (int r = fall.head_rows + 1; r < rows; ++r) {
      for (int c = 0; c < fall.columns; ++c) {
        const Vec3f sides = 0.5F * (before[at(r, c - 1)].position + before[at(r, c + 1)].position);
        const Vec3f& up = before[at(r - 1, c)].position;
        const Vec3f& same = before[at(r, c)].position;
        const Vec3f& down = r + 1 < rows ? before[at(r + 1, c)].position : same;
        Vec3f even = 0.4F * same + 0.3F * sides + 0.15F * (up + down);
        even.z() = same.z();
        cloth.vertices[at(r, c)].position = even;
      }
    }
  }
}

}  // namespace

Cloth MakeFall(const Form& form, const Skull& skull, const Fall& fall) {
  Cloth cloth;
  const std::vector<Vec3f> normals = form.ShellNormals(1);
  const int rows = fall.head_rows + fall.fall_rows;
  AddGrid(cloth, rows, fall.columns, true, [&](int row, int column) {
    const float turn = 2 * kPi * static_cast<float>(column) / static_cast<float>(fall.columns);
    const float leave = fall.leave(turn);
    ClothVertex v;
    v.weights = RigidWeights(form.head_bone);
    if (row < fall.head_rows) {
      const float share = static_cast<float>(row) / static_cast<float>(fall.head_rows - 1);
      v.position = skull.At(turn, leave * share, fall.thickness(turn, leave * share, share));
      return v;
    }
    const float share =
        static_cast<float>(row - fall.head_rows + 1) / static_cast<float>(fall.fall_rows);
    const float length = fall.length(turn);
    const Vec3f out(std::cos(turn), std::sin(turn), 0);
    Vec3f place = skull.At(turn, leave, fall.thickness(turn, leave, 1)) +
                  fall.outward(turn, share) * out - length * share * Vec3f::UnitZ();
    if (place.z() < skull.chin_z + 0.03F) {
      for (int pass = 0; pass < 2; ++pass) {
        const std::size_t near = form.NearestTights(place, true);
        const float above = normals[near].dot(place - form.shell[near]);
        if (above < fall.gap_m && (place - form.shell[near]).norm() < 0.1F) {
          place += (fall.gap_m - above) * normals[near];
        }
        const float low = SmoothStep(skull.chin_z, form.shoulder_z - 0.05F, place.z());
        v.weights = BlendWeights(RigidWeights(form.head_bone), form.tights.vertices[near].weights,
                                 0.85F * low);
      }
    }
    v.position = place;
    return v;
  });
  SmoothFall(cloth, fall);
  return cloth;
}

Hair MakeHair(const Form& form, const Skull& skull, const OutfitStyle& style,
              const Material& material, const Field& cover, Random& random) {
  Barber barber(form, skull, style, cover, random);
  const Cloth cloth = barber.Cut();
  Hair hair;
  if (cloth.triangles.empty()) {
    return hair;
  }
  hair.pieces.push_back(ToPiece(cloth, material));
  if (style.hair == HairKind::kBaldTop) {
    return hair;
  }
  const bool ears = barber.hides_ears();
  const std::array<Vec3f, 2> ear{form.rest.keypoints[3], form.rest.keypoints[4]};
  hair.covers = [skull, ears, ear](const ClothVertex& v) {
    if (v.position.z() < skull.chin_z || (v.position - skull.centre).norm() > 0.17F * skull.size) {
      return -1.0F;
    }
    float depth = skull.AboveHairline(v.position) + 0.008F;
    if (ears) {
      const float near = std::min((v.position - ear[0]).norm(), (v.position - ear[1]).norm());
      depth = std::max(depth, 0.085F * skull.size - near - 0.025F * skull.size);
    }
    return depth;
  };
  return hair;
}

}  // namespace tenjo::synth
