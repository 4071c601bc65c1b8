#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "tenjo/camera/camera.h"
#include "tenjo/synth/place/place.h"
#include "tenjo/synth/scene/random.h"

namespace tenjo::synth {

//! What `--camera` asks for.
enum class CameraKind : std::uint8_t { kFisheye, kWide, kMixed };

//! What `--place` asks for: cafes, other rooms, or both (more cafes).
enum class PlaceWish : std::uint8_t { kCafe, kOther, kMixed };

//! From `low` to `high`, both included.
struct Range {
  double low = 0;
  double high = 0;
};

struct CameraOptions {
  CameraKind kind = CameraKind::kMixed;
  int width = 0;  //!< 0: both sides are drawn, 256-1280
  int height = 0;
  std::optional<Range> height_m;  //!< above the floor, within 2.2-5; else drawn
  std::optional<Range> tilt_deg;  //!< from straight down, within 0-60; else drawn
};

//! Draws a lens and hangs it where it sees people, whose places (on the floor) are given: inside
//! the room, in no lamp, board or shelf. Fisheyes look down or are tilted; wide lenses are aimed at
//! someone, from straight down to 35 degrees below the horizon.
Camera DrawCamera(const Place& place, std::span<const Vec3f> people, const CameraOptions& options,
                  Random& random);

//! Degrees between the camera's axis and straight down.
double TiltDegrees(const Camera& camera);

//! Share of what the lens shows that is the room's floor, or what stands on it, rather than walls
//! and ceiling; furniture is not looked at.
double FloorShare(const Place& place, const Camera& camera);

//! True if the chest of someone who stands at the place falls into the picture and nothing above
//! head height (a board, a pillar, a high shelf) is between.
bool SeesPerson(const Place& place, const Camera& camera, const Vec3f& person);

}  // namespace tenjo::synth
