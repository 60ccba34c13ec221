#include "server/services/task_queue.h"

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

using ::testing::ElementsAre;

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

// A queue whose one thread waits, so that what is posted meanwhile gathers.
class HeldQueue {
 public:
  explicit HeldQueue(size_t limit, std::function<size_t()> owners = nullptr)
      : queue_(1, limit, std::move(owners)) {
    EXPECT_TRUE(queue_.TryPost("holder", [this] {
      started_.set_value();
      go_.get_future().wait();
    }));
    started_.get_future().wait();
  }
  TaskQueue& queue() { return queue_; }
  // A task that says that it ran.
  TaskQueue::Task Say(const std::string& words) {
    return [this, words] { said_.push_back(words); };
  }
  // Lets it go on until nothing waits; what ran, in order.
  std::vector<std::string> Run() {
    std::promise<void> ended;
    queue_.GoOn("last", [this, &ended] { WaitForOthers(ended); });
    go_.set_value();
    ended.get_future().wait();
    return said_;
  }

 private:
  // With one thread, a thing that comes behind as many turns as anybody has.
  void WaitForOthers(std::promise<void>& ended, int turns = 100) {
    if (turns == 0) return ended.set_value();
    queue_.GoOn("last",
                [this, &ended, turns] { WaitForOthers(ended, turns - 1); });
  }

  std::promise<void> started_, go_;
  std::vector<std::string> said_;
  TaskQueue queue_;
};

TEST(TaskQueueTest, RunsATaskInTheCallersThreadWhileNobodyElseDoes) {
  TaskQueue queue(1, 2);
  std::thread::id ran;
  ASSERT_TRUE(queue.TryRun([&] {
    ran = std::this_thread::get_id();
    // From within, as from another caller: handed over.
    std::promise<std::thread::id> other;
    ASSERT_TRUE(queue.TryRun(
        [&other] { other.set_value(std::this_thread::get_id()); }));
    EXPECT_NE(other.get_future().get(), ran);
  }));
  EXPECT_EQ(ran, std::this_thread::get_id());
}

TEST(TaskQueueTest, OvertakesNobodyWhoWaits) {
  std::promise<void> started, go;
  std::vector<int> order;
  {
    TaskQueue queue(1, 2);
    ASSERT_TRUE(queue.TryPost([&] {
      started.set_value();
      go.get_future().wait();
    }));
    started.get_future().wait();
    ASSERT_TRUE(queue.TryPost([&order] { order.push_back(1); }));
    ASSERT_TRUE(queue.TryRun([&order] { order.push_back(2); }));
    EXPECT_FALSE(queue.TryRun([&order] { order.push_back(3); }));
    go.set_value();
  }
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(TaskQueueTest, OwnersTakeTurns) {
  HeldQueue held(100);
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(held.queue().TryPost("a", held.Say("a")));
  }
  ASSERT_TRUE(held.queue().TryPost("b", held.Say("b")));
  ASSERT_TRUE(held.queue().TryPost("b", held.Say("b")));
  EXPECT_THAT(held.Run(), ElementsAre("a", "b", "a", "b", "a", "a"));
}

TEST(TaskQueueTest, WhoFloodsFillsItsOwnShare) {
  HeldQueue held(20, [] { return 2; });
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(held.queue().TryPost("a", held.Say("a"))) << i;
  }
  EXPECT_FALSE(held.queue().TryPost("a", held.Say("refused")));
  EXPECT_TRUE(held.queue().TryPost("b", held.Say("b")));
  // What has begun goes on, behind what waits.
  held.queue().GoOn("a", held.Say("rest"));
  const std::vector<std::string> said = held.Run();
  ASSERT_EQ(said.size(), 12u);
  EXPECT_EQ(said[1], "b");
  EXPECT_EQ(said[11], "rest");
}

TEST(TaskQueueTest, LeavesEachOfManyOwnersAFewTasks) {
  HeldQueue held(20, [] { return 1000; });
  for (size_t i = 0; i < TaskQueue::kLeastShare; ++i) {
    EXPECT_TRUE(held.queue().TryPost("a", held.Say("a"))) << i;
  }
  EXPECT_FALSE(held.queue().TryPost("a", held.Say("a")));
  held.Run();
}

TEST(TaskQueueTest, TakesHelpersOnlyWhereAThreadIsIdle) {
  HeldQueue held(20);
  EXPECT_FALSE(held.queue().TryHelp("a", held.Say("a")));
  EXPECT_THAT(held.Run(), ElementsAre());
  TaskQueue idle(1, 20);
  std::promise<void> helped;
  // Its thread may not have come as far yet.
  while (!idle.TryHelp("a", [&helped] { helped.set_value(); })) {
    std::this_thread::yield();
  }
  helped.get_future().wait();
}

}  // namespace
}  // namespace sealbook::server
