#include "tenjo/evaluate/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr int kMaxDepth = 512;
constexpr double kLargestWhole = 9007199254740992.0;  // 2^53: doubles are whole numbers up to there

constexpr std::array<double, 23> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void AppendUtf8(std::string& out, unsigned code) {
  const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3F));
    put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

//! The usual kind of number, and where it ends; nullptr for any other. Up to 15 digits without an
//! exponent are an exact integer over an exact power of ten, so that one division rounds right.
inline const char* PlainNumber(const char* p, const char* end, double& value) {
  const bool negative = p < end && *p == '-';
  p += negative ? 1 : 0;
  std::uint64_t digits = 0;
  const char* first = p;
  while (p < end && IsDigit(*p)) {
    digits = digits * 10 + static_cast<unsigned>(*p++ - '0');
  }
  const std::ptrdiff_t whole = p - first;
  if (whole == 0 || (whole > 1 && *first == '0')) {
    return nullptr;
  }
  std::ptrdiff_t decimals = 0;
  if (p < end && *p == '.') {
    const char* point = p++;
    while (p < end && IsDigit(*p)) {
      digits = digits * 10 + static_cast<unsigned>(*p++ - '0');
    }
    decimals = p - point - 1;
    if (decimals == 0) {
      return nullptr;
    }
  }
  if (whole + decimals > 15 || (p < end && (*p == 'e' || *p == 'E'))) {
    return nullptr;
  }
  value = static_cast<double>(digits);
  if (decimals > 0) {
    value /= kPowersOfTen[static_cast<std::size_t>(decimals)];
  }
  if (negative) {
    value = -value;
  }
  return p;
}

}  // namespace

JsonReader::JsonReader(std::string_view text, std::string name)
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), name_(std::move(name)) {
  if (text.starts_with("\xEF\xBB\xBF")) {
    at_ += 3;
  }
}

void JsonReader::Fail(std::string_view what) const {
  FailAt(static_cast<std::size_t>(at_ - begin_), what);
}

void JsonReader::FailAt(std::size_t offset, std::string_view what) const {
  const char* place = begin_ + std::min(offset, static_cast<std::size_t>(end_ - begin_));
  const auto line = 1 + std::count(begin_, place, '\n');
  const char* start = place;
  while (start > begin_ && start[-1] != '\n') {
    --start;
  }
  throw Error(fmt::format("{}, line {}, column {}: {}", name_, line, 1 + (place - start), what));
}

std::size_t JsonReader::Offset() {
  SkipBlanks();
  return static_cast<std::size_t>(at_ - begin_);
}

JsonReader::Kind JsonReader::Peek() {
  SkipBlanks();
  if (at_ == end_) {
    Fail("the file ends in the middle of its JSON");
  }
  switch (*at_) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
      return Kind::kTrue;
    case 'f':
      return Kind::kFalse;
    case 'n':
      return Kind::kNull;
    default:
      if (*at_ == '-' || IsDigit(*at_)) {
        return Kind::kNumber;
      }
      Fail("this is not JSON: a value must stand here");
  }
}

void JsonReader::Open(char bracket, const char* what) {
  SkipBlanks();
  if (at_ == end_) {
    Fail("the file ends in the middle of its JSON");
  }
  if (*at_ != bracket) {
    Fail(fmt::format("{} must stand here", what));
  }
  if (++depth_ > kMaxDepth) {
    Fail("the JSON is nested too deeply");
  }
  ++at_;
}

bool JsonReader::Closes(char bracket) {
  SkipBlanks();
  if (at_ < end_ && *at_ == bracket) {
    ++at_;
    --depth_;
    return true;
  }
  return false;
}

bool JsonReader::More(char bracket) {
  SkipBlanks();
  if (at_ == end_) {
    Fail("the file ends in the middle of its JSON");
  }
  if (*at_ == ',') {
    ++at_;
    return true;
  }
  if (*at_ != bracket) {
    Fail(fmt::format("this is not JSON: , or {} must stand here", bracket));
  }
  ++at_;
  --depth_;
  return false;
}

std::string_view JsonReader::Key(std::string& unescaped) {
  bool escaped = false;
  std::string_view key = RawString(escaped);
  if (escaped) {
    unescaped = Unescape(key);
    key = unescaped;
  }
  SkipBlanks();
  if (at_ == end_ || *at_ != ':') {
    Fail("this is not JSON: a colon must follow the name of a field");
  }
  ++at_;
  return key;
}

std::string_view JsonReader::RawString(bool& escaped) {
  SkipBlanks();
  if (at_ == end_ || *at_ != '"') {
    Fail("a text in quotes must stand here");
  }
  const char* start = ++at_;
  while (at_ < end_ && *at_ != '"') {
    if (*at_ == '\\') {
      escaped = true;
      ++at_;
    }
    ++at_;
  }
  if (at_ >= end_) {
    at_ = end_;
    Fail("the file ends in the middle of a text");
  }
  return {start, static_cast<std::size_t>(at_++ - start)};
}

