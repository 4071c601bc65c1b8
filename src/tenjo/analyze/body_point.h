#pragma once

#include <optional>

#include "tenjo/analyze/place.h"
#include "tenjo/camera/camera.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! Least score of a keypoint that counts.
inline constexpr float kLeastKeypointScore = 0.1F;

//! A point of the person in pixels. Feet: the middle of the ankles that are seen, else of the box's
//! lower edge. Middle: of the box. Head: the middle of nose, eyes and ears, else of the box's upper
//! edge. A wrist that is not seen is empty.
std::optional<Point2> PixelOf(const Person& person, BodyPoint point);

//! Where on the floor a point of the person is above, in metres. Feet: through the ankles, else
//! knees, hips, shoulders or head, each taken at its usual height, so that hidden feet do not move
//! a person; without any, the box's middle at the height of the hips. Wrists: taken at `wrist_m`.
//! Empty if the camera's ray does not meet that height.
std::optional<Point2> FloorOf(const Person& person, BodyPoint point, const Camera& camera,
                              double wrist_m = 1.0);

}  // namespace tenjo
