#include "keytrans/verifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "crypto/cipher_suite.h"
#include "keytrans/implicit_tree.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/fake_keys.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr char kAlice[] = "alice@example.org";
constexpr char kBob[] = "bob@example.org";
constexpr char kNobody[] = "nobody@example.org";
constexpr uint64_t kHour = 3'600'000;

// The draft's worked example: 13 entries, of which 11 is the rightmost
// distinguished one; a user who saw 4; a label with greatest version 2.
class WorkedExampleTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  WorkedExampleTest() : log_(kHour, TestKeys::kFake, GetParam()) {
    // T_12 - T_7 >= window, T_12 - T_11 < window.
    const uint64_t minutes[] = {0,  10, 20, 30, 40,  50, 60,
                                70, 80, 90, 99, 110, 131};
    for (uint64_t i = 0; i < 13; ++i) {
      std::vector<TestLog::NewVersion> added;
      if (i == 2 || i == 5 || i == 9) added.push_back({kAlice, "value"});
      if (i == 12) added.push_back({kBob, "late"});
      log_.Append(kStart + minutes[i] * 60'000, added);
    }
    now_ = log_.entries().back().timestamp + 1000;
  }

  TreeView ViewAt(uint64_t size) const { return log_.View(size); }
  static crypto::VrfPrivateKey::Proven Prove(const char* label,
                                             uint32_t version) {
    return FakeProve(EncodeVrfInput(label, version), GetParam());
  }

  static constexpr uint64_t kStart = 1'700'000'000'000;
  TestLog log_;
  uint64_t now_;
};

std::string Name(const ::testing::TestParamInfo<crypto::CipherSuite>& info) {
  return std::string(crypto::CipherSuiteName(info.param));
}

const auto kSuites = ::testing::Values(crypto::CipherSuite::kP256,
                                       crypto::CipherSuite::kEd25519);

INSTANTIATE_TEST_SUITE_P(Suites, WorkedExampleTest, kSuites, Name);

