#include "tenjo/infer/openvino_error.h"

#include <algorithm>

#include "tenjo/base/text.h"

namespace tenjo {
namespace {

bool IsPlace(std::string_view line) { return line.starts_with("Exception from "); }

// "Check 'condition' failed at src/file.cpp:12: reason" leaves "reason".
std::string_view WithoutCheck(std::string_view line) {
  constexpr std::string_view kFailedAt = "' failed at ";
  if (!line.starts_with("Check '")) {
    return line;
  }
  const std::size_t at = line.find(kFailedAt);
  if (at == std::string_view::npos) {
    return line;
  }
  const std::size_t number = line.find(':', at + kFailedAt.size());
  const std::size_t end = number == std::string_view::npos ? number : line.find(':', number + 1);
  return end == std::string_view::npos ? std::string_view() : Trim(line.substr(end + 1));
}

}  // namespace

std::string OneLine(std::string_view what) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  for (std::string_view line : Split(what, '\n')) {
    line = WithoutCheck(line);
    if (line.empty() || IsPlace(line) || out.ends_with(line)) {
      continue;
    }
    if (!out.empty()) {
      out += out.ends_with(':') ? " " : "; ";
    }
    out += line;
  }
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  while (!out.empty() && (out.back() == '.' || out.back() == ' ' || out.back() == ':')) {
    out.pop_back();
  }
  if (out.size() > kLongest) {
    out = out.substr(0, kLongest) + "...";
  }
  return out.empty() ? "OpenVINO gives no reason" : out;
}

}  // namespace tenjo
