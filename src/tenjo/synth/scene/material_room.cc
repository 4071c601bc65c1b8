#include <cmath>

#include "tenjo/synth/scene/material_patterns.h"

// Floors, walls and what furniture is made of.
namespace tenjo::synth {
namespace {

//! Streaks along u: wood and brushed metal. In [-1, 1], mean 0.
float Grain(const Surface& s, float f, float stretch, float shift) {
  const float fade = Fade(s.footprint * f);
  return fade > 0 ? fade * Noise(s.x * f + shift, s.y * f * stretch, s.z * f + s.offset) : 0;
}

float WoodTone(const Surface& s, float shift) {
  return 0.55F * Grain(s, 22 * s.scale, 0.06F, shift) +
         0.45F * Grain(s, 95 * s.scale, 0.04F, shift);
}

}  // namespace

Vec3f WoodAlbedo(const Surface& s) {
  const float tone = WoodTone(s, s.offset);
  return Mix(s.m.a, s.m.b, 0.4F + 0.45F * tone);
}

Vec3f PlanksAlbedo(const Surface& s) {
  constexpr float kJointM = 0.004F;
  constexpr float kLength = 8;  // of a plank, in widths
  const float v = s.z * s.scale;
  const int row = FloorInt(v);
  const float shift = HashUnit(HashCell(row, 0, s.m.seed));
  const float u = s.y * s.scale / kLength + shift;
  const std::uint32_t hash = HashCell(row, FloorInt(u), s.m.seed ^ 77U);
  const float w = s.footprint * s.scale;
  const float plank_fade = Fade(w);
  const float tone = (HashUnit(hash) - 0.5F) * plank_fade;
  Surface grain = s;
  grain.scale = 1;
  Vec3f colour =
      Mix(s.m.a, s.m.b,
          0.4F + 0.55F * tone + 0.3F * WoodTone(grain, HashUnit(hash, 16) * 29 * plank_fade));
  const float joint = kJointM * s.scale;
  const float across = Pulse(v, joint, w);
  const float along = Pulse(u, joint / kLength, w / kLength);
  colour = Mix(colour, s.m.c, 0.85F * (across + along - across * along));
  return colour;
}

Vec3f TilesAlbedo(const Surface& s) {
  constexpr float kJointM = 0.005F;
  const float u = s.y * s.scale;
  const float v = s.z * s.scale;
  const float w = s.footprint * s.scale;
  const int iu = FloorInt(u);
  const int iv = FloorInt(v);
  Vec3f colour = s.m.a;
  if ((s.m.seed & 3U) == 1) {  // a chequerboard of a and c
    const float p = Pulse(u * 0.5F, 0.5F, w * 0.5F);
    const float q = Pulse(v * 0.5F, 0.5F, w * 0.5F);
    colour = Mix(s.m.a, s.m.c, p + q - 2 * p * q);
  }
  const float tone = (HashUnit(HashCell(iu, iv, s.m.seed)) - 0.5F) * Fade(w);
  colour *= 1 + 0.12F * tone + 0.05F * Fade(s.footprint * 9) * Noise(u * 3, v * 3, s.offset);
  const float joint = kJointM * s.scale;
  const float across = Pulse(u, joint, w);
  const float along = Pulse(v, joint, w);
  return Mix(colour, s.m.b, across + along - across * along);
}

Vec3f TerrazzoAlbedo(const Surface& s) {
  // Two sizes of chips, one a cell; shares that they cover: pi r^2 averaged over r in [low, high].
  constexpr float kLow = 0.14F;
  constexpr float kHigh = 0.42F;
  constexpr float kCover = 3.14159265F * (kLow * kLow + kLow * kHigh + kHigh * kHigh) / 3;
  Vec3f colour = s.m.a * (1 + 0.05F * Fade(s.footprint * 6) * Noise(s.y * 6, s.z * 6, s.offset));
  for (int layer = 0; layer < 2; ++layer) {
    const float f = 26 * s.scale * (layer == 0 ? 1.0F : 2.7F);
    const float u = (s.y * 0.83F + s.z * 0.56F) * f + static_cast<float>(layer) * 0.37F + s.x;
    const float v = (s.z * 0.83F - s.y * 0.56F) * f;
    const float w = s.footprint * f;
    const float fade = Fade(w);
    const Vec3f mean = 0.5F * (s.m.b + s.m.c);
    if (fade <= 0) {
      colour = Mix(colour, mean, kCover);
      continue;
    }
    const std::uint32_t hash =
        HashCell(FloorInt(u), FloorInt(v), s.m.seed + static_cast<std::uint32_t>(layer));
    const float radius = kLow + (kHigh - kLow) * HashUnit(hash);
    const float reach = 0.5F - radius;
    const float du = Fraction(u) - 0.5F - reach * (2 * HashUnit(hash, 8) - 1);
    const float dv = Fraction(v) - 0.5F - reach * (2 * HashUnit(hash, 16) - 1);
    const float edge = w < 0.04F ? 0.04F : (w > 0.4F ? 0.4F : w);
    const float inside = Clamp01((radius - std::sqrt(du * du + dv * dv)) / edge + 0.5F);
    const Vec3f chip = Mix(mean, (hash >> 5) & 1U ? s.m.b : s.m.c, fade);
    colour = Mix(colour, chip, kCover + (inside - kCover) * fade);
  }
  return colour;
}

Vec3f ConcreteAlbedo(const Surface& s) {
  float tone =
      0.5F * Fade(s.footprint * 1.1F) * Noise(s.x * 1.1F + s.offset, s.y * 1.1F, s.z * 1.1F);
  tone += 0.3F * Fade(s.footprint * 5) * Noise(s.x * 5, s.y * 5 + s.offset, s.z * 5);
  const float fine = Fade(s.footprint * 45);
  if (fine > 0) {
    tone += 0.3F * fine * Noise(s.x * 45, s.y * 45, s.z * 45 + s.offset);
  }
  Vec3f colour = Mix(s.m.a, s.m.b, 0.4F + 0.45F * tone);
  if ((s.m.seed & 1U) != 0) {  // cast in slabs
    const float w = s.footprint * s.scale;
    const float joint = 0.006F * s.scale;
    const float p = Pulse(s.y * s.scale, joint, w);
    const float q = Pulse(s.z * s.scale, joint, w);
    colour = Mix(colour, s.m.c, 0.8F * (p + q - p * q));
  }
  return colour;
}

Vec3f BrickAlbedo(const Surface& s) {
  constexpr float kLength = 3.2F;  // of a brick, in heights
  const float v = s.z * s.scale;
  const int row = FloorInt(v);
  const float u = s.y * s.scale / kLength + ((row & 1) != 0 ? 0.5F : 0.0F);
  const float w = s.footprint * s.scale;
  const float fade = Fade(w);
  const std::uint32_t hash = HashCell(row, FloorInt(u), s.m.seed);
  const float tone = fade * (HashUnit(hash) - 0.5F);
  const float rough_fade = Fade(s.footprint * 50);
  const float rough = rough_fade > 0 ? rough_fade * Noise(s.x * 50, s.y * 50, s.z * 50) : 0;
  const Vec3f brick = Mix(s.m.a, s.m.c, 0.35F + 0.6F * tone) * (1 + 0.14F * rough);
  const float across = Pulse(v, 0.14F, w);
  const float along = Pulse(u, 0.14F / kLength, w / kLength);
  const float mortar = across + along - across * along;
  s.Bend(0.12F * rough, 0.12F * tone * fade, 0.1F * rough + 0.2F * mortar * fade);
  return Mix(brick, s.m.b, mortar);
}

Vec3f PlasterAlbedo(const Surface& s) {
  const float slow = Fade(s.footprint) * Noise(s.x + s.offset, s.y, s.z);
  const float fade = Fade(s.footprint * 30);
  const float fine = fade > 0 ? fade * Noise(s.x * 30, s.y * 30, s.z * 30) : 0;
  return s.m.a * (1 + 0.06F * slow + 0.035F * fine);
}

Vec3f CarpetAlbedo(const Surface& s) {
  const float w = s.footprint * s.scale;
  float tone = 0;
  const float fade = Fade(s.footprint * 160);
  if (fade > 0) {
    tone = fade * Noise(s.y * 160, s.z * 160, s.x * 160 + s.offset);
    s.Bend(0.2F * tone, -0.2F * tone, 0);
  }
  const float loop_fade = Fade(s.footprint * 28);
  if (loop_fade > 0) {
    tone += 0.6F * loop_fade * Noise(s.y * 28, s.z * 28, s.offset);
  }
  Vec3f colour = Mix(s.m.a, s.m.b, 0.35F + 0.3F * tone);
  if ((s.m.seed & 3U) == 1) {  // squares whose pile lies the other way each time
    const float p = Pulse(s.y * s.scale * 0.5F, 0.5F, w * 0.5F);
    const float q = Pulse(s.z * s.scale * 0.5F, 0.5F, w * 0.5F);
    colour *= 0.94F + 0.12F * (p + q - 2 * p * q);
  } else if ((s.m.seed & 3U) == 2) {  // bands of the third colour
    colour = Mix(colour, s.m.c, 0.7F * Pulse(s.z * s.scale, 0.22F, w));
  }
  return colour;
}

Vec3f MetalAlbedo(const Surface& s) {
  return s.m.a * (1 + 0.09F * Grain(s, 150 * s.scale, 0.03F, 0) + 0.05F * Grain(s, 9, 0.5F, 3));
}

}  // namespace tenjo::synth
