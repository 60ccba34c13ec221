#include "server/recovery.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/sequencer.h"
#include "server/storage/memory_storage.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::CopyableDisk;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewLevelDbDisk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::SigningKey;
using ::sealbook::server::testing::TestConfiguration;
using ::sealbook::server::testing::TestLog;

void PublishOne(TestLog& log, const std::string& name) {
  auto outcome = log.Publish({NewSubmission(name + "@example.org")});
  ASSERT_THAT(outcome, IsOk());
  ASSERT_THAT(outcome->results[0], IsOk());
}

// A log on disk that has been copied at size 2 and has gone on to size 4.
class CopiedLogTest : public ::testing::Test {
 protected:
  CopiedLogTest() : CopiedLogTest(NewLevelDbDisk()) {}

  void SetUp() override {
    ASSERT_THAT(log_.Start(), IsOk());
    PublishOne(log_, "a");
    log_.Shutdown();
    disk_.KeepCopy();
    mark_then_ = log_.mark_disk();
    ASSERT_THAT(log_.Start(), IsOk());
    PublishOne(log_, "b");
    log_.Shutdown();
    mark_now_ = log_.mark_disk();
  }

  explicit CopiedLogTest(std::unique_ptr<CopyableDisk> disk)
      : disk_(*disk), log_(std::move(disk)) {}

  CopyableDisk& disk_;
  TestLog log_;
  Mark mark_then_;
  Mark mark_now_;
};

TEST_F(CopiedLogTest, IsRefusedWhenAnOlderCopyOfTheDataIsPutBack) {
  disk_.PutCopyBack();
  absl::Status refused = log_.Start();
  EXPECT_THAT(refused,
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "older copy of the log: it holds 2 log entries"));
  EXPECT_THAT(refused, Refuses(absl::StatusCode::kFailedPrecondition,
                               "a tree of 4 may have been signed"));
  EXPECT_EQ(log_.head(), nullptr);
  EXPECT_EQ(log_.mark_disk(), mark_now_);
}

TEST_F(CopiedLogTest, IsRefusedWhenTheDataHasGoneOnDifferently) {
  disk_.PutCopyBack();
  log_.mark_disk() = mark_then_;
  ASSERT_THAT(log_.Start(), IsOk());
  PublishOne(log_, "c");
  PublishOne(log_, "d");
  ASSERT_EQ(log_.head()->tree_size, 5);
  log_.Shutdown();
  log_.mark_disk() = mark_now_;
  absl::Status refused = log_.Start();
  EXPECT_THAT(refused, Refuses(absl::StatusCode::kFailedPrecondition,
                               "this data is a fork of the log: of its 5"));
  EXPECT_THAT(refused, Refuses(absl::StatusCode::kFailedPrecondition,
                               mark_now_.log_root.ToHex()));
}

TEST_F(CopiedLogTest, IsRefusedWhenAnOlderMarkIsPutBack) {
  log_.mark_disk() = mark_then_;
  EXPECT_THAT(log_.Start(), Refuses(absl::StatusCode::kFailedPrecondition,
                                    "mark is an older copy: it stands at 2"));
  log_.Shutdown();
  log_.mark_disk() = Mark{};
  EXPECT_THAT(log_.Start(), Refuses(absl::StatusCode::kFailedPrecondition,
                                    "mark is an older copy"));
}

TEST_F(CopiedLogTest, IsRefusedWhenTheDataIsGoneButTheMarkIsNot) {
  TestLog fresh;
  fresh.mark_disk() = mark_now_;
  EXPECT_THAT(fresh.Start(), Refuses(absl::StatusCode::kFailedPrecondition,
                                     "holds 0 log entries"));
}

class RecoveryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_THAT(log_.Start(), IsOk());
    PublishOne(log_, "a");
    signed_head_ = *log_.head();
  }

  // Stores `head` as the newest signature and starts anew.
  absl::Status StartWith(const SignedHead& head) {
    absl::Status put = log_.storage().PutRecord(SignedHeadPut(head));
    return put.ok() ? log_.Restart() : put;
  }

  void SignAgain(SignedHead& head) {
    head.signature = *SigningKey().Sign(keytrans::EncodeTreeHeadTbs(
        TestConfiguration(), head.tree_size, head.log_root));
  }

  TestLog log_;
  SignedHead signed_head_;
};

TEST_F(RecoveryTest, RefusesAStoredSignatureThatDoesNotVerify) {
  signed_head_.signature[10] ^= 1;
  EXPECT_THAT(StartWith(signed_head_),
              Refuses(absl::StatusCode::kDataLoss, "does not verify"));
}

