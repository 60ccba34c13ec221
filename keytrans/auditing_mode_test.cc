// What users verify in thirdPartyAuditing mode.
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/monitor_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;
constexpr uint64_t kStep = 100;
constexpr uint64_t kMaxLag = 10 * kStep;
constexpr char kAlice[] = "alice@example.org";

// A log of 60 entries with an auditor; alice@example.org has three versions.
class AuditingModeTest : public ::testing::Test {
 protected:
  AuditingModeTest() : log_(/*window=*/20 * kStep) {
    log_.SetAuditor(kMaxLag, /*start_pos=*/0);
    for (uint64_t i = 0; i < 60; ++i) {
      std::vector<TestLog::NewVersion> versions;
      if (i % 25 == 7) versions = {{kAlice, absl::StrCat("value ", i)}};
      log_.Append(kStart + i * kStep, versions);
    }
  }

  uint64_t Now(uint64_t size) const { return kStart + (size - 1) * kStep; }

  TreeView ViewAt(uint64_t size, uint64_t auditor) {
    TreeView view = log_.View(size);
    view.auditor = log_.AuditedHead(size, auditor).auditor;
    return view;
  }

  SearchRequest RequestFor(const std::optional<TreeView>& retained) const {
    SearchRequest request;
    request.label = kAlice;
    if (retained.has_value()) request.last = retained->size();
    return request;
  }

  // Searches in the tree of head.size().
  absl::StatusOr<VerifiedVersion> Search(
      const LogHead& head, const std::optional<TreeView>& retained) {
    const SearchRequest request = RequestFor(retained);
    const auto answer = AnswerSearch(log_, log_.configuration(), head, request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return log_.verifier().VerifySearch(request, retained, answer->bytes,
                                        Now(head.size()));
  }

  void ExpectRefused(const LogHead& head,
                     const std::optional<TreeView>& retained,
                     const std::string& words) {
    const auto found = Search(head, retained);
    EXPECT_EQ(RefusalOf(found.status()), RefusalReason::kAuditor)
        << found.status();
    EXPECT_THAT(std::string(found.status().message()), HasSubstr(words));
  }

  TestLog log_;
};

TEST_F(AuditingModeTest, VerifiesTheAuditorsHeadOfEveryTree) {
  for (uint64_t size = 33; size <= 60; ++size) {
    for (uint64_t auditor = size - kMaxLag / kStep; auditor <= size;
         ++auditor) {
      const LogHead head = log_.AuditedHead(size, auditor);
      for (uint64_t known : {0, 8, 20, 31, 32}) {
        std::optional<TreeView> retained;
        if (known > 0) retained = ViewAt(known, known);
        const auto found = Search(head, retained);
        ASSERT_TRUE(found.ok())
            << found.status() << " size " << size << " auditor " << auditor
            << " retained " << known;
        ASSERT_EQ(found->view, ViewAt(size, auditor));
      }
    }
  }
}

TEST_F(AuditingModeTest, KeepsTheAuditorsHeadWithTheSameTree) {
  const TreeView view = ViewAt(50, 45);
  const auto found = Search(log_.AuditedHead(50, 48), view);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->view, view);
  EXPECT_EQ(*TreeView::Parse(view.Encode()), view);
}

// It would go on with a tree that nobody has audited.
TEST_F(AuditingModeTest, RefusesTheSameTreeWhereNoAuditorsHeadIsRetained) {
  ExpectRefused(log_.AuditedHead(50, 48), log_.View(50),
                "no auditor's head is retained");
}

TEST_F(AuditingModeTest, NobodyIsToMonitorWhatWasLookedUp) {
  // Its terminal entry is far right of the rightmost distinguished one.
  const auto found = Search(log_.AuditedHead(59, 59), std::nullopt);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->version, 2u);
  EXPECT_FALSE(found->obligation.has_value());
}

TEST_F(AuditingModeTest, RefusesAnAuditorThatIsTooFarBehind) {
  ExpectRefused(log_.AuditedHead(50, 39), std::nullopt,
                "1100 ms behind the log, at most 1000");
}

TEST_F(AuditingModeTest, RefusesAnAuditorsHeadThatIsAheadOfTheLog) {
  LogHead head = log_.AuditedHead(50, 50);
  head.auditor->timestamp += 1;
  ExpectRefused(head, std::nullopt, "the newest log entry");
  const auto answer =
      AnswerSearch(log_, log_.configuration(), log_.AuditedHead(50, 50),
                   RequestFor(std::nullopt));
  ASSERT_TRUE(answer.ok());
  for (uint64_t size : {0, 51}) {
    auto response = *SearchResponse::Parse(
        log_.configuration(), RequestFor(std::nullopt), answer->bytes);
    response.full_tree_head.auditor->tree_size = size;
    const auto found = log_.verifier().VerifySearch(
        RequestFor(std::nullopt), std::nullopt, *response.Encode(), Now(50));
    EXPECT_EQ(RefusalOf(found.status()), RefusalReason::kAuditor);
    EXPECT_THAT(std::string(found.status().message()),
                HasSubstr(absl::StrCat("tree size ", size)));
  }
}

