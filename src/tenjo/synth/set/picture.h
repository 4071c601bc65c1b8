#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <vector>

#include "tenjo/synth/set/cast.h"
#include "tenjo/synth/set/cast_camera.h"
#include "tenjo/synth/set/coco_set.h"

namespace tenjo::synth {

struct PictureOptions {
  std::uint64_t seed = 0;
  CameraOptions camera;
  std::optional<std::array<int, 2>> people;  //!< from, to; else drawn
  OutfitSplit outfits = OutfitSplit::kTrain;
  PlaceSplit places = PlaceSplit::kTrain;
  PlaceWish place = PlaceWish::kMixed;
  int samples = 1;  //!< light rays a pixel
  //! Above 0: not rooms but so many people, each cut out of `views` pictures (see IdentityBlock).
  std::int64_t identities = 0;
  int views = 8;
};

//! Seconds of one thread's time that parts of the work took.
struct PictureTimes {
  double cast = 0;  //!< rooms, bodies, clothes
  double pose = 0;  //!< where people are, their poses, dressing
  double tree = 0;  //!< of triangles
  double render = 0;
  double label = 0;
  double sensor = 0;
  double write = 0;  //!< JPEG and files

  void Add(const PictureTimes& more);
};

struct Picture {
  cv::Mat image;  //!< 8-bit BGR
  PictureLabel label;
};

//! Some pictures in a row that share what is costly to make. Every picture depends on the seed, its
//! index and the options alone.
class PictureMaker {
 public:
  virtual ~PictureMaker() = default;
  //! A picture of the block; adds what it took to `times`.
  virtual Picture Make(std::int64_t index, PictureTimes& times) = 0;
};

//! Pictures of a block; all but the last have as many.
std::int64_t BlockPictures(const PictureOptions& options);
//! The block that holds picture `index` (from 0). The assets must outlive it.
std::unique_ptr<PictureMaker> MakePictureMaker(const Assets& assets, const PictureOptions& options,
                                               std::int64_t index);

//! Some pictures in a row that share a room and the cut of half of its people, as making those is
//! what costs most after rendering. Nobody is in two pictures: who shares a cut wears other cloth,
//! hair and things and is another identity.
class PictureBlock : public PictureMaker {
 public:
  static constexpr std::int64_t kPictures = 4;

  //! The block that holds picture `index` (from 0). The assets must outlive it.
  PictureBlock(const Assets& assets, const PictureOptions& options, std::int64_t index);
  ~PictureBlock() override;
  PictureBlock(const PictureBlock&) = delete;
  PictureBlock& operator=(const PictureBlock&) = delete;

  Picture Make(std::int64_t index, PictureTimes& times) override;

 private:
  int NumPeople(std::int64_t index) const;
  //! The `number`-th of the block's `place`-th picture.
  Actor MakeActor(int place, int number, OutfitRole role);

  const Assets& assets_;
  PictureOptions options_;
  std::int64_t block_;
  std::uint64_t block_seed_;
  Place place_;
  Scene scene_;
  std::size_t place_meshes_ = 0;
  std::map<int, Actor> cuts_;  // by number, of those that pictures share
  std::vector<Actor> actors_;  // of the picture that is being made
  double cast_s_ = 0;          // not yet reported
};

//! Name of a picture's file; `index` from 0, names from 1.
std::string PictureFileName(std::int64_t index);

}  // namespace tenjo::synth
