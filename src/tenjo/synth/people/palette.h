#pragma once

#include "tenjo/synth/people/wardrobe.h"
#include "tenjo/synth/scene/random.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! What a cloth is for: sets its usual colours and patterns.
enum class ClothUse : std::uint8_t {
  kTop,
  kShirt,
  kKnit,
  kCoat,
  kPuffer,
  kTrousers,
  kDenim,
  kSkirt,
  kShoe,
  kHat,
  kBag,
  kApron,
  kScarf,
  kTights,
};

//! Number of skin colours, light to dark, over which BodyShape::skin (0 to kNumSkins - 1) is
//! spread.
int NumSkins();
Material SkinMaterial(int skin, std::uint32_t seed);
Material LipMaterial(int skin);

//! Natural and some dyed hair; grey with age.
Material HairMaterial(float age_years, int skin, OutfitSplit split, Random& random);
//! Brows go with the hair, a little darker.
Material BrowMaterial(const Material& hair);

//! Colours and pattern of a piece of cloth. Of every list of colours every fifth is held out for
//! kTest, pattern seeds are even for kTrain and odd for kTest.
Material ClothMaterial(ClothUse use, OutfitSplit split, Random& random);

//! A colour of a list for things: plastics, papers, ceramics.
Vec3f ThingColour(OutfitSplit split, Random& random);

//! True if a colour (as drawn, before shading variation) is held out for tests; for tests of the
//! split.
bool IsHeldOutColour(const Vec3f& colour);

}  // namespace tenjo::synth
