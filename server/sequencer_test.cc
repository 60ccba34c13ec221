#include "server/sequencer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/directory_entry.h"
#include "server/log_records.h"
#include "server/storage/testing/status_matchers.h"
#include "server/testing/test_certificates.h"
#include "server/testing/test_log.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Authority;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::NewLevelDbDisk;
using ::sealbook::server::testing::NewMemoryDisk;
using ::sealbook::server::testing::NewSubmission;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::Submit;
using ::sealbook::server::testing::TestAuthority;
using ::sealbook::server::testing::TestConfiguration;
using ::sealbook::server::testing::TestDisk;
using ::sealbook::server::testing::TestLog;
using Outcome = absl::StatusOr<PublishOutcome>;

constexpr int64_t kDayMs = smime::testing::kDayMs;
constexpr int64_t kNowMs = smime::testing::kNowMs;

struct Backend {
  std::string name;
  std::function<std::unique_ptr<TestDisk>()> make;
  crypto::CipherSuite suite = crypto::CipherSuite::kP256;
};

class SequencerTest : public ::testing::TestWithParam<Backend> {
 protected:
  TestLog log_{GetParam().make(), GetParam().suite};
};

INSTANTIATE_TEST_SUITE_P(Backends, SequencerTest,
                         ::testing::Values(Backend{"Memory", NewMemoryDisk},
                                           Backend{"LevelDb", NewLevelDbDisk},
                                           Backend{
                                               "MemoryEd25519", NewMemoryDisk,
                                               crypto::CipherSuite::kEd25519}),
                         [](const auto& info) { return info.param.name; });

TEST_P(SequencerTest, MakesAndSignsEntryZeroAtTheFirstStart) {
  ASSERT_THAT(log_.Start(), IsOk());
  ASSERT_NE(log_.head(), nullptr);
  EXPECT_EQ(log_.head()->tree_size, 1);
  EXPECT_EQ(log_.head()->timestamp_ms, kNowMs);
  EXPECT_EQ(log_.mark_disk().tree_size, 1);
  EXPECT_EQ(log_.mark_disk().log_root, log_.head()->log_root);
  auto absent = log_.LookUp("alice@example.org");
  ASSERT_THAT(absent, IsOk());
  EXPECT_FALSE(absent->has_value());
}

TEST_P(SequencerTest,
       AnswersWithVersionPositionAndCommitmentThatAClientProves) {
  ASSERT_THAT(log_.Start(), IsOk());
  const Submission submission = NewSubmission("alice@example.org");
  Outcome outcome = log_.Publish({submission});
  ASSERT_THAT(outcome, IsOk());
  ASSERT_THAT(outcome->results[0], IsOk());
  const Publication& publication = *outcome->results[0];
  EXPECT_EQ(publication.label, "alice@example.org");
  EXPECT_EQ(publication.version, 0);
  EXPECT_EQ(publication.position, 1);
  EXPECT_FALSE(publication.already_published);
  EXPECT_EQ(outcome->tree_size, 2);

  auto found = log_.LookUp("alice@example.org");
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->version, 0);
  EXPECT_EQ(keytrans::CommitToValue((*found)->opening, "alice@example.org", 0,
                                    (*found)->value),
            publication.commitment);
  auto entry = ParseDirectoryEntry((*found)->value);
  ASSERT_THAT(entry, IsOk());
  ASSERT_EQ(entry->certificates_size(), 1);
  EXPECT_EQ(entry->certificates(0).certificate(), submission.certificate->der);
  EXPECT_EQ(entry->issued().certificate_sha256(),
            submission.certificate->sha256.ToString());
  EXPECT_EQ(entry->publisher(), "test-ca");
  EXPECT_EQ(entry->basis(), 1);
  auto issuers = log_.store().ReadIssuers(IssuersOf(*entry));
  ASSERT_THAT(issuers, IsOk());
  ASSERT_EQ(issuers->size(), 2);
  EXPECT_EQ((*issuers)[0], Authority().chain()[0].der);
  EXPECT_EQ((*issuers)[1], Authority().chain()[1].der);
}

