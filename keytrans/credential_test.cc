#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/credential_maker.h"
#include "keytrans/credential_structures.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/monitor_structures.h"
#include "keytrans/prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;
constexpr uint64_t kStep = 100;
constexpr uint64_t kWindow = 8 * kStep;
constexpr uint64_t kSize = 120;
constexpr char kAlice[] = "alice@example.org";

using Trees = std::vector<TreeView>;

// alice@example.org has a new version every 23 log entries, from 5 on.
void Fill(TestLog& log, absl::string_view value, uint64_t size = kSize) {
  while (log.size() < size) {
    std::vector<TestLog::NewVersion> versions;
    if (log.size() % 23 == 5) {
      versions = {{kAlice, absl::StrCat(value, " ", log.size())}};
    }
    log.Append(kStart + log.size() * kStep, versions);
  }
}

class CredentialTest : public ::testing::Test {
 protected:
  CredentialTest() : log_(kWindow) { Fill(log_, "value"); }

  uint64_t Now(uint64_t size) const { return kStart + (size - 1) * kStep; }

  // What a user knows who has walked the distinguished heads of the tree of
  // `size`, left to right.
  Trees Recent(TestLog& log, uint64_t size) {
    const DistinguishedRequest request;
    const auto answer = AnswerDistinguished(
        log, log.configuration(), log.Sign(size, log.Root(size)), request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    const auto walked = log.verifier().VerifyDistinguished(
        request, std::nullopt, *answer, Now(size));
    EXPECT_TRUE(walked.ok()) << walked.status();
    Trees trees;
    for (const DistinguishedEntry& entry : walked->entries) {
      trees.insert(trees.begin(), entry.Tree());
      EXPECT_EQ(trees[0].frontier, log.View(entry.position + 1).frontier);
      EXPECT_EQ(trees[0].Root(), log.Root(entry.position + 1));
    }
    return trees;
  }
  Trees Recent(uint64_t size) { return Recent(log_, size); }

  struct Answered {
    SearchRequest request;
    VerifiedVersion verified;
    std::string bytes;
  };
  // A greatest-version search in the tree of `size`, as by who has seen `base`.
  Answered Search(TestLog& log, uint64_t size,
                  const std::optional<TreeView>& base) {
    Answered answered;
    answered.request.label = kAlice;
    if (base.has_value()) answered.request.last = base->size();
    answered.bytes = log.Answer(answered.request, size)->bytes;
    const auto verified = log.verifier().VerifySearch(
        answered.request, base, answered.bytes, Now(size));
    EXPECT_TRUE(verified.ok()) << verified.status();
    answered.verified = *verified;
    return answered;
  }
  absl::StatusOr<Credential> Standard(uint64_t size) {
    const Answered found = Search(log_, size, std::nullopt);
    return MakeStandardCredential(log_.configuration(), found.request,
                                  found.verified, found.bytes);
  }
  absl::StatusOr<Credential> Provisional(TestLog& log, uint64_t size,
                                         const TreeView& base) {
    const Answered found = Search(log, size, base);
    return MakeProvisionalCredential(log.configuration(), found.request,
                                     found.verified, found.bytes);
  }
  absl::StatusOr<VerifiedCredential> Verify(const Credential& credential,
                                            const Trees& recent) {
    return log_.verifier().VerifyCredential(*credential.Encode(), recent);
  }

  // A version that is not in a distinguished log entry: what a sender has.
  Credential SomeProvisional(TestLog& log) {
    return *Provisional(log, 53, Recent(log, 53).back());
  }

  std::string UpdateFor(TestLog& log, const VerifiedCredential& credential,
                        const TreeView& base) {
    const VerifiedCredential::Pending& pending = *credential.pending;
    const auto update =
        AnswerCredentialUpdate(log, log.configuration(), base.size() - 1,
                               {pending.view.size(),
                                kAlice,
                                {{pending.terminal, credential.version}}});
    EXPECT_TRUE(update.ok()) << update.status();
    return *update;
  }

  void ExpectRefused(const Credential& credential, const Trees& recent,
                     RefusalReason reason, const std::string& words) {
    const auto verified = Verify(credential, recent);
    EXPECT_EQ(RefusalOf(verified.status()), reason) << verified.status();
    EXPECT_THAT(std::string(verified.status().message()), HasSubstr(words));
  }

  TestLog log_;
};

TEST_F(CredentialTest, EverySizeHasACredentialThatVerifies) {
  int standard = 0, provisional = 0;
  for (uint64_t size = 20; size <= kSize; ++size) {
    SCOPED_TRACE(size);
    const Trees recent = Recent(size);
    absl::StatusOr<Credential> credential = Standard(size);
    if (credential.ok()) {
      ++standard;
    } else {
      ++provisional;
      ASSERT_EQ(credential.status().code(),
                absl::StatusCode::kFailedPrecondition);
      credential = Provisional(log_, size, recent.back());
      ASSERT_TRUE(credential.ok()) << credential.status();
    }
    const auto verified = Verify(*credential, recent);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->label, kAlice);
    EXPECT_EQ(verified->value,
              absl::StrCat("value ", verified->version * 23 + 5));
    EXPECT_EQ(verified->version, (size - 6) / 23);
    EXPECT_EQ(verified->pending.has_value(),
              std::holds_alternative<ProvisionalCredential>(credential->proof));
  }
  EXPECT_GT(standard, 20);
  EXPECT_GT(provisional, 10);
}

