#include "tenjo/base/error.h"

#include <fmt/format.h>

namespace tenjo {

void FailCheck(const char* condition, const char* file, int line) {
  throw CheckFailure(
      fmt::format("internal error: {} does not hold at {}:{}", condition, file, line));
}

}  // namespace tenjo
