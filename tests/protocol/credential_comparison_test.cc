// Credentials and their updates, ours beside tests/reference: in random logs of
// every deployment mode the bytes are the same, and both verifiers come to the
// same verdicts in all steps of the verification, also about what was changed,
// and about logs that have forked.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "crypto/types.h"
#include "keytrans/credential_maker.h"
#include "keytrans/credential_structures.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
#include "tests/protocol/both_verifiers.h"
#include "tests/protocol/random_log.h"
#include "tests/protocol/response_edits.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/credential_prover.h"
#include "tests/reference/prover.h"

namespace sealbook {
namespace {

using keytrans::DeploymentMode;
using keytrans::SearchRequest;

class CredentialComparisonTest : public ::testing::TestWithParam<LogShape> {
 protected:
  void MakeLog(uint64_t size) {
    LogShape shape = GetParam();
    shape.size = size;
    log_ = RandomLog(shape, random_);
    world_ = MirrorOf(*log_);
    strict_.emplace(log_->verifier(), world_.config,
                    FakePublicKeys(GetParam().suite));
    credulous_.emplace(BothVerifiers::Credulous(log_->configuration()));
  }

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string AnyLabel() { return kRandomLabels[Below(4)]; }
  uint64_t Now(uint64_t n) const { return world_.entries[n - 1].timestamp + 1; }
  std::optional<uint32_t> Greatest(uint64_t n, const std::string& label) const {
    return reference::GreatestVersion(world_, n - 1, label);
  }
  template <typename T>
  std::string Bytes(const T& structure) const {
    return reference::Encode(structure, world_.config.ciphersuite,
                             world_.config.mode);
  }

  // What both know who have walked the tree of n entries.
  BothRecent RecentAt(uint64_t n) {
    const auto judged =
        strict_->Walk({}, {},
                      reference::MakeDistinguishedResponse(
                          world_, n, std::nullopt, std::nullopt, false),
                      Now(n));
    EXPECT_TRUE(Agree(judged));
    EXPECT_TRUE(judged.accepted()) << judged.Words();
    BothRecent recent;
    for (const auto& entry : judged.ours->entries) {
      recent.ours.push_back(entry.Tree());
    }
    recent.theirs =
        reference::Refresh(world_.config, {}, *judged.theirs.accepted);
    EXPECT_EQ(recent.theirs, reference::RecentIn(world_, n));
    return recent;
  }

  // Not all of it: somebody with gaps in what they know.
  BothRecent WithGaps(BothRecent recent) {
    std::shuffle(recent.ours.begin(), recent.ours.end(), random_);
    std::erase_if(recent.ours, [&](const keytrans::TreeView& tree) {
      return OneIn(4) && recent.theirs.erase(tree.size() - 1) > 0;
    });
    return recent;
  }
  BothRecent AnyRecent(uint64_t n) {
    const BothRecent recent = RecentAt(n);
    return OneIn(3) ? WithGaps(recent) : recent;
  }

  // A recent distinguished entry, if there is one.
  std::optional<uint64_t> AnyPosition(const BothRecent& recent) {
    if (recent.ours.empty()) return std::nullopt;
    return recent.ours[Below(recent.ours.size())].size() - 1;
  }

  // --- Making ---

  struct Found {
    SearchRequest asked;
    keytrans::VerifiedVersion verified;
    std::string bytes;
  };

  // A greatest-version search, as by who has seen `retained`.
  std::optional<Found> Search(
      uint64_t n, const std::string& label,
      const std::optional<keytrans::TreeView>& retained) {
    Found found;
    found.asked.label = label;
    if (retained.has_value()) found.asked.last = retained->size();
    const auto answer = keytrans::AnswerSearch(
        *log_, log_->configuration(), HeadOf(*log_, world_, n), found.asked);
    EXPECT_TRUE(answer.ok()) << answer.status();
    found.bytes = answer->bytes;
    const auto verified = log_->verifier().VerifySearch(found.asked, retained,
                                                        found.bytes, Now(n));
    EXPECT_TRUE(verified.ok()) << verified.status();
    if (!verified.ok()) return std::nullopt;
    found.verified = *verified;
    return found;
  }

