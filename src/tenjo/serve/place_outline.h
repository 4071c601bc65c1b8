#pragma once

#include <string>

#include "tenjo/serve/site_config.h"

namespace tenjo {

//! How places on the floor lie on their cameras' pictures, as JSON: a list of {camera, name,
//! points}, points in pixels, which may be beyond the picture's edge. Shelves lie half-way between
//! the ends of their height. A place that the lens does not see as a whole is left out.
std::string OutlinesToJson(const SiteConfig& config);

}  // namespace tenjo
