#pragma once

#include <span>
#include <vector>

#include "tenjo/analyze/analyzer.h"
#include "tenjo/track/tracker.h"

namespace tenjo {

//! What a tracker found out, as the places need to know it. They cannot take back what they told of
//! the frames before, so from when on it was so is left out.
std::vector<IdCorrection> IdCorrectionsOf(std::span<const Correction> corrections);

}  // namespace tenjo
