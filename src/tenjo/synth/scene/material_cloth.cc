#include <cmath>

#include "tenjo/synth/scene/material_patterns.h"

// Cloth, skin and hair.
namespace tenjo::synth {
namespace {

// Across a body and partly around it: cloth must not smear over the sides, where y stands still.
float Around(const Surface& s) { return s.y + 0.6F * s.x; }

float Bit(const Surface& s, int bit) { return (s.m.seed >> bit) & 1U ? 1.0F : 0.0F; }

//! Soft creases of worn cloth: a slow change of tone, the same for all woven stuffs.
float Worn(const Surface& s, float strength) {
  return 1 + strength * Fade(s.footprint * 14) * Noise(s.x * 14 + s.offset, s.y * 14, s.z * 9);
}

//! How deeply a cloth creases on a body: knitwear less than what is woven, what shines (a puffer,
//! leather) hardly. Some iron, some do not.
float CreaseOf(const Material& material) {
  float depth = 0.34F;
  switch (material.pattern) {
    case Pattern::kSkin:
    case Pattern::kHair:
      return 0;
    case Pattern::kKnit:
      depth = 0.2F;
      break;
    case Pattern::kSpeckle:
      depth = 0.26F;
      break;
    default:
      break;
  }
  const float shiny = material.gloss > 0.03F ? 0.3F : 1.0F;
  return depth * shiny * (0.5F + HashUnit(HashCell(7, 11, material.seed)));
}

//! Slope of ridges along the zeros of noise: folds are rounded, and sharp where two meet.
Vec3f Ridges(const Vec3f& at, float offset) {
  constexpr float kRound = 0.015F;
  Vec3f slope;
  const float n = NoiseSlope(at.x() + offset, at.y(), at.z() + 3 * offset, slope);
  return slope * (n / std::sqrt(n * n + kRound));
}

}  // namespace

Vec3f CreaseSlope(const Material& material, const Vec3f& rest, float footprint_m) {
  // Long folds that hang, and short ones across, where a limb bends or cloth is pushed together.
  constexpr float kHanging = 11;
  constexpr float kAcross = 17;
  const float hanging = Fade(footprint_m * kHanging);
  const float across = Fade(footprint_m * kAcross);
  const float crease = CreaseOf(material);
  if (hanging <= 0 || crease <= 0) {
    return Vec3f::Zero();
  }
  const float offset = static_cast<float>((material.seed * 2654435761U) >> 20) * 0.0078F;
  const float where = Noise(rest.x() * 3.5F, rest.y() * 3.5F + offset, rest.z() * 3.5F);
  const auto ridges = [&](float round, float along) {
    const Vec3f frequency(round, round, along);
    return Vec3f(Ridges(rest.cwiseProduct(frequency), offset).cwiseProduct(frequency) / round);
  };
  Vec3f slope = hanging * (0.6F - 0.4F * where) * ridges(kHanging, 0.45F * kHanging);
  if (across > 0) {
    slope += across * std::max(0.0F, 0.35F + 0.8F * where) * ridges(0.55F * kAcross, kAcross);
  }
  return crease * slope;
}

Vec3f PlainAlbedo(const Surface& s) { return s.m.a * Worn(s, 0.05F); }

Vec3f SpeckleAlbedo(const Surface& s) {
  const float f = 90 * s.scale;
  const float fade = Fade(s.footprint * f);
  const float n = fade > 0 ? fade * Noise(s.x * f + s.offset, s.y * f, s.z * f) : 0;
  return Mix(s.m.a, s.m.b, 0.35F + 0.45F * n);
}

Vec3f StripesAlbedo(const Surface& s, bool across) {
  const float t = (across ? s.z : Around(s)) * s.scale + s.offset;
  const float w = s.footprint * s.scale;
  const float duty = 0.25F + 0.25F * Bit(s, 3);
  Vec3f colour = Mix(s.m.a, s.m.b, Pulse(t, duty, w));
  if (Bit(s, 4) > 0) {  // a thin third line between the stripes
    colour = Mix(colour, s.m.c, Pulse(t - 0.72F, 0.07F, w));
  }
  return colour * Worn(s, 0.05F);
}

Vec3f ChecksAlbedo(const Surface& s) {
  const float w = s.footprint * s.scale;
  const float p = Pulse(Around(s) * s.scale, 0.5F, w);
  const float q = Pulse(s.z * s.scale + s.offset, 0.5F, w);
  // Gingham weaves both ways half, a chequerboard swaps.
  const float cover = Bit(s, 3) > 0 ? 0.5F * (p + q) : p + q - 2 * p * q;
  return Mix(s.m.a, s.m.b, cover) * Worn(s, 0.05F);
}

Vec3f PlaidAlbedo(const Surface& s) {
  const float w = s.footprint * s.scale;
  const float u = Around(s) * s.scale;
  const float v = s.z * s.scale + s.offset;
  Vec3f colour = Mix(s.m.a, s.m.b, 0.55F * Pulse(u, 0.42F, w));
  colour = Mix(colour, s.m.b, 0.55F * Pulse(v, 0.42F, w));
  colour = Mix(colour, s.m.c, 0.8F * Pulse(u - 0.66F, 0.07F, w));
  return Mix(colour, s.m.c, 0.8F * Pulse(v - 0.66F, 0.07F, w)) * Worn(s, 0.05F);
}

Vec3f DotsAlbedo(const Surface& s) {
  constexpr float kRadius = 0.28F;
  constexpr float kCover = 3.14159265F * kRadius * kRadius;
  const float v = s.z * s.scale + s.offset;
  const int row = FloorInt(v);
  const float u = Around(s) * s.scale + ((row & 1) != 0 ? 0.5F : 0.0F);
  const float du = Fraction(u) - 0.5F;
  const float dv = v - static_cast<float>(row) - 0.5F;
  const float w = s.footprint * s.scale;
  const float edge = w < 0.02F ? 0.02F : (w > 0.4F ? 0.4F : w);
  const float inside = Clamp01((kRadius - std::sqrt(du * du + dv * dv)) / edge + 0.5F);
  return Mix(s.m.a, s.m.b, kCover + (inside - kCover) * Fade(w)) * Worn(s, 0.05F);
}

Vec3f PrintAlbedo(const Surface& s) {
  // Shares that the two motifs cover, measured (see the test of the means).
  constexpr float kFirst = 0.290F;
  constexpr float kSecond = 0.192F;
  const float f = 1.6F * s.scale;
  const float fade = Fade(s.footprint * f);
  if (fade <= 0) {
    return Mix(Mix(s.m.a, s.m.b, kFirst), s.m.c, kSecond);
  }
  const float x = s.x * f + s.offset;
  const float y = s.y * f;
  const float z = s.z * f;
  const float edge = 0.06F + s.footprint * f;
  const float first = Smooth(0.2F - edge, 0.2F + edge, Noise(x, y, z));
  const float second =
      Smooth(0.33F - edge, 0.33F + edge, Noise(x * 1.7F + 7.3F, y * 1.7F + 3.1F, z * 1.7F));
  const Vec3f colour = Mix(s.m.a, s.m.b, kFirst + (first - kFirst) * fade);
  return Mix(colour, s.m.c, kSecond + (second - kSecond) * fade);
}

Vec3f KnitAlbedo(const Surface& s) {
  // Scale is of cables; the stitches are fourteen times finer.
  const float fine = 14 * s.scale;
  const float fade = Fade(s.footprint * fine);
  const float cable_fade = Fade(s.footprint * s.scale);
  float tone = 0;
  if (fade > 0) {
    // Two stitches that lean towards each other make the V of a stocking stitch.
    const float u = Around(s) * fine;
    const float v = s.z * fine * 0.7F + std::abs(Fraction(u) - 0.5F);
    const float stitch = std::abs(2 * Fraction(v) - 1);
    tone += fade * (0.24F * (stitch - 0.5F));
    const float slope = fade * 0.35F * (Fraction(u) - 0.5F);
    s.Bend(slope * 0.3F, slope, fade * 0.3F * (stitch - 0.5F));
  }
  const float rib = std::abs(2 * Fraction(Around(s) * s.scale * 2) - 1) - 0.5F;
  tone += cable_fade * 0.16F * rib;
  return Mix(s.m.a, s.m.b, 0.12F - tone * 0.4F) * (0.94F + tone);
}

Vec3f DenimAlbedo(const Surface& s) {
  const float fine = 260 * s.scale;
  const float fade = Fade(s.footprint * fine);
  float twill = 0;
  if (fade > 0) {
    twill = fade * (std::abs(2 * Fraction((Around(s) + s.z) * fine) - 1) - 0.5F);
  }
  const float washed = Fade(s.footprint * 5) * Noise(s.x * 5 + s.offset, s.y * 5, s.z * 3);
  return Mix(s.m.a, s.m.b, 0.3F + 0.3F * washed + 0.25F * twill);
}

Vec3f LogoAlbedo(const Surface& s) {
  constexpr float kMiddle = 1.27F;  // of the chest of a grown body, metres above the floor
  Vec3f cloth = s.m.a * Worn(s, 0.05F);
  const float side = Bit(s, 0) > 0 ? -1.0F : 1.0F;
  if (s.x * side < 0.02F) {
    return cloth;
  }
  const float u = s.y * s.scale / 0.11F * side;
  const float v = (s.z - kMiddle) * s.scale / 0.11F;
  const float w = s.footprint * s.scale / 0.11F + 0.02F;
  const auto within = [w](float distance) { return Clamp01(0.5F - distance / w); };
  const float box = std::max(std::abs(u) - 1.0F, std::abs(v) - 0.75F);
  const float ring = std::sqrt(u * u + v * v);
  switch ((s.m.seed >> 1) & 3U) {
    case 0: {  // a disc with a bar across
      const float cover = within(ring - 0.9F);
      const float bar = cover * within(std::abs(v) - 0.18F);
      return Mix(Mix(cloth, s.m.b, cover), s.m.c, bar);
    }
    case 1: {  // lines of letters
      const float row = Pulse(v * 1.6F + 0.2F, 0.6F, w * 1.6F);
      const float letters =
          HashUnit(HashCell(FloorInt(u * 5), FloorInt(v * 1.6F + 0.2F), s.m.seed)) > 0.25F ? 1.0F
                                                                                           : 0.0F;
      const float gap = 1 - Pulse(u * 5, 0.2F, w * 5);
      return Mix(cloth, s.m.b, within(box) * row * letters * gap);
    }
    case 2: {  // a picture: two tones of noise
      const float n = Noise(u * 2.3F + s.offset, v * 2.3F, 0.5F);
      return Mix(cloth, Mix(s.m.b, s.m.c, Smooth(-0.15F, 0.15F, n)), within(box));
    }
    default: {  // a ring
      return Mix(cloth, s.m.b, within(std::abs(ring - 0.75F) - 0.2F));
    }
  }
}

Vec3f SkinAlbedo(const Surface& s) {
  const float slow = Fade(s.footprint * 8) * Noise(s.x * 8 + s.offset, s.y * 8, s.z * 8);
  const float fine_fade = Fade(s.footprint * 60);
  const float fine = fine_fade > 0 ? fine_fade * Noise(s.x * 60, s.y * 60, s.z * 60) : 0;
  // Blood shows more in red than in blue.
  const Vec3f tint(1 + 0.05F * slow + 0.03F * fine, 1 + 0.08F * slow + 0.04F * fine,
                   1 + 0.09F * slow + 0.04F * fine);
  return s.m.a.cwiseProduct(tint);
}

Vec3f HairAlbedo(const Surface& s) {
  const float f = 140 * s.scale;
  const float fade = Fade(s.footprint * f);
  const float lock_fade = Fade(s.footprint * f * 0.2F);
  float tone = 0;
  if (fade > 0) {
    const float strand = fade * Noise(s.x * f + s.offset, s.y * f, s.z * f * 0.08F);
    tone += 0.35F * strand;
    s.Bend(0.25F * strand, -0.25F * strand, 0);
  }
  if (lock_fade > 0) {
    const float lock =
        lock_fade * Noise(s.x * f * 0.2F, s.y * f * 0.2F + s.offset, s.z * f * 0.03F);
    tone += 0.4F * lock;
    s.Bend(0.3F * lock, 0.3F * lock, 0.1F * lock);
  }
  return Mix(s.m.a, s.m.b, 0.3F + 0.4F * tone) * (1 + 0.5F * tone);
}

}  // namespace tenjo::synth
