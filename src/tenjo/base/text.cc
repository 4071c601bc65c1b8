#include "tenjo/base/text.h"

#include <charconv>

namespace tenjo {
namespace {

template <typename T>
std::optional<T> Parse(std::string_view text) {
  text = Trim(text);
  if (!text.empty() && text.front() == '+') {
    text.remove_prefix(1);
  }
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<double> ParseDouble(std::string_view text) { return Parse<double>(text); }
std::optional<long long> ParseInt(std::string_view text) { return Parse<long long>(text); }

std::optional<std::pair<long long, long long>> ParseSides(std::string_view text) {
  const auto sides = Split(text, 'x');
  if (sides.size() != 2) {
    return std::nullopt;
  }
  const auto width = ParseInt(sides[0]);
  const auto height = ParseInt(sides[1]);
  return width && height ? std::optional(std::pair(*width, *height)) : std::nullopt;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  while (true) {
    const auto end = text.find(separator);
    pieces.push_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) {
      return pieces;
    }
    text.remove_prefix(end + 1);
  }
}

}  // namespace tenjo
