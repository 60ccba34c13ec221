// What users verify in thirdPartyManagement mode.
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/credential_maker.h"
#include "keytrans/credential_structures.h"
#include "keytrans/history_prover.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/update_structures.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;
constexpr uint64_t kStep = 100;
constexpr char kAlice[] = "alice@example.org";

// alice@example.org has versions 0 and 1 in log entry 3, and 5 in log entry 30:
// 2, 3 and 4 were skipped.
class ManagementModeTest : public ::testing::Test {
 protected:
  ManagementModeTest() : log_(/*window=*/8 * kStep) {
    log_.SetManager();
    for (uint64_t i = 0; i < 40; ++i) {
      std::vector<TestLog::NewVersion> versions;
      if (i == 3) versions = {{kAlice, "zero"}, {kAlice, "one"}};
      if (i == 30) {
        for (int dummy = 0; dummy < 3; ++dummy) {
          versions.push_back({.label = kAlice, .dummy = true});
        }
        versions.push_back({kAlice, "five"});
      }
      log_.Append(kStart + i * kStep, versions);
    }
  }

  uint64_t Now(uint64_t size) const { return kStart + (size - 1) * kStep; }
  LogHead Head(uint64_t size) { return log_.Sign(size, log_.Root(size)); }

  SearchResponse Answer(const SearchRequest& request, uint64_t size) {
    return *SearchResponse::Parse(log_.configuration(), request,
                                  log_.Answer(request, size)->bytes);
  }
  absl::StatusOr<VerifiedVersion> Verify(const SearchRequest& request,
                                         const SearchResponse& response,
                                         uint64_t size) {
    return log_.verifier().VerifySearch(request, std::nullopt,
                                        *response.Encode(), Now(size));
  }

  // An owner who begins in the tree of 20 entries, and then learns of
  // version 5.
  struct Owner {
    VerifiedOwner begun;
    UpdateRequest request;
    UpdateResponse response;
  };
  Owner Begin() {
    Owner owner;
    const TreeView view = log_.View(20);
    const OwnerInitRequest init{
        20, kAlice, *RightmostDistinguished(log_.configuration(), view)};
    owner.begun = *log_.verifier().VerifyOwnerInit(
        init, view,
        *AnswerOwnerInit(log_, log_.configuration(), Head(20), init), Now(20));
    owner.request = {20, kAlice, 1u, {}};
    const auto answer =
        AnswerUpdate(log_, log_.configuration(), Head(40), owner.request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    owner.response =
        *UpdateResponse::Parse(log_.configuration(), answer->bytes);
    return owner;
  }
  absl::StatusOr<VerifiedUpdate> Verify(const Owner& owner,
                                        const UpdateResponse& response) {
    return log_.verifier().VerifyUpdate(owner.request, owner.begun.view,
                                        owner.begun.owner, *response.Encode(),
                                        Now(40));
  }

  TestLog log_;
};

TEST_F(ManagementModeTest, FindsAVersionWhoseValueTheOperatorHasSigned) {
  for (std::optional<uint32_t> version :
       {std::optional<uint32_t>(), std::optional<uint32_t>(0)}) {
    const SearchRequest request{std::nullopt, kAlice, version};
    const SearchResponse response = Answer(request, 40);
    EXPECT_TRUE(response.suffix.signature.has_value());
    const auto found = Verify(request, response, 40);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->version, version.value_or(5));
    EXPECT_EQ(found->value, version.has_value() ? "zero" : "five");
    EXPECT_FALSE(found->obligation.has_value());
  }
}

TEST_F(ManagementModeTest, RefusesAValueThatTheOperatorHasNotSigned) {
  const SearchRequest request{std::nullopt, kAlice, std::nullopt};
  const SearchResponse honest = Answer(request, 40);
  const auto expect_refused = [&](const SearchResponse& response) {
    const auto found = Verify(request, response, 40);
    EXPECT_EQ(RefusalOf(found.status()), RefusalReason::kValueSignature)
        << found.status();
  };
  SearchResponse changed = honest;
  (*changed.suffix.signature)[0] ^= 1;
  expect_refused(changed);
  changed = honest;
  changed.value = "six";
  expect_refused(changed);
  // Signed for another version.
  changed = honest;
  const SearchRequest other{std::nullopt, kAlice, 1};
  changed.suffix = Answer(other, 40).suffix;
  expect_refused(changed);
}

// The signature is part of what is committed to: a manager cannot show one
// person another signature of the same value.
TEST_F(ManagementModeTest, TheCommitmentCoversTheSignature) {
  const auto& version = log_.labels().at(kAlice)[5];
  EXPECT_EQ(CommitToValue(version.opened.opening, kAlice, 5, "five",
                          version.opened.suffix),
            version.facts.commitment);
  EXPECT_NE(CommitToValue(version.opened.opening, kAlice, 5, "five"),
            version.facts.commitment);
}

