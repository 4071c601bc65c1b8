#pragma once

#include "tenjo/synth/render/gbuffer.h"

namespace tenjo::synth {

//! Smooths kLitRed..kOpen over each surface: edge-avoiding a-trous wavelets (Dammertz et al. 2010),
//! a 5x5 B3 spline kernel with holes that double each pass, weighted by normal, distance from the
//! pixel's tangent plane and group. The light itself is not in these planes, only what share of it
//! arrives, so that shading and texture stay as sharp as they are.
void FilterArrivals(GBuffer& buffer, int passes);

}  // namespace tenjo::synth
