// Walking distinguished heads.
#include <functional>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/hash.h"
#include "tests/reference/prover.h"
#include "tests/reference/testing.h"
#include "tests/reference/verifier.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kNow = 15000;  // of AliceWorld

std::vector<uint64_t> Positions(const AcceptedWalk& walk) {
  std::vector<uint64_t> out;
  for (const DistinguishedEntry& entry : walk.entries) {
    out.push_back(entry.position);
  }
  return out;
}

Verdict<AcceptedWalk> Verify(const World& world, std::optional<uint64_t> last,
                             std::optional<uint64_t> stop,
                             const DistinguishedResponse& response) {
  return VerifyDistinguished(world.config, FakeKeys(), Seen(world, last),
                             MakeDistinguishedRequest(last, stop),
                             Encode(response), kNow);
}

// A new user's walk: the timestamps that are sent, the entries found.
void ExpectWalk(const World& world, std::optional<uint64_t> stop,
                const std::vector<uint64_t>& reached,
                const std::vector<uint64_t>& found) {
  const DistinguishedResponse response =
      BuildDistinguishedResponse(world, 14, std::nullopt, stop, false);
  std::vector<uint64_t> timestamps;
  for (uint64_t position : reached) {
    timestamps.push_back(world.entries[position].timestamp);
  }
  EXPECT_EQ(response.distinguished.timestamps, timestamps);
  EXPECT_TRUE(response.distinguished.prefix_proofs.empty());
  EXPECT_EQ(response.distinguished.prefix_roots.size(), reached.size());
  const Verdict<AcceptedWalk> verdict =
      Verify(world, std::nullopt, stop, response);
  ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
  EXPECT_EQ(Positions(*verdict.accepted), found);
}

// The frontier is sent first: 7, 11, 13.
TEST(WalkKnownAnswerTest, ToTheBeginningOfTheLog) {
  ExpectWalk(AliceWorld(std::nullopt), std::nullopt,
             {7, 11, 13, 12, 9, 8, 3, 1, 0}, {13, 12, 11, 9, 8, 7, 3, 1, 0});
}

TEST(WalkKnownAnswerTest, ToTheFirstExpiredEntry) {
  ExpectWalk(AliceWorld(3000), std::nullopt, {7, 11, 13, 12, 9, 8},
             {13, 12, 11, 9, 8});
}

// Every entry is distinguished. 3, reached on the way to 4, is the eleventh.
TEST(WalkKnownAnswerTest, ToTheTenthEntry) {
  World world = AliceWorld(std::nullopt);
  world.config.reasonable_monitoring_window = 0;
  ExpectWalk(world, std::nullopt, {7, 11, 13, 12, 9, 10, 8, 3, 5, 6, 4},
             {13, 12, 11, 10, 9, 8, 7, 6, 5, 4});
}

TEST(WalkKnownAnswerTest, ToTheStoppingPosition) {
  World world = AliceWorld(std::nullopt);
  world.config.reasonable_monitoring_window = 0;
  ExpectWalk(world, 9, {7, 11, 13, 12, 9, 10}, {13, 12, 11, 10});
  ExpectWalk(world, 12, {7, 11, 13, 12}, {13});
  ExpectWalk(world, 13, {7, 11, 13}, {});
  ExpectWalk(world, std::numeric_limits<uint64_t>::max(), {7, 11, 13}, {});
  // 10 is not distinguished.
  ExpectWalk(AliceWorld(std::nullopt), 10, {7, 11, 13, 12, 9}, {13, 12, 11});
}

TEST(WalkKnownAnswerTest, NowhereInALogYoungerThanTheWindow) {
  World world = AliceWorld(std::nullopt);
  world.config.reasonable_monitoring_window = 15001;
  ExpectWalk(world, std::nullopt, {7, 11, 13}, {});
}

std::vector<uint64_t> Expected(const World& world, uint64_t n,
                               std::optional<uint64_t> stop) {
  const std::set<uint64_t> distinguished = DistinguishedOf(world, n);
  std::vector<uint64_t> out;
  for (auto it = distinguished.rbegin(); it != distinguished.rend(); ++it) {
    if (ExpiredIn(world, n, *it) || out.size() == 10) break;
    if (stop.has_value() && *it <= *stop) break;
    out.push_back(*it);
  }
  return out;
}

