// What a Third-Party Auditor is sent and takes in, ours beside tests/reference:
// in random logs the updates' bytes are the same, and both auditors come to the
// same verdict and state, also about updates that were changed, and about
// leaves that no log would add.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "crypto/signature.h"
#include "crypto/types.h"
#include "keytrans/audit_prover.h"
#include "keytrans/audit_structures.h"
#include "keytrans/auditor.h"
#include "keytrans/testing/fake_keys.h"
#include "keytrans/testing/test_log.h"
#include "tests/protocol/random_log.h"
#include "tests/protocol/response_edits.h"
#include "tests/protocol/structure_mirror.h"
#include "tests/protocol/world_mirror.h"
#include "tests/reference/auditor.h"
#include "tests/reference/prefix_tree.h"

namespace sealbook {
namespace {

class FakePrivateKey : public crypto::SignaturePrivateKey {
 public:
  absl::StatusOr<std::string> Sign(absl::string_view message) const override {
    return keytrans::FakeSign(message);
  }
  const std::string& public_key() const override { return no_key_; }
  absl::StatusOr<crypto::SecretText> ToPem() const override {
    return absl::UnimplementedError("a fake key");
  }

 private:
  const std::string no_key_;
};

// What both auditors have taken in.
struct BothStates {
  keytrans::AuditorState ours;
  reference::AuditorState theirs;
};

class AuditComparisonTest
    : public ::testing::TestWithParam<crypto::CipherSuite> {
 protected:
  void MakeLog(uint64_t size) {
    LogShape shape;
    shape.size = size;
    shape.window = 6 * kMeanStep;
    shape.suite = GetParam();
    log_ = RandomLog(shape, random_);
    world_ = MirrorOf(*log_);
  }

  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  // Of an auditor who begins with the entry at `position`.
  BothStates BeginAt(uint64_t position) const {
    BothStates states;
    states.theirs = reference::AuditorStateOf(world_, position);
    if (position > 0) {
      states.ours = keytrans::AuditorState::At(ViewOf(world_, position));
    }
    return states;
  }

  std::vector<crypto::VrfOutput> KeysAddedBy(uint64_t position) {
    std::vector<crypto::VrfOutput> keys;
    for (const merkle::PrefixLeaf& leaf : log_->added()[position]) {
      keys.push_back(leaf.vrf_output);
    }
    std::shuffle(keys.begin(), keys.end(), random_);
    return keys;
  }

  std::string OurUpdate(uint64_t position) {
    const auto update =
        keytrans::MakeAuditorUpdate(*log_, position, KeysAddedBy(position));
    EXPECT_TRUE(update.ok()) << update.status();
    return update.ok() ? *update->Encode() : "";
  }

  static absl::Status AuditOurs(const std::string& bytes,
                                keytrans::AuditorState& state) {
    const auto update = keytrans::AuditorUpdate::Parse(bytes);
    if (!update.ok()) return update.status();
    return keytrans::Audit(*update, state);
  }

  // Both states after the update, which both accept; or nothing, where both
  // refuse it.
  std::optional<BothStates> Judge(const BothStates& before,
                                  const std::string& bytes) {
    BothStates after = before;
    const absl::Status ours = AuditOurs(bytes, after.ours);
    const auto theirs =
        reference::VerifyAuditorUpdate(world_.config, before.theirs, bytes,
                                       reference::RemovalPolicy::kRefused);
    EXPECT_EQ(ours.ok(), theirs.accepted.has_value())
        << "ours: " << ours << "; theirs: " << theirs.refusal;
    if (ours.ok() != theirs.accepted.has_value()) return std::nullopt;
    if (!ours.ok()) {
      EXPECT_EQ(after.ours, before.ours);
      ++refused_;
      return std::nullopt;
    }
    after.theirs = *theirs.accepted;
    ExpectSame(after);
    ++accepted_;
    return after;
  }

  void ExpectSame(const BothStates& states) {
    const auto& [ours, theirs] = states;
    EXPECT_EQ(ours.size, theirs.tree_size);
    EXPECT_EQ(ours.timestamp, theirs.timestamps.at(theirs.tree_size - 1));
    EXPECT_EQ(ours.prefix_root.ToString(), theirs.prefix_root);
    EXPECT_EQ(ours.Root().ToString(), reference::LogRootOf(theirs));
    std::vector<std::string> subtrees;
    for (const crypto::Hash& value : ours.full_subtrees) {
      subtrees.push_back(value.ToString());
    }
    EXPECT_EQ(subtrees, theirs.full_subtrees);
    const auto head = keytrans::SignAuditorTreeHead(log_->configuration(),
                                                    FakePrivateKey(), ours);
    ASSERT_TRUE(head.ok());
    reference::AuditorTreeHead mirrored;
    Mirror(*head, &mirrored);
    EXPECT_EQ(mirrored,
              reference::SignState(world_.config, theirs, keytrans::FakeSign));
  }

  // --- Changed updates ---

  const reference::PrefixTree& TreeBefore(uint64_t position) const {
    static const reference::PrefixTree nothing;
    return position == 0 ? nothing : reference::TreeAt(world_, position - 1);
  }

  // Whatever is added or removed, with the proof that the tree gives for it.
  std::string Proven(uint64_t position, reference::AuditorUpdate update) {
    std::vector<std::string> keys;
    for (const auto& leaf : update.added) keys.push_back(leaf.vrf_output);
    for (const auto& leaf : update.removed) keys.push_back(leaf.vrf_output);
    update.proof = reference::ProvePrefix(TreeBefore(position), keys, nullptr);
    return Bytes(update);
  }

  std::string Bytes(const reference::AuditorUpdate& update) const {
    return reference::Encode(update, world_.config.ciphersuite,
                             world_.config.mode);
  }

  // A search key like this one up to a bit, so that both go deep; the last
  // bits would go deeper than a proof can say.
  std::string Beside(std::string key) {
    const size_t bit = Below(250);
    key[bit / 8] ^= static_cast<char>(0x80 >> bit % 8);
    return key;
  }

  // Leaves that no log would add, in the order of their keys.
  std::vector<reference::PrefixLeaf> Invent(
      const std::vector<reference::PrefixLeaf>& there) {
    std::vector<reference::PrefixLeaf> leaves;
    for (size_t count = Below(8); count > 0; --count) {
      std::string key(32, static_cast<char>(Below(256)));
      if (!there.empty() && OneIn(2)) {
        key = Beside(there[Below(there.size())].vrf_output);
      } else if (!leaves.empty() && OneIn(2)) {
        key = Beside(leaves[Below(leaves.size())].vrf_output);
      }
      leaves.push_back({key, std::string(32, static_cast<char>(random_()))});
    }
    // One that is there already, with its commitment or another one.
    if (!there.empty() && OneIn(4)) {
      leaves.push_back(there[Below(there.size())]);
      if (OneIn(2)) leaves.back().commitment[0] ^= 1;
    }
    std::sort(leaves.begin(), leaves.end(), [](const auto& a, const auto& b) {
      return a.vrf_output < b.vrf_output;
    });
    return leaves;
  }

  std::string Invented(uint64_t position) {
    const auto& there = TreeBefore(position).leaves;
    reference::AuditorUpdate update;
    update.timestamp = world_.entries[position].timestamp + Below(3) - 1;
    update.added = Invent(there);
    if (!there.empty() && OneIn(4)) {
      update.removed.push_back(there[Below(there.size())]);
    }
    return Proven(position, update);
  }

  // One leaf with its result less, twice, or as if it were removed.
  std::string EditedTogether(reference::AuditorUpdate update) {
    if (update.added.empty()) return Bytes(update);
    const size_t at = Below(update.added.size());
    const auto leaf = update.added.begin() + at;
    const auto result = update.proof.results.begin() + at;
    const auto leaf_copy = *leaf;
    const auto result_copy = *result;
    switch (Below(3)) {
      case 0:
        update.added.erase(leaf);
        update.proof.results.erase(result);
        break;
      case 1:
        update.added.insert(leaf, leaf_copy);
        update.proof.results.insert(result, result_copy);
        break;
      default:
        update.added.erase(leaf);
        update.removed.push_back(leaf_copy);
        update.proof.results.erase(result);
        update.proof.results.push_back(result_copy);
    }
    return Bytes(update);
  }

  std::string Changed(uint64_t position, const std::string& honest) {
    if (OneIn(6)) return Invented(position);
    if (OneIn(5)) return EditBytes(honest, random_);
    reference::AuditorUpdate update =
        reference::BuildAuditorUpdate(world_, position);
    if (OneIn(4)) return EditedTogether(update);
    Edit(update, random_);
    if (OneIn(4)) Edit(update, random_);
    return Bytes(update);
  }

  // Set by each test from a seed that a failure prints.
  std::mt19937_64 random_;
  std::unique_ptr<keytrans::TestLog> log_;
  reference::World world_;
  int accepted_ = 0;
  int refused_ = 0;
};

TEST_P(AuditComparisonTest, AgreesAboutEveryEntryOfALog) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 10; ++round) {
    MakeLog(1 + Below(150));
    const uint64_t began = OneIn(3) ? Below(log_->size()) : 0;
    BothStates states = BeginAt(began);
    for (uint64_t position = began; position < log_->size(); ++position) {
      SCOPED_TRACE("round " + std::to_string(round) + ", position " +
                   std::to_string(position));
      const std::string bytes = OurUpdate(position);
      ASSERT_TRUE(bytes == reference::MakeAuditorUpdate(world_, position))
          << "the bytes differ";
      const auto after = Judge(states, bytes);
      // An honest log is believed.
      ASSERT_TRUE(after.has_value());
      ASSERT_EQ(after->ours.Root(), log_->Root(position + 1));
      states = *after;
    }
  }
}

TEST_P(AuditComparisonTest, AgreesAboutChangedUpdates) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random_.seed(seed);
  for (int round = 0; round < 10; ++round) {
    MakeLog(1 + Below(40));
    BothStates states = BeginAt(0);
    for (uint64_t position = 0; position < log_->size(); ++position) {
      SCOPED_TRACE("round " + std::to_string(round) + ", position " +
                   std::to_string(position));
      const std::string honest = reference::MakeAuditorUpdate(world_, position);
      for (int i = 0; i < 60; ++i) {
        Judge(states, Changed(position, honest));
        if (HasFailure()) return;
      }
      states = *Judge(states, honest);
    }
  }
  EXPECT_GT(accepted_, 1000);
  EXPECT_GT(refused_, 1000);
}

INSTANTIATE_TEST_SUITE_P(Suites, AuditComparisonTest,
                         ::testing::Values(crypto::CipherSuite::kP256,
                                           crypto::CipherSuite::kEd25519),
                         [](const auto& info) {
                           return info.param == crypto::CipherSuite::kP256
                                      ? "P256"
                                      : "Ed25519";
                         });

}  // namespace
}  // namespace sealbook
