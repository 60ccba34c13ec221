#include "server/commands/exit_code.h"

#include "gtest/gtest.h"

namespace sealbook::server {
namespace {

TEST(ExitCodeTest, TravelsWithTheStatusAndKeepsItsMessage) {
  const absl::Status status =
      WithExitCode(absl::DataLossError("fork"), ExitCode::kUnsafe);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "fork");
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kUnsafe);
}

TEST(ExitCodeTest, TheLastCodeCounts) {
  EXPECT_EQ(ExitCodeOf(WithExitCode(
                WithExitCode(absl::AbortedError("a"), ExitCode::kUnsafe),
                ExitCode::kStopped)),
            ExitCode::kStopped);
}

TEST(ExitCodeTest, IsOneForAnyOtherErrorAndZeroForNone) {
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kError);
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(WithExitCode(absl::OkStatus(), ExitCode::kUnsafe)),
            ExitCode::kOk);
}

TEST(ExitCodeTest, HasTheNumbersThatTheHelpPromises) {
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnsafe), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotConfirmed), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kStopped), 5);
}

}  // namespace
}  // namespace sealbook::server
