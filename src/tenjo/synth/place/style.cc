#include "tenjo/synth/place/style.h"

#include <array>
#include <span>

#include "tenjo/synth/scene/material.h"

namespace tenjo::synth {
namespace {

struct Colour {
  int r, g, b;
};

//! A pattern with colours that go together.
struct Family {
  Pattern pattern;
  Colour a, b, c;
  float scale_low, scale_high;
  float gloss;
};

constexpr std::array<Family, 27> kFloors = {{
    {Pattern::kPlanks, {176, 138, 98}, {128, 92, 60}, {60, 42, 30}, 5, 10, 0.12F},
    {Pattern::kPlanks, {205, 178, 140}, {170, 138, 100}, {110, 85, 60}, 5, 11, 0.1F},
    {Pattern::kPlanks, {120, 82, 54}, {78, 52, 34}, {35, 24, 18}, 6, 10, 0.15F},
    {Pattern::kPlanks, {150, 140, 128}, {110, 102, 92}, {70, 64, 58}, 5, 9, 0.08F},
    {Pattern::kPlanks, {214, 204, 188}, {186, 174, 156}, {130, 120, 104}, 6, 12, 0.1F},
    {Pattern::kTiles, {200, 196, 188}, {150, 146, 140}, {90, 88, 86}, 1.6F, 3.5F, 0.25F},
    {Pattern::kTiles, {120, 118, 116}, {86, 84, 82}, {180, 178, 174}, 1.6F, 3.2F, 0.2F},
    {Pattern::kTiles, {186, 120, 86}, {150, 136, 120}, {120, 70, 50}, 3, 6, 0.1F},
    {Pattern::kTiles, {232, 230, 224}, {176, 174, 170}, {40, 40, 42}, 2.5F, 5, 0.3F},
    {Pattern::kTiles, {70, 72, 76}, {50, 50, 52}, {150, 150, 150}, 1.6F, 3, 0.2F},
    {Pattern::kTiles, {150, 170, 168}, {200, 200, 196}, {86, 110, 112}, 4, 8, 0.2F},
    {Pattern::kTerrazzo, {206, 202, 194}, {120, 112, 104}, {170, 130, 110}, 0.8F, 2.2F, 0.25F},
    {Pattern::kTerrazzo, {150, 150, 148}, {220, 218, 214}, {70, 70, 74}, 0.8F, 2.2F, 0.25F},
    {Pattern::kTerrazzo, {226, 214, 204}, {186, 96, 80}, {96, 120, 110}, 0.8F, 1.8F, 0.2F},
    {Pattern::kConcrete, {160, 158, 154}, {124, 122, 118}, {90, 88, 86}, 0.4F, 0.8F, 0.1F},
    {Pattern::kConcrete, {120, 118, 116}, {88, 86, 84}, {60, 58, 58}, 0.4F, 0.8F, 0.15F},
    {Pattern::kConcrete, {196, 190, 180}, {166, 158, 148}, {120, 114, 106}, 0.3F, 0.7F, 0.05F},
    {Pattern::kCarpet, {96, 100, 108}, {66, 68, 76}, {120, 96, 60}, 1.6F, 2.4F, 0},
    {Pattern::kCarpet, {120, 60, 52}, {80, 36, 34}, {170, 130, 80}, 1.2F, 2.4F, 0},
    {Pattern::kCarpet, {150, 140, 122}, {112, 102, 88}, {90, 80, 66}, 1.6F, 2.4F, 0},
    {Pattern::kCarpet, {60, 84, 92}, {38, 54, 62}, {160, 160, 150}, 1.2F, 2.4F, 0},
    {Pattern::kSpeckle, {150, 152, 150}, {186, 186, 182}, {90, 90, 90}, 1, 2, 0.15F},
    {Pattern::kSpeckle, {188, 180, 160}, {146, 136, 118}, {90, 90, 90}, 1, 2, 0.15F},
    {Pattern::kPlain, {178, 176, 170}, {150, 150, 150}, {90, 90, 90}, 1, 1, 0.12F},
    {Pattern::kPlain, {104, 116, 108}, {150, 150, 150}, {90, 90, 90}, 1, 1, 0.12F},
    {Pattern::kBrick, {156, 92, 70}, {150, 140, 128}, {110, 62, 48}, 9, 14, 0.03F},
    {Pattern::kBrick, {170, 164, 152}, {120, 116, 110}, {140, 132, 120}, 9, 14, 0.05F},
}};

constexpr std::array<Family, 21> kWalls = {{
    {Pattern::kPlaster, {232, 228, 220}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {214, 206, 192}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {190, 200, 196}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {196, 170, 140}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {92, 108, 100}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {70, 82, 104}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {64, 62, 62}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {206, 150, 130}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kPlaster, {222, 196, 110}, {0, 0, 0}, {0, 0, 0}, 1, 1, 0},
    {Pattern::kBrick, {158, 90, 68}, {176, 166, 152}, {118, 64, 48}, 12, 15, 0},
    {Pattern::kBrick, {214, 208, 198}, {196, 190, 180}, {198, 190, 178}, 12, 15, 0},
    {Pattern::kBrick, {120, 104, 94}, {90, 84, 78}, {92, 78, 70}, 12, 15, 0},
    {Pattern::kConcrete, {168, 166, 162}, {134, 132, 128}, {90, 88, 86}, 0.5F, 1.2F, 0},
    {Pattern::kConcrete, {120, 118, 116}, {92, 90, 88}, {60, 60, 60}, 0.5F, 1.2F, 0},
    {Pattern::kTiles, {236, 236, 232}, {170, 170, 166}, {120, 150, 150}, 6, 12, 0.3F},
    {Pattern::kTiles, {60, 96, 92}, {200, 200, 196}, {40, 66, 64}, 6, 12, 0.3F},
    {Pattern::kTiles, {150, 184, 196}, {230, 230, 226}, {90, 120, 140}, 6, 10, 0.3F},
    {Pattern::kPlanks, {190, 152, 110}, {146, 108, 72}, {80, 58, 40}, 6, 11, 0.05F},
    {Pattern::kPlanks, {110, 78, 54}, {74, 50, 34}, {40, 28, 20}, 6, 11, 0.05F},
    {Pattern::kStripesAlong, {214, 208, 196}, {190, 182, 168}, {150, 120, 80}, 4, 9, 0},
    {Pattern::kPrint, {206, 208, 200}, {150, 170, 150}, {190, 150, 130}, 3, 7, 0},
}};

constexpr std::array<std::array<Colour, 2>, 7> kWoods = {{
    {{{198, 160, 116}, {150, 110, 72}}},
    {{{222, 196, 156}, {188, 154, 112}}},
    {{{140, 94, 60}, {96, 60, 38}}},
    {{{92, 62, 44}, {58, 38, 28}}},
    {{{170, 120, 76}, {120, 78, 48}}},
    {{{160, 150, 136}, {120, 110, 98}}},
    {{{60, 48, 42}, {38, 30, 26}}},
}};

constexpr std::array<Colour, 14> kCloths = {{{60, 64, 70},
                                             {130, 126, 118},
                                             {96, 40, 36},
                                             {44, 66, 92},
                                             {70, 92, 70},
                                             {180, 140, 60},
                                             {150, 90, 60},
                                             {200, 192, 178},
                                             {34, 34, 36},
                                             {110, 70, 96},
                                             {60, 110, 112},
                                             {190, 110, 90},
                                             {90, 74, 58},
                                             {170, 176, 180}}};

constexpr std::array<Colour, 16> kVivid = {{{200, 40, 36},
                                            {230, 120, 30},
                                            {240, 200, 50},
                                            {120, 170, 50},
                                            {30, 120, 60},
                                            {30, 130, 150},
                                            {40, 80, 170},
                                            {90, 50, 130},
                                            {190, 60, 120},
                                            {240, 236, 226},
                                            {60, 40, 30},
                                            {160, 110, 60},
                                            {220, 190, 150},
                                            {20, 20, 24},
                                            {130, 200, 210},
                                            {210, 214, 216}}};

// One family in four is for the test split alone.
bool HeldOut(int family) { return family % 4 == 2; }

std::vector<int> Families(int count, PlaceSplit split) {
  std::vector<int> families;
  for (int i = 0; i < count; ++i) {
    if (HeldOut(i) == (split == PlaceSplit::kTest)) {
      families.push_back(i);
    }
  }
  return families;
}

Vec3f Linear(const Colour& c) { return FromSrgb(c.r, c.g, c.b); }

//! The same colour as another batch of paint.
Vec3f Vary(const Vec3f& c, float amount, Random& random) {
  const float light = 1 + random.Uniform(-amount, amount);
  const float red = 1 + random.Uniform(-amount, amount) / 2;
  const float blue = 1 + random.Uniform(-amount, amount) / 2;
  return (c.cwiseProduct(Vec3f(red, 1, blue)) * light).cwiseMin(0.88F);
}

Material Surfaced(const Family& family, Random& random) {
  Material m;
  m.pattern = family.pattern;
  const float tint = 0.16F;
  m.a = Vary(Linear(family.a), tint, random);
  m.b = Vary(Linear(family.b), tint, random);
  m.c = Vary(Linear(family.c), tint, random);
  m.scale = random.Uniform(family.scale_low, family.scale_high);
  m.gloss = family.gloss * random.Uniform(0.3F, 1.3F);
  m.roughness = random.Uniform(0.15F, 0.5F);
  m.seed = random.Next();
  return m;
}

Material Plain(const Vec3f& colour, float gloss = 0, float roughness = 0.5F) {
  Material m;
  m.a = colour;
  m.b = colour * 0.6F;
  m.gloss = gloss;
  m.roughness = roughness;
  return m;
}

Material Wood(const std::array<Colour, 2>& colours, Random& random) {
  Material m;
  m.pattern = Pattern::kWood;
  m.a = Vary(Linear(colours[0]), 0.15F, random);
  m.b = Vary(Linear(colours[1]), 0.15F, random);
  m.scale = random.Uniform(0.7F, 1.6F);
  m.gloss = random.Uniform(0, 0.2F);
  m.roughness = random.Uniform(0.2F, 0.5F);
  m.seed = random.Next();
  return m;
}

Material Cloth(Random& random) {
  constexpr std::array<Pattern, 8> kPatterns = {
      Pattern::kPlain,   Pattern::kPlain,        Pattern::kPlain,  Pattern::kSpeckle,
      Pattern::kSpeckle, Pattern::kStripesAlong, Pattern::kChecks, Pattern::kPrint};
  Material m;
  m.pattern = random.Pick(std::span<const Pattern>(kPatterns));
  m.a = Vary(Linear(random.Pick(std::span<const Colour>(kCloths))), 0.2F, random);
  m.b = (m.a + Linear(random.Pick(std::span<const Colour>(kCloths)))) / 2;
  m.c = Linear(random.Pick(std::span<const Colour>(kCloths)));
  m.scale = m.pattern == Pattern::kSpeckle ? 1 : random.Uniform(6, 16);
  m.seed = random.Next();
  return m;
}

Material Packages(Random& random) {
  Material m;
  m.pattern = Pattern::kPackage;
  m.a = Linear(random.Pick(std::span<const Colour>(kVivid)));
  m.b = Linear(random.Pick(std::span<const Colour>(kVivid)));
  m.c = Linear(random.Pick(std::span<const Colour>(kVivid)));
  m.scale = random.Uniform(0.6F, 1.3F);
  m.gloss = random.Uniform(0.05F, 0.35F);
  m.roughness = random.Uniform(0.15F, 0.4F);
  m.seed = random.Next();
  return m;
}

Material Textured(Material base, int textures, float low, float high, Random& random) {
  base.pattern = Pattern::kTexture;
  base.texture = random.Index(textures);
  base.scale = random.Uniform(low, high);
  return base;
}

void DrawFittings(Style& style, Random& random) {
  const auto& woods = kWoods;
  style.wood =
      Wood(woods[static_cast<std::size_t>(random.Index(static_cast<int>(woods.size())))], random);
  style.dark_wood = Wood(woods[2U + static_cast<std::size_t>(random.Index(3))], random);
  style.metal = Plain(Vec3f::Constant(random.Uniform(0.35F, 0.6F)), 0.5F, 0.25F);
  style.metal.pattern = Pattern::kMetal;
  style.dark = Plain(Vec3f::Constant(random.Uniform(0.015F, 0.05F)), 0.15F, 0.4F);
  style.white = Plain(Vec3f(0.74F, 0.73F, 0.7F) * random.Uniform(0.85F, 1.1F), 0.1F, 0.4F);
  style.frame = random.Chance(0.4F) ? style.white : (random.Chance(0.5F) ? style.dark : style.wood);
  style.cloth = Cloth(random);
  style.cloth2 = Cloth(random);
  const Material tile = Surfaced(kWalls[14U + static_cast<std::size_t>(random.Index(2))], random);
  const std::array<Material, 6> fronts = {style.wood, style.dark_wood, style.white, style.dark,
                                          tile,       style.cloth};
  style.counter_front = random.Pick(std::span<const Material>(fronts));
  if (style.counter_front.pattern == Pattern::kSpeckle || random.Chance(0.15F)) {
    style.counter_front =
        Plain(Vary(Linear(random.Pick(std::span<const Colour>(kCloths))), 0.2F, random), 0.1F);
  }
  Material stone = Surfaced(kFloors[11U + static_cast<std::size_t>(random.Index(4))], random);
  stone.gloss = 0.3F;
  const std::array<Material, 5> tops = {style.wood, style.dark_wood, style.metal, style.white,
                                        stone};
  style.counter_top = random.Pick(std::span<const Material>(tops));
  const std::array<Material, 6> tables = {style.wood,  style.wood, style.dark_wood,
                                          style.white, stone,      style.dark};
  style.table_top = random.Pick(std::span<const Material>(tables));
  const std::array<Material, 4> legs = {style.metal, style.dark, style.dark, style.wood};
  style.table_leg = random.Pick(std::span<const Material>(legs));
  const std::array<Material, 5> shelves = {style.wood, style.dark_wood, style.white, style.dark,
                                           style.metal};
  style.shelf = random.Pick(std::span<const Material>(shelves));
  style.shelf_back = random.Chance(0.5F) ? style.shelf : style.white;
  for (int i = 0; i < 4; ++i) {
    style.packages.push_back(Packages(random));
  }
  style.recolour = random.Chance(0.55F);
}

}  // namespace

std::vector<int> FloorFamilies(PlaceSplit split) {
  return Families(static_cast<int>(kFloors.size()), split);
}
std::vector<int> WallFamilies(PlaceSplit split) {
  return Families(static_cast<int>(kWalls.size()), split);
}

Style DrawStyle(RoomKind kind, PlaceSplit split, int textures, Random& random) {
  const std::vector<int> floors = FloorFamilies(split);
  const std::vector<int> walls = WallFamilies(split);
  const auto floor = [&] {
    return Surfaced(kFloors[static_cast<std::size_t>(random.Pick(std::span<const int>(floors)))],
                    random);
  };
  const auto wall = [&] {
    return Surfaced(kWalls[static_cast<std::size_t>(random.Pick(std::span<const int>(walls)))],
                    random);
  };
  Style style;
  style.floor = floor();
  const bool soft =
      kind == RoomKind::kOffice || kind == RoomKind::kLivingRoom || kind == RoomKind::kLibrary;
  // Cafes and shops do not lay carpet.
  for (int i = 0;
       i < 20 && !soft && style.floor.pattern == Pattern::kCarpet && !random.Chance(0.1F); ++i) {
    style.floor = floor();
  }
  style.wall = wall();
  for (int i = 0; i < 8 && style.wall.pattern != Pattern::kPlaster && random.Chance(0.5F); ++i) {
    style.wall = wall();
  }
  style.accent_wall = random.Chance(0.6F) ? wall() : style.wall;
  if (textures > 0 && random.Chance(0.5F)) {
    style.floor = Textured(style.floor, textures, 0.3F, 1, random);
  }
  if (textures > 0 && random.Chance(0.25F)) {
    style.accent_wall = Textured(style.accent_wall, textures, 0.3F, 1, random);
  }
  style.ceiling = Plain(Vec3f::Constant(0.72F) * random.Uniform(0.75F, 1.1F));
  if (random.Chance(0.25F)) {
    style.ceiling = Plain(Vec3f::Constant(random.Uniform(0.02F, 0.12F)));
  } else if (random.Chance(0.4F)) {
    style.ceiling.pattern = Pattern::kTiles;
    style.ceiling.scale = 1.667F;
    style.ceiling.b = style.ceiling.a * 0.6F;
    style.ceiling.seed = 4;
  }
  DrawFittings(style, random);
  return style;
}

}  // namespace tenjo::synth
