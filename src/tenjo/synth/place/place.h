#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "tenjo/synth/scene/random.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Furniture and things from the committed CC0 asset (tools/export_furniture.py). Read by all threads.
class FurnitureAsset {
 public:
  //! Throws Error if the file is missing or damaged.
  static std::shared_ptr<const FurnitureAsset> Load(const std::filesystem::path& path);
  struct Impl;
  std::shared_ptr<const Impl> impl;
};

struct Rect {  //!< on the floor, axis-aligned
  float x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

//! Where a person can sit.
struct Seat {
  Vec3f place = Vec3f::Zero();  //!< of the sitter's middle, on the floor
  float yaw_rad = 0;            //!< where the sitter faces
  float height_m = 0.45F;
};

//! A front that hands reach into.
struct ShelfFront {
  int id = 0;
  Vec3f stand = Vec3f::Zero();  //!< where one stands before it, on the floor
  float yaw_rad = 0;            //!< where one faces
  std::vector<Vec3f> goods;     //!< reachable places of goods
};

struct Place {
  std::vector<Mesh> meshes;       //!< floor, walls, ceiling, furniture, things
  std::vector<Light> lights;
  Vec3f ambient = Vec3f::Constant(0.3F);
  std::vector<TextureImage> textures;
  Rect room;                      //!< inner walls
  float ceiling_m = 3;
  std::vector<Rect> obstacles;    //!< floor that bodies cannot stand on
  std::vector<Seat> seats;
  std::vector<ShelfFront> shelves;
  std::vector<Vec3f> doors;       //!< where people enter and leave
  std::vector<Vec3f> doors_inward;  //!< unit direction into the room, one a door
  std::vector<Vec3f> queue;       //!< places before the till, first in line first
  Vec3f till = Vec3f::Zero();     //!< what a payer reaches for
  std::vector<Seat> behind_counter;  //!< where staff stand (height 0: standing)
};

struct PlaceOptions {
  float ceiling_m = 0;     //!< 0: drawn, 2.4-5.2
  bool cafe = true;        //!< else another kind of room, for variety
  std::vector<TextureImage> textures;  //!< of --textures, for floors, walls, cloth
};

Place DrawPlace(const FurnitureAsset& asset, const PlaceOptions& options, Random& random);

//! True if a body of `radius_m` can stand at the place.
bool IsFree(const Place& place, const Vec3f& at, float radius_m);

}  // namespace tenjo::synth
