#include "client/stop.h"

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace sealbook::client {
namespace {

TEST(StopTest, SleepsUntilTheTimeHasPassed) {
  Stop stop;
  EXPECT_TRUE(stop.Sleep(1));
  EXPECT_FALSE(stop.requested());
}

TEST(StopTest, EndsASleepFromAnotherThread) {
  Stop stop;
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.Request();
  });
  EXPECT_FALSE(stop.Sleep(3'600'000));
  other.join();
  EXPECT_TRUE(stop.requested());
  // Nor does the next one begin.
  EXPECT_FALSE(stop.Sleep(3'600'000));
}

// Contexts that have gone are left alone.
TEST(StopTest, ForgetsCallsThatHaveEnded) {
  Stop stop;
  {
    grpc::ClientContext context;
    const StoppableCall call(&stop, context);
  }
  stop.Request();
  grpc::ClientContext context;
  const StoppableCall call(&stop, context);
  const StoppableCall nothing(nullptr, context);
}

}  // namespace
}  // namespace sealbook::client
