#include "tenjo/cli/network_options.h"

#include <fmt/format.h>

#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo::cli {

void ParseSize(const std::string& text, BackendOptions& backend) {
  const auto [width, height] = ParseSides(text).value_or(std::pair(-1LL, -1LL));
  constexpr long long kMost = 8192;
  if (width < 0 || height < 1 || width > kMost || height > kMost) {
    throw Error(fmt::format(
        "--size {} is not WIDTHxHEIGHT in pixels up to {}, as 456x256, or 0xHEIGHT for the width "
        "that each image's aspect asks for",
        text, kMost));
  }
  backend.width = static_cast<int>(width);
  backend.height = static_cast<int>(height);
}

}  // namespace tenjo::cli
