// Our extensions and the walk along the distinguished entries, prover against
// verifier and against the plain lists of what was added; tests/protocol
// compares both with the reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crypto/cipher_suite.h"
#include "keytrans/history_prover.h"
#include "keytrans/implicit_tree.h"
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
constexpr uint64_t kWindow = 1000;

// A log of `size` entries with alice's versions at random positions.
class HistoryTest : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  HistoryTest() : log_(kWindow, TestKeys::kFake, GetParam()) {}

  void Fill(uint64_t size, size_t versions, uint64_t mean_step,
            uint64_t seed = 7) {
    std::mt19937_64 random(seed);
    for (size_t i = 0; i < versions; ++i) added_.push_back(random() % size);
    std::sort(added_.begin(), added_.end());
    uint64_t timestamp = kStart;
    for (uint64_t i = 0; i < size; ++i) {
      std::vector<TestLog::NewVersion> now;
      for (size_t v = 0; v < added_.size(); ++v) {
        if (added_[v] == i) now.push_back({kAlice, ValueOf(v)});
      }
      log_.Append(timestamp, now);
      timestamp += random() % (2 * mean_step + 1);
    }
  }

  static std::string ValueOf(size_t version) {
    return "value " + std::to_string(version);
  }

  std::optional<TreeView> ViewOf(std::optional<uint64_t> last) const {
    if (!last.has_value()) return std::nullopt;
    return log_.View(*last);
  }
  TreeHead Head(uint64_t size) { return log_.Sign(size, log_.Root(size)); }
  uint64_t TimeOf(uint64_t size) const {
    return log_.entries()[size - 1].timestamp;
  }

  // All pages of alice's history in the tree of `size`.
  std::vector<VerifiedHistoryVersion> ReadAll(uint64_t size,
                                              std::optional<uint64_t> last) {
    std::vector<VerifiedHistoryVersion> all;
    HistoryRequest request{last, kAlice, std::nullopt};
    std::optional<TreeView> view = ViewOf(last);
    std::optional<uint64_t> newer;
    while (true) {
      auto page =
          AnswerHistory(log_, log_.configuration(), Head(size), request, 1000);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok() || page->kind != Kind::kFound) return all;
      auto verified = log_.verifier().VerifyHistory(request, view, page->bytes,
                                                    TimeOf(size), newer);
      EXPECT_TRUE(verified.ok()) << verified.status();
      if (!verified.ok()) return all;
      EXPECT_EQ(verified->view, log_.View(size));
      EXPECT_EQ(verified->versions.back().version, page->oldest);
      for (auto& version : verified->versions) all.push_back(version);
      ++pages_;
      if (page->oldest == 0) return all;
      request = {size, kAlice, page->oldest - 1};
      view = verified->view;
      newer = all.back().since->position;
    }
  }

  absl::StatusOr<VerifiedState> AsOf(uint64_t time,
                                     std::optional<uint64_t> last,
                                     const std::string& label = kAlice) {
    const AsOfRequest request{last, label, time};
    auto answer =
        AnswerAsOf(log_, log_.configuration(), Head(log_.size()), request);
    if (!answer.ok()) return answer.status();
    return log_.verifier().VerifyAsOf(request, ViewOf(last), answer->bytes,
                                      TimeOf(log_.size()));
  }

  TestLog log_;
  // Of each version, the entry that added it.
  std::vector<uint64_t> added_;
  size_t pages_ = 0;
};

std::string Name(const ::testing::TestParamInfo<crypto::CipherSuite>& info) {
  return std::string(crypto::CipherSuiteName(info.param));
}

const auto kSuites = ::testing::Values(crypto::CipherSuite::kP256,
                                       crypto::CipherSuite::kEd25519);

INSTANTIATE_TEST_SUITE_P(Suites, HistoryTest, kSuites, Name);

// Those that take long: the suites differ in lengths only, with fake keys.
class LongHistoryTest : public HistoryTest {};

INSTANTIATE_TEST_SUITE_P(OneSuite, LongHistoryTest,
                         ::testing::Values(crypto::CipherSuite::kP256), Name);

