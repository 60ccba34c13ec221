// Contacts and owners who follow random logs: every honest answer is accepted,
// and what they hold after it is what the facts say.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/added.h"
#include "tests/reference/ladder.h"
#include "tests/reference/monitor_testing.h"
#include "tests/reference/prover.h"
#include "tests/reference/request_checks.h"

namespace sealbook::reference {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kSize = 48;
constexpr uint64_t kSeed = 20261201;

// Versions come one at a time to few, in quick succession to "ten" and
// "forty", and up to 128 at once to "bulk".
const std::vector<std::string>& Labels() {
  static const auto* const labels =
      new std::vector<std::string>{"none", "one", "ten", "forty", "bulk"};
  return *labels;
}

World MonitoredWorld(uint64_t seed, uint64_t mean_step, uint64_t lifetime,
                     uint64_t window) {
  Configuration config = FakeConfiguration();
  config.reasonable_monitoring_window = window;
  config.max_behind = 1000000;
  if (lifetime > 0) config.maximum_lifetime = lifetime;
  World world = RandomWorld(seed, kSize, mean_step,
                            {{"one", 1}, {"ten", 10}, {"forty", 40}}, config);
  std::mt19937_64 random(seed);
  uint32_t version = 0;
  for (Entry& entry : world.entries) {
    if (random() % 8 > 0) continue;
    const uint32_t end = version + 1 + (random() % 2 > 0 ? random() % 128 : 0);
    for (; version < end; ++version) {
      entry.added.push_back(FakeLeaf("bulk", version));
    }
  }
  return world;
}

// No, few, some, most and all entries are distinguished; none, some or most
// are expired.
void ForMonitoredWorlds(
    const std::function<void(const World& world, std::mt19937_64* random)>&
        visit) {
  uint64_t seed = kSeed;
  std::mt19937_64 random(kSeed);
  for (uint64_t window : {0, 1000, 10500, 1000000}) {
    for (uint64_t mean_step : {2, 20, 150, 600}) {
      for (uint64_t lifetime : {uint64_t{0}, window + 1, window + 3000}) {
        SCOPED_TRACE(testing::Message()
                     << "seed " << seed << " window " << window << " step "
                     << mean_step << " lifetime " << lifetime);
        visit(MonitoredWorld(++seed, mean_step, lifetime, window), &random);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

std::optional<uint64_t> RightmostDistinguished(const World& world, uint64_t n) {
  const std::set<uint64_t> distinguished = DistinguishedOf(world, n);
  if (distinguished.empty()) return std::nullopt;
  return *distinguished.rbegin();
}

// The entries right of x on its path, to the first distinguished one.
std::vector<uint64_t> PathRightOf(const World& world, uint64_t n, uint64_t x) {
  const std::set<uint64_t> distinguished = DistinguishedOf(world, n);
  std::vector<uint64_t> out;
  for (uint64_t ancestor : DirectPath(x, n)) {
    if (ancestor < x) continue;
    out.push_back(ancestor);
    if (distinguished.contains(ancestor)) break;
  }
  return out;
}

// Where these pairs are in a tree of n entries, after they were monitored: gone
// if a distinguished entry is at them or right of them, and otherwise at the
// frontier entry that is above them.
MonitoringMap ExpectedMap(const World& world, uint64_t n,
                          const std::vector<MonitorMapEntry>& pairs) {
  MonitoringMap out;
  const std::optional<uint64_t> distinguished =
      RightmostDistinguished(world, n);
  for (const auto& [position, version] : pairs) {
    if (distinguished.has_value() && position <= *distinguished) continue;
    uint64_t top = position;
    for (uint64_t ancestor : DirectPath(position, n)) {
      top = std::max(top, ancestor);
    }
    KeepGreater(top, version, &out);
  }
  return out;
}

// A user who looks a label up from time to time, and monitors.
class Contact {
 public:
  Contact(const World& world, const std::string& label)
      : world_(world), contact_(ContactStateOf(world, label, {})) {}

  void LookUp(uint64_t n) {
    const std::string& label = contact_.label;
    if (!GreatestVersion(world_, n - 1, label).has_value()) return;
    const Outcome found = VerifySearch(
        world_.config, FakeKeys(), Seen(world_, last_),
        MakeSearchRequest(last_, label),
        MakeSearchResponse(world_, n, last_, label, last_ == n), Now(n));
    ASSERT_TRUE(found.accepted.has_value()) << found.refusal;
    last_ = n;
    if (!found.accepted->must_monitor) return;
    MonitoringMap map = contact_.map;
    for (const auto& [position, version] : map) {
      // Monitored already, from an entry whose path has the terminal one.
      if (version == found.accepted->version) return;
    }
    seen_.push_back({found.accepted->terminal, found.accepted->version});
    KeepGreater(found.accepted->terminal, found.accepted->version, &map);
    contact_ = ContactStateOf(world_, label, map);
  }

  void Monitor(uint64_t n) {
    const ContactMonitorRequest request = {last_, contact_.label,
                                           EntriesOf(contact_.map)};
    ASSERT_EQ(RefuseContactMonitor(world_, n, request), std::nullopt);
    const auto verdict = MonitorAsContact(world_, n, last_, contact_);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    ASSERT_EQ(verdict.accepted->state, StateOf(world_, n));
    ASSERT_EQ(verdict.accepted->root, LogValue(world_, {0, n}));
    last_ = n;
    const MonitoringMap expected = ExpectedMap(world_, n, seen_);
    ASSERT_EQ(verdict.accepted->contact,
              ContactStateOf(world_, contact_.label, expected));
    moved_ += expected != contact_.map ? 1 : 0;
    contact_ = verdict.accepted->contact;
  }

  int moved() const { return moved_; }

 private:
  uint64_t Now(uint64_t n) const { return world_.entries[n - 1].timestamp; }

  const World& world_;
  ContactState contact_;
  std::optional<uint64_t> last_;
  std::vector<MonitorMapEntry> seen_;
  int moved_ = 0;
};

TEST(MonitorWorldsTest, ContactsHoldWhatTheFactsSay) {
  int moved = 0;
  ForMonitoredWorlds([&](const World& world, std::mt19937_64* random) {
    for (const std::string& label : Labels()) {
      SCOPED_TRACE(label);
      Contact contact(world, label);
      for (uint64_t n = 1 + (*random)() % 8; n <= kSize; n += (*random)() % 7) {
        if ((*random)() % 2 > 0) contact.LookUp(n);
        if (testing::Test::HasFatalFailure()) return;
        if ((*random)() % 2 > 0) contact.Monitor(n);
        if (testing::Test::HasFatalFailure()) return;
      }
      moved += contact.moved();
    }
  });
  EXPECT_GT(moved, 200);
}

struct Counts {
  int inits = 0, updates = 0, behind = 0, ladders = 0, maps = 0, partial = 0;
};

// An owner who begins where it is possible, is told of all versions, and
// monitors.
class Owner {
 public:
  Owner(const World& world, const std::string& label, std::mt19937_64* random,
        Counts* counts)
      : world_(world), label_(label), random_(random), counts_(counts) {}

  void Visit(uint64_t n) {
    if (owner_.greatest.empty()) Begin(n);
    if (owner_.greatest.empty() || testing::Test::HasFatalFailure()) return;
    if (owner_.map.empty() && (*random_)() % 4 == 0) MonitorBehind(n);
    if (testing::Test::HasFatalFailure()) return;
    while (GreatestKnown(owner_) < GreatestVersion(world_, n - 1, label_)) {
      Update(n);
      if (testing::Test::HasFatalFailure()) return;
    }
    ASSERT_TRUE(
        RefuseUpdate(world_, n, {last_, label_, GreatestKnown(owner_), {}}));
    Monitor(n);
  }

 private:
  void Begin(uint64_t n) {
    std::vector<uint64_t> possible;
    for (uint64_t x = 0; x < n; ++x) {
      if (!RefuseOwnerInit(world_, n, {last_, label_, x}))
        possible.push_back(x);
    }
    if (possible.empty()) return;
    began_ = possible[(*random_)() % possible.size()];
    const auto verdict = InitAsOwner(world_, n, last_, label_, began_);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    Accept(n, *verdict.accepted);
    OwnerState expected = OwnerStateOf(world_, began_ + 1, label_, began_);
    // Ladders of the entries to the left may have told more.
    expected.known.insert(owner_.known.begin(), owner_.known.end());
    ASSERT_EQ(owner_, expected);
    ++counts_->inits;
  }

  void Update(uint64_t n) {
    const UpdateRequest request = {last_, label_, GreatestKnown(owner_), {}};
    ASSERT_EQ(RefuseUpdate(world_, n, request), std::nullopt);
    const UpdateKind kind =
        (*random_)() % 2 > 0 ? UpdateKind::kReported : UpdateKind::kCreated;
    const auto verdict = UpdateAsOwner(world_, n, last_, owner_, kind);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    const AcceptedUpdate& accepted = *verdict.accepted;
    for (const NewVersion& made : accepted.versions) {
      ASSERT_EQ(PositionAdded(world_, n, label_, made.version),
                accepted.position);
      ASSERT_EQ(made.value, world_.open(label_, made.version).value);
    }
    MonitoringMap map = owner_.map;
    if (!DistinguishedOf(world_, n).contains(accepted.position)) {
      KeepGreater(accepted.position, accepted.versions.back().version, &map);
    }
    ASSERT_EQ(accepted.owner.map, map);
    Accept(n, accepted);
    updates_.push_back({accepted.position, accepted.versions.back().version});
    CheckKnown(n);
    ++counts_->updates;
  }

  // Of what the owner knows, every search key and every commitment is true.
  void CheckKnown(uint64_t n) {
    for (const auto& [version, known] : owner_.known) {
      ASSERT_EQ(known.vrf_output, VrfOf(world_, label_, version).output);
      const bool exists = version <= GreatestKnown(owner_);
      ASSERT_EQ(
          known.commitment,
          exists ? CommitmentAdded(world_, n, label_, version) : std::nullopt);
    }
    ASSERT_EQ(owner_.greatest,
              OwnerStateOf(
                  world_,
                  *PositionAdded(world_, n, label_, *GreatestKnown(owner_)) + 1,
                  label_, began_)
                  .greatest);
  }

  void Monitor(uint64_t n) {
    const OwnerMonitorRequest request = RequestOf(owner_, last_);
    ASSERT_EQ(RefuseOwnerMonitor(world_, n, request), std::nullopt);
    const StopConditions stop = {.max_ladders = 1 + (*random_)() % 5};
    ExpectNumberOfLadders(n, stop.max_ladders);
    const auto verdict = MonitorAsOwner(world_, n, last_, owner_, stop);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    Accept(n, *verdict.accepted);
    ASSERT_EQ(owner_.map, ExpectedMap(world_, n, updates_));
    counts_->maps += owner_.map.empty() ? 0 : 1;
    const uint64_t rightmost = *RightmostDistinguished(world_, n);
    ASSERT_EQ(verdict.accepted->complete, owner_.start == rightmost);
    if (verdict.accepted->complete) return;
    ++counts_->partial;
    Monitor(n);
  }

  // Of the owner algorithm: one for each distinguished entry.
  void ExpectNumberOfLadders(uint64_t n, size_t max_ladders) {
    if (!owner_.map.empty()) return;
    size_t right = 0;
    for (uint64_t x : DistinguishedOf(world_, n)) right += x > owner_.start;
    const auto response =
        BuildOwnerMonitorResponse(world_, n, RequestOf(owner_, last_),
                                  last_ == n, {.max_ladders = max_ladders});
    ASSERT_EQ(response.monitor.prefix_proofs.size(),
              std::min(right, max_ladders));
    counts_->ladders += static_cast<int>(std::min(right, max_ladders));
  }

  // To the last distinguished entry before a version that is not known.
  void MonitorBehind(uint64_t n) {
    uint64_t expected = owner_.start;
    bool all = true;
    for (uint64_t x : DistinguishedOf(world_, n)) {
      if (x <= owner_.start || !all) continue;
      all = GreatestVersion(world_, x, label_) <= GreatestKnown(owner_);
      if (all) expected = x;
    }
    const auto verdict = MonitorAsOwner(world_, n, last_, owner_);
    ASSERT_TRUE(verdict.accepted.has_value()) << verdict.refusal;
    ASSERT_EQ(verdict.accepted->complete, all);
    Accept(n, *verdict.accepted);
    ASSERT_EQ(owner_.start, expected);
    counts_->behind += all ? 0 : 1;
  }

  void Accept(uint64_t n, const AcceptedOwner& accepted) {
    ASSERT_EQ(accepted.state, StateOf(world_, n));
    ASSERT_EQ(accepted.root, LogValue(world_, {0, n}));
    owner_ = accepted.owner;
    last_ = n;
  }

  const World& world_;
  const std::string label_;
  std::mt19937_64* random_;
  Counts* counts_;
  OwnerState owner_;
  uint64_t began_ = 0;
  std::optional<uint64_t> last_;
  std::vector<MonitorMapEntry> updates_;
};

TEST(MonitorWorldsTest, OwnersHoldWhatTheFactsSay) {
  Counts counts;
  ForMonitoredWorlds([&](const World& world, std::mt19937_64* random) {
    for (const std::string& label : Labels()) {
      SCOPED_TRACE(label);
      Owner owner(world, label, random, &counts);
      for (uint64_t n = 1 + (*random)() % 8; n <= kSize;
           n += 1 + (*random)() % 7) {
        SCOPED_TRACE(testing::Message() << "n " << n);
        owner.Visit(n);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  });
  EXPECT_GT(counts.inits, 100);
  EXPECT_GT(counts.updates, 500);
  EXPECT_GT(counts.behind, 20);
  EXPECT_GT(counts.ladders, 1000);
  EXPECT_GT(counts.maps, 50);
  EXPECT_GT(counts.partial, 100);
}

// One leaf of the label is hidden in one entry: whoever inspects it notices.
TEST(MonitorWorldsTest, ContactsNoticeWhatTheyInspect) {
  int noticed = 0, unnoticed = 0;
  ForMonitoredWorlds([&](const World& honest, std::mt19937_64* random) {
    for (int i = 0; i < 20; ++i) {
      const uint64_t n = 2 + (*random)() % (kSize - 1);
      const uint64_t x = (*random)() % n;
      const auto greatest = GreatestVersion(honest, x, "forty");
      if (!greatest.has_value()) continue;
      const uint64_t hidden = x + (*random)() % (n - x);
      const std::vector<uint32_t> ladder = MonitoringLadder(*greatest);
      const uint32_t version = ladder[(*random)() % ladder.size()];
      World world = honest;
      HideLeaf(&world, hidden, "forty", version);
      std::vector<uint64_t> path = PathRightOf(world, n, x);
      if (DistinguishedOf(world, n).contains(x)) path.clear();
      const bool inspected =
          std::find(path.begin(), path.end(), hidden) != path.end();
      const std::string refusal =
          MonitorAsContact(world, n,
                           x + 1 <= n ? std::optional<uint64_t>(x + 1) : n,
                           ContactStateOf(world, "forty", {{x, *greatest}}))
              .refusal;
      ASSERT_EQ(!refusal.empty(), inspected) << refusal;
      ++(inspected ? noticed : unnoticed);
      if (!inspected) continue;
      ASSERT_THAT(refusal, HasSubstr("lacks a version"));
    }
  });
  EXPECT_GT(noticed, 50);
  EXPECT_GT(unnoticed, 50);
}

// One leaf is hidden or planted in one entry.
TEST(MonitorWorldsTest, OwnersNoticeWhatTheyInspect) {
  int noticed = 0, unnoticed = 0;
  ForMonitoredWorlds([&](const World& honest, std::mt19937_64* random) {
    for (int i = 0; i < 20; ++i) {
      const uint64_t n = 2 + (*random)() % (kSize - 1);
      const std::set<uint64_t> distinguished = DistinguishedOf(honest, n);
      if (distinguished.empty()) return;
      OwnerState owner =
          OwnerStateOf(honest, n, "forty", *distinguished.begin());
      owner.map.clear();
      const uint64_t changed = (*random)() % n;
      const auto expected = GreatestVersion(honest, changed, "forty");
      const std::vector<uint32_t> ladder = BaseLadder(expected);
      const uint32_t version = ladder[(*random)() % ladder.size()];
      World world = honest;
      if (version <= expected) {
        HideLeaf(&world, changed, "forty", version);
      } else {
        PlantLeaf(&world, changed, "forty", version);
      }
      const bool inspected =
          distinguished.contains(changed) && changed > owner.start;
      const std::string refusal =
          MonitorAsOwner(world, n, std::nullopt, owner).refusal;
      ASSERT_EQ(!refusal.empty(), inspected) << refusal;
      ++(inspected ? noticed : unnoticed);
      if (!inspected) continue;
      ASSERT_THAT(refusal,
                  HasSubstr(version <= expected ? "lacks a version"
                                                : "above the greatest one"));
    }
  });
  EXPECT_GT(noticed, 50);
  EXPECT_GT(unnoticed, 50);
}

// A version above the previous greatest one is planted in an entry of the
// previous tree: the entries right of what was verified, on its frontier, that
// are not distinguished are inspected.
TEST(MonitorWorldsTest, UpdatesNoticeWhatTheyInspect) {
  int noticed = 0, unnoticed = 0;
  ForMonitoredWorlds([&](const World& honest, std::mt19937_64* random) {
    const GreatestVersions added = GreatestAdded(honest, kSize, "ten");
    uint64_t before = added.begin()->first;
    for (const auto& [position, greatest] : added) {
      if (position == before) continue;
      const OwnerState owner = OwnerStateOf(honest, before + 1, "ten", 0);
      const uint64_t n = position + 1 + (*random)() % (kSize - position);
      const uint64_t planted = before + (*random)() % (position - before);
      std::vector<uint32_t> above = BaseLadder(GreatestKnown(owner));
      std::erase_if(above, [&](uint32_t version) {
        return version <= GreatestKnown(owner);
      });
      World world = honest;
      PlantLeaf(&world, planted, "ten", above[(*random)() % above.size()]);
      const std::vector<uint64_t> frontier = Frontier(position);
      const bool inspected =
          planted > before && !DistinguishedOf(world, n).contains(planted) &&
          std::find(frontier.begin(), frontier.end(), planted) !=
              frontier.end();
      const std::string refusal =
          UpdateAsOwner(world, n, before + 1, owner, UpdateKind::kReported)
              .refusal;
      ASSERT_EQ(!refusal.empty(), inspected)
          << refusal << ", n " << n << ", " << planted << " in " << before
          << " to " << position;
      ++(inspected ? noticed : unnoticed);
      before = position;
    }
  });
  EXPECT_GT(noticed, 20);
  EXPECT_GT(unnoticed, 20);
}

// Entries that come in quickly, right of the distinguished 15: the owner learns
// of version 1 at 17, monitors past version 2 at 18 without having been told of
// it, and is told of it then. Everybody is honest.
TEST(MonitorWorldsTest, MonitoringPastAnUnreportedVersionEndsInAnError) {
  Configuration config = FakeConfiguration();
  config.reasonable_monitoring_window = 9000;
  World world = FakeWorld(config);
  for (uint32_t x = 0; x < 24; ++x) {
    AddEntry(&world, 10000 + 10 * x, {{"padding", x}});
  }
  world.entries[3].added.push_back(FakeLeaf("alice", 0));
  world.entries[17].added.push_back(FakeLeaf("alice", 1));
  world.entries[18].added.push_back(FakeLeaf("alice", 2));
  const auto monitored =
      MonitorAsOwner(world, 20, 18, OwnerStateOf(world, 18, "alice", 15));
  ASSERT_TRUE(monitored.accepted.has_value()) << monitored.refusal;
  EXPECT_EQ(monitored.accepted->owner.map, (MonitoringMap{{19, 1}}));
  const auto updated = UpdateAsOwner(world, 20, 20, monitored.accepted->owner,
                                     UpdateKind::kReported);
  ASSERT_TRUE(updated.accepted.has_value()) << updated.refusal;
  const OwnerState& owner = updated.accepted->owner;
  EXPECT_EQ(owner.map, (MonitoringMap{{18, 2}, {19, 1}}));
  EXPECT_EQ(RefuseOwnerMonitor(world, 24, RequestOf(owner, 20)), std::nullopt);
  // 19 goes to 23. 18 goes to 19, and meets the lesser version at 23.
  EXPECT_THAT(MonitorAsOwner(world, 24, 20, owner).refusal,
              HasSubstr("a version that is not greater"));
}

}  // namespace
}  // namespace sealbook::reference
