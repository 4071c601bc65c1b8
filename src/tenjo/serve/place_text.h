#pragma once

#include <string>
#include <vector>

#include "tenjo/analyze/place.h"
#include "tenjo/serve/site_config.h"

namespace tenjo {

struct CameraPlace {
  std::string camera;
  Place place;
};

//! What a place has where nothing else is said.
Place DefaultPlace(PlaceKind kind, PlaceUnits units);

//! JSON of /api/v1/places.
std::string PlacesToJson(const SiteConfig& config);

//! The places of {"places": […]}. Throws EditRefused with all that is wrong with them.
std::vector<CameraPlace> PlacesFromJson(const std::string& json);

//! A key of a place as the configuration has it.
struct PlaceKey {
  const char* key;
  std::string value;  //!< as TOML
  bool is_default;    //!< it need not be written
};
std::vector<PlaceKey> KeysOf(const Place& place);

}  // namespace tenjo
