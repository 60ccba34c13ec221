// Credentials: answers worked out by hand, random logs, and what has to be
// refused.
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/credential_prover.h"
#include "tests/reference/credential_verifier.h"
#include "tests/reference/hash.h"
#include "tests/reference/monitor_testing.h"
#include "tests/reference/prover.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kContact = DeploymentMode::kContactMonitoring;

std::string Bytes(const World& world, const Credential& credential) {
  return Encode(credential, world.config.ciphersuite, world.config.mode);
}

Verdict<AcceptedCredential> Verify(const World& world,
                                   const RecentEntries& recent,
                                   const Credential& credential) {
  const auto verdict =
      VerifyCredential(world.config, FakeKeys(world.config.ciphersuite), recent,
                       Bytes(world, credential));
  EXPECT_NE(verdict.accepted.has_value(), !verdict.refusal.empty());
  return verdict;
}

// AliceWorld with a window of 9000 ms and two entries more. In 14 entries 0, 1,
// 3 and 7 are distinguished; 15 is from its beginning on, at the root of the
// tree, and none is between 7 and 15.
World LaterWorld(DeploymentMode mode = kContact) {
  World world = AliceWorld(std::nullopt, mode, 9000);
  AddEntry(&world, 15100, {{"padding", 14}});
  AddEntry(&world, 15200, {{"padding", 15}});
  return world;
}

// Version 3 came in at 9 itself, the base ladder of 3 is 0, 1, 3, 7, 5, 4.
TEST(CredentialKnownAnswerTest, AStandardOne) {
  const World world = AliceWorld(std::nullopt);
  const Credential credential = BuildStandardCredential(world, "alice", 9);
  EXPECT_EQ(credential.version, 3u);
  ASSERT_EQ(credential.binary_ladder.size(), 6u);
  EXPECT_TRUE(credential.binary_ladder[1].commitment.has_value());
  EXPECT_FALSE(credential.binary_ladder[2].commitment.has_value());
  // 4 does not exist there, though it does by now.
  EXPECT_FALSE(credential.binary_ladder[5].commitment.has_value());
  CombinedTreeProof proof;
  proof.prefix_proofs = {credential.distinguished};
  EXPECT_THAT(Results(proof), ElementsAre("IIINNN"));
  const auto verdict = Verify(world, RecentIn(world, 14), credential);
  ASSERT_EQ(verdict.refusal, "");
  EXPECT_EQ(verdict.accepted->label, "alice");
  EXPECT_EQ(verdict.accepted->version, 3u);
  EXPECT_EQ(verdict.accepted->value, "alice 3");
  EXPECT_EQ(verdict.accepted->position, 9u);
  EXPECT_FALSE(verdict.accepted->pending.has_value());
}

// Version 4 came in at 12. From 7, in the tree of 14: 7, 11 and 13 are
// inspected, and 13 shows it. The ladder of 4 is that of 3.
TEST(CredentialKnownAnswerTest, AProvisionalOneAndItsUpdate) {
  const World world = LaterWorld();
  const Credential credential =
      BuildProvisionalCredential(world, 14, "alice", 7);
  EXPECT_EQ(credential.version, 4u);
  EXPECT_EQ(credential.tree_head, SignedTreeHead(world, 14));
  // As if the user had seen 8 entries.
  EXPECT_THAT(credential.search.timestamps, ElementsAre(13500, 15000));
  EXPECT_THAT(Results(credential.search), ElementsAre("IIN", "INNN", "NNI"));
  EXPECT_THAT(credential.search.prefix_roots, IsEmpty());
  EXPECT_EQ(credential.search.inclusion.elements,
            NodesOf(world, {{8, 2}, {10, 1}, {12, 1}}));
  const auto verdict = Verify(world, RecentIn(world, 14), credential);
  ASSERT_EQ(verdict.refusal, "");
  const PendingCredential& pending = *verdict.accepted->pending;
  EXPECT_EQ(pending.terminal, 13u);
  EXPECT_EQ(pending.state, StateOf(world, 14));

  EXPECT_EQ(FirstDistinguishedAfter(world, 15, 13), std::nullopt);
  ASSERT_EQ(FirstDistinguishedAfter(world, 16, 13), 15u);
  const CredentialUpdate update =
      BuildCredentialUpdate(world, "alice", 4, 14, 13, 15);
  EXPECT_THAT(update.monitor.timestamps, ElementsAre(15200));
  EXPECT_THAT(Results(update.monitor), ElementsAre("IIII"));  // 0, 1, 3, 4
  EXPECT_THAT(update.monitor.prefix_roots, IsEmpty());
  EXPECT_EQ(update.monitor.inclusion.elements, NodesOf(world, {{14, 1}}));
  const auto refusal = [&](uint64_t known) {
    return VerifyCredentialUpdate(world.config, FakeKeys(), pending,
                                  RecentIn(world, known), Encode(update));
  };
  EXPECT_THAT(refusal(14), HasSubstr("no distinguished entry is known"));
  EXPECT_EQ(refusal(16), "");
  EXPECT_THAT(FinallyVerify(pending, RecentIn(world, 16)),
              HasSubstr("not known as distinguished"));
}

