#include <algorithm>
#include <cmath>

#include "tenjo/synth/place/sketch.h"

// What shines. The scale of brightness: a sum of lights that gives a white floor about 0.4-1.1 of
// outgoing radiance, to which the surroundings (ambient) add a part; the camera's exposure comes
// after.
namespace tenjo::synth {
namespace {

constexpr std::size_t kMostLights = 12;
constexpr std::size_t kMostWindows = 4;
constexpr float kUseful =
    0.55F;  // of what a ceiling lamp sends out, the share that comes to the floor
constexpr float kMostGlow = 6;  // shown by a lamp's own surface

Vec3f LampTint(Random& random) {
  switch (random.Index(5)) {
    case 0:
      return {1, 0.74F, 0.48F};  // warm bulbs
    case 1:
      return {1, 0.84F, 0.64F};
    case 2:
      return {0.9F, 0.97F, 1.05F};  // cold tubes
    default:
      return {1, 0.95F, 0.87F};
  }
}

//! Radiance of `count` lamps of an area each that light a floor to `target`.
float RadianceFor(const Sketch& sketch, float target, int count, float lamp_area) {
  const Rect& room = sketch.place.room;
  const float floor = (room.x1 - room.x0) * (room.y1 - room.y0);
  return target * std::max(floor, 16.0F) / (static_cast<float>(count) * lamp_area * kUseful);
}

void AddLamp(Sketch& sketch, LightKind kind, const Vec3f& centre, float half_x, float half_y,
             const Vec3f& radiance, float cone = 1.5708F) {
  Light light;
  light.kind = kind;
  light.centre = centre;
  // Shines down: u x v is -z.
  light.half_u = Vec3f(half_x, 0, 0);
  light.half_v = Vec3f(0, -half_y, 0);
  light.radiance = radiance;
  light.cone_rad = cone;
  sketch.place.lights.push_back(light);
}

Material Glow(const Vec3f& radiance) {
  Material m;
  m.a = radiance / radiance.maxCoeff();
  m.emission = std::min(radiance.maxCoeff(), kMostGlow);
  return m;
}

struct Grid {
  int columns = 1, rows = 1;
  float step_x = 1, step_y = 1;
};

Grid DrawGrid(Sketch& sketch, int most) {
  const Rect& room = sketch.place.room;
  const float pitch = sketch.random.Uniform(1.9F, 3.4F);
  Grid grid;
  grid.columns = std::max(1, static_cast<int>((room.x1 - room.x0) / pitch));
  grid.rows = std::max(1, static_cast<int>((room.y1 - room.y0) / pitch));
  while (grid.columns * grid.rows > most) {
    (grid.columns > grid.rows ? grid.columns : grid.rows) -= 1;
  }
  grid.step_x = (room.x1 - room.x0) / static_cast<float>(grid.columns);
  grid.step_y = (room.y1 - room.y0) / static_cast<float>(grid.rows);
  return grid;
}

Vec3f GridAt(const Sketch& sketch, const Grid& grid, int i, int j) {
  const Rect& room = sketch.place.room;
  return {room.x0 + grid.step_x * (static_cast<float>(i) + 0.5F),
          room.y0 + grid.step_y * (static_cast<float>(j) + 0.5F), sketch.ceiling()};
}

//! Flat panels or tubes in the ceiling.
void AddPanels(Sketch& sketch, int most, float target, const Vec3f& tint) {
  Random& random = sketch.random;
  const Grid grid = DrawGrid(sketch, most);
  const int shape = random.Index(3);
  float hx = 0.3F;
  float hy = 0.3F;
  if (shape == 1) {
    hx = 0.08F;
    hy = std::min(0.6F, grid.step_y * 0.4F);
  } else if (shape == 2) {
    hx = std::min(random.Uniform(0.5F, 1.1F), grid.step_x * 0.4F);
    hy = 0.15F;
  }
  const Vec3f radiance = tint * RadianceFor(sketch, target, grid.columns * grid.rows, 4 * hx * hy);
  Material glow = Glow(radiance);
  for (int i = 0; i < grid.columns; ++i) {
    for (int j = 0; j < grid.rows; ++j) {
      const Frame frame = Frame::Of(GridAt(sketch, grid, i, j), 0);
      AddBox(sketch.Of(sketch.style.white), frame, Vec3f(-hx - 0.02F, -hy - 0.02F, -0.03F),
             Vec3f(hx + 0.02F, hy + 0.02F, 0), kAllFaces);
      AddQuad(sketch.Of(glow), frame.At(-hx, -hy, -0.032F), Vec3f(0, 2 * hy, 0),
              Vec3f(2 * hx, 0, 0), 0, 0);
      if (random.Chance(0.06F) && grid.columns * grid.rows > 3) {
        continue;  // one that broke still hangs there
      }
      AddLamp(sketch, LightKind::kPanel, frame.At(0, 0, -0.04F), hx, hy, radiance);
    }
  }
}

//! Spots on rails; a light stands for the spots of a metre or more.
void AddSpots(Sketch& sketch, int most, float target, const Vec3f& tint) {
  Random& random = sketch.random;
  const Grid grid = DrawGrid(sketch, most);
  const int per_light = 2;
  const float r = 0.05F;
  const float half_y = std::min(0.35F, grid.step_y * 0.3F);
  const Vec3f radiance =
      tint * RadianceFor(sketch, target, grid.columns * grid.rows, 4 * r * half_y);
  const Material glow = Glow(radiance);
  const float cone = random.Uniform(0.9F, 1.35F);
  for (int i = 0; i < grid.columns; ++i) {
    for (int j = 0; j < grid.rows; ++j) {
      const Frame frame = Frame::Of(GridAt(sketch, grid, i, j), 0);
      const Rect rect = Sketch::Foot(frame, Vec3f(-0.1F, -half_y, 0), Vec3f(0.1F, half_y, 0));
      const bool flush = Sketch::NearMiddle(rect);
      const float down = flush ? 0.01F : 0.18F;
      for (int k = 0; k < per_light; ++k) {
        const float y = half_y * (2 * (static_cast<float>(k) + 0.5F) / per_light - 1);
        if (!flush) {
          AddCylinder(sketch.Of(sketch.style.dark), frame, Vec3f(0, y, -down), r, r * 0.8F,
                      down - 0.04F, 8);
        }
        // Facing down: the cap of a cylinder faces up, so its disc is drawn as a square.
        AddQuad(sketch.Of(glow), frame.At(-r * 0.7F, y - r * 0.7F, -down - 0.001F),
                Vec3f(0, 1.4F * r, 0), Vec3f(1.4F * r, 0, 0), 0, 0);
      }
      AddBox(sketch.Of(sketch.style.dark), frame, Vec3f(-0.015F, -grid.step_y / 2, -0.03F),
             Vec3f(0.015F, grid.step_y / 2, 0), kAllFaces);
      if (!flush) {
        sketch.NoteHigh(frame, Vec3f(-r, -half_y - r, -down - 0.01F), Vec3f(r, half_y + r, 0));
      }
      AddLamp(sketch, LightKind::kSpot, frame.At(0, 0, -down - 0.012F), r, half_y, radiance, cone);
    }
  }
}

//! One lamp on its cord with a shade; its light lies just below the shade's mouth.
bool AddPendant(Sketch& sketch, float x, float y, int shape, float radius, float drop,
                const Vec3f& radiance) {
  const float bottom = sketch.ceiling() - drop;
  const Frame frame = Frame::Of(Vec3f(x, y, bottom), 0);
  const Rect& room = sketch.place.room;
  const Rect rect = Around(frame.origin, radius, radius);
  if (Sketch::NearMiddle(rect) || rect.x0 < room.x0 || rect.y0 < room.y0 || rect.x1 > room.x1 ||
      rect.y1 > room.y1) {
    return false;
  }
  Mesh& shade = sketch.Of(shape == 2 ? sketch.style.white
                                     : (shape == 1 ? sketch.style.metal : sketch.style.dark));
  const float tall = shape == 1 ? radius * 0.6F : radius * 1.1F;
  AddCylinder(shade, frame, Vec3f(0, 0, 0), radius, shape == 2 ? radius * 0.8F : radius * 0.25F,
              tall, 16);
  AddCylinder(sketch.Of(sketch.style.dark), frame, Vec3f(0, 0, tall), 0.008F, 0.008F, drop - tall,
              5, false);
  const float glow = radius * 0.7F;
  AddQuad(sketch.Of(Glow(radiance)), frame.At(-glow, -glow, 0.005F), Vec3f(0, 2 * glow, 0),
          Vec3f(2 * glow, 0, 0), 0, 0);
  AddLamp(sketch, LightKind::kBulb, frame.At(0, 0, -0.012F), glow, glow, radiance);
  sketch.NoteHigh(frame, Vec3f(-radius, -radius, -0.02F), Vec3f(radius, radius, drop));
  return true;
}

void AddPendants(Sketch& sketch, int most, float target, const Vec3f& tint) {
  Random& random = sketch.random;
  const Grid grid = DrawGrid(sketch, most);
  const float lowest = 2.05F;
  const float drop = std::min(random.Uniform(0.35F, 1.6F), sketch.ceiling() - lowest);
  const float radius = random.Uniform(0.14F, 0.3F);
  const int shape = random.Index(3);
  if (drop < radius * 1.2F) {
    AddPanels(sketch, most, target, tint);
    return;
  }
  const Vec3f radiance =
      tint * RadianceFor(sketch, target, grid.columns * grid.rows, radius * radius * 1.96F);
  for (int i = 0; i < grid.columns; ++i) {
    for (int j = 0; j < grid.rows; ++j) {
      const Vec3f at = GridAt(sketch, grid, i, j);
      if (!AddPendant(sketch, at.x(), at.y(), shape, radius, drop, radiance)) {
        AddPendant(sketch, at.x() + (at.x() < 0 ? -1.3F : 1.3F), at.y(), shape, radius, drop,
                   radiance);
      }
    }
  }
}

void AddWindowLights(Sketch& sketch, float target, const Vec3f& tint) {
  float area = 0;
  std::vector<std::pair<const Wall*, Opening>> windows;
  for (const Wall& wall : sketch.walls) {
    for (const Opening& opening : wall.openings) {
      if (!opening.door) {
        windows.emplace_back(&wall, opening);
      }
    }
  }
  std::stable_sort(windows.begin(), windows.end(), [](const auto& p, const auto& q) {
    return (p.second.b - p.second.a) * (p.second.top - p.second.bottom) >
           (q.second.b - q.second.a) * (q.second.top - q.second.bottom);
  });
  windows.resize(std::min(windows.size(), kMostWindows));
  for (const auto& [wall, opening] : windows) {
    area += (opening.b - opening.a) * (opening.top - opening.bottom);
  }
  if (windows.empty()) {
    return;
  }
  const float radiance = std::min(RadianceFor(sketch, target, 1, area) * 1.5F, 12.0F);
  for (const auto& [wall, opening] : windows) {
    Light light;
    light.kind = LightKind::kWindow;
    const Frame frame = wall->At((opening.a + opening.b) / 2, -0.05F);
    light.centre = frame.At(0, 0, (opening.bottom + opening.top) / 2);
    light.half_u = wall->along * ((opening.b - opening.a) / 2 - 0.02F);
    light.half_v = Vec3f(0, 0, (opening.top - opening.bottom) / 2 - 0.02F);
    light.radiance = tint * radiance;
    sketch.place.lights.push_back(light);
  }
}

//! Coloured light from one side, as of a lit sign.
void AddColouredLight(Sketch& sketch, float target) {
  Random& random = sketch.random;
  Vec3f colour{random.Uniform(0.05F, 1), random.Uniform(0.05F, 1), random.Uniform(0.05F, 1)};
  colour /= colour.maxCoeff();
  const Wall& wall = sketch.walls[static_cast<std::size_t>(random.Index(4))];
  const float z = std::min(2.35F, sketch.ceiling() - 0.15F);
  const float t = random.Uniform(0.8F, wall.length - 0.8F);
  if (!wall.IsFree(t - 0.6F, t + 0.6F, false)) {
    return;
  }
  const Frame frame = wall.At(t);
  const Vec3f radiance = colour * RadianceFor(sketch, target, 1, 0.2F);
  AddQuad(sketch.Of(Glow(radiance)), frame.At(0.02F, -0.5F, z - 0.05F), wall.along,
          Vec3f(0, 0, 0.1F), 0, 0);
  Light light;
  light.centre = frame.At(0.04F, 0, z);
  light.half_u = wall.along * 0.5F;
  light.half_v = Vec3f(0, 0, 0.05F);
  light.radiance = radiance;
  sketch.place.lights.push_back(light);
  sketch.NoteHigh(frame, Vec3f(0, -0.5F, z - 0.05F), Vec3f(0.05F, 0.5F, z + 0.05F));
}

}  // namespace

void DrawLights(Sketch& sketch) {
  Random& random = sketch.random;
  const float target = random.Uniform(0.4F, 1.1F);
  const bool has_windows =
      std::any_of(sketch.walls.begin(), sketch.walls.end(), [](const Wall& wall) {
        return std::any_of(wall.openings.begin(), wall.openings.end(),
                           [](const Opening& o) { return !o.door; });
      });
  const float daylight = has_windows ? (sketch.night ? 0.0F : random.Uniform(0.25F, 0.8F)) : 0;
  const Vec3f sky{random.Uniform(0.78F, 1), random.Uniform(0.9F, 1), 1.08F};
  AddWindowLights(sketch, sketch.night ? 0.01F : target * daylight, sky);
  const int left = static_cast<int>(kMostLights - sketch.place.lights.size()) - 1;
  const Vec3f tint = LampTint(random);
  const float lamps = target * (1 - daylight);
  switch (random.Index(4)) {
    case 0:
      AddPanels(sketch, std::min(left, 6), lamps, tint);
      break;
    case 1:
      AddSpots(sketch, std::min(left, 6), lamps, tint);
      break;
    case 2:  // pendants alone leave the room dim: some light from the ceiling too
      AddPanels(sketch, std::clamp(left / 2, 1, 4), lamps * 0.6F, tint);
      AddPendants(sketch, std::clamp(left - left / 2, 1, 4), lamps * 0.3F, LampTint(random));
      break;
    default:
      AddPanels(sketch, std::clamp(left / 2, 1, 4), lamps * 0.65F, tint);
      AddSpots(sketch, std::clamp(left - left / 2, 1, 4), lamps * 0.35F, tint);
      break;
  }
  if (random.Chance(0.12F)) {
    AddColouredLight(sketch, target * random.Uniform(0.1F, 0.4F));
  }
  // Light that walls and ceiling send back: their colour, the lamps' and the windows'.
  const Vec3f walls = (sketch.style.wall.a + Vec3f::Constant(0.6F)) / 1.2F;
  const Vec3f mixed = tint * (1 - daylight) + sky * daylight;
  sketch.place.ambient =
      walls.cwiseMin(1).cwiseProduct(mixed) * (target * random.Uniform(0.3F, 0.6F));
}

}  // namespace tenjo::synth
