#pragma once

#include <vector>

#include "tenjo/synth/place/place.h"

// Colours and surfaces that belong together in one place. Internal to this room.
namespace tenjo::synth {

struct Style {
  Material floor;
  Material wall;
  Material accent_wall;
  Material ceiling;
  Material frame;  // of doors and windows, baseboards
  Material wood;
  Material dark_wood;
  Material metal;
  Material dark;
  Material white;
  Material counter_front;
  Material counter_top;
  Material table_top;
  Material table_leg;
  Material shelf;
  Material shelf_back;
  Material cloth;
  Material cloth2;
  std::vector<Material> packages;
  bool recolour = false;  // furniture takes the place's colours
};

//! Families of floors and of walls that a split may use, as indices; for tests.
std::vector<int> FloorFamilies(PlaceSplit split);
std::vector<int> WallFamilies(PlaceSplit split);

//! `textures` is how many pictures there are to choose from; the chosen ones are in
//! Material::texture.
Style DrawStyle(RoomKind kind, PlaceSplit split, int textures, Random& random);

}  // namespace tenjo::synth
