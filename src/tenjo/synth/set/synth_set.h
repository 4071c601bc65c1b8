#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "tenjo/synth/set/picture.h"

namespace tenjo::synth {

//! Options of a set as text, by their long names: what a user gives, and what set.json keeps.
using SetText = std::map<std::string, std::string>;

//! A set of rendered pictures with their labels.
struct SetOptions {
  std::int64_t images = 0;
  PictureOptions picture;
  std::filesystem::path textures;
  std::filesystem::path motion;
  std::int64_t shard = 1;  //!< of `shards`, from 1
  std::int64_t shards = 1;
  int quality = 95;  //!< of the JPEG files, 1-100
  SetText text;      //!< what set.json keeps
};

//! Reads options from text: images, seed, size, people, camera, split, place, textures, motion,
//! height, tilt, shard, quality, samples, identities, views. Throws Error on what is no value or
//! impossible.
SetOptions ParseSetOptions(const SetText& text);

//! Pieces that sequences share; `option` stands in messages.
std::uint64_t ParseSeed(const std::string& text, const std::string& option = "seed");
PlaceWish ParsePlace(const SetText& text);
void ParseCameraOptions(const SetText& text, CameraOptions& camera);
std::array<int, 2> ParsePeople(const std::string& text, int most);

struct SetJob {
  std::filesystem::path out;
  SetText text;         //!< as given
  bool resume = false;  //!< go on with a set that was cut short; its options may be left out
  int threads = 0;      //!< 0: all cores
  bool quiet = false;   //!< no progress
  std::atomic<bool>* stop = nullptr;  //!< ends the work early when true
};

struct SetSummary {
  std::int64_t images = 0;  //!< made now
  std::int64_t before = 0;  //!< that were there already
  std::int64_t wanted = 0;  //!< of this shard
  std::int64_t people = 0;  //!< labelled now
  double seconds = 0;
  PictureTimes times;
  bool stopped = false;
  std::filesystem::path annotations;
};

//! Makes the set: OUT/images/*.jpg, OUT/annotations.json (of a shard annotations-I-of-N.json) and
//! set.json with the options. Pictures and labels are the same bytes for any number of threads and
//! however the set is cut into shards. Cut short, what was made is a valid set after Ctrl-C, and
//! after the next run with `resume`, which goes on to the same bytes. Throws Error; nothing that
//! was there is overwritten.
SetSummary MakeSet(const SetJob& job);

}  // namespace tenjo::synth
