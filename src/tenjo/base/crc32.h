#pragma once

#include <cstdint>
#include <string_view>

namespace tenjo {

//! CRC-32 as of zlib (ISO 3309).
std::uint32_t Crc32(std::string_view bytes);

}  // namespace tenjo
