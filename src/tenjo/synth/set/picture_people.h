#pragma once

#include <span>
#include <vector>

#include "tenjo/synth/set/cast.h"

namespace tenjo::synth {

//! Someone in a picture: who, doing what, and the floor that the body takes.
struct PlacedPerson {
  const Actor* actor = nullptr;
  MotionState state;
  Vec3f at = Vec3f::Zero();
  float radius_m = 0.25F;
};

//! Gives each actor something to do where that makes sense: staff stand behind the counter, guests
//! queue, pay, reach into shelves, sit, walk, carry, stand together. People come near each other
//! rather than evenly, so that they hide each other. Who finds no free floor is left out.
std::vector<PlacedPerson> PlacePeople(const Place& place, const Assets& assets,
                                      std::span<const Actor* const> actors, Random& random);

}  // namespace tenjo::synth
