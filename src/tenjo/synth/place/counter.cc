#include <algorithm>
#include <cmath>
#include <span>

#include "tenjo/synth/place/sketch.h"

// The counter: staff behind it, the till on it, a queue before it.
namespace tenjo::synth {
namespace {

//! Places along the frame's x: [0, back] cabinets, then the aisle, then the counter to `front`.
struct Bar {
  Frame frame;
  float length = 3;
  float back = 0.5F;
  float aisle = 0.95F;
  float depth = 0.65F;
  float height = 1;
  float till_y = 0;
  bool corner = false;
  bool island = false;

  float counter_back() const { return back + aisle; }
  float front() const { return back + aisle + depth; }
};

void AddTill(Sketch& sketch, const Frame& frame, float x, float y, float z) {
  Mesh& dark = sketch.Of(sketch.style.dark);
  AddBox(dark, frame, Vec3f(x - 0.14F, y - 0.17F, z), Vec3f(x + 0.14F, y + 0.17F, z + 0.09F));
  AddBox(dark, frame, Vec3f(x - 0.02F, y - 0.16F, z + 0.16F),
         Vec3f(x + 0.01F, y + 0.16F, z + 0.38F), kAllFaces);
  AddBox(dark, frame, Vec3f(x - 0.02F, y - 0.03F, z + 0.09F),
         Vec3f(x + 0.01F, y + 0.03F, z + 0.16F));
  Material screen;
  screen.pattern = Pattern::kSign;
  screen.a = Vec3f(0.75F, 0.8F, 0.85F);
  screen.b = Vec3f(0.2F, 0.3F, 0.5F);
  screen.c = Vec3f(0.6F, 0.3F, 0.1F);
  screen.scale = 40;
  screen.emission = 0.8F;
  AddQuad(sketch.Of(screen), frame.At(x - 0.021F, y + 0.15F, z + 0.17F),
          frame.Turn(Vec3f(0, -0.3F, 0)), Vec3f(0, 0, 0.2F), 0, 0);
  // The card reader on the customer's side.
  AddBox(sketch.Of(sketch.style.metal), frame, Vec3f(x + 0.19F, y + 0.2F, z),
         Vec3f(x + 0.33F, y + 0.28F, z + 0.05F));
}

void AddEspressoMachine(Sketch& sketch, const Frame& frame, float z) {
  Mesh& metal = sketch.Of(sketch.style.metal);
  Mesh& dark = sketch.Of(sketch.style.dark);
  const float half = sketch.random.Uniform(0.28F, 0.45F);
  AddBox(metal, frame, Vec3f(-0.22F, -half, z), Vec3f(0.24F, half, z + 0.1F));
  AddBox(metal, frame, Vec3f(-0.22F, -half, z + 0.1F), Vec3f(0.08F, half, z + 0.34F));
  AddBox(metal, frame, Vec3f(-0.24F, -half - 0.02F, z + 0.34F),
         Vec3f(0.24F, half + 0.02F, z + 0.44F), kAllFaces);
  AddBox(dark, frame, Vec3f(-0.1F, -half + 0.03F, z + 0.1F), Vec3f(0.22F, half - 0.03F, z + 0.104F),
         kTop);
  for (int i = 0; 0.12F + 0.24F * static_cast<float>(i) < 2 * half; ++i) {
    const float y = -half + 0.12F + 0.24F * static_cast<float>(i);
    AddCylinder(dark, frame, Vec3f(0.14F, y, z + 0.24F), 0.035F, 0.035F, 0.1F, 8, false);
  }
  Material china = sketch.style.white;
  china.gloss = 0.4F;
  const int cups = static_cast<int>((2 * half - 0.1F) / 0.1F);
  for (int i = 0; i < 4 * cups; ++i) {
    if (sketch.random.Chance(0.75F)) {
      const float x = -0.15F + 0.1F * static_cast<float>(i % 4);
      const float y = -half + 0.06F + 0.1F * static_cast<float>(i >> 2);
      AddCylinder(sketch.Of(china), frame, Vec3f(x, y, z + 0.44F), 0.028F, 0.04F, 0.06F, 7);
    }
  }
}

void AddGrinder(Sketch& sketch, const Frame& frame, float z) {
  AddBox(sketch.Of(sketch.style.dark), frame, Vec3f(-0.12F, -0.08F, z),
         Vec3f(0.1F, 0.08F, z + 0.3F));
  AddCylinder(sketch.Of(sketch.style.dark_wood), frame, Vec3f(0, 0, z + 0.3F), 0.05F, 0.1F, 0.18F,
              9);
}

//! Something on a counter or cabinet, `room` metres wide.
void AddBarThing(Sketch& sketch, const Frame& frame, float z, float room) {
  Random& random = sketch.random;
  switch (random.Index(room > 0.8F ? 8 : 7)) {
    case 0:
      AddGrinder(sketch, frame, z);
      break;
    case 1:
      if (const Choice* machine = sketch.Choose("machine");
          machine != nullptr && machine->model->size.y() < room) {
        sketch.Add(*machine, frame.Then(0, 0, z));
      }
      break;
    case 2:
      if (const Choice* plant = sketch.Choose("small_plant"); plant != nullptr) {
        sketch.Add(*plant, frame.Then(0, 0, z, random.Uniform(0, 6)), 0.8F);
      }
      break;
    case 3:  // a row of jars
      AddGoods(sketch, frame, 0.1F, 0.2F, room / 2, -room / 2, z, 0.3F, 2, nullptr);
      break;
    case 4:  // stacked cups
      for (int i = 0; i < 3; ++i) {
        AddCylinder(sketch.Of(sketch.style.white), frame,
                    Vec3f(0.03F, 0.11F * static_cast<float>(i - 1), z), 0.04F, 0.045F,
                    random.Uniform(0.1F, 0.35F), 8);
      }
      break;
    case 5:  // pastries on a board
      AddBox(sketch.Of(sketch.style.wood), frame, Vec3f(-0.16F, -room / 2 + 0.03F, z),
             Vec3f(0.16F, room / 2 - 0.03F, z + 0.02F));
      AddGoods(sketch, frame, 0.16F, 0.32F, room / 2 - 0.03F, -room / 2 + 0.03F, z + 0.02F, 0.2F, 4,
               nullptr);
      break;
    case 6:
      AddGoods(sketch, frame, 0.1F, 0.2F, room / 2, -room / 2, z, 0.35F, random.Index(2), nullptr);
      break;
    default:
      AddEspressoMachine(sketch, frame, z);
      break;
  }
}

//! A case for cakes: posts, rails and shelves; its panes cannot be seen.
void AddCase(Sketch& sketch, const Bar& bar, float y0, float y1) {
  const float x0 = bar.counter_back() + 0.12F;
  const float x1 = bar.front() - 0.02F;
  const float z0 = bar.height;
  const float z1 = z0 + 0.36F;
  Mesh& metal = sketch.Of(sketch.style.metal);
  for (const float x : {x0, x1 - 0.02F}) {
    for (const float y : {y0, y1 - 0.02F}) {
      AddBox(metal, bar.frame, Vec3f(x, y, z0), Vec3f(x + 0.02F, y + 0.02F, z1));
    }
    AddBox(metal, bar.frame, Vec3f(x, y0, z1 - 0.02F), Vec3f(x + 0.02F, y1, z1), kAllFaces);
  }
  AddBox(metal, bar.frame, Vec3f(x0, y0, z0 + 0.18F), Vec3f(x1 - 0.12F, y1, z0 + 0.19F), kAllFaces);
  AddGoods(sketch, bar.frame, x1 - 0.03F, 0.45F, y1 - 0.03F, y0 + 0.03F, z0, 0.16F, 4, nullptr);
  AddGoods(sketch, bar.frame, x1 - 0.14F, 0.35F, y1 - 0.03F, y0 + 0.03F, z0 + 0.19F, 0.15F,
           sketch.random.Chance(0.7F) ? 4 : 0, nullptr);
}

void BuildCounter(Sketch& sketch, const Bar& bar) {
  const float half = bar.length / 2;
  const float top = bar.height - 0.04F;
  Mesh& body = sketch.Of(sketch.style.counter_front);
  Mesh& slab = sketch.Of(sketch.style.counter_top);
  const float over = 0.03F;
  AddBox(body, bar.frame, Vec3f(bar.counter_back() + over, -half + over, 0),
         Vec3f(bar.front() - over, half - over, top));
  AddBox(slab, bar.frame, Vec3f(bar.counter_back(), -half, top),
         Vec3f(bar.front(), half, bar.height), kAllFaces);
  if (bar.corner) {
    AddBox(body, bar.frame, Vec3f(bar.back, half - 0.6F, 0),
           Vec3f(bar.counter_back() + over, half - over, top));
    AddBox(slab, bar.frame, Vec3f(bar.back, half - 0.63F, top),
           Vec3f(bar.counter_back(), half, bar.height), kAllFaces);
  }
  AddTill(sketch, bar.frame, bar.counter_back() + 0.28F, bar.till_y, bar.height);
  // Along the counter: the till has 0.5 m to each side, the rest is for a case and things.
  float y = -half + 0.1F;
  bool has_case = false;
  while (y < half - 0.3F) {
    const float room = std::min(sketch.random.Uniform(0.35F, 1.3F), half - 0.08F - y);
    if (std::abs(y + room / 2 - bar.till_y) < room / 2 + 0.32F) {
      y = bar.till_y + 0.33F > y ? bar.till_y + 0.33F : y + 0.2F;
      continue;
    }
    if (!has_case && room > 0.6F && sketch.random.Chance(0.7F)) {
      AddCase(sketch, bar, y, y + room);
      has_case = true;
    } else if (sketch.random.Chance(0.7F)) {
      AddBarThing(sketch, bar.frame.Then((bar.counter_back() + bar.front()) / 2, y + room / 2, 0),
                  bar.height, std::min(room, 0.9F));
    }
    y += room + 0.05F;
  }
}

void BuildBackBar(Sketch& sketch, const Bar& bar) {
  const float half = bar.length / 2;
  const float top = 0.9F;
  AddBox(sketch.Of(sketch.random.Chance(0.5F) ? sketch.style.counter_front : sketch.style.white),
         bar.frame, Vec3f(0.01F, -half, 0), Vec3f(bar.back - 0.02F, half, top - 0.03F));
  AddBox(sketch.Of(sketch.style.counter_top), bar.frame, Vec3f(0.01F, -half, top - 0.03F),
         Vec3f(bar.back, half, top), kAllFaces);
  for (float y = -half + 0.15F; y < half - 0.5F;) {
    const float room = sketch.random.Uniform(0.4F, 1);
    if (sketch.random.Chance(0.75F) && y + room < half) {
      AddBarThing(sketch, bar.frame.Then(bar.back / 2, y + room / 2, 0), top, room);
    }
    y += room + 0.05F;
  }
  if (bar.island) {
    return;
  }
  float above = 1.35F;
  const int boards = sketch.random.Integer(0, 2);
  for (int i = 0; i < boards && above < sketch.ceiling() - 0.5F; ++i) {
    const float deep = 0.26F;
    AddBox(sketch.Of(sketch.style.shelf), bar.frame, Vec3f(0.01F, -half, above),
           Vec3f(deep, half, above + 0.03F), kAllFaces);
    AddGoods(sketch, bar.frame, deep - 0.02F, 0.2F, half - 0.05F, -half + 0.05F, above + 0.03F,
             0.3F, sketch.random.Index(4), nullptr);
    sketch.NoteHigh(bar.frame, Vec3f(0, -half, above), Vec3f(deep, half, above + 0.36F));
    above += 0.38F;
  }
  const float high = std::min(above + 0.75F, sketch.ceiling() - 0.1F);
  if (high - above > 0.35F && sketch.random.Chance(0.8F)) {  // the menu
    const int panels = std::max(1, static_cast<int>(bar.length / 0.9F));
    for (int i = 0; i < panels; ++i) {
      const float y =
          -half + bar.length * (static_cast<float>(i) + 0.5F) / static_cast<float>(panels);
      AddSign(sketch, bar.frame.Then(0.01F, y, 0), 0.38F, above, high, sketch.random.Chance(0.5F));
    }
    sketch.NoteHigh(bar.frame, Vec3f(0, -half, above), Vec3f(0.05F, half, high));
  }
}

//! Those of the places in a line that are free, until the first that is not.
std::vector<Vec3f> Line(const Sketch& sketch, const Vec3f& first, const Vec3f& step, int count) {
  std::vector<Vec3f> line;
  for (int i = 0; i < count; ++i) {
    const Vec3f at = first + step * static_cast<float>(i);
    if (!sketch.plan.IsOpen(Around(at, 0.36F, 0.36F))) {
      break;
    }
    line.push_back(at);
  }
  return line;
}

void DrawQueue(Sketch& sketch, const Frame& frame, float front, float till_y) {
  const Vec3f first = frame.At(front + 0.42F, till_y, 0);
  const int wanted = sketch.random.Integer(3, 6);
  const float step = sketch.random.Uniform(0.7F, 0.9F);
  const float side = sketch.random.Chance(0.5F) ? 1.0F : -1.0F;
  std::vector<Vec3f> best;
  const Vec3f steps[3] = {frame.Turn(Vec3f(step, 0, 0)), frame.Turn(Vec3f(0, side * step, 0)),
                          frame.Turn(Vec3f(0, -side * step, 0))};
  const int preferred = sketch.random.Index(3);
  for (int i = 0; i < 3; ++i) {
    const std::vector<Vec3f> line = Line(sketch, first, steps[(preferred + i) % 3], wanted);
    if (line.size() > best.size()) {
      best = line;
    }
  }
  for (const Vec3f& at : best) {
    sketch.plan.KeepFree(Around(at, 0.42F, 0.42F));
  }
  sketch.place.queue = best;
  sketch.plan.AddTarget(first);
}

std::optional<Bar> FindBar(Sketch& sketch) {
  Random& random = sketch.random;
  for (int attempt = 0; attempt < 40; ++attempt) {
    Bar bar;
    bar.island = sketch.place.kind == RoomKind::kIslandCafe;
    bar.corner = sketch.place.kind == RoomKind::kCornerCafe;
    bar.depth = random.Uniform(0.55F, 0.75F);
    bar.height = random.Uniform(0.9F, 1.08F);
    bar.back = random.Uniform(0.42F, 0.6F);
    Wall& wall = sketch.walls[static_cast<std::size_t>(random.Index(4))];
    const float longest = std::min(wall.length - (bar.corner ? 0.0F : 0.2F),
                                   sketch.place.kind == RoomKind::kMarketCafe ? 2.6F : 5.0F);
    // Later attempts content themselves with less.
    bar.length = std::max(
        1.5F, random.Uniform(0.5F, 1) * longest * (1 - 0.012F * static_cast<float>(attempt)));
    if (bar.length > wall.length - 0.05F) {
      continue;
    }
    const float half = bar.length / 2;
    float t = random.Uniform(half + 0.02F, wall.length - half - 0.02F);
    if (bar.corner || random.Chance(0.3F)) {
      t = wall.length - half - 0.02F;
    }
    const float out = bar.island ? random.Uniform(1.1F, 2.2F) : 0;
    if (!bar.island && !wall.IsFree(t - half - 0.02F, t + half + 0.02F, true)) {
      continue;
    }
    bar.frame = wall.At(t, out);
    bar.till_y = random.Uniform(-half + 0.4F, half - 0.4F - (bar.corner ? 0.3F : 0.0F));
    const auto rect = [&](float x0, float x1, float y0, float y1) {
      return Sketch::Foot(bar.frame, Vec3f(x0, y0, 0), Vec3f(x1, y1, 0));
    };
    std::vector<Rect> rects = {rect(0, bar.back, -half, half),
                               rect(bar.counter_back(), bar.front(), -half, half)};
    if (bar.corner) {
      rects.push_back(rect(bar.back, bar.counter_back(), half - 0.63F, half));
    }
    const Rect before = rect(bar.front(), bar.front() + 1, -half, half);
    const Rect aisle = rect(bar.back + 0.01F, bar.counter_back() - 0.01F, -half,
                            half - (bar.corner ? 0.64F : 0.0F));
    const Vec3f first = bar.frame.At(bar.front() + 0.42F, bar.till_y, 0);
    if (!sketch.plan.Fits(aisle) || !sketch.plan.IsOpen(before) ||
        !sketch.plan.Reach(rects).Reached(first) || !sketch.TryBlock(rects)) {
      continue;
    }
    sketch.plan.KeepFree(aisle);
    sketch.plan.KeepFree(rect(bar.front(), bar.front() + 0.8F, -half, half));
    if (!bar.island) {
      wall.taken.emplace_back(t - half - (bar.corner ? 0.0F : 0.7F), t + half);
    }
    return bar;
  }
  return std::nullopt;
}

//! A stand with a screen at which one pays alone.
void DrawPayStand(Sketch& sketch) {
  const std::optional<Frame> frame = sketch.TakeWall(0.6F, 0.5F, 1.1F, true);
  if (!frame) {
    return;
  }
  AddBox(sketch.Of(sketch.style.counter_front), *frame, Vec3f(-0.24F, -0.28F, 0),
         Vec3f(0.22F, 0.28F, 0.92F));
  AddBox(sketch.Of(sketch.style.counter_top), *frame, Vec3f(-0.25F, -0.3F, 0.92F),
         Vec3f(0.25F, 0.3F, 0.95F), kAllFaces);
  AddTill(sketch, frame->Then(0, 0, 0, 3.14159265F), -0.05F, 0, 0.95F);
  sketch.place.till = frame->At(0.2F, 0, 1.05F);
  DrawQueue(sketch, *frame, 0.25F, 0);
}

}  // namespace

void DrawCounter(Sketch& sketch) {
  if (sketch.place.kind == RoomKind::kKioskCafe) {
    DrawPayStand(sketch);
    return;
  }
  const std::optional<Bar> bar = FindBar(sketch);
  if (!bar) {
    DrawPayStand(sketch);
    return;
  }
  BuildCounter(sketch, *bar);
  BuildBackBar(sketch, *bar);
  sketch.place.till = bar->frame.At(bar->front() - 0.12F, bar->till_y + 0.24F, bar->height + 0.06F);
  DrawQueue(sketch, bar->frame, bar->front(), bar->till_y);
  const float half = bar->length / 2;
  const float staff = bar->back + bar->aisle / 2;
  const auto add_staff = [&](float y, float turn) {
    Seat seat;
    seat.place = bar->frame.At(staff, y, 0);
    seat.yaw_rad = bar->frame.yaw + turn;
    seat.height_m = 0;
    sketch.place.behind_counter.push_back(seat);
  };
  add_staff(bar->till_y, 0);
  const int more = static_cast<int>((2 * half - 1.3F) / 0.9F + 1);
  for (int i = 0; i < more; ++i) {
    const float y = -half + 0.4F + 0.9F * static_cast<float>(i);
    if (std::abs(y - bar->till_y) > 0.7F) {
      add_staff(y, sketch.random.Chance(0.5F) ? 0 : 3.14159265F);
    }
  }
}

}  // namespace tenjo::synth
