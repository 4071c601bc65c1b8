#include "tenjo/cli/sides_option.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tenjo/base/text.h"

namespace tenjo::cli {

std::pair<int, int> SidesOf(const std::string& name, const std::string& text) {
  const auto [a, b] = ParseSides(text).value_or(std::pair(0LL, 0LL));
  if (a < 1 || b < 1 || a > 32768 || b > 32768) {
    throw CLI::ValidationError(name, fmt::format("\"{}\" must be two whole numbers, as 9x6", text));
  }
  return {static_cast<int>(a), static_cast<int>(b)};
}

}  // namespace tenjo::cli
