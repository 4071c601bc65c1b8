#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tenjo {

//! One box of a MOTChallenge file.
struct TrackRow {
  std::int64_t frame = 1;  //!< from 1
  std::int64_t id = 0;
  double x = 0;
  double y = 0;
  double w = 0;
  double h = 0;
  bool counts = true;    //!< truth: the seventh column is not 0
  int kind = 1;          //!< truth: class of MOT16 and later, 1 is a pedestrian
  bool classed = false;  //!< truth: has the 8 or 9 columns of MOT16 and later, not MOT15's 10
};

struct TrackSequence {
  std::string name;
  std::int64_t frames = 0;       //!< how long it is
  std::vector<TrackRow> truth;   //!< by rising frame; within one as in the file
  std::vector<TrackRow> tracks;  //!< the same
};

enum class MotBenchmark { kMot15, kMot17, kMot20 };

//! Reads frame, id, x, y, w, h [, counts or score [, class]], separated by commas or blanks. Unlike
//! ReadMot every line counts, boxes without a size too. Throws Error with file and line for what is
//! not a number, fewer than six columns, frames below 1, ids below 0, an id twice in a frame.
std::vector<TrackRow> ReadTrackRows(const std::filesystem::path& path, bool truth);
std::vector<TrackRow> ParseTrackRows(std::string_view text, const std::string& name, bool truth);

//! Sequences of a truth and of results: both a file each, or both folders. Of sequence SEQ the
//! truth is SEQ/gt/gt.txt, SEQ/gt.txt, SEQ.gt.txt or SEQ.txt, its length from SEQ/seqinfo.ini if
//! there is one, else up to the last box; the tracks are SEQ.txt, data/SEQ.txt or SEQ/NAME where
//! `file` is given. Only `names`, if any. Throws Error for sequences without tracks, and frames
//! beyond the length.
std::vector<TrackSequence> ReadTrackSequences(const std::filesystem::path& truth,
                                              const std::filesystem::path& tracks,
                                              const std::string& file,
                                              const std::vector<std::string>& names);

//! MOT17 if every row of the truth has a class, else MOT15, whose eighth column is a place in
//! metres.
MotBenchmark GuessBenchmark(const std::vector<TrackSequence>& sequences);

//! The picture of a frame: SEQ/img1/000001.jpg, SEQ/000001.jpg or 000001.jpg in `folder`; empty if
//! there is none.
std::filesystem::path TrackPicture(const std::filesystem::path& folder, const std::string& sequence,
                                   std::int64_t frame);

}  // namespace tenjo