TEST_P(LongHistoryTest, ShowsEveryVersionWithItsFirstEntryInEveryTree) {
  Fill(/*size=*/60, /*versions=*/9, /*mean_step=*/60);
  for (uint64_t size = 1; size <= 60; ++size) {
    const size_t exist = std::count_if(added_.begin(), added_.end(),
                                       [&](uint64_t p) { return p < size; });
    for (uint64_t last = 0; last <= size; last += 3) {
      auto all = ReadAll(size, last == 0 ? std::nullopt : std::optional(last));
      ASSERT_EQ(all.size(), exist) << "size " << size << " last " << last;
      for (size_t i = 0; i < exist; ++i) {
        const size_t version = exist - 1 - i;
        EXPECT_EQ(all[i].version, version);
        EXPECT_EQ(all[i].value, ValueOf(version));
        ASSERT_TRUE(all[i].since.has_value());
        EXPECT_EQ(all[i].since->position, added_[version]);
        EXPECT_EQ(all[i].since->timestamp,
                  log_.entries()[added_[version]].timestamp);
      }
    }
  }
}

TEST_P(LongHistoryTest, ReadsALongHistoryInPages) {
  Fill(/*size=*/500, /*versions=*/1000, /*mean_step=*/60);
  auto all = ReadAll(500, std::nullopt);
  ASSERT_EQ(all.size(), 1000u);
  for (size_t i = 0; i < all.size(); ++i) {
    ASSERT_EQ(all[i].value, ValueOf(999 - i));
    ASSERT_EQ(all[i].since->position, added_[999 - i]);
  }
  EXPECT_GT(pages_, 10u);
}

TEST_P(HistoryTest, BeginsWhereItIsAsked) {
  Fill(40, 9, 60);
  const HistoryRequest request{std::nullopt, kAlice, 4};
  auto page =
      AnswerHistory(log_, log_.configuration(), Head(40), request, /*max=*/2);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->oldest, 3u);
  auto verified = log_.verifier().VerifyHistory(request, std::nullopt,
                                                page->bytes, TimeOf(40));
  ASSERT_TRUE(verified.ok()) << verified.status();
  ASSERT_EQ(verified->versions.size(), 2u);
  EXPECT_EQ(verified->versions[0].value, ValueOf(4));
  EXPECT_EQ(verified->versions[1].value, ValueOf(3));
}

TEST_P(HistoryTest, ProvesWhatIsNotThereAsASearchDoes) {
  Fill(40, 3, 60);
  auto page = AnswerHistory(log_, log_.configuration(), Head(40),
                            {std::nullopt, kAlice, 3}, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->kind, Kind::kGreatest);
  EXPECT_TRUE(log_.verifier()
                  .VerifyNoSuchVersion({std::nullopt, kAlice, 3}, std::nullopt,
                                       page->bytes, TimeOf(40))
                  .ok());
  page = AnswerHistory(log_, log_.configuration(), Head(40),
                       {std::nullopt, kNobody, std::nullopt}, 10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->kind, Kind::kAbsent);
  EXPECT_TRUE(log_.verifier()
                  .VerifyAbsence({std::nullopt, kNobody, std::nullopt},
                                 std::nullopt, page->bytes, TimeOf(40))
                  .ok());
}

TEST_P(HistoryTest, OwesMonitoringOfYoungVersions) {
  // Only the root, 15, is distinguished.
  Fill(20, 9, 1);
  const HistoryRequest request{std::nullopt, kAlice, std::nullopt};
  auto page = AnswerHistory(log_, log_.configuration(), Head(20), request, 10);
  auto verified = log_.verifier().VerifyHistory(request, std::nullopt,
                                                page->bytes, TimeOf(20));
  ASSERT_TRUE(verified.ok()) << verified.status();
  const size_t young = std::count_if(added_.begin(), added_.end(),
                                     [](uint64_t p) { return p > 15; });
  ASSERT_GT(young, 1u);
  ASSERT_EQ(verified->obligations.size(), young);
  EXPECT_EQ(verified->obligations.front().version, 8u);
  EXPECT_GT(verified->obligations.back().position, 15u);
}

class ChangedHistoryTest : public HistoryTest {
 protected:
  ChangedHistoryTest() { Fill(40, 6, 60); }

  void ExpectRefusal(RefusalReason reason, const std::string& words,
                     const std::function<void(HistoryResponse&)>& change) {
    const HistoryRequest request{7, kAlice, std::nullopt};
    auto page =
        AnswerHistory(log_, log_.configuration(), Head(40), request, 100);
    ASSERT_TRUE(page.ok()) << page.status();
    auto response =
        HistoryResponse::Parse(log_.configuration(), request, page->bytes);
    ASSERT_TRUE(response.ok()) << response.status();
    change(*response);
    auto bytes = response->Encode();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    auto result = log_.verifier().VerifyHistory(request, log_.View(7), *bytes,
                                                TimeOf(40));
    EXPECT_EQ(RefusalOf(result.status()), reason) << result.status();
    EXPECT_THAT(std::string(result.status().message()), HasSubstr(words));
  }
};

