#include "tenjo/base/thread_name.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace tenjo {
namespace {

std::string NameOfThisThread() {
  std::ifstream file("/proc/thread-self/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

TEST(NameThread, IsWhatTheSystemSaysAndWhatNewThreadsInherit) {
  std::thread([] {
    NameThread("read:a-long-name-of-a-camera");
    EXPECT_EQ(NameOfThisThread(), "read:a-long-nam");
    std::thread([] { EXPECT_EQ(NameOfThisThread(), "read:a-long-nam"); }).join();
  }).join();
}

}  // namespace
}  // namespace tenjo
