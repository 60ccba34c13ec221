// What the tests of several operations share.
#ifndef SEALBOOK_TESTS_REFERENCE_TESTING_H_
#define SEALBOOK_TESTS_REFERENCE_TESTING_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/reference/fake_world.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/verifier.h"
#include "tests/reference/world.h"

namespace sealbook::reference {

// A log of 14 entries for answers worked out by hand:
//
//                7
//         3             11
//     1       5      9       13
//   0   2   4   6  8   10  12
//
// alice's versions come in at 2 (0), 5 (1 and 2), 9 (3) and 12 (4). With a
// window of 1000 ms all entries but 2, 4, 5, 6 and 10 are distinguished; with
// a lifetime of 3000 ms those up to 7 are expired, with 1700 ms those up to 9.
inline World AliceWorld(
    std::optional<uint64_t> lifetime,
    DeploymentMode mode = DeploymentMode::kContactMonitoring,
    uint64_t window = 1000) {
  const uint64_t timestamps[] = {10000, 10010, 10020, 10030, 10040,
                                 10050, 10060, 10070, 13200, 13300,
                                 13400, 13500, 14900, 15000};
  Configuration config = FakeConfiguration(kSuiteP256, mode);
  config.maximum_lifetime = lifetime;
  config.reasonable_monitoring_window = window;
  World world = FakeWorld(config);
  for (uint32_t i = 0; i < 14; ++i) {
    AddEntry(&world, timestamps[i], {{"padding", i}});
  }
  const uint64_t positions[] = {2, 5, 5, 9, 12};
  for (uint32_t version = 0; version < 5; ++version) {
    world.entries[positions[version]].added.push_back(
        FakeLeaf(world, "alice", version));
  }
  return world;
}

// Each prefix proof as its results: I for inclusion, N for non-inclusion.
inline std::vector<std::string> Results(const CombinedTreeProof& proof) {
  std::vector<std::string> out;
  for (const PrefixProof& prefix : proof.prefix_proofs) {
    std::string& results = out.emplace_back();
    for (const PrefixSearchResult& result : prefix.results) {
      results +=
          result.result_type == PrefixSearchResultType::kInclusion ? 'I' : 'N';
    }
  }
  return out;
}

inline std::optional<RetainedState> Seen(const World& world,
                                         std::optional<uint64_t> last) {
  if (!last.has_value()) return std::nullopt;
  return StateOf(world, *last);
}

inline std::set<uint64_t> DistinguishedOf(const World& world, uint64_t n) {
  std::vector<uint64_t> timestamps;
  for (uint64_t i = 0; i < n; ++i) {
    timestamps.push_back(world.entries[i].timestamp);
  }
  return Distinguished(timestamps, world.config.reasonable_monitoring_window);
}

inline bool ExpiredIn(const World& world, uint64_t n, uint64_t position) {
  return world.config.maximum_lifetime.has_value() &&
         world.entries[n - 1].timestamp - world.entries[position].timestamp >=
             *world.config.maximum_lifetime;
}

// Whether an answer about entries from `end` on has to be anchored in an
// expired entry: the rightmost distinguished one before `end`.
inline bool AnchorExpiredIn(const World& world, uint64_t n, uint64_t end) {
  std::optional<uint64_t> anchor;
  for (uint64_t position : DistinguishedOf(world, n)) {
    if (position < end) anchor = position;
  }
  return anchor.has_value() && ExpiredIn(world, n, *anchor);
}

inline std::optional<uint64_t> FirstEntryWith(const World& world, uint64_t n,
                                              const std::string& label,
                                              uint32_t version) {
  for (uint64_t i = 0; i < n; ++i) {
    if (CommitmentAt(world, i, label, version).has_value()) return i;
  }
  return std::nullopt;
}

inline const std::vector<LabelPlan>& SmallPlans() {
  static const auto* const plans = new std::vector<LabelPlan>{
      {"none", 0}, {"one", 1},   {"two", 2},  {"three", 3},
      {"six", 6},  {"seven", 7}, {"ten", 10},
  };
  return *plans;
}

inline constexpr uint64_t kSmallWorldsSeed = 20260818;

// Visits worlds in which no, some and most entries are distinguished, and in
// which no, few and most entries are expired.
inline void ForSmallWorlds(
    uint64_t size, const std::function<void(const World& world)>& visit) {
  uint64_t seed = kSmallWorldsSeed;
  for (uint64_t mean_step : {20, 150, 600}) {
    for (uint64_t lifetime : {0, 1001, 4000}) {
      Configuration config = FakeConfiguration();
      if (lifetime > 0) config.maximum_lifetime = lifetime;
      visit(RandomWorld(++seed, size, mean_step, SmallPlans(), config));
    }
  }
}

// Visits every size with no and with every size seen before.
inline void ForSizes(
    const World& world,
    const std::function<void(uint64_t n, std::optional<uint64_t> last)>&
        visit) {
  for (uint64_t n = 1; n <= world.entries.size(); ++n) {
    visit(n, std::nullopt);
    for (uint64_t last = 1; last <= n; ++last) visit(n, last);
  }
}

// A small world with its users, and what each of them may be shown.
class SmallWorld {
 public:
  explicit SmallWorld(const World& world) : world_(world) {
    for (uint64_t n = 1; n <= world.entries.size(); ++n) {
      states_.push_back(StateOf(world, n));
    }
  }

 protected:
  const World& world() const { return world_; }
  const PublicKeys& keys() const { return keys_; }
  // By n - 1.
  const std::vector<RetainedState>& states() const { return states_; }

  std::optional<RetainedState> State(std::optional<uint64_t> last) const {
    if (!last.has_value()) return std::nullopt;
    return states_[*last - 1];
  }

  uint64_t Now(uint64_t n) const { return world_.entries[n - 1].timestamp; }

  void ExpectShown(const ShownVersion& shown, uint32_t version,
                   const std::string& label, uint64_t n) const {
    EXPECT_EQ(shown.version, version);
    EXPECT_EQ(shown.value, world_.open(label, version).value);
    EXPECT_EQ(shown.opening, world_.open(label, version).opening);
    EXPECT_TRUE(CommitmentAt(world_, shown.terminal, label, version));
    const std::set<uint64_t> distinguished = DistinguishedOf(world_, n);
    EXPECT_EQ(shown.must_monitor,
              world_.config.mode == DeploymentMode::kContactMonitoring &&
                  (distinguished.empty() ||
                   shown.terminal > *distinguished.rbegin()));
  }

 private:
  const World& world_;
  const PublicKeys keys_ = FakeKeys();
  std::vector<RetainedState> states_;
};

}  // namespace sealbook::reference

#endif  // SEALBOOK_TESTS_REFERENCE_TESTING_H_