  void CompareStandard(uint64_t n, const std::string& label) {
    const BothRecent recent = RecentAt(n);
    std::optional<keytrans::TreeView> retained;
    if (OneIn(2)) retained = ViewOf(world_, 1 + Below(n));
    const auto found = Search(n, label, retained);
    ASSERT_TRUE(found.has_value());
    const auto made = keytrans::MakeStandardCredential(
        log_->configuration(), found->asked, found->verified, found->bytes);
    const auto base = recent.theirs.rbegin();
    const bool expected =
        base != recent.theirs.rend() &&
        Greatest(base->first + 1, label) == Greatest(n, label);
    // One that is based on an expired entry is of no use.
    if (base == recent.theirs.rend()) return;
    ASSERT_EQ(made.ok(), expected) << made.status();
    if (!expected) return;
    ASSERT_TRUE(*made->Encode() ==
                reference::MakeStandardCredential(world_, label, base->first))
        << "standard credential: the bytes differ";
    ++standard_;
  }

  void CompareProvisional(uint64_t n, const std::string& label) {
    const BothRecent recent = RecentAt(n);
    const auto position = AnyPosition(recent);
    if (!position.has_value() || *position + 1 == n) return;
    const std::string theirs =
        reference::MakeProvisionalCredential(world_, n, label, *position);
    const CredentialJudgement judged = strict_->Credential(recent, theirs);
    ASSERT_TRUE(Agree(judged));
    // Not of a search in a log that has an auditor.
    if (GetParam().mode == DeploymentMode::kThirdPartyAuditing) return;
    const keytrans::TreeView retained = *std::find_if(
        recent.ours.begin(), recent.ours.end(),
        [&](const auto& tree) { return tree.size() == *position + 1; });
    const auto found = Search(n, label, retained);
    ASSERT_TRUE(found.has_value());
    const auto made = keytrans::MakeProvisionalCredential(
        log_->configuration(), found->asked, found->verified, found->bytes);
    // Ours makes exactly those that are accepted.
    ASSERT_EQ(made.ok(), judged.accepted())
        << made.status() << "; " << judged.Words();
    if (!made.ok()) return;
    ASSERT_TRUE(*made->Encode() == theirs)
        << "provisional credential: the bytes differ";
    ++provisional_;
  }

  // The update that leads to the entry at `distinguished`, which is right of
  // the credential's tree.
  void CompareUpdate(const reference::PendingCredential& pending,
                     uint64_t distinguished) {
    const auto ours = keytrans::AnswerCredentialUpdate(
        *log_, log_->configuration(), distinguished,
        {pending.state.tree_size,
         pending.label,
         {{pending.terminal, pending.version}}});
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(*ours == reference::MakeCredentialUpdate(
                             world_, pending.label, pending.version,
                             pending.state.tree_size, pending.terminal,
                             distinguished))
        << "credential update: the bytes differ";
    ++updates_;
  }

  // --- Verifying ---

  // Of the log that `world` is, in the tree of n entries; or a lie.
  std::optional<reference::Credential> AnyCredential(
      const reference::World& world, uint64_t n, uint64_t position) {
    const std::string label = AnyLabel();
    const bool standard = OneIn(3);
    const auto greatest =
        reference::GreatestVersion(world, standard ? position : n - 1, label);
    if (!greatest.has_value()) return std::nullopt;
    std::optional<uint32_t> claim;
    if (OneIn(4)) claim = Below(*greatest + 1);
    return standard ? reference::BuildStandardCredential(world, label, position,
                                                         claim)
                    : reference::BuildProvisionalCredential(world, n, label,
                                                            position, claim);
  }

