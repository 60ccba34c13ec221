// Contacts and owners against the prover, in a log that tells the truth and in
// some that do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/testing/test_owner.h"

namespace sealbook::keytrans {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Entry = MonitorMapEntry;

constexpr char kAlice[] = "alice@example.org";
constexpr char kBob[] = "bob@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;
// A window that no log is old enough for: nothing is distinguished. Minutes.
constexpr uint64_t kForever = 1'000'000'000;

class MonitorTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  // Minutes.
  void MakeLog(uint64_t window) {
    log_ = std::make_unique<TestLog>(window * kMinute, TestKeys::kFake,
                                     GetParam());
  }
  void Append(const std::vector<TestLog::NewVersion>& versions) {
    log_->Append(kStart + log_->size() * kMinute, versions);
  }
  void AppendUntil(uint64_t size) {
    while (log_->size() < size) Append({});
  }
  TreeHead Head() const {
    return log_->Sign(log_->size(), log_->Root(log_->size()));
  }

  std::unique_ptr<TestLog> log_;
};

INSTANTIATE_TEST_SUITE_P(Suites, MonitorTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

void ExpectError(const absl::Status& status, absl::StatusCode code,
                 const std::string& words) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

void ExpectRefused(const absl::Status& status, RefusalReason reason,
                   const std::string& words) {
  EXPECT_EQ(RefusalOf(status), reason) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

// A window of five minutes: of 13 entries, 0, 1, 3, 7 and 11 are distinguished.
TEST_P(MonitorTest, ContactFollowsAVersionToADistinguishedEntry) {
  MakeLog(5);
  AppendUntil(12);
  Append({{kAlice, "first"}});
  TestContact contact(*log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  ASSERT_THAT(contact.entries(), ElementsAre(Entry{12, 0}));
  AppendUntil(14);
  ASSERT_EQ(contact.Monitor(), absl::OkStatus());
  EXPECT_THAT(contact.entries(), ElementsAre(Entry{13, 0}));
  AppendUntil(16);
  ASSERT_EQ(contact.Monitor(), absl::OkStatus());
  EXPECT_THAT(contact.entries(), IsEmpty());  // 15 is distinguished.
  ASSERT_EQ(contact.Monitor(), absl::OkStatus());
}

TEST_P(MonitorTest, TwoVersionsMeetInOneEntry) {
  MakeLog(kForever);
  Append({{kAlice, "first"}});
  AppendUntil(4);
  TestContact contact(*log_, kAlice);
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  Append({{kAlice, "second"}});
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  EXPECT_THAT(contact.entries(), ElementsAre(Entry{3, 0}, Entry{4, 1}));
  AppendUntil(40);
  ASSERT_EQ(contact.Monitor(), absl::OkStatus());
  EXPECT_THAT(contact.entries(), ElementsAre(Entry{31, 1}));
}

TEST_P(MonitorTest, ContactNoticesADroppedVersion) {
  MakeLog(kForever);
  AppendUntil(4);
  Append({{.label = kAlice, .value = "first", .passing = true}});
  TestContact contact(*log_, kAlice);
  // A search sees entry 3 and 4.
  ASSERT_EQ(contact.Search(), absl::OkStatus());
  ASSERT_THAT(contact.entries(), ElementsAre(Entry{4, 0}));
  AppendUntil(20);
  ExpectRefused(contact.Monitor(), RefusalReason::kLadder,
                "log entry 5 lacks version 0");
}

TEST_P(MonitorTest, RefusesMapsThatNoContactHas) {
  MakeLog(kForever);
  AppendUntil(4);
  Append({{kAlice, "first"}});
  Append({{kAlice, "second"}});
  AppendUntil(10);
  auto answer = [&](std::vector<Entry> entries) {
    return AnswerContactMonitor(
               *log_, log_->configuration(), Head(),
               ContactMonitorRequest{std::nullopt, kAlice, std::move(entries)})
        .status();
  };
  EXPECT_EQ(answer({}), absl::OkStatus());
  EXPECT_EQ(answer({{4, 0}, {5, 1}}), absl::OkStatus());
  EXPECT_EQ(answer({{5, 0}, {7, 1}}), absl::OkStatus());
  const absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;
  ExpectError(answer({{10, 0}}), invalid, "the tree has 10 log entries");
  ExpectError(answer({{7, 2}}), invalid, "the label has no such version");
  ExpectError(answer({{3, 0}}), invalid, "not on the direct path");
  ExpectError(answer({{6, 0}}), invalid, "not on the direct path");
  ExpectError(answer({{5, 1}, {7, 0}}), absl::StatusCode::kOk, "");
}

// As many as a request has room for: a version in each of 255 entries.
TEST_P(MonitorTest, AnswersAMapOf255Entries) {
  MakeLog(kForever);
  ContactMonitorRequest request{255, kAlice, {}};
  for (uint32_t i = 0; i < 255; ++i) {
    Append({{kAlice, std::to_string(i)}});
    request.entries.push_back({i, i});
  }
  const TreeView view = log_->View(255);
  AppendUntil(300);
  LadderKeys keys;
  for (uint32_t i = 0; i < 255; ++i) {
    const VersionFacts& facts = log_->labels().at(kAlice)[i].facts;
    keys[i] = {facts.vrf_output, facts.commitment};
  }
  const auto parsed = ContactMonitorRequest::Parse(*request.Encode());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const auto bytes =
      AnswerContactMonitor(*log_, log_->configuration(), Head(), *parsed);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto monitored = log_->verifier().VerifyContactMonitor(
      request, view, keys, *bytes, log_->entries().back().timestamp);
  ASSERT_TRUE(monitored.ok()) << monitored.status();
  EXPECT_THAT(monitored->entries, ElementsAre(Entry{255, 254}));
  request.entries.push_back({255, 255});
  ExpectError(request.Encode().status(), absl::StatusCode::kResourceExhausted,
              "entries");
}

// Counts what an answer costs.
class CostlyLog : public TestLog {
 public:
  using TestLog::TestLog;

  absl::StatusOr<crypto::VrfPrivateKey::Proven> ProveVrf(
      absl::string_view label, uint32_t version) override {
    ++vrf_proofs;
    return TestLog::ProveVrf(label, version);
  }
  merkle::PageStore& pages() override {
    ++page_reads;
    return TestLog::pages();
  }

  int vrf_proofs = 0;
  int page_reads = 0;
};

// Each version has ancestors of its own, and there are too many of them.
TEST_P(MonitorTest, FindsOutCheaplyThatAnAnswerDoesNotHoldTheProof) {
  auto costly = std::make_unique<CostlyLog>(kForever * kMinute, TestKeys::kFake,
                                            GetParam());
  CostlyLog& log = *costly;
  log_ = std::move(costly);
  ContactMonitorRequest request{std::nullopt, kAlice, {}};
  for (uint32_t i = 0; i < 255; ++i) {
    AppendUntil(4 * i);
    Append({{kAlice, std::to_string(i)}});
    request.entries.push_back({4 * i, i});
  }
  AppendUntil(1024);
  log.vrf_proofs = log.page_reads = 0;
  ExpectError(
      AnswerContactMonitor(log, log.configuration(), Head(), request).status(),
      absl::StatusCode::kResourceExhausted, "more than 255 elements");
  ExpectError(AnswerOwnerMonitor(
                  log, log.configuration(), Head(),
                  {std::nullopt, kAlice, request.entries, /*start=*/0, 254})
                  .status(),
              absl::StatusCode::kResourceExhausted, "more than 255 elements");
  EXPECT_EQ(log.vrf_proofs, 0);
  EXPECT_EQ(log.page_reads, 0);

  request.entries.resize(63);
  EXPECT_EQ(
      AnswerContactMonitor(log, log.configuration(), Head(), request).status(),
      absl::OkStatus());
  EXPECT_GT(log.vrf_proofs, 0);
  EXPECT_GT(log.page_reads, 0);
}

TEST_P(MonitorTest, OwnerWithoutAVersionLearnsOfTheFirst) {
  MakeLog(5);
  AppendUntil(13);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(7), absl::OkStatus());
  EXPECT_EQ(owner.state().Greatest(), std::nullopt);
  ExpectError(owner.Update(), absl::StatusCode::kFailedPrecondition,
              "has no version");
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  EXPECT_EQ(owner.state().start, 11u);
  Append({{kAlice, "first"}, {kBob, "his"}});
  ASSERT_EQ(owner.CatchUp(), absl::OkStatus());
  ASSERT_EQ(owner.seen().size(), 1u);
  EXPECT_EQ(owner.seen()[0].value, "first");
  EXPECT_THAT(owner.state().entries, ElementsAre(Entry{13, 0}));
  AppendUntil(16);
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  EXPECT_EQ(owner.state().start, 15u);
  EXPECT_THAT(owner.state().entries, IsEmpty());
  EXPECT_THAT(owner.state().changes, IsEmpty());
}

TEST_P(MonitorTest, OwnerKnowsWhatWasThereBeforeItsStart) {
  MakeLog(5);
  for (int i = 0; i < 7; ++i) Append({{kAlice, std::to_string(i)}});
  AppendUntil(13);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(7), absl::OkStatus());
  EXPECT_EQ(owner.state().Greatest(), 6u);
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  EXPECT_EQ(owner.state().start, 11u);
}

TEST_P(MonitorTest, OwnerTakesManyVersionsOfOneEntry) {
  MakeLog(5);
  AppendUntil(13);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(11), absl::OkStatus());
  std::vector<TestLog::NewVersion> many;
  for (int i = 0; i < 128; ++i) many.push_back({kAlice, std::to_string(i)});
  Append(many);
  AppendUntil(15);
  Append(many);  // Entry 15 is distinguished.
  ASSERT_EQ(owner.UpdateAll(), absl::OkStatus());
  EXPECT_EQ(owner.state().Greatest(), 255u);
  EXPECT_THAT(owner.state().changes,
              ElementsAre(Entry{13, 127}, Entry{15, 255}));
  EXPECT_THAT(owner.state().entries, ElementsAre(Entry{13, 127}));
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  EXPECT_THAT(owner.state().entries, IsEmpty());
}

