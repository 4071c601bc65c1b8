#pragma once

#include <optional>
#include <string>

#include "tenjo/camera/calibrate.h"

namespace tenjo {

//! The place of a camera from the floor points of a request's body (docs/openapi.yaml). The lens is
//! the one that the request names, else `known`, else a pinhole; a lens of which nothing is known
//! gets its focal length from the points, or, where they cannot tell it (straight down), 70
//! degrees. Throws Error for a body that is none, EditRefused for points that no camera sees so.
Calibration CalibrateFromRequest(const std::string& json, const std::optional<Lens>& known,
                                 int width, int height);

}  // namespace tenjo
