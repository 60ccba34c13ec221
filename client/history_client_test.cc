#include "client/history_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/exchange.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "keytrans/history_prover.h"
#include "keytrans/history_structures.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalOf;
using keytrans::RefusalReason;
using keytrans::TestLog;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;
constexpr char kAlice[] = "alice@example.org";

std::string EntryNumber(int number) {
  v1::DirectoryEntry entry;
  entry.set_format(1);
  entry.set_publisher(absl::StrCat("ca", number));
  return entry.SerializeAsString();
}

// alice@example.org has the versions 0 to 7, of which a page holds three.
class HistoryClientTest : public ::testing::Test {
 protected:
  HistoryClientTest()
      : log_(/*window=*/1'000'000, keytrans::TestKeys::kReal), server_(log_) {
    for (int i = 0; i < 8; ++i) {
      log_.Append(kStart + i, {{kAlice, EntryNumber(i)}});
    }
    auto state = State::Open(temp_.path("state"), State::Mode::kCreate);
    EXPECT_TRUE(state.ok()) << state.status();
    state_.emplace(*std::move(state));
    EXPECT_TRUE(state_->PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  }

  HistoryClient Client() {
    options_.patience.sleep = [this](uint64_t ms) {
      slept_.push_back(ms);
      if (while_asleep_) while_asleep_();
    };
    return HistoryClient(
        *state_, {.server = {"localhost:1", ""}}, server_.InProcessChannel(),
        [] { return kStart + 1000; }, options_);
  }
  crypto::Hash fingerprint() const {
    return log_.configuration().Fingerprint();
  }
  absl::StatusOr<HistoryOutcome> Read(const std::string& label = kAlice) {
    versions_.clear();
    return Client().ReadHistory(
        fingerprint(), label, [this](const HistoryEntry& entry) {
          EXPECT_EQ(entry.entry.publisher(), absl::StrCat("ca", entry.version));
          versions_.push_back(entry.version);
          return true;
        });
  }
  uint64_t StoredSize() {
    const auto view = state_->ReadLog(fingerprint())->view;
    return view.has_value() ? view->size() : 0;
  }
  // Has `change` made to page number `page`, the first being 0.
  void TamperPage(int page, std::function<void(v1::HistoryPage&)> change) {
    server_.tamper_history = [this, page,
                              change = std::move(change)](v1::HistoryPage& p) {
      if (pages_++ == page) change(p);
    };
  }
  // Refused for this reason, with evidence, after the first page.
  void ExpectRefusedAfterAPage(const absl::Status& status,
                               std::optional<RefusalReason> reason) {
    ASSERT_TRUE(RefusalOf(status).has_value()) << status;
    EXPECT_EQ(RefusalOf(status), reason.value_or(*RefusalOf(status))) << status;
    EXPECT_THAT(versions_, ElementsAre(7, 6, 5));
    ASSERT_TRUE(EvidenceOf(status).has_value()) << status;
    EXPECT_TRUE(ReadExchange(*EvidenceOf(status)).ok());
    EXPECT_EQ(StoredSize(), 8u);
  }

  TempFolder temp_;
  TestLog log_;
  FakeServer server_;
  std::optional<State> state_;
  HistoryOptions options_;
  std::vector<uint32_t> versions_;
  int pages_ = 0;
  std::vector<uint64_t> slept_;
  std::function<void()> while_asleep_;
};

TEST_F(HistoryClientTest, ReadsAllPagesInOneTree) {
  auto outcome = Read();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(versions_, ElementsAre(7, 6, 5, 4, 3, 2, 1, 0));
  EXPECT_EQ(outcome->view.Root(), log_.Root(8));
  EXPECT_EQ(StoredSize(), 8u);
}

// The log grows while its history is sent, and a page is proven in the larger
// tree: true by itself, but not of the history that began.
TEST_F(HistoryClientTest, RefusesALaterPageOfAnotherTree) {
  TamperPage(1, [this](v1::HistoryPage& page) {
    log_.Append(kStart + 9, {});
    const uint64_t size = log_.size();
    auto grown = keytrans::AnswerHistory(
        log_, log_.configuration(), log_.Sign(size, log_.Root(size)),
        keytrans::HistoryRequest{8, kAlice, 4}, 3);
    ASSERT_TRUE(grown.ok()) << grown.status();
    page.set_response(grown->bytes);
  });
  const absl::Status status = Read().status();
  ExpectRefusedAfterAPage(status, RefusalReason::kTreeSize);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("a page of the history shows a tree of 9 entries, the first "
                "one of 8"));
}

TEST_F(HistoryClientTest, RefusesALaterPageThatIsNone) {
  TamperPage(1, [this](v1::HistoryPage& page) {
    const keytrans::SearchRequest nobody{8, "nobody@example.org", std::nullopt};
    page.set_absence(log_.Answer(nobody)->bytes);
  });
  ExpectRefusedAfterAPage(Read().status(), std::nullopt);
}

TEST_F(HistoryClientTest, RefusesAPageASecondTime) {
  std::string first;
  server_.tamper_history = [&](v1::HistoryPage& page) {
    if (pages_++ == 0) first = page.response();
    page.set_response(first);
  };
  ExpectRefusedAfterAPage(Read().status(), std::nullopt);
}

