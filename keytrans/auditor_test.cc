#include "keytrans/auditor.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "keytrans/audit_prover.h"
#include "keytrans/refusal.h"
#include "keytrans/testing/test_log.h"

namespace sealbook::keytrans {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kStart = 1'767'225'600'000;

// A log of `size` entries: versions of a few labels, and padding.
class AuditorTest : public ::testing::Test {
 protected:
  AuditorTest() : log_(/*window=*/1000) {
    for (uint64_t i = 0; i < 40; ++i) {
      std::vector<TestLog::NewVersion> versions;
      for (uint64_t v = 0; v < i % 7; ++v) {
        versions.push_back({absl::StrCat("label ", v), absl::StrCat(i)});
      }
      log_.Append(kStart + i / 2 * 100, versions);
    }
  }

  std::vector<crypto::VrfOutput> KeysAddedBy(uint64_t position) {
    std::vector<crypto::VrfOutput> keys;
    for (const merkle::PrefixLeaf& leaf : log_.added().at(position)) {
      keys.push_back(leaf.vrf_output);
    }
    return keys;
  }
  AuditorUpdate UpdateOf(uint64_t position) {
    absl::StatusOr<AuditorUpdate> update =
        MakeAuditorUpdate(log_, position, KeysAddedBy(position));
    EXPECT_TRUE(update.ok()) << update.status();
    return *update;
  }
  AuditorState StateAt(uint64_t size) {
    return AuditorState::At(log_.View(size));
  }

  // What `change` makes of an honest update is refused for `reason`, and the
  // state stays as it was.
  void ExpectRefused(uint64_t position, RefusalReason reason,
                     const std::string& words,
                     const std::function<void(AuditorUpdate&)>& change) {
    AuditorUpdate update = UpdateOf(position);
    change(update);
    AuditorState state = StateAt(position);
    const absl::Status status = Audit(update, state);
    EXPECT_EQ(RefusalOf(status), reason) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
    EXPECT_EQ(state, StateAt(position));
  }

  TestLog log_;
};

TEST_F(AuditorTest, FollowsALogFromItsFirstEntry) {
  AuditorState state;
  for (uint64_t position = 0; position < log_.size(); ++position) {
    // As it comes over the wire.
    const AuditorUpdate update =
        *AuditorUpdate::Parse(*UpdateOf(position).Encode());
    EXPECT_TRUE(update.removed.empty());
    const absl::Status status = Audit(update, state);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_EQ(state, StateAt(position + 1));
    ASSERT_EQ(state.Root(), log_.Root(position + 1));
  }
}

TEST_F(AuditorTest, BeginsAtALaterPosition) {
  AuditorState state = StateAt(17);
  for (uint64_t position = 17; position < log_.size(); ++position) {
    ASSERT_TRUE(Audit(UpdateOf(position), state).ok());
  }
  EXPECT_EQ(state.Root(), log_.Root(log_.size()));
}

TEST_F(AuditorTest, TakesAnEntryThatAddsNothing) {
  AuditorState state = StateAt(10);
  AuditorUpdate update;
  update.timestamp = state.timestamp;
  update.proof.elements = {state.prefix_root};
  ASSERT_TRUE(Audit(update, state).ok());
  EXPECT_EQ(state.size, 11u);
  EXPECT_EQ(state.prefix_root, StateAt(10).prefix_root);
}

TEST_F(AuditorTest, IsSentNothingThatTheTreeLacks) {
  const auto update = MakeAuditorUpdate(log_, 19, KeysAddedBy(20));
  EXPECT_EQ(update.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(update.status().message()), HasSubstr("lacks"));
}

TEST_F(AuditorTest, SurvivesARestart) {
  const AuditorState state = StateAt(23);
  const std::string bytes = state.Encode();
  EXPECT_EQ(*AuditorState::Parse(bytes), state);
  EXPECT_EQ(*AuditorState::Parse(AuditorState().Encode()), AuditorState());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(AuditorState::Parse(bytes.substr(0, size)).ok());
  }
  EXPECT_FALSE(AuditorState::Parse(bytes + "x").ok());
  std::string other = bytes;
  other[0] = 2;
  EXPECT_THAT(std::string(AuditorState::Parse(other).status().message()),
              HasSubstr("format 2"));
  other = bytes;
  other[8] ^= 1;  // The size.
  EXPECT_THAT(std::string(AuditorState::Parse(other).status().message()),
              HasSubstr("full subtrees"));
}

