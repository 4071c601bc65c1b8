#include "tenjo/base/return_memory.h"

#include <malloc.h>

namespace tenjo {

void ReturnMemory() {
#ifdef __GLIBC__
  // Setting the thresholds stops glibc from raising them to what was freed last, which may be a
  // compiled network.
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_ARENA_MAX, 4);
  mallopt(M_TRIM_THRESHOLD, kMegabyte);
  mallopt(M_MMAP_THRESHOLD, 4 * kMegabyte);
#endif
}

}  // namespace tenjo
