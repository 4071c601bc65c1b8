#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "tenjo/synth/place/sketch.h"

// Tables, chairs, stools, benches, sofas, desks.
namespace tenjo::synth {
namespace {

constexpr float kQuarter = std::numbers::pi_v<float> / 2;

struct Chair {
  const Choice* choice = nullptr;
  Frame frame;
  Rect rect;
};

//! Seats of a model in a place.
void NoteSeats(Sketch& sketch, const Choice& choice, const Frame& frame) {
  for (const Seat& seat : choice.model->seats) {
    Seat placed = seat;
    placed.place = frame.At(seat.place.x(), seat.place.y(), 0);
    placed.yaw_rad = frame.yaw + seat.yaw_rad;
    sketch.place.seats.push_back(placed);
  }
}

//! A chair at side 0-3 (+x, +y, -x, -y) of a table's rectangle, `shift` along the side, facing it.
Chair ChairAt(Sketch& sketch, const Choice& choice, const Rect& table, int side, float shift) {
  Random& random = sketch.random;
  const float outward = static_cast<float>(side) * kQuarter;
  const Frame out =
      Frame::Of(Vec3f((table.x0 + table.x1) / 2, (table.y0 + table.y1) / 2, 0), outward);
  const float reach = side % 2 == 0 ? (table.x1 - table.x0) / 2 : (table.y1 - table.y0) / 2;
  const Vec3f half = choice.model->size / 2;
  const bool low_arms = choice.model->size.z() < 1.3F;
  const float out_by = random.Chance(0.25F) ? random.Uniform(0.05F, 0.25F)
                                            : random.Uniform(low_arms ? -0.12F : 0.0F, 0.05F);
  const float turn =
      random.Chance(0.3F) ? random.Uniform(-0.35F, 0.35F) : random.Uniform(-0.06F, 0.06F);
  Chair chair;
  chair.choice = &choice;
  chair.frame = out.Then(reach + half.x() + out_by, shift, 0, std::numbers::pi_v<float> + turn);
  chair.rect = Sketch::Foot(chair.frame, -half, half);
  // What is under the table is the table's.
  if (side == 0) {
    chair.rect.x0 = std::max(chair.rect.x0, table.x1);
  } else if (side == 1) {
    chair.rect.y0 = std::max(chair.rect.y0, table.y1);
  } else if (side == 2) {
    chair.rect.x1 = std::min(chair.rect.x1, table.x0);
  } else {
    chair.rect.y1 = std::min(chair.rect.y1, table.y0);
  }
  return chair;
}

//! A table top on legs: shape 0 round on a foot, 1 square on a foot, 2 four legs, 3 two trestles.
void AddTable(Sketch& sketch, const Frame& frame, int shape, float hx, float hy, float height) {
  Mesh& top = sketch.Of(sketch.style.table_top);
  Mesh& leg = sketch.Of(sketch.style.table_leg);
  const float thick = 0.03F;
  const bool held_out = sketch.options.split == PlaceSplit::kTest;
  if (shape == 0) {
    AddCylinder(top, frame, Vec3f(0, 0, height - thick), hx, hx, thick, held_out ? 8 : 24);
  } else {
    AddBox(top, frame, Vec3f(-hx, -hy, height - thick), Vec3f(hx, hy, height), kAllFaces);
  }
  if (shape <= 1) {
    AddCylinder(leg, frame, Vec3f(0, 0, 0.015F), 0.035F, 0.035F, height - thick, 8, false);
    AddCylinder(leg, frame, Vec3f(0, 0, 0), 0.7F * hx, 0.65F * hx, 0.02F, 16);
  } else if (shape == 2) {
    for (const float x : {-hx + 0.05F, hx - 0.05F}) {
      for (const float y : {-hy + 0.05F, hy - 0.05F}) {
        AddBox(leg, frame, Vec3f(x - 0.025F, y - 0.025F, 0),
               Vec3f(x + 0.025F, y + 0.025F, height - thick), kFront | kBack | kLeft | kRight);
      }
    }
  } else {
    for (const float y : {-hy + 0.2F, hy - 0.2F}) {
      AddBox(leg, frame, Vec3f(-hx + 0.08F, y - 0.03F, 0), Vec3f(hx - 0.08F, y + 0.03F, 0.05F));
      AddBox(leg, frame, Vec3f(-0.06F, y - 0.03F, 0.05F), Vec3f(0.06F, y + 0.03F, height - thick));
    }
  }
}

struct TablePlan {
  int shape = 0;
  float hx = 0.4F, hy = 0.4F, height = 0.74F;
  const Choice* model = nullptr;
};

TablePlan DrawTablePlan(Sketch& sketch) {
  Random& random = sketch.random;
  TablePlan plan;
  if (random.Chance(0.15F)) {
    if (const Choice* model = sketch.Choose(random.Chance(0.6F) ? "table" : "long_table");
        model != nullptr) {
      plan.model = model;
      plan.hx = model->model->size.x() / 2;
      plan.hy = model->model->size.y() / 2;
      plan.height = model->model->size.z();
      plan.shape = 2;
      return plan;
    }
  }
  plan.shape = random.Index(4);
  plan.hx = plan.shape <= 1 ? random.Uniform(0.28F, 0.45F) : random.Uniform(0.32F, 0.45F);
  plan.hy = plan.shape <= 1 ? plan.hx : random.Uniform(0.5F, 1.1F);
  plan.height = random.Uniform(0.7F, 0.77F);
  return plan;
}

void DressTable(Sketch& sketch, const Frame& frame, const TablePlan& plan) {
  const int most = std::max(1, static_cast<int>(plan.hy / 0.2F));
  const int things = sketch.random.Chance(0.3F) ? 0 : sketch.random.Integer(1, most);
  const float inner = plan.shape == 0 ? 0.7F : 1.0F;
  AddTableThings(sketch, frame, plan.hx * inner, plan.hy * inner, plan.height, things, false);
}

//! A table with chairs somewhere free in the room.
bool DrawTableGroup(Sketch& sketch, const TablePlan& plan, const char* chair_kind) {
  Random& random = sketch.random;
  const Choice* chair = sketch.Choose(chair_kind);
  if (chair == nullptr) {
    return false;
  }
  const Rect& room = sketch.place.room;
  const bool turned = random.Chance(0.5F);
  const float ex = turned ? plan.hy : plan.hx;
  const float ey = turned ? plan.hx : plan.hy;
  const Vec3f at{random.Uniform(room.x0 + ex + 0.05F, room.x1 - ex - 0.05F),
                 random.Uniform(room.y0 + ey + 0.05F, room.y1 - ey - 0.05F), 0};
  const Rect table = Around(at, ex, ey);
  if (!sketch.plan.Fits(table, 0.45F)) {
    return false;
  }
  std::vector<Rect> rects = {table};
  std::vector<Chair> chairs;
  for (int side = 0; side < 4; ++side) {
    const float extent = side % 2 == 0 ? ey : ex;
    const bool long_side = extent >= std::max(ex, ey) - 1e-3F;
    const int places = std::max(1, static_cast<int>(2 * extent / 0.66F));
    if ((!long_side && random.Chance(0.7F)) || random.Chance(0.15F)) {
      continue;
    }
    for (int i = 0; i < places; ++i) {
      const float shift =
          (static_cast<float>(i) + 0.5F) / static_cast<float>(places) * 2 * extent - extent;
      const Chair placed = ChairAt(sketch, *chair, table, side, shift);
      const bool clear = std::none_of(rects.begin(), rects.end(),
                                      [&](const Rect& r) { return Overlaps(r, placed.rect); });
      if (clear && sketch.plan.Fits(placed.rect, 0.05F)) {
        rects.push_back(placed.rect);
        chairs.push_back(placed);
      }
    }
  }
  if (chairs.empty() || !sketch.TryBlock(rects)) {
    return false;
  }
  const Frame frame = Frame::Of(at, turned ? kQuarter : 0);
  if (plan.model != nullptr) {
    sketch.Add(*plan.model, frame);
  } else {
    AddTable(sketch, frame, plan.shape, plan.hx, plan.hy, plan.height);
  }
  DressTable(sketch, frame, plan);
  for (const Chair& placed : chairs) {
    sketch.Add(*placed.choice, placed.frame);
    NoteSeats(sketch, *placed.choice, placed.frame);
    const float height =
        placed.choice->model->seats.empty() ? 0.45F : placed.choice->model->seats[0].height_m;
    if (random.Chance(0.06F)) {  // a bag left on the chair
      if (const Choice* bag = sketch.Choose("bag"); bag != nullptr && !sketch.place.seats.empty()) {
        sketch.place.seats.pop_back();
        sketch.Add(*bag, placed.frame.Then(0.02F, 0, height, random.Uniform(0, 6)));
      }
    }
  }
  return true;
}

//! A bench along a wall with small tables before it and chairs opposite.
void DrawBanquette(Sketch& sketch) {
  Random& random = sketch.random;
  const int tables = random.Integer(2, 5);
  const float pitch = random.Uniform(0.95F, 1.25F);
  const float depth = 0.55F;
  const float length = pitch * static_cast<float>(tables);
  const std::optional<Frame> frame = sketch.TakeWall(length, depth, 0.1F, true, false);
  if (!frame) {
    return;
  }
  const float hx = depth / 2;
  const float hy = length / 2;
  AddBox(sketch.Of(sketch.style.wood), *frame, Vec3f(-hx, -hy, 0), Vec3f(hx - 0.06F, hy, 0.34F));
  AddBox(sketch.Of(sketch.style.cloth), *frame, Vec3f(-hx + 0.1F, -hy + 0.01F, 0.34F),
         Vec3f(hx, hy - 0.01F, 0.45F), kAllFaces);
  AddBox(sketch.Of(sketch.style.cloth2), *frame, Vec3f(-hx, -hy + 0.01F, 0.34F),
         Vec3f(-hx + 0.12F, hy - 0.01F, random.Uniform(0.8F, 1.1F)));
  const Choice* chair = sketch.Choose("chair");
  for (int i = 0; i < tables; ++i) {
    const float y = -hy + pitch * (static_cast<float>(i) + 0.5F);
    const Frame middle = frame->Then(hx + 0.13F + 0.3F, y, 0);
    const Rect table = Sketch::Foot(middle, Vec3f(-0.3F, -0.3F, 0), Vec3f(0.3F, 0.3F, 0));
    std::vector<Rect> rects = {table};
    std::optional<Chair> opposite;
    if (chair != nullptr && random.Chance(0.85F)) {
      const int side = static_cast<int>(std::lround(frame->yaw / kQuarter)) % 4;
      opposite = ChairAt(sketch, *chair, table, side, 0);
      if (sketch.plan.Fits(opposite->rect, 0.02F)) {
        rects.push_back(opposite->rect);
      } else {
        opposite.reset();
      }
    }
    Seat seat;
    seat.place = frame->At(0.05F, y, 0);
    seat.yaw_rad = frame->yaw;
    seat.height_m = 0.45F;
    sketch.place.seats.push_back(seat);
    if (!sketch.TryBlock(rects)) {
      continue;
    }
    TablePlan plan;
    plan.shape = 1;
    plan.hx = plan.hy = 0.3F;
    AddTable(sketch, middle, 1, 0.3F, 0.3F, 0.74F);
    DressTable(sketch, middle, plan);
    if (opposite) {
      sketch.Add(*opposite->choice, opposite->frame);
      NoteSeats(sketch, *opposite->choice, opposite->frame);
    }
  }
}

//! A board at a wall or window with stools.
void DrawWallBar(Sketch& sketch) {
  Random& random = sketch.random;
  const Choice* stool = sketch.Choose("bar_stool");
  if (stool == nullptr) {
    return;
  }
  const float depth = random.Uniform(0.3F, 0.42F);
  const int stools = random.Integer(2, 5);
  const float pitch = random.Uniform(0.62F, 0.8F);
  const float length = pitch * static_cast<float>(stools);
  const std::optional<Frame> frame = sketch.TakeWall(length, depth, 0.75F, true, false);
  if (!frame) {
    return;
  }
  const float hx = depth / 2;
  const float hy = length / 2;
  const float height = stool->model->seats.empty() ? 1.0F : stool->model->seats[0].height_m + 0.3F;
  AddBox(sketch.Of(sketch.style.table_top), *frame, Vec3f(-hx, -hy, height - 0.04F),
         Vec3f(hx, hy, height), kAllFaces);
  for (const float y : {-hy + 0.1F, hy - 0.14F}) {
    AddBox(sketch.Of(sketch.style.table_leg), *frame, Vec3f(-hx, y, 0),
           Vec3f(hx - 0.08F, y + 0.04F, height - 0.04F));
  }
  AddTableThings(sketch, *frame, hx, hy, height, random.Integer(0, stools), false);
  const int side = static_cast<int>(std::lround(frame->yaw / kQuarter)) % 4;
  const Rect board = Sketch::Foot(*frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, 0));
  for (int i = 0; i < stools; ++i) {
    const float y = -hy + pitch * (static_cast<float>(i) + 0.5F);
    const Chair placed = ChairAt(sketch, *stool, board, side, y);
    if (sketch.TryBlock(std::span(&placed.rect, 1))) {
      sketch.Add(*placed.choice, placed.frame);
      NoteSeats(sketch, *placed.choice, placed.frame);
    }
  }
}

//! A model at a wall, facing the room.
bool DrawAtWall(Sketch& sketch, const char* kind, float clear, bool over_windows, bool seats) {
  const Choice* choice = sketch.Choose(kind);
  if (choice == nullptr || choice->model->size.z() > sketch.ceiling() - 0.1F) {
    return false;
  }
  const std::optional<Frame> frame = sketch.TakeWall(
      choice->model->size.y(), choice->model->size.x(), clear, over_windows, clear > 0.5F);
  if (!frame) {
    return false;
  }
  sketch.Add(*choice, *frame);
  if (seats) {
    NoteSeats(sketch, *choice, *frame);
  }
  return true;
}

//! A sofa, a low table before it, easy chairs.
void DrawLounge(Sketch& sketch) {
  Random& random = sketch.random;
  const Choice* sofa = sketch.Choose(random.Chance(0.7F) ? "sofa" : "corner_sofa");
  if (sofa == nullptr) {
    return;
  }
  const Vec3f size = sofa->model->size;
  const std::optional<Frame> frame = sketch.TakeWall(size.y(), size.x(), 0.2F, true, false);
  if (!frame) {
    return;
  }
  sketch.Add(*sofa, *frame);
  NoteSeats(sketch, *sofa, *frame);
  const float hx = random.Uniform(0.25F, 0.35F);
  const float hy = random.Uniform(0.35F, 0.6F);
  const Frame middle = frame->Then(size.x() / 2 + 0.42F + hx, 0, 0);
  const Rect table = Sketch::Foot(middle, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, 0));
  if (random.Chance(0.4F)) {  // a rug
    Material rug = sketch.style.cloth2;
    rug.scale = std::max(rug.scale * 0.4F, 1.0F);
    const float rx = hx + random.Uniform(0.4F, 0.7F);
    const float ry = hy + random.Uniform(0.5F, 0.9F);
    const Rect area = Sketch::Foot(middle, Vec3f(-rx, -ry, 0), Vec3f(rx, ry, 0));
    const Rect& room = sketch.place.room;
    if (area.x0 > room.x0 && area.y0 > room.y0 && area.x1 < room.x1 && area.y1 < room.y1) {
      AddBox(sketch.Of(rug), middle, Vec3f(-rx, -ry, 0), Vec3f(rx, ry, 0.01F));
    }
  }
  if (sketch.TryBlock(std::span(&table, 1))) {
    AddTable(sketch, middle, 2, hx, hy, 0.42F);
    AddTableThings(sketch, middle, hx, hy, 0.42F, random.Integer(0, 3), false);
  }
  const Choice* chair = sketch.Choose("lounge_chair");
  for (int i = 0; i < 2 && chair != nullptr; ++i) {
    const float side = i == 0 ? 1.0F : -1.0F;
    const Frame place = middle.Then(0.1F, side * (hy + 0.35F + chair->model->size.x() / 2), 0,
                                    side * -kQuarter + random.Uniform(-0.3F, 0.3F));
    const Vec3f half = chair->model->size / 2;
    const Rect rect = Sketch::Foot(place, -half, half);
    if (random.Chance(0.7F) && sketch.TryBlock(std::span(&rect, 1), 0.05F)) {
      sketch.Add(*chair, place);
      NoteSeats(sketch, *chair, place);
    }
  }
}

