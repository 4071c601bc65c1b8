#include "tenjo/base/packed_file.h"

#include <gtest/gtest.h>
#include <lzma.h>

#include <cstdint>
#include <string>

#include "tenjo/base/error.h"
#include "tenjo/base/random.h"

namespace tenjo {
namespace {

constexpr std::size_t kMost = 1U << 20U;

std::string Packed(const std::string& bytes) {
  std::string packed(lzma_stream_buffer_bound(bytes.size()), '\0');
  std::size_t size = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                6, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                bytes.size(), reinterpret_cast<std::uint8_t*>(packed.data()), &size, packed.size()),
            LZMA_OK);
  packed.resize(size);
  return packed;
}

std::string Noise(Random& random, int length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(random.Index(7));
  }
  return bytes;
}

TEST(PackedFile, GivesBackWhatXzPacked) {
  Random random(1);
  for (const int length : {0, 1, 1000, 65536, 65537, 300000}) {
    const std::string bytes = Noise(random, length);
    EXPECT_EQ(Unpacked(Packed(bytes), kMost, "it"), bytes) << length;
  }
}

TEST(PackedFile, LeavesOtherBytesAsTheyAre) {
  for (const std::string& bytes : {std::string(), std::string("\xfd"), std::string("TENJO")}) {
    EXPECT_EQ(Unpacked(bytes, kMost, "it"), bytes);
  }
}

TEST(PackedFile, EveryDamageIsAnError) {
  Random random(2);
  const std::string whole = Packed(Noise(random, 3000));
  for (int i = 6; i < static_cast<int>(whole.size()); ++i) {
    EXPECT_THROW(Unpacked(whole.substr(0, static_cast<std::size_t>(i)), kMost, "cut"), Error);
    std::string flipped = whole;
    char& byte = flipped[static_cast<std::size_t>(i)];
    byte = static_cast<char>(byte ^ (1 << random.Index(8)));
    EXPECT_THROW(Unpacked(flipped, kMost, "flipped"), Error) << i;
  }
  EXPECT_THROW(Unpacked(whole + "more", kMost, "longer"), Error);
}

TEST(PackedFile, UnpacksNoMoreThanAsked) {
  EXPECT_THROW(Unpacked(Packed(std::string(2 * kMost, 'a')), kMost, "a bomb"), Error);
}

TEST(PackedFile, SaysWhatCannotBeRead) {
  EXPECT_THROW(ReadPackedFile("/nowhere/body.bin", kMost), Error);
}

}  // namespace
}  // namespace tenjo
