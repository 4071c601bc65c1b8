#include "tenjo/base/disjoint_sets.h"

#include <gtest/gtest.h>

#include <random>

namespace tenjo {
namespace {

// Against the plainest way: every number bears its set's least one.
TEST(DisjointSets, TheLeastNumberStandsForAllThatAreJoined) {
  std::mt19937 random(2);
  for (int trial = 0; trial < 50; ++trial) {
    const int count = 1 + static_cast<int>(random() % 30);
    DisjointSets sets;
    sets.Reset(static_cast<std::size_t>(count));
    std::vector<int> least(static_cast<std::size_t>(count));
    std::iota(least.begin(), least.end(), 0);
    for (int i = 0; i < 40; ++i) {
      const int a = static_cast<int>(random() % count);
      const int b = static_cast<int>(random() % count);
      sets.Join(a, b);
      const int from = std::max(least[a], least[b]);
      std::replace(least.begin(), least.end(), from, std::min(least[a], least[b]));
      for (int n = 0; n < count; ++n) {
        ASSERT_EQ(sets.Find(n), least[n]);
      }
    }
    EXPECT_EQ(sets.Add(), count);
    EXPECT_EQ(sets.Find(count), count);
    EXPECT_EQ(sets.size(), static_cast<std::size_t>(count) + 1);
  }
}

}  // namespace
}  // namespace tenjo
