#pragma once

#include <opencv2/core/types.hpp>
#include <optional>
#include <span>
#include <vector>

#include "tenjo/vision/embedding.h"
#include "tenjo/vision/frame.h"
#include "tenjo/vision/person.h"

namespace tenjo {

class AppearanceNetwork;
struct Camera;

//! The pixel below the camera; empty where the camera (null: unknown) does not see it.
std::optional<cv::Point2d> PixelBelow(const Camera* camera);

//! Cuts people out of a frame, head up, and asks what they look like.
class PeopleEmbedder {
 public:
  //! `network` must outlive it. `camera` (null: unknown) says which way people stand in the
  //! picture.
  PeopleEmbedder(AppearanceNetwork* network, const Camera* camera);

  //! Of those of the people, by their places: one each, empty where none can be made.
  std::vector<Embedding> Embed(const Frame& frame, std::span<const Person> people,
                               std::span<const int> wanted) const;

 private:
  AppearanceNetwork* network_;
  std::optional<cv::Point2d> below_;  // the camera
};

}  // namespace tenjo
