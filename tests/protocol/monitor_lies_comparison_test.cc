// What contacts and owners refuse, ours beside tests/reference: responses that
// were changed, and those of logs whose entries show what they should not. The
// two verifiers come to the same verdict, and where they accept, to the same
// state.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crypto/types.h"
#include "keytrans/structures.h"
#include "keytrans/testing/fake_keys.h"
#include "keytrans/testing/test_log.h"
#include "keytrans/verifier.h"
#include "tests/protocol/both_verifiers.h"
#include "tests/protocol/random_log.h"
#include "tests/protocol/response_edits.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/added.h"
#include "tests/reference/hash.h"
#include "tests/reference/implicit_tree.h"
#include "tests/reference/monitor_prover.h"

namespace sealbook {
namespace {

struct Tally {
  int accepted = 0;
  int refused = 0;
};

class MonitorLiesComparisonTest : public ::testing::TestWithParam<LogShape> {
 protected:
  void MakeLog(uint64_t size) {
    LogShape shape = GetParam();
    shape.size = size;
    log_ = RandomLog(shape, random_);
    world_ = MirrorOf(*log_);
    // Also of versions that were never added.
    world_.open = [this](const std::string& label, uint32_t version) {
      const auto known = log_->labels().find(label);
      if (known == log_->labels().end() || version >= known->second.size()) {
        return reference::OpenedValue{
            std::string(16, 'o'), "made up",
            keytrans::FakeSign(keytrans::EncodeUpdateTbs(
                log_->configuration(), label, version, "made up"))};
      }
      const auto& opened = known->second[version].opened;
      return reference::OpenedValue{opened.opening.ToString(), opened.value,
                                    opened.suffix.signature.value_or("")};
    };
    strict_.emplace(log_->verifier(), world_.config,
                    FakePublicKeys(GetParam().suite));
    credulous_.emplace(BothVerifiers::Credulous(log_->configuration()));
  }

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  std::string AnyLabel() { return kRandomLabels[Below(4)]; }
  Seen SeenAt(uint64_t n) const {
    return {ViewOf(world_, n), reference::StateOf(world_, n)};
  }
  uint64_t Now(uint64_t n) const { return world_.entries[n - 1].timestamp + 1; }
  std::optional<uint64_t> AnyDistinguished(uint64_t n) {
    std::vector<uint64_t> timestamps;
    for (uint64_t i = 0; i < n; ++i) {
      timestamps.push_back(world_.entries[i].timestamp);
    }
    const std::set<uint64_t> all = reference::Distinguished(
        timestamps, world_.config.reasonable_monitoring_window);
    if (all.empty()) return std::nullopt;
    return *std::next(all.begin(), Below(all.size()));
  }

  // Versions of the label, each where it was added, as far as they ascend.
  reference::MonitoringMap AnyMap(uint64_t n, const std::string& label) {
    reference::MonitoringMap map;
    for (const auto& [position, greatest] :
         reference::GreatestAdded(world_, n, label)) {
      if (OneIn(3)) map[position] = *greatest;
    }
    while (map.size() > 4) map.erase(map.begin());
    return map;
  }

  // --- A response, and how both judge it or what became of it ---

  struct Case {
    std::string bytes;
    std::function<void(const BothVerifiers&, const std::string& bytes, Tally&)>
        judge;
    // One part of the response changed.
    std::function<std::string()> edited;
  };

  template <typename Response>
  Case MakeCase(
      const Response& response,
      std::function<void(const BothVerifiers&, const std::string&, Tally&)>
          judge) {
    const auto& [suite, mode] =
        std::pair(world_.config.ciphersuite, world_.config.mode);
    return {reference::Encode(response, suite, mode), std::move(judge),
            [this, response, suite, mode] {
              Response changed = response;
              Edit(changed, random_);
              if (OneIn(4)) Edit(changed, random_);
              return reference::Encode(changed, suite, mode);
            }};
  }

  template <typename Judged>
  static void Count(const Judged& judged, Tally& tally) {
    ASSERT_TRUE(Agree(judged));
    ++(judged.accepted() ? tally.accepted : tally.refused);
  }

  std::optional<Case> ContactCase(uint64_t n, uint64_t last) {
    const std::string label = AnyLabel();
    BothContacts both;
    both.contact =
        reference::ContactStateOf(world_, label, AnyMap(last, label));
    both.keys = KeysOf(both.contact.known);
    const Seen seen = SeenAt(last);
    reference::ContactMonitorRequest asked;
    Mirror(RequestOf(seen, both), &asked);
    return MakeCase(
        reference::BuildContactMonitorResponse(world_, n, asked, last == n),
        [=, this](const BothVerifiers& verifiers, const std::string& bytes,
                  Tally& tally) {
          Count(verifiers.Contact(seen, both, bytes, Now(n)), tally);
        });
  }

