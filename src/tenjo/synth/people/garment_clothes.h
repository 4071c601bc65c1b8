#pragma once

#include <vector>

#include "tenjo/synth/people/garment_drape.h"
#include "tenjo/synth/people/garment_form.h"
#include "tenjo/synth/people/garment_style.h"

namespace tenjo::synth {

//! A garment while others may still go over it.
struct Worn {
  Cloth cloth;
  Material material;
  bool sleeves_hang = true;  //!< the pattern follows the sleeves as if the arms hung down
};

//! Everything worn that is made of cloth.
struct Clothes {
  std::vector<Worn> worn;
  std::vector<Drape> drapes;
  Material hood;  //!< of the garment that a raised hood belongs to
};

//! Cuts a style's clothes and shoes to the form, from the inside out.
Clothes MakeClothes(Form& form, const OutfitStyle& style, Random& random);

//! The finished pieces of what is worn.
std::vector<Piece> ToPieces(const Form& form, const std::vector<Worn>& worn);

//! Sweeps a profile (places outwards in order) along border edges that the filter lets through.
void SweepBorder(Cloth& cloth, const Border& border,
                 const std::function<bool(const ClothVertex&)>& filter,
                 const std::function<std::vector<Vec3f>(const ClothVertex&)>& profile);

}  // namespace tenjo::synth