// Whoever has seen less, or more, than the sender.
TEST_F(CredentialTest, AStandardCredentialHoldsWhileItsEntryIsRecent) {
  const Credential credential = *Standard(kSize);
  EXPECT_TRUE(Verify(credential, Recent(kSize)).ok());
  for (const Trees& others : {Trees{}, Recent(20)}) {
    const auto verified = Verify(credential, others);
    EXPECT_EQ(verified.status().code(), absl::StatusCode::kNotFound);
    EXPECT_FALSE(RefusalOf(verified.status()).has_value());
  }
}

TEST_F(CredentialTest, AProvisionalOneBecomesFinalInOneOfTwoWays) {
  int by_terminal = 0, by_update = 0;
  for (uint64_t size = 20; size <= 70; ++size) {
    if (Standard(size).ok()) continue;
    SCOPED_TRACE(size);
    const auto credential =
        Verify(*Provisional(log_, size, Recent(size).back()), Recent(size));
    ASSERT_TRUE(credential.ok()) << credential.status();
    EXPECT_EQ(*Verifier::VerifyTerminal(*credential, Recent(size)), false);
    bool final_yet = false;
    for (uint64_t later = size + 1; later <= kSize && !final_yet; ++later) {
      const Trees recent = Recent(later);
      if (*Verifier::VerifyTerminal(*credential, recent)) {
        ++by_terminal;
        final_yet = true;
      }
      const TreeView* base = CredentialUpdateBase(*credential, recent);
      if (base == nullptr) {
        EXPECT_EQ(log_.verifier()
                      .VerifyCredentialUpdate(
                          *credential, *CredentialUpdate().Encode(), recent)
                      .code(),
                  absl::StatusCode::kNotFound);
        continue;
      }
      const absl::Status updated = log_.verifier().VerifyCredentialUpdate(
          *credential, UpdateFor(log_, *credential, *base), recent);
      ASSERT_TRUE(updated.ok()) << updated << " later " << later;
      ++by_update;
      final_yet = true;
    }
    EXPECT_TRUE(final_yet);
  }
  EXPECT_GT(by_terminal, 0);
  EXPECT_GT(by_update, 5);
}

TEST_F(CredentialTest, RefusesAVersionThatIsNoLongerTheGreatest) {
  // The sender shows an older version; the tree shows the newer one.
  const Credential now = *Standard(kSize);
  const auto old = Search(log_, 30, std::nullopt);
  Credential credential = now;
  const auto response =
      *SearchResponse::Parse(log_.configuration(), old.request, old.bytes);
  credential.version = *response.version;
  credential.opening = response.opening;
  credential.value = response.value;
  credential.binary_ladder = response.binary_ladder;
  const auto verified = Verify(credential, Recent(kSize));
  EXPECT_TRUE(RefusalOf(verified.status()).has_value()) << verified.status();
}

// Its sender lets an older entry speak for a version that came later.
TEST_F(CredentialTest, RefusesAnEntryThatHasASmallerVersion) {
  const Answered found = Search(log_, 53, std::nullopt);
  const auto response =
      *SearchResponse::Parse(log_.configuration(), found.request, found.bytes);
  Credential credential = SomeProvisional(log_);
  // The search began at the rightmost distinguished entry, as the credential
  // does.
  credential.proof = StandardCredential{response.search.prefix_proofs.at(0)};
  ExpectRefused(credential, Recent(53), RefusalReason::kLadder,
                "has a smaller version than 2");
}

