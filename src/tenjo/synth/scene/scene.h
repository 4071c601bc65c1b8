#pragma once

#include <Eigen/Core>
#include <array>
#include <cstdint>
#include <vector>

namespace tenjo::synth {

// World: metres, z up, the floor at z = 0. Colours: linear RGB reflectance or radiance.
using Vec3f = Eigen::Vector3f;
using Mat3f = Eigen::Matrix3f;

//! Procedural surface patterns; see synth/scene/material.h for what each one draws.
enum class Pattern : std::uint8_t {
  kPlain,
  kSpeckle,
  kStripesAcross,
  kStripesAlong,
  kChecks,
  kPlaid,
  kDots,
  kPrint,  // large irregular motifs, as of flowers
  kKnit,
  kDenim,
  kLogo,  // one patch on the chest or back
  kSkin,
  kHair,
  kWood,
  kPlanks,
  kTiles,
  kTerrazzo,
  kConcrete,
  kBrick,
  kPlaster,
  kCarpet,
  kMetal,
  kPackage,  // goods on a shelf
  kSign,     // boards with something like writing
  kLeaf,
  kTexture,  // an image of --textures
};

struct Material {
  Pattern pattern = Pattern::kPlain;
  Vec3f a = Vec3f::Constant(0.5F);  //!< main colour
  Vec3f b = Vec3f::Constant(0.3F);  //!< second colour of a pattern
  Vec3f c = Vec3f::Constant(0.1F);  //!< third
  float scale = 1;                  //!< pattern repeats per metre of rest coordinates
  float gloss = 0;                  //!< 0 matt .. 1 mirror-like highlight strength
  float roughness = 0.5F;           //!< width of the highlight
  float emission = 0;               //!< radiance added, times a: lamps and lit signs
  std::uint32_t seed = 0;           //!< makes two things of one pattern differ
  int texture = -1;                 //!< of Scene::textures, for kTexture
};

//! Triangles of one material. `rest` holds the place of each vertex before posing, in metres:
//! patterns live there, so that cloth does not swim on a moving body.
struct Mesh {
  std::vector<Vec3f> positions;
  std::vector<Vec3f> normals;  //!< one a vertex, unit length
  std::vector<Vec3f> rest;
  std::vector<std::array<std::uint32_t, 3>> triangles;
  Material material;
  int person = -1;      //!< index in Scene::people, -1: a thing
  bool in_mask = true;  //!< false for what a person only holds (cup, tray, phone, umbrella)
};

enum class LightKind : std::uint8_t { kPanel, kSpot, kWindow, kBulb };

//! A rectangle that shines: centre and half axes; a spot also has a cone about the normal.
struct Light {
  LightKind kind = LightKind::kPanel;
  Vec3f centre = Vec3f::Zero();
  Vec3f half_u = Vec3f::UnitX();
  Vec3f half_v = Vec3f::UnitY();  //!< shines towards half_u x half_v
  Vec3f radiance = Vec3f::Ones();
  float cone_rad = 1.5708F;  //!< half angle of a spot
};

//! 8-bit sRGB image, rows top down.
struct TextureImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

inline constexpr int kNumBodyPoints = 18;  //!< the 17 COCO keypoints, then the neck

//! What is true of a person in a scene at one moment.
struct PersonTruth {
  int identity = 0;  //!< same body and same clothes
  int track = 0;     //!< one visit of an identity
  std::array<Vec3f, kNumBodyPoints> keypoints;
  std::array<float, kNumBodyPoints> radius_m;  //!< of the body part about the keypoint
  Vec3f floor = Vec3f::Zero();                 //!< below the body's middle, z = 0
  float yaw_rad = 0;   //!< where the body faces: 0 along x, counter-clockwise from above
  float height_m = 0;  //!< of the body standing
};

struct Scene {
  std::vector<Mesh> meshes;
  std::vector<Light> lights;
  Vec3f ambient = Vec3f::Constant(0.3F);  //!< radiance from everywhere that nothing blocks nearby
  std::vector<TextureImage> textures;
  std::vector<PersonTruth> people;
};

}  // namespace tenjo::synth
