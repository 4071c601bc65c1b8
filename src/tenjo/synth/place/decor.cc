#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "tenjo/synth/place/sketch.h"
#include "tenjo/synth/scene/material.h"

// Plants, bins, stands, mats, signs, pictures.
namespace tenjo::synth {
namespace {

//! Somewhere free, as near to a wall or corner as a few throws find.
std::optional<Frame> TakeFloor(Sketch& sketch, float half_x, float half_y, float margin) {
  Random& random = sketch.random;
  const Rect& room = sketch.place.room;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const Wall& wall = sketch.walls[static_cast<std::size_t>(random.Index(4))];
    const float reach = std::max(half_x, half_y);
    const float t = random.Chance(0.4F)
                        ? (random.Chance(0.5F) ? reach + 0.05F : wall.length - reach - 0.05F)
                        : random.Uniform(reach, wall.length - reach);
    const float out =
        random.Chance(0.8F)
            ? reach + 0.04F
            : random.Uniform(reach, std::min(room.x1 - room.x0, room.y1 - room.y0) - reach);
    const Frame frame = wall.At(t, out).Then(0, 0, 0, random.Uniform(-0.2F, 0.2F));
    const Rect rect = Sketch::Foot(frame, Vec3f(-half_x, -half_y, 0), Vec3f(half_x, half_y, 0));
    if (sketch.TryBlock(std::span(&rect, 1), margin)) {
      return frame;
    }
  }
  return std::nullopt;
}

void AddFloorModel(Sketch& sketch, const char* kind, float scale) {
  const Choice* choice = sketch.Choose(kind);
  if (choice == nullptr) {
    return;
  }
  const Vec3f half = choice->model->size * scale / 2;
  if (const std::optional<Frame> frame = TakeFloor(sketch, half.x(), half.y(), 0.03F)) {
    sketch.Add(*choice, *frame, scale);
  }
}

//! A plant of blades in a pot: each blade a bent strip.
void AddPottedPlant(Sketch& sketch) {
  Random& random = sketch.random;
  const float radius = random.Uniform(0.14F, 0.22F);
  const float spread = radius + random.Uniform(0.05F, 0.2F);
  const std::optional<Frame> frame = TakeFloor(sketch, spread, spread, 0.02F);
  if (!frame) {
    return;
  }
  const float pot = random.Uniform(0.25F, 0.45F);
  AddCylinder(sketch.Of(random.Chance(0.5F) ? sketch.style.white : sketch.style.dark), *frame,
              Vec3f(0, 0, 0), radius * 0.8F, radius, pot, 12);
  Material soil;
  soil.a = FromSrgb(52, 38, 28);
  AddCylinder(sketch.Of(soil), *frame, Vec3f(0, 0, pot), radius * 0.9F, radius * 0.9F, 0.004F, 10);
  Material leaf;
  leaf.pattern = Pattern::kLeaf;
  leaf.a = FromSrgb(random.Integer(40, 110), 118, 48);
  leaf.b = leaf.a * 0.4F;
  leaf.gloss = 0.15F;
  Mesh& mesh = sketch.Of(leaf);
  const float height = random.Uniform(0.4F, 1.1F);
  const int blades = random.Integer(14, 34);
  for (int i = 0; i < blades; ++i) {
    const Frame own = frame->Then(0, 0, pot, random.Uniform(0, 2 * std::numbers::pi_v<float>));
    const float reach = spread * random.Uniform(0.3F, 0.95F);
    const float tall = height * random.Uniform(0.5F, 1);
    const float wide = random.Uniform(0.025F, 0.06F);
    const Vec3f foot = own.At(radius * 0.3F, -wide / 2, 0);
    const Vec3f side = own.Turn(Vec3f(0, wide, 0));
    const Vec3f up = own.Turn(Vec3f(reach * 0.35F, 0, tall * 0.7F));
    AddQuad(mesh, foot, side, up, 0, 0);
    AddQuad(mesh, foot + up, side, own.Turn(Vec3f(reach * 0.5F, 0, tall * 0.3F)), 0, up.norm());
  }
}

void AddBin(Sketch& sketch) {
  Random& random = sketch.random;
  if (random.Chance(0.3F) && sketch.Choose("bin") != nullptr) {
    AddFloorModel(sketch, "bin", 1.4F);
    return;
  }
  const float r = random.Uniform(0.15F, 0.24F);
  if (const std::optional<Frame> frame = TakeFloor(sketch, r, r, 0.02F)) {
    const float height = random.Uniform(0.5F, 0.95F);
    const Material& body = random.Chance(0.5F) ? sketch.style.metal : sketch.style.counter_front;
    if (random.Chance(0.5F)) {
      AddCylinder(sketch.Of(body), *frame, Vec3f(0, 0, 0), r * 0.9F, r, height, 14);
      AddCylinder(sketch.Of(sketch.style.dark), *frame, Vec3f(0, 0, height), r * 0.6F, r * 0.6F,
                  0.003F, 12);
    } else {
      AddBox(sketch.Of(body), *frame, Vec3f(-r, -r, 0), Vec3f(r, r, height));
      AddBox(sketch.Of(sketch.style.dark), *frame, Vec3f(-0.07F, -0.12F, height),
             Vec3f(0.07F, 0.12F, height + 0.004F), kTop);
    }
  }
}

void AddUmbrellaStand(Sketch& sketch) {
  Random& random = sketch.random;
  const float r = random.Uniform(0.12F, 0.17F);
  const std::optional<Frame> frame = TakeFloor(sketch, r + 0.02F, r + 0.02F, 0.02F);
  if (!frame) {
    return;
  }
  AddCylinder(sketch.Of(sketch.style.metal), *frame, Vec3f(0, 0, 0), r, r,
              random.Uniform(0.4F, 0.55F), 12, false);
  const Choice* umbrella = sketch.Choose("umbrella");
  const int count = random.Integer(0, 5);
  for (int i = 0; i < count; ++i) {
    const float x = random.Uniform(-0.4F, 0.4F) * r;
    const float y = random.Uniform(-0.4F, 0.4F) * r;
    if (umbrella != nullptr && random.Chance(0.4F)) {
      sketch.Add(*umbrella, frame->Then(x * 0.3F, y * 0.3F, 0.02F, random.Uniform(0, 6)), 0.9F);
      continue;
    }
    Material cloth = sketch.style.packages[static_cast<std::size_t>(random.Index(4))];
    cloth.pattern = Pattern::kPlain;
    cloth.a *= 0.6F;
    AddCylinder(sketch.Of(cloth), *frame, Vec3f(x, y, 0.05F), 0.015F, 0.04F, 0.6F, 7);
    AddCylinder(sketch.Of(sketch.style.dark_wood), *frame, Vec3f(x, y, 0.65F), 0.012F, 0.012F,
                0.16F, 6);
  }
}

//! Two boards leaning on each other.
void AddStandingSign(Sketch& sketch) {
  const float half = sketch.random.Uniform(0.24F, 0.32F);
  const std::optional<Frame> frame = TakeFloor(sketch, 0.26F, half + 0.01F, 0.05F);
  if (!frame) {
    return;
  }
  const float height = sketch.random.Uniform(0.8F, 1.15F);
  Material m;
  m.pattern = Pattern::kSign;
  m.a = sketch.random.Chance(0.6F) ? Vec3f(Vec3f::Constant(0.03F)) : sketch.style.white.a;
  m.b = m.a.x() < 0.1F ? Vec3f(0.7F, 0.7F, 0.65F) : Vec3f(0.05F, 0.05F, 0.05F);
  m.c = sketch.style.packages[1].a;
  m.scale = sketch.random.Uniform(9, 16);
  m.seed = sketch.random.Next();
  for (const float turn : {0.0F, std::numbers::pi_v<float>}) {
    const Frame own = frame->Then(0, 0, 0, turn);
    const Vec3f up = own.Turn(Vec3f(-0.2F, 0, height));
    AddQuad(sketch.Of(m), own.At(0.24F, -half, 0), own.Turn(Vec3f(0, 2 * half, 0)), up, 0, 0);
    AddQuad(sketch.Of(sketch.style.wood), own.At(0.22F, half, 0), own.Turn(Vec3f(0, -2 * half, 0)),
            up, 0, 0);
  }
}

void AddDoorMats(Sketch& sketch) {
  for (std::size_t i = 0; i < sketch.place.doors.size(); ++i) {
    if (!sketch.random.Chance(0.6F)) {
      continue;
    }
    const Vec3f& inward = sketch.place.doors_inward[i];
    const Frame frame = Frame::Of(sketch.place.doors[i], std::atan2(inward.y(), inward.x()));
    Material mat = sketch.random.Chance(0.5F) ? sketch.style.dark : sketch.style.cloth2;
    mat.pattern = Pattern::kCarpet;
    mat.scale = 3;
    mat.c = sketch.style.cloth.a;
    const float half = sketch.random.Uniform(0.4F, 0.7F);
    const float deep = sketch.random.Uniform(0.55F, 1);
    AddBox(sketch.Of(mat), frame, Vec3f(0.05F, -half, 0), Vec3f(0.05F + deep, half, 0.008F));
  }
}

Material Picture(Sketch& sketch) {
  Random& random = sketch.random;
  Material m;
  m.pattern = random.Chance(0.6F) ? Pattern::kPrint : Pattern::kSign;
  m.a = sketch.style.packages[static_cast<std::size_t>(random.Index(4))].a;
  m.b = sketch.style.packages[static_cast<std::size_t>(random.Index(4))].b;
  m.c = sketch.style.packages[static_cast<std::size_t>(random.Index(4))].c;
  m.scale = m.pattern == Pattern::kPrint ? random.Uniform(2, 7) : random.Uniform(12, 30);
  m.seed = random.Next();
  return m;
}

void AddPictures(Sketch& sketch, int count) {
  Random& random = sketch.random;
  for (int i = 0; i < 4 * count && count > 0; ++i) {
    Wall& wall = sketch.walls[static_cast<std::size_t>(random.Index(4))];
    const float half = random.Uniform(0.15F, 0.5F);
    const float height = random.Uniform(0.3F, 0.9F);
    const float low = random.Uniform(1.15F, 1.5F);
    const float t = random.Uniform(half + 0.05F, wall.length - half - 0.05F);
    if (!wall.IsFree(t - half - 0.05F, t + half + 0.05F, false) ||
        low + height > sketch.ceiling() - 0.1F) {
      continue;
    }
    wall.taken.emplace_back(t - half, t + half);
    const Frame frame = wall.At(t);
    AddBox(sketch.Of(random.Chance(0.5F) ? sketch.style.frame : sketch.style.dark), frame,
           Vec3f(0, -half, low), Vec3f(0.025F, half, low + height), kAllFaces);
    AddQuad(sketch.Of(Picture(sketch)), frame.At(0.027F, -half + 0.03F, low + 0.03F),
            wall.along * (2 * half - 0.06F), Vec3f(0, 0, height - 0.06F), 0, 0);
    sketch.NoteHigh(frame, Vec3f(0, -half, low), Vec3f(0.03F, half, low + height));
    --count;
  }
}

void AddWallModel(Sketch& sketch, const char* kind, float elevation) {
  const Choice* choice = sketch.Choose(kind);
  if (choice == nullptr) {
    return;
  }
  const Vec3f& size = choice->model->size;
  if (const std::optional<Frame> frame =
          sketch.TakeWall(size.y(), size.x(), 0.3F, elevation < 0.5F, false)) {
    sketch.Add(*choice, frame->Then(0, 0, elevation));
  }
}

void AddBoxes(Sketch& sketch) {
  Random& random = sketch.random;
  const float hx = random.Uniform(0.15F, 0.3F);
  const float hy = random.Uniform(0.15F, 0.3F);
  if (const std::optional<Frame> frame = TakeFloor(sketch, hx, hy, 0.02F)) {
    Material card;
    card.a = FromSrgb(168, 130, 90);
    card.b = card.a * 0.7F;
    float z = 0;
    const int count = random.Integer(1, 3);
    for (int i = 0; i < count; ++i) {
      const float height = random.Uniform(0.15F, 0.35F);
      const float shrink = 0.02F * static_cast<float>(i);
      AddBox(sketch.Of(card), *frame, Vec3f(-hx + shrink, -hy + shrink, z),
             Vec3f(hx - shrink, hy - shrink, z + height));
      AddBox(sketch.Of(sketch.style.white), *frame, Vec3f(-0.025F, -hy + shrink, z + height),
             Vec3f(0.025F, hy - shrink, z + height + 0.001F), kTop);
      z += height + 0.001F;
    }
  }
}

}  // namespace

