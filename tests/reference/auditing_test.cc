// A user's side of auditing: the auditor's head beside the log's, and what it
// adds to a proof. Answers worked out by hand, and what has to be refused.
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"
#include "tests/reference/modes_testing.h"
#include "tests/reference/prover.h"
#include "tests/reference/testing.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kAuditing = DeploymentMode::kThirdPartyAuditing;

// AliceWorld's 14 entries with an auditor who has signed the first `audited`,
// and may lag by 2000 ms: from 8 entries on.
World AuditedWorld(uint64_t audited) {
  World world = AliceWorld(std::nullopt, kAuditing);
  world.config.max_auditor_lag = 2000;
  world.audited = [audited](uint64_t) { return audited; };
  return world;
}

constexpr uint64_t kNow = 15000;

// A user who saw 4 entries when the auditor had signed 2 of them.
RetainedState Before(const World& world) {
  RetainedState state = StateOf(world, 4);
  state.auditor_tree_head = SignedAuditorTreeHead(world, 2);
  return state;
}

Outcome Look(const World& world, const std::optional<RetainedState>& state,
             const SearchResponse& response) {
  std::optional<uint64_t> last;
  if (state.has_value()) last = state->tree_size;
  const Outcome outcome = VerifySearch(
      world.config, FakeKeys(), state, MakeSearchRequest(last, "alice"),
      Encode(response, kSuiteP256, kAuditing), kNow);
  EXPECT_NE(outcome.accepted.has_value(), !outcome.refusal.empty());
  return outcome;
}

// The user learns of 7, 11 and 13 and retains {0, 4}. For the log's root: 4 and
// 5, 6, 8 and 9, 10, 12. The auditor's full subtrees of 10 are {0, 8}, {8, 2},
// of 9 {0, 8}, {8, 1}; of 13 {0, 8}, {8, 4}, {12, 1}.
TEST(AuditingKnownAnswerTest, TheProofLeadsToTheAuditorsRootToo) {
  for (uint64_t audited : {9, 10, 13, 14}) {
    const World world = AuditedWorld(audited);
    const SearchResponse response =
        BuildSearchResponse(world, 14, 4, "alice", false);
    const AuditorTreeHead& head = response.full_tree_head.auditor_tree_head;
    EXPECT_EQ(head, SignedAuditorTreeHead(world, audited));
    EXPECT_THAT(response.search.timestamps, ElementsAre(10070, 13500, 15000));
    EXPECT_EQ(
        response.search.inclusion.elements,
        audited == 9
            ? NodesOf(world, {{4, 2}, {6, 1}, {8, 1}, {9, 1}, {10, 1}, {12, 1}})
            : NodesOf(world, {{4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}}));
    const Outcome outcome = Look(world, Before(world), response);
    ASSERT_EQ(outcome.refusal, "") << audited;
    EXPECT_EQ(outcome.accepted->version, 4u);
    EXPECT_EQ(outcome.accepted->state, StateOf(world, 14));
    EXPECT_EQ(outcome.accepted->state.auditor_tree_head, head);
    EXPECT_EQ(Look(world, std::nullopt,
                   BuildSearchResponse(world, 14, std::nullopt, "alice", false))
                  .refusal,
              "");
  }
}

// A retained head of 8 into which 5 cuts, without a bound on the lag: {0, 4}
// and {4, 1} for the auditor, {5, 1} and {6, 1} for the head, with leaf 7
// retained but not sent.
TEST(AuditingKnownAnswerTest, ARetainedHeadIntoWhichTheAuditorsTreeCuts) {
  World world = AuditedWorld(5);
  world.config.max_auditor_lag = 10000;
  const SearchResponse response =
      BuildSearchResponse(world, 14, 8, "alice", false);
  EXPECT_THAT(response.search.timestamps, ElementsAre(13500, 15000));
  EXPECT_EQ(
      response.search.inclusion.elements,
      NodesOf(world,
              {{0, 4}, {4, 1}, {5, 1}, {6, 2}, {8, 2}, {10, 1}, {12, 1}}));
  EXPECT_EQ(Look(world, StateOf(world, 8), response).refusal, "");
  // What is derived has to be what was retained.
  for (size_t i = 0; i < 4; ++i) {
    SearchResponse changed = response;
    changed.search.inclusion.elements[i][0] ^= 1;
    EXPECT_THAT(Look(world, StateOf(world, 8), changed).refusal,
                HasSubstr("retained subtree head differs"));
  }
}

TEST(AuditingKnownAnswerTest, TheSameHeadKeepsTheAuditorsOne) {
  const World world = AuditedWorld(9);
  RetainedState state = StateOf(world, 14);
  const SearchResponse response =
      BuildSearchResponse(world, 14, 14, "alice", true);
  EXPECT_THAT(response.search.inclusion.elements, IsEmpty());
  Outcome outcome = Look(world, state, response);
  ASSERT_EQ(outcome.refusal, "");
  EXPECT_EQ(outcome.accepted->state, state);
  // Whatever it was: it is not verified again, nor is its beginning.
  state.auditor_tree_head = SignedAuditorTreeHead(world, 3);
  World later = world;
  later.config.auditor_start_pos = 9;
  outcome = Look(later, state, response);
  ASSERT_EQ(outcome.refusal, "");
  EXPECT_EQ(outcome.accepted->state, state);
}

