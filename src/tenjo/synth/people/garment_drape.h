#pragma once

#include <vector>

#include "tenjo/synth/people/garment_form.h"

namespace tenjo::synth {

//! Cut of a skirt, of a coat's lower part or of an apron.
struct DrapeCut {
  float top_z = 0;  //!< at rest
  float hem_z = 0;
  float ease_m = 0.01F;
  float flare_m = 0;   //!< radius gained per metre below the hip
  float taper = 0.3F;  //!< how fast it may narrow below the widest place, metres a metre
  float pleat_m = 0;   //!< height of pleats at the hem
  int pleats = 9;
  float from_rad = 0;  //!< the columns' directions, 0 ahead: an open front starts at some angle
  float to_rad = 6.2831853F;
  bool closed = true;
  int columns = 48;
  float tuck_m = 0;  //!< drawn in at the top, to lie under a bodice
  std::uint32_t seed = 0;
};

//! Cloth that hangs about both legs: at every length below the hip its outline is the hull of the
//! two legs, so that it follows a step or a seat instead of stretching as skinned cloth does. Above
//! the hip it is skinned like the trunk.
class Drape {
 public:
  //! Measures the form's shell.
  Drape(const Form& form, const DrapeCut& cut, const Material& material);

  Mesh Pose(const PosedBody& posed) const;
  float hem_z() const { return cut_.hem_z; }
  const Material& material() const { return material_; }
  void SetMaterial(const Material& material) { material_ = material; }

 private:
  struct Row {
    float z = 0;
    float below_hip_m = 0;
    float hem = 0;  //!< 0 at the top .. 1 at the hem
    std::vector<float> radius;
    std::vector<float> close;          //!< radius without flare and pleats
    std::vector<SkinWeights> weights;  //!< above the hip only
    std::vector<Vec3f> rest;
  };

  //! The legs' middle and half distance, and the frame, at a length below the hip.
  struct Frame {
    Vec3f centre, half, ahead, left;
  };
  using Bones = std::vector<Eigen::Affine3f>;
  Frame FrameAt(const Bones& bones, float below_hip_m) const;
  static Vec3f Outline(const Frame& frame, float angle_rad, float radius);
  float Angle(int column) const;
  //! The place in the row before.
  const Vec3f& Above(const Mesh& mesh, std::size_t row, int column) const;
  void MeasureRow(const Form& form, Row& row) const;
  void HangRows();
  void AddRows(const Form& form);
  void Triangulate();

  DrapeCut cut_;
  Material material_;
  std::array<Limb, 2> legs_;
  std::array<int, 2> thighs_{}, shins_{};
  int pelvis_ = 0;
  std::vector<Row> rows_;
  std::vector<std::array<std::uint32_t, 3>> triangles_;
  std::vector<Vec3f> pattern_;
};

}  // namespace tenjo::synth
