#include "client/gossip/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crypto/hash.h"
#include "keytrans/prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::client {
namespace {

using keytrans::TestLog;
using ::testing::HasSubstr;

// The head at `position` of the log that `history` names.
LogHead Head(uint64_t position, const std::string& history = "") {
  return {.position = position,
          .timestamp = 1'700'000'000'000 + position,
          .root = crypto::Sha256(history + std::to_string(position))};
}

std::vector<crypto::Hash> Roots(const std::vector<LogHead>& heads) {
  return ToDistinguishedHead(heads).heads;
}

struct Case {
  const char* name;
  std::vector<LogHead> ours;
  std::vector<LogHead> theirs;
  Verdict verdict;
  size_t common = 0;
  uint64_t same_entries = 0;
  const char* word = "";
  // Without positions, where it is not the same.
  std::optional<Verdict> bare = std::nullopt;
};

class CompareTest : public ::testing::TestWithParam<Case> {};

TEST_P(CompareTest, HasItsVerdict) {
  const Case& c = GetParam();
  for (bool swapped : {false, true}) {
    const auto& ours = swapped ? c.theirs : c.ours;
    const auto& theirs = swapped ? c.ours : c.theirs;
    const Comparison result = CompareHeads(ours, theirs);
    EXPECT_EQ(result.verdict, c.verdict);
    EXPECT_EQ(result.common, c.common);
    EXPECT_EQ(result.same_entries, c.same_entries);
    EXPECT_THAT(result.contradiction, HasSubstr(c.word));
    EXPECT_EQ(CompareRoots(ours, Roots(theirs)).verdict,
              c.bare.value_or(c.verdict));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Lists, CompareTest,
    ::testing::Values(Case{"Same",
                           {Head(1), Head(3), Head(7)},
                           {Head(1), Head(3), Head(7)},
                           Verdict::kConsistent,
                           3,
                           8},
                      Case{"OneEndsWhereTheOtherBegins",
                           {Head(1), Head(3)},
                           {Head(3), Head(7)},
                           Verdict::kConsistent,
                           1,
                           4},
                      Case{"SuffixIsPrefix",
                           {Head(1), Head(3), Head(7)},
                           {Head(3), Head(7), Head(9)},
                           Verdict::kConsistent,
                           2,
                           8},
                      Case{"ShorterListAtTheEnd",
                           {Head(1), Head(3), Head(7)},
                           {Head(7)},
                           Verdict::kConsistent,
                           1,
                           8},
                      Case{"ShorterListInTheMiddle",
                           {Head(1), Head(3), Head(7)},
                           {Head(3)},
                           Verdict::kConsistent,
                           1,
                           4},
                      Case{"Empty", {Head(1)}, {}, Verdict::kNotComparable},
                      Case{"FarApart",
                           {Head(1), Head(3)},
                           {Head(7), Head(9)},
                           Verdict::kNotComparable},
                      Case{"OtherRootAtTheEnd",
                           {Head(1), Head(3), Head(7)},
                           {Head(1), Head(3), Head(7, "fork")},
                           Verdict::kFork,
                           2,
                           4,
                           "up to log entry 7 (2023-11-14"},
                      Case{"TheOldestDifferenceIsNamed",
                           {Head(1), Head(3), Head(7), Head(9)},
                           {Head(1), Head(3, "fork"), Head(7, "fork"),
                            Head(9, "fork")},
                           Verdict::kFork,
                           1,
                           2,
                           "up to log entry 3 (2023-11-14"},
                      // Without positions there is nothing to compare.
                      Case{"AllRootsDiffer",
                           {Head(1), Head(3)},
                           {Head(1, "fork"), Head(3, "fork")},
                           Verdict::kFork,
                           0,
                           0,
                           "up to log entry 1 ",
                           Verdict::kNotComparable},
                      Case{"ForkedWithOtherPositions",
                           {Head(1), Head(3), Head(6), Head(9)},
                           {Head(1), Head(3), Head(7, "fork"), Head(9, "fork")},
                           Verdict::kFork,
                           2,
                           4,
                           "log entry 6 "},
                      // Bare lists of this kind agree as far as they can be
                      // laid upon each other.
                      Case{"OneEntryIsLeftOut",
                           {Head(1), Head(3), Head(7)},
                           {Head(1), Head(7)},
                           Verdict::kImpossible,
                           2,
                           8,
                           "log entry 3 ",
                           Verdict::kImpossible},
                      Case{"NothingThereWhereTheOtherHasHeads",
                           {Head(1), Head(9)},
                           {Head(3), Head(7)},
                           Verdict::kFork,
                           0,
                           0,
                           "log entry 3 ",
                           Verdict::kNotComparable},
                      Case{"OtherPastOfACommonRoot",
                           {Head(1), Head(3), Head(7)},
                           {Head(1), Head(3, "made up"), Head(7)},
                           Verdict::kImpossible,
                           2,
                           8,
                           "although the root of the first 8"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CompareHeadsTest, ALogsTimesDoNotRunBackwards) {
  const LogHead early = Head(1);
  LogHead late = Head(7, "fork");
  late.timestamp = early.timestamp - 1;
  const Comparison result = CompareHeads({early}, {late});
  EXPECT_EQ(result.verdict, Verdict::kFork);
  EXPECT_THAT(result.contradiction, HasSubstr("is older than log entry 1"));
  late.timestamp = early.timestamp;
  EXPECT_EQ(CompareHeads({early}, {late}).verdict, Verdict::kNotComparable);
}

TEST(CompareHeadsTest, ARootHasOneTime) {
  LogHead other = Head(3);
  ++other.timestamp;
  const Comparison result = CompareHeads({Head(1), Head(3)}, {other});
  EXPECT_EQ(result.verdict, Verdict::kImpossible);
  EXPECT_THAT(result.contradiction, HasSubstr("has another time"));
}

TEST(CompareRootsTest, RefusesAListThatNoLogHas) {
  const std::vector<LogHead> ours = {Head(1), Head(3), Head(7)};
  std::vector<crypto::Hash> theirs = Roots({Head(3), Head(1)});
  Comparison result = CompareRoots(ours, theirs);
  EXPECT_EQ(result.verdict, Verdict::kImpossible);
  EXPECT_THAT(result.contradiction, HasSubstr("in another place"));
  theirs = Roots({Head(9), Head(9)});
  result = CompareRoots(ours, theirs);
  EXPECT_EQ(result.verdict, Verdict::kImpossible);
  EXPECT_THAT(result.contradiction, HasSubstr("twice"));
}

// What somebody sees who asks a log of `size` entries.
SeenLog Seen(TestLog& log, uint64_t size) {
  const keytrans::DistinguishedRequest request;
  const auto answer = keytrans::AnswerDistinguished(
      log, log.configuration(), log.Sign(size, log.Root(size)), request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  const auto walked = log.verifier().VerifyDistinguished(
      request, std::nullopt, *answer, log.entries()[size - 1].timestamp);
  EXPECT_TRUE(walked.ok()) << walked.status();
  return {HeadsOf(walked->entries), walked->view};
}

std::vector<SeenLog> SeenAtEverySize(TestLog& log) {
  std::vector<SeenLog> seen;
  for (uint64_t size = 1; size <= log.size(); ++size) {
    seen.push_back(Seen(log, size));
  }
  return seen;
}

bool Overlap(const std::vector<LogHead>& a, const std::vector<LogHead>& b) {
  return a.front().position <= b.back().position &&
         b.front().position <= a.back().position;
}

struct Shape {
  const char* name;
  uint64_t window;
  // Between two entries, at most.
  uint64_t step;
  std::optional<uint64_t> lifetime = std::nullopt;
};

// Logs with few, some and nearly all entries distinguished.
class SeenLogsTest : public ::testing::TestWithParam<Shape> {
 protected:
  static constexpr uint64_t kStart = 1'700'000'000'000;

  SeenLogsTest() : log_(GetParam().window) {
    if (GetParam().lifetime.has_value()) {
      log_.SetMaximumLifetime(*GetParam().lifetime);
    }
    twin_ = log_.Twin();
    if (GetParam().lifetime.has_value()) {
      twin_->SetMaximumLifetime(*GetParam().lifetime);
    }
  }

  void Grow(TestLog& log, uint64_t& time, int entries,
            const std::string& value) {
    for (int i = 0; i < entries; ++i) {
      time += random_() % (GetParam().step + 1);
      log.Append(time, {{"a@example.org", value}});
    }
  }

  std::mt19937 random_{7};
  TestLog log_;
  std::unique_ptr<TestLog> twin_;
};

TEST_P(SeenLogsTest, OneLogNeverContradictsItself) {
  uint64_t time = kStart;
  Grow(log_, time, 70, "value");
  const std::vector<SeenLog> seen = SeenAtEverySize(log_);
  for (const SeenLog& a : seen) {
    for (const SeenLog& b : seen) {
      SCOPED_TRACE(std::to_string(a.view.size()) + " and " +
                   std::to_string(b.view.size()));
      const Verdict expected = Overlap(a.heads, b.heads)
                                   ? Verdict::kConsistent
                                   : Verdict::kNotComparable;
      Comparison result = CompareHeads(a.heads, b.heads);
      ASSERT_EQ(result.verdict, expected) << result.contradiction;
      ASSERT_LE(result.same_entries, std::min(a.view.size(), b.view.size()));
      result = CompareRoots(a.heads, Roots(b.heads));
      ASSERT_EQ(result.verdict, expected) << result.contradiction;
      result = CompareAnswers(a, b);
      ASSERT_TRUE(result.verdict == expected ||
                  result.verdict == Verdict::kConsistent)
          << result.contradiction;
    }
  }
}

TEST_P(SeenLogsTest, AForkIsSeenInEveryHeadBehindIt) {
  constexpr uint64_t kFork = 23;
  uint64_t time = kStart;
  Grow(log_, time, kFork, "value");
  for (const keytrans::LogEntry& entry : log_.entries()) {
    twin_->Append(entry.timestamp, {{"a@example.org", "value"}});
  }
  ASSERT_EQ(log_.Root(kFork), twin_->Root(kFork));
  uint64_t twin_time = time;
  Grow(log_, time, 40, "value");
  Grow(*twin_, twin_time, 40, "another");
  const std::vector<SeenLog> here = SeenAtEverySize(log_);
  const std::vector<SeenLog> there = SeenAtEverySize(*twin_);
  int forks = 0;
  for (const SeenLog& a : here) {
    for (const SeenLog& b : there) {
      SCOPED_TRACE(std::to_string(a.view.size()) + " and " +
                   std::to_string(b.view.size()));
      const Comparison result = CompareHeads(a.heads, b.heads);
      if (a.heads.back().position < kFork || b.heads.back().position < kFork) {
        continue;
      }
      // Both have a head behind the fork. Unless the one list is so much newer
      // that they do not touch, they differ there.
      if (Overlap(a.heads, b.heads)) {
        ASSERT_EQ(result.verdict, Verdict::kFork);
        ASSERT_LE(result.same_entries, kFork);
        ++forks;
      } else {
        ASSERT_NE(result.verdict, Verdict::kConsistent);
      }
      if (a.view.size() == b.view.size()) {
        ASSERT_EQ(CompareAnswers(a, b).verdict, Verdict::kFork);
      }
    }
  }
  EXPECT_GT(forks, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, SeenLogsTest,
    ::testing::Values(Shape{"AllDistinguished", 0, 100},
                      Shape{"Some", 500, 100}, Shape{"Few", 1'000'000, 10},
                      Shape{"Bursts", 200, 0},
                      Shape{"WithALifetime", 300, 100, 900}),
    [](const auto& info) { return std::string(info.param.name); });

// The views reach to the right of the newest head.
TEST(CompareAnswersTest, SeesAForkThatNoHeadShowsYet) {
  TestLog log(/*window=*/1'000'000'000);
  std::unique_ptr<TestLog> twin = log.Twin();
  for (uint64_t i = 0; i < 6; ++i) {
    log.Append(1'700'000'000'000 + i, {});
    // Padding leaves follow from the position alone.
    twin->Append(1'700'000'000'000 + i + (i == 5 ? 1 : 0), {});
  }
  ASSERT_EQ(log.Root(5), twin->Root(5));
  const SeenLog ours = Seen(log, 6);
  const SeenLog theirs = Seen(*twin, 6);
  EXPECT_EQ(CompareHeads(ours.heads, theirs.heads).verdict,
            Verdict::kConsistent);
  Comparison result = CompareAnswers(ours, theirs);
  EXPECT_EQ(result.verdict, Verdict::kFork);
  EXPECT_THAT(result.contradiction, HasSubstr("the log entries 4 to 5 have"));
  EXPECT_EQ(keytrans::RefusalOf(RefuseFork(result)),
            keytrans::RefusalReason::kFork);
  // Of another size: the entry itself is on both frontiers.
  twin->Append(1'700'000'000'010, {});
  result = CompareAnswers(ours, Seen(*twin, 7));
  EXPECT_EQ(result.verdict, Verdict::kFork);
  // And consistent as far as the common subtrees reach.
  log.Append(1'700'000'000'010, {});
  result = CompareAnswers(Seen(log, 7), ours);
  EXPECT_EQ(result.verdict, Verdict::kConsistent);
  EXPECT_EQ(result.same_entries, 6u);
}

TEST(CompareAnswersTest, SeesAnEntryThatDiffersUnderNoCommonSubtree) {
  SeenLog ours, theirs;
  TestLog log(/*window=*/1'000'000'000);
  for (uint64_t i = 0; i < 4; ++i) log.Append(1'700'000'000'000 + i, {});
  ours = Seen(log, 3);
  theirs = Seen(log, 4);
  ours.heads.clear();
  EXPECT_EQ(CompareAnswers(ours, theirs).verdict, Verdict::kNotComparable);
  // Positions 1, 2 and 3.
  ours.view.frontier[0].timestamp = theirs.view.frontier[0].timestamp + 1;
  EXPECT_EQ(CompareAnswers(ours, theirs).verdict, Verdict::kNotComparable);
  ours = Seen(log, 2);
  ours.heads.clear();
  theirs = Seen(log, 3);
  ours.view.frontier[0].timestamp += 1;
  const Comparison result = CompareAnswers(ours, theirs);
  EXPECT_EQ(result.verdict, Verdict::kFork);
  EXPECT_THAT(result.contradiction, HasSubstr("log entry 1 has another time"));
}

}  // namespace
}  // namespace sealbook::client
