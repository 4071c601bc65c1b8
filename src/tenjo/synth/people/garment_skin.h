#pragma once

#include <vector>

#include "tenjo/synth/people/garment_form.h"
#include "tenjo/synth/people/garment_style.h"

namespace tenjo::synth {

//! The body's own surface without what lies deep under the form's covers or `hidden` (may be null).
//! Skin at a garment's edge is drawn in a little, so that it stays under the cloth.
Cloth TakeSkin(const Form& form, const Field& hidden);

//! Skin, eyes, brows, lips, beard.
std::vector<Piece> MakeSkin(const Form& form, const OutfitStyle& style, const Material& hair,
                            const Field& hidden);

}  // namespace tenjo::synth
