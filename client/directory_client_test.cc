#include "client/directory_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/files.h"
#include "client/testing/fake_server.h"
#include "client/testing/temp_folder.h"
#include "client/verify_exchange.h"
#include "crypto/hash.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using keytrans::RefusalName;
using keytrans::RefusalOf;
using keytrans::RefusalReason;
using keytrans::TestKeys;
using keytrans::TestLog;
using keytrans::TreeView;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kStart = 1767225600000;
const char kAlice[] = "alice@example.org";
const char kBob[] = "bob@example.org";
const char kNobody[] = "nobody@example.org";

std::string EntryWith(const std::string& issuer) {
  v1::DirectoryEntry entry;
  entry.set_format(1);
  entry.set_publisher("ca");
  v1::CertificateInForce* certificate = entry.add_certificates();
  certificate->set_certificate("certificate");
  certificate->add_issuer_sha256(crypto::Sha256(issuer).ToString());
  return entry.SerializeAsString();
}

class DirectoryClientTest : public ::testing::Test {
 protected:
  DirectoryClientTest()
      : log_(/*window=*/1'000'000, TestKeys::kReal),
        server_(log_),
        now_(kStart + 1000),
        state_(OpenState()) {
    log_.Append(kStart, {{kAlice, EntryWith("issuer")}});
    log_.Append(kStart + 1, {{kBob, EntryWith("issuer")}});
    log_.Append(kStart + 2, {});
    EXPECT_TRUE(state_.PutLog(log_.configuration(), {"localhost:1", ""}).ok());
  }

  State OpenState() {
    auto state = State::Open(temp_.path("state"), State::Mode::kCreate);
    EXPECT_TRUE(state.ok()) << state.status();
    return *std::move(state);
  }
  absl::StatusOr<std::vector<absl::StatusOr<Lookup>>> LookUpAll(
      const std::vector<std::string>& labels, int max_moves = 8) {
    DirectoryClient client(state_, {.server = {"localhost:1", ""}},
                           server_.InProcessChannel(), [this] { return now_; },
                           {.max_moves = max_moves,
                            .max_bytes = max_bytes_,
                            .progress =
                                [this](size_t done, size_t all) {
                                  progress_.push_back({done, all});
                                },
                            .patience = {.sleep = [this](uint64_t ms) {
                              slept_.push_back(ms);
                              if (while_asleep_) while_asleep_();
                            }}});
    return client.LookUp(log_.configuration().Fingerprint(), labels);
  }
  absl::StatusOr<Lookup> LookUp(const std::string& label) {
    auto answers = LookUpAll({label});
    if (!answers.ok()) return answers.status();
    EXPECT_EQ(answers->size(), 1u);
    return std::move((*answers)[0]);
  }
  std::optional<TreeView> StoredView() {
    return state_.ReadLog(log_.configuration().Fingerprint())->view;
  }
  uint64_t StoredSize() {
    auto view = StoredView();
    return view.has_value() ? view->size() : 0;
  }
  // The label is refused for `reason`, with evidence, and nothing changes. The
  // refusal is in refused_.
  void ExpectRefused(const std::string& label, RefusalReason reason) {
    std::optional<TreeView> before = StoredView();
    ExpectRefusedWithEvidence(label, reason);
    EXPECT_TRUE(StoredView() == before) << refused_;
  }
  // The same where the tree that it was proven in is remembered.
  void ExpectUnreadable(const std::string& label, RefusalReason reason) {
    ExpectRefusedWithEvidence(label, reason);
    EXPECT_EQ(StoredSize(), log_.size()) << refused_;
  }
  void ExpectRefusedWithEvidence(const std::string& label,
                                 RefusalReason reason) {
    absl::Status status = LookUp(label).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("evidence kept in"));
    refused_ = status;
  }

  TempFolder temp_;
  TestLog log_;
  FakeServer server_;
  uint64_t now_;
  State state_;
  absl::Status refused_;
  size_t max_bytes_ = 256 << 20;
  std::vector<std::pair<size_t, size_t>> progress_;
  std::vector<uint64_t> slept_;
  // Called whenever the client waits for the server's limit.
  std::function<void()> while_asleep_;
};