// 12 is right of the rightmost distinguished entry for a window of 9000 ms.
// With an auditor, who looks up need not monitor.
TEST(AuditingKnownAnswerTest, NobodyHasToMonitorWhatIsNotHis) {
  for (DeploymentMode mode : {DeploymentMode::kContactMonitoring, kAuditing}) {
    World world = AuditedWorld(14);
    world.config.mode = mode;
    world.config.reasonable_monitoring_window = 9000;
    const Outcome outcome = VerifySearch(
        world.config, FakeKeys(), std::nullopt,
        MakeSearchRequest(std::nullopt, "alice"),
        MakeSearchResponse(world, 14, std::nullopt, "alice", false), kNow);
    ASSERT_EQ(outcome.refusal, "");
    EXPECT_EQ(outcome.accepted->terminal, 13u);
    EXPECT_EQ(outcome.accepted->must_monitor,
              mode == DeploymentMode::kContactMonitoring);
  }
}

// Step 1: what the auditor before signed reaches to where this one began.
TEST(AuditingTest, LeavesNoGapBetweenTwoAuditors) {
  World world = AuditedWorld(13);
  for (uint64_t signed_before : {1, 2, 4}) {
    RetainedState state = StateOf(world, 4);
    state.auditor_tree_head = SignedAuditorTreeHead(world, signed_before);
    for (uint64_t began = 0; began <= 5; ++began) {
      world.config.auditor_start_pos = began;
      const SearchResponse response =
          BuildSearchResponse(world, 14, 4, "alice", false);
      if (signed_before >= began) {
        EXPECT_EQ(Look(world, state, response).refusal, "");
      } else {
        EXPECT_THAT(Look(world, state, response).refusal,
                    HasSubstr("began right of the one before"));
      }
      // It does not concern who has seen nothing before.
      EXPECT_EQ(
          Look(world, std::nullopt,
               BuildSearchResponse(world, 14, std::nullopt, "alice", false))
              .refusal,
          "");
    }
  }
}

// The bounds of step 2 are inclusive.
TEST(AuditingTest, BoundsTheLag) {
  World world = AuditedWorld(9);  // 13200 ms, 1800 before the last entry
  const SearchResponse response =
      BuildSearchResponse(world, 14, std::nullopt, "alice", false);
  ASSERT_EQ(Look(world, std::nullopt, response).refusal, "");
  const auto refusal = [&](uint64_t timestamp, uint64_t lag) {
    world.config.max_auditor_lag = lag;
    SearchResponse out =
        BuildSearchResponse(world, 14, std::nullopt, "alice", false);
    out.full_tree_head.auditor_tree_head =
        SignedAuditorTreeHead(world, 9, timestamp);
    return Look(world, std::nullopt, out).refusal;
  };
  EXPECT_EQ(refusal(13200, 1800), "");
  EXPECT_THAT(refusal(13200, 1799), HasSubstr("lags too far behind"));
  EXPECT_THAT(refusal(13199, 1800), HasSubstr("lags too far behind"));
  EXPECT_EQ(refusal(15000, 0), "");
  EXPECT_THAT(refusal(15001, 5000), HasSubstr("later than the tree head"));
  EXPECT_THAT(refusal(~uint64_t{0}, ~uint64_t{0}),
              HasSubstr("later than the tree head"));
}

TEST(AuditingRefusalTest, EveryKindOfChange) {
  using H = AuditorTreeHead*;
  const World world = AuditedWorld(9);
  const std::vector<std::pair<std::function<void(H)>, const char*>> changes = {
      {[](H h) { h->signature[3] ^= 1; },
       "auditor tree head: signature is not valid"},
      {[](H h) { h->signature.clear(); },
       "auditor tree head: signature is not valid"},
      {[](H h) { h->timestamp += 1; },
       "auditor tree head: signature is not valid"},
      {[](H h) { h->tree_size = 0; }, "auditor tree head: empty tree"},
      {[](H h) { h->tree_size = 15; }, "larger than the tree"},
      {[](H h) { h->tree_size = ~uint64_t{0}; }, "larger than the tree"},
      // Another size wants another proof, or has another root.
      {[](H h) { h->tree_size = 10; }, "elements left over"},
      {[](H h) { h->tree_size = 3; }, "inclusion proof"},
      // The log's own signature is not the auditor's.
      {[&](H h) {
         h->signature = world.sign(Encode(AuditorTreeHeadTBS{
             world.config, h->timestamp, 9, LogValue(world, {0, 9})}));
       },
       "auditor tree head: signature is not valid"},
      // Of another root.
      {[&](H h) {
         h->signature = world.sign_auditor(Encode(AuditorTreeHeadTBS{
             world.config, h->timestamp, 9, LogValue(world, {0, 8})}));
       },
       "auditor tree head: signature is not valid"},
  };
  const SearchResponse honest =
      BuildSearchResponse(world, 14, 4, "alice", false);
  ASSERT_EQ(Look(world, Before(world), honest).refusal, "");
  for (size_t i = 0; i < changes.size(); ++i) {
    SearchResponse changed = honest;
    changes[i].first(&changed.full_tree_head.auditor_tree_head);
    EXPECT_THAT(Look(world, Before(world), changed).refusal,
                HasSubstr(changes[i].second))
        << i;
  }
}

