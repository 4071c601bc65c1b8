#include "tenjo/synth/place/sketch.h"

#include <algorithm>
#include <cmath>

namespace tenjo::synth {
namespace {

constexpr float kHighM = 1.9F;

Material MaterialOf(const FurniturePiece& piece, const Choice& choice) {
  Material m;
  m.a = piece.colour;
  m.b = piece.colour * 0.55F;
  m.gloss = piece.gloss * 0.6F;
  m.roughness = 0.35F;
  switch (piece.surface) {
    case FurnitureSurface::kPlain:
      if (choice.plain && piece.colour.maxCoeff() > 0.06F) {
        m.a = *choice.plain;
      }
      break;
    case FurnitureSurface::kWood:
      if (choice.wood) {
        return *choice.wood;
      }
      m.pattern = Pattern::kWood;
      break;
    case FurnitureSurface::kCloth:
      if (choice.cloth) {
        return *choice.cloth;
      }
      m.gloss = 0;
      break;
    case FurnitureSurface::kMetal:
      m.pattern = Pattern::kMetal;
      m.gloss = std::max(m.gloss, 0.4F);
      m.roughness = 0.25F;
      break;
    case FurnitureSurface::kLeaf:
      m.pattern = Pattern::kLeaf;
      break;
    case FurnitureSurface::kGlass:
      m.gloss = 0.7F;
      m.roughness = 0.1F;
      break;
    case FurnitureSurface::kLight:
      m.emission = 1.5F;
      break;
  }
  return m;
}

}  // namespace

Frame Wall::At(float t, float out) const {
  return Frame::Of(start + along * t + inward * out, yaw);
}

bool Wall::IsFree(float a, float b, bool windows) const {
  if (a < 0 || b > length) {
    return false;
  }
  for (const Opening& opening : openings) {
    const float margin = opening.door ? 0.15F : 0;
    if ((opening.door || !windows) && a < opening.b + margin && opening.a - margin < b) {
      return false;
    }
  }
  return std::none_of(taken.begin(), taken.end(), [&](const std::pair<float, float>& span) {
    return a < span.second && span.first < b;
  });
}

Sketch::Sketch(const FurnitureAsset::Impl& asset_in, const PlaceOptions& options_in,
               Random& random_in, const Rect& room)
    : asset(asset_in), options(options_in), random(random_in), plan(room) {
  place.room = room;
  const Vec3f corners[4] = {
      {room.x0, room.y0, 0}, {room.x1, room.y0, 0}, {room.x1, room.y1, 0}, {room.x0, room.y1, 0}};
  const Vec3f inwards[4] = {{1, 0, 0}, {0, 1, 0}, {-1, 0, 0}, {0, -1, 0}};
  const int starts[4] = {0, 1, 2, 3};
  for (std::size_t i = 0; i < 4; ++i) {
    Wall& wall = walls[i];
    wall.inward = inwards[i];
    wall.along = Vec3f::UnitZ().cross(wall.inward);
    wall.start = corners[starts[i]];
    wall.length = std::abs(wall.along.x()) * (room.x1 - room.x0) +
                  std::abs(wall.along.y()) * (room.y1 - room.y0);
    wall.yaw = static_cast<float>(i) * 1.57079633F;
  }
}

Rect Sketch::Foot(const Frame& frame, const Vec3f& low, const Vec3f& high) {
  Rect rect{1e9F, 1e9F, -1e9F, -1e9F};
  for (int i = 0; i < 4; ++i) {
    const Vec3f p =
        frame.At((i & 1) != 0 ? high.x() : low.x(), (i & 2) != 0 ? high.y() : low.y(), 0);
    rect.x0 = std::min(rect.x0, p.x());
    rect.y0 = std::min(rect.y0, p.y());
    rect.x1 = std::max(rect.x1, p.x());
    rect.y1 = std::max(rect.y1, p.y());
  }
  return rect;
}

bool Sketch::TryBlock(std::span<const Rect> rects, float margin) {
  for (const Rect& rect : rects) {
    if (!plan.Fits(rect, margin)) {
      return false;
    }
  }
  if (!plan.StaysOpen(rects)) {
    return false;
  }
  for (const Rect& rect : rects) {
    plan.Block(rect);
  }
  return true;
}

void Sketch::NoteHigh(const Frame& frame, const Vec3f& low, const Vec3f& high) {
  const float top = frame.origin.z() + high.z();
  if (top > kHighM) {
    place.high.push_back({Foot(frame, low, high), frame.origin.z() + low.z(), top});
  }
}

bool Sketch::NearMiddle(const Rect& rect) { return Overlaps(rect, {-0.95F, -0.95F, 0.95F, 0.95F}); }

Choice Sketch::Dress(const FurnitureModel& model) {
  Choice choice;
  choice.model = &model;
  if (!style.recolour && !random.Chance(0.2F)) {
    return choice;
  }
  choice.wood = random.Chance(0.7F) ? style.wood : style.dark_wood;
  choice.wood->seed = 0;
  choice.cloth = random.Chance(0.6F) ? style.cloth : style.cloth2;
  if (random.Chance(0.5F)) {
    choice.plain = random.Chance(0.5F) ? style.cloth.a : style.wood.a;
  }
  return choice;
}

const Choice* Sketch::Choose(std::string_view kind) {
  auto [found, fresh] = choices_.try_emplace(std::string(kind));
  std::vector<Choice>& usual = found->second;
  if (fresh) {
    // A place buys one or two models of a kind.
    std::vector<const FurnitureModel*> models = asset.Of(kind, options.split);
    const int wanted = random.Chance(0.6F) ? 1 : 3;
    for (int i = 0; i < wanted && !models.empty(); ++i) {
      const auto at = static_cast<std::size_t>(random.Index(static_cast<int>(models.size())));
      usual.push_back(Dress(*models[at]));
      models.erase(models.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  return usual.empty()
             ? nullptr
             : &usual[static_cast<std::size_t>(random.Index(static_cast<int>(usual.size())))];
}

void Sketch::Add(const Choice& choice, const Frame& frame, float scale) {
  for (const FurniturePiece& piece : choice.model->pieces) {
    Mesh& mesh = Of(MaterialOf(piece, choice));
    const auto base = static_cast<std::uint32_t>(mesh.positions.size());
    for (std::size_t i = 0; i < piece.positions.size(); ++i) {
      const Vec3f p = piece.positions[i] * scale;
      mesh.positions.push_back(frame.At(p.x(), p.y(), p.z()));
      mesh.normals.push_back(frame.Turn(piece.normals[i]));
      mesh.rest.push_back(p);
    }
    for (const auto& t : piece.triangles) {
      mesh.triangles.push_back({base + t[0], base + t[1], base + t[2]});
    }
  }
  const Vec3f half = choice.model->size * scale / 2;
  NoteHigh(frame, Vec3f(-half.x(), -half.y(), 0), Vec3f(half.x(), half.y(), 2 * half.z()));
}

std::optional<Frame> Sketch::TakeWall(float length, float depth, float clear, bool over_windows,
                                      bool keep_clear) {
  for (int attempt = 0; attempt < 16; ++attempt) {
    Wall& wall = walls[static_cast<std::size_t>(random.Index(4))];
    if (wall.length < length + 0.1F) {
      continue;
    }
    float t = random.Uniform(length / 2 + 0.02F, wall.length - length / 2 - 0.02F);
    if (random.Chance(0.35F)) {  // into a corner
      t = random.Chance(0.5F) ? length / 2 + 0.02F : wall.length - length / 2 - 0.02F;
    }
    if (!wall.IsFree(t - length / 2 - 0.02F, t + length / 2 + 0.02F, over_windows)) {
      continue;
    }
    const Frame frame = wall.At(t, depth / 2 + 0.01F);
    const Rect foot =
        Foot(frame, Vec3f(-depth / 2, -length / 2, 0), Vec3f(depth / 2, length / 2, 0));
    const Rect front =
        Foot(frame, Vec3f(depth / 2, -length / 2, 0), Vec3f(depth / 2 + clear, length / 2, 0));
    if (!plan.IsOpen(front) || !TryBlock(std::span(&foot, 1), 0.01F)) {
      continue;
    }
    if (keep_clear) {
      plan.KeepFree(front);
    }
    wall.taken.emplace_back(t - length / 2, t + length / 2);
    return frame;
  }
  return std::nullopt;
}

}  // namespace tenjo::synth