// A server that lets `burst` addresses through and then, after each time that
// its client has waited, `portion` more.
class LimitedTest : public DirectoryClientTest {
 protected:
  void Limit(size_t burst, size_t portion) {
    left_ = burst;
    server_.limit = [this] { return left_ > 0 ? (left_--, 0) : 3000; };
    while_asleep_ = [this, portion] { left_ += portion; };
  }
  // With one version each; the log has 4 entries then.
  std::vector<std::string> Users(int count) {
    std::vector<std::string> labels;
    std::vector<TestLog::NewVersion> versions;
    for (int i = 0; i < count; ++i) {
      labels.push_back(absl::StrCat("user", i, "@example.org"));
      versions.push_back({labels.back(), EntryWith(labels.back())});
    }
    log_.Append(kStart + 3, versions);
    return labels;
  }
  // What each request advertised.
  std::vector<std::optional<uint64_t>> Advertised() {
    std::vector<std::optional<uint64_t>> sizes;
    for (const std::string& bytes : server_.requests) {
      sizes.push_back(keytrans::SearchRequest::Parse(bytes)->last);
    }
    return sizes;
  }

  size_t left_ = 0;
};

TEST_F(LimitedTest, FindsAllThatTheLimitLetsThroughInPortions) {
  const std::vector<std::string> labels = Users(10);
  Limit(/*burst=*/4, /*portion=*/3);
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (size_t i = 0; i < labels.size(); ++i) {
    ASSERT_TRUE((*answers)[i].ok()) << i << (*answers)[i].status();
    EXPECT_EQ((*answers)[i]->found->entry.SerializeAsString(),
              EntryWith(labels[i]));
  }
  EXPECT_THAT(slept_, ElementsAre(3000, 3000));
}

TEST_F(LimitedTest, EachPortionIsOfOneTreeThatContinuesTheOneBefore) {
  const std::vector<std::string> labels = Users(6);
  Limit(/*burst=*/4, /*portion=*/4);
  auto more = while_asleep_;
  while_asleep_ = [&] {
    more();
    // What the portion before showed has been stored by now.
    EXPECT_EQ(StoredSize(), 4u);
    log_.Append(kStart + 4, {});
  };
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  std::vector<uint64_t> sizes;
  for (const absl::StatusOr<Lookup>& answer : *answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    sizes.push_back(answer->view.size());
  }
  EXPECT_THAT(sizes, ElementsAre(4, 4, 4, 4, 5, 5));
  EXPECT_EQ(StoredSize(), 5u);
  // The fifth was refused, and asked for once more.
  EXPECT_THAT(Advertised(),
              ElementsAre(std::nullopt, std::nullopt, std::nullopt,
                          std::nullopt, std::nullopt, 4u, 4u));
}

TEST_F(LimitedTest, RefusesAPortionOfALogThatForked) {
  const std::vector<std::string> labels = Users(4);
  Limit(/*burst=*/2, /*portion=*/2);
  std::unique_ptr<TestLog> fork = log_.Twin();
  for (int i = 0; i < 6; ++i) fork->Append(kStart + i, {});
  auto more = while_asleep_;
  while_asleep_ = [&] {
    more();
    server_.before_answer = [&](TestLog*& log) { log = fork.get(); };
  };
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_TRUE((*answers)[1].ok()) << (*answers)[1].status();
  EXPECT_TRUE(RefusalOf((*answers)[2].status()).has_value())
      << (*answers)[2].status();
  EXPECT_EQ(StoredSize(), 4u);
}

TEST_F(LimitedTest, CountsUpOverAllPortions) {
  const std::vector<std::string> labels = Users(5);
  Limit(/*burst=*/3, /*portion=*/1);
  ASSERT_TRUE(LookUpAll(labels).ok());
  std::vector<std::pair<size_t, size_t>> expected;
  for (size_t done = 1; done <= 5; ++done) expected.push_back({done, 5});
  EXPECT_EQ(progress_, expected);
}