// From the tree of 13, whose frontier is 7, 11, 12: the terminal entry is 12,
// below 13 and 15.
TEST(CredentialKnownAnswerTest, AnUpdateThroughAnotherEntry) {
  const World world = LaterWorld();
  const CredentialUpdate update =
      BuildCredentialUpdate(world, "alice", 4, 13, 12, 15);
  EXPECT_THAT(update.monitor.timestamps, ElementsAre(15000, 15200));
  EXPECT_THAT(Results(update.monitor), ElementsAre("IIII", "IIII"));
  EXPECT_EQ(update.monitor.inclusion.elements, NodesOf(world, {{14, 1}}));
  const auto verdict =
      Verify(world, RecentIn(world, 13),
             BuildProvisionalCredential(world, 13, "alice", 7));
  ASSERT_EQ(verdict.refusal, "");
  EXPECT_EQ(verdict.accepted->pending->terminal, 12u);
  EXPECT_EQ(VerifyCredentialUpdate(world.config, FakeKeys(),
                                   *verdict.accepted->pending,
                                   RecentIn(world, 16), Encode(update)),
            "");
}

// Nobody has to monitor there: the update extends the tree and no more. An
// auditor's head has no part in a credential.
TEST(CredentialKnownAnswerTest, WithAThirdParty) {
  for (DeploymentMode mode : {DeploymentMode::kThirdPartyManagement,
                              DeploymentMode::kThirdPartyAuditing}) {
    World world = LaterWorld(mode);
    world.audited = [](uint64_t) { return 9; };
    const Credential credential =
        BuildProvisionalCredential(world, 14, "alice", 7);
    EXPECT_EQ(credential.search.inclusion.elements,
              NodesOf(world, {{8, 2}, {10, 1}, {12, 1}}));
    const auto verdict = Verify(world, RecentIn(world, 14), credential);
    ASSERT_EQ(verdict.refusal, "");
    const CredentialUpdate update =
        BuildCredentialUpdate(world, "alice", 4, 14, 13, 15);
    EXPECT_THAT(update.monitor.timestamps, ElementsAre(15200));
    EXPECT_THAT(update.monitor.prefix_proofs, IsEmpty());
    EXPECT_EQ(update.monitor.prefix_roots, PrefixRootsOf(world, {15}));
    EXPECT_EQ(VerifyCredentialUpdate(
                  world.config, FakeKeys(), *verdict.accepted->pending,
                  RecentIn(world, 16), Encode(update, kSuiteP256, mode)),
              "");
    EXPECT_EQ(Verify(world, RecentIn(world, 16),
                     BuildStandardCredential(world, "alice", 15))
                  .refusal,
              "");
  }
}