TEST_P(MonitorTest, OwnerAsksOnUntilTheRightmostDistinguishedEntry) {
  MakeLog(1);
  AppendUntil(3);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(1), absl::OkStatus());
  AppendUntil(100);
  ASSERT_EQ(owner.Monitor(/*max_ladders=*/10), absl::OkStatus());
  EXPECT_GT(owner.calls(), 5);
  EXPECT_GE(owner.state().start, 95u);
}

// Versions come between the owner's questions, so that it monitors past one of
// which it was not told yet.
TEST_P(MonitorTest, OwnerIsToldOfAVersionAfterMonitoringPastIt) {
  MakeLog(kMinute);
  AppendUntil(16);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(15), absl::OkStatus());
  Append({{kAlice, "first"}});
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  ASSERT_THAT(owner.state().entries, ElementsAre(Entry{16, 0}));
  AppendUntil(18);
  Append({{kAlice, "second"}});
  AppendUntil(20);
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  ASSERT_THAT(owner.state().entries, ElementsAre(Entry{19, 0}));
  ASSERT_EQ(owner.Update(), absl::OkStatus());
  EXPECT_THAT(owner.state().entries, ElementsAre(Entry{18, 1}));
  AppendUntil(30);
  ASSERT_EQ(owner.Monitor(), absl::OkStatus());
  EXPECT_THAT(owner.state().entries, ElementsAre(Entry{23, 1}));
}