TEST_F(LimitedTest, WaitsWhereOthersHaveUsedTheLimitUp) {
  const std::vector<std::string> labels = Users(3);
  // Nothing at first, and nothing after the first answer for a time.
  Limit(/*burst=*/0, /*portion=*/0);
  while_asleep_ = [&] { left_ = slept_.size() == 2 ? 1 : slept_.size() / 5; };
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (const absl::StatusOr<Lookup>& answer : *answers) {
    EXPECT_TRUE(answer.ok()) << answer.status();
  }
  EXPECT_GE(slept_.size(), 5u);
}

TEST_F(LimitedTest, OneAddressIsWaitedForAsWell) {
  Limit(/*burst=*/0, /*portion=*/1);
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  EXPECT_THAT(slept_, ElementsAre(3000));
}

TEST_F(LimitedTest, FailsOnlyTheRestWhenTheLimitNeverLifts) {
  const std::vector<std::string> labels = Users(4);
  Limit(/*burst=*/2, /*portion=*/0);
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (size_t i = 0; i < labels.size(); ++i) {
    const absl::Status status = (*answers)[i].status();
    if (i < 2) {
      EXPECT_TRUE(status.ok()) << status;
      continue;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string(status.message()), HasSubstr("too many addresses"));
  }
  EXPECT_EQ(slept_.size(), 10u);
  EXPECT_EQ(StoredSize(), 4u);
}

TEST_F(DirectoryClientTest, FindsWhatTheLogProves) {
  server_.issuers = {"issuer"};
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  EXPECT_EQ(lookup->label, kAlice);
  ASSERT_TRUE(lookup->found.has_value());
  EXPECT_EQ(lookup->found->version, 0u);
  EXPECT_EQ(lookup->found->entry.publisher(), "ca");
  EXPECT_THAT(lookup->found->issuers, ElementsAre("issuer"));
  EXPECT_EQ(lookup->view.size(), 3u);
  EXPECT_EQ(lookup->view.Root(), log_.Root(3));
  EXPECT_EQ(StoredView(), lookup->view);
}

TEST_F(DirectoryClientTest, NotesWhatIsToBeMonitored) {
  // To the right of the root, which is the rightmost distinguished entry.
  log_.Append(kStart + 3, {});
  log_.Append(kStart + 4, {{kAlice, EntryWith("new")}});
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  ASSERT_TRUE(lookup->found->obligation.has_value());
  EXPECT_THAT(
      state_.ReadObligations(log_.configuration().Fingerprint()).value(),
      ElementsAre(*lookup->found->obligation));
  EXPECT_EQ(lookup->found->obligation->label, kAlice);
}

TEST_F(DirectoryClientTest, ProvesThatAnAddressHasNothing) {
  absl::StatusOr<Lookup> lookup = LookUp(kNobody);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  EXPECT_FALSE(lookup->found.has_value());
  EXPECT_EQ(StoredSize(), 3u);
}

TEST_F(DirectoryClientTest, AdvertisesTheTreeThatItKnows) {
  ASSERT_TRUE(LookUp(kAlice).ok());
  ASSERT_TRUE(LookUp(kBob).ok());
  log_.Append(kStart + 3, {{kAlice, EntryWith("new")}});
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  EXPECT_EQ(lookup->found->version, 1u);
  EXPECT_EQ(StoredSize(), 4u);
  ASSERT_EQ(server_.requests.size(), 3u);
  std::vector<std::optional<uint64_t>> advertised;
  for (const std::string& bytes : server_.requests) {
    advertised.push_back(keytrans::SearchRequest::Parse(bytes)->last);
  }
  EXPECT_THAT(advertised, ElementsAre(std::nullopt, 3u, 3u));
}