TEST_F(ManagementModeTest, HasNoAnswerAboutASkippedVersion) {
  for (uint32_t skipped : {2, 3, 4}) {
    const SearchRequest request{std::nullopt, kAlice, skipped};
    const auto answer = log_.Answer(request, 40);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(answer.status().message()),
                HasSubstr("was skipped"));
  }
}

TEST_F(ManagementModeTest, APageOfHistoryEndsBeforeASkippedVersion) {
  const auto history = [&](std::optional<uint32_t> newest) {
    return AnswerHistory(log_, log_.configuration(), Head(40),
                         {std::nullopt, kAlice, newest}, /*max_versions=*/10);
  };
  const auto page = history(std::nullopt);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->values, std::vector<std::string>{"five"});
  EXPECT_EQ(history(4).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto older = history(1);
  ASSERT_TRUE(older.ok()) << older.status();
  EXPECT_EQ(older->values, (std::vector<std::string>{"one", "zero"}));
}

TEST_F(ManagementModeTest, AnOwnerLearnsWhichVersionsWereSkipped) {
  const Owner owner = Begin();
  EXPECT_EQ(owner.response.skipped_versions, 3u);
  const auto update = Verify(owner, owner.response);
  ASSERT_TRUE(update.ok()) << update.status();
  ASSERT_EQ(update->versions.size(), 1u);
  EXPECT_EQ(update->versions[0].version, 5u);
  EXPECT_EQ(update->versions[0].value, "five");
  EXPECT_EQ(update->owner.Greatest(), 5u);
  // And goes on from there.
  const OwnerMonitorRequest monitor{40, kAlice, update->owner.entries,
                                    update->owner.start, 5u};
  const auto bytes =
      AnswerOwnerMonitor(log_, log_.configuration(), Head(40), monitor);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto monitored = log_.verifier().VerifyOwnerMonitor(
      monitor, update->view, update->owner, *bytes, Now(40));
  EXPECT_TRUE(monitored.ok()) << monitored.status();
}

TEST_F(ManagementModeTest, RefusesAnotherNumberOfSkippedVersions) {
  const Owner owner = Begin();
  for (uint32_t skipped : {0u, 1u, 2u, 4u, 254u, 255u, ~0u}) {
    UpdateResponse changed = owner.response;
    changed.skipped_versions = skipped;
    const auto update = Verify(owner, changed);
    EXPECT_TRUE(RefusalOf(update.status()).has_value()) << skipped;
  }
  UpdateResponse changed = owner.response;
  changed.skipped_versions = ~0u;
  EXPECT_THAT(std::string(Verify(owner, changed).status().message()),
              HasSubstr("new versions in one log entry"));
}

TEST_F(ManagementModeTest, RefusesAnUpdateThatTheOperatorHasNotSigned) {
  const Owner owner = Begin();
  UpdateResponse changed = owner.response;
  (*changed.info[0].suffix.signature)[0] ^= 1;
  EXPECT_EQ(RefusalOf(Verify(owner, changed).status()),
            RefusalReason::kValueSignature);
}

TEST_F(ManagementModeTest, DatesAndVerifiesWhatWasThereBefore) {
  const HistoryRequest request{.label = kAlice, .newest = 1u};
  const auto page =
      AnswerHistory(log_, log_.configuration(), Head(40), request, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  const auto history = log_.verifier().VerifyHistory(request, std::nullopt,
                                                     page->bytes, Now(40));
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_EQ(history->versions.size(), 2u);
  auto changed =
      *HistoryResponse::Parse(log_.configuration(), request, page->bytes);
  (*changed.versions[1].suffix.signature)[0] ^= 1;
  EXPECT_EQ(RefusalOf(log_.verifier()
                          .VerifyHistory(request, std::nullopt,
                                         *changed.Encode(), Now(40))
                          .status()),
            RefusalReason::kValueSignature);

  const AsOfRequest as_of{.label = kAlice, .time = kStart + 10 * kStep};
  const auto state = AnswerAsOf(log_, log_.configuration(), Head(40), as_of);
  ASSERT_TRUE(state.ok()) << state.status();
  const auto verified =
      log_.verifier().VerifyAsOf(as_of, std::nullopt, state->bytes, Now(40));
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->in_force->value, "one");
}

TEST_F(ManagementModeTest, ACredentialHasTheSignatureToo) {
  const SearchRequest request{std::nullopt, kAlice, std::nullopt};
  const SearchResponse response = Answer(request, 40);
  Credential credential = *MakeStandardCredential(
      log_.configuration(), request, *Verify(request, response, 40),
      *response.Encode());
  const std::vector<TreeView> recent = {log_.View(credential.position + 1)};
  const Verifier verifier = log_.verifier();
  const auto verified = verifier.VerifyCredential(*credential.Encode(), recent);
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->value, "five");
  (*credential.suffix.signature)[0] ^= 1;
  EXPECT_EQ(
      RefusalOf(
          verifier.VerifyCredential(*credential.Encode(), recent).status()),
      RefusalReason::kValueSignature);
}

}  // namespace
}  // namespace sealbook::keytrans