TEST_F(AuditorTest, RefusesASizeThatNoLogReaches) {
  AuditorState state;
  state.full_subtrees.resize(1);
  for (int bit : {62, 63}) {
    state.size = uint64_t{1} << bit;
    const auto parsed = AuditorState::Parse(state.Encode());
    EXPECT_EQ(parsed.ok(), bit == 62) << parsed.status();
  }
}

TEST_F(AuditorTest, RefusesTimestampsThatRunBackwards) {
  ExpectRefused(20, RefusalReason::kTimestampOrder, "log entry 20",
                [](AuditorUpdate& update) { update.timestamp = kStart; });
}

TEST_F(AuditorTest, RefusesDisorderAndDuplicates) {
  const auto swap = [](AuditorUpdate& update) {
    std::swap(update.added[0], update.added[1]);
  };
  ExpectRefused(6, RefusalReason::kMalformed, "added is not in ascending order",
                swap);
  ExpectRefused(6, RefusalReason::kMalformed, "added is not in ascending order",
                [](AuditorUpdate& update) {
                  update.added.push_back(update.added.back());
                  update.proof.results.push_back(update.proof.results.back());
                });
  ExpectRefused(6, RefusalReason::kMalformed,
                "removed is not in ascending order", [](AuditorUpdate& update) {
                  update.removed = {update.added[1], update.added[0]};
                });
}

TEST_F(AuditorTest, RefusesAnyRemoval) {
  ExpectRefused(20, RefusalReason::kRemoval, "removes 1 leaves",
                [this](AuditorUpdate& update) {
                  update.removed = {log_.added().at(3).at(0)};
                });
}

TEST_F(AuditorTest, RefusesALeafThatIsThereAlready) {
  // Honest in all but that: the proof is what the tree gives.
  const AuditorUpdate update = *MakeAuditorUpdate(log_, 20, KeysAddedBy(3));
  AuditorState state = StateAt(20);
  const absl::Status status = Audit(update, state);
  EXPECT_EQ(RefusalOf(status), RefusalReason::kPrefixProof) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("is there already"));
}

TEST_F(AuditorTest, RefusesTheProofOfAnotherTree) {
  AuditorState state = StateAt(20);
  for (uint64_t other : {19, 21, 30}) {
    const absl::Status status = Audit(UpdateOf(other), state);
    EXPECT_FALSE(status.ok()) << other;
  }
  ExpectRefused(20, RefusalReason::kRootMismatch, "the entry before it",
                [](AuditorUpdate& update) {
                  update.proof.elements.at(0).data()[0] ^= 1;
                });
}

TEST_F(AuditorTest, RefusesAWrongNumberOfAnything) {
  ExpectRefused(
      20, RefusalReason::kPrefixProof, "elements, expected",
      [](AuditorUpdate& update) { update.proof.elements.emplace_back(); });
  ExpectRefused(20, RefusalReason::kPrefixProof, "results, expected",
                [](AuditorUpdate& update) { update.proof.results.clear(); });
  ExpectRefused(20, RefusalReason::kPrefixProof, "results, expected",
                [](AuditorUpdate& update) { update.added.clear(); });
}

// What it signs is of another tree than the log's.
TEST_F(AuditorTest, TakesInJustWhatItIsTold) {
  AuditorUpdate update = UpdateOf(20);
  update.added[0].commitment.data()[0] ^= 1;
  AuditorState state = StateAt(20);
  ASSERT_TRUE(Audit(update, state).ok());
  EXPECT_NE(state.Root(), log_.Root(21));
  update = UpdateOf(20);
  ++update.timestamp;
  state = StateAt(20);
  ASSERT_TRUE(Audit(update, state).ok());
  EXPECT_NE(state.Root(), log_.Root(21));
}

}  // namespace
}  // namespace sealbook::keytrans