TEST_F(RecoveryTest, RefusesAStoredSignatureOverAnotherRoot) {
  signed_head_.log_root.data()[0] ^= 1;
  SignAgain(signed_head_);
  EXPECT_THAT(StartWith(signed_head_),
              Refuses(absl::StatusCode::kDataLoss, "signs another root"));
}

TEST_F(RecoveryTest, RefusesAStoredSignatureWithAnotherTimestamp) {
  --signed_head_.timestamp_ms;
  EXPECT_THAT(StartWith(signed_head_),
              Refuses(absl::StatusCode::kDataLoss,
                      "timestamp is not that of log entry"));
}

TEST_F(RecoveryTest, RefusesAStoredSignatureOverMoreThanIsStored) {
  signed_head_.tree_size = 9;
  SignAgain(signed_head_);
  EXPECT_THAT(StartWith(signed_head_),
              Refuses(absl::StatusCode::kDataLoss, "signs 9 log entries"));
}

TEST_F(RecoveryTest, RefusesAnUndecodableHead) {
  ASSERT_THAT(log_.storage().PutRecord({Table::kSignedHead, "", "\xff"}),
              IsOk());
  EXPECT_THAT(log_.Restart(),
              Refuses(absl::StatusCode::kDataLoss, "signed head record"));
}

TEST_F(RecoveryTest, RefusesAHeadWhoseRootPageIsMissing) {
  ASSERT_THAT(log_.storage().PutRecord({Table::kPages, PageKey({1, 0}), ""}),
              IsOk());
  EXPECT_THAT(log_.Restart(), Refuses(absl::StatusCode::kDataLoss, "page 1/0"));
}

TEST_F(RecoveryTest, RefusesKeysThatAreNotTheLogs) {
  log_.Shutdown();
  log_.Open();
  auto signing_key =
      crypto::SignaturePrivateKey::Generate(crypto::CipherSuite::kP256);
  auto vrf_key = crypto::VrfPrivateKey::Generate(crypto::CipherSuite::kP256);
  ASSERT_THAT(signing_key, IsOk());
  ASSERT_THAT(vrf_key, IsOk());
  SequencerParts parts = log_.Parts();
  parts.signing_key = signing_key->get();
  EXPECT_THAT(Sequencer::Start(parts, {}, {}).status(),
              Refuses(absl::StatusCode::kFailedPrecondition, "signing key"));
  parts = log_.Parts();
  parts.vrf_key = vrf_key->get();
  EXPECT_THAT(Sequencer::Start(parts, {}, {}).status(),
              Refuses(absl::StatusCode::kFailedPrecondition, "VRF key"));
  EXPECT_EQ(log_.head(), nullptr);
}

TEST(InitLogTest, MakesALogOnceAndNeverAnew) {
  auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  EXPECT_THAT(LogStore(**storage).ReadConfiguration(),
              Refuses(absl::StatusCode::kNotFound, "no log"));
  ASSERT_THAT(InitLog(**storage, TestConfiguration()), IsOk());
  EXPECT_THAT(InitLog(**storage, TestConfiguration()),
              Refuses(absl::StatusCode::kAlreadyExists, "not made anew"));
  auto configuration = LogStore(**storage).ReadConfiguration();
  ASSERT_THAT(configuration, IsOk());
  EXPECT_EQ(*configuration, TestConfiguration());
}

TEST(InitLogTest, MakesNoLogOfAModeThatIsNotSpoken) {
  auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  keytrans::Configuration configuration = TestConfiguration();
  configuration.mode = keytrans::DeploymentMode::kThirdPartyManagement;
  EXPECT_THAT(InitLog(**storage, configuration),
              Refuses(absl::StatusCode::kUnimplemented,
                      "(thirdPartyManagement) is not served"));
  EXPECT_THAT(LogStore(**storage).ReadConfiguration(),
              Refuses(absl::StatusCode::kNotFound, "no log"));
}

TEST(InitLogTest, DoesNotTouchAStoreThatLostItsConfiguration) {
  auto storage = MemoryStorage::Create(std::make_shared<MemoryDisk>());
  ASSERT_THAT(storage, IsOk());
  Head head;
  head.tree_size = 1;
  head.full_subtrees.emplace_back();
  ASSERT_THAT((*storage)->Commit({.new_head = EncodeHead(head)}), IsOk());
  EXPECT_THAT(InitLog(**storage, TestConfiguration()),
              Refuses(absl::StatusCode::kDataLoss, "no configuration"));
}

}  // namespace
}  // namespace sealbook::server
