#pragma once

#include "tenjo/evaluate/coco.h"

namespace tenjo {

//! Area that two rotated boxes share, by clipping one's corners with the other's sides (Sutherland
//! and Hodgman 1974): exact to rounding.
double RotatedOverlap(const RotatedBox& a, const RotatedBox& b);
//! Intersection over union; 0 when either has no area.
double RotatedIoU(const RotatedBox& a, const RotatedBox& b);

}  // namespace tenjo