// With a window of 1000 ms 13 is distinguished: who had walked to 11 only
// learns of it later. Nothing has to be sent.
TEST(CredentialKnownAnswerTest, FinallyVerifiedByTheTerminalEntryItself) {
  const World world = AliceWorld(std::nullopt);
  RecentEntries recent = RecentIn(world, 14);
  recent.erase(recent.upper_bound(11), recent.end());
  const auto verdict =
      Verify(world, recent, BuildProvisionalCredential(world, 14, "alice", 11));
  ASSERT_EQ(verdict.refusal, "");
  const PendingCredential& pending = *verdict.accepted->pending;
  EXPECT_EQ(pending.terminal, 13u);
  EXPECT_THAT(FinallyVerify(pending, recent),
              HasSubstr("not known as distinguished"));
  EXPECT_EQ(FinallyVerify(pending, RecentIn(world, 14)), "");
  EXPECT_EQ(DistinguishedFor(pending, RecentIn(world, 14)), std::nullopt);
  // Another prefix tree at that position.
  World fork = AliceWorld(std::nullopt);
  fork.entries[13].added.push_back(FakeLeaf("intruder", 0));
  EXPECT_THAT(FinallyVerify(pending, RecentIn(fork, 14)),
              HasSubstr("another prefix root"));
}

// What a walk brings is what credentials are verified against.
TEST(CredentialTest, RecentEntriesComeFromAWalk) {
  for (std::optional<uint64_t> lifetime :
       std::vector<std::optional<uint64_t>>{std::nullopt, 1700}) {
    const World world = AliceWorld(lifetime);
    RecentEntries recent;
    for (uint64_t n : {5, 9, 14}) {
      for (std::optional<uint64_t> last :
           std::vector<std::optional<uint64_t>>{std::nullopt, n - 2, n}) {
        const auto walk = VerifyDistinguished(
            world.config, FakeKeys(), Seen(world, last),
            MakeDistinguishedRequest(last, std::nullopt),
            MakeDistinguishedResponse(world, n, last, std::nullopt, last == n),
            world.entries[n - 1].timestamp);
        ASSERT_EQ(walk.refusal, "");
        EXPECT_EQ(Refresh(world.config, {}, *walk.accepted),
                  RecentIn(world, n));
        recent = Refresh(world.config, recent, *walk.accepted);
        EXPECT_EQ(recent, RecentIn(world, n));
      }
    }
  }
}

TEST(CredentialTest, ExpiresWithItsEntry) {
  const World world = AliceWorld(std::nullopt);
  const Credential credential = BuildStandardCredential(world, "alice", 9);
  RecentEntries recent = RecentIn(world, 14);
  ASSERT_EQ(Verify(world, recent, credential).refusal, "");
  recent.erase(9);
  EXPECT_THAT(Verify(world, recent, credential).refusal,
              HasSubstr("not known as recent"));
  // 10 is not distinguished.
  EXPECT_THAT(Verify(world, RecentIn(world, 14),
                     BuildStandardCredential(world, "alice", 10))
                  .refusal,
              HasSubstr("not known as recent"));
  EXPECT_THAT(Verify(AliceWorld(1700), RecentIn(AliceWorld(1700), 14),
                     BuildStandardCredential(AliceWorld(1700), "alice", 9))
                  .refusal,
              HasSubstr("not known as recent"));
}

