#include "tenjo/synth/scene/material.h"

#include <array>
#include <cmath>

#include "tenjo/synth/scene/material_patterns.h"

namespace tenjo::synth {
namespace {

constexpr float kFarthest = 1e4F;  // metres; beyond it single precision has no pattern left

float Tame(float x, float limit) { return x > -limit && x < limit ? x : 0; }  // NaN becomes 0 too

Vec3f PatternAlbedo(const Scene& scene, const Surface& s) {
  switch (s.m.pattern) {
    case Pattern::kPlain:
      return PlainAlbedo(s);
    case Pattern::kSpeckle:
      return SpeckleAlbedo(s);
    case Pattern::kStripesAcross:
      return StripesAlbedo(s, true);
    case Pattern::kStripesAlong:
      return StripesAlbedo(s, false);
    case Pattern::kChecks:
      return ChecksAlbedo(s);
    case Pattern::kPlaid:
      return PlaidAlbedo(s);
    case Pattern::kDots:
      return DotsAlbedo(s);
    case Pattern::kPrint:
      return PrintAlbedo(s);
    case Pattern::kKnit:
      return KnitAlbedo(s);
    case Pattern::kDenim:
      return DenimAlbedo(s);
    case Pattern::kLogo:
      return LogoAlbedo(s);
    case Pattern::kSkin:
      return SkinAlbedo(s);
    case Pattern::kHair:
      return HairAlbedo(s);
    case Pattern::kWood:
      return WoodAlbedo(s);
    case Pattern::kPlanks:
      return PlanksAlbedo(s);
    case Pattern::kTiles:
      return TilesAlbedo(s);
    case Pattern::kTerrazzo:
      return TerrazzoAlbedo(s);
    case Pattern::kConcrete:
      return ConcreteAlbedo(s);
    case Pattern::kBrick:
      return BrickAlbedo(s);
    case Pattern::kPlaster:
      return PlasterAlbedo(s);
    case Pattern::kCarpet:
      return CarpetAlbedo(s);
    case Pattern::kMetal:
      return MetalAlbedo(s);
    case Pattern::kPackage:
      return PackageAlbedo(s);
    case Pattern::kSign:
      return SignAlbedo(s);
    case Pattern::kLeaf:
      return LeafAlbedo(s);
    case Pattern::kTexture:
      if (s.m.texture >= 0 && static_cast<std::size_t>(s.m.texture) < scene.textures.size()) {
        return TextureAlbedo(s, scene.textures[static_cast<std::size_t>(s.m.texture)]);
      }
      return s.m.a;
  }
  return s.m.a;
}

}  // namespace

void Surface::Bend(float dx, float dy, float dz) const {
  const Vec3f bent = *normal + Vec3f(dx, dy, dz);
  const float length = bent.norm();
  if (length > 0.2F) {
    *normal = bent / length;
  }
}

Vec3f Albedo(const Scene& scene, const Material& material, const Vec3f& rest, float footprint_m,
             Vec3f& normal) {
  const float footprint = footprint_m > 1e-5F ? (footprint_m < 100 ? footprint_m : 100) : 1e-5F;
  const Surface s{.m = material,
                  .x = Tame(rest.x(), kFarthest),
                  .y = Tame(rest.y(), kFarthest),
                  .z = Tame(rest.z(), kFarthest),
                  .scale = material.scale > 0 && material.scale < 1e3F ? material.scale : 1,
                  .footprint = footprint,
                  .offset = static_cast<float>((material.seed * 2654435761U) >> 20) * 0.0078F,
                  .normal = &normal};
  const Vec3f colour = PatternAlbedo(scene, s);
  return {Clamp01(colour.x()), Clamp01(colour.y()), Clamp01(colour.z())};
}

Vec3f FromSrgb(int r, int g, int b) {
  const auto linear = [](int value) {
    const float c = static_cast<float>(value < 0 ? 0 : (value > 255 ? 255 : value)) / 255;
    return c <= 0.04045F ? c / 12.92F : std::pow((c + 0.055F) / 1.055F, 2.4F);
  };
  return {linear(r), linear(g), linear(b)};
}

}  // namespace tenjo::synth