  std::optional<Case> InitCase(uint64_t n, uint64_t last) {
    const keytrans::OwnerInitRequest asked{
        last, AnyLabel(),
        OneIn(8) ? Below(n) : AnyDistinguished(n).value_or(0)};
    const Seen seen = SeenAt(last);
    reference::OwnerInitRequest theirs;
    Mirror(asked, &theirs);
    std::optional<std::vector<uint32_t>> claim;
    if (OneIn(4)) {
      claim.emplace();
      for (size_t i = Below(4); i > 0; --i) claim->push_back(Below(6));
    }
    return MakeCase(
        reference::BuildOwnerInitResponse(world_, n, theirs, last == n, claim),
        [=, this](const BothVerifiers& verifiers, const std::string& bytes,
                  Tally& tally) {
          Count(verifiers.Init(seen, asked, bytes, Now(n)), tally);
        });
  }

  // Who was told of all versions in the tree of `last` entries; or of fewer.
  std::optional<BothOwners> AnyOwner(uint64_t last) {
    const auto start = AnyDistinguished(last);
    if (!start.has_value()) return std::nullopt;
    BothOwners owners;
    owners.theirs = reference::OwnerStateOf(
        world_, *start + 1 + Below(last - *start), AnyLabel(), *start);
    owners.ours = OwnerOf(owners.theirs);
    return owners;
  }

  std::optional<Case> MonitorCase(uint64_t n, uint64_t last) {
    const auto owners = AnyOwner(last);
    if (!owners.has_value()) return std::nullopt;
    const Seen seen = SeenAt(last);
    reference::OwnerMonitorRequest asked;
    Mirror(RequestOf(seen, *owners), &asked);
    return MakeCase(reference::BuildOwnerMonitorResponse(
                        world_, n, asked, last == n,
                        {.max_ladders = OneIn(2) ? 64 : Below(4),
                         .when_owner_is_behind = !OneIn(4)}),
                    [=, this](const BothVerifiers& verifiers,
                              const std::string& bytes, Tally& tally) {
                      Count(verifiers.Monitor(seen, *owners, bytes, Now(n)),
                            tally);
                    });
  }

  std::optional<Case> UpdateCase(uint64_t n, uint64_t last) {
    const auto owners = AnyOwner(last);
    if (!owners.has_value()) return std::nullopt;
    const Seen seen = SeenAt(last);
    keytrans::UpdateRequest asked = UpdateRequestOf(seen, *owners);
    const auto greatest = reference::GreatestAt(
        reference::GreatestAdded(world_, n, asked.label), n - 1);
    reference::NewVersions claim;
    const bool exists = asked.greatest_version < greatest;
    if (exists) {
      claim = reference::NextVersions(world_, n, asked.label,
                                      asked.greatest_version);
    }
    if (!exists || OneIn(3)) Invent(n, asked.greatest_version, claim);
    const bool created = OneIn(3);
    for (uint32_t version : reference::VersionsOf(claim)) {
      if (!created) break;
      if (reference::IsSkipped(world_, n - 1, asked.label, version)) continue;
      asked.values.push_back({world_.open(asked.label, version).value});
    }
    reference::UpdateRequest theirs;
    Mirror(asked, &theirs);
    return MakeCase(
        reference::BuildUpdateResponse(world_, n, theirs,
                                       created
                                           ? reference::UpdateKind::kCreated
                                           : reference::UpdateKind::kReported,
                                       last == n, claim),
        [=, this](const BothVerifiers& verifiers, const std::string& bytes,
                  Tally& tally) {
          Count(verifiers.Update(seen, *owners, asked, bytes, Now(n)), tally);
        });
  }

  // Another log entry, or more or fewer versions.
  void Invent(uint64_t n, const std::optional<uint32_t>& previous,
              reference::NewVersions& claim) {
    claim.previous = previous;
    if (claim.before.empty() || OneIn(2)) claim.position = Below(n);
    if (claim.before.empty() || OneIn(2)) {
      claim.greatest = (previous ? *previous + 1 : 0) + Below(4);
    }
  }

  std::optional<Case> AnyCase() {
    const uint64_t n = 1 + Below(world_.entries.size());
    const uint64_t last = OneIn(4) ? n : 1 + Below(n);
    switch (Below(4)) {
      case 0:
        return ContactCase(n, last);
      case 1:
        return InitCase(n, last);
      case 2:
        return MonitorCase(n, last);
      default:
        return UpdateCase(n, last);
    }
  }

