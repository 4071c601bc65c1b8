#include "tenjo/base/crc32.h"

#include <lzma.h>

namespace tenjo {

std::uint32_t Crc32(std::string_view bytes) {
  return lzma_crc32(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), 0);
}

}  // namespace tenjo