TEST_P(SequencerTest, KeepsEarlierCertificatesInForceAndDropsExpiredOnes) {
  ASSERT_THAT(log_.Start(), IsOk());
  const std::string label = "bob@example.org";
  auto early = Authority().Issue({label}, kNowMs + kDayMs);
  auto late = Authority().Issue({label}, kNowMs + 9 * kDayMs);
  ASSERT_THAT(log_.Publish({Submit(label, early)})->results[0], IsOk());
  ASSERT_THAT(log_.Publish({Submit(label, late)})->results[0], IsOk());
  auto both = ParseDirectoryEntry((*log_.LookUp(label))->value);
  ASSERT_THAT(both, IsOk());
  ASSERT_EQ(both->certificates_size(), 2);
  EXPECT_EQ(both->certificates(0).certificate(), early->der);
  EXPECT_EQ(both->certificates(1).certificate(), late->der);

  log_.clock().Advance(2 * kDayMs);
  Submission renewal = Submit(label, Authority().Issue({label}));
  renewal.cause = PublishCause::kRenewed;
  ASSERT_THAT(log_.Publish({renewal})->results[0], IsOk());
  auto found = log_.LookUp(label);
  ASSERT_THAT(found, IsOk());
  EXPECT_EQ((*found)->version, 2);
  auto entry = ParseDirectoryEntry((*found)->value);
  ASSERT_THAT(entry, IsOk());
  ASSERT_EQ(entry->certificates_size(), 2);
  EXPECT_EQ(entry->certificates(0).certificate(), late->der);
  EXPECT_EQ(entry->certificates(1).certificate(), renewal.certificate->der);
  EXPECT_EQ(entry->renewed().certificate_sha256(),
            renewal.certificate->sha256.ToString());
}

TEST_P(SequencerTest, GivesTheSameCertificateTheSameVersionEvenAfterARestart) {
  ASSERT_THAT(log_.Start(), IsOk());
  const Submission submission = NewSubmission("alice@example.org");
  const Publication first = *log_.Publish({submission})->results[0];
  ASSERT_THAT(log_.Restart(), IsOk());
  const uint64_t size = log_.head()->tree_size;
  Outcome again = log_.Publish({submission});
  ASSERT_THAT(again, IsOk());
  ASSERT_THAT(again->results[0], IsOk());
  EXPECT_TRUE(again->results[0]->already_published);
  EXPECT_EQ(again->results[0]->version, first.version);
  EXPECT_EQ(again->results[0]->position, first.position);
  EXPECT_EQ(again->results[0]->commitment, first.commitment);
  EXPECT_EQ(again->tree_size, size) << "a repetition must write nothing";
}

TEST_P(SequencerTest, MakesOneVersionOfACertificateThatABatchHoldsTwice) {
  ASSERT_THAT(log_.Start(), IsOk());
  const Submission submission = NewSubmission("alice@example.org");
  Outcome outcome = log_.Publish({submission, submission});
  ASSERT_THAT(outcome, IsOk());
  ASSERT_THAT(outcome->results[1], IsOk());
  EXPECT_FALSE(outcome->results[0]->already_published);
  EXPECT_TRUE(outcome->results[1]->already_published);
  EXPECT_EQ(outcome->results[1]->version, 0);
  EXPECT_EQ(outcome->results[1]->commitment, outcome->results[0]->commitment);
}

TEST_P(SequencerTest, WritesRequestsThatGatherDuringACommitInOneCommit) {
  ASSERT_THAT(log_.Start(), IsOk());
  const int before = log_.storage().commits();
  log_.storage().HoldCommits();
  std::vector<std::future<Outcome>> outcomes;
  outcomes.push_back(log_.PublishLater({NewSubmission("first@example.org")}));
  log_.storage().WaitUntilCommitIsHeld();
  for (int i = 0; i < 5; ++i) {
    outcomes.push_back(log_.PublishLater(
        {NewSubmission(absl::StrCat("l", i, "@example.org"))}));
  }
  EXPECT_EQ(log_.sequencer().queue_depth(), 6);
  log_.storage().ReleaseCommits();
  for (size_t i = 0; i < outcomes.size(); ++i) {
    Outcome outcome = outcomes[i].get();
    ASSERT_THAT(outcome, IsOk());
    EXPECT_EQ(outcome->tree_size, i == 0 ? 2 : 3);
    EXPECT_EQ(outcome->results[0]->position, i == 0 ? 1 : 2);
  }
  EXPECT_EQ(log_.storage().commits() - before, 2);
  EXPECT_EQ(log_.sequencer().queue_depth(), 0);
}

