#pragma once

#include "tenjo/synth/scene/noise.h"
#include "tenjo/synth/scene/scene.h"

// The patterns behind Albedo(), one function each. Patterns of a surface run in rest y (u, to the
// right) and z (v, up); flat things have x = 0 there. Internal to this room.
namespace tenjo::synth {

struct Surface {
  const Material& m;
  float x, y, z;    // rest, metres
  float scale;      // repeats per metre
  float footprint;  // of a pixel, metres
  float offset;     // by seed, so that things of one pattern differ
  Vec3f* normal;

  //! Turns the normal by up to `strength` (tangent of the angle).
  void Bend(float dx, float dy, float dz) const;
};

Vec3f PlainAlbedo(const Surface& s);
Vec3f SpeckleAlbedo(const Surface& s);
Vec3f StripesAlbedo(const Surface& s, bool across);
Vec3f ChecksAlbedo(const Surface& s);
Vec3f PlaidAlbedo(const Surface& s);
Vec3f DotsAlbedo(const Surface& s);
Vec3f PrintAlbedo(const Surface& s);
Vec3f KnitAlbedo(const Surface& s);
Vec3f DenimAlbedo(const Surface& s);
Vec3f LogoAlbedo(const Surface& s);
Vec3f SkinAlbedo(const Surface& s);
Vec3f HairAlbedo(const Surface& s);

Vec3f WoodAlbedo(const Surface& s);
Vec3f PlanksAlbedo(const Surface& s);
Vec3f TilesAlbedo(const Surface& s);
Vec3f TerrazzoAlbedo(const Surface& s);
Vec3f ConcreteAlbedo(const Surface& s);
Vec3f BrickAlbedo(const Surface& s);
Vec3f PlasterAlbedo(const Surface& s);
Vec3f CarpetAlbedo(const Surface& s);
Vec3f MetalAlbedo(const Surface& s);

Vec3f PackageAlbedo(const Surface& s);
Vec3f SignAlbedo(const Surface& s);
Vec3f LeafAlbedo(const Surface& s);
Vec3f TextureAlbedo(const Surface& s, const TextureImage& image);

}  // namespace tenjo::synth
