#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "tenjo/synth/place/sketch.h"

// Fronts that hands reach into: shelves, fridges, gondolas, tables of goods.
namespace tenjo::synth {
namespace {

constexpr float kStandM = 0.42F;  // from the front to a taker's middle
constexpr float kReachM = 0.88F;  // of a hand from there, on the floor plan
constexpr float kLowestM = 0.3F;
constexpr float kHighestM = 1.8F;

//! Notes the front before the frame if a person can walk up to it.
void AddFront(Sketch& sketch, const Frame& frame, float front, const std::vector<Goods>& goods) {
  ShelfFront shelf;
  shelf.stand = frame.At(front + kStandM, 0, 0);
  shelf.yaw_rad =
      std::remainder(frame.yaw + std::numbers::pi_v<float>, 2 * std::numbers::pi_v<float>);
  for (const auto& [at, part] : goods) {
    if (at.z() > kLowestM && at.z() < kHighestM && (at - shelf.stand).head<2>().norm() < kReachM) {
      shelf.goods.push_back(at);
      shelf.parts.push_back(part);
    }
  }
  if (shelf.goods.empty() || !sketch.plan.Reach({}).Reached(shelf.stand)) {
    return;
  }
  shelf.id = sketch.next_shelf++;
  sketch.plan.AddTarget(shelf.stand);
  sketch.place.shelves.push_back(std::move(shelf));
}

int DrawSort(Sketch& sketch) {
  const int sorts[8] = {0, 0, 1, 2, 2, 3, 4, 0};
  return sketch.place.kind == RoomKind::kLibrary ? 5 : sorts[sketch.random.Index(8)];
}

//! Boards between sides; the frame is at the middle of the footprint.
void AddShelfUnit(Sketch& sketch, const Frame& frame, float depth, float width, float height,
                  bool back) {
  Random& random = sketch.random;
  const float hx = depth / 2;
  const float hy = width / 2;
  const float board = 0.025F;
  Mesh& wood = sketch.Of(sketch.style.shelf);
  AddBox(wood, frame, Vec3f(-hx, hy - board, 0), Vec3f(hx, hy, height));
  AddBox(wood, frame, Vec3f(-hx, -hy, 0), Vec3f(hx, -hy + board, height));
  if (back) {
    AddBox(sketch.Of(sketch.style.shelf_back), frame, Vec3f(-hx, -hy + board, 0.02F),
           Vec3f(-hx + 0.015F, hy - board, height), kFront | kBack | kTop);
  }
  const int boards = std::max(2, static_cast<int>(height / random.Uniform(0.32F, 0.46F)));
  std::vector<Goods> goods;
  float z = 0.08F;
  const float step = (height - z) / static_cast<float>(boards);
  for (int i = 0; i < boards; ++i) {
    AddBox(wood, frame, Vec3f(-hx + 0.015F, -hy + board, z - board), Vec3f(hx, hy - board, z),
           kAllFaces);
    AddGoods(sketch, frame, hx, depth, hy - board, -hy + board, z, step - 0.05F, DrawSort(sketch),
             &goods);
    if (random.Chance(0.4F)) {  // price labels
      AddQuad(sketch.Of(sketch.style.white), frame.At(hx + 0.001F, -hy + 0.05F, z - board),
              frame.Turn(Vec3f(0, width - 0.1F, 0)), Vec3f(0, 0, board), 0, 0);
    }
    z += step;
  }
  const bool top_goods = height < 1.7F && random.Chance(0.5F);
  AddBox(wood, frame, Vec3f(-hx, -hy + board, height - board), Vec3f(hx, hy - board, height),
         kAllFaces);
  if (top_goods) {
    AddGoods(sketch, frame, hx - 0.02F, depth, hy - board, -hy + board, height, 0.25F,
             DrawSort(sketch), &goods);
  }
  sketch.NoteHigh(frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, height + (top_goods ? 0.25F : 0.0F)));
  AddFront(sketch, frame, hx, goods);
}

//! A cabinet of cold drinks: open, or with frames of glass doors.
void AddChiller(Sketch& sketch, const Frame& frame, float depth, float width, float height) {
  Random& random = sketch.random;
  const float hx = depth / 2;
  const float hy = width / 2;
  const Material& body = random.Chance(0.4F)
                             ? sketch.style.dark
                             : (random.Chance(0.5F) ? sketch.style.metal : sketch.style.white);
  Mesh& shell = sketch.Of(body);
  const float wall = 0.05F;
  const float base = random.Uniform(0.15F, 0.35F);
  const float head = random.Uniform(0.12F, 0.28F);
  AddBox(shell, frame, Vec3f(-hx, hy - wall, 0), Vec3f(hx, hy, height));
  AddBox(shell, frame, Vec3f(-hx, -hy, 0), Vec3f(hx, -hy + wall, height));
  AddBox(shell, frame, Vec3f(-hx, -hy + wall, 0), Vec3f(hx, hy - wall, base));
  AddBox(shell, frame, Vec3f(-hx, -hy + wall, height - head), Vec3f(hx, hy - wall, height),
         kAllFaces);
  AddBox(sketch.Of(sketch.style.white), frame, Vec3f(-hx, -hy + wall, base),
         Vec3f(-hx + 0.05F, hy - wall, height - head), kFront | kBack);
  Material lamp;
  lamp.a = Vec3f(0.9F, 0.95F, 1);
  lamp.emission = random.Uniform(1, 3);
  AddQuad(sketch.Of(lamp), frame.At(hx - 0.06F, -hy + wall, height - head - 0.002F),
          frame.Turn(Vec3f(-0.06F, 0, 0)), frame.Turn(Vec3f(0, width - 2 * wall, 0)), 0, 0);
  if (random.Chance(0.5F)) {
    AddSign(sketch, frame.Then(hx - 0.021F, 0, 0), hy - wall, height - head + 0.01F, height - 0.01F,
            random.Chance(0.5F));
  }
  std::vector<Goods> goods;
  const int boards = random.Integer(3, 5);
  const float step = (height - head - base) / static_cast<float>(boards);
  for (int i = 0; i < boards; ++i) {
    const float z = base + step * static_cast<float>(i);
    if (i > 0) {
      AddBox(sketch.Of(sketch.style.metal), frame, Vec3f(-hx + 0.05F, -hy + wall, z - 0.012F),
             Vec3f(hx - 0.06F, hy - wall, z), kAllFaces);
    }
    const int sort = random.Chance(0.6F) ? 1 : random.Index(4);
    AddGoods(sketch, frame, hx - 0.07F, depth - 0.1F, hy - wall, -hy + wall, z, step - 0.03F, sort,
             &goods);
  }
  if (random.Chance(0.5F)) {  // doors: only what one sees of glass
    Mesh& bars = sketch.Of(sketch.style.dark);
    const int doors = std::max(1, static_cast<int>(width / 0.6F));
    const float wide = (width - 2 * wall) / static_cast<float>(doors);
    for (int i = 0; i <= doors; ++i) {
      const float y = -hy + wall + wide * static_cast<float>(i);
      AddBox(bars, frame, Vec3f(hx - 0.03F, y - 0.025F, base),
             Vec3f(hx, y + 0.025F, height - head));
    }
    AddBox(bars, frame, Vec3f(hx - 0.03F, -hy + wall, base), Vec3f(hx, hy - wall, base + 0.05F),
           kAllFaces);
    AddBox(bars, frame, Vec3f(hx - 0.03F, -hy + wall, height - head - 0.05F),
           Vec3f(hx, hy - wall, height - head), kAllFaces);
  }
  sketch.NoteHigh(frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, height));
  AddFront(sketch, frame, hx, goods);
}