TEST_F(DirectoryClientTest, TheExchangeVerifiesOffline) {
  server_.issuers = {"issuer"};
  for (int i = 0; i < 2; ++i) {
    absl::StatusOr<Lookup> lookup = LookUp(kAlice);
    ASSERT_TRUE(lookup.ok()) << lookup.status();
    EXPECT_EQ(lookup->exchange.view.has_value(), i == 1);
    EXPECT_EQ(lookup->exchange.time_ms, now_);
    EXPECT_THAT(lookup->exchange.issuers, ElementsAre("issuer"));
    auto configuration =
        keytrans::Configuration::Parse(lookup->exchange.configuration);
    auto verifier = keytrans::Verifier::Create(*configuration);
    auto answer = VerifyExchange(*verifier, lookup->exchange);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->found->value, EntryWith("issuer"));
  }
}

TEST_F(DirectoryClientTest, IgnoresIssuersThatTheEntryDoesNotName) {
  server_.issuers = {"stranger", "issuer", "issuer"};
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  EXPECT_THAT(lookup->found->issuers, ElementsAre("issuer"));
}

TEST_F(DirectoryClientTest, RefusesEveryFlippedBit) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  ASSERT_TRUE(LookUp(kNobody).ok());
  log_.Append(kStart + 3, {{kBob, EntryWith("new")}});
  std::optional<TreeView> before = StoredView();
  for (int i = 0; i < 60; ++i) {
    size_t position = 0;
    int bit = random() % 8;
    server_.tamper = [&](v1::SearchAnswer& answer) {
      std::string& bytes = answer.has_response() ? *answer.mutable_response()
                                                 : *answer.mutable_absence();
      position = random() % bytes.size();
      bytes[position] ^= 1 << bit;
    };
    absl::Status status = LookUp(i % 2 == 0 ? kBob : kNobody).status();
    EXPECT_TRUE(RefusalOf(status).has_value())
        << "byte " << position << " bit " << bit << ": " << status;
    EXPECT_TRUE(StoredView() == before);
  }
  server_.tamper = nullptr;
  EXPECT_TRUE(LookUp(kBob).ok());
}

TEST_F(DirectoryClientTest, RefusesAnswersThatAreCutOrLonger) {
  for (size_t cut : {1, 2, 33, 200}) {
    server_.tamper = [&](v1::SearchAnswer& answer) {
      answer.mutable_response()->resize(answer.response().size() - cut);
    };
    ExpectRefused(kAlice, RefusalReason::kMalformed);
  }
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_response()->clear();
  };
  ExpectRefused(kAlice, RefusalReason::kMalformed);
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_response()->push_back('\0');
  };
  ExpectRefused(kAlice, RefusalReason::kMalformed);
}

TEST_F(DirectoryClientTest, RefusesAnAnswerWithoutResult) {
  server_.tamper = [](v1::SearchAnswer& answer) { answer.Clear(); };
  ExpectRefused(kAlice, RefusalReason::kMalformed);
}

TEST_F(DirectoryClientTest, RefusesTheAnswerOfAnotherAddress) {
  keytrans::SearchRequest request;
  request.label = kBob;
  std::string bobs = log_.Answer(request)->bytes;
  server_.tamper = [&](v1::SearchAnswer& answer) { answer.set_response(bobs); };
  ExpectRefused(kAlice, RefusalReason::kVrfProof);
}

TEST_F(DirectoryClientTest, RefusesTheAbsenceOfAnotherAddress) {
  keytrans::SearchRequest request;
  request.label = kNobody;
  std::string nobodys = log_.Answer(request)->bytes;
  server_.tamper = [&](v1::SearchAnswer& answer) {
    answer.set_absence(nobodys);
  };
  ExpectRefused(kAlice, RefusalReason::kVrfProof);
}