void AddMonitor(Sketch& sketch, const Frame& frame, float z) {
  Mesh& dark = sketch.Of(sketch.style.dark);
  AddBox(dark, frame, Vec3f(-0.09F, -0.1F, z), Vec3f(0.09F, 0.1F, z + 0.012F));
  AddBox(dark, frame, Vec3f(-0.06F, -0.02F, z), Vec3f(-0.03F, 0.02F, z + 0.2F));
  AddBox(dark, frame, Vec3f(-0.03F, -0.28F, z + 0.12F), Vec3f(0, 0.28F, z + 0.46F), kAllFaces);
  Material screen;
  screen.pattern = Pattern::kSign;
  screen.a = Vec3f(0.7F, 0.75F, 0.8F);
  screen.b = Vec3f(0.1F, 0.12F, 0.15F);
  screen.c = Vec3f(0.1F, 0.3F, 0.5F);
  screen.scale = 55;
  screen.emission = 0.6F;
  AddQuad(sketch.Of(screen), frame.At(0.002F, -0.27F, z + 0.13F), frame.Turn(Vec3f(0, 0.54F, 0)),
          Vec3f(0, 0, 0.32F), 0, 0);
}

//! A desk with its chair, against a wall or in the room.
bool DrawDesk(Sketch& sketch) {
  Random& random = sketch.random;
  const Choice* model = random.Chance(0.5F) ? sketch.Choose("desk") : nullptr;
  const Choice* chair = sketch.Choose("office_chair");
  if (chair == nullptr) {
    chair = sketch.Choose("chair");
  }
  const float hx = model != nullptr ? model->model->size.x() / 2 : random.Uniform(0.35F, 0.42F);
  const float hy = model != nullptr ? model->model->size.y() / 2 : random.Uniform(0.6F, 0.85F);
  const float height = model != nullptr ? model->model->size.z() : 0.73F;
  Frame frame;
  if (random.Chance(0.5F)) {
    const std::optional<Frame> found = sketch.TakeWall(2 * hy, 2 * hx, 0.95F, true, false);
    if (!found) {
      return false;
    }
    frame = *found;
  } else {
    const Rect& room = sketch.place.room;
    frame = Frame::Of(Vec3f{random.Uniform(room.x0 + 1, room.x1 - 1),
                            random.Uniform(room.y0 + 1, room.y1 - 1), 0},
                      static_cast<float>(random.Index(4)) * kQuarter);
    const Rect rect = Sketch::Foot(frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, 0));
    if (!sketch.TryBlock(std::span(&rect, 1), 0.6F)) {
      return false;
    }
  }
  if (model != nullptr) {
    sketch.Add(*model, frame);
  } else {
    AddTable(sketch, frame, 2, hx, hy, height);
  }
  // The worker sits on the side of the frame's +x and looks at a monitor that faces there.
  AddMonitor(sketch, frame.Then(-hx + 0.2F, random.Uniform(-0.2F, 0.2F), 0), height);
  AddBox(sketch.Of(sketch.style.dark), frame, Vec3f(hx - 0.28F, -0.2F, height),
         Vec3f(hx - 0.14F, 0.22F, height + 0.02F));
  AddTableThings(sketch, frame.Then(0.05F, -hy + 0.25F, 0), 0.2F, 0.22F, height,
                 random.Integer(0, 1), true);
  AddTableThings(sketch, frame.Then(0.05F, hy - 0.25F, 0), 0.2F, 0.22F, height,
                 random.Integer(0, 1), true);
  if (chair != nullptr) {
    const int side = static_cast<int>(std::lround(frame.yaw / kQuarter)) % 4;
    const Rect desk = Sketch::Foot(frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, 0));
    const Chair placed = ChairAt(sketch, *chair, desk, side, random.Uniform(-0.1F, 0.1F));
    if (sketch.TryBlock(std::span(&placed.rect, 1))) {
      sketch.Add(*chair, placed.frame);
      NoteSeats(sketch, *chair, placed.frame);
    }
  }
  return true;
}

