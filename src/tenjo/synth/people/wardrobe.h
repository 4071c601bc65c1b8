#pragma once

#include <memory>
#include <vector>

#include "tenjo/synth/people/body.h"

namespace tenjo::synth {

//! What one identity wears and has with it: drawn once, then the same in every picture.
struct Outfit;  // garments, hair, hat, bags, what the hands hold; colours and patterns

struct OutfitDeleter {
  void operator()(const Outfit* outfit) const;
};
using OutfitPtr = std::unique_ptr<const Outfit, OutfitDeleter>;

//! Things that a hand can hold.
enum class HeldThing : std::uint8_t { kNothing, kCup, kTray, kPhone, kUmbrella, kPackage };

//! Which half of the wardrobe to draw from: sets for testing (kTest) wear colours, pattern seeds
//! and a few kinds of clothes, hats, bags and hair that sets for training never show (see
//! palette.h, garment_style.h).
enum class OutfitSplit : std::uint8_t { kTrain, kTest };

//! Where someone belongs: staff wear aprons and caps, no coats or bags.
enum class OutfitRole : std::uint8_t { kGuest, kStaff };

//! Cuts an outfit to the body of the shape; about 10 ms. Keep it with the identity.
OutfitPtr DrawOutfit(const BodyAsset& asset, const BodyShape& shape, Random& random,
                     OutfitSplit split = OutfitSplit::kTrain, OutfitRole role = OutfitRole::kGuest);

//! The dressed body as meshes (skin, eyes, clothes, shoes, hair, hat, bags; held things last with
//! in_mask = false). All get `person` as their person.
std::vector<Mesh> Dress(const BodyAsset& asset, const RestBody& rest, const PosedBody& posed,
                        const Outfit& outfit, HeldThing left, HeldThing right, int person);

}  // namespace tenjo::synth