// No proof needs it, so nothing else notices it.
TEST_F(CredentialTest, RefusesACommitmentThatNothingIsProvenOf) {
  for (Credential credential : {*Standard(kSize), SomeProvisional(log_)}) {
    const bool standard =
        std::holds_alternative<StandardCredential>(credential.proof);
    const Trees recent = Recent(standard ? kSize : 53);
    const std::vector<BinaryLadderStep> honest = credential.binary_ladder;
    for (size_t i = 0; i < honest.size(); ++i) {
      if (honest[i].commitment.has_value()) continue;
      credential.binary_ladder = honest;
      credential.binary_ladder[i].commitment = crypto::Commitment();
      ExpectRefused(credential, recent, RefusalReason::kLadder,
                    "is the greatest");
    }
  }
}

TEST_F(CredentialTest, RefusesTimestampsThatRunBackwards) {
  Credential credential = SomeProvisional(log_);
  const auto verified = Verify(credential, Recent(53));
  ASSERT_TRUE(verified.ok()) << verified.status();
  std::get<ProvisionalCredential>(credential.proof).search.timestamps.at(0) = 1;
  ExpectRefused(credential, Recent(53), RefusalReason::kTimestampOrder,
                "has timestamp 1,");

  const Trees recent = Recent(kSize);
  const TreeView* base = CredentialUpdateBase(*verified, recent);
  ASSERT_NE(base, nullptr);
  auto update = *CredentialUpdate::Parse(UpdateFor(log_, *verified, *base));
  update.monitor.timestamps.at(0) = 1;
  const absl::Status status = log_.verifier().VerifyCredentialUpdate(
      *verified, *update.Encode(), recent);
  EXPECT_EQ(RefusalOf(status), RefusalReason::kTimestampOrder) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("has timestamp 1,"));
}