TEST(CredentialRefusalTest, EveryChangeOfAStandardOne) {
  using C = Credential*;
  const World world = AliceWorld(std::nullopt);
  const std::vector<std::pair<std::function<void(C)>, const char*>> changes = {
      {[](C c) { c->label = "bob"; }, "VRF proof"},
      {[](C c) { c->version = 4; }, "commitment"},
      {[](C c) { c->version = 2; }, "steps left over"},
      {[](C c) { c->opening[0] ^= 1; }, "differs from the retained one"},
      {[](C c) { c->value.value = "x"; }, "differs from the retained one"},
      {[](C c) { c->binary_ladder.pop_back(); }, "steps missing"},
      {[](C c) { c->binary_ladder.push_back(c->binary_ladder[0]); },
       "steps left over"},
      {[](C c) { c->binary_ladder[0].proof[0] ^= 1; }, "VRF proof"},
      {[](C c) { c->binary_ladder[0].commitment.reset(); },
       "commitment missing"},
      {[](C c) { (*c->binary_ladder[1].commitment)[0] ^= 1; },
       "differs from the retained one"},
      {[](C c) { c->binary_ladder[2].commitment = Sha256("x"); },
       "commitment for the target"},
      {[](C c) { c->binary_ladder[3].commitment = Sha256("x"); },
       "claimed not to exist"},
      {[](C c) { c->position = 8; }, "differs from the retained one"},
      {[](C c) { c->position = 10; }, "not known as recent"},
      {[](C c) { c->distinguished.results.pop_back(); }, "results missing"},
      {[](C c) {
         c->distinguished.results.push_back(c->distinguished.results[0]);
       },
       "results left over"},
      {[](C c) {
         c->distinguished.results[1].result_type =
             PrefixSearchResultType::kNonInclusionParent;
       },
       "a version of the ladder is missing"},
      {[](C c) {
         c->distinguished.results[3].result_type =
             PrefixSearchResultType::kInclusion;
       },
       "a greater version is included"},
      {[](C c) { c->distinguished.elements[0][0] ^= 1; },
       "differs from the retained one"},
      {[](C c) { c->distinguished.elements.pop_back(); }, "elements missing"},
      {[](C c) { c->distinguished.elements.push_back(Sha256("x")); },
       "elements left over"},
  };
  const Credential honest = BuildStandardCredential(world, "alice", 9);
  for (size_t i = 0; i < changes.size(); ++i) {
    Credential changed = honest;
    changes[i].first(&changed);
    EXPECT_THAT(Verify(world, RecentIn(world, 14), changed).refusal,
                HasSubstr(changes[i].second))
        << i;
  }
  // Another version than the greatest one there.
  EXPECT_THAT(Verify(world, RecentIn(world, 14),
                     BuildStandardCredential(world, "alice", 9, 2))
                  .refusal,
              HasSubstr("claimed not to exist"));
  World older = AliceWorld(std::nullopt);
  PlantLeaf(&older, 8, "alice", 3);
  EXPECT_THAT(
      Verify(older, RecentIn(older, 14),
             BuildStandardCredential(AliceWorld(std::nullopt), "alice", 8))
          .refusal,
      HasSubstr("differs from the retained one"));
}

TEST(CredentialRefusalTest, EveryChangeOfAProvisionalOne) {
  using C = Credential*;
  const World world = LaterWorld();
  const std::vector<std::pair<std::function<void(C)>, const char*>> changes = {
      {[](C c) { c->version = 3; }, "commitment"},
      {[](C c) { c->opening[0] ^= 1; }, "signature is not valid"},
      {[](C c) { c->binary_ladder[0].commitment.reset(); },
       "commitment missing"},
      {[](C c) { c->position = 3; }, "timestamps missing"},
      {[](C c) { c->position = 9; }, "not known as recent"},
      {[](C c) { c->tree_head.tree_size = 7; }, "ends before its position"},
      {[](C c) { c->tree_head.tree_size = 0; }, "empty tree"},
      {[](C c) { c->tree_head.tree_size = 13; }, "elements left over"},
      {[](C c) { c->tree_head.tree_size = 15; }, "timestamps missing"},
      {[](C c) { c->tree_head.signature[0] ^= 1; }, "signature is not valid"},
      {[](C c) { c->search.timestamps.pop_back(); }, "timestamps missing"},
      {[](C c) { c->search.timestamps.push_back(15000); },
       "timestamps left over"},
      {[](C c) { c->search.timestamps[0] = 10069; }, "run backwards"},
      {[](C c) { c->search.timestamps[1] += 1; }, "signature is not valid"},
      {[](C c) { c->search.prefix_proofs.pop_back(); },
       "prefix proofs missing"},
      {[](C c) {
         c->search.prefix_proofs.push_back(c->search.prefix_proofs[0]);
       },
       "prefix proofs left over"},
      {[](C c) { c->search.prefix_proofs[0].elements[0][0] ^= 1; },
       "differs from the retained one"},
      {[](C c) { c->search.prefix_roots.push_back(Sha256("x")); },
       "prefix roots left over"},
      {[](C c) { c->search.inclusion.elements[0][0] ^= 1; },
       "signature is not valid"},
      {[](C c) { c->search.inclusion.elements.pop_back(); },
       "elements missing"},
      {[](C c) { c->search.inclusion.elements.push_back(Sha256("x")); },
       "elements left over"},
  };
  const Credential honest = BuildProvisionalCredential(world, 14, "alice", 7);
  for (size_t i = 0; i < changes.size(); ++i) {
    Credential changed = honest;
    changes[i].first(&changed);
    const std::string refusal =
        Verify(world, RecentIn(world, 14), changed).refusal;
    EXPECT_THAT(refusal, HasSubstr(changes[i].second)) << i;
    EXPECT_NE(refusal, "") << i;
  }
  EXPECT_THAT(Verify(world, RecentIn(world, 14),
                     BuildProvisionalCredential(world, 14, "alice", 7, 3))
                  .refusal,
              HasSubstr("commitment for a version that is claimed"));
  // A log that forked before 7, with a signature of its own.
  for (uint64_t position = 0; position < 8; ++position) {
    World fork = LaterWorld();
    fork.entries[position].added.push_back(FakeLeaf("intruder", 0));
    EXPECT_THAT(Verify(world, RecentIn(world, 14),
                       BuildProvisionalCredential(fork, 14, "alice", 7))
                    .refusal,
                HasSubstr("prefix root differs from the retained one"))
        << position;
  }
}

