// Fixed-version search ([KT] "Fixed-Version Search"), prover against verifier;
// tests/protocol compares both with the reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;
using Kind = SearchAnswer::Kind;

constexpr char kAlice[] = "alice@example.org";
constexpr char kNobody[] = "nobody@example.org";
constexpr uint64_t kStart = 1'700'000'000'000;
constexpr uint64_t kMinute = 60'000;

// 14 entries, a minute apart; alice's version v was added by kAdded[v]. With a
// window of eight minutes, 7 is the rightmost distinguished entry.
constexpr uint64_t kAdded[] = {2, 5, 5, 9, 11, 12};

class FixedVersionTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  FixedVersionTest() : log_(8 * kMinute, TestKeys::kFake, GetParam()) {}

  void Fill() {
    for (uint64_t i = 0; i < 14; ++i) {
      std::vector<TestLog::NewVersion> added;
      for (uint32_t v = 0; v < std::size(kAdded); ++v) {
        if (kAdded[v] == i) added.push_back({kAlice, ValueOf(v)});
      }
      log_.Append(kStart + i * kMinute, added);
    }
  }

  static std::string ValueOf(uint32_t version) {
    return "value " + std::to_string(version);
  }

  absl::StatusOr<VerifiedVersion> LookUp(uint32_t version,
                                         std::optional<uint64_t> last) {
    const SearchRequest request{last, kAlice, version};
    auto answer = log_.Answer(request);
    if (!answer.ok()) return answer.status();
    if (answer->kind != Kind::kFound) return absl::NotFoundError("not found");
    return log_.verifier().VerifySearch(request, ViewOf(last), answer->bytes,
                                        now());
  }

  std::optional<TreeView> ViewOf(std::optional<uint64_t> last) const {
    if (!last.has_value()) return std::nullopt;
    return log_.View(*last);
  }

  uint64_t now() const { return log_.entries().back().timestamp; }

  TestLog log_;
};

INSTANTIATE_TEST_SUITE_P(Suites, FixedVersionTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return std::string(
                               crypto::CipherSuiteName(info.param));
                         });

TEST_P(FixedVersionTest, FindsEveryVersionFromEveryAdvertisedSize) {
  Fill();
  for (uint64_t last = 0; last <= 14; ++last) {
    for (uint32_t v = 0; v < std::size(kAdded); ++v) {
      auto found = LookUp(v, last == 0 ? std::nullopt : std::optional(last));
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->version, v);
      EXPECT_EQ(found->value, ValueOf(v));
      EXPECT_EQ(found->view, log_.View(14));
    }
  }
}

TEST_P(FixedVersionTest, EndsWhereTheDraftSays) {
  Fill();
  // The greatest versions: 2 at the root, 7; 0 at 3; 4 at 11; 3 at 9; 5 at 13.
  EXPECT_EQ(LookUp(0, std::nullopt)->terminal, 3u);  // Step 5.
  EXPECT_EQ(LookUp(1, std::nullopt)->terminal, 5u);  // Step 6.
  EXPECT_EQ(LookUp(2, std::nullopt)->terminal, 7u);
  EXPECT_EQ(LookUp(3, std::nullopt)->terminal, 9u);
  EXPECT_EQ(LookUp(4, std::nullopt)->terminal, 11u);
  EXPECT_EQ(LookUp(5, std::nullopt)->terminal, 13u);
}

TEST_P(FixedVersionTest, OwesMonitoringRightOfTheRightmostDistinguished) {
  Fill();
  EXPECT_FALSE(LookUp(2, std::nullopt)->obligation.has_value());
  auto found = LookUp(3, std::nullopt);
  MonitoringObligation owed{kAlice, 9, 3, found->opening, {}};
  for (uint32_t version : {0, 1, 3}) {
    const VersionFacts& facts = log_.labels().at(kAlice)[version].facts;
    owed.ladder[version] = {facts.vrf_output, facts.commitment};
  }
  EXPECT_EQ(found->obligation, owed);
  EXPECT_TRUE(owed.CanBeMonitored());
}

