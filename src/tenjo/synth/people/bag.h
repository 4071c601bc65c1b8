#pragma once

#include <vector>

#include "tenjo/synth/people/garment_form.h"
#include "tenjo/synth/people/garment_style.h"

namespace tenjo::synth {

//! A bag that is worn, with its straps, at rest upon the dressed form.
std::vector<Piece> MakeBag(const Form& form, const OutfitStyle& style, Random& random);

}  // namespace tenjo::synth
