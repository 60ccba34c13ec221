#include "client/verify_exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "keytrans/distinguished_structures.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/update_structures.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalReason;
using keytrans::TestLog;
using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;

class VerifyExchangeTest : public ::testing::Test {
 protected:
  VerifyExchangeTest() : log_(/*window=*/1000, keytrans::TestKeys::kReal) {
    Fill(log_, "value");
  }

  static void Fill(TestLog& log, const std::string& value) {
    for (uint64_t i = 0; i < 4; ++i) {
      log.Append(kStart + i, {{kAlice, value}});
    }
  }

  // The answer to who saw three entries.
  Exchange Found() {
    const keytrans::SearchRequest request{3, kAlice, std::nullopt};
    Exchange exchange;
    exchange.request = request.Encode();
    exchange.response = log_.Answer(request)->bytes;
    exchange.time_ms = kStart + 3;
    exchange.view = log_.View(3).Encode();
    return exchange;
  }

  absl::Status Contradicts(const std::string& retained,
                           const keytrans::TreeView& shown) {
    return CheckNotContradicted(log_.configuration(), retained, shown);
  }

  static void ExpectStatus(const absl::Status& status,
                           std::optional<RefusalReason> reason,
                           const std::string& words) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(keytrans::RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }

  TestLog log_;
};

TEST_F(VerifyExchangeTest, VerifiesAgainstTheRetainedView) {
  auto answer = VerifyExchange(log_.verifier(), Found());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->label, kAlice);
  EXPECT_EQ(answer->found->version, 3u);
  EXPECT_EQ(answer->view.Root(), log_.Root(4));
}

TEST_F(VerifyExchangeTest, RefusesAnAnswerOfAnotherKind) {
  Exchange exchange = Found();
  exchange.kind = AnswerKind::kNoSuchVersion;
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(),
               RefusalReason::kMalformed, "none was asked for");
  exchange.kind = AnswerKind::kAsOf;
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(), std::nullopt,
               "AsOfRequest is malformed");
}

TEST_F(VerifyExchangeTest, VerifiesDistinguishedHeads) {
  keytrans::DistinguishedRequest request;
  request.last = 3;
  const auto answer = keytrans::AnswerDistinguished(
      log_, log_.configuration(), log_.Sign(4, log_.Root(4)), request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  Exchange exchange;
  exchange.kind = AnswerKind::kDistinguished;
  exchange.request = request.Encode();
  exchange.response = *answer;
  exchange.time_ms = kStart + 3;
  exchange.view = log_.View(3).Encode();
  auto verified = VerifyExchange(log_.verifier(), exchange);
  ASSERT_TRUE(verified.ok()) << verified.status();
  // The left edge of the implicit search tree.
  ASSERT_EQ(verified->distinguished.size(), 3u);
  for (const auto& [i, position] :
       {std::pair(0, 3), std::pair(1, 1), std::pair(2, 0)}) {
    EXPECT_EQ(verified->distinguished[i].position, position);
    EXPECT_EQ(verified->distinguished[i].Root(), log_.Root(position + 1));
  }
  EXPECT_EQ(verified->label, "");
  EXPECT_EQ(verified->view.Root(), log_.Root(4));

  exchange.time_ms = kStart + 7'200'000;
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(),
               RefusalReason::kStaleHead,
               "the newest log entry says 2023-11-14");
  exchange.request += '\0';
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(), std::nullopt,
               "DistinguishedRequest is malformed");
}

TEST_F(VerifyExchangeTest, NamesBothTimesOfAnOldAnswer) {
  Exchange exchange = Found();
  exchange.time_ms = kStart + 7'200'000;
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(),
               RefusalReason::kStaleHead,
               "the newest log entry says 2023-11-14");
}

TEST_F(VerifyExchangeTest, TakesNoRequestAndViewThatAreNone) {
  Exchange exchange = Found();
  exchange.request += '\0';
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(), std::nullopt,
               "SearchRequest is malformed");
  exchange = Found();
  exchange.view->pop_back();
  ExpectStatus(VerifyExchange(log_.verifier(), exchange).status(), std::nullopt,
               "TreeView is malformed");
}

TEST_F(VerifyExchangeTest, FindsNoContradictionInAGrowingLog) {
  EXPECT_EQ(Contradicts(log_.View(3).Encode(), log_.View(4)), absl::OkStatus());
  EXPECT_EQ(Contradicts(log_.View(3).Encode(), log_.View(3)), absl::OkStatus());
}

TEST_F(VerifyExchangeTest, RefusesASmallerTreeThanTheLogSignedBefore) {
  ExpectStatus(Contradicts(log_.View(3).Encode(), log_.View(2)),
               RefusalReason::kTreeSize,
               "a signed tree of 2 entries, but it signed one of 3 before");
}

TEST_F(VerifyExchangeTest, RefusesTwoTreesOfOneSize) {
  const std::unique_ptr<TestLog> twin = log_.Twin();
  Fill(*twin, "other");
  ExpectStatus(Contradicts(twin->View(3).Encode(), log_.View(3)),
               RefusalReason::kFork, "two roots for tree size 3");
}

TEST_F(VerifyExchangeTest, RefusesALaterPageThatIsNoneOrOfAnotherTree) {
  VerifiedAnswer page;
  page.kind = AnswerKind::kHistory;
  page.view = log_.View(3);
  EXPECT_EQ(CheckLaterPage(page, log_.View(3)), absl::OkStatus());
  ExpectStatus(CheckLaterPage(page, log_.View(2)), RefusalReason::kTreeSize,
               "shows a tree of 3 entries, the first one of 2");
  for (AnswerKind kind : {AnswerKind::kAbsent, AnswerKind::kNoSuchVersion}) {
    page.kind = kind;
    ExpectStatus(CheckLaterPage(page, log_.View(3)), RefusalReason::kMalformed,
                 "a later page of a history is none");
  }
}

// Who hands a folder over could have made the earlier tree up.
TEST_F(VerifyExchangeTest, BelievesNoEarlierTreeThatTheLogDidNotSign) {
  keytrans::TreeView view = log_.View(3);
  view.tree_head = log_.Sign(3, log_.Root(2));
  ExpectStatus(Contradicts(view.Encode(), log_.View(2)), std::nullopt,
               "view of 3 entries is not signed by the log");
  ExpectStatus(Contradicts("", log_.View(2)), std::nullopt,
               "TreeView is malformed");
}

// Answers to owners and contacts are verified against what these retained: the
// state of the one, the keys of the other.
TEST_F(VerifyExchangeTest, NeedsWhatWasRetained) {
  Exchange exchange;
  exchange.time_ms = kStart + 3;
  exchange.view = log_.View(3).Encode();
  const auto needs = [&](const std::string& words) {
    const absl::Status status =
        VerifyExchange(log_.verifier(), exchange).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  };
  exchange.kind = AnswerKind::kContactMonitor;
  exchange.request = *keytrans::ContactMonitorRequest{3, kAlice, {}}.Encode();
  needs("keys.tls");
  exchange.kind = AnswerKind::kOwnerMonitor;
  exchange.request =
      *keytrans::OwnerMonitorRequest{3, kAlice, {}, 1, 0}.Encode();
  needs("owner.tls");
  exchange.kind = AnswerKind::kUpdate;
  exchange.request = *keytrans::UpdateRequest{3, kAlice, 0, {}}.Encode();
  needs("owner.tls");
}

}  // namespace
}  // namespace sealbook::client