void DrawDecor(Sketch& sketch) {
  Random& random = sketch.random;
  AddDoorMats(sketch);
  const Rect& room = sketch.place.room;
  const float area = (room.x1 - room.x0) * (room.y1 - room.y0);
  const int plants = random.Integer(0, 2 + static_cast<int>(area / 25));
  for (int i = 0; i < plants; ++i) {
    switch (random.Index(4)) {
      case 0:
        AddFloorModel(sketch, "plant", random.Uniform(0.8F, 1.3F));
        break;
      case 1:
        AddFloorModel(sketch, "plant_box", random.Uniform(0.9F, 1.3F));
        break;
      default:
        AddPottedPlant(sketch);
        break;
    }
  }
  if (random.Chance(0.7F)) {
    AddBin(sketch);
  }
  if (random.Chance(0.4F)) {
    AddUmbrellaStand(sketch);
  }
  if (random.Chance(0.5F) && sketch.place.kind != RoomKind::kLivingRoom) {
    AddStandingSign(sketch);
  }
  if (random.Chance(0.3F)) {
    AddBoxes(sketch);
  }
  if (random.Chance(0.25F)) {
    AddFloorModel(sketch, random.Chance(0.5F) ? "box" : "speaker", 0.8F);
  }
  if (random.Chance(0.3F)) {
    AddFloorModel(sketch, "bag", 1);
  }
  if (random.Chance(0.2F)) {
    AddFloorModel(sketch, "leaning", 1);
  }
  if (random.Chance(0.35F)) {
    AddWallModel(sketch, "radiator", 0.1F);
  }
  if (random.Chance(0.3F)) {
    AddWallModel(sketch, "extinguisher", 0.15F);
  }
  AddPictures(sketch, random.Integer(0, 2 + static_cast<int>(area / 20)));
}

}  // namespace tenjo::synth
