// Searches, walks and the past in the deployment modes with a third party, ours
// beside tests/reference: in random logs the responses' bytes are the same, and
// both verifiers come to the same verdict and view, also about responses that
// were changed, and about an auditor that is late, ahead or unknown. The tests
// of monitoring and updates run in these modes, too.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "crypto/types.h"
#include "keytrans/distinguished_structures.h"
#include "keytrans/history_prover.h"
#include "keytrans/prover.h"
#include "keytrans/structures.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
#include "tests/protocol/both_verifiers.h"
#include "tests/protocol/random_log.h"
#include "tests/protocol/response_edits.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/prover.h"

namespace sealbook {
namespace {

using keytrans::DeploymentMode;
using keytrans::DistinguishedRequest;
using keytrans::SearchRequest;

struct Tally {
  int accepted = 0;
  int refused = 0;
};

class ModesComparisonTest : public ::testing::TestWithParam<LogShape> {
 protected:
  void MakeLog(uint64_t size) {
    LogShape shape = GetParam();
    shape.size = size;
    if (OneIn(4)) shape.auditor_start = Below(size);
    log_ = RandomLog(shape, random_);
    world_ = MirrorOf(*log_);
    auditor_start_ = shape.auditor_start;
    strict_.emplace(log_->verifier(), world_.config,
                    FakePublicKeys(GetParam().suite));
    credulous_.emplace(BothVerifiers::Credulous(log_->configuration()));
  }

  bool audited() const {
    return GetParam().mode == DeploymentMode::kThirdPartyAuditing;
  }
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string AnyLabel() { return kRandomLabels[Below(4)]; }
  uint64_t Now(uint64_t n) const { return world_.entries[n - 1].timestamp + 1; }

  // A user who has seen nothing, a smaller tree or all n entries.
  Seen AnySeen(uint64_t n) {
    if (OneIn(4)) return {};
    const uint64_t last = OneIn(4) ? n : 1 + Below(n);
    return {ViewOf(world_, last), reference::StateOf(world_, last)};
  }

  // Whether an honest log is believed: not where nobody has audited what lies
  // between what the user has seen and where the auditor began.
  bool IsToBeBelieved(const Seen& seen, uint64_t n) const {
    return !audited() || !seen.view.has_value() || seen.view->size() == n ||
           seen.view->auditor->tree_size >= auditor_start_;
  }

  // --- A response, and how both judge it or what became of it ---

  struct Case {
    Seen seen;
    uint64_t n = 0;
    std::string bytes;
    std::function<void(const BothVerifiers&, const std::string& bytes, Tally&)>
        judge;
    // One part of the response changed.
    std::function<std::string()> edited;
    // With another head of the auditor's, which it has signed.
    std::function<std::string()> audited_otherwise;
  };

  template <typename Response>
  Case MakeCase(
      const Seen& seen, uint64_t n, const Response& response,
      std::function<void(const BothVerifiers&, const std::string&, Tally&)>
          judge) {
    const auto encode = [this](const Response& changed) {
      return reference::Encode(changed, world_.config.ciphersuite,
                               world_.config.mode);
    };
    return {seen,
            n,
            encode(response),
            std::move(judge),
            [this, response, encode] {
              Response changed = response;
              Edit(changed, random_);
              if (OneIn(4)) Edit(changed, random_);
              return encode(changed);
            },
            [this, response, encode, n] {
              Response changed = response;
              const uint64_t size =
                  changed.full_tree_head.auditor_tree_head.tree_size;
              if (size == 0) return encode(changed);  // `same`
              changed.full_tree_head.auditor_tree_head =
                  reference::SignedAuditorTreeHead(
                      world_, OneIn(2) ? size : 1 + Below(n),
                      world_.entries[n - 1].timestamp + 2 -
                          Below(2 * world_.config.max_auditor_lag));
              return encode(changed);
            }};
  }

  template <typename Judged>
  static void Count(const Judged& judged, Tally& tally) {
    ASSERT_TRUE(Agree(judged));
    ++(judged.accepted() ? tally.accepted : tally.refused);
  }

  // Ours has to be the reference's.
  void ExpectSame(const absl::StatusOr<keytrans::SearchAnswer>& ours,
                  const std::string& theirs) {
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs) << "search: the bytes differ";
  }