// Whose version is in the entry could have a standard one.
TEST(CredentialRefusalTest, AProvisionalOneInPlaceOfAStandardOne) {
  World world = LaterWorld();
  world.entries[12].added.pop_back();
  world.entries[9].added.pop_back();
  // Version 2 since 5: 7 is the terminal entry of a search from it.
  EXPECT_THAT(Verify(world, RecentIn(world, 14),
                     BuildProvisionalCredential(world, 14, "alice", 7))
                  .refusal,
              HasSubstr("terminal entry is not right of it"));
  EXPECT_THAT(Verify(world, RecentIn(world, 14),
                     BuildProvisionalCredential(world, 8, "alice", 7))
                  .refusal,
              HasSubstr("terminal entry is not right of it"));
  // Where the search starts right of the position, nothing tells: version 0 is
  // in 3 as well, but 7 is inspected first.
  World bob = LaterWorld();
  bob.entries[2].added.push_back(FakeLeaf("bob", 0));
  const auto verdict = Verify(bob, RecentIn(bob, 14),
                              BuildProvisionalCredential(bob, 14, "bob", 3));
  ASSERT_EQ(verdict.refusal, "");
  EXPECT_EQ(verdict.accepted->pending->terminal, 7u);
  EXPECT_EQ(FinallyVerify(*verdict.accepted->pending, RecentIn(bob, 14)), "");
}

