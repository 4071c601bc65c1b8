#pragma once

#include <vector>

#include "tenjo/synth/people/body.h"
#include "tenjo/synth/people/garment_mesh.h"

namespace tenjo::synth {

//! An arm (shoulder, elbow, wrist) or a leg (hip, knee, ankle) at rest.
struct Limb {
  Vec3f top = Vec3f::Zero();
  Vec3f joint = Vec3f::Zero();
  Vec3f end = Vec3f::Zero();
  float upper_m = 0;
  float lower_m = 0;

  float length_m() const { return upper_m + lower_m; }
  //! Metres along the limb of the place's projection; negative above its top, goes on past its end.
  float Along(const Vec3f& p) const;
  //! The place on the limb's axis at a distance along it.
  Vec3f At(float along_m) const;
  //! Unit direction of the axis there.
  Vec3f Direction(float along_m) const;
};

//! How far a body's trunk, with what it wears, reaches in every direction at every height: the
//! convex outline of horizontal slices, about an upright axis.
class TrunkOutline {
 public:
  static constexpr int kDirections = 48;

  TrunkOutline(const Cloth& tights, const std::vector<Vec3f>& shell, float low_z, float high_z,
               float axis_x);

  //! Cloth that hangs from what is above it: narrows by no more than `taper` metres a metre
  //! downwards.
  void Hang(float from_z, float taper);

  float axis_x() const { return axis_x_; }
  //! Radius at a direction (0 ahead, counter-clockwise) and height.
  float Radius(float angle_rad, float z) const;

 private:
  std::array<float, kDirections>& slab(int i) { return slabs_[static_cast<std::size_t>(i)]; }
  void FillEmpty(const std::vector<int>& counts);
  void Smooth();

  float low_z_;
  float step_;
  float axis_x_;
  std::vector<std::array<float, kDirections>> slabs_;
};

//! A body at rest being dressed from the inside out.
class Form {
 public:
  Form(const BodyAsset& body_asset, const RestBody& rest_body, const BodyShape& body_shape);

  const BodyAsset& asset;
  const RestBody& rest;
  const BodyShape& shape;
  float scale;               //!< 1 for a body 1.70 m tall
  Cloth tights;              //!< a close skin of neck, trunk, arms, legs, feet
  std::vector<Vec3f> shell;  //!< where the outermost cloth so far is, one a vertex of tights
  std::array<Limb, 2> arms;  //!< left, right
  std::array<Limb, 2> legs;
  float axis_x;  //!< of the trunk
  float crotch_z, hip_z, waist_z, bust_z, armpit_z, shoulder_z;
  float eye_z, top_z;
  Vec3f neck;  //!< where the neck leaves the trunk
  int head_bone, chest_bone, pelvis_bone;

  //! What garments cover so far; skin deeper than a few centimetres inside one is left out.
  std::vector<Field> covers;

  const Limb& arm(const Vec3f& p) const { return arms[p.y() > 0 ? 0 : 1]; }
  const Limb& leg(const Vec3f& p) const { return legs[p.y() > 0 ? 0 : 1]; }
  TrunkOutline Outline() const;
  //! The vertex of the tights nearest to a place, the arms left out unless asked for.
  std::size_t NearestTights(const Vec3f& p, bool arms_too = false) const;
  //! Outward normals of the shell.
  std::vector<Vec3f> ShellNormals(int smoothing) const;
  //! Skin weights of a body vertex of the asset.
  SkinWeights WeightsOf(std::size_t vertex) const;
  float ArmShare(const SkinWeights& weights) const;

 private:
  void TakeTights();
  void FindLandmarks();

  std::vector<bool> is_arm_bone_;
  //! Vertices that share an edge with each vertex of the tights.
  std::vector<std::vector<std::uint32_t>> near_;
};

//! How a garment sits.
struct Fit {
  float ease_m = 0.006F;      //!< gap to what is below
  float hang = 0;             //!< 0 clings .. 1 hangs from the chest
  float taper = 0.25F;        //!< of hanging cloth, metres a metre
  float flare_m = 0;          //!< more at the hem of the trunk
  float sleeve_radius_m = 0;  //!< at least this about the arm
  float sleeve_end_m = 0;     //!< and this at the wrist
  float leg_radius_m = 0;     //!< at least this about the thigh's lower half
  float leg_end_m = 0;        //!< and this at the ankle
  float fold_m = 0.004F;      //!< height of folds
  float fold_size_m = 0.11F;
  float quilt_pitch_m = 0;  //!< 0: no quilting
  float quilt_depth_m = 0;
  bool fine = false;      //!< refined mesh
  float hem_m = 0.005F;   //!< thickness shown at openings
  float hide_m = 0.035F;  //!< what lies deeper under it than this is left out
  std::uint32_t seed = 0;
};

//! The whole tights laid out as loose cloth over the shell (not cut yet, vertices as in
//! form.tights).
Cloth LayCloth(const Form& form, const Fit& fit);

//! Cuts a garment to a field, puts it on the form (shell, covers) and drops what it hides of
//! `inner`. `border` gets the cut edges before they are turned in (may be null).
Cloth WearGarment(Form& form, const Fit& fit, const Field& field, const std::vector<Cloth*>& inner,
                  Border* border);

}  // namespace tenjo::synth
