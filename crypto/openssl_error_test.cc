#include "crypto/openssl_error.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

namespace sealbook::crypto {
namespace {

void QueueError(int reason) { ERR_raise(ERR_LIB_EC, reason); }

TEST(OpenSslErrorTest, JoinsTheQueueOldestFirstAndClearsIt) {
  QueueError(ERR_R_MALLOC_FAILURE);
  QueueError(ERR_R_INTERNAL_ERROR);
  std::string text = TakeOpenSslErrors();
  size_t malloc_at = text.find("malloc failure");
  size_t internal_at = text.find("internal error");
  ASSERT_NE(malloc_at, std::string::npos) << text;
  ASSERT_NE(internal_at, std::string::npos) << text;
  EXPECT_LT(malloc_at, internal_at);
  EXPECT_EQ(ERR_peek_error(), 0u);
  EXPECT_EQ(TakeOpenSslErrors(), "");
}

TEST(OpenSslErrorTest, StatusSaysWhatFailedAndWhy) {
  QueueError(ERR_R_INTERNAL_ERROR);
  absl::Status status =
      OpenSslError(absl::StatusCode::kInvalidArgument, "parsing the key");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message().find("parsing the key: error:"), 0u) << status;
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(OpenSslErrorTest, StatusWithoutQueuedErrorsIsThePlainText) {
  ERR_clear_error();
  absl::Status status = OpenSslError(absl::StatusCode::kInternal, "signing");
  EXPECT_EQ(status, absl::InternalError("signing"));
}

TEST(OpenSslErrorTest, ScopeClearsWhatWasThereAndWhatCame) {
  QueueError(ERR_R_INTERNAL_ERROR);
  {
    ScopedOpenSslErrors errors;
    EXPECT_EQ(ERR_peek_error(), 0u);
    QueueError(ERR_R_INTERNAL_ERROR);
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(OpenSslErrorDeathTest, RequirementThatFailsNamesItself) {
  RequireOpenSsl(true, "nothing");
  EXPECT_DEATH(RequireOpenSsl(false, "SHA-256"), "fatal: SHA-256 failed");
}

}  // namespace
}  // namespace sealbook::crypto
