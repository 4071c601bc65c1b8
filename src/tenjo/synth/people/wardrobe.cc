#include "tenjo/synth/people/wardrobe.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tenjo/base/error.h"
#include "tenjo/synth/people/bag.h"
#include "tenjo/synth/people/garment_clothes.h"
#include "tenjo/synth/people/garment_skin.h"
#include "tenjo/synth/people/hat.h"
#include "tenjo/synth/people/wardrobe_outfit.h"

namespace tenjo::synth {
namespace {

void Append(std::vector<Piece>& all, std::vector<Piece> more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

void OutfitDeleter::operator()(const Outfit* outfit) const { delete outfit; }

OutfitPtr MakeOutfit(const BodyAsset& asset, const BodyShape& shape, const OutfitStyle& style) {
  const RestBody rest = ShapeBody(asset, shape);
  Form form(asset, rest, shape);
  Random random(style.seed);
  auto outfit = std::unique_ptr<Outfit, OutfitDeleter>(new Outfit);
  outfit->style = style;

  Clothes clothes = MakeClothes(form, style, random);
  const Skull skull(form);
  Hat hat = MakeHat(form, skull, style, clothes.hood, random);
  const Material hair_material = HairMaterial(shape.age_years, shape.skin, style.split, random);
  Hair hair;
  if (!hat.hides_hair) {
    hair = MakeHair(form, skull, style, hair_material, hat.covers, random);
  }
  std::vector<Piece> bag = MakeBag(form, style, random);
  const Field hidden = [&](const ClothVertex& v) {
    return std::max(hat.covers ? hat.covers(v) : -1.0F, hair.covers ? hair.covers(v) : -1.0F);
  };
  Append(outfit->pieces, MakeSkin(form, style, hair_material, hidden));
  outfit->first_cloth = outfit->pieces.size();
  Append(outfit->pieces, ToPieces(form, clothes.worn));
  outfit->cloth_pieces = outfit->pieces.size() - outfit->first_cloth;
  Append(outfit->pieces, std::move(hair.pieces));
  Append(outfit->pieces, std::move(hat.pieces));
  Append(outfit->pieces, MakeEyewear(form, skull, style, random));
  outfit->first_thing = outfit->pieces.size();
  Append(outfit->pieces, std::move(bag));
  outfit->drapes = std::move(clothes.drapes);
  outfit->held = MakeHeldKit(style, form.scale, random);
  return outfit;
}

OutfitPtr DrawOutfit(const BodyAsset& asset, const BodyShape& shape, Random& random,
                     OutfitSplit split, OutfitRole role) {
  return MakeOutfit(asset, shape, DrawStyle(shape, split, role, random));
}

std::vector<Mesh> Dress(const BodyAsset& asset, const RestBody& rest, const PosedBody& posed,
                        const Outfit& outfit, HeldThing left, HeldThing right, int person) {
  TENJO_CHECK(posed.bones.size() == asset.bone_names.size());
  std::vector<Mesh> meshes;
  meshes.reserve(outfit.pieces.size() + outfit.drapes.size() + 8);
  for (const Piece& piece : outfit.pieces) {
    meshes.push_back(SkinPiece(piece, posed));
  }
  for (const Drape& drape : outfit.drapes) {
    meshes.push_back(drape.Pose(posed));
  }
  std::vector<Mesh> tote = HangTote(outfit.held, asset, rest, posed, left, right);
  std::move(tote.begin(), tote.end(), std::back_inserter(meshes));
  std::vector<Mesh> held = HoldThings(outfit.held, asset, rest, posed, left, right);
  for (Mesh& mesh : held) {
    mesh.in_mask = false;
  }
  std::move(held.begin(), held.end(), std::back_inserter(meshes));
  for (Mesh& mesh : meshes) {
    mesh.person = person;
  }
  return meshes;
}

}  // namespace tenjo::synth
