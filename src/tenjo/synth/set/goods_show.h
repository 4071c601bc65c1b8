#pragma once

#include <vector>

#include "tenjo/synth/set/cast.h"
#include "tenjo/synth/set/crowd.h"

// What is taken off shelves and put back, as triangles. Internal to this room.
namespace tenjo::synth {

//! Takes a thing's triangles out of the scene's meshes (which begin with the place's): they become
//! points. ShowOnShelf undoes it.
void HideOnShelf(Scene& scene, const GoodsPart& part);
void ShowOnShelf(Scene& scene, const Place& place, const GoodsPart& part);

//! The thing as it rides in the hand of somebody in a pose: soon after it was taken and soon before
//! it is put back it is on its way between the shelf and the hand. Not part of the mask.
Mesh GoodsInHand(const Assets& assets, const Place& place, const CrowdGoods& goods,
                 const Actor& actor, const BodyPose& pose, float time_s, int person);

}  // namespace tenjo::synth
