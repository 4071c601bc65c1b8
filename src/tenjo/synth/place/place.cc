#include "tenjo/synth/place/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "tenjo/base/error.h"
#include "tenjo/synth/place/sketch.h"

namespace tenjo::synth {
namespace {

constexpr int kAttempts = 100;
constexpr float kSqueezeM = 0.15F;   // of a body that goes sideways to its seat
constexpr float kSeatStepM = 0.85F;  // from free floor to the seat

RoomKind DrawKind(bool cafe, PlaceSplit split, Random& random) {
  using enum RoomKind;
  constexpr std::array<RoomKind, 5> kTrainCafes = {kCounterCafe, kCounterCafe, kCornerCafe,
                                                   kMarketCafe, kMarketCafe};
  constexpr std::array<RoomKind, 2> kTestCafes = {kIslandCafe, kKioskCafe};
  constexpr std::array<RoomKind, 5> kTrainRooms = {kOffice, kShop, kCorridor, kLivingRoom, kHall};
  constexpr std::array<RoomKind, 2> kTestRooms = {kLibrary, kWaitingRoom};
  const bool train = split == PlaceSplit::kTrain;
  if (cafe) {
    return train ? random.Pick(std::span<const RoomKind>(kTrainCafes))
                 : random.Pick(std::span<const RoomKind>(kTestCafes));
  }
  return train ? random.Pick(std::span<const RoomKind>(kTrainRooms))
               : random.Pick(std::span<const RoomKind>(kTestRooms));
}

Rect DrawRoom(RoomKind kind, Random& random) {
  float width = random.Uniform(5, 12);
  float depth = random.Uniform(4.5F, 9);
  switch (kind) {
    case RoomKind::kCorridor:
      width = random.Uniform(7, 14);
      depth = random.Uniform(4, 4.6F);
      break;
    case RoomKind::kIslandCafe:
    case RoomKind::kHall:
      width = random.Uniform(8, 14);
      depth = random.Uniform(7.5F, 12);
      break;
    case RoomKind::kLivingRoom:
      width = random.Uniform(4.5F, 8);
      depth = random.Uniform(4, 6.5F);
      break;
    default:
      if (random.Chance(0.15F)) {
        width = random.Uniform(4, 6);
        depth = random.Uniform(4, 6);
      } else if (random.Chance(0.2F)) {
        width = random.Uniform(10, 14);
        depth = random.Uniform(6, 12);
      }
      break;
  }
  if (random.Chance(0.5F)) {
    std::swap(width, depth);
  }
  return {-width / 2, -depth / 2, width / 2, depth / 2};
}

float DrawCeiling(const Rect& room, Random& random) {
  // Large rooms are higher.
  const float side = std::min(room.x1 - room.x0, room.y1 - room.y0);
  const float high = std::clamp(2.6F + 0.35F * side, 3.2F, 5.2F);
  return random.Chance(0.55F) ? random.Uniform(2.4F, 3.2F) : random.Uniform(2.6F, high);
}

//! Keeps the seats that somebody can get to.
void KeepReachedSeats(Sketch& sketch) {
  ReachGrid grid(sketch.place.room, kSqueezeM);
  for (const Rect& rect : sketch.plan.obstacles()) {
    grid.Block(rect);
  }
  grid.Flood(sketch.plan.targets().front());
  std::erase_if(sketch.place.seats,
                [&](const Seat& seat) { return !grid.ReachedNear(seat.place, kSeatStepM); });
  for (Seat& seat : sketch.place.seats) {
    seat.yaw_rad = std::remainder(seat.yaw_rad, 6.28318531F);
  }
}

//! Takes over the textures that meshes use, renumbered.
void TakeTextures(Place& place, const std::vector<TextureImage>& all) {
  std::vector<int> numbers(all.size(), -1);
  for (Mesh& mesh : place.meshes) {
    int& texture = mesh.material.texture;
    if (texture < 0) {
      continue;
    }
    int& number = numbers[static_cast<std::size_t>(texture)];
    if (number < 0) {
      number = static_cast<int>(place.textures.size());
      place.textures.push_back(all[static_cast<std::size_t>(texture)]);
    }
    texture = number;
  }
}

//! Nothing if a room that needs a till has no room for one.
std::optional<Place> TryDraw(const FurnitureAsset& asset, const PlaceOptions& options,
                             Random& random) {
  const RoomKind kind = DrawKind(options.cafe, options.split, random);
  const Rect room = DrawRoom(kind, random);
  Sketch sketch(*asset.impl, options, random, room);
  sketch.place.kind = kind;
  sketch.place.ceiling_m = options.ceiling_m != 0 ? options.ceiling_m : DrawCeiling(room, random);
  sketch.style = DrawStyle(kind, options.split, static_cast<int>(options.textures.size()), random);
  sketch.night = random.Chance(0.4F);
  DrawOpenings(sketch);
  const bool has_desk = kind == RoomKind::kWaitingRoom || kind == RoomKind::kLibrary;
  const bool pays = options.cafe || kind == RoomKind::kShop;
  if (pays || (has_desk && random.Chance(0.6F))) {
    DrawCounter(sketch);
  }
  if (pays && sketch.place.queue.empty()) {
    return std::nullopt;
  }
  DrawShelving(sketch);
  DrawSeating(sketch);
  DrawDecor(sketch);
  BuildShell(sketch);
  DrawLights(sketch);
  KeepReachedSeats(sketch);
  sketch.place.obstacles = sketch.plan.obstacles();
  std::vector<int> numbers;
  sketch.place.meshes = sketch.meshes.Take(numbers);
  for (ShelfFront& shelf : sketch.place.shelves) {
    for (GoodsPart& part : shelf.parts) {
      part.mesh = numbers[static_cast<std::size_t>(part.mesh)];
    }
  }
  TakeTextures(sketch.place, options.textures);
  return std::move(sketch.place);
}

}  // namespace

Place DrawPlace(const FurnitureAsset& asset, const PlaceOptions& options, Random& random) {
  if (options.ceiling_m != 0 && !(options.ceiling_m >= 2.2F && options.ceiling_m <= 6)) {
    throw Error(fmt::format("A ceiling of {} m cannot be built: give 2.2 to 6 m, or 0 to draw one.",
                            options.ceiling_m));
  }
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::optional<Place> place = TryDraw(asset, options, random);
    if (place) {
      return *std::move(place);
    }
  }
  throw CheckFailure("internal error: no room for a cafe's till, many times over");
}