TEST_F(CredentialTest, RefusesAProvisionalOneThatCouldBeStandard) {
  // Entry 95 is distinguished and holds the version. Made by a sender of its
  // own: ours does not make it.
  const Trees recent = Recent(97);
  ASSERT_EQ(recent.back().size(), 96u);
  const Answered found = Search(log_, 97, recent.back());
  EXPECT_EQ(MakeProvisionalCredential(log_.configuration(), found.request,
                                      found.verified, found.bytes)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
  const auto response =
      *SearchResponse::Parse(log_.configuration(), found.request, found.bytes);
  Credential credential = *Standard(97);
  credential.binary_ladder = response.binary_ladder;
  credential.proof =
      ProvisionalCredential{*response.full_tree_head.updated, response.search};
  ExpectRefused(credential, recent, RefusalReason::kLadder,
                "a standard credential would show it");
}

TEST_F(CredentialTest, RefusesWhatNoLogHasSigned) {
  Credential credential = SomeProvisional(log_);
  auto& proof = std::get<ProvisionalCredential>(credential.proof);
  proof.tree_head.signature[0] ^= 1;
  ExpectRefused(credential, Recent(53), RefusalReason::kSignature,
                "the log's signature");
  proof.tree_head.tree_size = credential.position + 1;
  ExpectRefused(credential, Recent(53), RefusalReason::kTreeSize,
                "not more than");
}

TEST_F(CredentialTest, RefusesATreeThatHasForkedBefore) {
  std::unique_ptr<TestLog> twin = log_.Twin();
  Fill(*twin, "another value");
  // The twin's sender, and a user of the log.
  ExpectRefused(SomeProvisional(*twin), Recent(53),
                RefusalReason::kRootMismatch, "than the one retained");
  const Answered found = Search(*twin, kSize, std::nullopt);
  ExpectRefused(*MakeStandardCredential(twin->configuration(), found.request,
                                        found.verified, found.bytes),
                Recent(kSize), RefusalReason::kRootMismatch,
                "than the one retained");
}

// It forks after what both have seen: initially the credential verifies.
TEST_F(CredentialTest, FinallyRefusesATreeThatHasForkedSince) {
  std::unique_ptr<TestLog> twin = log_.Twin();
  Fill(*twin, "value", 51);
  Fill(*twin, "forked");
  const auto credential = Verify(SomeProvisional(*twin), Recent(53));
  ASSERT_TRUE(credential.ok()) << credential.status();
  ASSERT_EQ(credential->value, "forked 51");
  int compared = 0;
  for (uint64_t later = 54; later <= kSize; ++later) {
    const Trees recent = Recent(later);
    const auto terminal = Verifier::VerifyTerminal(*credential, recent);
    if (!terminal.ok()) {
      EXPECT_EQ(RefusalOf(terminal.status()), RefusalReason::kRootMismatch);
      ++compared;
    } else {
      EXPECT_FALSE(*terminal);
    }
    const TreeView* base = CredentialUpdateBase(*credential, recent);
    if (base == nullptr) continue;
    // Neither the fork's own proof leads to what is known, nor the log's.
    for (TestLog* log : {twin.get(), &log_}) {
      EXPECT_TRUE(RefusalOf(log_.verifier().VerifyCredentialUpdate(
                                *credential,
                                UpdateFor(*log, *credential, *base), recent))
                      .has_value());
    }
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

TEST_F(CredentialTest, RefusesEveryFlippedByte) {
  for (const Credential& credential :
       {*Standard(kSize), SomeProvisional(log_)}) {
    const bool standard =
        std::holds_alternative<StandardCredential>(credential.proof);
    const Trees recent = Recent(standard ? kSize : 53);
    const std::string bytes = *credential.Encode();
    ASSERT_TRUE(log_.verifier().VerifyCredential(bytes, recent).ok());
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int bit : {0, 7}) {
        std::string flipped = bytes;
        flipped[i] ^= 1 << bit;
        const auto verified = log_.verifier().VerifyCredential(flipped, recent);
        EXPECT_FALSE(verified.ok()) << "byte " << i;
      }
    }
    EXPECT_EQ(
        RefusalOf(
            log_.verifier().VerifyCredential(bytes + "x", recent).status()),
        RefusalReason::kMalformed);
  }
}

TEST_F(CredentialTest, RefusesAnAlteredUpdate) {
  const auto credential = Verify(SomeProvisional(log_), Recent(53));
  ASSERT_TRUE(credential.ok());
  const Trees recent = Recent(kSize);
  const TreeView* base = CredentialUpdateBase(*credential, recent);
  ASSERT_NE(base, nullptr);
  const std::string bytes = UpdateFor(log_, *credential, *base);
  const Verifier verifier = log_.verifier();
  ASSERT_TRUE(verifier.VerifyCredentialUpdate(*credential, bytes, recent).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string flipped = bytes;
    flipped[i] ^= 1;
    EXPECT_TRUE(
        RefusalOf(verifier.VerifyCredentialUpdate(*credential, flipped, recent))
            .has_value())
        << "byte " << i;
  }
}

TEST_F(CredentialTest, IsMadeOfGreatestVersionSearchesOnly) {
  Answered found = Search(log_, kSize, std::nullopt);
  found.request.version = 0;
  for (const auto& made :
       {MakeStandardCredential(log_.configuration(), found.request,
                               found.verified, found.bytes),
        MakeProvisionalCredential(log_.configuration(), found.request,
                                  found.verified, found.bytes)}) {
    EXPECT_EQ(made.status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST_F(CredentialTest, IsMadeOfTheAnswerThatWasVerified) {
  Answered found = Search(log_, kSize, std::nullopt);
  found.verified.version += 1;
  EXPECT_EQ(MakeStandardCredential(log_.configuration(), found.request,
                                   found.verified, found.bytes)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CredentialTest, CannotBeProvisionalWhereTheProofHasAnAuditorsTree) {
  TestLog audited(kWindow);
  audited.SetAuditor(/*max_lag_ms=*/1000, /*start_pos=*/0);
  Fill(audited, "value");
  SearchRequest request;
  request.label = kAlice;
  request.last = 32;
  const auto answer = AnswerSearch(audited, audited.configuration(),
                                   audited.AuditedHead(53, 50), request);
  ASSERT_TRUE(answer.ok());
  VerifiedVersion verified;
  verified.version = 2;
  const auto made = MakeProvisionalCredential(audited.configuration(), request,
                                              verified, answer->bytes);
  EXPECT_EQ(made.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(made.status().message()), HasSubstr("auditor"));
}

}  // namespace
}  // namespace sealbook::keytrans
