#pragma once

#include <cstdint>
#include <vector>

#include "tenjo/synth/render/sensor.h"
#include "tenjo/synth/set/picture.h"
#include "tenjo/synth/set/picture_people.h"

// Internal to this room.
namespace tenjo::synth {

//! Some people who meet in a room under kCameras cameras: each picture shows one of them, cut out
//! of what one of the cameras sees at one moment, and labels that person alone. Only what is cut
//! out is rendered. Pictures stand view by view, the people of a view in a row.
class IdentityBlock : public PictureMaker {
 public:
  static constexpr int kPeople = 6;
  static constexpr int kCameras = 3;

  //! The block that holds picture `index` (from 0). The assets must outlive it.
  IdentityBlock(const Assets& assets, const PictureOptions& options, std::int64_t index);
  ~IdentityBlock() override;
  IdentityBlock(const IdentityBlock&) = delete;
  IdentityBlock& operator=(const IdentityBlock&) = delete;

  Picture Make(std::int64_t index, PictureTimes& times) override;

 private:
  struct FixedCamera {
    Camera camera;
    Sensor sensor;
  };

  void HangCameras();
  //! All pictures of a view.
  void FilmView(int view, PictureTimes& times);
  //! Puts people into the scene, in the order of `placed`.
  void Show(const std::vector<PlacedPerson>& placed);
  //! A person of the scene as a camera sees them; an empty picture if too little is to be seen.
  Picture Film(const Tracer& tracer, int person, const FixedCamera& film, std::uint64_t seed,
               bool anything, PictureTimes& times);

  const Assets& assets_;
  PictureOptions options_;
  std::int64_t block_;
  std::uint64_t block_seed_;
  Place place_;
  Scene scene_;
  std::size_t place_meshes_ = 0;
  std::vector<Actor> actors_;
  std::vector<FixedCamera> cameras_;
  int view_ = -1;                // that was filmed last ...
  std::vector<Picture> filmed_;  // ... and its pictures
  double cast_s_ = 0;            // not yet reported
};

}  // namespace tenjo::synth