TEST(WalkTest, IsAcceptedForEverySmallSizeAndEveryStop) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  uint64_t found = 0, full = 0;
  ForSmallWorlds(22, [&](const World& world) {
    const PublicKeys keys = FakeKeys();
    std::vector<RetainedState> states;
    for (uint64_t n = 1; n <= 22; ++n) states.push_back(StateOf(world, n));
    ForSizes(world, [&](uint64_t n, std::optional<uint64_t> last) {
      if (testing::Test::HasFatalFailure()) return;
      for (uint64_t stop = 0; stop <= n; ++stop) {
        SCOPED_TRACE(testing::Message() << "n=" << n << " last="
                                        << last.value_or(0) << " to " << stop);
        std::optional<uint64_t> asked;
        if (stop < n) asked = stop;
        std::optional<RetainedState> state;
        if (last.has_value()) state = states[*last - 1];
        const Verdict<AcceptedWalk> verdict = VerifyDistinguished(
            world.config, keys, state, MakeDistinguishedRequest(last, asked),
            MakeDistinguishedResponse(world, n, last, asked, last == n),
            world.entries[n - 1].timestamp);
        ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
        ASSERT_EQ(verdict.accepted->state, states[n - 1]);
        ASSERT_EQ(Positions(*verdict.accepted), Expected(world, n, asked));
        for (const DistinguishedEntry& entry : verdict.accepted->entries) {
          ASSERT_EQ(entry.entry, LogEntryAt(world, entry.position));
          ASSERT_EQ(entry.log_root, LogValue(world, {0, entry.position + 1}));
        }
        found += verdict.accepted->entries.size();
        full += verdict.accepted->entries.size() == 10;
      }
    });
  });
  EXPECT_GT(found, 10000u);
  EXPECT_GT(full, 500u);
}

struct Change {
  const char* name;
  std::function<void(CombinedTreeProof*)> apply;
  const char* reason;
};

// To a user who saw 9 entries: 7 and 8 are retained.
TEST(WalkRefusalTest, EveryKindOfChange) {
  using P = CombinedTreeProof*;
  const Change changes[] = {
      {"a timestamp missing", [](P p) { p->timestamps.pop_back(); },
       "timestamps missing"},
      {"a timestamp left over", [](P p) { p->timestamps.push_back(10000); },
       "timestamps left over"},
      {"timestamps backwards", [](P p) { p->timestamps[0] = 13501; },
       "run backwards"},
      {"another timestamp", [](P p) { ++p->timestamps[0]; }, "signature"},
      {"another timestamp among the old ones",
       [](P p) { ++p->timestamps.back(); }, "retained subtree head"},
      {"a prefix proof", [](P p) { p->prefix_proofs.emplace_back(); },
       "prefix proofs left over"},
      {"a prefix root missing", [](P p) { p->prefix_roots.pop_back(); },
       "prefix roots missing"},
      {"a prefix root left over",
       [](P p) { p->prefix_roots.push_back(Sha256("")); },
       "prefix roots left over"},
      {"another prefix root", [](P p) { p->prefix_roots.back()[0] ^= 1; },
       "signature"},
      {"an inclusion element missing",
       [](P p) { p->inclusion.elements.pop_back(); }, "elements missing"},
      {"an inclusion element left over",
       [](P p) { p->inclusion.elements.push_back(Sha256("")); },
       "elements left over"},
  };
  const World world = AliceWorld(std::nullopt);
  const DistinguishedResponse honest =
      BuildDistinguishedResponse(world, 14, 9, std::nullopt, false);
  ASSERT_THAT(honest.distinguished.timestamps,
              ElementsAre(13300, 13500, 15000, 14900, 10030, 10010, 10000));
  ASSERT_EQ(Verify(world, 9, std::nullopt, honest).refusal, "");
  for (const Change& change : changes) {
    DistinguishedResponse changed = honest;
    change.apply(&changed.distinguished);
    EXPECT_THAT(Verify(world, 9, std::nullopt, changed).refusal,
                HasSubstr(change.reason))
        << change.name;
  }
  EXPECT_THAT(Verify(world, 9, 9, honest).refusal, HasSubstr("left over"));
}

TEST(WalkRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = AliceWorld(std::nullopt);
  const PublicKeys keys = FakeKeys();
  for (std::optional<uint64_t> last :
       std::vector<std::optional<uint64_t>>{std::nullopt, 9, 14}) {
    const auto state = Seen(world, last);
    const std::string request = MakeDistinguishedRequest(last, std::nullopt);
    std::string response =
        MakeDistinguishedResponse(world, 14, last, std::nullopt, last == 14u);
    const auto refusal = [&](const std::string& bytes) {
      return VerifyDistinguished(world.config, keys, state, request, bytes,
                                 kNow)
          .refusal;
    };
    ASSERT_EQ(refusal(response), "");
    for (size_t i = 0; i < response.size(); ++i) {
      response[i] ^= '\x01';
      ASSERT_NE(refusal(response), "")
          << "byte " << i << ", last " << last.value_or(0);
      response[i] ^= '\x01';
      ASSERT_THAT(refusal(response.substr(0, i)), HasSubstr("truncated"));
    }
    EXPECT_THAT(refusal(response + '\0'), HasSubstr("trailing bytes"));
    EXPECT_THAT(VerifyDistinguished(world.config, keys, state, request + '\0',
                                    response, kNow)
                    .refusal,
                HasSubstr("trailing bytes"));
  }
}

}  // namespace
}  // namespace sealbook::reference