INSTANTIATE_TEST_SUITE_P(Suites, ChangedHistoryTest, kSuites, Name);

TEST_P(ChangedHistoryTest, RefusesAnotherDate) {
  using R = HistoryResponse;
  // Later than it was: the entry before contains the version already.
  ExpectRefusal(
      RefusalReason::kRootMismatch, "different prefix roots",
      [](R& r) { r.versions[0].position = *r.versions[0].position + 1; });
  ExpectRefusal(RefusalReason::kLadder, "right of entry", [](R& r) {
    r.versions[1].position = *r.versions[0].position + 1;
  });
  ExpectRefusal(RefusalReason::kLadder, "right of entry",
                [](R& r) { r.versions[0].position = 40; });
  ExpectRefusal(RefusalReason::kElementCount, "lacks its position",
                [](R& r) { r.versions[2].position.reset(); });
}

TEST_P(ChangedHistoryTest, RefusesAnotherValueAndAMissingVersion) {
  using R = HistoryResponse;
  ExpectRefusal(RefusalReason::kRootMismatch, "different prefix roots",
                [](R& r) { r.versions[3].value = "forged"; });
  ExpectRefusal(RefusalReason::kLadder, "includes version 0",
                [](R& r) { r.versions.erase(r.versions.begin()); });
  ExpectRefusal(RefusalReason::kMalformed, "versions has no elements",
                [](R& r) { r.versions.clear(); });
  ExpectRefusal(RefusalReason::kElementCount, "versions has 7",
                [](R& r) { r.versions.push_back(r.versions.back()); });
  ExpectRefusal(RefusalReason::kLadder, "for version 6 where 5", [](R& r) {
    for (auto& step : r.binary_ladder) step.commitment = crypto::Commitment();
  });
  ExpectRefusal(RefusalReason::kLadder, "whose value is shown", [](R& r) {
    r.binary_ladder[0].commitment = crypto::Commitment();
  });
}

// Every flipped bit is refused, or is one of a commitment that no lookup uses.
TEST_P(LongHistoryTest, RefusesEveryFlippedBitOrSaysTheSame) {
  Fill(21, 4, 60);
  const HistoryRequest request{5, kAlice, 2};
  auto page = AnswerHistory(log_, log_.configuration(), Head(21), request, 100);
  ASSERT_TRUE(page.ok()) << page.status();
  size_t accepted = 0;
  for (size_t bit = 0; bit < 8 * page->bytes.size(); ++bit) {
    std::string changed = page->bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    auto result = log_.verifier().VerifyHistory(request, log_.View(5), changed,
                                                TimeOf(21));
    if (!result.ok()) {
      ASSERT_TRUE(RefusalOf(result.status()).has_value()) << result.status();
      continue;
    }
    ++accepted;
    ASSERT_EQ(result->view, log_.View(21));
    ASSERT_EQ(result->versions.size(), 3u);
    for (size_t i = 0; i < 3; ++i) {
      ASSERT_EQ(result->versions[i].value, ValueOf(2 - i));
      ASSERT_EQ(result->versions[i].since->position, added_[2 - i]);
    }
  }
  EXPECT_LE(accepted, 8 * crypto::Commitment::kSize);
}

TEST_P(HistoryTest, TellsTheStateAtEveryTime) {
  Fill(/*size=*/50, /*versions=*/7, /*mean_step=*/60);
  for (std::optional<uint64_t> last :
       {std::optional<uint64_t>(), std::optional<uint64_t>(17),
        std::optional<uint64_t>(50)}) {
    for (uint64_t time = kStart - 5; time < TimeOf(50) + 40; time += 13) {
      auto state = AsOf(time, last);
      ASSERT_TRUE(state.ok()) << "time " << time << ": " << state.status();
      EXPECT_EQ(state->view, log_.View(50));
      std::optional<uint64_t> position;
      for (uint64_t i = 0; i < 50; ++i) {
        if (log_.entries()[i].timestamp <= time) position = i;
      }
      ASSERT_EQ(state->position, position);
      const size_t exist =
          position.has_value()
              ? std::count_if(added_.begin(), added_.end(),
                              [&](uint64_t p) { return p <= *position; })
              : 0;
      ASSERT_EQ(state->in_force.has_value(), exist > 0);
      if (exist == 0) continue;
      EXPECT_EQ(state->in_force->version, exist - 1);
      EXPECT_EQ(state->in_force->value, ValueOf(exist - 1));
    }
  }
  EXPECT_FALSE(AsOf(TimeOf(50), std::nullopt, kNobody)->in_force.has_value());
}

