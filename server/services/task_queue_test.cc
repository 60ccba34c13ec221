#include "server/services/task_queue.h"

#include <atomic>
#include <future>
#include <vector>

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(TaskQueueTest, RunsEverythingBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    TaskQueue queue(3, 1000);
    for (int i = 0; i < 1000; ++i) {
      // The threads take tasks meanwhile, so none of these is refused.
      ASSERT_TRUE(queue.TryPost([&ran] { ++ran; }));
    }
  }
  EXPECT_EQ(ran, 1000);
}

TEST(TaskQueueTest, StartsTasksInOrder) {
  std::vector<int> order;
  {
    TaskQueue queue(1, 100);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(queue.TryPost([&order, i] { order.push_back(i); }));
    }
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(TaskQueueTest, RefusesWhatWouldWaitBeyondTheLimit) {
  std::promise<void> started, go;
  std::atomic<int> ran = 0;
  {
    TaskQueue queue(1, 2);
    ASSERT_TRUE(queue.TryPost([&] {
      started.set_value();
      go.get_future().wait();
    }));
    started.get_future().wait();
    EXPECT_TRUE(queue.TryPost([&ran] { ++ran; }));
    EXPECT_TRUE(queue.TryPost([&ran] { ++ran; }));
    EXPECT_FALSE(queue.TryPost([&ran] { ran += 100; }));
    go.set_value();
  }
  EXPECT_EQ(ran, 2);
}

}  // namespace
}  // namespace sealbook::server
