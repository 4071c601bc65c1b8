#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "tenjo/vision/person.h"

namespace tenjo {

//! The people of one frame, as a line of JSON says them (docs/formats.md).
struct FrameLine {
  std::int64_t number = 0;  //!< from 0
  double time_s = 0;
  std::vector<Person> people;
};

//! Reads what `tenjo run --out` wrote. Throws Error, naming file and line, for what is no such
//! line, numbers that are not finite or over 1e9 in size, and frames that do not rise.
std::vector<FrameLine> ReadFrameLines(const std::filesystem::path& path);

//! The same from text; `name` stands for the file in errors.
std::vector<FrameLine> ParseFrameLines(std::string_view text, std::string_view name);

}  // namespace tenjo