TEST_P(SequencerTest, CutsALargeBatchIntoEntriesOfAtMost255Leaves) {
  ASSERT_THAT(log_.Start(), IsOk());
  std::vector<Submission> request;
  for (int i = 0; i < 600; ++i) {
    request.push_back(NewSubmission(absl::StrCat("u", i, "@example.org")));
  }
  Outcome outcome = log_.Publish(request);
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->tree_size, 4);
  std::map<uint64_t, int> leaves;
  for (const auto& result : outcome->results) {
    ASSERT_THAT(result, IsOk());
    ++leaves[result->position];
  }
  EXPECT_EQ(leaves, (std::map<uint64_t, int>{{1, 255}, {2, 255}, {3, 90}}));
  auto entries = log_.store().ReadEntries({1, 2, 3});
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ((*entries)[0].added.size(), 255);
  EXPECT_EQ((*entries)[2].added.size(), 90);
  for (int i : {0, 254, 255, 599}) {
    auto found = log_.LookUp(absl::StrCat("u", i, "@example.org"));
    ASSERT_THAT(found, IsOk());
    EXPECT_TRUE(found->has_value()) << i;
  }
}

TEST_P(SequencerTest, RefusesTheSeventeenthLiveCertificateOfOneIssuerOnly) {
  ASSERT_THAT(log_.Start(), IsOk());
  const std::string label = "carol@example.org";
  std::vector<Submission> request;
  for (int i = 0; i < 17; ++i) request.push_back(NewSubmission(label));
  Outcome outcome = log_.Publish(request);
  ASSERT_THAT(outcome, IsOk());
  for (int i = 0; i < 16; ++i) {
    ASSERT_THAT(outcome->results[i], IsOk());
    EXPECT_EQ(outcome->results[i]->version, i);
    EXPECT_EQ(outcome->results[i]->position, 1)
        << "one request's versions of a label share an entry";
  }
  EXPECT_THAT(
      outcome->results[16],
      Refuses(absl::StatusCode::kFailedPrecondition, "live-certificates"));
  // The store says the same as the batch did.
  EXPECT_THAT(
      log_.Publish({NewSubmission(label)})->results[0],
      Refuses(absl::StatusCode::kFailedPrecondition, "live-certificates"));
  const TestAuthority other("Other");
  EXPECT_THAT(log_.Publish({Submit(label, other.Issue({label}))})->results[0],
              IsOk());
}

TEST_P(SequencerTest, AddsAHeartbeatWhenNothingWasAddedForAThirdOfMaxBehind) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.clock().Advance(TestConfiguration().max_behind / 3 - 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(log_.head()->tree_size, 1) << "too early";
  ASSERT_TRUE(log_.WaitForSize(2, 1000));
  auto entries = log_.store().ReadEntries({0, 1});
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ((*entries)[1].added.size(), 1);
  EXPECT_GT((*entries)[1].entry.timestamp, (*entries)[0].entry.timestamp);
  EXPECT_THAT(log_.LookUp("nobody@example.org"), IsOk());
}

// Submissions for that many addresses.
std::vector<Submission> NewSubmissions(const std::string& name, size_t count) {
  std::vector<Submission> request;
  for (size_t i = 0; i < count; ++i) {
    request.push_back(NewSubmission(absl::StrCat(name, i, "@example.org")));
  }
  return request;
}

