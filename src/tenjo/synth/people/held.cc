#include "tenjo/synth/people/held.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "tenjo/synth/people/garment_solid.h"

namespace tenjo::synth {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;
using Profile = std::vector<Eigen::Vector2f>;

Eigen::Affine3f At(const Vec3f& place) { return Eigen::Affine3f(Eigen::Translation3f(place)); }

Material Plain(const Vec3f& colour, float gloss) {
  Material material;
  material.a = colour;
  material.gloss = gloss;
  material.roughness = 0.35F;
  return material;
}

class KitMaker {
 public:
  KitMaker(const OutfitStyle& style, float scale, Random& random)
      : split_(style.split), s_(scale), random_(random) {}

  Vec3f Colour() { return ThingColour(split_, random_); }

  //! A paper cup with lid and sleeve, a mug or a glass, standing on z = 0 of the place.
  void AddCup(std::vector<Piece>& pieces, const Vec3f& place);
  void AddPlate(std::vector<Piece>& pieces, const Vec3f& place);
  void AddPhone(std::vector<Piece>& pieces);
  void AddUmbrella(std::vector<Piece>& pieces, bool open);
  void AddTray(std::vector<Piece>& pieces, const Vec3f& middle);
  void AddPackage(std::vector<Piece>& pieces, const Vec3f& middle, float size);
  void AddTote(std::vector<Piece>& pieces);

 private:
  void Canopy(Cloth& cloth, float radius, float top);
  void Take(std::vector<Piece>& pieces, const Cloth& cloth, const Material& material) {
    pieces.push_back(ToPiece(cloth, material));
  }

