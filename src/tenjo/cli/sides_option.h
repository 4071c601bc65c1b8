#pragma once

#include <string>
#include <utility>

namespace tenjo::cli {

//! Width and height as the option `name` says them, "640x480", 1 to 32768 each. Throws CLI::Error.
std::pair<int, int> SidesOf(const std::string& name, const std::string& text);

}  // namespace tenjo::cli