TEST_P(FixedVersionTest, ProvesThatAVersionDoesNotExistByTheGreatest) {
  Fill();
  const SearchRequest request{4, kAlice, 6};
  auto answer = log_.Answer(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->kind, Kind::kGreatest);
  auto greatest = log_.verifier().VerifyNoSuchVersion(request, log_.View(4),
                                                      answer->bytes, now());
  ASSERT_TRUE(greatest.ok()) << greatest.status();
  EXPECT_EQ(greatest->version, 5u);
  EXPECT_EQ(greatest->value, ValueOf(5));

  // The same proof does not show that an existing version is missing.
  auto refused = log_.verifier().VerifyNoSuchVersion(
      {4, kAlice, 5}, log_.View(4), answer->bytes, now());
  EXPECT_EQ(RefusalOf(refused.status()), RefusalReason::kLadder);
  EXPECT_THAT(refused.status().message(), HasSubstr("the greatest is 5"));
}

TEST_P(FixedVersionTest, DeniesAVersionOnlyWhereOneWasAskedFor) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, std::nullopt};
  auto result = log_.verifier().VerifyNoSuchVersion(
      request, std::nullopt, log_.Answer(request)->bytes, now());
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kMalformed);
  EXPECT_THAT(result.status().message(), HasSubstr("none was asked for"));
}

TEST_P(FixedVersionTest, ProvesThatALabelWithoutVersionsIsAbsent) {
  Fill();
  auto answer = log_.Answer({std::nullopt, kNobody, 3});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->kind, Kind::kAbsent);
}

TEST_P(FixedVersionTest, DoesNotTakeOneVersionForAnother) {
  Fill();
  for (uint32_t asked = 0; asked < std::size(kAdded); ++asked) {
    const SearchRequest honest{std::nullopt, kAlice, asked};
    const std::string bytes = log_.Answer(honest)->bytes;
    for (uint32_t other = 0; other < std::size(kAdded); ++other) {
      if (other == asked) continue;
      auto result = log_.verifier().VerifySearch({std::nullopt, kAlice, other},
                                                 std::nullopt, bytes, now());
      EXPECT_TRUE(RefusalOf(result.status()).has_value()) << result.status();
    }
  }
}

// The draft has the server send the commitment of every other version of the
// ladder that exists, also where no lookup of the search needs it: nothing
// binds those 32 bytes, and nothing follows from them.
TEST_P(FixedVersionTest, RefusesEveryFlippedBitButThoseThatNothingUses) {
  Fill();
  for (uint32_t version : {1, 3}) {
    const SearchRequest request{4, kAlice, version};
    const std::string bytes = log_.Answer(request)->bytes;
    size_t accepted = 0;
    for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      std::string changed = bytes;
      changed[bit / 8] ^= 1 << (bit % 8);
      auto result =
          log_.verifier().VerifySearch(request, log_.View(4), changed, now());
      if (!result.ok()) {
        ASSERT_TRUE(RefusalOf(result.status()).has_value()) << result.status();
        continue;
      }
      ++accepted;
      ASSERT_EQ(result->value, ValueOf(version));
      ASSERT_EQ(result->view, log_.View(14));
    }
    // Version 3 beside 1; version 5 beside 3.
    EXPECT_EQ(accepted, 8 * crypto::Commitment::kSize);
  }
}

// The search goes to entry 3, below the head of 0 to 7, which it derives.
TEST_P(FixedVersionTest, RefusesARetainedSubtreeThatIsDerivedDifferently) {
  Fill();
  const SearchRequest request{8, kAlice, 0};
  TreeView view = log_.View(8);
  view.full_subtrees[0] = crypto::Hash();
  auto result = log_.verifier().VerifySearch(
      request, view, log_.Answer(request)->bytes, now());
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kRootMismatch)
      << result.status();
  EXPECT_THAT(result.status().message(),
              HasSubstr("the retained subtree of leaves 0 to 7"));
}

