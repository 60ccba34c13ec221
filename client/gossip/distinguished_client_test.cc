#include "client/gossip/distinguished_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using keytrans::DistinguishedRequest;
using keytrans::RefusalOf;
using keytrans::RefusalReason;
using keytrans::TestLog;
using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;

// Every second entry or so is distinguished.
class DistinguishedClientTest : public ::testing::Test {
 protected:
  DistinguishedClientTest()
      : log_(/*window=*/1000, keytrans::TestKeys::kReal), server_(log_) {
    for (int i = 0; i < 8; ++i) log_.Append(kStart + 600 * i, {});
    auto state = State::Open(temp_.path("state"), State::Mode::kCreate);
    EXPECT_TRUE(state.ok()) << state.status();
    state_.emplace(*std::move(state));
    EXPECT_TRUE(state_->PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  }

  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }
  absl::StatusOr<RecentHeads> Read(DistinguishedOptions options = {}) {
    DistinguishedClient client(
        *state_, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
        [] { return kStart + 6000; }, options);
    return client.ReadHeads(fingerprint());
  }
  absl::StatusOr<RecentHeads> ReadUnknown() {
    return ReadHeadsUnknown(
        log_.configuration(), {.server = {"localhost:1", ""}},
        server_.InProcessChannel(), [] { return kStart + 6000; }, 30000,
        state_->evidence_folder());
  }
  // Signatures differ each time, so that a view is not just that of the log.
  std::optional<keytrans::TreeView> Stored() {
    return state_->ReadLog(fingerprint())->view;
  }
  uint64_t StoredSize() {
    const auto view = Stored();
    return view.has_value() ? view->size() : 0;
  }
  std::optional<uint64_t> Advertised(size_t request) {
    return DistinguishedRequest::Parse(server_.requests.at(request))->last;
  }
  void ExpectRefused(const absl::Status& status, RefusalReason reason) {
    EXPECT_EQ(RefusalOf(status), reason) << status;
    ASSERT_TRUE(EvidenceOf(status).has_value()) << status;
    const auto kept = ReadExchange(*EvidenceOf(status));
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_EQ(kept->kind, AnswerKind::kDistinguished);
  }

  static OtherAnswer Other(const Exchange& exchange) {
    return {exchange.request, exchange.response, exchange.time_ms};
  }

  TempFolder temp_;
  TestLog log_;
  FakeServer server_;
  std::optional<State> state_;
};

TEST_F(DistinguishedClientTest, ReadsHeadsFromLeftToRight) {
  const auto heads = Read();
  ASSERT_TRUE(heads.ok()) << heads.status();
  ASSERT_GE(heads->seen.heads.size(), 3u);
  for (const LogHead& head : heads->seen.heads) {
    EXPECT_EQ(head.root, log_.Root(head.position + 1));
    EXPECT_EQ(head.timestamp, log_.entries()[head.position].timestamp);
  }
  for (size_t i = 1; i < heads->seen.heads.size(); ++i) {
    EXPECT_LT(heads->seen.heads[i - 1].position, heads->seen.heads[i].position);
  }
  EXPECT_EQ(StoredSize(), 8u);
  EXPECT_EQ(Advertised(0), std::nullopt);
  // The exchange verifies by itself.
  EXPECT_EQ(VerifyHeads(log_.configuration(), heads->exchange)->heads,
            heads->seen.heads);
}

TEST_F(DistinguishedClientTest, AdvertisesWhatTheStateHolds) {
  ASSERT_TRUE(Read().ok());
  const std::string before = Stored()->Encode();
  log_.Append(kStart + 5000, {});
  const auto heads = Read();
  ASSERT_TRUE(heads.ok()) << heads.status();
  EXPECT_EQ(Advertised(1), 8u);
  EXPECT_EQ(heads->exchange.view, before);
  EXPECT_EQ(StoredSize(), 9u);
}

TEST_F(DistinguishedClientTest, UnknownAdvertisesAndChangesNothing) {
  ASSERT_TRUE(Read().ok());
  log_.Append(kStart + 5000, {});
  const auto heads = ReadUnknown();
  ASSERT_TRUE(heads.ok()) << heads.status();
  EXPECT_EQ(server_.requests[1], DistinguishedRequest().Encode());
  EXPECT_EQ(heads->exchange.view, std::nullopt);
  EXPECT_EQ(heads->seen.view.size(), 9u);
  EXPECT_EQ(StoredSize(), 8u);
}

