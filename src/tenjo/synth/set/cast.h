#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/motion.h"
#include "tenjo/synth/people/wardrobe.h"
#include "tenjo/synth/place/place.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What pictures are made of, loaded once and read by all threads.
struct Assets {
  std::shared_ptr<const BodyAsset> body;
  std::shared_ptr<const FurnitureAsset> furniture;
  std::vector<TextureImage> textures;                          //!< of --textures
  std::vector<std::shared_ptr<const MotionCapture>> captures;  //!< of --motion
};

//! Where body.bin and furniture.bin lie: $TENJO_ASSETS, else share/tenjo/assets of the installed
//! program, else the sources that the program was built from.
std::filesystem::path AssetFolder();

//! Loads the assets; `textures` (.jpg, .png) and `motion` (.bvh) are folders searched with all
//! below them, empty for none. Throws Error on what is missing or damaged.
Assets LoadAssets(const std::filesystem::path& textures = {},
                  const std::filesystem::path& motion = {});

//! One identity: a body, its clothes and its way of moving.
struct Actor {
  int identity = 0;
  BodyShape shape;
  RestBody rest;
  OutfitPtr outfit;
  MotionStyle style;
  OutfitRole role = OutfitRole::kGuest;
};

//! The same seed gives the same actor; about 15 ms.
Actor DrawActor(const Assets& assets, int identity, std::uint64_t seed,
                OutfitSplit split = OutfitSplit::kTrain, OutfitRole role = OutfitRole::kGuest);

//! Poses and dresses the actor (with what the state says that its hands hold), appends its meshes
//! and its truth to the scene, and returns its index in Scene::people.
int AddActor(Scene& scene, const Assets& assets, const Actor& actor, const MotionState& state,
             int track);
//! The same in a pose of its own.
int AddPosedActor(Scene& scene, const Assets& assets, const Actor& actor, const BodyPose& pose,
                  HeldThing left, HeldThing right, int track);

}  // namespace tenjo::synth
