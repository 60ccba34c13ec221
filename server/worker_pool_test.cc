#include "server/worker_pool.h"

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(WorkerPoolTest, RunsEveryTaskOnceWithAnyNumberOfThreads) {
  for (size_t threads : {1, 2, 5}) {
    WorkerPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (size_t n : {0, 1, 2, 1000}) {
      std::vector<std::atomic<int>> runs(n);
      pool.ForEach(n, [&](size_t i) { ++runs[i]; });
      for (const auto& count : runs) EXPECT_EQ(count, 1);
    }
  }
}

TEST(WorkerPoolTest, TakesZeroForOneThreadAProcessor) {
  EXPECT_EQ(WorkerPool(0).threads(), std::thread::hardware_concurrency());
}

TEST(WorkerPoolTest, WorksOnSeveralThreads) {
  WorkerPool pool(2);
  // Each task waits for the other one.
  std::atomic<int> arrived = 0;
  pool.ForEach(2, [&](size_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST(WorkerPoolTest, ServesSeveralCallersAtOnce) {
  WorkerPool pool(3);
  std::vector<std::thread> callers;
  std::atomic<size_t> sum = 0;
  for (int c = 0; c < 4; ++c) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::atomic<size_t> own = 0;
        pool.ForEach(50, [&](size_t i) { own += i; });
        sum += own;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 200 * (49 * 50 / 2));
}

}  // namespace
}  // namespace sealbook::server
