#include "server/commands/stop_signal.h"

#include <signal.h>
#include <unistd.h>

#include <memory>
#include <thread>

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(StopSignalTest, SigtermAndSigintEndTheWait) {
  for (const int signal : {SIGTERM, SIGINT}) {
    absl::StatusOr<std::unique_ptr<StopSignal>> stop = StopSignal::Install();
    ASSERT_TRUE(stop.ok()) << stop.status();
    std::thread sender([signal] { kill(getpid(), signal); });
    EXPECT_TRUE((*stop)->Wait([] { FAIL(); }).ok());
    sender.join();
  }
}

TEST(StopSignalTest, SighupIsHandledAndTheWaitGoesOn) {
  absl::StatusOr<std::unique_ptr<StopSignal>> stop = StopSignal::Install();
  ASSERT_TRUE(stop.ok()) << stop.status();
  int times = 0;
  kill(getpid(), SIGHUP);
  EXPECT_TRUE((*stop)
                  ->Wait([&times] {
                    ++times;
                    kill(getpid(), times < 3 ? SIGHUP : SIGTERM);
                  })
                  .ok());
  EXPECT_EQ(times, 3);
}

TEST(StopSignalTest, AReasonEndsTheWaitAndTheFirstOneStays) {
  absl::StatusOr<std::unique_ptr<StopSignal>> stop = StopSignal::Install();
  ASSERT_TRUE(stop.ok()) << stop.status();
  std::thread stopper([&stop] {
    (*stop)->Stop(absl::AbortedError("first"));
    (*stop)->Stop(absl::InternalError("second"));
  });
  stopper.join();
  const absl::Status reason = (*stop)->Wait([] { FAIL(); });
  EXPECT_EQ(reason.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(reason.message(), "first");
}

}  // namespace
}  // namespace sealbook::server
