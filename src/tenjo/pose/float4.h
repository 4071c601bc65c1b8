#pragma once

#include <cstdint>
#include <cstring>

namespace tenjo {

//! Four floats that are computed with at once (GCC's and Clang's vectors: SSE, NEON).
using Float4 = float __attribute__((vector_size(16)));
using Mask4 = std::int32_t __attribute__((vector_size(16)));

inline Float4 Load4(const float* from) {
  Float4 value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

inline void Store4(float* to, Float4 value) { std::memcpy(to, &value, sizeof(value)); }

inline Float4 Max4(Float4 a, Float4 b) { return a > b ? a : b; }
inline Float4 Min4(Float4 a, Float4 b) { return a < b ? a : b; }

inline bool Any4(Mask4 mask) {
  std::uint64_t half[2];
  std::memcpy(half, &mask, sizeof(half));
  return (half[0] | half[1]) != 0;
}

}  // namespace tenjo