TEST(CredentialRefusalTest, EveryChangeOfAnUpdate) {
  using P = CombinedTreeProof*;
  const World world = LaterWorld();
  const auto verdict =
      Verify(world, RecentIn(world, 13),
             BuildProvisionalCredential(world, 13, "alice", 7));
  ASSERT_EQ(verdict.refusal, "");
  const PendingCredential& pending = *verdict.accepted->pending;
  const auto refusal = [&](const CredentialUpdate& update, uint64_t known) {
    return VerifyCredentialUpdate(world.config, FakeKeys(), pending,
                                  RecentIn(world, known), Encode(update));
  };
  const CredentialUpdate honest =
      BuildCredentialUpdate(world, "alice", 4, 13, 12, 15);
  ASSERT_EQ(refusal(honest, 16), "");
  const std::vector<std::pair<std::function<void(P)>, const char*>> changes = {
      {[](P p) { p->timestamps.pop_back(); }, "timestamps missing"},
      {[](P p) { p->timestamps.push_back(1); }, "timestamps left over"},
      {[](P p) { p->timestamps[0] = 14899; }, "run backwards"},
      {[](P p) { p->timestamps[0] += 1; }, "another log"},
      {[](P p) { p->prefix_proofs.pop_back(); }, "prefix proofs missing"},
      {[](P p) { p->prefix_proofs.push_back(p->prefix_proofs[0]); },
       "prefix proofs left over"},
      {[](P p) { p->prefix_proofs[1].results.pop_back(); }, "results missing"},
      {[](P p) {
         p->prefix_proofs[1].results[3].result_type =
             PrefixSearchResultType::kNonInclusionParent;
       },
       "lacks a version of the ladder"},
      {[](P p) { p->prefix_proofs[1].elements[0][0] ^= 1; }, "another log"},
      {[](P p) { p->prefix_roots.push_back(Sha256("x")); },
       "prefix roots left over"},
      {[](P p) { p->inclusion.elements[0][0] ^= 1; }, "another log"},
      {[](P p) { p->inclusion.elements.clear(); }, "elements missing"},
      {[](P p) { p->inclusion.elements.push_back(Sha256("x")); },
       "elements left over"},
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    CredentialUpdate changed = honest;
    changes[i].first(&changed.monitor);
    EXPECT_THAT(refusal(changed, 16), HasSubstr(changes[i].second)) << i;
  }
  // An entry on the way that lacks the version.
  for (uint64_t liar : {13, 15}) {
    World lying = LaterWorld();
    HideLeaf(&lying, liar, "alice", 4);
    EXPECT_THAT(
        VerifyCredentialUpdate(
            lying.config, FakeKeys(), pending, RecentIn(lying, 16),
            Encode(BuildCredentialUpdate(lying, "alice", 4, 13, 12, 15))),
        HasSubstr("lacks a version of the ladder"));
  }
  // A view that forked: the user knows another log.
  World fork = LaterWorld();
  fork.entries[14].added.push_back(FakeLeaf("intruder", 0));
  EXPECT_THAT(VerifyCredentialUpdate(world.config, FakeKeys(), pending,
                                     RecentIn(fork, 16), Encode(honest)),
              HasSubstr("another log"));
}

TEST(CredentialRefusalTest, EveryChangedByteAndEveryOtherLength) {
  const World world = LaterWorld();
  const RecentEntries recent = RecentIn(world, 16);
  for (const std::string& credential :
       {MakeStandardCredential(world, "alice", 15),
        MakeProvisionalCredential(world, 14, "alice", 7)}) {
    ExpectEveryByteMatters(credential, [&](const std::string& bytes) {
      return VerifyCredential(world.config, FakeKeys(), recent, bytes).refusal;
    });
  }
  const auto verdict =
      Verify(world, recent, BuildProvisionalCredential(world, 14, "alice", 7));
  ASSERT_EQ(verdict.refusal, "");
  ExpectEveryByteMatters(MakeCredentialUpdate(world, "alice", 4, 14, 13, 15),
                         [&](const std::string& bytes) {
                           return VerifyCredentialUpdate(
                               world.config, FakeKeys(),
                               *verdict.accepted->pending, recent, bytes);
                         });
}

TEST(CredentialRefusalTest, AValueWithoutTheOperatorsSignature) {
  const World world = LaterWorld(DeploymentMode::kThirdPartyManagement);
  for (Credential credential :
       {BuildStandardCredential(world, "alice", 15),
        BuildProvisionalCredential(world, 14, "alice", 7)}) {
    ASSERT_EQ(Verify(world, RecentIn(world, 16), credential).refusal, "");
    credential.value.suffix.signature[0] ^= 1;
    EXPECT_THAT(Verify(world, RecentIn(world, 16), credential).refusal,
                HasSubstr("value: signature is not valid"));
  }
}

// Credentials of one random log, by a sender who sees n entries.
class EveryCredential {
 public:
  explicit EveryCredential(const World& world) : world_(world) {
    for (uint64_t n = 0; n <= world.entries.size(); ++n) {
      recent_.push_back(n > 0 ? RecentIn(world, n) : RecentEntries());
    }
  }