TEST_P(HistoryTest, ProvesThatALabelCameLater) {
  for (uint64_t i = 0; i < 20; ++i) {
    log_.Append(kStart + 300 * i,
                i == 15 ? std::vector<TestLog::NewVersion>{{kAlice, ValueOf(0)}}
                        : std::vector<TestLog::NewVersion>{});
  }
  for (uint64_t i = 0; i < 20; ++i) {
    auto state = AsOf(kStart + 300 * i, std::nullopt);
    ASSERT_TRUE(state.ok()) << state.status();
    EXPECT_EQ(state->position, i);
    EXPECT_EQ(state->in_force.has_value(), i >= 15);
  }
}

TEST_P(HistoryTest, RefusesTheStateOfAnotherTime) {
  Fill(50, 7, 60);
  const AsOfRequest asked{std::nullopt, kAlice, TimeOf(30)};
  auto answer = AnswerAsOf(log_, log_.configuration(), Head(50), asked);
  ASSERT_TRUE(answer.ok()) << answer.status();
  auto verify = [&](uint64_t time) {
    return log_.verifier()
        .VerifyAsOf({std::nullopt, kAlice, time}, std::nullopt, answer->bytes,
                    TimeOf(50))
        .status();
  };
  EXPECT_TRUE(verify(TimeOf(30)).ok());
  EXPECT_EQ(RefusalOf(verify(TimeOf(29) - 1)), RefusalReason::kTimestampOrder);
  EXPECT_THAT(verify(TimeOf(29) - 1).message(), HasSubstr("later than"));
  EXPECT_EQ(RefusalOf(verify(TimeOf(40))), RefusalReason::kTimestampOrder);
  EXPECT_THAT(verify(TimeOf(40)).message(), HasSubstr("it is nearer"));
}

