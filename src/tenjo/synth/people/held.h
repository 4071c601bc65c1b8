#pragma once

#include <vector>

#include "tenjo/synth/people/garment_mesh.h"
#include "tenjo/synth/people/garment_style.h"
#include "tenjo/synth/people/wardrobe.h"

namespace tenjo::synth {

//! The things someone may hold, each about its grip: z up, x ahead, metres.
struct HeldKit {
  std::vector<Piece> cup, phone, umbrella, one_hand_tray, tray, one_hand_package, package, tote;
  bool umbrella_open = false;
  bool tote_left = false;
};
HeldKit MakeHeldKit(const OutfitStyle& style, float scale, Random& random);

//! The tote bag where it hangs from a free hand, else from an elbow; empty if the kit has none.
std::vector<Mesh> HangTote(const HeldKit& kit, const BodyAsset& asset, const RestBody& rest,
                           const PosedBody& posed, HeldThing left, HeldThing right);

//! Where a hand grips, in the world, and which way its palm faces (unit length).
struct Grip {
  Vec3f at;
  Vec3f palm;
};
Grip GripOf(const BodyAsset& asset, const RestBody& rest, const std::vector<Eigen::Affine3f>& bones,
            bool left);

//! What the hands hold. Trays and packages in both hands are one.
std::vector<Mesh> HoldThings(const HeldKit& kit, const BodyAsset& asset, const RestBody& rest,
                             const PosedBody& posed, HeldThing left, HeldThing right);

}  // namespace tenjo::synth
