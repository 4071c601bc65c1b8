#include "tenjo/model/ir_outline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr std::uintmax_t kLargestXml = std::uintmax_t{256} << 20U;

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Value of an attribute of the tag ("layer id=..."); empty if it has none of that name.
std::string_view Attribute(std::string_view tag, std::string_view name) {
  for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    const std::size_t after = at + name.size();
    if (at == 0 || !IsBlank(tag[at - 1]) || tag.substr(after, 2) != "=\"") {
      continue;
    }
    const std::size_t end = tag.find('"', after + 2);
    return end == std::string_view::npos ? std::string_view()
                                         : tag.substr(after + 2, end - after - 2);
  }
  return {};
}

bool IsElement(std::string_view tag, std::string_view name) {
  return tag.substr(0, name.size()) == name && tag.size() > name.size() &&
         IsBlank(tag[name.size()]);
}

// Calls see(tag) with what stands between < and > of each element.
template <typename See>
void ForEachTag(std::string_view xml, const See& see) {
  for (std::size_t at = xml.find('<'); at != std::string_view::npos; at = xml.find('<', at + 1)) {
    const std::size_t end = xml.find('>', at);
    if (end == std::string_view::npos) {
      return;
    }
    see(xml.substr(at + 1, end - at - 1));
    at = end;
  }
}

void CheckWeights(const std::filesystem::path& xml, std::uintmax_t needed) {
  const std::filesystem::path bin = std::filesystem::path(xml).replace_extension(".bin");
  std::error_code failure;
  const auto size = std::filesystem::file_size(bin, failure);
  if (failure) {
    throw Error(fmt::format("the network {} needs its weights in {}: {}", xml.string(),
                            bin.string(), failure.message()));
  }
  if (size < needed) {
    throw Error(fmt::format("the weights {} are cut short: {} bytes where {} speaks of {}",
                            bin.string(), size, xml.filename().string(), needed));
  }
}

}  // namespace

IrOutline ReadIrOutline(const std::filesystem::path& path) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (!failure && size == 0) {
    throw Error(fmt::format("the network {} is an empty file", path.string()));
  }
  if (!failure && size > kLargestXml) {
    throw Error(fmt::format("{} has {} bytes, too many for the .xml file of an OpenVINO network",
                            path.string(), size));
  }
  const std::string xml = ReadFile(path);
  IrOutline outline;
  bool is_net = false;
  std::uintmax_t weights = 0;
  ForEachTag(xml, [&](std::string_view tag) {
    if (IsElement(tag, "net")) {
      is_net = true;
      outline.name = Attribute(tag, "name");
    } else if (IsElement(tag, "layer")) {
      outline.layers.emplace(Attribute(tag, "name"));
      if (Attribute(tag, "type") == "Parameter") {
        outline.inputs.emplace(Attribute(tag, "name"));
      }
    } else if (IsElement(tag, "data")) {
      const auto offset = ParseInt(Attribute(tag, "offset"));
      const auto bytes = ParseInt(Attribute(tag, "size"));
      if (offset && bytes && *offset >= 0 && *bytes >= 0) {
        weights = std::max(
            weights, static_cast<std::uintmax_t>(*offset) + static_cast<std::uintmax_t>(*bytes));
      }
    }
  });
  if (!is_net) {
    throw Error(
        fmt::format("{} is not an OpenVINO network: it has no <net> element", path.string()));
  }
  if (!Trim(xml).ends_with("</net>")) {
    throw Error(
        fmt::format("the network {} is cut short: it does not end with </net>", path.string()));
  }
  CheckWeights(path, weights);
  return outline;
}

}  // namespace tenjo
