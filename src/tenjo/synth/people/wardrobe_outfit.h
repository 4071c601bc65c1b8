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
  std::vector<Piece> pieces;
  std::vector<Drape> drapes;
  HeldKit held;
};

//! Cuts a style that is already chosen: for tests and for trying things on.
OutfitPtr MakeOutfit(const BodyAsset& asset, const BodyShape& shape, const OutfitStyle& style);

}  // namespace tenjo::synth