TEST_P(MonitorTest, OwnerNoticesAVersionItWasNotToldOf) {
  MakeLog(5);
  AppendUntil(13);
  TestOwner owner(*log_, kAlice);
  ASSERT_EQ(owner.Init(11), absl::OkStatus());
  const OwnerState before = owner.state();
  const std::optional<TreeView> view = owner.view();
  Append({{kAlice, "not mine"}});
  AppendUntil(17);
  // The log proves what is there, to an owner who expects something else.
  const OwnerMonitorRequest told{view->size(), kAlice, {}, 11, 0};
  auto bytes = AnswerOwnerMonitor(*log_, log_->configuration(), Head(), told);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const OwnerMonitorRequest request{view->size(), kAlice, {}, 11, std::nullopt};
  ExpectRefused(log_->verifier()
                    .VerifyOwnerMonitor(request, view, before, *bytes,
                                        log_->entries().back().timestamp)
                    .status(),
                RefusalReason::kLadder, "log entry 15 includes version 0");
}

TEST_P(MonitorTest, RefusesRequestsThatNoOwnerMakes) {
  MakeLog(5);
  AppendUntil(3);
  Append({{kAlice, "first"}});
  AppendUntil(9);
  Append({{kAlice, "second"}});
  AppendUntil(13);
  auto init = [&](uint64_t start) {
    return AnswerOwnerInit(*log_, log_->configuration(), Head(),
                           OwnerInitRequest{std::nullopt, kAlice, start})
        .status();
  };
  const absl::StatusCode invalid = absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(init(11), absl::OkStatus());
  ExpectError(init(12), invalid, "log entry 12 is not distinguished");
  ExpectError(init(13), invalid, "log entry 13 is not in the tree of size 13");
  auto monitor = [&](uint64_t start, std::optional<uint32_t> greatest) {
    return AnswerOwnerMonitor(
               *log_, log_->configuration(), Head(),
               OwnerMonitorRequest{std::nullopt, kAlice, {}, start, greatest})
        .status();
  };
  EXPECT_EQ(monitor(7, 0), absl::OkStatus());
  EXPECT_EQ(monitor(7, 1), absl::OkStatus());
  ExpectError(monitor(13, 1), invalid, "start is 13");
  ExpectError(monitor(7, 2), invalid, "greatest_version is 2");
  ExpectError(monitor(11, 0), invalid, "log entry 11 has version 1");
  ExpectError(monitor(7, std::nullopt), invalid, "log entry 7 has version 0");
  auto update = [&](std::optional<uint32_t> greatest) {
    return AnswerUpdate(*log_, log_->configuration(), Head(),
                        UpdateRequest{std::nullopt, kAlice, greatest, {}})
        .status();
  };
  EXPECT_EQ(update(0), absl::OkStatus());
  EXPECT_EQ(update(std::nullopt), absl::OkStatus());
  const absl::StatusCode failed = absl::StatusCode::kFailedPrecondition;
  ExpectError(update(1), failed, "no version after 1");
  ExpectError(update(2), failed, "no version 2");
}