void DrawWallShelves(Sketch& sketch, int count) {
  Random& random = sketch.random;
  const float depth = random.Uniform(0.32F, 0.48F);
  const float height = std::min(random.Uniform(1.35F, 2.15F), sketch.ceiling() - 0.25F);
  for (int i = 0; i < count; ++i) {
    const float width = random.Uniform(0.8F, 1.3F);
    if (const std::optional<Frame> frame = sketch.TakeWall(width, depth, 0.85F, height < 1.1F)) {
      const float own = random.Chance(0.8F) ? height : 1.2F;
      AddShelfUnit(sketch, *frame, depth, width, own, random.Chance(0.8F));
    }
  }
}

void DrawChillers(Sketch& sketch, int count) {
  Random& random = sketch.random;
  const float height = std::min(random.Uniform(1.5F, 2.1F), sketch.ceiling() - 0.2F);
  for (int i = 0; i < count; ++i) {
    const float width = random.Uniform(0.65F, 1.5F);
    const float depth = random.Uniform(0.6F, 0.75F);
    if (const std::optional<Frame> frame = sketch.TakeWall(width, depth, 0.9F, false)) {
      AddChiller(sketch, *frame, depth, width, height);
    }
  }
}

//! Two shelves back to back, free in the room.
void DrawGondolas(Sketch& sketch, int count) {
  Random& random = sketch.random;
  const Rect& room = sketch.place.room;
  const float yaw = random.Chance(0.5F) ? 0 : 1.57079633F;
  const float depth = random.Uniform(0.3F, 0.42F);
  const float height = random.Uniform(1.1F, sketch.place.kind == RoomKind::kLibrary ? 2.0F : 1.6F);
  for (int i = 0; i < 8 * count && count > 0; ++i) {
    const float width = random.Uniform(0.9F, 1.2F);
    const int units = random.Integer(1, 2);
    const Frame frame = Frame::Of(Vec3f{random.Uniform(room.x0 + 1, room.x1 - 1),
                                        random.Uniform(room.y0 + 1, room.y1 - 1), 0},
                                  yaw);
    const float half = width * static_cast<float>(units) / 2;
    const Rect foot = Sketch::Foot(frame, Vec3f(-depth, -half, 0), Vec3f(depth, half, 0));
    const Rect fronts =
        Sketch::Foot(frame, Vec3f(-depth - 0.85F, -half, 0), Vec3f(depth + 0.85F, half, 0));
    if ((height > 1.85F && Sketch::NearMiddle(foot)) || !sketch.plan.IsOpen(fronts) ||
        !sketch.TryBlock(std::span(&foot, 1), 0.5F)) {
      continue;
    }
    sketch.plan.KeepFree(fronts);
    for (int k = 0; k < units; ++k) {
      const float y = -half + width * (static_cast<float>(k) + 0.5F);
      AddShelfUnit(sketch, frame.Then(depth / 2, y, 0), depth, width, height, true);
      AddShelfUnit(sketch, frame.Then(-depth / 2, y, 0, std::numbers::pi_v<float>), depth, width,
                   height, true);
    }
    --count;
  }
}

