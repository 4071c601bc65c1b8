#pragma once

#include <functional>
#include <vector>

#include "tenjo/synth/people/garment_form.h"
#include "tenjo/synth/people/garment_style.h"

namespace tenjo::synth {

//! The head in directions from its middle: turn about the vertical (0 ahead, counter-clockwise from
//! above) and tilt from straight up (0) to straight down (pi).
class Skull {
 public:
  explicit Skull(const Form& form);

  //! Distance of the scalp, ears left out.
  float Radius(float turn_rad, float tilt_rad) const;
  Vec3f Direction(float turn_rad, float tilt_rad) const;
  Vec3f At(float turn_rad, float tilt_rad, float off_m) const;
  //! The tilt at which the scalp crosses a height.
  float TiltAt(float turn_rad, const std::function<float(const Vec3f&)>& height_above) const;
  //! The natural hairline's tilt.
  float Hairline(float turn_rad) const;
  //! Metres above the hairline (negative: face, neck); approximate.
  float AboveHairline(const Vec3f& p) const;
  void Angles(const Vec3f& p, float& turn_rad, float& tilt_rad) const;

  Vec3f centre;
  float size;  //!< 1 for a head of ordinary size
  float eye_z, top_z, ear_z, chin_z;

 private:
  static constexpr int kTurns = 36;
  static constexpr int kTilts = 18;

  std::array<std::array<float, kTurns>, kTilts> radius_{};
  std::array<float, 2 * kTurns> hairline_{};
};

//! Hair or cloth that lies on the head as far as it reaches and falls from there.
struct Fall {
  int columns = 48;
  int head_rows = 12;
  int fall_rows = 10;
  std::function<float(float turn)> leave;  //!< tilt where it leaves the head
  std::function<float(float turn, float tilt, float share)> thickness;  //!< on the head, metres
  std::function<float(float turn)> length;                //!< metres below where it leaves
  std::function<float(float turn, float share)> outward;  //!< while it falls, metres
  float gap_m = 0.012F;                                   //!< above what is worn on the trunk
};
Cloth MakeFall(const Form& form, const Skull& skull, const Fall& fall);

//! Hair of a style, at rest. `cover` says how deep under a hat a place is (metres, null: no hat):
//! hair there lies flat.
struct Hair {
  std::vector<Piece> pieces;
  Field covers;  //!< scalp that hair hides; null if bald
};
Hair MakeHair(const Form& form, const Skull& skull, const OutfitStyle& style,
              const Material& material, const Field& cover, Random& random);

}  // namespace tenjo::synth
