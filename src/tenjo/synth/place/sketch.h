#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tenjo/synth/place/floor_plan.h"
#include "tenjo/synth/place/furniture.h"
#include "tenjo/synth/place/mesh_set.h"
#include "tenjo/synth/place/place.h"
#include "tenjo/synth/place/style.h"

// A place while it is being built, and the steps that build it. Internal to this room.
namespace tenjo::synth {

struct Opening {
  float a = 0, b = 0;  // along the wall
  float bottom = 0, top = 0;
  bool door = false;
};

//! A wall as seen from inside; t runs along it.
struct Wall {
  Vec3f start = Vec3f::Zero();
  Vec3f along = Vec3f::UnitY();
  Vec3f inward = Vec3f::UnitX();
  float yaw = 0;  // of inward
  float length = 0;
  std::vector<Opening> openings;
  std::vector<std::pair<float, float>> taken;  // by things that stand or hang on it

  //! Frame at the wall, `out` metres into the room; its x points inward, its y along.
  Frame At(float t, float out = 0) const;
  //! True if [a, b] meets no door, no window (unless `windows`) and nothing taken.
  bool IsFree(float a, float b, bool windows) const;
};

//! A furniture model as this place has it.
struct Choice {
  const FurnitureModel* model = nullptr;
  std::optional<Material> cloth;
  std::optional<Material> wood;
  std::optional<Vec3f> plain;
};

struct Sketch {
  Sketch(const FurnitureAsset::Impl& asset_in, const PlaceOptions& options_in, Random& random_in,
         const Rect& room);

  const FurnitureAsset::Impl& asset;
  const PlaceOptions& options;
  Random& random;
  Place place;
  MeshSet meshes;
  FloorPlan plan;
  Style style;
  std::array<Wall, 4> walls;
  bool night = false;
  int next_item = 1;
  int next_shelf = 0;

  float ceiling() const { return place.ceiling_m; }
  Mesh& Of(const Material& material) { return meshes.Of(material); }
  float Item() { return static_cast<float>(next_item++); }
  //! The local box's footprint.
  static Rect Foot(const Frame& frame, const Vec3f& low, const Vec3f& high);
  //! Blocks the floor under all of them if it is free and all targets stay reachable.
  bool TryBlock(std::span<const Rect> rects, float margin = 0);
  //! Notes what reaches above 1.9 m.
  void NoteHigh(const Frame& frame, const Vec3f& low, const Vec3f& high);
  //! True if nothing may hang there because cameras may.
  static bool NearMiddle(const Rect& rect);

  //! A model of a kind with this place's colours; the same model looks the same all over the place.
  //! Nothing if the split has none.
  const Choice* Choose(std::string_view kind);
  Choice Dress(const FurnitureModel& model);
  void Add(const Choice& choice, const Frame& frame, float scale = 1);

  //! A free stretch of wall for a thing of a length and depth with clear floor before it; its frame
  //! is at the middle of the footprint. Blocks the floor and the wall if found.
  std::optional<Frame> TakeWall(float length, float depth, float clear, bool over_windows,
                                bool keep_clear = true);

 private:
  std::unordered_map<std::string, std::vector<Choice>> choices_;
};

// Steps, in the order in which DrawPlace takes them.
void DrawOpenings(Sketch& sketch);  // doors and windows
void DrawCounter(Sketch& sketch);   // counter, till, queue, staff
void DrawShelving(Sketch& sketch);  // shelves, fridges, gondolas, tables of goods
void DrawSeating(Sketch& sketch);   // tables, chairs, sofas, desks
void DrawDecor(Sketch& sketch);     // plants, bins, mats, signs, pictures
void BuildShell(Sketch& sketch);    // floor, walls with their openings, ceiling
void DrawLights(Sketch& sketch);

// Pieces that several steps use.
struct Goods {
  Vec3f place = Vec3f::Zero();  //!< the middle of the near side
  GoodsPart part;               //!< the mesh numbered as in Sketch::meshes
};
void AddGoods(Sketch& sketch, const Frame& frame, float front, float depth, float left, float right,
              float z, float room_above, int sort, std::vector<Goods>* places);
void AddTableThings(Sketch& sketch, const Frame& frame, float half_x, float half_y, float z,
                    int count, bool office);
void AddSign(Sketch& sketch, const Frame& frame, float half_width, float low, float high, bool lit);

}  // namespace tenjo::synth