//! Chairs side by side along a wall.
void DrawChairRow(Sketch& sketch) {
  Random& random = sketch.random;
  const Choice* chair = sketch.Choose("chair");
  if (chair == nullptr) {
    return;
  }
  const int count = random.Integer(3, 6);
  const Vec3f size = chair->model->size;
  const float pitch = size.y() + 0.06F;
  const std::optional<Frame> frame =
      sketch.TakeWall(pitch * static_cast<float>(count), size.x(), 0.7F, true, false);
  for (int i = 0; i < count && frame; ++i) {
    const Frame place =
        frame->Then(0, pitch * (static_cast<float>(i) - static_cast<float>(count - 1) / 2), 0);
    sketch.Add(*chair, place);
    NoteSeats(sketch, *chair, place);
  }
}

template <typename Step>
void Repeat(int wanted, int attempts, Step step) {
  for (int i = 0; i < attempts && wanted > 0; ++i) {
    wanted -= step() ? 1 : 0;
  }
}

void DrawCafeSeating(Sketch& sketch, float area) {
  Random& random = sketch.random;
  if (random.Chance(0.45F)) {
    DrawBanquette(sketch);
  }
  if (random.Chance(0.45F)) {
    DrawWallBar(sketch);
  }
  if (random.Chance(0.3F) && area > 30) {
    DrawLounge(sketch);
  }
  // A place buys two kinds of tables.
  const TablePlan plans[2] = {DrawTablePlan(sketch), DrawTablePlan(sketch)};
  const int wanted = std::clamp(static_cast<int>(area * random.Uniform(0.06F, 0.16F)), 1, 12);
  Repeat(wanted, 6 * wanted,
         [&] { return DrawTableGroup(sketch, plans[random.Index(2)], "chair"); });
}

}  // namespace