  std::string Changed(reference::Credential credential) {
    if (OneIn(3)) return EditBytes(Bytes(credential), random_);
    Edit(credential, random_);
    if (OneIn(4)) Edit(credential, random_);
    return Bytes(credential);
  }

  // Both ways of the final verification of what was initially verified, by
  // somebody who knows `recent`; `world` is the sender's log.
  void JudgeFinally(const CredentialJudgement& judged,
                    const reference::World& world, const BothRecent& recent) {
    ASSERT_TRUE(AgreeAboutTerminal(judged, recent));
    const reference::PendingCredential& pending =
        *judged.theirs.accepted->pending;
    const keytrans::TreeView* base =
        keytrans::CredentialUpdateBase(*judged.ours, recent.ours);
    const auto distinguished =
        reference::DistinguishedFor(pending, recent.theirs);
    if (base == nullptr) {
      ExpectNoUpdate(judged, recent);
      return;
    }
    // The draft's update: no gap hides where the terminal entry's path ends.
    const bool known =
        distinguished == base->size() - 1 &&
        distinguished == reference::FirstDistinguishedAfter(
                             world_, world_.entries.size(), pending.terminal);
    const reference::CredentialUpdate update = reference::BuildCredentialUpdate(
        world, pending.label, pending.version, pending.state.tree_size,
        pending.terminal, base->size() - 1);
    for (int i = 0; i < 8; ++i) {
      reference::CredentialUpdate changed = update;
      if (i > 0) Edit(changed, random_);
      std::string bytes = Bytes(changed);
      if (i > 4) bytes = EditBytes(bytes, random_);
      const auto verdict = strict_->CredentialUpdate(judged, recent, bytes);
      const std::string words =
          "ours: " + verdict.ours.ToString() + "; theirs: " + verdict.theirs;
      if (known) {
        ASSERT_EQ(verdict.ours.ok(), verdict.theirs.empty()) << words;
        ++(verdict.ours.ok() ? finally_accepted_ : finally_refused_);
      }
      // Whoever accepts, it is of the log that is known.
      if (!verdict.ours.ok() && !verdict.theirs.empty()) continue;
      ASSERT_EQ(pending.prefix_root,
                reference::LogEntryAt(world_, pending.terminal).prefix_tree)
          << words;
    }
  }

  // What both say to any update as long as they know nothing to end it at.
  void ExpectNoUpdate(const CredentialJudgement& judged,
                      const BothRecent& recent) {
    const auto verdict = strict_->CredentialUpdate(
        judged, recent, Bytes(reference::CredentialUpdate()));
    EXPECT_EQ(verdict.ours.code(), absl::StatusCode::kNotFound);
    EXPECT_FALSE(verdict.theirs.empty());
  }

  // What becomes of a credential, honest or changed, and made in `world`.
  void JudgeAll(const reference::World& world) {
    const uint64_t n = 1 + Below(log_->size());
    const BothRecent recent = AnyRecent(n);
    const auto position = AnyPosition(RecentAt(n));
    if (!position.has_value()) return;
    const auto credential = AnyCredential(world, n, *position);
    if (!credential.has_value()) return;
    for (int i = 0; i < 15; ++i) {
      const std::string bytes =
          i == 0 ? Bytes(*credential) : Changed(*credential);
      const auto judged = strict_->Credential(recent, bytes);
      ASSERT_TRUE(Agree(judged));
      ++(judged.accepted() ? accepted_ : refused_);
      ASSERT_TRUE(Agree(credulous_->Credential(recent, bytes)));
      if (!judged.accepted() || !judged.ours->pending.has_value()) continue;
      for (int later = 0; later < 4; ++later) {
        JudgeFinally(judged, world, AnyRecent(n + Below(log_->size() - n + 1)));
        if (HasFatalFailure()) return;
      }
    }
  }

  // A log that has other leaves from an entry on.
  reference::World Fork() {
    reference::World fork = world_;
    fork.cache = {};
    const uint64_t at = Below(fork.entries.size());
    fork.entries[at].added.push_back(
        {"fork", 0, std::string(32, 'f'), std::string(32, 'f')});
    return fork;
  }