TEST_P(MonitorTest, OwnerWillNotStartAtAnExpiredEntry) {
  MakeLog(5);
  log_->SetMaximumLifetime(8 * kMinute);
  AppendUntil(29);
  TestOwner owner(*log_, kAlice);
  ExpectError(owner.Init(19), absl::StatusCode::kOutOfRange,
              "log entry 19 is expired");
  EXPECT_EQ(owner.Init(23), absl::OkStatus());
}

// Random logs, owners and contacts that look at random times: an honest log is
// always believed, and the owner sees every version.
TEST_P(MonitorTest, BelievesAnHonestLog) {
  const uint32_t seed = ::testing::UnitTest::GetInstance()->random_seed() + 1;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    MakeLog(std::uniform_int_distribution<uint64_t>(0, 12)(random));
    std::optional<TestOwner> owner;
    uint64_t first = 0;
    TestContact contact(*log_, kAlice);
    bool searched = false;
    const uint64_t size = 1 + random() % 120;
    while (log_->size() < size) {
      std::vector<TestLog::NewVersion> versions;
      if (random() % 4 == 0) {
        for (size_t i = 0; i < 1 + random() % 3; ++i) {
          versions.push_back({kAlice, std::to_string(random())});
        }
      }
      log_->Append(kStart + log_->size() * kMinute, versions);
      if (!owner.has_value() && log_->size() > 2 && random() % 10 == 0) {
        owner.emplace(*log_, kAlice);
        if (owner->Init(random() % log_->size()).ok()) {
          first = owner->state().Greatest().has_value()
                      ? *owner->state().Greatest() + 1
                      : 0;
        } else {
          owner.reset();
        }
      }
      if (owner.has_value() && random() % 5 == 0) {
        ASSERT_EQ(owner->CatchUp(), absl::OkStatus());
      } else if (owner.has_value() && random() % 5 == 0) {
        ASSERT_EQ(owner->Monitor(), absl::OkStatus());
      }
      const bool exists = log_->labels().contains(kAlice);
      if (exists && random() % 5 == 0) {
        const uint32_t greatest = log_->labels().at(kAlice).size() - 1;
        ASSERT_EQ(contact.Search(), absl::OkStatus());
        ASSERT_EQ(contact.Search(random() % (greatest + 1)), absl::OkStatus());
        searched = true;
      }
      if (searched && random() % 4 == 0) {
        ASSERT_EQ(contact.Monitor(), absl::OkStatus());
      }
    }
    if (!owner.has_value()) continue;
    ASSERT_EQ(owner->CatchUp(), absl::OkStatus());
    const auto& labels = log_->labels();
    const size_t all = labels.contains(kAlice) ? labels.at(kAlice).size() : 0;
    ASSERT_EQ(owner->seen().size(), all - first);
    for (size_t i = 0; i < owner->seen().size(); ++i) {
      EXPECT_EQ(owner->seen()[i].value,
                labels.at(kAlice)[first + i].opened.value);
    }
  }
}

}  // namespace
}  // namespace sealbook::keytrans