  std::optional<Case> SearchCase(uint64_t n, const Seen& seen) {
    const SearchRequest asked{seen.last(), AnyLabel(), std::nullopt};
    const bool same = seen.last() == n;
    const auto ours = keytrans::AnswerSearch(*log_, log_->configuration(),
                                             HeadOf(*log_, world_, n), asked);
    if (!reference::GreatestVersion(world_, n - 1, asked.label).has_value()) {
      Case made = MakeCase(
          seen, n,
          reference::BuildAbsenceResponse(world_, n, asked.last, asked.label,
                                          same),
          [=, this](const BothVerifiers& verifiers, const std::string& bytes,
                    Tally& tally) {
            Count(verifiers.Absence(seen, asked, bytes, Now(n)), tally);
          });
      ExpectSame(ours, made.bytes);
      return made;
    }
    Case made =
        MakeCase(seen, n,
                 reference::BuildSearchResponse(world_, n, asked.last,
                                                asked.label, same),
                 [=, this](const BothVerifiers& verifiers,
                           const std::string& bytes, Tally& tally) {
                   Count(verifiers.Search(seen, asked, bytes, Now(n)), tally);
                 });
    ExpectSame(ours, made.bytes);
    return made;
  }

  std::optional<Case> FixedCase(uint64_t n, const Seen& seen) {
    const std::string label = AnyLabel();
    const auto greatest = reference::GreatestVersion(world_, n - 1, label);
    if (!greatest.has_value()) return std::nullopt;
    const SearchRequest asked{seen.last(), label,
                              static_cast<uint32_t>(Below(*greatest + 1))};
    const auto ours = keytrans::AnswerSearch(*log_, log_->configuration(),
                                             HeadOf(*log_, world_, n), asked);
    const auto honest = reference::BuildFixedVersionResponse(
        world_, n, asked.last, label, *asked.version, asked.last == n);
    // Who insists on an answer makes one that is to be refused.
    const auto insisted = reference::BuildFixedVersionResponse(
        world_, n, asked.last, label, *asked.version, asked.last == n,
        /*insist=*/true);
    Case made =
        MakeCase(seen, n, *insisted.response,
                 [=, this](const BothVerifiers& verifiers,
                           const std::string& bytes, Tally& tally) {
                   Count(verifiers.Search(seen, asked, bytes, Now(n)), tally);
                 });
    if (honest.response.has_value()) {
      ExpectSame(ours, made.bytes);
      return made;
    }
    const bool skipped =
        reference::IsSkipped(world_, n - 1, label, *asked.version);
    // What was skipped may be expired, too.
    EXPECT_TRUE((skipped && absl::IsFailedPrecondition(ours.status())) ||
                absl::IsOutOfRange(ours.status()))
        << ours.status();
    ++(skipped ? skipped_ : expired_);
    Tally tally;
    made.judge(*strict_, made.bytes, tally);
    EXPECT_EQ(tally.refused, 1);
    made.judge(*credulous_, made.bytes, tally);
    return std::nullopt;
  }

  std::optional<Case> WalkCase(uint64_t n, const Seen& seen) {
    DistinguishedRequest asked{seen.last(), std::nullopt};
    if (OneIn(2)) asked.stop = Below(n);
    const auto ours = keytrans::AnswerDistinguished(
        *log_, log_->configuration(), HeadOf(*log_, world_, n), asked);
    Case made =
        MakeCase(seen, n,
                 reference::BuildDistinguishedResponse(
                     world_, n, asked.last, asked.stop, asked.last == n),
                 [=, this](const BothVerifiers& verifiers,
                           const std::string& bytes, Tally& tally) {
                   Count(verifiers.Walk(seen, asked, bytes, Now(n)), tally);
                 });
    EXPECT_TRUE(ours.ok()) << ours.status();
    EXPECT_TRUE(ours.ok() && *ours == made.bytes) << "walk: the bytes differ";
    return made;
  }

  std::optional<Case> AnyCase(uint64_t n, const Seen& seen) {
    switch (Below(3)) {
      case 0:
        return SearchCase(n, seen);
      case 1:
        return FixedCase(n, seen);
      default:
        return WalkCase(n, seen);
    }
  }

  void JudgeHonest(const Case& made) {
    Tally tally;
    made.judge(*strict_, made.bytes, tally);
    const bool believed = IsToBeBelieved(made.seen, made.n);
    EXPECT_EQ(tally.accepted, believed ? 1 : 0);
  }

