#pragma once

#include <vector>

#include "tenjo/synth/people/garment_drape.h"
#include "tenjo/synth/people/garment_style.h"
#include "tenjo/synth/people/held.h"
#include "tenjo/synth/people/wardrobe.h"

namespace tenjo::synth {

//! An outfit cut to one body; internal to this room.
struct Outfit {
  OutfitStyle style;
  std::vector<Piece> pieces;    //!< skin, cloth, hair, hat and eyewear, bag
  std::size_t first_cloth = 0;  //!< of `pieces`
  std::size_t cloth_pieces = 0;
  std::size_t first_thing = 0;  //!< the bag's
  std::vector<Drape> drapes;
  HeldKit held;
};

//! Cuts a style that is already chosen: for tests and for trying things on.
OutfitPtr MakeOutfit(const BodyAsset& asset, const BodyShape& shape, const OutfitStyle& style);

}  // namespace tenjo::synth