  // --- What entries show ---

  // In one entry a version is hidden, shown too early, or shown with another
  // commitment.
  void Tamper() {
    const uint64_t at = Below(world_.entries.size());
    std::vector<reference::Leaf> leaves;
    for (uint64_t i = 0; i <= at; ++i) {
      const auto& added = world_.entries[i].added;
      leaves.insert(leaves.end(), added.begin(), added.end());
    }
    const std::string label = AnyLabel();
    const auto version = static_cast<uint32_t>(Below(8));
    const size_t removed = std::erase_if(leaves, [&](const auto& leaf) {
      return leaf.label == label && leaf.version == version;
    });
    if (removed == 0 || OneIn(4)) {
      const reference::OpenedValue opened = world_.open(label, version);
      leaves.push_back(
          {label, version, reference::VrfOf(world_, label, version).output,
           reference::Commit(
               {opened.opening,
                label,
                version,
                {removed ? "other" : opened.value, {opened.signature}}})});
    }
    world_.entries[at].instead = std::move(leaves);
  }

  std::mt19937_64 random_;
  std::unique_ptr<keytrans::TestLog> log_;
  reference::World world_;
  std::optional<BothVerifiers> strict_;
  // Believes every signature, so that a changed response is judged to its end.
  std::optional<BothVerifiers> credulous_;
};

TEST_P(MonitorLiesComparisonTest, AgreesAboutChangedResponses) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  Tally strict, credulous;
  for (int round = 0; round < 4; ++round) {
    MakeLog(2 + Below(60));
    for (int i = 0; i < 60; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const auto made = AnyCase();
      if (!made.has_value()) continue;
      made->judge(*strict_, made->bytes, strict);
      for (int k = 0; k < 20; ++k) {
        const std::string changed =
            OneIn(3) ? EditBytes(made->bytes, random_) : made->edited();
        made->judge(*strict_, changed, strict);
        made->judge(*credulous_, changed, credulous);
        if (HasFatalFailure()) return;
      }
    }
  }
  EXPECT_GT(strict.accepted, 0);
  EXPECT_GT(strict.refused, 0);
  EXPECT_GT(credulous.accepted, 0);
  EXPECT_GT(credulous.refused, 0);
}

TEST_P(MonitorLiesComparisonTest, AgreesAboutLogsThatLie) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  Tally tally;
  for (int round = 0; round < 12; ++round) {
    MakeLog(2 + Below(40));
    for (size_t count = 1 + Below(6); count > 0; --count) Tamper();
    world_.cache = {};
    for (int i = 0; i < 60; ++i) {
      SCOPED_TRACE("round " + std::to_string(round) + ", case " +
                   std::to_string(i));
      const auto made = AnyCase();
      if (!made.has_value()) continue;
      made->judge(*strict_, made->bytes, tally);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(tally.accepted, 0);
  EXPECT_GT(tally.refused, 0);
}

std::vector<LogShape> Shapes() {
  std::vector<LogShape> shapes;
  for (crypto::CipherSuite suite :
       {crypto::CipherSuite::kP256, crypto::CipherSuite::kEd25519}) {
    for (uint64_t window : {uint64_t{0}, 6 * kMeanStep, 30 * kMeanStep,
                            uint64_t{1'600'000'000'000}}) {
      shapes.push_back({0, window, std::nullopt, suite});
      shapes.push_back({0, window, window + 8 * kMeanStep, suite});
    }
  }
  for (const auto& lifetime :
       {std::optional<uint64_t>(), std::optional(14 * kMeanStep)}) {
    for (const auto mode : {keytrans::DeploymentMode::kThirdPartyAuditing,
                            keytrans::DeploymentMode::kThirdPartyManagement}) {
      shapes.push_back(
          {.window = 6 * kMeanStep, .lifetime = lifetime, .mode = mode});
    }
  }
  return shapes;
}

std::string NameOf(const ::testing::TestParamInfo<LogShape>& info) {
  using Mode = keytrans::DeploymentMode;
  const std::string mode =
      info.param.mode == Mode::kThirdPartyAuditing     ? "Audited"
      : info.param.mode == Mode::kThirdPartyManagement ? "Managed"
                                                       : "";
  return mode +
         std::string(info.param.suite == crypto::CipherSuite::kP256
                         ? "P256"
                         : "Ed25519") +
         "Window" + std::to_string(info.param.window) +
         (info.param.lifetime.has_value() ? "WithLifetime" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, MonitorLiesComparisonTest,
                         ::testing::ValuesIn(Shapes()), NameOf);

}  // namespace
}  // namespace sealbook
