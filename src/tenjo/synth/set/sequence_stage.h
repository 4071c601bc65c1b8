#pragma once

#include <map>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <vector>

#include "tenjo/synth/render/sensor.h"
#include "tenjo/synth/set/coco_set.h"
#include "tenjo/synth/set/crowd.h"
#include "tenjo/synth/set/sequence.h"

// What a sequence shows, and its pictures. Internal to this room.
namespace tenjo::synth {

struct FilmCamera {
  Camera camera;
  Sensor sensor;
  std::uint64_t seed = 0;
};

//! A frame as one camera sees it.
struct Shot {
  cv::Mat image;  //!< 8-bit BGR
  PictureLabel label;
};

//! A place with its people over time and the cameras in it. Read by all threads.
class Stage {
 public:
  Stage(const Assets& assets, const SequenceOptions& options);

  //! Frame `index` (from 0), one shot a camera. `scene` is the thread's own, made by NewScene.
  std::vector<Shot> Film(std::int64_t index, Scene& scene) const;
  Scene NewScene() const;

  const Place& place() const { return place_; }
  const Crowd& crowd() const { return *crowd_; }
  const std::map<int, Actor>& actors() const { return actors_; }
  const std::vector<FilmCamera>& cameras() const { return cameras_; }

 private:
  void CastPeople();
  void AddPerson(Scene& scene, const CrowdMoment& moment, float time_s) const;
  void PlaceCameras();
  //! Draws one identity: a body, its clothes.
  Actor Draw(int identity, OutfitRole role) const;

  const Assets& assets_;
  SequenceOptions options_;
  Place place_;
  std::map<int, Actor> actors_;
  std::unique_ptr<Crowd> crowd_;
  std::vector<FilmCamera> cameras_;
};

}  // namespace tenjo::synth
