#pragma once

#include <cstdint>

namespace tenjo {

//! IEEE 754 binary16 as its bits.
float FromHalf(std::uint16_t half);
//! The nearest one, of two equally near the even one; infinite beyond 65504.
std::uint16_t ToHalf(float value);

}  // namespace tenjo