TEST_P(LongHistoryTest, RefusesEveryFlippedBitOfAState) {
  Fill(21, 4, 60);
  const AsOfRequest request{5, kAlice, TimeOf(15)};
  auto answer = AnswerAsOf(log_, log_.configuration(), Head(21), request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  size_t accepted = 0;
  for (size_t bit = 0; bit < 8 * answer->bytes.size(); ++bit) {
    std::string changed = answer->bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    auto result =
        log_.verifier().VerifyAsOf(request, log_.View(5), changed, TimeOf(21));
    if (!result.ok()) {
      ASSERT_TRUE(RefusalOf(result.status()).has_value()) << result.status();
      continue;
    }
    ++accepted;
    ASSERT_EQ(result->view, log_.View(21));
    ASSERT_EQ(result->position, 14u);
    ASSERT_EQ(result->in_force->value, ValueOf(result->in_force->version));
  }
  EXPECT_LE(accepted, 8 * crypto::Commitment::kSize);
}

// What the maximum lifetime lets a log prune is not asked for.
TEST_P(HistoryTest, EndsWhereVersionsAreExpired) {
  log_.SetMaximumLifetime(2 * kWindow);
  Fill(/*size=*/80, /*versions=*/12, /*mean_step=*/60);
  const HistoryRequest request{std::nullopt, kAlice, std::nullopt};
  auto page = AnswerHistory(log_, log_.configuration(), Head(80), request, 100);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_GT(page->oldest, 0u);
  auto verified = log_.verifier().VerifyHistory(request, std::nullopt,
                                                page->bytes, TimeOf(80));
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_TRUE(verified->versions.front().since.has_value());
  auto next = AnswerHistory(log_, log_.configuration(), Head(80),
                            {std::nullopt, kAlice, page->oldest - 1}, 100);
  EXPECT_EQ(next.status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(next.status().message(), HasSubstr("maximum lifetime"));
  EXPECT_EQ(AsOf(kStart + 1, std::nullopt).status().code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(AsOf(TimeOf(80), std::nullopt).ok());
}

// The distinguished entries of the tree of `size`, right to left, by the
// draft's recursion.
void AddDistinguished(const TestLog& log, uint64_t size, uint64_t entry,
                      uint64_t left, uint64_t right,
                      std::vector<uint64_t>& out) {
  if (right - left < kWindow) return;
  const uint64_t timestamp = log.entries()[entry].timestamp;
  if (auto child = ImplicitRight(entry, size)) {
    AddDistinguished(log, size, *child, timestamp, right, out);
  }
  out.push_back(entry);
  if (auto child = ImplicitLeft(entry)) {
    AddDistinguished(log, size, *child, left, timestamp, out);
  }
}

TEST_P(LongHistoryTest, WalksTheTenRightmostDistinguishedEntries) {
  Fill(/*size=*/120, /*versions=*/0, /*mean_step=*/300);
  size_t most = 0;
  for (uint64_t size = 1; size <= 120; ++size) {
    std::vector<uint64_t> expected;
    AddDistinguished(log_, size, ImplicitRoot(size), 0, TimeOf(size), expected);
    if (expected.size() > 10) expected.resize(10);
    for (uint64_t last = 0; last <= size; last += 5) {
      const DistinguishedRequest request{
          last == 0 ? std::nullopt : std::optional(last), std::nullopt};
      auto bytes =
          AnswerDistinguished(log_, log_.configuration(), Head(size), request);
      ASSERT_TRUE(bytes.ok()) << bytes.status();
      auto walked = log_.verifier().VerifyDistinguished(
          request, ViewOf(request.last), *bytes, TimeOf(size));
      ASSERT_TRUE(walked.ok()) << walked.status();
      EXPECT_EQ(walked->view, log_.View(size));
      ASSERT_EQ(walked->entries.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        const DistinguishedEntry& entry = walked->entries[i];
        ASSERT_EQ(entry.position, expected[i]);
        ASSERT_EQ(entry.entry, log_.entries()[expected[i]]);
        ASSERT_EQ(entry.Root(), log_.Root(expected[i] + 1));
      }
      most = std::max(most, expected.size());
    }
  }
  EXPECT_EQ(most, 10u);
}

TEST_P(HistoryTest, StopsTheWalkWhereItIsAsked) {
  Fill(120, 0, 300);
  std::vector<uint64_t> all;
  AddDistinguished(log_, 120, ImplicitRoot(120), 0, TimeOf(120), all);
  ASSERT_GT(all.size(), 5u);
  const DistinguishedRequest request{std::nullopt, all[3]};
  auto bytes =
      AnswerDistinguished(log_, log_.configuration(), Head(120), request);
  auto walked = log_.verifier().VerifyDistinguished(request, std::nullopt,
                                                    *bytes, TimeOf(120));
  ASSERT_TRUE(walked.ok()) << walked.status();
  EXPECT_EQ(walked->entries.size(), 3u);
}

TEST_P(HistoryTest, LeavesExpiredEntriesOutOfTheWalk) {
  log_.SetMaximumLifetime(2 * kWindow);
  Fill(120, 0, 300);
  const DistinguishedRequest request;
  auto bytes =
      AnswerDistinguished(log_, log_.configuration(), Head(120), request);
  auto walked = log_.verifier().VerifyDistinguished(request, std::nullopt,
                                                    *bytes, TimeOf(120));
  ASSERT_TRUE(walked.ok()) << walked.status();
  ASSERT_FALSE(walked->entries.empty());
  EXPECT_LT(walked->entries.size(), 10u);
  for (const DistinguishedEntry& entry : walked->entries) {
    EXPECT_LT(TimeOf(120) - entry.entry.timestamp, 2 * kWindow);
  }
}

TEST_P(LongHistoryTest, RefusesEveryFlippedBitOfAWalk) {
  Fill(40, 0, 300);
  const DistinguishedRequest request{11, std::nullopt};
  auto bytes =
      AnswerDistinguished(log_, log_.configuration(), Head(40), request);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  for (size_t bit = 0; bit < 8 * bytes->size(); ++bit) {
    std::string changed = *bytes;
    changed[bit / 8] ^= 1 << (bit % 8);
    auto result = log_.verifier().VerifyDistinguished(request, log_.View(11),
                                                      changed, TimeOf(40));
    ASSERT_TRUE(RefusalOf(result.status()).has_value())
        << "bit " << bit << ": " << result.status();
  }
}

}  // namespace
}  // namespace sealbook::keytrans