  OutfitSplit split_;
  float s_;
  Random& random_;
  SkinWeights none_;
};

void KitMaker::AddCup(std::vector<Piece>& pieces, const Vec3f& place) {
  const float high = random_.Uniform(0.08F, 0.14F);
  const float wide = random_.Uniform(0.033F, 0.044F);
  Cloth body;
  if (random_.Chance(0.5F)) {  // paper, with a lid
    AddLathe(body, At(place),
             Profile{{0, 0}, {0.72F * wide, 0}, {0.75F * wide, 0.001F}, {wide, high}, {0, high}},
             18, none_);
    Take(pieces, body, Plain(random_.Chance(0.6F) ? Vec3f::Constant(0.7F) : Colour(), 0.05F));
    Cloth lid;
    AddLathe(lid, At(place),
             Profile{{1.04F * wide, high - 0.006F},
                     {1.06F * wide, high},
                     {0.98F * wide, high + 0.004F},
                     {0.9F * wide, high + 0.012F},
                     {0.82F * wide, high + 0.012F},
                     {0.8F * wide, high + 0.007F},
                     {0, high + 0.007F}},
             18, none_);
    Take(pieces, lid,
         Plain(random_.Chance(0.5F) ? Vec3f::Constant(0.75F) : Vec3f::Constant(0.02F), 0.2F));
    Cloth sleeve;
    AddLathe(sleeve, At(place), Profile{{0.86F * wide, 0.3F * high}, {0.97F * wide, 0.75F * high}},
             18, none_);
    Take(pieces, sleeve, Plain(Vec3f(0.3F, 0.19F, 0.1F), 0));
    return;
  }
  const float low = 0.9F * high;
  AddLathe(body, At(place),
           Profile{{0, 0},
                   {0.9F * wide, 0},
                   {wide, 0.005F},
                   {wide, low},
                   {0.93F * wide, low},
                   {0.9F * wide, 0.85F * low}},
           18, none_);
  const std::array<Vec3f, 4> handle{Vec3f(place + Vec3f(0, -wide, 0.8F * low)),
                                    Vec3f(place + Vec3f(0, -1.6F * wide, 0.7F * low)),
                                    Vec3f(place + Vec3f(0, -1.6F * wide, 0.35F * low)),
                                    Vec3f(place + Vec3f(0, -wide, 0.2F * low))};
  AddTube(body, handle, std::array{0.005F, 0.005F, 0.005F, 0.005F}, 6, none_);
  Take(pieces, body, Plain(Colour(), 0.35F));
  Cloth drink;
  AddLathe(drink, At(place), Profile{{0.91F * wide, 0.85F * low}, {0, 0.851F * low}}, 16, none_);
  Take(
      pieces, drink,
      Plain(random_.Chance(0.7F) ? Vec3f(0.05F, 0.025F, 0.012F) : Vec3f(0.4F, 0.25F, 0.12F), 0.4F));
}

void KitMaker::AddPlate(std::vector<Piece>& pieces, const Vec3f& place) {
  const float radius = random_.Uniform(0.07F, 0.105F);
  Cloth plate;
  AddLathe(plate, At(place),
           Profile{{0.6F * radius, 0},
                   {radius, 0.016F},
                   {radius, 0.019F},
                   {0.62F * radius, 0.005F},
                   {0, 0.005F}},
           24, none_);
  Take(pieces, plate, Plain(random_.Chance(0.8F) ? Vec3f::Constant(0.72F) : Colour(), 0.35F));
  Cloth food;
  const float size = 0.5F * radius;
  AddBlob(food, place + Vec3f(0.1F * radius, 0, 0.015F),
          {size, random_.Uniform(0.6F, 1.2F) * size, 0.022F}, 0.25F, 0.02F, random_.Next(), none_);
  Take(pieces, food,
       Plain(Vec3f(random_.Uniform(0.2F, 0.6F), random_.Uniform(0.12F, 0.35F),
                   random_.Uniform(0.03F, 0.15F)),
             0.1F));
}

void KitMaker::AddPhone(std::vector<Piece>& pieces) {
  Cloth body;
  const Vec3f half(0.074F, 0.036F, 0.0045F);
  AddCarton(body, At(Vec3f::Zero()), half, none_);
  Take(pieces, body, Plain(Colour(), 0.3F));
  Cloth screen;
  AddCarton(screen, At({0, 0, half.z()}), {0.95F * half.x(), 0.93F * half.y(), 0.0005F}, none_);
  Material glass = Plain(Vec3f(0.02F, 0.022F, 0.03F), 0.6F);
  if (random_.Chance(0.6F)) {
    glass.a = Vec3f(random_.Uniform(0.2F, 0.7F), random_.Uniform(0.2F, 0.7F),
                    random_.Uniform(0.3F, 0.8F));
    glass.emission = 0.5F;
  }
  Take(pieces, screen, glass);
}

void KitMaker::Canopy(Cloth& cloth, float radius, float top) {
  constexpr int kRows = 9;
  constexpr int kColumns = 48;
  constexpr float kArc = 1.05F;
  const float sphere = radius / std::sin(kArc);
  AddGrid(cloth, kRows, kColumns, true, [&](int row, int column) {
    const float share = static_cast<float>(row) / (kRows - 1);
    const float turn = 2 * kPi * static_cast<float>(column) / kColumns;
    const float rib = std::abs(std::sin(4 * turn));  // 0 on each of the eight ribs
    const float tilt = kArc * share;
    const float flat = 1 - 0.07F * rib * share * share;
    ClothVertex v;
    v.position = Vec3f(sphere * std::sin(tilt) * flat * std::cos(turn),
                       sphere * std::sin(tilt) * flat * std::sin(turn),
                       top - sphere * (1 - std::cos(tilt)) - 0.02F * rib * share * (1 - share));
    return v;
  });
}

void KitMaker::AddUmbrella(std::vector<Piece>& pieces, bool open) {
  Material cloth = ClothMaterial(ClothUse::kBag, split_, random_);
  cloth.gloss = 0.05F;
  Cloth shaft;
  Cloth canopy;
  if (open) {
    const float top = random_.Uniform(0.6F, 0.72F);
    const std::array<Vec3f, 4> pole{Vec3f(0, 0, -0.08F), Vec3f(0, 0, 0.06F), Vec3f(0, 0, 0.065F),
                                    Vec3f(0, 0, top + 0.04F)};
    AddTube(shaft, pole, std::array{0.013F, 0.013F, 0.005F, 0.005F}, 8, none_);
    const float radius = random_.Uniform(0.44F, 0.58F);
    Canopy(canopy, radius, top);
    if (random_.Chance(0.2F)) {
      cloth.pattern = Pattern::kDots;
      cloth.scale = random_.Uniform(6, 14);
    }
  } else {
    const std::array<Vec3f, 4> handle{Vec3f(0.05F, 0, 0.02F), Vec3f(0.04F, 0, 0.055F),
                                      Vec3f(0.005F, 0, 0.05F), Vec3f(0, 0, -0.03F)};
    AddTube(shaft, handle, std::array{0.01F, 0.011F, 0.011F, 0.011F}, 8, none_);
    const float length = random_.Uniform(0.5F, 0.68F) * s_;
    const std::array<Vec3f, 6> furled{Vec3f(0, 0, -0.04F),          Vec3f(0, 0, -0.06F),
                                      Vec3f(0, 0, -0.25F * length), Vec3f(0, 0, -0.7F * length),
                                      Vec3f(0, 0, -0.97F * length), Vec3f(0, 0, -length - 0.05F)};
    AddTube(canopy, furled, std::array{0.012F, 0.022F, 0.034F, 0.026F, 0.01F, 0.005F}, 12, none_);
  }
  Take(pieces, shaft,
       Plain(random_.Chance(0.5F) ? Vec3f::Constant(0.03F) : Vec3f(0.25F, 0.13F, 0.06F), 0.3F));
  Take(pieces, canopy, cloth);
}

void KitMaker::AddTray(std::vector<Piece>& pieces, const Vec3f& middle) {
  Cloth tray;
  const float half_x = random_.Uniform(0.13F, 0.17F);
  const float half_y = random_.Uniform(0.18F, 0.235F);
  if (random_.Chance(0.3F)) {
    AddLathe(tray, At(middle),
             Profile{{0, -0.006F},
                     {half_y, -0.006F},
                     {half_y + 0.01F, 0.02F},
                     {half_y + 0.004F, 0.02F},
                     {half_y - 0.006F, 0},
                     {0, 0}},
             32, none_);
  } else {
    AddCarton(tray, At(middle - Vec3f(0, 0, 0.003F)), {half_x, half_y, 0.003F}, none_);
    for (const float side : {-1.0F, 1.0F}) {
      AddCarton(tray, At(middle + Vec3f(side * half_x, 0, 0.007F)),
                {0.005F, half_y + 0.005F, 0.013F}, none_);
      AddCarton(tray, At(middle + Vec3f(0, side * half_y, 0.007F)), {half_x, 0.005F, 0.013F},
                none_);
    }
  }
  Material material = Plain(Colour(), 0.15F);
  if (random_.Chance(0.4F)) {
    material.pattern = Pattern::kWood;
    material.a = Vec3f(0.32F, 0.17F, 0.08F);
    material.b = Vec3f(0.2F, 0.1F, 0.045F);
  }
  Take(pieces, tray, material);
  const int cups = random_.Integer(1, 2);
  for (int i = 0; i < cups; ++i) {
    AddCup(pieces, middle + Vec3f(random_.Uniform(-0.06F, 0.06F),
                                  (i == 0 ? -0.55F : 0.62F) * half_y, 0.001F));
  }
  if (random_.Chance(0.75F)) {
    AddPlate(pieces, middle + Vec3f(random_.Uniform(-0.03F, 0.03F), 0.02F, 0.001F));
  }
}

void KitMaker::AddPackage(std::vector<Piece>& pieces, const Vec3f& middle, float size) {
  const Vec3f half(size * random_.Uniform(0.7F, 1.2F), size * random_.Uniform(0.9F, 1.2F),
                   size * random_.Uniform(0.45F, 1));
  Cloth box;
  AddCarton(box, At(middle + Vec3f(half.x() * 0.6F, 0, 0)), half, none_);
  Material material = Plain(random_.Chance(0.5F) ? Vec3f(0.36F, 0.23F, 0.12F) : Colour(), 0.05F);
  if (random_.Chance(0.4F)) {
    material.pattern = Pattern::kPackage;
    material.b = Colour();
    material.c = Colour();
    material.scale = 1;
    material.seed = random_.Next();
  }
  Take(pieces, box, material);
  if (random_.Chance(0.5F)) {
    Cloth tape;
    AddCarton(tape, At(middle + Vec3f(half.x() * 0.6F, 0, 0)),
              {1.004F * half.x(), 0.12F * half.y(), 1.004F * half.z()}, none_);
    Take(pieces, tape, Plain(Vec3f(0.5F, 0.42F, 0.28F), 0.2F));
  }
}

void KitMaker::AddTote(std::vector<Piece>& pieces) {
  const float half_wide = random_.Uniform(0.15F, 0.2F) * s_;
  const float half_deep = random_.Uniform(0.04F, 0.08F) * s_;
  const float half_high = random_.Uniform(0.14F, 0.19F) * s_;
  const float strap = random_.Uniform(0.1F, 0.2F) * s_;
  Cloth bag;
  AddBox(bag, At({0, 0, -strap - half_high}), {half_wide, half_deep, half_high},
         random_.Uniform(0.1F, 0.3F), none_);
  for (const float side : {-1.0F, 1.0F}) {
    const std::array<Vec3f, 5> loop{
        Vec3f(-0.5F * half_wide, 0.8F * side * half_deep, -strap - 0.03F),
        Vec3f(-0.35F * half_wide, 0.5F * side * half_deep, -0.4F * strap),
        Vec3f(0, 0.1F * side * half_deep, 0.005F),
        Vec3f(0.35F * half_wide, 0.5F * side * half_deep, -0.4F * strap),
        Vec3f(0.5F * half_wide, 0.8F * side * half_deep, -strap - 0.03F)};
    AddTube(bag, loop, std::array{0.007F, 0.007F, 0.008F, 0.007F, 0.007F}, 6, none_);
  }
  Take(pieces, bag, ClothMaterial(ClothUse::kBag, split_, random_));
}

//! A hand's grip and palm in the world.
struct Hand {
  Vec3f grip;
  Vec3f palm;     //!< unit, out of the palm
  Vec3f fingers;  //!< unit
  Vec3f elbow;
};

Hand HandOf(const BodyAsset& asset, const RestBody& rest, const std::vector<Eigen::Affine3f>& bones,
            bool left) {
  const std::string side = left ? ".L" : ".R";
  const auto place = [&](const std::string& name) {
    const int bone = asset.bone(name + side);
    return Vec3f(bones[static_cast<std::size_t>(bone)] *
                 rest.bone_heads[static_cast<std::size_t>(bone)]);
  };
  const Vec3f wrist = place("wrist");
  const Vec3f knuckle = place("finger3-1");
  const Vec3f thumb = place("finger1-1");
  Hand hand;
  hand.fingers = (knuckle - wrist).normalized();
  const Vec3f cross = (knuckle - wrist).cross(thumb - wrist);
  hand.palm = (left ? 1.0F : -1.0F) * cross.normalized();
  hand.grip = wrist + 0.95F * (knuckle - wrist) + 0.018F * hand.palm;
  hand.elbow = place("lowerarm01");
  return hand;
}

//! Upright, x where the body faces.
Eigen::Affine3f Upright(const BodyAsset& asset, const PosedBody& posed, const Vec3f& place) {
  Vec3f ahead = posed.bones[asset.bone("spine01")].linear().col(0);
  ahead.z() = 0;
  if (ahead.norm() < 1e-3F) {
    ahead = Vec3f::UnitX();
  }
  ahead.normalize();
  Eigen::Affine3f frame = Eigen::Affine3f::Identity();
  frame.linear().col(0) = ahead;
  frame.linear().col(1) = Vec3f::UnitZ().cross(ahead);
  frame.translation() = place;
  return frame;
}

void Put(const std::vector<Piece>& pieces, const Eigen::Affine3f& world_from_thing,
         std::vector<Mesh>& meshes) {
  for (const Piece& piece : pieces) {
    Mesh mesh;
    for (const Vec3f& p : piece.positions) {
      mesh.positions.push_back(world_from_thing * p);
    }
    mesh.triangles = piece.triangles;
    ComputeNormals(mesh.positions, mesh.triangles, mesh.normals);
    mesh.rest = piece.pattern;
    mesh.material = piece.material;
    meshes.push_back(std::move(mesh));
  }
}

}  // namespace