TEST_F(HistoryClientTest, RefusesAVersionThatIsNoEntry) {
  log_.Append(kStart + 9, {{kAlice, "no entry"}});
  const absl::Status status = Read().status();
  EXPECT_EQ(RefusalOf(status), RefusalReason::kMalformed) << status;
  EXPECT_TRUE(EvidenceOf(status).has_value());
  const absl::Status as_of =
      Client().ReadAsOf(fingerprint(), kAlice, kStart + 900).status();
  EXPECT_EQ(RefusalOf(as_of), RefusalReason::kMalformed) << as_of;
  EXPECT_TRUE(EvidenceOf(as_of).has_value());
}

TEST_F(HistoryClientTest, RefusesAStateThatIsNotProven) {
  server_.tamper_as_of = [](v1::AsOfAnswer& answer) {
    answer.mutable_response()->back() ^= 1;
  };
  const absl::Status status =
      Client().ReadAsOf(fingerprint(), kAlice, kStart + 3).status();
  EXPECT_TRUE(RefusalOf(status).has_value()) << status;
  EXPECT_TRUE(EvidenceOf(status).has_value());
  EXPECT_EQ(StoredSize(), 0u);
}

TEST_F(HistoryClientTest, SaysThatAVersionIsOfANewerFormat) {
  v1::DirectoryEntry entry;
  entry.set_format(2);
  log_.Append(kStart + 9, {{kAlice, entry.SerializeAsString()}});
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(
      Client().ReadAsOf(fingerprint(), kAlice, kStart + 900).status().code(),
      absl::StatusCode::kUnimplemented);
}

TEST_F(HistoryClientTest, NamesTheVersionBeforeWhichTheServerStopped) {
  int asked = 0;
  server_.end_history = [&] { return ++asked == 3; };
  absl::Status status = Read().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("before version 1"));
  EXPECT_EQ(versions_.size(), 6u);
  server_.end_history = [] { return true; };
  status = Read().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("its first page"));
}

// Nothing that shows when a version appeared is expired: so the one before it
// can be shown, whatever the server says.
TEST_F(HistoryClientTest, TakesNoVersionForExpiredThatIsNot) {
  log_.SetMaximumLifetime(2'000'000);
  state_.emplace(*State::Open(temp_.path("other"), State::Mode::kCreate));
  ASSERT_TRUE(state_->PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  int asked = 0;
  server_.end_history = [&] { return ++asked == 2; };
  server_.history_end = {grpc::StatusCode::OUT_OF_RANGE, "too old"};
  const absl::Status status = Read().status();
  EXPECT_THAT(versions_, ElementsAre(7, 6, 5));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the server says that version 4 has expired"));
}

TEST_F(HistoryClientTest, FewerVersionsThanAskedForAreNoHistory) {
  options_.max_versions = 4;
  EXPECT_TRUE(Read().ok());
  EXPECT_THAT(versions_, ElementsAre(7, 6, 5, 4));
  int asked = 0;
  server_.end_history = [&] { return ++asked == 2; };
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(HistoryClientTest, AsksAgainWhenAnotherProcessMovedTheState) {
  State other = *State::Open(temp_.path("state"), State::Mode::kExisting);
  bool moved = false;
  server_.end_history = [&] {
    if (!moved) {
      moved = true;
      EXPECT_TRUE(
          other.Advance(fingerprint(), std::nullopt, log_.View(2), {}).ok());
    }
    return false;
  };
  auto outcome = Read();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(versions_.size(), 8u);
  EXPECT_EQ(StoredSize(), 8u);
}

TEST_F(HistoryClientTest, TheClockStartsAnewWithEachPage) {
  options_.timeout_ms = 2000;
  // Eight pages, which take longer together.
  server_.page_size = 1;
  server_.end_history = [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return false;
  };
  auto outcome = Read();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(versions_.size(), 8u);
}

TEST_F(HistoryClientTest, EndsAHistoryThatStandsStill) {
  options_.timeout_ms = 700;
  int asked = 0;
  server_.end_history = [&] {
    if (++asked == 2) std::this_thread::sleep_for(std::chrono::seconds(2));
    return false;
  };
  const absl::Status status = Read().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--timeout"));
  EXPECT_THAT(versions_, ElementsAre(7, 6, 5));
}

TEST_F(HistoryClientTest, WaitsUntilTheLimitLetsTheFirstPageThrough) {
  server_.limit = [this] { return slept_.size() < 2 ? 5000 : 0; };
  auto outcome = Read();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(versions_.size(), 8u);
  EXPECT_THAT(slept_, ElementsAre(5000, 5000));
}

TEST_F(HistoryClientTest, ALimitInTheMiddleEndsAHistory) {
  int asked = 0;
  server_.limit = [&] { return ++asked == 2 ? 5000 : 0; };
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(versions_.size(), 3u);
  EXPECT_TRUE(slept_.empty());
}

TEST_F(HistoryClientTest, WaitsUntilTheLimitLetsAStateThrough) {
  int tokens = 1;
  server_.limit = [&] { return tokens > 0 ? (tokens--, 0) : 2500; };
  while_asleep_ = [&] { ++tokens; };
  HistoryClient client = Client();
  for (int version = 0; version < 4; ++version) {
    auto state = client.ReadAsOf(fingerprint(), kAlice, kStart + version);
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_EQ(state->in_force->version, version);
  }
  EXPECT_THAT(slept_, ElementsAre(2500, 2500, 2500));
}

TEST_F(HistoryClientTest, DoesNotWaitOnceItHasWaitedInVain) {
  server_.limit = [] { return 2500; };
  HistoryClient client = Client();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.ReadAsOf(fingerprint(), kAlice, kStart).status().code(),
              absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(slept_.size(), 10u);
  }
}

}  // namespace
}  // namespace sealbook::client