TEST_P(SequencerTest, ShowsTheSameNumberOfLeavesAtFixedTimesWithPadding) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 20};
  ASSERT_THAT(log_.Start(), IsOk());
  auto first = log_.PublishLater(NewSubmissions("a", 3));
  auto second = log_.PublishLater(NewSubmissions("b", 16));
  auto third = log_.PublishLater(NewSubmissions("c", 2));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(log_.head()->tree_size, 1) << "too early";
  ASSERT_TRUE(log_.WaitForSize(2, 500));
  EXPECT_EQ(first.get()->results[2]->position, 1);
  EXPECT_EQ(second.get()->results[15]->position, 1);
  ASSERT_TRUE(log_.WaitForSize(3, 500));
  EXPECT_EQ(third.get()->results[0]->position, 2);
  // Nothing waits, or nothing that is new.
  ASSERT_TRUE(log_.WaitForSize(4, 500));
  auto again = log_.PublishLater(NewSubmissions("", 0));
  ASSERT_TRUE(log_.WaitForSize(5, 500));
  EXPECT_THAT(again.get(), IsOk());

  auto entries = log_.store().ReadEntries({0, 1, 2, 3, 4});
  ASSERT_THAT(entries, IsOk());
  for (size_t i = 0; i < entries->size(); ++i) {
    const StoredEntry& entry = (*entries)[i];
    EXPECT_EQ(entry.added.size(), 20) << i;
    EXPECT_EQ(entry.entry.timestamp % 10'000, 0) << i;
    EXPECT_EQ(entry.entry.timestamp,
              (*entries)[0].entry.timestamp + 10'000 * i);
  }
  EXPECT_TRUE(log_.LookUp("b15@example.org")->has_value());
}

TEST_P(SequencerTest, RefusesWhatPaddingCannotHide) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 20};
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.Publish(NewSubmissions("a", 21)),
              Refuses(absl::StatusCode::kInvalidArgument, "which has 20"));
  // The last batch cannot be hurried, or a restart would show that it waited.
  auto waiting = log_.PublishLater(NewSubmissions("b", 1));
  log_.sequencer().Stop();
  EXPECT_THAT(waiting.get(),
              Refuses(absl::StatusCode::kUnavailable, "shutting down"));
  EXPECT_EQ(log_.head()->tree_size, 1);

  log_.options().padding.interval_ms = TestConfiguration().max_behind / 4 + 1;
  EXPECT_THAT(log_.Restart(),
              Refuses(absl::StatusCode::kInvalidArgument, "max_behind"));
}

TEST_P(SequencerTest, FillsAPaddedIntervalWhoseBatchFails) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 20};
  ASSERT_THAT(log_.Start(), IsOk());
  log_.storage().FailReads(Table::kLabels, "a0@example.org",
                           absl::UnavailableError("no disk"));
  auto waiting = log_.PublishLater(NewSubmissions("a", 1));
  ASSERT_TRUE(log_.WaitForSize(2, 500));
  EXPECT_THAT(waiting.get(),
              Refuses(absl::StatusCode::kUnavailable, "no disk"));
  auto entries = log_.store().ReadEntries({1});
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ((*entries)[0].added.size(), 20);
}

Submission NewRevocation(
    const std::shared_ptr<const smime::AdmittedCertificate>& certificate,
    v1::CrlReason reason) {
  Submission revocation;
  revocation.certificate = certificate;
  revocation.cause = reason == v1::CRL_REASON_REMOVE_FROM_CRL
                         ? PublishCause::kRestored
                         : PublishCause::kRevoked;
  revocation.reason = reason;
  return revocation;
}

TEST_P(SequencerTest, ShowsNoRevocationInAPaddedLog) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 20};
  ASSERT_THAT(log_.Start(), IsOk());
  std::vector<std::string> labels;
  for (int i = 0; i < 5; ++i) {
    labels.push_back(absl::StrCat("r", i, "@example.org"));
  }
  const auto certificate = Authority().Issue(labels);
  std::vector<Submission> published;
  for (const std::string& label : labels) {
    published.push_back(Submit(label, certificate));
  }
  auto made = log_.PublishLater(published);
  ASSERT_TRUE(log_.WaitForSize(2, 500));
  ASSERT_THAT(made.get(), IsOk());

  auto before = log_.PublishLater(NewSubmissions("a", 1));
  auto revoked = log_.PublishLater(
      {NewRevocation(certificate, v1::CRL_REASON_KEY_COMPROMISE)});
  auto behind = log_.PublishLater(NewSubmissions("b", 1));
  ASSERT_TRUE(log_.WaitForSize(5, 500));
  EXPECT_EQ(before.get()->results[0]->position, 2);
  const Outcome outcome = revoked.get();
  ASSERT_THAT(outcome, IsOk());
  ASSERT_EQ(outcome->results.size(), 5);
  for (const auto& result : outcome->results) EXPECT_EQ(result->position, 3);
  EXPECT_EQ(behind.get()->results[0]->position, 4);

  auto entries = log_.store().ReadEntries({0, 1, 2, 3, 4});
  ASSERT_THAT(entries, IsOk());
  for (size_t i = 0; i < entries->size(); ++i) {
    EXPECT_EQ((*entries)[i].added.size(), 20) << i;
    EXPECT_EQ((*entries)[i].entry.timestamp,
              (*entries)[0].entry.timestamp + 10'000 * i);
  }
  auto found = log_.LookUp("r3@example.org");
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->version, 1);
  auto entry = ParseDirectoryEntry((*found)->value);
  ASSERT_THAT(entry, IsOk());
  EXPECT_EQ(entry->revoked().reason(), v1::CRL_REASON_KEY_COMPROMISE);
}