TEST_F(DirectoryClientTest, NamesBothTimesWhenTheyAreADayApart) {
  now_ = kStart + 86'400'000;
  ExpectRefused(kAlice, RefusalReason::kStaleHead);
  EXPECT_THAT(std::string(refused_.message()),
              AllOf(HasSubstr("2026-01-01 00:00:00 UTC"),
                    HasSubstr("2026-01-02 00:00:00 UTC")));
  now_ = kStart - 86'400'000;
  ExpectRefused(kAlice, RefusalReason::kFutureHead);
  EXPECT_THAT(std::string(refused_.message()),
              AllOf(HasSubstr("2026-01-01 00:00:00 UTC"),
                    HasSubstr("2025-12-31 00:00:00 UTC")));
}

TEST_F(DirectoryClientTest, NamesBothTimesWhenTheTreeIsStillTheSame) {
  ASSERT_TRUE(LookUp(kAlice).ok());
  now_ = kStart + 86'400'000;
  ExpectRefused(kAlice, RefusalReason::kStaleHead);
  EXPECT_THAT(std::string(refused_.message()),
              AllOf(HasSubstr("2026-01-01 00:00:00 UTC"),
                    HasSubstr("2026-01-02 00:00:00 UTC")));
}

TEST_F(DirectoryClientTest, KeepsTheRefusedAnswerAsEvidence) {
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.mutable_response()->push_back('x');
  };
  ExpectRefused(kAlice, RefusalReason::kMalformed);
  std::string folder = EvidenceOf(refused_).value();
  EXPECT_THAT(folder, HasSubstr("/evidence/malformed/"));
  auto exchange = ReadExchange(folder);
  ASSERT_TRUE(exchange.ok()) << exchange.status();
  EXPECT_EQ(exchange->configuration, log_.configuration().Encode());
  EXPECT_EQ(exchange->response.back(), 'x');
  EXPECT_EQ(exchange->time_ms, now_);
}

TEST_F(DirectoryClientTest, SeesThatTheLogWasRolledBack) {
  ASSERT_TRUE(LookUp(kAlice).ok());
  // The same log, one entry shorter.
  std::unique_ptr<TestLog> old = log_.Twin();
  old->Append(kStart, {{kAlice, EntryWith("issuer")}});
  old->Append(kStart + 1, {{kBob, EntryWith("issuer")}});
  server_.before_answer = [&](TestLog*& log) { log = old.get(); };
  ExpectRefused(kAlice, RefusalReason::kTreeSize);
  EXPECT_THAT(std::string(refused_.message()),
              AllOf(HasSubstr("rolled back"), HasSubstr("signed tree of 2"),
                    HasSubstr("one of 3")));
  Exchange evidence = ReadExchange(EvidenceOf(refused_).value()).value();
  EXPECT_EQ(evidence.retained, StoredView()->Encode());
}

TEST_F(DirectoryClientTest, ARefusalOfTheServerAloneIsNoRollback) {
  ASSERT_TRUE(LookUp(kAlice).ok());
  server_.search_status =
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "not this one");
  absl::Status status = LookUp(kAlice).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RefusalOf(status), std::nullopt);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not this one"));
}

TEST_F(DirectoryClientTest, RefusesAForkBetweenTwoLookUps) {
  ASSERT_TRUE(LookUp(kAlice).ok());
  std::optional<TreeView> before = StoredView();
  std::unique_ptr<TestLog> fork = log_.Twin();
  fork->Append(kStart, {{kAlice, EntryWith("forged")}});
  for (int i = 1; i < 5; ++i) fork->Append(kStart + i, {});
  server_.before_answer = [&](TestLog*& log) { log = fork.get(); };
  absl::Status status = LookUp(kAlice).status();
  EXPECT_TRUE(RefusalOf(status).has_value()) << status;
  EXPECT_EQ(StoredView(), before);
}