  // --- The past ---

  // Whether both refuse to answer.
  template <typename Ours, typename Theirs>
  bool NeitherAnswers(const Ours& ours, const Theirs& theirs) {
    if (theirs.response.has_value()) return false;
    EXPECT_TRUE(absl::IsOutOfRange(ours.status()) ||
                absl::IsFailedPrecondition(ours.status()))
        << ours.status();
    ++unanswered_;
    return true;
  }

  // `verdicts`: whether ours, and the reference, accept some bytes. The honest
  // ones are accepted by both or none; damaged ones, too.
  void CompareVerdicts(
      const Seen& seen, uint64_t n, const std::string& honest,
      const std::function<std::pair<bool, bool>(const std::string&)>&
          verdicts) {
    const bool believed = IsToBeBelieved(seen, n);
    ASSERT_EQ(verdicts(honest), std::pair(believed, believed));
    for (int i = 0; i < 10; ++i) {
      const auto [ours, theirs] = verdicts(EditBytes(honest, random_));
      ASSERT_EQ(ours, theirs);
    }
  }

  void CompareHistory(uint64_t n, const Seen& seen) {
    keytrans::HistoryRequest asked{seen.last(), AnyLabel(), std::nullopt};
    const auto greatest =
        reference::GreatestVersion(world_, n - 1, asked.label);
    if (!greatest.has_value()) return;
    if (OneIn(2)) asked.newest = Below(*greatest + 1);
    const auto ours = keytrans::AnswerHistory(*log_, log_->configuration(),
                                              HeadOf(*log_, world_, n), asked,
                                              /*max_versions=*/5);
    // How many fit into a page is the log's choice.
    const auto theirs = reference::MakeHistoryResponse(
        world_, n, asked.last, asked.label, asked.newest,
        ours.ok() ? ours->values.size() : 1, asked.last == n);
    if (NeitherAnswers(ours, theirs)) return;
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs.response) << "history: the bytes differ";
    CompareVerdicts(seen, n, ours->bytes, [&](const std::string& bytes) {
      return std::pair(
          log_->verifier().VerifyHistory(asked, seen.view, bytes, Now(n)).ok(),
          reference::VerifyHistory(world_.config,
                                   FakePublicKeys(GetParam().suite), seen.state,
                                   asked.Encode(), bytes, Now(n))
              .accepted.has_value());
    });
  }

  void CompareAsOf(uint64_t n, const Seen& seen) {
    const keytrans::AsOfRequest asked{
        seen.last(), AnyLabel(), world_.entries[Below(n)].timestamp + Below(2)};
    const auto ours = keytrans::AnswerAsOf(*log_, log_->configuration(),
                                           HeadOf(*log_, world_, n), asked);
    const auto theirs = reference::MakeAsOfResponse(
        world_, n, asked.last, asked.label, asked.time, asked.last == n);
    if (NeitherAnswers(ours, theirs)) return;
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_TRUE(ours->bytes == theirs.response) << "as of: the bytes differ";
    CompareVerdicts(seen, n, ours->bytes, [&](const std::string& bytes) {
      return std::pair(
          log_->verifier().VerifyAsOf(asked, seen.view, bytes, Now(n)).ok(),
          reference::VerifyAsOf(world_.config, FakePublicKeys(GetParam().suite),
                                seen.state, asked.Encode(), bytes, Now(n))
              .accepted.has_value());
    });
  }

  // Set by each test from a seed that a failure prints.
  std::mt19937_64 random_;
  std::unique_ptr<keytrans::TestLog> log_;
  reference::World world_;
  uint64_t auditor_start_ = 0;
  std::optional<BothVerifiers> strict_;
  // Believes every signature, so that a changed response is judged to its end.
  std::optional<BothVerifiers> credulous_;
  int skipped_ = 0;
  int expired_ = 0;
  int unanswered_ = 0;
};

TEST_P(ModesComparisonTest, AgreesAboutSearchesAndWalks) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 8; ++round) {
    MakeLog(1 + Below(120));
    for (int i = 0; i < 300; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      const auto made = AnyCase(n, AnySeen(n));
      if (made.has_value()) JudgeHonest(*made);
      if (HasFailure()) return;
    }
  }
  EXPECT_EQ(expired_ > 0, GetParam().lifetime.has_value());
  EXPECT_EQ(skipped_ > 0,
            GetParam().mode == DeploymentMode::kThirdPartyManagement);
}