std::string JsonReader::Unescape(std::string_view raw) const {
  const auto hex = [&](std::size_t from) {
    unsigned code = 0;
    if (from + 4 > raw.size() ||
        std::from_chars(raw.data() + from, raw.data() + from + 4, code, 16).ptr !=
            raw.data() + from + 4) {
      Fail("the text before this holds a \\u without four hexadecimal digits");
    }
    return code;
  };
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out += raw[i];
      continue;
    }
    ++i;
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const auto place = kFrom.find(raw[i]); place != std::string_view::npos) {
      out += kTo[place];
    } else if (raw[i] == 'u') {
      unsigned code = hex(i + 1);
      i += 4;
      if (code >= 0xD800 && code < 0xDC00 && raw.substr(i + 1).starts_with("\\u")) {
        code = 0x10000 + ((code - 0xD800) << 10) + ((hex(i + 3) - 0xDC00) & 0x3FF);
        i += 6;
      }
      AppendUtf8(out, code);
    } else {
      Fail("the text before this holds an unknown escape");
    }
  }
  return out;
}

std::string JsonReader::String() {
  bool escaped = false;
  const std::string_view raw = RawString(escaped);
  return escaped ? Unescape(raw) : std::string(raw);
}

double JsonReader::Number() {
  SkipBlanks();
  double value = 0;
  if (const char* stop = PlainNumber(at_, end_, value)) {
    at_ = stop;
    return value;
  }
  return SlowNumber();
}

double JsonReader::SlowNumber() {
  const char* p = at_;
  p += p < end_ && *p == '-' ? 1 : 0;
  const char* first = p;
  const auto digits = [&] {
    const char* start = p;
    while (p < end_ && IsDigit(*p)) {
      ++p;
    }
    return p > start;
  };
  if (!digits()) {
    Fail("a number must stand here");
  }
  if (*first == '0' && p - first > 1) {
    Fail("this is not JSON: a number must not start with 0");
  }
  if (p < end_ && *p == '.') {
    ++p;
    if (!digits()) {
      Fail("this is not JSON: digits must follow the decimal point");
    }
  }
  bool small = false;
  if (p < end_ && (*p == 'e' || *p == 'E')) {
    ++p;
    small = p < end_ && *p == '-';
    p += p < end_ && (*p == '-' || *p == '+') ? 1 : 0;
    if (!digits()) {
      Fail("this is not JSON: digits must follow the exponent");
    }
  }
  double value = 0;
  if (std::from_chars(at_, p, value).ec == std::errc::result_out_of_range) {
    // Too small is zero, as elsewhere; too large is no number to reckon with.
    if (!small) {
      Fail("the number is too large");
    }
    value = 0;
  }
  at_ = p;
  return value;
}

std::size_t JsonReader::Numbers(std::span<double> out) {
  Open('[', "an array of numbers");
  if (Closes(']')) {
    return 0;
  }
  std::size_t count = 0;
  do {
    const double value = Number();
    if (count < out.size()) {
      out[count] = value;
    }
    ++count;
  } while (More(']'));
  return count;
}

std::int64_t JsonReader::Integer() {
  const std::size_t offset = Offset();
  // Ids may use all 63 bits, which doubles cannot.
  std::int64_t whole = 0;
  const auto [stop, error] = std::from_chars(at_, end_, whole);
  if (error == std::errc() && (stop == end_ || (*stop != '.' && *stop != 'e' && *stop != 'E'))) {
    at_ = stop;
    return whole;
  }
  const double value = Number();
  if (value != std::floor(value) || std::abs(value) > kLargestWhole) {
    FailAt(offset, "a whole number must stand here");
  }
  return static_cast<std::int64_t>(value);
}

bool JsonReader::Flag() {
  const std::size_t offset = Offset();
  switch (Peek()) {
    case Kind::kTrue:
      SkipWord("true");
      return true;
    case Kind::kFalse:
      SkipWord("false");
      return false;
    case Kind::kNumber: {
      const double value = Number();
      if (value == 0 || value == 1) {
        return value == 1;
      }
      break;
    }
    default:
      break;
  }
  FailAt(offset, "0 or 1 must stand here");
}

void JsonReader::SkipWord(std::string_view word) {
  if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word)) {
    Fail("this is not JSON: a value must stand here");
  }
  at_ += word.size();
}

void JsonReader::Skip() {
  switch (Peek()) {
    case Kind::kObject:
      Object([&](std::string_view) { Skip(); });
      break;
    case Kind::kArray:
      Array([&] { Skip(); });
      break;
    case Kind::kString: {
      bool escaped = false;
      RawString(escaped);
      break;
    }
    case Kind::kNumber:
      Number();
      break;
    case Kind::kTrue:
      SkipWord("true");
      break;
    case Kind::kFalse:
      SkipWord("false");
      break;
    case Kind::kNull:
      SkipWord("null");
      break;
  }
}

void JsonReader::End() {
  SkipBlanks();
  if (at_ != end_) {
    Fail("something follows the end of the JSON");
  }
}

}  // namespace tenjo
