#include "tenjo/base/bounded_queue.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tenjo {
namespace {

TEST(BoundedQueue, KeepsOrderAndLosesNothingBetweenThreads) {
  BoundedQueue<int> queue(3);
  constexpr int kItems = 10000;
  std::vector<int> taken;
  {
    std::jthread producer([&] {
      for (int i = 0; i < kItems; ++i) {
        ASSERT_TRUE(queue.Push(i));
      }
      queue.Close();
    });
    while (const auto item = queue.Pop()) {
      taken.push_back(*item);
    }
  }
  ASSERT_EQ(taken.size(), kItems);
  for (int i = 0; i < kItems; ++i) {
    EXPECT_EQ(taken[static_cast<std::size_t>(i)], i);
  }
}

TEST(BoundedQueue, DropsTheOldestWhenAskedTo) {
  BoundedQueue<int> queue(2);
  EXPECT_EQ(queue.PushDroppingOldest(1), 0);
  EXPECT_EQ(queue.PushDroppingOldest(2), 0);
  EXPECT_EQ(queue.PushDroppingOldest(3), 1);
  EXPECT_EQ(queue.Pop(), 2);
  EXPECT_EQ(queue.Pop(), 3);
}

TEST(BoundedQueue, CloseWakesEveryone) {
  BoundedQueue<int> full(1);
  full.Push(1);
  BoundedQueue<int> empty(1);
  std::jthread pusher([&] { EXPECT_FALSE(full.Push(2)); });
  std::jthread popper([&] { EXPECT_FALSE(empty.Pop()); });
  full.Close();
  empty.Close();
  pusher.join();
  popper.join();
  EXPECT_EQ(full.Pop(), 1) << "what is inside can still be taken";
  EXPECT_FALSE(full.Pop());
  EXPECT_FALSE(full.PushDroppingOldest(3));
}

}  // namespace
}  // namespace tenjo
