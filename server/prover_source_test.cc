#include "server/prover_source.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/page.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::TestLog;
using ::sealbook::server::testing::VrfKey;

constexpr char kLabel[] = "a@example.org";

// A log of three entries: padding, version 0, version 1.
class ProverSourceTest : public ::testing::Test {
 protected:
  ProverSourceTest() : store_(Filled().storage()) {}

  TestLog& Filled() {
    EXPECT_THAT(log_.Start(), IsOk());
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(log_.Publish({NewSubmission(kLabel)}), IsOk());
    }
    log_.sequencer().Stop();
    return log_;
  }

  void Store(const Put& put) {
    ASSERT_THAT(log_.storage().PutRecord(put), IsOk());
  }

  TestLog log_;
  LogStore store_;
  StoredLog source_{store_, VrfKey(), 1 << 20};
};

TEST_F(ProverSourceTest, ReadsEntriesNodesVersionsAndValues) {
  auto entries = source_.ReadEntries({2, 0, 2});
  ASSERT_THAT(entries, IsOk());
  auto leaves = source_.ReadLogNodes({{2, 0}, {0, 0}});
  ASSERT_THAT(leaves, IsOk());
  EXPECT_EQ((*entries)[0].LeafValue(), (*leaves)[0]);
  EXPECT_EQ((*entries)[1].LeafValue(), (*leaves)[1]);
  EXPECT_EQ((*entries)[2], (*entries)[0]);
  EXPECT_EQ(**source_.ReadGreatestVersion(kLabel), 1);
  EXPECT_FALSE(source_.ReadGreatestVersion("b@example.org")->has_value());
  auto versions = source_.ReadVersions(kLabel, {1, 2, 0});
  ASSERT_THAT(versions, IsOk());
  EXPECT_EQ((*versions)[0]->position, 2);
  EXPECT_FALSE((*versions)[1].has_value());
  EXPECT_EQ((*versions)[2]->position, 1);
  const crypto::Commitment& commitment = (*versions)[0]->commitment;
  auto value = source_.ReadValue(kLabel, 1, *(*versions)[0]);
  ASSERT_THAT(value, IsOk());
  EXPECT_EQ(keytrans::CommitToValue(value->opening, kLabel, 1, value->value),
            commitment);
}

TEST_F(ProverSourceTest, RefusesAnEntryThatIsNotItsLeaf) {
  auto entries = store_.ReadEntries({1});
  ASSERT_THAT(entries, IsOk());
  ++(*entries)[0].entry.timestamp;
  Store(EntryPut(1, (*entries)[0]));
  EXPECT_THAT(source_.ReadEntries({0, 1}),
              Refuses(absl::StatusCode::kDataLoss, "log entry 1"));
}

TEST_F(ProverSourceTest, AnswersFromMemoryWhatWasCheckedBefore) {
  auto first = source_.ReadEntries({1});
  ASSERT_THAT(first, IsOk());
  auto page = source_.pages().ReadPages({{1, 0}});
  ASSERT_THAT(page, IsOk());
  Store({Table::kEntries, PositionKey(1), "damaged"});
  Store({Table::kPages, PageKey({1, 0}), "damaged"});
  auto nodes = source_.ReadLogNodes({{2, 0}, {0, 1}});
  ASSERT_THAT(nodes, IsOk());
  Store({Table::kLogNodes, PositionKey(0), ""});
  EXPECT_EQ(*source_.ReadLogNodes({{0, 1}, {2, 0}}),
            (std::vector<crypto::Hash>{(*nodes)[1], (*nodes)[0]}));
  EXPECT_THAT(source_.ReadLogNodes({{2, 0}, {1, 0}}),
              Refuses(absl::StatusCode::kDataLoss, "log tree node 1"));
  EXPECT_EQ(*source_.ReadEntries({1}), *first);
  EXPECT_EQ(*source_.pages().ReadPages({{1, 0}}), *page);
}

TEST_F(ProverSourceTest, RefusesAPageThatDoesNotDecodeOrIsMissing) {
  Store({Table::kPages, PageKey({1, 0}), "damaged"});
  EXPECT_THAT(source_.pages().ReadPages({{0, 0}, {1, 0}}),
              Refuses(absl::StatusCode::kDataLoss, "page 1/0"));
  EXPECT_THAT(source_.pages().ReadPages({{9, 0}}),
              Refuses(absl::StatusCode::kDataLoss, "page 9/0: missing"));
}

TEST_F(ProverSourceTest, RefusesAValueThatDoesNotOpenItsCommitment) {
  auto versions = source_.ReadVersions(kLabel, {0, 1});
  ASSERT_THAT(versions, IsOk());
  auto other = source_.ReadValue(kLabel, 1, *(*versions)[1]);
  ASSERT_THAT(other, IsOk());
  Store(ValuePut(*(*versions)[0], other->opening, other->value));
  EXPECT_THAT(
      source_.ReadValue(kLabel, 0, *(*versions)[0]),
      Refuses(absl::StatusCode::kDataLoss, "version 0 of a@example.org"));
}

TEST_F(ProverSourceTest, ProvesSearchKeysThatThePublicKeyVerifies) {
  auto key = crypto::VrfPublicKey::Parse(crypto::CipherSuite::kP256,
                                         VrfKey().public_key());
  ASSERT_THAT(key, IsOk());
  auto versions = source_.ReadVersions(kLabel, {1});
  ASSERT_THAT(versions, IsOk());
  for (int i = 0; i < 2; ++i) {
    auto proven = source_.ProveVrf(kLabel, 1);
    ASSERT_THAT(proven, IsOk());
    auto output =
        (*key)->Verify(keytrans::EncodeVrfInput(kLabel, 1), proven->proof);
    ASSERT_THAT(output, IsOk());
    EXPECT_EQ(*output, proven->output);
    EXPECT_EQ(*output, (*versions)[0]->vrf_output);
  }
  EXPECT_THAT(source_.ProveVrf(std::string(256, 'a'), 0),
              Refuses(absl::StatusCode::kInvalidArgument, "256"));
}

TEST_F(ProverSourceTest, StaysWithinItsCacheBudget) {
  PageCache pages(store_, 16 << 10);
  for (uint64_t position = 0; position < 3; ++position) {
    ASSERT_THAT(pages.ReadPages({{position, 0}}), IsOk());
    EXPECT_LE(pages.used(), 16 << 10);
  }
}

}  // namespace
}  // namespace sealbook::server
