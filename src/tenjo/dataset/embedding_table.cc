#include "tenjo/dataset/embedding_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"
#include "tenjo/base/text.h"

namespace tenjo {
namespace {

constexpr std::size_t kLongest = 65536;  // numbers of an embedding

void AddRow(EmbeddingTable& table, std::span<const double> row, std::string_view name,
            std::int64_t number, const char* word) {
  bool any = false;
  for (const double value : row) {
    const auto as_float = static_cast<float>(value);
    if (!std::isfinite(as_float)) {
      throw Error(fmt::format("{}, {} {}: an embedding's numbers must be finite and one is {}",
                              name, word, number, value));
    }
    any = any || as_float != 0;
    table.values.push_back(as_float);
  }
  if (!any) {
    throw Error(fmt::format("{}, {} {}: all of the embedding's numbers are 0", name, word, number));
  }
}

std::vector<double> ParseRow(std::string_view line, std::string_view name, std::int64_t number) {
  std::vector<double> row;
  constexpr std::string_view kBetween = ", \t";
  while (true) {
    const std::size_t begin = line.find_first_not_of(kBetween);
    if (begin == std::string_view::npos) {
      return row;
    }
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(kBetween), line.size());
    const std::optional<double> value = ParseDouble(line.substr(0, end));
    if (!value) {
      throw Error(fmt::format("{}, line {}: number {} of the embedding is not a number", name,
                              number, row.size() + 1));
    }
    row.push_back(*value);
    line.remove_prefix(end);
    if (row.size() > kLongest) {
      throw Error(
          fmt::format("{}, line {}: an embedding has at most {} numbers", name, number, kLongest));
    }
  }
}

// What stands after 'key': in the header's dictionary.
std::string_view ValueOf(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(fmt::format("'{}':", key));
  return at == std::string_view::npos ? std::string_view()
                                      : Trim(header.substr(at + key.size() + 3));
}

template <typename T>
double Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return static_cast<double>(value);
}

struct NpyHeader {
  bool doubles = false;
  std::int64_t rows = 0;
  std::int64_t length = 0;
  std::size_t data = 0;  // where the numbers begin
};

NpyHeader ParseNpyHeader(std::string_view bytes, std::string_view name) {
  const auto fail = [&](std::string_view what) -> void {
    throw Error(fmt::format("{} is no table of embeddings: {}", name, what));
  };
  constexpr std::string_view kMagic = "\x93NUMPY";
  if (bytes.size() < 12 || !bytes.starts_with(kMagic)) {
    fail("it does not begin as a .npy file does");
  }
  const int version = static_cast<unsigned char>(bytes[6]);
  std::size_t size = static_cast<unsigned char>(bytes[8]) +
                     (static_cast<std::size_t>(static_cast<unsigned char>(bytes[9])) << 8U);
  NpyHeader header;
  header.data = 10 + size;
  if (version >= 2) {
    size += (static_cast<std::size_t>(static_cast<unsigned char>(bytes[10])) << 16U) +
            (static_cast<std::size_t>(static_cast<unsigned char>(bytes[11])) << 24U);
    header.data = 12 + size;
  }
  if (version < 1 || version > 3 || header.data > bytes.size()) {
    fail("its header is cut short or of an unknown version");
  }
  const std::string_view text = bytes.substr(header.data - size, size);
  const std::string_view type = ValueOf(text, "descr");
  header.doubles = type.starts_with("'<f8'");
  if (!header.doubles && !type.starts_with("'<f4'")) {
    fail("its numbers must be float32 or float64");
  }
  if (!ValueOf(text, "fortran_order").starts_with("False")) {
    fail("it must be in C order");
  }
  std::string_view shape = ValueOf(text, "shape");
  const std::size_t end = shape.find(')');
  if (!shape.starts_with("(") || end == std::string_view::npos) {
    fail("it has no shape");
  }
  const auto sides = Split(shape.substr(1, end - 1), ',');
  const auto rows = ParseInt(sides[0]);
  const auto length = sides.size() == 2 ? ParseInt(sides[1]) : std::nullopt;
  if (!rows || !length || *rows < 0 || *rows > 1'000'000'000 || *length < 1 ||
      *length > static_cast<long long>(kLongest)) {
    fail("it must have two dimensions, people and numbers");
  }
  header.rows = *rows;
  header.length = *length;
  return header;
}

}  // namespace

EmbeddingTable ParseEmbeddingText(std::string_view text, std::string_view name) {
  EmbeddingTable table;
  std::int64_t line_number = 0;
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + (text.substr(end).starts_with("\r\n") ? 2 : 1)));
    if (line.empty()) {
      continue;
    }
    const std::vector<double> row = ParseRow(line, name, line_number);
    if (table.length == 0) {
      table.length = row.size();
    }
    if (row.size() != table.length || row.empty()) {
      throw Error(fmt::format("{}, line {}: the embedding has {} numbers and those before it {}",
                              name, line_number, row.size(), table.length));
    }
    AddRow(table, row, name, line_number, "line");
  }
  return table;
}

EmbeddingTable ParseEmbeddingNpy(std::string_view bytes, std::string_view name) {
  static_assert(std::endian::native == std::endian::little);
  const NpyHeader header = ParseNpyHeader(bytes, name);
  const std::size_t width = header.doubles ? 8 : 4;
  const std::size_t wanted =
      static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.length) * width;
  if (bytes.size() - header.data != wanted) {
    throw Error(
        fmt::format("{} is cut short or too long: {} x {} numbers take {} bytes and there "
                    "are {}",
                    name, header.rows, header.length, wanted, bytes.size() - header.data));
  }
  EmbeddingTable table;
  table.length = static_cast<std::size_t>(header.length);
  table.values.reserve(wanted / width);
  std::vector<double> row(table.length);
  const char* at = bytes.data() + header.data;
  for (std::int64_t r = 0; r < header.rows; ++r) {
    for (double& value : row) {
      value = header.doubles ? Load<double>(at) : Load<float>(at);
      at += width;
    }
    AddRow(table, row, name, r + 1, "row");
  }
  return table;
}

EmbeddingTable ReadEmbeddingTable(const std::filesystem::path& path) {
  const std::string bytes = ReadFile(path);
  return path.extension() == ".npy" ? ParseEmbeddingNpy(bytes, path.string())
                                    : ParseEmbeddingText(bytes, path.string());
}

std::string FormatEmbeddingNpy(const EmbeddingTable& table) {
  static_assert(std::endian::native == std::endian::little);
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", table.rows(),
                  std::max<std::size_t>(1, table.length));
  constexpr std::size_t kBefore = 10;  // magic, version, the header's length
  constexpr std::size_t kAlign = 64;   // NumPy's rule for where numbers begin
  header.append(kAlign - 1 - (kBefore + header.size()) % kAlign, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += '\x01';
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 0xFFU);
  bytes += static_cast<char>(header.size() >> 8U);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(table.values.data()),
               table.values.size() * sizeof(float));
  return bytes;
}

}  // namespace tenjo
