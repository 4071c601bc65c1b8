#include <algorithm>
#include <array>
#include <cmath>

#include "tenjo/synth/scene/material.h"
#include "tenjo/synth/scene/material_patterns.h"

// Goods, signs, leaves and pictures.
namespace tenjo::synth {
namespace {

//! Something like lines of words: the share of ink, 0..1. `rows` lines per metre.
float Writing(float u, float v, float rows, float footprint, std::uint32_t seed) {
  constexpr float kShare = 0.6F;    // of the cells that carry a letter
  constexpr float kHeight = 0.55F;  // of a letter, of its row
  const float w = footprint * rows;
  const float fade = Fade(w);
  const float row = Pulse(v * rows, kHeight, w);
  if (fade <= 0) {
    return row * kShare;
  }
  const std::uint32_t hash = HashCell(FloorInt(u * rows * 1.1F), FloorInt(v * rows), seed);
  const float letter = HashUnit(hash) < kShare ? 1.0F : 0.0F;
  return row * (kShare + (letter - kShare) * fade);
}

const std::array<float, 256>& LinearOfByte() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> t = {};
    for (int i = 0; i < 256; ++i) {
      t[static_cast<std::size_t>(i)] = FromSrgb(i, i, i).x();
    }
    return t;
  }();
  return table;
}

//! For indices at most one picture away from it.
int Wrap(int i, int n) { return i < 0 ? i + n : (i >= n ? i - n : i); }

Vec3f Texel(const std::array<float, 256>& linear, const std::uint8_t* rgb) {
  return {linear[rgb[0]], linear[rgb[1]], linear[rgb[2]]};
}

}  // namespace

Vec3f PackageAlbedo(const Surface& s) {
  const int item = FloorInt(s.x + 0.5F);
  const std::uint32_t hash = HashCell(item, 11, s.m.seed);
  const std::uint32_t other = HashCell(item, 23, s.m.seed);
  // A family of goods: mostly a, some b, few c, each a little off.
  const float which = HashUnit(hash);
  Vec3f base = which < 0.5F ? s.m.a : (which < 0.8F ? s.m.b : s.m.c);
  const float hue = HashUnit(hash, 16) - 0.5F;
  base = base.cwiseProduct(
      Vec3f(1 + 0.35F * hue, 1 + 0.25F * (HashUnit(other) - 0.5F), 1 - 0.35F * hue));
  const float bright = HashUnit(other, 8);
  const Vec3f label = bright < 0.6F ? Vec3f(0.75F, 0.73F, 0.68F) : Vec3f(s.m.c * (0.5F + bright));
  const Vec3f ink = bright < 0.3F ? Vec3f(0.45F, 0.03F, 0.03F) : Vec3f(0.04F, 0.04F, 0.07F);
  // The height after which the print repeats, so that any size of package has some.
  const float rows = 4 + 5 * HashUnit(other, 16);
  const float v = s.z * rows + HashUnit(hash, 8);
  const float w = s.footprint * rows;
  const float band = Pulse(v, 0.42F, w);
  const float line = Pulse(v - 0.55F, 0.1F, w);
  const float text = Writing(s.y, s.z, 65 * s.scale, s.footprint, hash);
  Vec3f colour = Mix(base, label, band);
  colour = Mix(colour, ink, 0.75F * band * text);
  return Mix(colour, s.m.c, line);
}

Vec3f SignAlbedo(const Surface& s) {
  // Scale is lines per metre. Every seventh line is a heading in the third colour, the one after it
  // blank.
  const float group = Pulse(s.z * s.scale / 7, 6.0F / 7, s.footprint * s.scale / 7);
  const float heading = Pulse(s.z * s.scale / 7 - 5.0F / 7, 1.0F / 7, s.footprint * s.scale / 7);
  const float margin = Pulse(s.y * s.scale / 16 + 0.03F, 0.9F, s.footprint * s.scale / 16);
  const float ink = Writing(s.y, s.z, s.scale, s.footprint, s.m.seed) * group * margin;
  return Mix(s.m.a, Mix(s.m.b, s.m.c, heading), ink);
}

Vec3f LeafAlbedo(const Surface& s) {
  const float n = Fade(s.footprint * 16) * Noise(s.x * 16 + s.offset, s.y * 16, s.z * 16);
  const float fade = Fade(s.footprint * 70);
  const float fine = fade > 0 ? fade * Noise(s.x * 70, s.y * 70, s.z * 70) : 0;
  return Mix(s.m.a, s.m.b, 0.4F + 0.35F * n + 0.2F * fine);
}

Vec3f TextureAlbedo(const Surface& s, const TextureImage& image) {
  if (image.width <= 0 || image.height <= 0 ||
      image.rgb.size() <
          3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height)) {
    return s.m.a;
  }
  const auto width = static_cast<float>(image.width);
  const auto height = static_cast<float>(image.height);
  // One repeat is 1 / scale wide and as high as the picture's shape asks.
  const float pixels_per_metre = s.scale * width;
  const float x = Fraction(s.y * s.scale) * width - 0.5F;
  const float y = Fraction(-s.z * s.scale * width / height) * height - 0.5F;
  const float footprint = s.footprint * pixels_per_metre;
  const std::array<float, 256>& linear = LinearOfByte();
  const auto at = [&](int column, int row) {
    const auto pixel = static_cast<std::ptrdiff_t>(Wrap(row, image.height)) * image.width +
                       Wrap(column, image.width);
    return Texel(linear, image.rgb.data() + 3 * pixel);
  };
  if (footprint < 1.5F) {
    const int x0 = FloorInt(x);
    const int y0 = FloorInt(y);
    const float fx = x - static_cast<float>(x0);
    const float fy = y - static_cast<float>(y0);
    return Mix(Mix(at(x0, y0), at(x0 + 1, y0), fx), Mix(at(x0, y0 + 1), at(x0 + 1, y0 + 1), fx),
               fy);
  }
  // The mean of the texels of a grid over the pixel; over more than the picture, of the whole
  // picture.
  const int taps = std::clamp(static_cast<int>(footprint), 2, 4);
  const float step_x = std::min(footprint, width) / static_cast<float>(taps);
  const float step_y = std::min(footprint, height) / static_cast<float>(taps);
  const float first = 0.5F - static_cast<float>(taps) / 2;
  Vec3f sum = Vec3f::Zero();
  for (int j = 0; j < taps; ++j) {
    const int row = FloorInt(y + 0.5F + (first + static_cast<float>(j)) * step_y);
    for (int i = 0; i < taps; ++i) {
      sum += at(FloorInt(x + 0.5F + (first + static_cast<float>(i)) * step_x), row);
    }
  }
  return sum / static_cast<float>(taps * taps);
}

}  // namespace tenjo::synth
