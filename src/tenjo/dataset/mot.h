#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tenjo/vision/box.h"

namespace tenjo {

//! One line of a MOTChallenge file.
struct MotBox {
  std::int64_t frame = 1;  //!< from 1
  std::int64_t id = -1;    //!< of the person; -1 in files of detections
  Box box;
  double score = 1;
  std::int64_t row = -1;  //!< place among the file's lines of boxes, from 0; -1: of no file

  //! Of frame, id, box and score.
  bool operator==(const MotBox&) const;
};

struct MotFile {
  std::vector<MotBox> boxes;    //!< by rising frame; within a frame as in the file
  std::int64_t rows = 0;        //!< lines of boxes, also those left out
  std::size_t empty_boxes = 0;  //!< lines left out because their box has no size
  std::size_t repeated = 0;     //!< lines left out because an equal one is there
  bool sorted = false;          //!< the file's frames were not in order
  //! What was done about such lines, a sentence each.
  std::vector<std::string> warnings;
};

inline constexpr std::int64_t kMaxMotFrame = 2'147'483'647;

//! Reads a file of detections or of tracks in MOTChallenge format, a box a line:
//!   frame, id, x, y, w, h [, score [, anything]]
//! separated by commas, with blanks allowed around numbers. Frames count from 1; x, y, w, h are
//! pixels, x, y the top left corner. A missing score is 1; columns after the score are not read.
//!
//! Rules: lines end in LF, CRLF or CR; a byte order mark and blank lines are passed over; a file
//! without boxes is one without people, and gives a warning. Frames may come in any order and are
//! sorted, boxes of a frame keeping the file's order. Boxes whose width or height is 0 or negative
//! (or under 1e-6 pixels) are left out, and so are repetitions of a frame, id and box (the highest
//! score stays); each kind is counted and gives one warning. Throws Error, naming file and line,
//! for fewer than six columns, what is not a number, NaN, infinite numbers, pixels or scores beyond
//! ±1e9, a frame or id that is not whole, and a frame below 1 or above kMaxMotFrame; and for a file
//! that cannot be read.
MotFile ReadMot(const std::filesystem::path& path);

//! The same from text; `name` stands for the file in errors and warnings.
MotFile ParseMot(std::string_view text, std::string_view name);

//! A line of a MOTChallenge result file, with line end: frame,id,x,y,w,h,score,-1,-1,-1. Pixels
//! have two decimals, the score up to six significant digits.
std::string FormatMotLine(const MotBox& box);

}  // namespace tenjo
