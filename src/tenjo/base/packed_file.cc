#include "tenjo/base/packed_file.h"

#include <fmt/format.h>
#include <lzma.h>

#include <cstdint>
#include <memory>

#include "tenjo/base/atomic_file.h"
#include "tenjo/base/error.h"

namespace tenjo {
namespace {

constexpr std::string_view kXz(
    "\xfd"
    "7zXZ\0",
    6);
// What the decoder may take: enough for xz -9, whose dictionary has 64 MiB.
constexpr std::uint64_t kMostMemory = 80U << 20U;
constexpr std::size_t kPiece = 1U << 16U;

struct EndStream {
  void operator()(lzma_stream* stream) const { lzma_end(stream); }
};

}  // namespace

std::string Unpacked(std::string bytes, std::size_t most, std::string_view name) {
  if (!bytes.starts_with(kXz)) {
    return bytes;
  }
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, EndStream> ended(&stream);
  lzma_ret state = lzma_stream_decoder(&stream, kMostMemory, 0);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
  stream.avail_in = bytes.size();
  std::string unpacked;
  while (state == LZMA_OK) {
    const std::size_t before = unpacked.size();
    unpacked.resize(before + kPiece);
    stream.next_out = reinterpret_cast<std::uint8_t*>(unpacked.data() + before);
    stream.avail_out = kPiece;
    state = lzma_code(&stream, LZMA_FINISH);
    unpacked.resize(before + kPiece - stream.avail_out);
    if (unpacked.size() > most) {
      throw Error(fmt::format("{} unpacks to more than {} bytes: it is another file.", name, most));
    }
  }
  if (state != LZMA_STREAM_END || stream.avail_in > 0) {
    throw Error(fmt::format("{} is damaged: what xz packed in it cannot be unpacked.", name));
  }
  return unpacked;
}

std::string ReadPackedFile(const std::filesystem::path& path, std::size_t most) {
  return Unpacked(ReadFile(path), most, path.string());
}

}  // namespace tenjo