// docs/threat-model.md names it as visible: it goes on in entries of the same
// interval, which have as many leaves as all others.
TEST_P(SequencerTest, ARevocationOfMoreAddressesMakesSeveralPaddedEntries) {
  log_.options().padding = {.interval_ms = 10'000, .leaves = 20};
  ASSERT_THAT(log_.Start(), IsOk());
  std::vector<std::string> labels;
  for (int i = 0; i < 25; ++i) {
    labels.push_back(absl::StrCat("r", i, "@example.org"));
  }
  const auto certificate = Authority().Issue(labels);
  std::vector<Submission> one;
  std::vector<Submission> other;
  for (size_t i = 0; i < labels.size(); ++i) {
    (i < 15 ? one : other).push_back(Submit(labels[i], certificate));
  }
  auto made = log_.PublishLater(one);
  auto rest = log_.PublishLater(other);
  ASSERT_TRUE(log_.WaitForSize(3, 500));
  ASSERT_THAT(made.get(), IsOk());
  ASSERT_THAT(rest.get(), IsOk());

  auto revoked = log_.PublishLater(
      {NewRevocation(certificate, v1::CRL_REASON_SUPERSEDED)});
  ASSERT_TRUE(log_.WaitForSize(5, 500));
  const Outcome outcome = revoked.get();
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->results.size(), 25);
  auto entries = log_.store().ReadEntries({3, 4});
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ((*entries)[0].added.size(), 20);
  EXPECT_EQ((*entries)[1].added.size(), 20);
  EXPECT_EQ((*entries)[0].entry.timestamp, (*entries)[1].entry.timestamp);
}

TEST_P(SequencerTest, ProvesEveryAnswerOfARandomLogWithRestarts) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  std::mt19937 random(seed);
  std::map<std::string, uint32_t> versions;
  std::map<std::string, std::string> newest;
  for (int round = 0; round < 12; ++round) {
    if (round % 4 == 0) {
      ASSERT_THAT(log_.Restart(), IsOk());
    }
    std::vector<Submission> request;
    for (uint32_t i = random() % 12; i > 0; --i) {
      const std::string label = absl::StrCat("r", random() % 9, "@example.org");
      const size_t live = versions.contains(label) ? versions[label] + 1 : 0;
      if (live >= 16) continue;
      request.push_back(NewSubmission(label));
      versions[label] = static_cast<uint32_t>(live);
      newest[label] = request.back().certificate->der;
    }
    log_.clock().Advance(random() % 100'000);
    Outcome outcome = log_.Publish(request);
    ASSERT_THAT(outcome, IsOk());
    for (const auto& result : outcome->results) EXPECT_THAT(result, IsOk());
    for (int i = 0; i < 10; ++i) {
      const std::string label = absl::StrCat("r", i, "@example.org");
      auto found = log_.LookUp(label);
      ASSERT_THAT(found, IsOk()) << label;
      ASSERT_EQ(found->has_value(), versions.contains(label)) << label;
      if (!found->has_value()) continue;
      EXPECT_EQ((*found)->version, versions[label]);
      auto entry = ParseDirectoryEntry((*found)->value);
      ASSERT_THAT(entry, IsOk());
      EXPECT_EQ(entry->certificates_size(), versions[label] + 1);
      EXPECT_EQ(entry->certificates().rbegin()->certificate(), newest[label]);
    }
  }
}

