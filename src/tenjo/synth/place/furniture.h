#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tenjo/synth/place/place.h"

// What is inside the furniture asset. Internal to this room.
namespace tenjo::synth {

enum class FurnitureSurface : std::uint8_t { kPlain, kWood, kCloth, kMetal, kLeaf, kGlass, kLight };
inline constexpr int kNumFurnitureSurfaces = 7;

struct FurniturePiece {
  FurnitureSurface surface = FurnitureSurface::kPlain;
  Vec3f colour = Vec3f::Constant(0.5F);  // linear
  float gloss = 0;
  std::vector<Vec3f>
      positions;  // metres, the front faces +x, the middle of the footprint at (0, 0), z up
  std::vector<Vec3f> normals;
  std::vector<std::array<std::uint32_t, 3>> triangles;
};

struct FurnitureModel {
  std::string name;
  std::string kind;
  Vec3f size = Vec3f::Zero();  // x depth, y width, z height
  float elevation_m = 0;       // above the floor
  std::vector<Seat> seats;
  std::vector<FurniturePiece> pieces;
  bool held_out = false;  // only in places of the test split
};

struct FurnitureAsset::Impl {
  std::vector<FurnitureModel> models;

  //! Models of a kind that a split may use; may be empty.
  std::vector<const FurnitureModel*> Of(std::string_view kind, PlaceSplit split) const;
};

//! Exposed for tests: reads the bytes of the asset; `name` is for messages.
std::shared_ptr<const FurnitureAsset> ParseFurniture(std::string_view data,
                                                     const std::string& name);

}  // namespace tenjo::synth
