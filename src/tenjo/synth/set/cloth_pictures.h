#pragma once

#include "tenjo/synth/set/cast.h"

// Pictures of --textures on clothes. Internal to this room.
namespace tenjo::synth {

//! Gives some of an actor's clothes pictures of --textures; without any nothing changes.
void WearPictures(Actor& actor, const Assets& assets, std::uint64_t seed);

//! After an actor was added: takes the pictures on meshes from `first_mesh` on into the scene, each
//! once, and lays them around the body.
void TakePictures(Scene& scene, std::size_t first_mesh, const Assets& assets);

}  // namespace tenjo::synth