  // Set by each test from a seed that a failure prints.
  std::mt19937_64 random_;
  std::unique_ptr<keytrans::TestLog> log_;
  reference::World world_;
  std::optional<BothVerifiers> strict_;
  // Believes every signature, so that a changed one is judged to its end.
  std::optional<BothVerifiers> credulous_;
  // What a test has seen, so that it does not pass for having seen nothing.
  int standard_ = 0;
  int provisional_ = 0;
  int updates_ = 0;
  int accepted_ = 0;
  int refused_ = 0;
  int finally_accepted_ = 0;
  int finally_refused_ = 0;
};

TEST_P(CredentialComparisonTest, AgreesAboutWhatIsMade) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 6; ++round) {
    MakeLog(20 + Below(80));
    for (int i = 0; i < 100; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      const std::string label = AnyLabel();
      if (!Greatest(n, label).has_value()) continue;
      CompareStandard(n, label);
      CompareProvisional(n, label);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(standard_, 0);
  EXPECT_EQ(provisional_ > 0,
            GetParam().mode != DeploymentMode::kThirdPartyAuditing);
}

TEST_P(CredentialComparisonTest, AgreesAboutUpdates) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 6; ++round) {
    MakeLog(20 + Below(80));
    for (int i = 0; i < 100; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      const BothRecent recent = RecentAt(n);
      const auto position = AnyPosition(recent);
      const std::string label = AnyLabel();
      if (!position.has_value() || !Greatest(n, label).has_value()) continue;
      const auto judged = strict_->Credential(
          recent,
          reference::MakeProvisionalCredential(world_, n, label, *position));
      ASSERT_TRUE(Agree(judged));
      if (!judged.accepted()) continue;
      const auto& pending = *judged.theirs.accepted->pending;
      const auto distinguished = reference::FirstDistinguishedAfter(
          world_, log_->size(), pending.terminal);
      if (distinguished.has_value()) CompareUpdate(pending, *distinguished);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(updates_, 0);
}

TEST_P(CredentialComparisonTest, AgreesAboutChangedCredentials) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 6; ++round) {
    MakeLog(20 + Below(60));
    for (int i = 0; i < 40; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      JudgeAll(world_);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(accepted_, 0);
  EXPECT_GT(refused_, 0);
  EXPECT_GT(finally_accepted_, 0);
  EXPECT_GT(finally_refused_, 0);
}

TEST_P(CredentialComparisonTest, AgreesAboutLogsThatHaveForked) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 12; ++round) {
    MakeLog(20 + Below(40));
    const reference::World fork = Fork();
    for (int i = 0; i < 20; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      JudgeAll(fork);
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(accepted_, 0);
  EXPECT_GT(refused_, 0);
  EXPECT_GT(finally_refused_, 0);
}

std::vector<LogShape> Shapes() {
  std::vector<LogShape> shapes;
  for (const auto mode :
       {DeploymentMode::kContactMonitoring, DeploymentMode::kThirdPartyAuditing,
        DeploymentMode::kThirdPartyManagement}) {
    LogShape shape;
    shape.window = 6 * kMeanStep;
    shape.mode = mode;
    shapes.push_back(shape);
    shape.suite = crypto::CipherSuite::kEd25519;
    shape.lifetime = 40 * kMeanStep;
    shapes.push_back(shape);
  }
  return shapes;
}

std::string NameOf(const ::testing::TestParamInfo<LogShape>& info) {
  using Mode = DeploymentMode;
  const std::string mode =
      info.param.mode == Mode::kThirdPartyAuditing     ? "Audited"
      : info.param.mode == Mode::kThirdPartyManagement ? "Managed"
                                                       : "Monitored";
  return mode + (info.param.lifetime.has_value() ? "WithLifetime" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, CredentialComparisonTest,
                         ::testing::ValuesIn(Shapes()), NameOf);

}  // namespace
}  // namespace sealbook