void DrawSeating(Sketch& sketch) {
  Random& random = sketch.random;
  const Rect& room = sketch.place.room;
  const float area = (room.x1 - room.x0) * (room.y1 - room.y0);
  switch (sketch.place.kind) {
    case RoomKind::kOffice:
      Repeat(std::clamp(static_cast<int>(area / 7), 2, 10), 40, [&] { return DrawDesk(sketch); });
      Repeat(random.Integer(1, 3), 4,
             [&] { return DrawAtWall(sketch, "cabinet", 0.6F, false, false); });
      Repeat(random.Integer(0, 1), 2,
             [&] { return DrawAtWall(sketch, "white_board", 0.6F, true, false); });
      Repeat(1, 3, [&] { return DrawTableGroup(sketch, DrawTablePlan(sketch), "chair"); });
      break;
    case RoomKind::kLivingRoom:
      DrawLounge(sketch);
      Repeat(1, 4, [&] { return DrawTableGroup(sketch, DrawTablePlan(sketch), "chair"); });
      Repeat(1, 3, [&] { return DrawAtWall(sketch, "game", 0.6F, true, false); });
      Repeat(random.Integer(1, 3), 6, [&] {
        return DrawAtWall(sketch, random.Chance(0.5F) ? "bookcase" : "cabinet", 0.6F, false, false);
      });
      Repeat(random.Integer(0, 2), 4,
             [&] { return DrawAtWall(sketch, "low_cabinet", 0.6F, true, false); });
      Repeat(random.Integer(0, 1), 3,
             [&] { return DrawAtWall(sketch, "fridge", 0.6F, false, false); });
      break;
    case RoomKind::kShop:
      if (random.Chance(0.3F)) {
        DrawAtWall(sketch, "bench", 0.5F, true, true);
      }
      break;
    case RoomKind::kCorridor:
      Repeat(random.Integer(0, 3), 6, [&] {
        return DrawAtWall(sketch, random.Chance(0.5F) ? "bench" : "low_cabinet", 0.6F, true, true);
      });
      break;
    case RoomKind::kHall:
      Repeat(random.Integer(0, 2), 4,
             [&] { return DrawAtWall(sketch, "bench", 0.5F, true, true); });
      Repeat(random.Integer(0, 2), 4,
             [&] { return DrawTableGroup(sketch, DrawTablePlan(sketch), "chair"); });
      break;
    case RoomKind::kWaitingRoom:
      for (int i = 0; i < 4; ++i) {
        DrawChairRow(sketch);
      }
      DrawLounge(sketch);
      break;
    case RoomKind::kLibrary: {
      const TablePlan plan{.shape = 3, .hx = 0.45F, .hy = 0.9F, .height = 0.74F, .model = nullptr};
      Repeat(std::clamp(static_cast<int>(area / 12), 1, 6), 24,
             [&] { return DrawTableGroup(sketch, plan, "chair"); });
      break;
    }
    default:
      DrawCafeSeating(sketch, area);
      break;
  }
}

}  // namespace tenjo::synth