TEST_P(SequencerTest, FinishesWhatWaitsWhenItIsStopped) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.storage().HoldCommits();
  auto first = log_.PublishLater({NewSubmission("a@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto second = log_.PublishLater({NewSubmission("b@example.org")});
  std::thread stop([this] { log_.sequencer().Stop(); });
  log_.storage().ReleaseCommits();
  stop.join();
  EXPECT_THAT(first.get()->results[0], IsOk());
  EXPECT_THAT(second.get()->results[0], IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("c@example.org")}),
              Refuses(absl::StatusCode::kUnavailable, "shutting down"));
}

class SequencerLimitsTest : public ::testing::Test {
 protected:
  TestLog log_;
};

TEST_F(SequencerLimitsTest, RefusesWithARetryHintWhenTheQueueIsFull) {
  log_.options().queue_limit = 2;
  ASSERT_THAT(log_.Start(), IsOk());
  log_.storage().HoldCommits();
  auto held = log_.PublishLater({NewSubmission("a@example.org")});
  log_.storage().WaitUntilCommitIsHeld();
  auto waiting = log_.PublishLater(
      {NewSubmission("b@example.org"), NewSubmission("c@example.org")});
  Outcome refused = log_.Publish({NewSubmission("d@example.org")});
  EXPECT_THAT(refused,
              Refuses(absl::StatusCode::kResourceExhausted, "queue is full"));
  ASSERT_TRUE(RetryAfterMs(refused.status()).has_value());
  EXPECT_GE(*RetryAfterMs(refused.status()), 100);
  log_.storage().ReleaseCommits();
  EXPECT_THAT(held.get(), IsOk());
  EXPECT_THAT(waiting.get(), IsOk());
  EXPECT_FALSE(log_.LookUp("d@example.org")->has_value());
}

TEST_F(SequencerLimitsTest, RefusesARequestThatCouldNeverWait) {
  log_.options().queue_limit = 2;
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org"),
                            NewSubmission("b@example.org"),
                            NewSubmission("c@example.org")}),
              Refuses(absl::StatusCode::kInvalidArgument, "larger than the 2"));
}

TEST_F(SequencerLimitsTest, RefusesSubmissionsWithoutLabelOrCertificate) {
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("")}),
              Refuses(absl::StatusCode::kInvalidArgument, "label"));
  EXPECT_THAT(log_.Publish({Submit(std::string(256, 'a'),
                                   Authority().Issue({"a@example.org"}))}),
              Refuses(absl::StatusCode::kInvalidArgument, "256"));
  EXPECT_THAT(log_.Publish({Submit("a@example.org", nullptr)}),
              Refuses(absl::StatusCode::kInvalidArgument, "a@example.org"));
}

TEST_F(SequencerLimitsTest, RefusesNewWorkOnANearlyFullDiskButGoesOnBeating) {
  uint64_t free_bytes = log_.options().min_free_bytes;
  log_.disk_space() = [&]() -> absl::StatusOr<DiskSpace> {
    return DiskSpace{free_bytes, uint64_t{1} << 40};
  };
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk());
  --free_bytes;
  Outcome refused = log_.Publish({NewSubmission("b@example.org")});
  EXPECT_THAT(refused,
              Refuses(absl::StatusCode::kResourceExhausted, "nearly full"));
  EXPECT_TRUE(RetryAfterMs(refused.status()).has_value());
  log_.clock().Advance(TestConfiguration().max_behind / 3);
  EXPECT_TRUE(log_.WaitForSize(3, 1000));
}