bool IsFree(const Place& place, const Vec3f& at, float radius_m) {
  if (at.x() - radius_m < place.room.x0 || at.x() + radius_m > place.room.x1 ||
      at.y() - radius_m < place.room.y0 || at.y() + radius_m > place.room.y1) {
    return false;
  }
  return std::none_of(place.obstacles.begin(), place.obstacles.end(), [&](const Rect& rect) {
    const float dx = at.x() - std::clamp(at.x(), rect.x0, rect.x1);
    const float dy = at.y() - std::clamp(at.y(), rect.y0, rect.y1);
    return dx * dx + dy * dy < radius_m * radius_m;
  });
}

bool IsCameraFree(const Place& place, const Vec3f& at, float clearance_m) {
  const Rect& room = place.room;
  if (at.x() - clearance_m < room.x0 || at.x() + clearance_m > room.x1 ||
      at.y() - clearance_m < room.y0 || at.y() + clearance_m > room.y1 ||
      at.z() > place.ceiling_m - 0.05F) {
    return false;
  }
  return std::none_of(place.high.begin(), place.high.end(), [&](const HighThing& thing) {
    return Overlaps(Around(at, clearance_m, clearance_m), thing.rect) &&
           at.z() + clearance_m > thing.bottom_m && at.z() - clearance_m < thing.top_m;
  });
}

}  // namespace tenjo::synth
