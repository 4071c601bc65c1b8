#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "tenjo/synth/scene/random.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Furniture and things from the committed CC0 asset (tools/export_furniture.py). Read by all
//! threads.
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

//! The triangles of one thing among a place's meshes: so that it can be taken away.
struct GoodsPart {
  int mesh = -1;  //!< of Place::meshes
  std::uint32_t first_triangle = 0, triangles = 0;
  std::uint32_t first_vertex = 0, vertices = 0;
};

//! A front that hands reach into.
struct ShelfFront {
  int id = 0;
  Vec3f stand = Vec3f::Zero();   //!< where one stands before it, on the floor
  float yaw_rad = 0;             //!< where one faces
  std::vector<Vec3f> goods;      //!< reachable places of goods: the middles of their near sides
  std::vector<GoodsPart> parts;  //!< one each of the goods
};

//! What reaches above a grown person's head: lamps, boards, pillars, high shelves.
struct HighThing {
  Rect rect;
  float bottom_m = 0;
  float top_m = 0;
};

//! Furniture models, patterns with colours of floors and walls, and kinds of rooms are dealt to one
//! of two splits for good, so that a test set never shows what a training set has shown.
enum class PlaceSplit : std::uint8_t { kTrain, kTest };

enum class RoomKind : std::uint8_t {
  kCounterCafe,  //!< counter along a wall, tables
  kCornerCafe,   //!< counter around a corner
  kMarketCafe,   //!< walk-in shelves and fridges, a short counter
  kIslandCafe,   //!< counter standing free; test split only
  kKioskCafe,    //!< no staff: a pay stand, shelves, benches; test split only
  kOffice,
  kShop,
  kCorridor,
  kLivingRoom,
  kHall,         //!< all but empty
  kLibrary,      //!< test split only
  kWaitingRoom,  //!< test split only
};

//! A room as built. Its middle is at x = y = 0.
struct Place {
  RoomKind kind = RoomKind::kCounterCafe;
  std::vector<Mesh> meshes;   //!< floor, walls, ceiling, furniture, things
  std::vector<Light> lights;  //!< at most 12
  Vec3f ambient = Vec3f::Constant(0.3F);
  std::vector<TextureImage> textures;  //!< those that the meshes use, in their own numbering
  Rect room;                           //!< inner walls
  float ceiling_m = 3;
  std::vector<Rect> obstacles;  //!< floor that bodies cannot stand on; they do not overlap
  std::vector<Seat> seats;      //!< each with free floor beside it that is reached from the doors
  std::vector<ShelfFront> shelves;
  std::vector<Vec3f>
      doors;  //!< where people enter and leave: on the wall's inner face; 1.2 m of floor lie behind
  std::vector<Vec3f> doors_inward;  //!< unit direction into the room, one a door
  std::vector<Vec3f>
      queue;  //!< places before the till, first in line first; empty where nobody pays
  Vec3f till = Vec3f::Zero();        //!< what a payer reaches for
  std::vector<Seat> behind_counter;  //!< where staff stand (height 0: standing)
  std::vector<HighThing> high;       //!< all of the room's inside above 1.9 m
};

struct PlaceOptions {
  float ceiling_m = 0;                      //!< 0: drawn, 2.4-5.2
  bool cafe = true;                         //!< else another kind of room, for variety
  std::vector<TextureImage> textures = {};  //!< of --textures, for floors and walls
  PlaceSplit split = PlaceSplit::kTrain;
};

//! Draws a room of 4-14 m a side. Every door, till and shelf can be walked to by a body of 0.25 m
//! radius. Throws Error on a ceiling that is not 0 or 2.2-6 m.
Place DrawPlace(const FurnitureAsset& asset, const PlaceOptions& options, Random& random);

//! True if a body of `radius_m` can stand at the place.
bool IsFree(const Place& place, const Vec3f& at, float radius_m);

//! True if a camera can hang at the place: inside, below the ceiling, and nothing nearer than
//! `clearance_m` sideways, above or below. Within 0.7 m of the room's middle this holds from 2.1 m
//! up to 0.1 m below the ceiling for a clearance of up to 0.2 m: no lamp is hung there.
bool IsCameraFree(const Place& place, const Vec3f& at, float clearance_m);

}  // namespace tenjo::synth