TEST_P(WorkedExampleTest, AnswersWithExactlyTheDraftsElements) {
  SearchRequest request{4, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  auto response =
      SearchResponse::Parse(log_.configuration(), request, answer->bytes);
  ASSERT_TRUE(response.ok()) << response.status();

  const std::vector<LogEntry>& entries = log_.entries();
  EXPECT_EQ(response->version, 2u);
  EXPECT_EQ(response->binary_ladder.size(), 4u);
  const CombinedTreeProof& proof = response->search;
  EXPECT_EQ(proof.timestamps,
            (std::vector<uint64_t>{entries[7].timestamp, entries[11].timestamp,
                                   entries[12].timestamp}));
  ASSERT_EQ(proof.prefix_proofs.size(), 2u);
  using Type = merkle::PrefixSearchResultType;
  ASSERT_EQ(proof.prefix_proofs[0].results.size(), 4u);
  EXPECT_EQ(proof.prefix_proofs[0].results[0].type, Type::kInclusion);
  EXPECT_EQ(proof.prefix_proofs[0].results[1].type, Type::kInclusion);
  EXPECT_NE(proof.prefix_proofs[0].results[2].type, Type::kInclusion);
  EXPECT_EQ(proof.prefix_proofs[0].results[3].type, Type::kInclusion);
  ASSERT_EQ(proof.prefix_proofs[1].results.size(), 1u);
  EXPECT_NE(proof.prefix_proofs[1].results[0].type, Type::kInclusion);
  EXPECT_EQ(proof.prefix_roots,
            std::vector<crypto::Hash>{entries[7].prefix_root});
  auto expected = log_.ReadLogNodes({{4, 1}, {6, 0}, {8, 1}, {10, 0}});
  EXPECT_EQ(proof.inclusion, *expected);
}

TEST_P(WorkedExampleTest, VerifiesForAReturningUser) {
  SearchRequest request{4, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  auto found =
      log_.verifier().VerifySearch(request, ViewAt(4), answer->bytes, now_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, 2u);
  EXPECT_EQ(found->value, "value");
  EXPECT_EQ(found->terminal, 11u);
  EXPECT_EQ(found->view.size(), 13u);
  EXPECT_EQ(found->view.Root(), log_.Root(13));
  // The terminal entry is distinguished: nothing to monitor.
  EXPECT_FALSE(found->obligation.has_value());
  auto view = TreeView::Parse(found->view.Encode());
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(*view, found->view);
}

TEST_P(WorkedExampleTest, OwesMonitoringOfAVersionRightOfTheDistinguished) {
  SearchRequest request{std::nullopt, kBob, std::nullopt};
  auto answer = log_.Answer(request);
  auto found =
      log_.verifier().VerifySearch(request, std::nullopt, answer->bytes, now_);
  ASSERT_TRUE(found.ok()) << found.status();
  MonitoringObligation owed{kBob, 12, 0, found->opening, {}};
  const VersionFacts& facts = log_.labels().at(kBob)[0].facts;
  owed.ladder[0] = {facts.vrf_output, facts.commitment};
  EXPECT_EQ(found->obligation, owed);
  EXPECT_TRUE(owed.CanBeMonitored());
}

TEST_P(WorkedExampleTest, KeepsAHeadThatIsStillTheSame) {
  TreeView view = ViewAt(13);
  SearchRequest request{13, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  auto response =
      SearchResponse::Parse(log_.configuration(), request, answer->bytes);
  EXPECT_FALSE(response->full_tree_head.updated.has_value());
  EXPECT_TRUE(response->search.inclusion.empty());
  auto found = log_.verifier().VerifySearch(request, view, answer->bytes, now_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->view, view);
}

TEST_P(WorkedExampleTest, DoesNotSeeEntriesBeyondTheSignedHead) {
  SearchRequest request{std::nullopt, kAlice, std::nullopt};
  auto answer = log_.Answer(request, 9);
  auto found = log_.verifier().VerifySearch(
      request, std::nullopt, answer->bytes, log_.entries()[8].timestamp);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, 1u);

  SearchRequest bob{std::nullopt, kBob, std::nullopt};
  answer = log_.Answer(bob, 12);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->kind, SearchAnswer::Kind::kAbsent);
  EXPECT_TRUE(log_.verifier()
                  .VerifyAbsence(bob, std::nullopt, answer->bytes,
                                 log_.entries()[11].timestamp)
                  .ok());
}

TEST(VerifierTest, NeedsTheKeysOfThirdParties) {
  // Real keys: but for the third party's, nothing is missing.
  Configuration configuration =
      TestLog(/*window=*/1000, TestKeys::kReal).configuration();
  ASSERT_TRUE(Verifier::Create(configuration).ok());
  configuration.mode = DeploymentMode::kThirdPartyAuditing;
  EXPECT_FALSE(Verifier::Create(configuration).ok());
  configuration.auditor_public_key = configuration.signature_public_key;
  EXPECT_TRUE(Verifier::Create(configuration).ok());
  configuration.mode = DeploymentMode::kThirdPartyManagement;
  EXPECT_FALSE(Verifier::Create(configuration).ok());
  configuration.leaf_public_key = configuration.signature_public_key;
  EXPECT_TRUE(Verifier::Create(configuration).ok());
}

TEST_P(WorkedExampleTest, RefusesRequestsThatNoTreeFits) {
  auto code = [&](const SearchRequest& request) {
    return log_.Answer(request).status().code();
  };
  EXPECT_EQ(code({14, kAlice, std::nullopt}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({0, kAlice, std::nullopt}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code({std::nullopt, std::string(256, 'a'), std::nullopt}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(log_.Answer({14, kAlice, std::nullopt}).status().message(),
              HasSubstr("last is 14, larger than the tree, 13"));
}

// Each refusal: an honest answer, one thing changed, the typed reason.
class RefusalTest : public WorkedExampleTest {
 protected:
  RefusalTest() : retained_(ViewAt(4)) {}

  absl::StatusOr<VerifiedVersion> VerifyChanged(
      const std::function<void(SearchResponse&)>& change) {
    SearchRequest request{
        retained_ ? std::optional(retained_->size()) : std::nullopt, kAlice,
        std::nullopt};
    auto answer = log_.Answer(request, shown_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    auto response =
        SearchResponse::Parse(log_.configuration(), request, answer->bytes);
    EXPECT_TRUE(log_.verifier()
                    .VerifySearch(request, retained_, answer->bytes,
                                  log_.entries()[shown_ - 1].timestamp)
                    .ok());
    change(*response);
    auto bytes = response->Encode();
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return log_.verifier().VerifySearch(request, retained_, *bytes,
                                        now_override_.value_or(now_));
  }

  void ExpectRefusal(RefusalReason reason, absl::string_view words,
                     const std::function<void(SearchResponse&)>& change) {
    auto result = VerifyChanged(change);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(RefusalOf(result.status()), reason) << result.status();
    EXPECT_THAT(std::string(result.status().message()),
                HasSubstr(std::string(words)));
  }

  std::optional<TreeView> retained_;
  uint64_t shown_ = 13;
  std::optional<uint64_t> now_override_;
};

INSTANTIATE_TEST_SUITE_P(Suites, RefusalTest, kSuites, Name);

TEST_P(RefusalTest, RefusesElementsLeftOverOrMissing) {
  constexpr auto kCount = RefusalReason::kElementCount;
  using R = SearchResponse;
  ExpectRefusal(kCount, "timestamps has 4", [](R& r) {
    r.search.timestamps.push_back(r.search.timestamps.back());
  });
  ExpectRefusal(kCount, "timestamps has 2",
                [](R& r) { r.search.timestamps.pop_back(); });
  ExpectRefusal(kCount, "prefix_proofs has 3", [](R& r) {
    r.search.prefix_proofs.push_back(r.search.prefix_proofs.back());
  });
  ExpectRefusal(kCount, "prefix_proofs has 1",
                [](R& r) { r.search.prefix_proofs.pop_back(); });
  ExpectRefusal(kCount, "PrefixProof.results has 5", [](R& r) {
    auto& results = r.search.prefix_proofs[0].results;
    results.push_back(results.back());
  });
  ExpectRefusal(kCount, "PrefixProof.results has 3",
                [](R& r) { r.search.prefix_proofs[0].results.pop_back(); });
  ExpectRefusal(kCount, "prefix_roots has 2", [](R& r) {
    r.search.prefix_roots.push_back(r.search.prefix_roots.back());
  });
  ExpectRefusal(kCount, "prefix_roots has 0",
                [](R& r) { r.search.prefix_roots.clear(); });
  ExpectRefusal(kCount, "inclusion has 5", [](R& r) {
    r.search.inclusion.push_back(r.search.inclusion.back());
  });
  ExpectRefusal(kCount, "inclusion has 3",
                [](R& r) { r.search.inclusion.pop_back(); });
  ExpectRefusal(kCount, "binary_ladder has 5", [](R& r) {
    r.binary_ladder.push_back(r.binary_ladder.back());
  });
  ExpectRefusal(kCount, "binary_ladder has 3",
                [](R& r) { r.binary_ladder.pop_back(); });
  ExpectRefusal(RefusalReason::kPrefixProof, "element", [](R& r) {
    auto& elements = r.search.prefix_proofs[0].elements;
    elements.push_back(elements.back());
  });
  ExpectRefusal(RefusalReason::kPrefixProof, "element",
                [](R& r) { r.search.prefix_proofs[0].elements.pop_back(); });
}

TEST_P(RefusalTest, RefusesACommitmentForTheTargetVersion) {
  ExpectRefusal(RefusalReason::kLadder, "has a commitment for version 2",
                [](SearchResponse& r) {
                  r.binary_ladder[3].commitment = crypto::Commitment();
                });
}

TEST_P(RefusalTest, RefusesACommitmentForAVersionThatDoesNotExist) {
  ExpectRefusal(RefusalReason::kLadder, "has a commitment for version 3",
                [](SearchResponse& r) {
                  r.binary_ladder[2].commitment = crypto::Commitment();
                });
}

TEST_P(RefusalTest, RefusesAMissingCommitment) {
  ExpectRefusal(
      RefusalReason::kLadder, "lacks the commitment for version 0",
      [](SearchResponse& r) { r.binary_ladder[0].commitment.reset(); });
}

TEST_P(RefusalTest, RefusesAVrfProofThatDoesNotHold) {
  ExpectRefusal(RefusalReason::kVrfProof, "version 1", [](SearchResponse& r) {
    r.binary_ladder[1].proof = r.binary_ladder[0].proof;
  });
}

TEST_P(RefusalTest, RefusesAnotherValueOrOpening) {
  ExpectRefusal(RefusalReason::kSignature, "does not fit the root",
                [](SearchResponse& r) { r.value = "forged"; });
  ExpectRefusal(RefusalReason::kSignature, "does not fit the root",
                [](SearchResponse& r) { r.opening = crypto::Opening(); });
}

TEST_P(RefusalTest, RefusesASmallerVersionThanTheGreatest) {
  // Version 1 as the greatest: its ladder is 0, 1, 3, 2; version 2 exists.
  ExpectRefusal(RefusalReason::kLadder, "includes version 2",
                [&](SearchResponse& r) {
                  const auto& alice = log_.labels().at(kAlice);
                  r.version = 1;
                  r.opening = alice[1].opened.opening;
                  r.binary_ladder[1].commitment.reset();
                  r.binary_ladder[3].commitment.reset();
                });
}

TEST_P(RefusalTest, RefusesAVersionThatDoesNotExist) {
  // Version 3 as the greatest: its ladder is 0, 1, 3, 7, 5, 4.
  ExpectRefusal(RefusalReason::kLadder, "smaller version",
                [&](SearchResponse& r) {
                  const auto& alice = log_.labels().at(kAlice);
                  r.version = 3;
                  r.binary_ladder.clear();
                  for (uint32_t version : {0, 1, 3, 7, 5, 4}) {
                    BinaryLadderStep step;
                    step.proof = Prove(kAlice, version).proof;
                    if (version < 3)
                      step.commitment = alice[version].facts.commitment;
                    r.binary_ladder.push_back(step);
                  }
                  auto& proofs = r.search.prefix_proofs;
                  proofs[0].results.pop_back();  // Ends at 3, which is absent.
                  // Evaluating needs the right elements, so take an honest
                  // proof of 0, 1, 3.
                  std::vector<merkle::PrefixLookup> lookups;
                  for (uint64_t position : {11, 12}) {
                    merkle::PrefixLookup lookup;
                    lookup.tree = {merkle::PageId{position, 0},
                                   log_.entries()[position].prefix_root};
                    for (uint32_t version : {0, 1, 3}) {
                      if (position == 12 && version < 3) continue;
                      lookup.keys.push_back(Prove(kAlice, version).output);
                    }
                    lookups.push_back(lookup);
                  }
                  proofs = *merkle::ProveLookups(log_.pages(), lookups);
                });
}

TEST_P(RefusalTest, RefusesTimestampsThatRunBackwards) {
  ExpectRefusal(RefusalReason::kTimestampOrder, "log entry 11",
                [](SearchResponse& r) {
                  r.search.timestamps[1] = r.search.timestamps[0] - 1;
                });
}

TEST_P(RefusalTest, RefusesTimestampsBeforeTheRetainedOnes) {
  ExpectRefusal(
      RefusalReason::kTimestampOrder, "log entry 7", [&](SearchResponse& r) {
        r.search.timestamps[0] = retained_->frontier.back().timestamp - 1;
      });
}

TEST_P(RefusalTest, RefusesAnotherTimestamp) {
  ExpectRefusal(RefusalReason::kSignature, "does not fit the root",
                [](SearchResponse& r) { r.search.timestamps[0] += 1; });
}

TEST_P(RefusalTest, RefusesAnUpdatedHeadThatIsNotLarger) {
  ExpectRefusal(RefusalReason::kTreeSize, "not more than the 4",
                [&](SearchResponse& r) {
                  r.full_tree_head.updated = log_.Sign(4, log_.Root(4));
                });
  retained_ = ViewAt(13);
  ExpectRefusal(RefusalReason::kTreeSize, "not more than the 13",
                [&](SearchResponse& r) {
                  r.full_tree_head.updated = log_.Sign(13, log_.Root(13));
                });
}

TEST_P(RefusalTest, RefusesSameWhereNothingWasAdvertised) {
  retained_.reset();
  ExpectRefusal(RefusalReason::kTreeSize, "no tree head was advertised",
                [](SearchResponse& r) { r.full_tree_head.updated.reset(); });
}

TEST_P(RefusalTest, RefusesTreeSizesThatCannotBe) {
  ExpectRefusal(RefusalReason::kTreeSize, "tree size 0", [](SearchResponse& r) {
    r.full_tree_head.updated->tree_size = 0;
  });
  ExpectRefusal(RefusalReason::kTreeSize, "18446744073709551615",
                [](SearchResponse& r) {
                  r.full_tree_head.updated->tree_size = ~uint64_t{0};
                });
}

TEST_P(RefusalTest, RefusesASignatureOverAnotherRoot) {
  ExpectRefusal(RefusalReason::kSignature, "tree size 13",
                [&](SearchResponse& r) {
                  r.full_tree_head.updated = log_.Sign(13, log_.Root(12));
                });
}

TEST_P(RefusalTest, RefusesALadderThatGivesARetainedEntryAnotherRoot) {
  retained_ = ViewAt(13);
  retained_->frontier[1].prefix_root = log_.entries()[10].prefix_root;
  SearchRequest request{13, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  auto result =
      log_.verifier().VerifySearch(request, retained_, answer->bytes, now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kRootMismatch)
      << result.status();
  EXPECT_THAT(result.status().message(), HasSubstr("log entry 11"));
}

// With `same`, nothing but the retained prefix roots binds the ladders: here
// the server proves absence from an older tree in their place.
TEST_P(RefusalTest, RefusesLaddersOfAnOlderTreeUnderTheSameHead) {
  retained_ = ViewAt(13);
  SearchRequest request{13, kBob, std::nullopt};
  AbsenceResponse response;
  response.proof = Prove(kBob, 0).proof;
  crypto::VrfOutput key = Prove(kBob, 0).output;
  for (uint64_t position : {11, 11}) {
    response.search.prefix_proofs.push_back((*merkle::ProveLookups(
        log_.pages(), std::vector<merkle::PrefixLookup>{
                          {{merkle::PageId{position, 0},
                            log_.entries()[position].prefix_root},
                           {key}}}))[0]);
  }
  auto result = log_.verifier().VerifyAbsence(request, retained_,
                                              *response.Encode(), now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kRootMismatch);
  EXPECT_THAT(result.status().message(), HasSubstr("log entry 12"));
}

TEST_P(RefusalTest, RefusesARetainedSubtreeOfAnotherLog) {
  retained_->full_subtrees[0] = crypto::Hash();
  SearchRequest request{4, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  auto result =
      log_.verifier().VerifySearch(request, retained_, answer->bytes, now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kSignature);
}

TEST_P(RefusalTest, RefusesAHeadThatTheClockDoesNotFit) {
  auto nothing = [](SearchResponse&) {};
  const uint64_t newest = log_.entries().back().timestamp;
  now_override_ = newest + log_.configuration().max_behind;
  EXPECT_TRUE(VerifyChanged(nothing).ok());
  *now_override_ += 1;
  ExpectRefusal(RefusalReason::kStaleHead, "3600001 ms old", nothing);
  now_override_ = newest - log_.configuration().max_ahead;
  EXPECT_TRUE(VerifyChanged(nothing).ok());
  *now_override_ -= 1;
  ExpectRefusal(RefusalReason::kFutureHead, "60001 ms ahead", nothing);
  now_override_ = newest + 24 * kHour;
  ExpectRefusal(RefusalReason::kStaleHead, "86400000 ms old", nothing);

  // `same` does not excuse an old head.
  retained_ = ViewAt(13);
  ExpectRefusal(RefusalReason::kStaleHead, "86400000 ms old", nothing);
}

TEST_P(RefusalTest, RefusesTrailingBytesAndTruncation) {
  SearchRequest request{4, kAlice, std::nullopt};
  std::string bytes = log_.Answer(request)->bytes;
  auto verify = [&](const std::string& changed) {
    return RefusalOf(log_.verifier()
                         .VerifySearch(request, retained_, changed, now_)
                         .status());
  };
  EXPECT_EQ(verify(bytes + '\0'), RefusalReason::kMalformed);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(verify(bytes.substr(0, length)), RefusalReason::kMalformed);
  }
}

TEST_P(RefusalTest, RefusesEveryFlippedBit) {
  SearchRequest request{4, kAlice, std::nullopt};
  const std::string bytes = log_.Answer(request)->bytes;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    auto result =
        log_.verifier().VerifySearch(request, retained_, changed, now_);
    ASSERT_TRUE(RefusalOf(result.status()).has_value())
        << "bit " << bit << ": " << result.status();
  }
}

TEST_P(RefusalTest, RefusesEveryFlippedBitOfAnAbsence) {
  SearchRequest request{4, kNobody, std::nullopt};
  const std::string bytes = log_.Answer(request)->bytes;
  ASSERT_TRUE(
      log_.verifier().VerifyAbsence(request, retained_, bytes, now_).ok());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string changed = bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    auto result =
        log_.verifier().VerifyAbsence(request, retained_, changed, now_);
    ASSERT_TRUE(RefusalOf(result.status()).has_value())
        << "bit " << bit << ": " << result.status();
  }
}

TEST_P(RefusalTest, RefusesToProveAnExistingLabelAbsent) {
  // Lookups of an existing version 0, honestly proven, in an AbsenceResponse.
  SearchRequest request{4, kAlice, std::nullopt};
  auto honest = SearchResponse::Parse(log_.configuration(), request,
                                      log_.Answer(request)->bytes);
  AbsenceResponse response;
  response.full_tree_head = honest->full_tree_head;
  response.proof = honest->binary_ladder[0].proof;
  response.search = honest->search;
  crypto::VrfOutput key = log_.labels().at(kAlice)[0].facts.vrf_output;
  std::vector<merkle::PrefixLookup> lookups;
  for (uint64_t position : {11, 12}) {
    lookups.push_back(
        {{merkle::PageId{position, 0}, log_.entries()[position].prefix_root},
         {key}});
  }
  response.search.prefix_proofs = *merkle::ProveLookups(log_.pages(), lookups);
  auto result = log_.verifier().VerifyAbsence(request, retained_,
                                              *response.Encode(), now_);
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kLadder);
  EXPECT_THAT(result.status().message(), HasSubstr("includes version 0"));
}

TEST_P(RefusalTest, RefusesViewsThatTheRequestDoesNotAdvertise) {
  SearchRequest request{std::nullopt, kAlice, std::nullopt};
  auto answer = log_.Answer(request);
  EXPECT_EQ(log_.verifier()
                .VerifySearch(request, retained_, answer->bytes, now_)
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_P(RefusalTest, CallsTwoRootsOfOneSizeAFork) {
  TreeView a = ViewAt(13);
  EXPECT_TRUE(CheckNoFork(a, a).ok());
  EXPECT_TRUE(CheckNoFork(a, ViewAt(12)).ok());
  TreeView b = a;
  b.full_subtrees[0] = crypto::Hash();
  EXPECT_EQ(RefusalOf(CheckNoFork(a, b)), RefusalReason::kFork);
}

}  // namespace
}  // namespace sealbook::keytrans
