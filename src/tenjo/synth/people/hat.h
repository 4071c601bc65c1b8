#pragma once

#include <vector>

#include "tenjo/synth/people/hair.h"

namespace tenjo::synth {

//! What is on the head besides hair, at rest.
struct Hat {
  std::vector<Piece> pieces;
  Field covers;             //!< what lies under it; null without a hat
  bool hides_hair = false;  //!< scarf, hood: no loose hair shows
};
//! A raised hood is of the material of its garment.
Hat MakeHat(const Form& form, const Skull& skull, const OutfitStyle& style, const Material& hood,
            Random& random);

//! Glasses or sunglasses.
std::vector<Piece> MakeEyewear(const Form& form, const Skull& skull, const OutfitStyle& style,
                               Random& random);

}  // namespace tenjo::synth
