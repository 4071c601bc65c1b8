#include "tenjo/video/container_check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace tenjo {
namespace {

// Bytes of a file at any place.
class Bytes {
 public:
  explicit Bytes(const std::filesystem::path& path)
      : file_(path, std::ios::binary | std::ios::ate) {
    size_ = file_ ? static_cast<std::int64_t>(file_.tellg()) : 0;
  }

  std::int64_t size() const { return size_; }

  // `count` bytes from `position`; fewer at the end of the file.
  std::string Get(std::int64_t position, std::int64_t count) {
    count = std::min(count, size_ - position);
    if (position < 0 || count <= 0) {
      return {};
    }
    std::string bytes(static_cast<std::size_t>(count), '\0');
    file_.clear();
    file_.seekg(position);
    file_.read(bytes.data(), count);
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file_.gcount(), 0)));
    return bytes;
  }

 private:
  std::ifstream file_;
  std::int64_t size_ = 0;
};

std::uint64_t BigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return value;
}

std::uint64_t LittleEndian(std::string_view bytes) {
  return BigEndian(std::string(bytes.rbegin(), bytes.rend()));
}

constexpr std::array<std::string_view, 17> kBoxes = {"ftyp", "moov", "mdat", "free", "skip", "wide",
                                                     "moof", "mfra", "uuid", "sidx", "styp", "meta",
                                                     "pdin", "pnot", "udta", "emsg", "prft"};

bool IsBox(std::string_view type) {
  return std::find(kBoxes.begin(), kBoxes.end(), type) != kBoxes.end();
}

ContainerState CheckBoxes(Bytes& bytes) {
  ContainerState state;
  bool index = false;
  bool fragments = false;
  std::int64_t position = 0;
  while (position < bytes.size()) {
    const std::string header = bytes.Get(position, 16);
    const std::string type = header.size() >= 8 ? header.substr(4, 4) : "";
    if (!IsBox(type)) {
      state.garbage_bytes = bytes.size() - position;
      break;
    }
    index = index || type == "moov";
    fragments = fragments || type == "moof";
    std::uint64_t size = BigEndian(header.substr(0, 4));
    if (size == 0) {
      break;  // to the end of the file
    }
    if (size == 1) {
      size = header.size() == 16 ? BigEndian(header.substr(8)) : 0;
    }
    if (size < 8) {
      state.garbage_bytes = bytes.size() - position;
      break;
    }
    if (size > static_cast<std::uint64_t>(bytes.size() - position)) {
      state.cut = true;
      break;
    }
    position += static_cast<std::int64_t>(size);
  }
  state.lacks_index = !index;
  state.exact_count = index && !fragments;
  return state;
}

struct EbmlSize {
  std::int64_t header = 0;             // bytes of the size field
  std::optional<std::uint64_t> value;  // nothing: unknown, as in a live recording
};

EbmlSize ReadEbmlSize(Bytes& bytes, std::int64_t position) {
  const std::string field = bytes.Get(position, 8);
  const int length = field.empty() ? 9 : std::countl_zero(static_cast<unsigned char>(field[0])) + 1;
  if (length > static_cast<int>(field.size())) {
    return {};
  }
  const std::uint64_t mask = (std::uint64_t{1} << (7 * length)) - 1;
  const std::uint64_t value =
      BigEndian(std::string_view(field).substr(0, static_cast<std::size_t>(length))) & mask;
  EbmlSize size;
  size.header = length;
  if (value != mask) {
    size.value = value;
  }
  return size;
}

ContainerState CheckMatroska(Bytes& bytes) {
  constexpr std::string_view kSegment = "\x18\x53\x80\x67";
  ContainerState state;
  const EbmlSize head = ReadEbmlSize(bytes, 4);
  const std::int64_t segment = 4 + head.header + static_cast<std::int64_t>(head.value.value_or(0));
  if (bytes.Get(segment, 4) != kSegment) {
    return state;
  }
  const EbmlSize body = ReadEbmlSize(bytes, segment + 4);
  if (!body.value) {
    return state;
  }
  const std::int64_t left = bytes.size() - (segment + 4 + body.header);
  state.cut = *body.value > static_cast<std::uint64_t>(std::max<std::int64_t>(left, 0));
  state.garbage_bytes = state.cut ? 0 : left - static_cast<std::int64_t>(*body.value);
  return state;
}

ContainerState CheckAvi(Bytes& bytes) {
  ContainerState state;
  std::int64_t position = 0;
  while (position < bytes.size()) {  // files over 1 GB go on in further RIFF chunks
    const std::string header = bytes.Get(position, 8);
    if (header.size() < 8 || header.substr(0, 4) != "RIFF") {
      state.garbage_bytes = bytes.size() - position;
      break;
    }
    const auto size = static_cast<std::int64_t>(LittleEndian(header.substr(4, 4)));
    position += 8 + size + (size & 1);
  }
  state.cut = position > bytes.size() + 1;
  return state;
}

ContainerState CheckTransportStream(Bytes& bytes) {
  ContainerState state;
  state.cut = bytes.size() % 188 != 0;
  return state;
}

}  // namespace

ContainerState CheckContainer(const std::filesystem::path& path) {
  Bytes bytes(path);
  const std::string head = bytes.Get(0, 12);
  if (head.size() < 12) {
    return {};
  }
  if (IsBox(head.substr(4, 4))) {
    return CheckBoxes(bytes);
  }
  if (head.substr(0, 4) == "\x1A\x45\xDF\xA3") {
    return CheckMatroska(bytes);
  }
  if (head.substr(0, 4) == "RIFF" && head.substr(8, 4) == "AVI ") {
    return CheckAvi(bytes);
  }
  if (head[0] == 'G' && bytes.Get(188, 1) == "G" && bytes.Get(376, 1) == "G") {
    return CheckTransportStream(bytes);
  }
  return {};
}

}  // namespace tenjo
