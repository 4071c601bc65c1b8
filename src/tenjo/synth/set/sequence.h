#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "tenjo/synth/set/cast.h"
#include "tenjo/synth/set/cast_camera.h"

namespace tenjo::synth {

struct SequenceOptions {
  std::filesystem::path out;  //!< folder; made if it is not there
  double seconds = 20;        //!< 0.1-600
  double fps = 15;            //!< 1-60
  std::uint64_t seed = 0;
  //! Of the room and of the cameras (their lenses and places); left out: of `seed`. So that many
  //! sequences may be filmed in one place, by one camera.
  std::optional<std::uint64_t> place_seed;
  std::optional<std::uint64_t> camera_seed;
  PlaceWish place = PlaceWish::kMixed;
  bool alike = false;  //!< everybody wears the same colours
  int cameras = 1;     //!< 1-8, of the same people at the same times
  int min_people = 3;  //!< see CrowdOptions
  int max_people = 8;
  double busy = 1;       //!< see CrowdOptions
  CameraOptions camera;  //!< the size must be even; 640x480 if it is not given
  int samples = 1;       //!< light rays a pixel
  int threads = 0;       //!< 0: all cores
  bool images = false;   //!< also every frame as CAMERA/000001.jpg
  bool masks = true;     //!< in the labels
  OutfitSplit outfits = OutfitSplit::kTrain;
  PlaceSplit places = PlaceSplit::kTrain;
  const std::atomic<bool>* stop = nullptr;  //!< set by another thread to end early
};

struct SequenceSummary {
  std::int64_t frames = 0;  //!< of each camera, written
  std::int64_t wanted = 0;
  int tracks = 0;
  int identities = 0;
  int events = 0;
  double seconds = 0;  //!< that it took
};

//! Films people who come into a place, do things and go, and writes for camera K: camK.mp4,
//! camK.json (COCO; image N is the video's frame N - 1), camK.gt.txt (MOTChallenge ground truth);
//! and truth.json about all: people, tracks, their ways on the floor, events, cameras, the place.
//! The same labels and the same pictures on any number of threads. Stopped early, what was rendered
//! is a whole, shorter set. Throws Error on impossible options, a folder that holds a set already,
//! a full disk. `progress` is called with the frames done.
SequenceSummary WriteSequence(const Assets& assets, const SequenceOptions& options,
                              const std::function<void(std::int64_t)>& progress = {});

}  // namespace tenjo::synth
