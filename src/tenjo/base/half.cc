#include "tenjo/base/half.h"

#include <bit>
#include <cmath>
#include <limits>

namespace tenjo {
namespace {

constexpr int kMantissaBits = 10;
constexpr int kLeastExponent = -14;  // of a normal number
constexpr std::uint16_t kInfinity = 0x7c00;
constexpr std::uint16_t kNotANumber = 0x7e00;
constexpr std::uint16_t kSign = 0x8000;

}  // namespace

float FromHalf(std::uint16_t half) {
  const int exponent = (half >> 10U) & 0x1fU;
  const auto mantissa = static_cast<float>(half & 0x3ffU);
  float value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent == 31) {
    value = mantissa == 0 ? std::numeric_limits<float>::infinity()
                          : std::numeric_limits<float>::quiet_NaN();
  } else {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  }
  return (half & kSign) != 0 ? -value : value;
}

std::uint16_t ToHalf(float value) {
  const std::uint16_t sign = std::signbit(value) ? kSign : std::uint16_t{0};
  if (std::isnan(value)) {
    return kNotANumber;
  }
  const float size = std::abs(value);
  if (std::isinf(size)) {
    return sign | kInfinity;
  }
  const int exponent = size > 0 ? std::max(std::ilogb(size), kLeastExponent) : kLeastExponent;
  // In steps of the last bit; nearbyint goes to the even one of two.
  const float steps = std::nearbyint(std::ldexp(size, kMantissaBits - exponent));
  // A mantissa that rounds up to 2048 carries into the exponent by itself.
  const auto bits =
      static_cast<long>(steps) + (static_cast<long>(exponent - kLeastExponent) << kMantissaBits);
  return static_cast<std::uint16_t>(sign | (bits >= kInfinity ? kInfinity : bits));
}

}  // namespace tenjo