TEST_F(DirectoryClientTest, BelievesNothingOfALogThatForksInOneBatch) {
  std::unique_ptr<TestLog> fork = log_.Twin();
  fork->Append(kStart, {{kAlice, EntryWith("forged")}});
  fork->Append(kStart + 1, {});
  fork->Append(kStart + 2, {});
  int calls = 0;
  server_.before_answer = [&](TestLog*& log) {
    if (++calls == 2) log = fork.get();
  };
  auto answers = LookUpAll({kAlice, kBob, kNobody});
  ASSERT_TRUE(answers.ok()) << answers.status();
  std::set<std::string> evidence;
  for (const absl::StatusOr<Lookup>& answer : *answers) {
    EXPECT_EQ(RefusalOf(answer.status()), RefusalReason::kFork)
        << answer.status();
    evidence.insert(EvidenceOf(answer.status()).value());
  }
  EXPECT_EQ(evidence.size(), 3u);
  // Each answer is valid by itself: the root that contradicts it is with it.
  for (const std::string& folder : evidence) {
    auto kept = ReadExchange(folder);
    ASSERT_TRUE(kept.ok()) << kept.status();
    EXPECT_TRUE(kept->retained.has_value()) << folder;
  }
  EXPECT_EQ(StoredView(), std::nullopt);
}

TEST_F(DirectoryClientTest, LooksManyAddressesUpInOneTree) {
  std::vector<std::string> labels;
  std::vector<TestLog::NewVersion> versions;
  for (int i = 0; i < 50; ++i) {
    labels.push_back("user" + std::to_string(i) + "@example.org");
    versions.push_back({labels.back(), EntryWith(labels.back())});
  }
  log_.Append(kStart + 3, versions);
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (size_t i = 0; i < labels.size(); ++i) {
    ASSERT_TRUE((*answers)[i].ok()) << (*answers)[i].status();
    EXPECT_EQ((*answers)[i]->label, labels[i]);
    EXPECT_EQ((*answers)[i]->found->entry.SerializeAsString(),
              EntryWith(labels[i]));
  }
  EXPECT_EQ(server_.requests.size(), labels.size());
  EXPECT_EQ(StoredSize(), 4u);
}

TEST_F(DirectoryClientTest, HoldsAnswersUpToALimit) {
  std::vector<std::string> labels;
  std::vector<TestLog::NewVersion> versions;
  for (int i = 0; i < 20; ++i) {
    labels.push_back("user" + std::to_string(i) + "@example.org");
    versions.push_back({labels.back(), EntryWith(labels.back())});
  }
  log_.Append(kStart + 3, versions);
  server_.tamper = [](v1::SearchAnswer& answer) {
    answer.add_issuers(std::string(1 << 20, 'x'));
  };
  max_bytes_ = 5 << 20;
  auto answers = LookUpAll(labels);
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i < 5) {
      EXPECT_TRUE((*answers)[i].ok()) << i << (*answers)[i].status();
      continue;
    }
    EXPECT_EQ((*answers)[i].status().code(),
              absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(std::string((*answers)[i].status().message()),
                HasSubstr("more than 5 MiB; ask for fewer"));
  }
  // What was answered is believed and kept.
  EXPECT_EQ(StoredSize(), 4u);
}

TEST_F(DirectoryClientTest, AsksAgainWhenTheLogGrowsInTheMiddle) {
  int calls = 0;
  server_.before_answer = [&](TestLog*& log) {
    if (++calls == 2) log_.Append(kStart + 3, {});
  };
  auto answers = LookUpAll({kAlice, kBob, kNobody});
  ASSERT_TRUE(answers.ok()) << answers.status();
  for (const absl::StatusOr<Lookup>& answer : *answers) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->view.size(), 4u);
  }
  // The one that was answered from the smaller tree was asked again.
  EXPECT_EQ(server_.requests.size(), 4u);
  EXPECT_EQ(StoredSize(), 4u);
}

TEST_F(DirectoryClientTest, OneRefusedAnswerLeavesTheOthersValid) {
  int calls = 0;
  server_.tamper = [&](v1::SearchAnswer& answer) {
    if (++calls == 1) answer.Clear();
  };
  auto answers = LookUpAll({kAlice, kBob});
  ASSERT_TRUE(answers.ok()) << answers.status();
  int refused = 0;
  for (const absl::StatusOr<Lookup>& answer : *answers) {
    refused += RefusalOf(answer.status()) == RefusalReason::kMalformed;
  }
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(StoredSize(), 3u);
}