TEST_F(SequencerLimitsTest, TakesRevocationsDownToAQuarterOfTheFreeSpace) {
  uint64_t free_bytes = log_.options().min_free_bytes;
  log_.disk_space() = [&]() -> absl::StatusOr<DiskSpace> {
    return DiskSpace{free_bytes, uint64_t{1} << 40};
  };
  ASSERT_THAT(log_.Start(), IsOk());
  const auto held = Authority().Issue({"held@example.org"});
  const auto lost = Authority().Issue({"lost@example.org"});
  ASSERT_THAT(log_.Publish({Submit("held@example.org", held)}), IsOk());
  ASSERT_THAT(log_.Publish({Submit("lost@example.org", lost)}), IsOk());

  free_bytes = log_.options().min_free_bytes / 4;
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}),
              Refuses(absl::StatusCode::kResourceExhausted, "nearly full"));
  EXPECT_THAT(
      log_.Publish({NewRevocation(held, v1::CRL_REASON_CERTIFICATE_HOLD)}),
      IsOk());
  EXPECT_THAT(
      log_.Publish({NewRevocation(held, v1::CRL_REASON_REMOVE_FROM_CRL)}),
      Refuses(absl::StatusCode::kResourceExhausted, "nearly full"))
      << "it publishes";
  EXPECT_THAT(log_.Publish({}), IsOk()) << "it only waits for the others";
  --free_bytes;
  EXPECT_THAT(
      log_.Publish({NewRevocation(lost, v1::CRL_REASON_KEY_COMPROMISE)}),
      Refuses(absl::StatusCode::kResourceExhausted, "nearly full"));
  ++free_bytes;
  EXPECT_THAT(
      log_.Publish({NewRevocation(lost, v1::CRL_REASON_KEY_COMPROMISE)}),
      IsOk());
}

TEST_F(SequencerLimitsTest, RefusesNewWorkWhenTheDiskCannotBeAsked) {
  log_.disk_space() = []() -> absl::StatusOr<DiskSpace> {
    return absl::InternalError("no such device");
  };
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}),
              Refuses(absl::StatusCode::kResourceExhausted, "no such device"));
}

