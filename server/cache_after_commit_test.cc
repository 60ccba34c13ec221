// RELIABILITY rule 10: caches are filled after the commit only, and readers use
// signed heads only. A batch that is under way, or whose commit failed, is
// nowhere in the caches that readers share with the writer, and no answer shows
// it, whether its bytes reached the disk or not.
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/sequencer.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::TestLog;
using Outcome = absl::StatusOr<PublishOutcome>;

constexpr char kBefore[] = "before@example.org";
constexpr char kDuring[] = "during@example.org";
// Entry 0 is the first start's, 1 has kBefore, 2 is that of the batch.
constexpr uint64_t kBatch = 2;

class CacheAfterCommitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    log_.Open();
    const SequencerParts parts = log_.Parts();
    pages_ = parts.pages;
    absl::StatusOr<std::unique_ptr<Sequencer>> started =
        Sequencer::Start(parts, log_.options(), {});
    ASSERT_THAT(started, IsOk());
    sequencer_ = *std::move(started);
    ASSERT_THAT(Publish(kBefore).get(), IsOk());
    // Fills the caches, so that there is something in which to find too much.
    ASSERT_THAT(log_.LookUp(kBefore), IsOk());
    head_ = log_.head();
    ASSERT_EQ(head_->tree_size, kBatch);
  }
  void TearDown() override { sequencer_.reset(); }

  std::future<Outcome> Publish(const std::string& label) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    sequencer_->Submit({NewSubmission(label)}, [promise](Outcome outcome) {
      promise->set_value(std::move(outcome));
    });
    return promise->get_future();
  }

  // From here on only the caches have pages.
  void ExpectCached(uint64_t position, bool cached) {
    const merkle::PageId root{position, 0};
    log_.storage().FailReads(Table::kPages, PageKey(root),
                             absl::DataLossError("read from the store"));
    if (cached) {
      EXPECT_THAT(pages_->ReadPages({root}), IsOk()) << position;
    } else {
      EXPECT_THAT(pages_->ReadPages({root}),
                  Refuses(absl::StatusCode::kDataLoss, "read from the store"))
          << position;
    }
  }

  // Readers are answered in the tree that was signed before the batch.
  void ExpectTheSignedTreeOnly() {
    EXPECT_EQ(*log_.head(), *head_);
    const auto before = log_.LookUp(kBefore);
    ASSERT_THAT(before, IsOk());
    EXPECT_TRUE(before->has_value());
    EXPECT_EQ(log_.view()->size(), kBatch);
    const auto during = log_.LookUp(kDuring);
    ASSERT_THAT(during, IsOk());
    EXPECT_FALSE(during->has_value()) << "unsigned, and yet shown";
    EXPECT_EQ(log_.view()->size(), kBatch);
  }

  TestLog log_;
  merkle::PageStore* pages_ = nullptr;
  std::shared_ptr<const SignedHead> head_;
  std::unique_ptr<Sequencer> sequencer_;
};

TEST_F(CacheAfterCommitTest, AFailedCommitLeavesNothingInTheCaches) {
  log_.storage().FailNextCommit({absl::InternalError("the disk is gone")});
  ASSERT_THAT(Publish(kDuring).get(),
              Refuses(absl::StatusCode::kAborted, "the disk is gone"));
  ExpectTheSignedTreeOnly();
  ExpectCached(kBatch - 1, true);
  ExpectCached(kBatch, false);
}

TEST_F(CacheAfterCommitTest, NeitherDoesOneThatReachedTheDisk) {
  log_.storage().FailNextCommit(
      {absl::InternalError("the disk is gone"), /*persisted=*/true});
  ASSERT_THAT(Publish(kDuring).get(),
              Refuses(absl::StatusCode::kAborted, "the disk is gone"));
  // It is in the store, and only there.
  const auto stored = log_.store().ReadHead();
  ASSERT_THAT(stored, IsOk());
  ASSERT_EQ((*stored)->head.tree_size, kBatch + 1);
  ExpectTheSignedTreeOnly();
  ExpectCached(kBatch - 1, true);
  ExpectCached(kBatch, false);
}

TEST_F(CacheAfterCommitTest, NothingIsCachedOrShownWhileACommitIsUnderWay) {
  log_.storage().HoldCommits();
  std::future<Outcome> publishing = Publish(kDuring);
  log_.storage().WaitUntilCommitIsHeld();
  ExpectTheSignedTreeOnly();
  ExpectCached(kBatch, false);
  log_.storage().FailReads(Table::kPages, "", absl::OkStatus());
  log_.storage().ReleaseCommits();
  ASSERT_THAT(publishing.get(), IsOk());
  // Now it is durable and signed, read by the first who asks, and kept.
  const auto during = log_.LookUp(kDuring);
  ASSERT_THAT(during, IsOk());
  EXPECT_TRUE(during->has_value());
  EXPECT_EQ(log_.view()->size(), kBatch + 1);
  ExpectCached(kBatch, true);
}

}  // namespace
}  // namespace sealbook::server
