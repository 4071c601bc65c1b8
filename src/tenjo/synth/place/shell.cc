#include <algorithm>
#include <cmath>

#include "tenjo/synth/place/sketch.h"
#include "tenjo/synth/scene/material.h"

// Doors, windows and what encloses a room.
namespace tenjo::synth {
namespace {

constexpr float kVestibuleM = 1.25F;  // floor behind a door, so that people come into view walking
constexpr float kRevealM = 0.14F;     // depth of a window

void AddDoor(Sketch& sketch, std::size_t wall_index, float t, float width, float height) {
  Wall& wall = sketch.walls[wall_index];
  wall.openings.push_back(
      {.a = t - width / 2, .b = t + width / 2, .bottom = 0, .top = height, .door = true});
  const Frame frame = wall.At(t);
  sketch.place.doors.push_back(frame.origin);
  sketch.place.doors_inward.push_back(wall.inward);
  const float half = width / 2 + 0.1F;
  sketch.plan.KeepFree(Sketch::Foot(frame, Vec3f(0, -half, 0), Vec3f(1.1F, half, 0)));
  sketch.plan.AddTarget(frame.At(0.5F, 0, 0));
}

void DrawDoors(Sketch& sketch) {
  Random& random = sketch.random;
  const RoomKind kind = sketch.place.kind;
  int count = 1 + (random.Chance(0.5F) ? 1 : 0);
  std::size_t first = static_cast<std::size_t>(random.Index(4));
  if (kind == RoomKind::kCorridor) {
    count = 2 + random.Index(3);
    first = sketch.walls[0].length < sketch.walls[1].length ? 0 : 1;
  }
  for (int i = 0; i < count; ++i) {
    // Entry and exit face each other as a rule; a third door is anywhere.
    const std::size_t index = i == 0 ? first
                              : i == 1 && random.Chance(kind == RoomKind::kCorridor ? 1.0F : 0.6F)
                                  ? (first + 2) % 4
                                  : static_cast<std::size_t>(random.Index(4));
    const Wall& wall = sketch.walls[index];
    const float width = std::min(random.Uniform(0.9F, 1.9F), wall.length - 0.6F);
    const float height = std::min(random.Uniform(2.05F, 2.4F), sketch.ceiling() - 0.1F);
    const float t = random.Uniform(width / 2 + 0.25F, wall.length - width / 2 - 0.25F);
    if (wall.IsFree(t - width / 2 - 0.3F, t + width / 2 + 0.3F, false) || i == 0) {
      AddDoor(sketch, index, t, width, height);
    }
  }
}

void DrawWindows(Sketch& sketch) {
  Random& random = sketch.random;
  const int sides = sketch.place.kind == RoomKind::kCorridor ? random.Index(2) : random.Index(3);
  for (int side = 0; side < sides; ++side) {
    Wall& wall = sketch.walls[static_cast<std::size_t>(random.Index(4))];
    const float sill =
        random.Chance(0.35F) ? random.Uniform(0.08F, 0.3F) : random.Uniform(0.7F, 1.1F);
    const float top = std::min(sketch.ceiling() - 0.15F, sill + random.Uniform(1.1F, 2.2F));
    const float width = random.Uniform(0.9F, 2.6F);
    const float gap = random.Uniform(0.15F, 0.8F);
    for (float t = 0.3F + width / 2; t + width / 2 < wall.length - 0.2F; t += width + gap) {
      if (wall.IsFree(t - width / 2 - 0.08F, t + width / 2 + 0.08F, false)) {
        wall.openings.push_back(
            {.a = t - width / 2, .b = t + width / 2, .bottom = sill, .top = top, .door = false});
      }
    }
  }
}

//! Rectangle of a wall's inner face.
void AddWallPart(Mesh& mesh, const Wall& wall, float a, float b, float bottom, float top,
                 float shift) {
  if (b - a > 1e-3F && top - bottom > 1e-3F) {
    AddQuad(mesh, wall.start + wall.along * a + Vec3f(0, 0, bottom), wall.along * (b - a),
            Vec3f(0, 0, top - bottom), shift + a, bottom);
  }
}

void BuildWallFaces(Sketch& sketch, const Wall& wall, const Material& material, float shift) {
  Mesh& mesh = sketch.Of(material);
  std::vector<Opening> openings = wall.openings;
  std::sort(openings.begin(), openings.end(),
            [](const Opening& p, const Opening& q) { return p.a < q.a; });
  float done = 0;
  for (const Opening& opening : openings) {
    AddWallPart(mesh, wall, done, opening.a, 0, sketch.ceiling(), shift);
    AddWallPart(mesh, wall, opening.a, opening.b, 0, opening.bottom, shift);
    AddWallPart(mesh, wall, opening.a, opening.b, opening.top, sketch.ceiling(), shift);
    done = opening.b;
  }
  AddWallPart(mesh, wall, done, wall.length, 0, sketch.ceiling(), shift);
}

//! The inside of a hole in a wall: a box that lacks its front; `floor` only where there is one of
//! its own.
void AddReveal(Mesh& mesh, const Wall& wall, const Opening& opening, float depth) {
  const Frame frame = wall.At((opening.a + opening.b) / 2);
  const float half = (opening.b - opening.a) / 2;
  const float height = opening.top - opening.bottom;
  const Vec3f in = -wall.inward * depth;
  const Vec3f left = frame.At(0, half, opening.bottom);
  const Vec3f right = frame.At(0, -half, opening.bottom);
  const Vec3f up(0, 0, height);
  AddQuad(mesh, left + in, -in, up, 0, 0);
  AddQuad(mesh, right, in, up, 0, 0);
  AddQuad(mesh, right + up, in, left - right, 0, 0);
  if (opening.bottom > 0) {
    AddQuad(mesh, right, left - right, in, 0, 0);
  }
}

void BuildFrame(Sketch& sketch, const Wall& wall, const Opening& opening) {
  Mesh& mesh = sketch.Of(sketch.style.frame);
  const Frame frame = wall.At((opening.a + opening.b) / 2);
  const float half = (opening.b - opening.a) / 2;
  constexpr float kWide = 0.06F;
  constexpr float kThick = 0.025F;
  const float bottom = opening.door ? 0 : opening.bottom - kWide;
  AddBox(mesh, frame, Vec3f(0, half, bottom), Vec3f(kThick, half + kWide, opening.top + kWide));
  AddBox(mesh, frame, Vec3f(0, -half - kWide, bottom), Vec3f(kThick, -half, opening.top + kWide));
  AddBox(mesh, frame, Vec3f(0, -half, opening.top), Vec3f(kThick, half, opening.top + kWide),
         kAllFaces);
  if (!opening.door) {
    AddBox(mesh, frame, Vec3f(0, -half, bottom), Vec3f(kThick + 0.03F, half, opening.bottom));
    const int bars = static_cast<int>((opening.b - opening.a) / 1.1F);
    for (int i = 1; i <= bars; ++i) {
      const float y = -half + 2 * half * static_cast<float>(i) / static_cast<float>(bars + 1);
      AddBox(mesh, frame, Vec3f(-kRevealM + 0.02F, y - 0.025F, opening.bottom),
             Vec3f(-kRevealM + 0.06F, y + 0.025F, opening.top), kAllFaces);
    }
  }
}

void BuildWindow(Sketch& sketch, const Wall& wall, const Opening& opening) {
  AddReveal(sketch.Of(sketch.style.white), wall, opening, kRevealM);
  const Frame frame = wall.At((opening.a + opening.b) / 2, -kRevealM);
  const float half = (opening.b - opening.a) / 2;
  // The street below, the sky above.
  Material street;
  street.pattern = Pattern::kPrint;
  street.a = sketch.night ? Vec3f(0.02F, 0.02F, 0.03F) : Vec3f(0.35F, 0.36F, 0.36F);
  street.b = sketch.night ? Vec3f(0.06F, 0.05F, 0.03F) : Vec3f(0.5F, 0.48F, 0.44F);
  street.c = sketch.night ? Vec3f(0.3F, 0.22F, 0.1F) : Vec3f(0.2F, 0.26F, 0.18F);
  street.scale = 2;
  street.emission = sketch.night ? 0.5F : 1;
  Material sky = street;
  sky.pattern = Pattern::kPlain;
  sky.a = sketch.night ? Vec3f(0.015F, 0.02F, 0.035F) : Vec3f(0.7F, 0.8F, 0.95F);
  sky.emission = sketch.night ? 0.5F : 2;
  const float middle = std::clamp(1.35F, opening.bottom, opening.top);
  const auto pane = [&](const Material& material, float low, float high) {
    if (high > low) {
      AddQuad(sketch.Of(material), frame.At(0, -half, low), wall.along * (2 * half),
              Vec3f(0, 0, high - low), opening.a, low);
    }
  };
  pane(street, opening.bottom, middle);
  pane(sky, middle, opening.top);
}

//! Floor, walls and dark of what lies behind a door.
void BuildVestibule(Sketch& sketch, const Wall& wall, const Opening& opening) {
  Material side = sketch.style.wall;
  AddReveal(sketch.Of(side), wall, opening, kVestibuleM);
  const Frame frame = wall.At((opening.a + opening.b) / 2);
  const float half = (opening.b - opening.a) / 2;
  const Vec3f right = frame.At(0, -half, 0);
  const Vec3f across = wall.along * (2 * half);
  AddQuad(sketch.Of(sketch.style.floor), right, across, -wall.inward * kVestibuleM, 0.3F, 0.2F);
  Material end;
  end.a = sketch.night ? Vec3f(0.03F, 0.03F, 0.04F) : Vec3f(0.5F, 0.55F, 0.6F);
  end.emission = sketch.random.Chance(0.5F) ? (sketch.night ? 0.3F : 1.2F) : 0;
  AddQuad(sketch.Of(end), frame.At(-kVestibuleM, -half, 0), across, Vec3f(0, 0, opening.top), 0, 0);
  if (sketch.random.Chance(0.6F)) {  // an open leaf along the side
    const Material& leaf = sketch.random.Chance(0.5F) ? sketch.style.frame : sketch.style.wood;
    const float length = std::min(half * 1.9F, kVestibuleM - 0.1F);
    AddBox(sketch.Of(leaf), frame, Vec3f(-length - 0.05F, half - 0.05F, 0.01F),
           Vec3f(-0.05F, half - 0.005F, opening.top - 0.03F));
  }
}

void BuildPillars(Sketch& sketch) {
  const float width = sketch.place.room.x1 - sketch.place.room.x0;
  const float depth = sketch.place.room.y1 - sketch.place.room.y0;
  if (width * depth < 60 || !sketch.random.Chance(0.35F)) {
    return;
  }
  const int count = sketch.random.Integer(1, 3);
  const float half = sketch.random.Uniform(0.14F, 0.26F);
  for (int i = 0; i < count; ++i) {
    const Vec3f at{sketch.random.Uniform(-0.38F, 0.38F) * width,
                   sketch.random.Uniform(-0.38F, 0.38F) * depth, 0};
    const Rect foot = Around(at, half, half);
    if (Sketch::NearMiddle(foot) || !sketch.TryBlock(std::span(&foot, 1), 0.7F)) {
      continue;
    }
    const Frame frame = Frame::Of(at, 0);
    const Vec3f low(-half, -half, 0);
    const Vec3f high(half, half, sketch.ceiling());
    AddBox(sketch.Of(sketch.style.accent_wall), frame, low, high,
           kNoBottom & ~static_cast<unsigned>(kTop));
    sketch.NoteHigh(frame, low, high);
  }
}

//! Pipes or beams close under a high ceiling.
void BuildCeilingWork(Sketch& sketch) {
  const Rect& room = sketch.place.room;
  if (sketch.ceiling() < 2.8F || !sketch.random.Chance(0.4F)) {
    return;
  }
  const bool beams = sketch.random.Chance(0.5F);
  Mesh& mesh = sketch.Of(beams ? sketch.style.dark_wood : sketch.style.metal);
  const float step = sketch.random.Uniform(1.6F, 3.2F);
  const int count = static_cast<int>((room.x1 - room.x0 - 0.3F) / step);
  for (int i = 0; i < count; ++i) {
    const float x = room.x0 + step * (static_cast<float>(i) + 0.5F);
    const float deep = beams ? 0.16F : 0.2F;
    const Rect rect{x - 0.1F, room.y0, x + 0.1F, room.y1};
    if (Sketch::NearMiddle(rect)) {
      continue;
    }
    const Frame frame = Frame::Of(Vec3f(x, 0, sketch.ceiling() - deep), 0);
    const Vec3f low(-0.08F, room.y0, 0);
    const Vec3f high(0.08F, room.y1, deep);
    AddBox(mesh, frame, low, high, kAllFaces & ~static_cast<unsigned>(kTop));
    sketch.NoteHigh(frame, low, high);
  }
}

}  // namespace

void DrawOpenings(Sketch& sketch) {
  DrawDoors(sketch);
  DrawWindows(sketch);
}

void BuildShell(Sketch& sketch) {
  const Rect& room = sketch.place.room;
  const Vec3f across(room.x1 - room.x0, 0, 0);
  const Vec3f along(0, room.y1 - room.y0, 0);
  if (sketch.random.Chance(0.5F)) {
    AddQuad(sketch.Of(sketch.style.floor), Vec3f(room.x0, room.y0, 0), across, along, 0.37F, 0.21F);
  } else {  // laid the other way
    AddQuad(sketch.Of(sketch.style.floor), Vec3f(room.x1, room.y0, 0), along, -across, 0.37F,
            0.21F);
  }
  AddQuad(sketch.Of(sketch.style.ceiling), Vec3f(room.x0, room.y1, sketch.ceiling()), across,
          -along, 0, 0);
  const std::size_t accent = static_cast<std::size_t>(sketch.random.Index(4));
  float shift = 0.13F;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wall& wall = sketch.walls[i];
    BuildWallFaces(sketch, wall, i == accent ? sketch.style.accent_wall : sketch.style.wall, shift);
    shift += wall.length + 0.47F;
    for (const Opening& opening : wall.openings) {
      BuildFrame(sketch, wall, opening);
      if (opening.door) {
        BuildVestibule(sketch, wall, opening);
      } else {
        BuildWindow(sketch, wall, opening);
      }
    }
    // The baseboard stops at doors.
    std::vector<Opening> doors;
    std::copy_if(wall.openings.begin(), wall.openings.end(), std::back_inserter(doors),
                 [](const Opening& o) { return o.door; });
    std::sort(doors.begin(), doors.end(),
              [](const Opening& p, const Opening& q) { return p.a < q.a; });
    float done = 0;
    for (std::size_t k = 0; k <= doors.size(); ++k) {
      const float end = k < doors.size() ? doors[k].a - 0.06F : wall.length;
      if (end > done + 0.02F) {
        AddBox(sketch.Of(sketch.style.frame), wall.At((done + end) / 2),
               Vec3f(0, -(end - done) / 2, 0), Vec3f(0.015F, (end - done) / 2, 0.08F),
               kFront | kTop);
      }
      done = k < doors.size() ? doors[k].b + 0.06F : end;
    }
  }
  BuildPillars(sketch);
  BuildCeilingWork(sketch);
}

}  // namespace tenjo::synth
