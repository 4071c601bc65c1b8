#pragma once

#include <Eigen/Geometry>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/synth/scene/random.h"
#include "tenjo/synth/scene/scene.h"

namespace tenjo::synth {

//! Parts of the base mesh (MakeHuman's groups).
enum class BodyGroup : std::uint8_t { kBody, kLeftEye, kRightEye, kTights, kSkirt, kHair };

inline constexpr int kNumBodyGroups = 6;
inline constexpr int kNumSkins = 10;  //!< skin colours, light to dark

//! The body asset: MakeHuman's CC0 base mesh, a reduced rig and a shape space
//! (tools/export_body.py, which describes the file). Loaded once, read by all threads.
class BodyAsset {
 public:
  //! Throws Error if the file is missing or damaged.
  static std::shared_ptr<const BodyAsset> Load(const std::filesystem::path& path);

  int bone(std::string_view name) const;  //!< index; TENJO_CHECKs that it exists
  //! Index of a named place: a COCO keypoint ("left_wrist"), "neck", "head_top", "left_palm",
  //! "left_fingertip", "left_heel", "left_ball" (of the foot), "left_toe_tip"; TENJO_CHECKs that it
  //! exists.
  int point(std::string_view name) const;
  //! Index in the asset of a vertex of MakeHuman's base.obj; TENJO_CHECKs that the asset has it.
  int vertex(int base_vertex) const;

  std::vector<std::string> bone_names;
  std::vector<int> parents;                         //!< -1: root; parents come first
  std::vector<std::string> point_names;             //!< the 18 keypoints come first
  std::vector<int> point_bones;                     //!< the bone that carries each point
  std::vector<std::array<std::uint32_t, 4>> quads;  //!< counter-clockwise seen from outside
  std::vector<BodyGroup> quad_groups;
  std::vector<int> quad_bones;                               //!< the bone that moves the quad most
  std::vector<std::array<std::uint16_t, 4>> quad_texture;    //!< texture place of each corner
  std::vector<Eigen::Vector2f> texture_places;               //!< 0..1, v upwards
  std::vector<std::array<std::uint8_t, 4>> influence_bones;  //!< 4 a vertex, strongest first
  std::vector<std::array<float, 4>> influence_weights;       //!< sum to 1
  std::vector<Vec3f> mean;  //!< vertices of the mean shape, metres, z up, facing +x
  // shape space and more: private to body.cc
  struct Impl;
  std::shared_ptr<const Impl> impl;
};

//! A body's unchanging facts.
struct BodyShape {
  std::vector<float> coefficients;  //!< of the shape space, in standard deviations
  float height_m = 1.7F;
  bool female = false;
  bool child = false;
  float age_years = 35;
  float weight = 0.5F;  //!< 0 thin .. 1 heavy for its height
  int skin = 0;         //!< index of a skin colour, light to dark, below kNumSkins
};

//! Draws a person as a cafe sees them (few children, heights of adults 145-200 cm).
BodyShape DrawBodyShape(const BodyAsset& asset, Random& random);

//! The shaped body at rest (standing, arms as in the asset), metres, z up, facing +x, feet on z =
//! 0.
struct RestBody {
  std::vector<Vec3f> positions;   //!< all vertices of the asset
  std::vector<Vec3f> bone_heads;  //!< joint place of every bone
  std::vector<Vec3f> points;      //!< BodyAsset::point_names
  std::array<Vec3f, kNumBodyPoints> keypoints;
  float height_m = 0;  //!< sole to crown
};
//! Coefficients that are left out are 0; more than the asset has are a broken promise.
RestBody ShapeBody(const BodyAsset& asset, const BodyShape& shape);

//! Rotation of every bone against its parent in the rest frame, and where the root goes.
struct BodyPose {
  std::vector<Eigen::Quaternionf> rotations;
  Vec3f root = Vec3f::Zero();   //!< displacement of the root joint from its rest place
  float yaw_rad = 0;            //!< turns the whole body about z
  Vec3f place = Vec3f::Zero();  //!< then moves it
};

//! The pose in which the body is at rest.
BodyPose RestPose(const BodyAsset& asset);

//! world_from_rest of every bone.
std::vector<Eigen::Affine3f> BoneTransforms(const BodyAsset& asset, const RestBody& rest,
                                            const BodyPose& pose);

//! The body in a pose, by linear blend skinning.
struct PosedBody {
  std::vector<Vec3f> positions;
  std::vector<Vec3f> normals;          //!< unit
  std::vector<Eigen::Affine3f> bones;  //!< world_from_rest of every bone
  std::vector<Vec3f> points;           //!< BodyAsset::point_names
  std::array<Vec3f, kNumBodyPoints> keypoints;
};
PosedBody PoseBody(const BodyAsset& asset, const RestBody& rest, const BodyPose& pose);

}  // namespace tenjo::synth
