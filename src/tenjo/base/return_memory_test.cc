#include "tenjo/base/return_memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

namespace tenjo {
namespace {

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

double ResidentMb() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

// As a database's pages: many small pieces, held and freed by one thread after the other.
void HoldAndFree(double mb) {
  std::vector<std::unique_ptr<std::vector<char>>> pieces;
  for (int i = 0; i < static_cast<int>(mb * 256); ++i) {
    pieces.push_back(std::make_unique<std::vector<char>>(4000, 'x'));
  }
}

TEST(ReturnMemory, WhatThreadsFreedIsGivenBack) {
  ReturnMemory();
  // As a compiled network that is let go: glibc would keep twice as much from then on.
  std::make_unique<std::vector<char>>(24 << 20, 'x').reset();
  const double before = ResidentMb();
  for (int i = 0; i < 8; ++i) {
    std::thread(HoldAndFree, 20).join();
  }
  EXPECT_LT(ResidentMb(), before + 10);
}

#endif

}  // namespace
}  // namespace tenjo
