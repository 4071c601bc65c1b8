#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace tenjo {

//! Small counter-free generator (PCG32, O'Neill 2014) with draws that are the same on every
//! machine, which the standard library's distributions do not promise.
class Random {
 public:
  //! Streams of one seed are independent: one an image, a person, a room.
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0)
      : increment_((Mix(stream) << 1) | 1) {
    state_ = Mix(seed) + increment_;
    Next();
  }

  std::uint32_t Next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005ULL + increment_;
    const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
    const auto turn = static_cast<std::uint32_t>(old >> 59);
    return (shifted >> turn) | (shifted << ((32 - turn) & 31));
  }

  //! In [0, 1).
  float Uniform() { return static_cast<float>(Next() >> 8) * 0x1p-24F; }
  float Uniform(float low, float high) { return low + (high - low) * Uniform(); }
  //! In [0, n).
  int Index(int n) {
    return static_cast<int>((static_cast<std::uint64_t>(Next()) * static_cast<std::uint64_t>(n)) >>
                            32);
  }
  //! In [low, high].
  int Integer(int low, int high) { return low + Index(high - low + 1); }
  bool Chance(float p) { return Uniform() < p; }
  float Normal(float mean = 0, float deviation = 1) {
    const float u = 1 - Uniform();
    return mean + deviation * std::sqrt(-2 * std::log(u)) * std::cos(6.2831853F * Uniform());
  }
  template <typename T>
  const T& Pick(std::span<const T> items) {
    return items[static_cast<std::size_t>(Index(static_cast<int>(items.size())))];
  }
  //! A seed for something that draws for itself.
  std::uint64_t Fork() { return (static_cast<std::uint64_t>(Next()) << 32) | Next(); }

 private:
  static std::uint64_t Mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }

  std::uint64_t state_ = 0;
  std::uint64_t increment_;
};

}  // namespace tenjo
