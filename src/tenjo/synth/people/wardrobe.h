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

OutfitPtr DrawOutfit(const BodyAsset& asset, const BodyShape& shape, Random& random);

//! The dressed body as meshes (skin, eyes, clothes, shoes, hair, hat, bags; held things last with
//! in_mask = false). All get `person` as their person.
std::vector<Mesh> Dress(const BodyAsset& asset, const RestBody& rest, const PosedBody& posed,
                        const Outfit& outfit, HeldThing left, HeldThing right, int person);

}  // namespace tenjo::synth
