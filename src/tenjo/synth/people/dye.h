#pragma once

#include "tenjo/synth/people/palette.h"
#include "tenjo/synth/people/wardrobe.h"

// An outfit once cut in other cloth: cutting is what costs time, colours cost nothing.
namespace tenjo::synth {

//! The same cut in other colours; patterns keep their kind and get other seeds and scales. Hair
//! (its colour fitting age and skin) and bags too.
OutfitPtr DyeAfresh(const Outfit& outfit, const BodyShape& shape, Random& random);

//! What all wear who are dressed alike.
struct Uniform {
  Material upper;
  Material lower;
  Material shoes;
  Material bag;
};
Uniform DrawUniform(OutfitSplit split, Random& random);
//! The same cut in a uniform's cloth; hair and skin stay.
OutfitPtr DyeAlike(const Outfit& outfit, const Uniform& uniform);

//! Some pieces of cloth as pictures (Pattern::kTexture), numbered 0 .. textures - 1.
OutfitPtr DyeWithPictures(const Outfit& outfit, int textures, Random& random);

}  // namespace tenjo::synth