//! A low table of goods, taken from both long sides.
void DrawGoodsTables(Sketch& sketch, int count) {
  Random& random = sketch.random;
  const Rect& room = sketch.place.room;
  for (int i = 0; i < 8 * count && count > 0; ++i) {
    const float hx = random.Uniform(0.3F, 0.45F);
    const float hy = random.Uniform(0.5F, 0.8F);
    const float height = random.Uniform(0.7F, 0.95F);
    const Frame frame = Frame::Of(Vec3f{random.Uniform(room.x0 + 1, room.x1 - 1),
                                        random.Uniform(room.y0 + 1, room.y1 - 1), 0},
                                  random.Chance(0.5F) ? 0 : 1.57079633F);
    const Rect foot = Sketch::Foot(frame, Vec3f(-hx, -hy, 0), Vec3f(hx, hy, 0));
    const Rect fronts = Sketch::Foot(frame, Vec3f(-hx - 0.75F, -hy, 0), Vec3f(hx + 0.75F, hy, 0));
    if (!sketch.plan.IsOpen(fronts) || !sketch.TryBlock(std::span(&foot, 1), 0.5F)) {
      continue;
    }
    --count;
    sketch.plan.KeepFree(fronts);
    AddBox(sketch.Of(sketch.style.shelf), frame, Vec3f(-hx, -hy, height - 0.04F),
           Vec3f(hx, hy, height), kAllFaces);
    AddBox(sketch.Of(sketch.style.shelf_back), frame, Vec3f(-hx + 0.08F, -hy + 0.08F, 0),
           Vec3f(hx - 0.08F, hy - 0.08F, height - 0.04F), kNoBottom & ~static_cast<unsigned>(kTop));
    for (const float turn : {0.0F, std::numbers::pi_v<float>}) {
      const Frame side = frame.Then(0, 0, 0, turn);
      std::vector<Goods> goods;
      AddGoods(sketch, side, hx - 0.02F, hx, hy - 0.03F, -hy + 0.03F, height, 0.3F,
               random.Chance(0.4F) ? 4 : DrawSort(sketch), &goods);
      AddFront(sketch, side, hx, goods);
    }
  }
}

}  // namespace

void DrawShelving(Sketch& sketch) {
  Random& random = sketch.random;
  const Rect& room = sketch.place.room;
  const float area = (room.x1 - room.x0) * (room.y1 - room.y0);
  const int some = std::clamp(static_cast<int>(area / 14), 1, 6);
  switch (sketch.place.kind) {
    case RoomKind::kCounterCafe:
    case RoomKind::kCornerCafe:
    case RoomKind::kIslandCafe:
      DrawChillers(sketch, random.Integer(1, 2));
      DrawWallShelves(sketch, random.Integer(1, 3));
      DrawGoodsTables(sketch, random.Chance(0.3F) ? 1 : 0);
      break;
    case RoomKind::kMarketCafe:
    case RoomKind::kKioskCafe:
      DrawChillers(sketch, 1 + some / 2);
      DrawWallShelves(sketch, 2 + some);
      DrawGondolas(sketch, area > 35 ? random.Integer(0, 2) : 0);
      DrawGoodsTables(sketch, area > 30 ? random.Integer(0, 1) : 0);
      break;
    case RoomKind::kShop:
      DrawChillers(sketch, random.Integer(0, 2));
      DrawWallShelves(sketch, 3 + some);
      DrawGondolas(sketch, some / 2 + 1);
      DrawGoodsTables(sketch, random.Integer(0, 2));
      break;
    case RoomKind::kLibrary:
      DrawWallShelves(sketch, 3 + some);
      DrawGondolas(sketch, some / 2 + 1);
      break;
    case RoomKind::kOffice:
    case RoomKind::kLivingRoom:
    case RoomKind::kCorridor:
      DrawWallShelves(sketch, random.Integer(0, 2));
      break;
    case RoomKind::kHall:
    case RoomKind::kWaitingRoom:
      DrawChillers(sketch, random.Integer(0, 1));
      break;
  }
}

}  // namespace tenjo::synth