TEST(AuditingRefusalTest, ElementsOfTheProof) {
  const World world = AuditedWorld(9);
  SearchResponse response = BuildSearchResponse(world, 14, 4, "alice", false);
  // What would do for the log's root alone.
  response.search.inclusion.elements =
      NodesOf(world, {{4, 2}, {6, 1}, {8, 2}, {10, 1}, {12, 1}});
  EXPECT_THAT(Look(world, Before(world), response).refusal,
              HasSubstr("elements missing"));
}

TEST(AuditingRefusalTest, AStateWithoutTheAuditorsHead) {
  const World world = AuditedWorld(9);
  for (uint64_t last : {4, 14}) {
    RetainedState state = StateOf(world, last);
    state.auditor_tree_head.reset();
    EXPECT_THAT(Look(world, state,
                     BuildSearchResponse(world, 14, last, "alice", last == 14))
                    .refusal,
                HasSubstr("no auditor tree head"));
  }
}

// The log shows its users another tree than its auditor.
TEST(AuditingRefusalTest, ATreeThatTheAuditorHasNotSeen) {
  const World honest = AuditedWorld(9);
  for (uint64_t position = 0; position < 9; ++position) {
    World fork = AuditedWorld(9);
    fork.entries[position].added.push_back(FakeLeaf("intruder", 0));
    SearchResponse response =
        BuildSearchResponse(fork, 14, std::nullopt, "alice", false);
    ASSERT_EQ(Look(fork, std::nullopt, response).refusal, "");
    response.full_tree_head.auditor_tree_head =
        SignedAuditorTreeHead(honest, 9);
    EXPECT_THAT(Look(fork, std::nullopt, response).refusal,
                HasSubstr("auditor tree head: signature is not valid"))
        << position;
  }
}

TEST(AuditingRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AuditedWorld(9);
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 4, 14}) {
    const auto state = Seen(world, last);
    const std::string request = MakeSearchRequest(last, "alice");
    std::string response =
        MakeSearchResponse(world, 14, last, "alice", last == 14u);
    const auto refusal = [&](const std::string& bytes) {
      return VerifySearch(world.config, FakeKeys(), state, request, bytes, kNow)
          .refusal;
    };
    ASSERT_EQ(refusal(response), "");
    for (size_t i = 0; i < response.size(); ++i) {
      response[i] ^= '\x01';
      ASSERT_NE(refusal(response), "") << "byte " << i;
      response[i] ^= '\x01';
      ASSERT_THAT(refusal(response.substr(0, i)), HasSubstr("truncated"));
    }
    EXPECT_THAT(refusal(response + '\0'), HasSubstr("trailing bytes"));
  }
}

// An auditor who has signed, when n entries are shown, some tree that does not
// lag too far behind.
World RandomAuditedWorld(uint64_t seed, uint64_t size, uint64_t mean_step,
                         uint16_t suite) {
  World world = RandomWorld(seed, size, mean_step,
                            {{"none", 0}, {"two", 2}, {"seven", 7}},
                            FakeConfiguration(suite, kAuditing));
  std::vector<uint64_t> timestamps;
  for (const Entry& entry : world.entries) {
    timestamps.push_back(entry.timestamp);
  }
  const uint64_t lag = world.config.max_auditor_lag;
  world.audited = [timestamps, lag](uint64_t n) {
    uint64_t least = n;
    while (least > 1 && timestamps[n - 1] - timestamps[least - 2] <= lag) {
      --least;
    }
    return least + 7 * n % (n - least + 1);
  };
  return world;
}

TEST(AuditingTest, IsPartOfEveryOperation) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  for (uint64_t mean_step : {5, 60, 300}) {
    const uint16_t suite = mean_step == 60 ? kSuiteEd25519 : kSuiteP256;
    const World world =
        RandomAuditedWorld(kSmallWorldsSeed, 12, mean_step, suite);
    EveryOperation operations(world);
    for (const char* label : {"none", "two", "seven"}) {
      operations.Check(label);
    }
    EXPECT_GT(operations.accepted(), 1000u);
    EXPECT_EQ(operations.without_answer(), 0u);
  }
}

}  // namespace
}  // namespace sealbook::reference