HeldKit MakeHeldKit(const OutfitStyle& style, float scale, Random& random) {
  KitMaker maker(style, scale, random);
  HeldKit kit;
  kit.umbrella_open = random.Chance(0.4F);
  kit.tote_left = style.bag_left;
  maker.AddCup(kit.cup, {0.02F, 0, -0.055F});
  maker.AddPhone(kit.phone);
  maker.AddUmbrella(kit.umbrella, kit.umbrella_open);
  maker.AddTray(kit.tray, {0.07F, 0, 0.02F});
  maker.AddTray(kit.one_hand_tray, {0.04F, 0, 0.025F});
  maker.AddPackage(kit.package, {0, 0, 0}, random.Uniform(0.11F, 0.17F));
  maker.AddPackage(kit.one_hand_package, {-0.03F, 0, -0.04F}, random.Uniform(0.05F, 0.1F));
  if (style.bag == BagKind::kTote) {
    maker.AddTote(kit.tote);
  }
  return kit;
}

Grip GripOf(const BodyAsset& asset, const RestBody& rest, const std::vector<Eigen::Affine3f>& bones,
            bool left) {
  const Hand hand = HandOf(asset, rest, bones, left);
  return {hand.grip, hand.palm};
}

std::vector<Mesh> HangTote(const HeldKit& kit, const BodyAsset& asset, const RestBody& rest,
                           const PosedBody& posed, HeldThing left, HeldThing right) {
  std::vector<Mesh> meshes;
  if (kit.tote.empty()) {
    return meshes;
  }
  const bool left_free = left == HeldThing::kNothing;
  const bool right_free = right == HeldThing::kNothing;
  const bool use_left = kit.tote_left ? left_free || !right_free : left_free && !right_free;
  const Hand hand = HandOf(asset, rest, posed.bones, use_left);
  Vec3f place = left_free || right_free ? hand.grip : Vec3f(0.75F * hand.elbow + 0.25F * hand.grip);
  float lowest = 0;
  for (const Piece& piece : kit.tote) {
    for (const Vec3f& p : piece.positions) {
      lowest = std::min(lowest, p.z());
    }
  }
  place.z() = std::max(place.z(), 0.01F - lowest);
  Put(kit.tote, Upright(asset, posed, place), meshes);
  return meshes;
}