TEST_P(ModesComparisonTest, AgreesAboutThePast) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 5; ++round) {
    MakeLog(1 + Below(80));
    for (int i = 0; i < 100; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      CompareHistory(n, AnySeen(n));
      CompareAsOf(n, AnySeen(n));
      if (HasFailure()) return;
    }
  }
  // What is expired or was skipped.
  EXPECT_EQ(unanswered_ > 0,
            GetParam().lifetime.has_value() ||
                GetParam().mode == DeploymentMode::kThirdPartyManagement);
}

TEST_P(ModesComparisonTest, AgreesAboutChangedResponses) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  Tally strict, credulous;
  for (int round = 0; round < 5; ++round) {
    MakeLog(2 + Below(60));
    for (int i = 0; i < 60; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      const auto made = AnyCase(n, AnySeen(n));
      if (!made.has_value()) continue;
      for (int k = 0; k < 25; ++k) {
        const std::string changed = OneIn(3) ? EditBytes(made->bytes, random_)
                                    : audited() && OneIn(3)
                                        ? made->audited_otherwise()
                                        : made->edited();
        made->judge(*strict_, changed, strict);
        made->judge(*credulous_, changed, credulous);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(strict.accepted, 0);
  EXPECT_GT(strict.refused, 0);
  EXPECT_GT(credulous.accepted, 0);
  EXPECT_GT(credulous.refused, 0);
}

// Logs that somebody audits.
class AuditedComparisonTest : public ModesComparisonTest {};

// Auditors of any tree, the proof included; and users who hold no auditor's
// head.
TEST_P(AuditedComparisonTest, AgreesAboutAuditorsThatLag) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  Tally tally;
  for (int round = 0; round < 8; ++round) {
    MakeLog(2 + Below(100));
    for (int i = 0; i < 150; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const uint64_t n = 1 + Below(log_->size());
      Seen seen = AnySeen(n);
      if (seen.view.has_value() && OneIn(10)) {
        seen.view->auditor.reset();
        seen.state->auditor_tree_head.reset();
      }
      const auto honest = world_.audited;
      world_.audited = [size = 1 + Below(n)](uint64_t) { return size; };
      const auto made = AnyCase(n, seen);
      if (made.has_value()) made->judge(*strict_, made->bytes, tally);
      world_.audited = honest;
      if (HasFailure()) return;
    }
  }
  EXPECT_GT(tally.accepted, 0);
  EXPECT_GT(tally.refused, 0);
}

std::vector<LogShape> Shapes() {
  std::vector<LogShape> shapes;
  for (const auto& lifetime :
       {std::optional<uint64_t>(), std::optional(14 * kMeanStep)}) {
    LogShape shape;
    shape.window = 6 * kMeanStep;
    shape.lifetime = lifetime;
    shape.mode = DeploymentMode::kThirdPartyAuditing;
    shapes.push_back(shape);
    shape.suite = crypto::CipherSuite::kEd25519;
    shape.lag = 40 * kMeanStep;
    shapes.push_back(shape);
    shape.mode = DeploymentMode::kThirdPartyManagement;
    shapes.push_back(shape);
    shape.suite = crypto::CipherSuite::kP256;
    shapes.push_back(shape);
  }
  return shapes;
}

std::vector<LogShape> AuditedShapes() {
  std::vector<LogShape> shapes = Shapes();
  std::erase_if(shapes, [](const LogShape& shape) {
    return shape.mode != DeploymentMode::kThirdPartyAuditing;
  });
  return shapes;
}

std::string NameOf(const ::testing::TestParamInfo<LogShape>& info) {
  return std::string(info.param.mode == DeploymentMode::kThirdPartyAuditing
                         ? "Audited"
                         : "Managed") +
         (info.param.suite == crypto::CipherSuite::kP256 ? "P256" : "Ed25519") +
         "Lag" + std::to_string(info.param.lag) +
         (info.param.lifetime.has_value() ? "WithLifetime" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, ModesComparisonTest,
                         ::testing::ValuesIn(Shapes()), NameOf);
INSTANTIATE_TEST_SUITE_P(Shapes, AuditedComparisonTest,
                         ::testing::ValuesIn(AuditedShapes()), NameOf);

}  // namespace
}  // namespace sealbook
