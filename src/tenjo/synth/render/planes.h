#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace tenjo::synth {

struct FreePlanes {
  void operator()(float* planes) const { std::free(planes); }
};
using Planes = std::unique_ptr<float[], FreePlanes>;

//! Room for `count` floats, not set to anything, on huge pages where the system has them: tens of
//! megabytes are touched once a picture, and faulting them in by 4 kB would cost a tenth of it.
inline Planes AllocatePlanes(std::size_t count) {
  constexpr std::size_t kHuge = std::size_t{2} << 20U;
  const std::size_t bytes = (count * sizeof(float) / kHuge + 1) * kHuge;
  auto* memory = static_cast<float*>(std::aligned_alloc(kHuge, bytes));
  if (memory == nullptr) {
    throw std::bad_alloc();
  }
#if defined(__linux__)
  if (count * sizeof(float) > kHuge) {
    madvise(memory, bytes, MADV_HUGEPAGE);  // a hint: nothing is lost where it is refused
  }
#endif
  return Planes(memory);
}

}  // namespace tenjo::synth
