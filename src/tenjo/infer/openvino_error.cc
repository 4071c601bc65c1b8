#include "tenjo/infer/openvino_error.h"

#include <algorithm>

#include "tenjo/base/text.h"

namespace tenjo {
namespace {

bool IsPlace(std::string_view line) { return line.starts_with("Exception from "); }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "layer x: Check 'condition' failed at src/file.cpp:12: reason" leaves "layer x: reason".
std::string WithoutChecks(std::string_view text) {
  constexpr std::string_view kFailedAt = "' failed at ";
  std::string line(text);
  for (std::size_t at = line.find("Check '"); at != std::string::npos;
       at = line.find("Check '", at)) {
    const std::size_t failed = line.find(kFailedAt, at);
    if (failed == std::string::npos) {
      break;
    }
    std::size_t end = std::min(line.find(':', failed + kFailedAt.size()), line.size());
    while (end < line.size() && (line[end] == ':' || line[end] == ' ' || IsDigit(line[end]))) {
      ++end;
    }
    line.erase(at, end - at);
  }
  return line;
}

}  // namespace

std::string OneLine(std::string_view what) {
  constexpr std::size_t kLongest = 300;
  std::string out;
  for (const std::string_view text : Split(what, '\n')) {
    const std::string kept = WithoutChecks(text);
    const std::string_view line = Trim(kept);
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
