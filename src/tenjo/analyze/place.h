#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/analyze/geometry.h"

namespace tenjo {

enum class PlaceKind {
  kZone,   //!< a polygon that people enter and leave
  kLine,   //!< from its first point to its second; crossed in two directions
  kShelf,  //!< a polygon that hands reach into
};

//! Which point of a person is held against a place. Under a ceiling the feet are often hidden and
//! the box's lower edge says nothing, so every place chooses for itself.
enum class BodyPoint { kFeet, kMiddle, kHead, kLeftWrist, kRightWrist };

enum class PlaceUnits {
  kPixels,  //!< of the camera's picture
  kMetres,  //!< on the floor; needs the camera's lens and pose
};

//! A place of interest in front of one camera.
struct Place {
  std::string name;  //!< unique within its camera
  PlaceKind kind = PlaceKind::kZone;
  PlaceUnits units = PlaceUnits::kPixels;
  std::vector<Point2> points;          //!< two of a line, else a polygon's corners
  BodyPoint point = BodyPoint::kFeet;  //!< a shelf looks at both wrists instead

  //! What is on one side for less time than this, or by less than this distance (in `units`), has
  //! not gone there: it is flicker.
  double settle_s = 0.3;
  double margin = 0;

  double dwell_every_s = 0;  //!< zones: how often who stays is reported; 0: never
  //! Lines: names of the directions. Forward is from the left to the right of who looks from the
  //! first point to the second, in the picture or on the floor as seen from above.
  std::array<std::string, 2> directions = {"forward", "backward"};
  //! Shelves in metres: heights above the floor between which hands reach in. A picture does not
  //! tell how high a hand is: it is taken to be half-way between these.
  double low_m = 0;
  double high_m = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

//! Throws Error with a sentence that names the place if it cannot be one.
void Validate(const Place& place);

std::string_view NameOf(PlaceKind kind);
std::string_view NameOf(BodyPoint point);

}  // namespace tenjo
