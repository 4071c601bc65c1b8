#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "tenjo/synth/place/sketch.h"
#include "tenjo/synth/scene/material.h"

// Goods in rows and things on tables.
namespace tenjo::synth {
namespace {

struct Sort {
  float width_low, width_high;
  float height_low, height_high;
  float gap;
};
// Boxes, bottles, cans and jars, bags, pastries, books.
constexpr std::array<Sort, 6> kSorts = {{
    {0.07F, 0.2F, 0.1F, 0.28F, 0.015F},
    {0.065F, 0.085F, 0.18F, 0.28F, 0.02F},
    {0.065F, 0.1F, 0.09F, 0.16F, 0.02F},
    {0.1F, 0.18F, 0.14F, 0.22F, 0.02F},
    {0.08F, 0.13F, 0.04F, 0.08F, 0.03F},
    {0.025F, 0.055F, 0.18F, 0.27F, 0.002F},
}};

void AddBottle(Mesh& mesh, const Frame& frame, float x, float y, float z, float width, float height,
               float item) {
  const float r = width / 2;
  AddCylinder(mesh, frame, Vec3f(x, y, z), r, r, height * 0.66F, 7, false, item);
  AddCylinder(mesh, frame, Vec3f(x, y, z + height * 0.66F), r, r * 0.36F, height * 0.34F, 7, true,
              item);
}

//! A bag: a box that narrows to an edge at its top.
void AddBag(Mesh& mesh, const Frame& frame, const Vec3f& low, const Vec3f& high, float item) {
  const float middle = (low.x() + high.x()) / 2;
  const float width = high.y() - low.y();
  const Vec3f up(0, 0, high.z() - low.z());
  const Vec3f lean_back = frame.Turn(Vec3f(middle - high.x(), 0, 0)) + up;
  const Vec3f lean_front = frame.Turn(Vec3f(middle - low.x(), 0, 0)) + up;
  const Vec3f side = frame.Turn(Vec3f(0, width, 0));
  AddQuad(mesh, frame.At(high.x(), low.y(), low.z()), side, lean_back, -width / 2, 0, item);
  AddQuad(mesh, frame.At(low.x(), high.y(), low.z()), -side, lean_front, -width / 2, 0, item);
}

Material Pastry(Random& random) {
  Material m;
  m.pattern = Pattern::kSpeckle;
  const int red = random.Integer(150, 215);
  const int green = random.Integer(95, 150);
  m.a = FromSrgb(red, green, random.Integer(40, 80));
  m.b = FromSrgb(110, 60, 30);
  m.gloss = 0.15F;
  return m;
}

Material Crockery(Random& random, const Style& style) {
  Material m = style.white;
  m.gloss = 0.4F;
  m.roughness = 0.2F;
  if (random.Chance(0.3F)) {
    m.a = style.cloth.a * 1.2F;
  }
  return m;
}

void AddCupAndPlate(Sketch& sketch, const Frame& frame, float x, float y, float z) {
  Random& random = sketch.random;
  Mesh& china = sketch.Of(Crockery(random, sketch.style));
  Material drink;
  drink.a = random.Chance(0.6F) ? FromSrgb(60, 34, 18) : FromSrgb(190, 150, 110);
  drink.gloss = 0.4F;
  drink.roughness = 0.15F;
  switch (random.Index(4)) {
    case 0:  // a cup on its saucer
      AddCylinder(china, frame, Vec3f(x, y, z), 0.05F, 0.075F, 0.012F, 10);
      AddCylinder(china, frame, Vec3f(x, y, z + 0.012F), 0.028F, 0.042F, 0.06F, 9, false);
      AddCylinder(sketch.Of(drink), frame, Vec3f(x, y, z + 0.055F), 0.037F, 0.037F, 0.001F, 9);
      break;
    case 1: {  // a paper cup with its lid
      const float item = sketch.Item();
      AddCylinder(sketch.Of(sketch.style.packages.back()), frame, Vec3f(x, y, z), 0.03F, 0.042F,
                  0.11F, 9, false, item);
      AddCylinder(sketch.Of(random.Chance(0.5F) ? sketch.style.dark : sketch.style.white), frame,
                  Vec3f(x, y, z + 0.11F), 0.044F, 0.038F, 0.014F, 9);
      break;
    }
    case 2:  // a plate with something on it
      AddCylinder(china, frame, Vec3f(x, y, z), 0.07F, 0.1F, 0.015F, 12);
      AddCylinder(sketch.Of(Pastry(random)), frame, Vec3f(x, y, z + 0.015F), 0.05F, 0.035F, 0.04F,
                  7);
      break;
    default:  // a glass
      AddCylinder(sketch.Of(drink), frame, Vec3f(x, y, z), 0.03F, 0.036F,
                  random.Uniform(0.07F, 0.13F), 8);
      break;
  }
}

void AddLaptop(Sketch& sketch, const Frame& frame, float x, float y, float z) {
  const Frame own = frame.Then(x, y, z, sketch.random.Uniform(-0.4F, 0.4F));
  const Material& body = sketch.random.Chance(0.6F) ? sketch.style.metal : sketch.style.dark;
  AddBox(sketch.Of(body), own, Vec3f(-0.11F, -0.16F, 0), Vec3f(0.11F, 0.16F, 0.016F));
  AddBox(sketch.Of(sketch.style.dark), own, Vec3f(-0.03F, -0.14F, 0.016F),
         Vec3f(0.09F, 0.14F, 0.018F), kTop);
  // The lid leans back; seen from its front it shines.
  const float lean = sketch.random.Uniform(0.03F, 0.1F);
  const Vec3f foot = own.At(-0.11F, -0.16F, 0.016F);
  const Vec3f side = own.Turn(Vec3f(0, 0.32F, 0));
  const Vec3f up = own.Turn(Vec3f(-lean, 0, 0.21F));
  AddQuad(sketch.Of(body), foot + side - own.Turn(Vec3f(0.008F, 0, 0)), -side, up, 0, 0);
  Material screen;
  screen.pattern = Pattern::kSign;
  screen.a = sketch.random.Chance(0.5F) ? Vec3f(0.8F, 0.82F, 0.85F) : Vec3f(0.04F, 0.05F, 0.07F);
  screen.b = Vec3f::Constant(0.3F);
  screen.c = Vec3f(0.2F, 0.35F, 0.6F);
  screen.scale = 70;
  screen.emission = 0.7F;
  AddQuad(sketch.Of(screen), foot, side, up, 0, 0);
}

}  // namespace

void AddGoods(Sketch& sketch, const Frame& frame, float front, float depth, float left, float right,
              float z, float room_above, int sort, std::vector<Goods>* places) {
  Random& random = sketch.random;
  const Sort& kind = kSorts[static_cast<std::size_t>(sort)];
  const Material packaging =
      sort == 4 ? Pastry(random) : sketch.style.packages[static_cast<std::size_t>(random.Index(3))];
  Mesh& mesh = sketch.Of(packaging);
  const int number = sketch.meshes.NumberOf(mesh);
  float width = random.Uniform(kind.width_low, kind.width_high);
  // Shops set their boards by what stands on them.
  const float usual = sort == 2 || sort == 4 ? 0 : 0.6F * std::min(room_above, 0.45F);
  const auto draw_height = [&] {
    return std::min(std::max(random.Uniform(kind.height_low, kind.height_high), usual),
                    room_above - 0.02F);
  };
  float height = draw_height();
  if (height < 0.03F) {
    return;
  }
  float item = sketch.Item();
  const float full = random.Uniform(0.75F, 1);  // some are sold
  for (float y = right + 0.02F; y + width < left; y += width + kind.gap) {
    if (random.Chance(0.22F) || sort == 5) {  // the next kind of goods begins
      width = random.Uniform(kind.width_low, kind.width_high);
      height = draw_height();
      item = sketch.Item();
    }
    if (y + width >= left || !random.Chance(full)) {
      continue;
    }
    const float recess = random.Uniform(0.01F, 0.05F);
    const float x1 = front - recess;
    const float middle = y + width / 2;
    GoodsPart part;
    part.first_triangle = static_cast<std::uint32_t>(mesh.triangles.size());
    part.first_vertex = static_cast<std::uint32_t>(mesh.positions.size());
    const auto end_part = [&] {
      part.triangles = static_cast<std::uint32_t>(mesh.triangles.size()) - part.first_triangle;
      part.vertices = static_cast<std::uint32_t>(mesh.positions.size()) - part.first_vertex;
    };
    if (sort == 1) {
      AddBottle(mesh, frame, x1 - width / 2, middle, z, width, height, item);
      end_part();
      if (depth > 0.3F) {
        AddBottle(mesh, frame, x1 - width * 1.7F, middle, z, width, height, item);
      }
    } else if (sort == 2) {
      AddCylinder(mesh, frame, Vec3f(x1 - width / 2, middle, z), width / 2, width / 2, height, 8,
                  true, item);
    } else if (sort == 3) {
      AddBag(mesh, frame, Vec3f(x1 - 0.09F, y, z), Vec3f(x1, y + width, z + height), item);
    } else if (sort == 4) {
      AddCylinder(mesh, frame, Vec3f(x1 - width / 2, middle, z), width / 2, width * 0.32F, height,
                  7);
      end_part();
      if (depth > 0.3F) {
        AddCylinder(mesh, frame, Vec3f(x1 - width * 1.7F, middle, z), width / 2, width * 0.32F,
                    height, 7);
      }
    } else {
      const float deep = std::min(depth - 0.06F, sort == 5 ? 0.17F : random.Uniform(0.12F, 0.3F));
      AddBox(mesh, frame, Vec3f(x1 - deep, y, z), Vec3f(x1, y + width, z + height),
             places != nullptr ? kAllFaces : kFront | kLeft | kRight | kTop, item);
    }
    if (places != nullptr && (sort != 5 || random.Chance(0.2F))) {
      if (part.triangles == 0) {
        end_part();
      }
      part.mesh = number;
      places->push_back({frame.At(x1, middle, z + height / 2), part});
    }
  }
}

void AddTableThings(Sketch& sketch, const Frame& frame, float half_x, float half_y, float z,
                    int count, bool office) {
  Random& random = sketch.random;
  for (int i = 0; i < count; ++i) {
    // One thing a cell, so that they do not stand in each other.
    const float x = random.Uniform(-0.8F, 0.8F) * std::max(half_x - 0.14F, 0.02F);
    const float y =
        (static_cast<float>(i) + 0.5F) / static_cast<float>(count) * 2 * (half_y - 0.06F) -
        (half_y - 0.06F);
    switch (random.Index(office ? 5 : 9)) {
      case 0:
      case 1:
        AddLaptop(sketch, frame, x * 0.3F, y, z);
        break;
      case 2: {  // books or papers
        const float turn = random.Uniform(-0.6F, 0.6F);
        const float high = random.Uniform(0.004F, 0.05F);
        AddBox(sketch.Of(random.Chance(0.5F) ? sketch.style.white : sketch.style.packages[3]),
               frame.Then(x, y, z, turn), Vec3f(-0.1F, -0.07F, 0), Vec3f(0.1F, 0.07F, high),
               kNoBottom, sketch.Item());
        break;
      }
      case 3:
        if (const Choice* thing = sketch.Choose(office ? "desk_thing" : "cup"); thing != nullptr) {
          sketch.Add(*thing, frame.Then(x * 0.5F, y, z, random.Uniform(0, 6)), office ? 0.8F : 1);
        }
        break;
      case 4: {  // a tray
        const float turn = random.Uniform(-0.3F, 0.3F);
        AddBox(sketch.Of(random.Chance(0.5F) ? sketch.style.dark : sketch.style.wood),
               frame.Then(x * 0.4F, y, z, turn), Vec3f(-0.13F, -0.18F, 0),
               Vec3f(0.13F, 0.18F, 0.012F));
        AddCupAndPlate(sketch, frame, x * 0.4F, y, z + 0.012F);
        break;
      }
      case 5:
        AddBox(sketch.Of(sketch.style.dark), frame.Then(x, y, z, random.Uniform(0, 3)),
               Vec3f(-0.07F, -0.035F, 0), Vec3f(0.07F, 0.035F, 0.009F));
        break;
      default:
        AddCupAndPlate(sketch, frame, x, y, z);
        break;
    }
  }
}

void AddSign(Sketch& sketch, const Frame& frame, float half_width, float low, float high,
             bool lit) {
  Random& random = sketch.random;
  Material m;
  m.pattern = Pattern::kSign;
  const bool black = random.Chance(0.5F);
  m.a = black ? Vec3f(Vec3f::Constant(0.03F)) : sketch.style.white.a;
  m.b = black ? Vec3f(0.7F, 0.68F, 0.62F) : Vec3f(0.05F, 0.05F, 0.06F);
  m.c = sketch.style.packages[0].a;
  m.scale = random.Uniform(14, 30);
  m.emission = lit ? random.Uniform(0.6F, 1.5F) : 0;
  m.seed = random.Next();
  AddBox(sketch.Of(sketch.style.frame), frame, Vec3f(0, -half_width, low),
         Vec3f(0.02F, half_width, high), kAllFaces);
  AddQuad(sketch.Of(m), frame.At(0.022F, -half_width + 0.02F, low + 0.02F),
          frame.Turn(Vec3f(0, 2 * half_width - 0.04F, 0)), Vec3f(0, 0, high - low - 0.04F), 0, 0);
}

}  // namespace tenjo::synth