// Waits, up to ten seconds.
bool Eventually(const std::function<bool()>& condition) {
  for (int i = 0; i < 2000 && !condition(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

class SequencerClockTest : public ::testing::Test {
 protected:
  TestLog log_;
};

TEST_F(SequencerClockTest, NeverLetsTimestampsRunBackwards) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.clock().Advance(10'000);
  ASSERT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk());
  log_.clock().StepWall(-20'000);
  ASSERT_THAT(log_.Publish({NewSubmission("b@example.org")}), IsOk());
  auto entries = log_.store().ReadEntries({1, 2});
  ASSERT_THAT(entries, IsOk());
  EXPECT_EQ((*entries)[0].entry.timestamp, kNowMs + 10'000);
  EXPECT_EQ((*entries)[1].entry.timestamp, kNowMs + 10'000);
}

TEST_F(SequencerClockTest, WritesNothingWhileTheWallClockHasJumped) {
  ASSERT_THAT(log_.Start(), IsOk());
  for (const int64_t step : {int64_t{30'001}, int64_t{-30'001}}) {
    log_.clock().StepWall(step);
    EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}),
                Refuses(absl::StatusCode::kUnavailable, "wall clock"));
    log_.clock().StepWall(-step);
  }
  EXPECT_EQ(log_.head()->tree_size, 1);
  EXPECT_THAT(log_.refused_with(),
              Refuses(absl::StatusCode::kUnavailable, "jumped back by 30001"));
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk())
      << "the clock is right again";
  log_.clock().StepWall(30'000);
  EXPECT_THAT(log_.Publish({NewSubmission("b@example.org")}), IsOk())
      << "max_ahead / 2 is allowed";
}

TEST_F(SequencerClockTest, SmallStepsBackDoNotAddUp) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.clock().StepWall(-30'000);
  EXPECT_THAT(log_.Publish({NewSubmission("a@example.org")}), IsOk());
  log_.clock().StepWall(-30'000);
  EXPECT_THAT(log_.Publish({NewSubmission("b@example.org")}), IsOk())
      << "max_ahead is allowed";
  log_.clock().StepWall(-1);
  EXPECT_THAT(log_.Publish({NewSubmission("c@example.org")}),
              Refuses(absl::StatusCode::kUnavailable, "60001 ms ahead"));
  log_.clock().Advance(1);
  EXPECT_THAT(log_.Publish({NewSubmission("c@example.org")}), IsOk());
}

TEST_F(SequencerClockTest, AddsNoHeartbeatWhileTheWallClockHasJumped) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.clock().StepWall(3'600'000);
  log_.clock().Advance(TestConfiguration().max_behind);
  for (int i = 0; i < 500 && log_.refused_with().ok(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_THAT(log_.refused_with(),
              Refuses(absl::StatusCode::kUnavailable, "wall clock"));
  EXPECT_EQ(log_.head()->tree_size, 1);
  log_.clock().StepWall(-3'600'000);
  EXPECT_TRUE(log_.WaitForSize(2, 1000));
}

TEST_F(SequencerClockTest, SaysThatItWritesNothingWhileTheClockIsSetBack) {
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_THAT(log_.sequencer().refusal(), IsOk());
  EXPECT_EQ(log_.sequencer().head_age_ms(), 0);
  log_.clock().StepWall(-7'200'000);
  EXPECT_TRUE(Eventually([&] { return !log_.sequencer().refusal().ok(); }))
      << "nobody publishes, and no heartbeat is due";
  EXPECT_THAT(log_.sequencer().refusal(),
              Refuses(absl::StatusCode::kUnavailable, "ahead of the wall"));
  EXPECT_EQ(log_.heartbeats_failed(), 0);
  log_.clock().Advance(TestConfiguration().max_behind);
  EXPECT_EQ(log_.sequencer().head_age_ms(), TestConfiguration().max_behind)
      << "the head ages whatever the wall clock says";
  EXPECT_TRUE(Eventually([&] { return log_.heartbeats_failed() > 0; }));

  log_.clock().StepWall(7'200'000);
  log_.clock().Advance(1000);
  EXPECT_TRUE(log_.WaitForSize(2));
  EXPECT_TRUE(Eventually([&] { return log_.sequencer().refusal().ok(); }));
  EXPECT_EQ(log_.sequencer().head_age_ms(), 0);
}

TEST_F(SequencerClockTest, SaysWhatAHeartbeatFailsWithUntilThereIsAnEntry) {
  log_.options().heartbeat_interval_ms = 1000;
  ASSERT_THAT(log_.Start(), IsOk());
  const std::string root = PageKey({0, 0});
  log_.storage().FailReads(Table::kPages, root,
                           absl::UnavailableError("no disk"));
  log_.clock().Advance(1000);
  ASSERT_TRUE(Eventually([&] { return !log_.sequencer().refusal().ok(); }));
  EXPECT_THAT(log_.sequencer().refusal(),
              Refuses(absl::StatusCode::kUnavailable, "no disk"));
  log_.storage().FailReads(Table::kPages, "another page",
                           absl::UnavailableError("no disk"));
  log_.clock().Advance(1000);
  EXPECT_TRUE(Eventually([&] { return log_.sequencer().refusal().ok(); }));
  EXPECT_EQ(log_.head()->tree_size, 2);
}

TEST_F(SequencerClockTest, DoesNotStartWhenTheLastEntryLiesTooFarAhead) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.Shutdown();
  log_.clock().StepWall(-60'001);
  EXPECT_THAT(log_.Start(),
              Refuses(absl::StatusCode::kFailedPrecondition, "60001 ms ahead"));
  log_.Shutdown();
  log_.clock().StepWall(1);
  EXPECT_THAT(log_.Start(), IsOk());
}

TEST_F(SequencerClockTest,
       StartsAfterALongPauseOnlyWhenSomethingVouchesForTheClock) {
  ASSERT_THAT(log_.Start(), IsOk());
  log_.Shutdown();
  log_.clock().set_synchronized(false);
  log_.clock().StepWall(3'600'000);
  ASSERT_THAT(log_.Start(), IsOk()) << "max_behind is not yet long";
  log_.Shutdown();
  log_.clock().StepWall(3'600'001);
  EXPECT_THAT(log_.Start(),
              Refuses(absl::StatusCode::kUnavailable, "60 minutes ago"));
  EXPECT_EQ(log_.head(), nullptr) << "nothing was signed";
  auto head = log_.store().ReadHead();
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ((*head)->head.tree_size, 2) << "nothing was written";
  log_.Shutdown();
  log_.clock().set_synchronized(true);
  ASSERT_THAT(log_.Start(), IsOk());
  EXPECT_EQ(log_.head()->tree_size, 3);
}

}  // namespace
}  // namespace sealbook::server