TEST_F(DirectoryClientTest, AsksAgainWhenAnotherProcessMovedTheState) {
  State other = OpenState();
  bool moved = false;
  server_.before_answer = [&](TestLog*& log) {
    if (moved) return;
    moved = true;
    EXPECT_TRUE(other
                    .Advance(log_.configuration().Fingerprint(), std::nullopt,
                             log_.View(2), {})
                    .ok());
  };
  absl::StatusOr<Lookup> lookup = LookUp(kAlice);
  ASSERT_TRUE(lookup.ok()) << lookup.status();
  ASSERT_EQ(server_.requests.size(), 2u);
  EXPECT_EQ(keytrans::SearchRequest::Parse(server_.requests[1])->last, 2u);
  EXPECT_EQ(StoredSize(), 3u);
}

TEST_F(DirectoryClientTest, GivesUpWhenTheStateNeverStandsStill) {
  State other = OpenState();
  std::optional<TreeView> stored;
  server_.before_answer = [&](TestLog*& log) {
    log_.Append(kStart + 10, {});
    TreeView next = log_.View(log_.size());
    // A signature of another head: not the view that the client will learn.
    next.tree_head.signature[0] ^= 1;
    EXPECT_TRUE(
        other.Advance(log_.configuration().Fingerprint(), stored, next, {})
            .ok());
    stored = next;
    log_.Append(kStart + 10, {});
  };
  auto answers = LookUpAll({kAlice}, /*max_moves=*/3);
  EXPECT_EQ(answers.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(answers.status().message()), HasSubstr("ask again"));
  EXPECT_EQ(server_.requests.size(), 3u);
}

TEST_F(DirectoryClientTest, SaysThatAnEntryIsOfANewerFormat) {
  v1::DirectoryEntry entry;
  entry.set_format(2);
  log_.Append(kStart + 3, {{kAlice, entry.SerializeAsString()}});
  absl::Status status = LookUp(kAlice).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("format 2"), HasSubstr("update")));
  // The tree was verified: no other one of its size is believed from now on.
  EXPECT_EQ(StoredSize(), log_.size());
}

TEST_F(DirectoryClientTest, RefusesAValueThatIsNoEntry) {
  log_.Append(kStart + 3, {{kAlice, "no entry"}});
  ExpectUnreadable(kAlice, RefusalReason::kMalformed);
  log_.Append(kStart + 4, {{kAlice, ""}});
  ExpectUnreadable(kAlice, RefusalReason::kMalformed);
  EXPECT_THAT(std::string(refused_.message()), HasSubstr("no format number"));
  v1::DirectoryEntry entry;
  entry.set_format(1);
  entry.add_certificates()->add_issuer_sha256("short");
  log_.Append(kStart + 5, {{kAlice, entry.SerializeAsString()}});
  ExpectUnreadable(kAlice, RefusalReason::kMalformed);
  EXPECT_THAT(std::string(refused_.message()), HasSubstr("5 bytes"));
}

TEST_F(DirectoryClientTest, HandsOnWhatTheServerSays) {
  server_.search_status =
      grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "queue full");
  absl::Status status = LookUp(kAlice).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("busy"), HasSubstr("queue full")));
  EXPECT_EQ(StoredView(), std::nullopt);
}

TEST_F(DirectoryClientTest, RefusesALogThatTheStateDoesNotKnow) {
  DirectoryClient client(state_, {}, server_.InProcessChannel(),
                         [this] { return now_; }, {});
  auto answers = client.LookUp(crypto::Hash(), {kAlice});
  EXPECT_EQ(answers.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(answers.status().message()),
              HasSubstr("does not know"));
}

}  // namespace
}  // namespace sealbook::client