TEST_P(FixedVersionTest, RefusesACommitmentForTheTarget) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, 1};
  auto response = SearchResponse::Parse(log_.configuration(), request,
                                        log_.Answer(request)->bytes);
  ASSERT_TRUE(response.ok()) << response.status();
  // Its ladder: 0, 1, 3, 2. Version 3 exists as well.
  ASSERT_EQ(response->binary_ladder.size(), 4u);
  EXPECT_TRUE(response->binary_ladder[2].commitment.has_value());
  response->binary_ladder[1].commitment =
      log_.labels().at(kAlice)[1].facts.commitment;
  auto result = log_.verifier().VerifySearch(request, std::nullopt,
                                             *response->Encode(), now());
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kLadder);
  EXPECT_THAT(result.status().message(), HasSubstr("commitment for version 1"));
}

TEST_P(FixedVersionTest, ToleratesAMissingCommitmentThatNoLookupNeeds) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, 1};
  auto response = SearchResponse::Parse(log_.configuration(), request,
                                        log_.Answer(request)->bytes);
  // Its ladder: 0, 1, 3, 2; no inspected entry includes version 3.
  response->binary_ladder[2].commitment.reset();
  auto result = log_.verifier().VerifySearch(request, std::nullopt,
                                             *response->Encode(), now());
  EXPECT_TRUE(result.ok()) << result.status();
  // One that a lookup needs must be there.
  response->binary_ladder[0].commitment.reset();
  result = log_.verifier().VerifySearch(request, std::nullopt,
                                        *response->Encode(), now());
  EXPECT_EQ(RefusalOf(result.status()), RefusalReason::kLadder);
  EXPECT_THAT(result.status().message(), HasSubstr("includes version 0"));
}

// With a lifetime of nine minutes, entries 0 to 4 are expired: the root is not,
// its left child is.
TEST_P(FixedVersionTest, StepsOverExpiredEntries) {
  log_.SetMaximumLifetime(9 * kMinute);
  Fill();
  // 7 (greater), 3 (expired), 5 (greater), 4 (expired). Left of 5 there is no
  // distinguished entry that is not expired.
  auto expired = LookUp(1, std::nullopt);
  EXPECT_EQ(expired.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(expired.status().message(), HasSubstr("maximum lifetime"));
  // 7 is where version 2 is the greatest, and no entry on its path is expired.
  EXPECT_EQ(LookUp(2, std::nullopt)->terminal, 7u);
  EXPECT_EQ(LookUp(4, 7)->terminal, 11u);
}

TEST_P(FixedVersionTest, StartsRightOfAnExpiredRoot) {
  log_.SetMaximumLifetime(9 * kMinute);
  Fill();
  log_.Append(kStart + 17 * kMinute, {});
  // Entries 0 to 8 are expired, the root 7 among them. 11 is distinguished, so
  // version 4 is found there.
  EXPECT_EQ(LookUp(4, std::nullopt)->terminal, 11u);
  // 7 (expired), 11 (greater), 9 (equal, not distinguished), and left of it no
  // distinguished entry that is not expired: step 5.2.
  EXPECT_EQ(LookUp(3, std::nullopt).status().code(),
            absl::StatusCode::kOutOfRange);
  // 7 (expired), 11 (greater), 9 (greater), 8 (expired): step 6.2.
  EXPECT_EQ(LookUp(2, std::nullopt).status().code(),
            absl::StatusCode::kOutOfRange);
  // 7 (expired), 11 (less), 13 (equal), with 11 to its left.
  EXPECT_EQ(LookUp(5, std::nullopt)->terminal, 13u);
}

// What a server that does not honour the maximum lifetime sends.
TEST_P(FixedVersionTest, RefusesLaddersFromExpiredEntries) {
  Fill();
  const SearchRequest request{std::nullopt, kAlice, 0};
  const std::string bytes = log_.Answer(request)->bytes;
  log_.SetMaximumLifetime(9 * kMinute);
  auto result =
      log_.verifier().VerifySearch(request, std::nullopt, bytes, now());
  EXPECT_TRUE(RefusalOf(result.status()).has_value()) << result.status();
}

}  // namespace
}  // namespace sealbook::keytrans