std::vector<Mesh> HoldThings(const HeldKit& kit, const BodyAsset& asset, const RestBody& rest,
                             const PosedBody& posed, HeldThing left, HeldThing right) {
  std::vector<Mesh> meshes;
  const Hand hands[] = {HandOf(asset, rest, posed.bones, true),
                        HandOf(asset, rest, posed.bones, false)};
  const Vec3f between = 0.5F * (hands[0].grip + hands[1].grip);
  if (left == right && (left == HeldThing::kTray || left == HeldThing::kPackage)) {
    Put(left == HeldThing::kTray ? kit.tray : kit.package, Upright(asset, posed, between), meshes);
    return meshes;
  }
  for (const bool is_left : {true, false}) {
    const Hand& hand = hands[is_left ? 0 : 1];
    const Eigen::Affine3f upright = Upright(asset, posed, hand.grip);
    switch (is_left ? left : right) {
      case HeldThing::kNothing:
        break;
      case HeldThing::kCup:
        Put(kit.cup, Upright(asset, posed, hand.grip + 0.025F * hand.palm), meshes);
        break;
      case HeldThing::kTray:
        Put(kit.one_hand_tray, upright, meshes);
        break;
      case HeldThing::kPackage:
        Put(kit.one_hand_package, upright, meshes);
        break;
      case HeldThing::kUmbrella:
        Put(kit.umbrella, upright, meshes);
        break;
      case HeldThing::kPhone: {
        Eigen::Affine3f frame = Eigen::Affine3f::Identity();
        const Vec3f along = (hand.fingers - hand.fingers.dot(hand.palm) * hand.palm).normalized();
        frame.linear().col(0) = along;
        frame.linear().col(2) = hand.palm;
        frame.linear().col(1) = hand.palm.cross(along);
        frame.translation() = hand.grip + 0.035F * along;
        Put(kit.phone, frame, meshes);
        break;
      }
    }
  }
  return meshes;
}

}  // namespace tenjo::synth