TEST_F(AuditingModeTest, RefusesASignatureOfAnotherTreeOrTime) {
  LogHead head = log_.AuditedHead(50, 45);
  head.auditor->signature[0] ^= 1;
  ExpectRefused(head, std::nullopt, "the auditor's signature does not fit");
  head = log_.AuditedHead(50, 45);
  head.auditor->tree_size = 46;
  ExpectRefused(head, std::nullopt, "the auditor's signature does not fit");
  head = log_.AuditedHead(50, 45);
  head.auditor->timestamp += 1;
  ExpectRefused(head, std::nullopt, "the auditor's signature does not fit");
  // The log's own signature is none of the auditor's.
  head.auditor->signature = head.tree.signature;
  ExpectRefused(head, std::nullopt, "the auditor's signature does not fit");
}

TEST_F(AuditingModeTest, RefusesAnAuditorWhoBeganAfterWhatWasAudited) {
  TestLog log(/*window=*/20 * kStep);
  log.SetAuditor(kMaxLag, /*start_pos=*/30);
  for (uint64_t i = 0; i < 50; ++i) {
    log.Append(kStart + i * kStep, {{kAlice, absl::StrCat(i)}});
  }
  const auto search = [&](std::optional<TreeView> retained) {
    const SearchRequest request = RequestFor(retained);
    const auto answer = AnswerSearch(log, log.configuration(),
                                     log.AuditedHead(50, 45), request);
    EXPECT_TRUE(answer.ok());
    return log.verifier().VerifySearch(request, retained, answer->bytes,
                                       Now(50));
  };
  const auto view = [&](uint64_t size, uint64_t auditor) {
    TreeView made = log.View(size);
    made.auditor = log.AuditedHead(size, auditor).auditor;
    return made;
  };
  // A first-time user cannot know (KEYTRANS rule 20).
  EXPECT_TRUE(search(std::nullopt).ok());
  EXPECT_TRUE(search(view(35, 30)).ok());
  for (const TreeView& early : {view(35, 29), log.View(35)}) {
    const auto found = search(early);
    EXPECT_EQ(RefusalOf(found.status()), RefusalReason::kAuditor);
    EXPECT_THAT(std::string(found.status().message()),
                HasSubstr("began at log entry 30"));
  }
}

// The head stands at the same place in every response.
TEST_F(AuditingModeTest, OwnersVerifyTheAuditorsHeadToo) {
  const TreeView retained = ViewAt(40, 38);
  const LogHead head = log_.AuditedHead(50, 45);
  const uint64_t start =
      *RightmostDistinguished(log_.configuration(), retained);
  const OwnerInitRequest request{retained.size(), kAlice, start};
  const auto bytes = AnswerOwnerInit(log_, log_.configuration(), head, request);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  const auto begun =
      log_.verifier().VerifyOwnerInit(request, retained, *bytes, Now(50));
  ASSERT_TRUE(begun.ok()) << begun.status();
  EXPECT_EQ(begun->view, ViewAt(50, 45));
  auto response = *OwnerInitResponse::Parse(log_.configuration(), *bytes);
  response.full_tree_head.auditor->signature[0] ^= 1;
  EXPECT_EQ(RefusalOf(log_.verifier()
                          .VerifyOwnerInit(request, retained,
                                           *response.Encode(), Now(50))
                          .status()),
            RefusalReason::kAuditor);
}

TEST_F(AuditingModeTest, RefusesAnAlteredProofOfTheAuditorsTree) {
  const TreeView retained = ViewAt(32, 32);
  const SearchRequest request = RequestFor(retained);
  const LogHead head = log_.AuditedHead(59, 53);
  const auto answer = AnswerSearch(log_, log_.configuration(), head, request);
  ASSERT_TRUE(answer.ok());
  const auto honest =
      *SearchResponse::Parse(log_.configuration(), request, answer->bytes);
  ASSERT_FALSE(honest.search.inclusion.empty());
  for (size_t i = 0; i < honest.search.inclusion.size(); ++i) {
    SearchResponse altered = honest;
    altered.search.inclusion[i].data()[0] ^= 1;
    EXPECT_FALSE(
        log_.verifier()
            .VerifySearch(request, retained, *altered.Encode(), Now(59))
            .ok());
    altered = honest;
    altered.search.inclusion.erase(altered.search.inclusion.begin() + i);
    EXPECT_EQ(RefusalOf(log_.verifier()
                            .VerifySearch(request, retained, *altered.Encode(),
                                          Now(59))
                            .status()),
              RefusalReason::kElementCount);
  }
}

}  // namespace
}  // namespace sealbook::keytrans