TEST_F(DistinguishedClientTest, AsksAgainWhenTheStateMoved) {
  ASSERT_TRUE(Read().ok());
  int calls = 0;
  server_.tamper_distinguished = [&](v1::DistinguishedAnswer&) {
    if (++calls > 1) return;
    // Another process learns a newer tree meanwhile.
    log_.Append(kStart + 5000, {});
    EXPECT_TRUE(
        state_->Advance(fingerprint(), Stored(), log_.View(9), {}).ok());
  };
  log_.Append(kStart + 4900, {});
  const auto heads = Read();
  EXPECT_EQ(calls, 2);
  ASSERT_TRUE(heads.ok()) << heads.status();
  EXPECT_EQ(Advertised(2), 9u);
  EXPECT_EQ(StoredSize(), 10u);
}

TEST_F(DistinguishedClientTest, GivesUpWhenTheStateMovesAllTheTime) {
  uint64_t time = kStart + 4500;
  server_.tamper_distinguished = [&](v1::DistinguishedAnswer&) {
    log_.Append(++time, {});
    EXPECT_TRUE(
        state_->Advance(fingerprint(), Stored(), log_.View(log_.size()), {})
            .ok());
  };
  const auto heads = Read({.max_moves = 3});
  EXPECT_TRUE(absl::IsAborted(heads.status())) << heads.status();
  EXPECT_EQ(server_.requests.size(), 3u);
}

TEST_F(DistinguishedClientTest, KeepsTheEvidenceOfARefusal) {
  ASSERT_TRUE(Read().ok());
  server_.tamper_distinguished = [](v1::DistinguishedAnswer& answer) {
    answer.mutable_response()->push_back('\0');
  };
  ExpectRefused(Read().status(), RefusalReason::kMalformed);
  ExpectRefused(ReadUnknown().status(), RefusalReason::kMalformed);
  EXPECT_EQ(StoredSize(), 8u);
}

TEST_F(DistinguishedClientTest, RefusesAnotherHistoryThanTheOneItKnows) {
  ASSERT_TRUE(Read().ok());
  const std::unique_ptr<TestLog> twin = log_.Twin();
  for (int i = 0; i < 9; ++i) twin->Append(kStart + 601 * i, {});
  server_.before_answer = [&](TestLog*& log) { log = twin.get(); };
  const absl::Status status = Read().status();
  ASSERT_TRUE(RefusalOf(status).has_value()) << status;
  ExpectRefused(status, *RefusalOf(status));
  EXPECT_EQ(StoredSize(), 8u);
  // Who knows nothing is shown a history that holds by itself.
  const auto theirs = ReadUnknown();
  ASSERT_TRUE(theirs.ok()) << theirs.status();
  server_.before_answer = nullptr;
  const auto ours = Read();
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_EQ(CompareAnswers(ours->seen, theirs->seen).verdict, Verdict::kFork);
  EXPECT_EQ(VerifyHeads(log_.configuration(), Other(theirs->exchange))->heads,
            theirs->seen.heads);
}

TEST_F(DistinguishedClientTest, KeepsTheEvidenceOfARollback) {
  ASSERT_TRUE(Read().ok());
  const std::unique_ptr<TestLog> older = log_.Twin();
  for (int i = 0; i < 5; ++i) older->Append(kStart + 600 * i, {});
  server_.before_answer = [&](TestLog*& log) { log = older.get(); };
  const absl::Status status = Read().status();
  ExpectRefused(status, RefusalReason::kTreeSize);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a signed tree of 5 entries, but it signed one of 8"));
  EXPECT_EQ(ReadExchange(*EvidenceOf(status))->retained, Stored()->Encode());
  EXPECT_EQ(StoredSize(), 8u);
}

TEST_F(DistinguishedClientTest, VerifiesNoOtherKindOfAnswer) {
  Exchange exchange = Read()->exchange;
  EXPECT_EQ(VerifyHeads(log_.configuration(), Other(exchange))->view.size(),
            8u);
  exchange.kind = AnswerKind::kAsOf;
  EXPECT_THAT(
      std::string(
          VerifyHeads(log_.configuration(), exchange).status().message()),
      HasSubstr("no answer about distinguished heads"));
  // What advertises a tree is not proven to everybody.
  log_.Append(kStart + 5000, {});
  exchange = Read()->exchange;
  EXPECT_EQ(VerifyHeads(log_.configuration(), Other(exchange)).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sealbook::client
