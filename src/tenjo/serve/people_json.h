#pragma once

#include <span>
#include <string>

#include "tenjo/camera/camera.h"
#include "tenjo/vision/person.h"

namespace tenjo {

//! One picture's people, for those who look on.
struct PeopleMoment {
  std::string camera;
  double utc_s = 0;
  double time_s = 0;
  std::int64_t frame = 0;
  int width = 0;
  int height = 0;
  std::span<const Person> people = {};
  const Camera* lens = nullptr;  //!< null: where they stand is not known
};

//! The data of /api/v1/stream's `people` messages.
std::string PeopleToJson(const PeopleMoment& moment);

}  // namespace tenjo