  void Check(const std::string& label) {
    for (uint64_t n = 1; n <= world_.entries.size(); ++n) {
      for (const auto& [position, state] : recent_[n]) {
        SCOPED_TRACE(testing::Message()
                     << "n " << n << " position " << position << " " << label);
        if (GreatestVersion(world_, position, label).has_value()) {
          ++standard;
          EXPECT_EQ(Verify(world_, recent_[n],
                           BuildStandardCredential(world_, label, position))
                        .refusal,
                    "");
        }
        if (GreatestVersion(world_, n - 1, label).has_value()) {
          CheckProvisional(n, label, position);
        }
      }
    }
  }

  uint64_t standard = 0, provisional = 0, refused = 0, by_terminal = 0,
           by_update = 0;

 private:
  void CheckProvisional(uint64_t n, const std::string& label,
                        uint64_t position) {
    const auto verdict =
        Verify(world_, recent_[n],
               BuildProvisionalCredential(world_, n, label, position));
    const uint32_t greatest = *GreatestVersion(world_, n - 1, label);
    std::optional<uint64_t> terminal;
    for (uint64_t x : Frontier(n)) {
      // The search starts at the rightmost distinguished entry.
      if (x < recent_[n].rbegin()->first || terminal.has_value()) continue;
      if (GreatestVersion(world_, x, label) == greatest) terminal = x;
    }
    if (*terminal <= position) {
      ++refused;
      EXPECT_THAT(verdict.refusal, HasSubstr("terminal entry"));
      return;
    }
    ++provisional;
    ASSERT_EQ(verdict.refusal, "");
    EXPECT_EQ(verdict.accepted->pending->terminal, *terminal);
    EXPECT_EQ(verdict.accepted->version, greatest);
    for (uint64_t m = n; m <= world_.entries.size(); ++m) {
      CheckFinal(n, m, *verdict.accepted->pending);
    }
  }

  void CheckFinal(uint64_t n, uint64_t m, const PendingCredential& pending) {
    SCOPED_TRACE(testing::Message() << "m " << m);
    if (recent_[m].contains(pending.terminal)) {
      ++by_terminal;
      EXPECT_EQ(FinallyVerify(pending, recent_[m]), "");
      return;
    }
    const auto first = FirstDistinguishedAfter(world_, m, pending.terminal);
    if (!first.has_value()) return;
    if (DistinguishedFor(pending, recent_[m]) != first) return;  // a gap
    ++by_update;
    EXPECT_GE(*first, n);
    EXPECT_EQ(VerifyCredentialUpdate(
                  world_.config, FakeKeys(world_.config.ciphersuite), pending,
                  recent_[m],
                  MakeCredentialUpdate(world_, pending.label, pending.version,
                                       n, pending.terminal, *first)),
              "");
  }

  const World& world_;
  std::vector<RecentEntries> recent_;  // by size
};

TEST(CredentialTest, IsAcceptedFromEveryRecentEntry) {
  SCOPED_TRACE(testing::Message() << "seed " << kSmallWorldsSeed);
  const std::pair<uint64_t, DeploymentMode> kinds[] = {
      {60, kContact},
      {150, kContact},
      {600, kContact},
      {150, DeploymentMode::kThirdPartyManagement},
      {150, DeploymentMode::kThirdPartyAuditing}};
  for (const auto& [mean_step, mode] : kinds) {
    Configuration config =
        FakeConfiguration(mode == kContact ? kSuiteP256 : kSuiteEd25519, mode);
    config.reasonable_monitoring_window = 1000;
    if (mean_step == 600) config.maximum_lifetime = 4000;
    World world = RandomWorld(kSmallWorldsSeed, 26, mean_step,
                              {{"two", 2}, {"nine", 9}}, config);
    EveryCredential credentials(world);
    for (const char* label : {"two", "nine"}) credentials.Check(label);
    EXPECT_GT(credentials.standard, 20u);
    EXPECT_GT(credentials.provisional, 20u);
    EXPECT_GT(credentials.refused, 20u);
    EXPECT_GT(credentials.by_terminal, 20u);
    if (mean_step < 600) {
      EXPECT_GT(credentials.by_update, 20u);
    }
  }
}

}  // namespace
}  // namespace sealbook::reference
