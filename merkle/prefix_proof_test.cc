#include "merkle/prefix_proof.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/testing/random_leaves.h"
#include "merkle/testing/reference_prefix_tree.h"

namespace sealbook::merkle {
namespace {

using crypto::Commitment;
using crypto::Hash;
using crypto::VrfOutput;
using ::testing::HasSubstr;
using testing::RandomLeaves;
using testing::ReferencePrefixTree;

using Type = PrefixSearchResultType;

VrfOutput KeyOf(uint8_t first_byte) {
  VrfOutput key;
  key.data()[0] = first_byte;
  return key;
}

Commitment CommitmentOf(uint8_t first_byte) {
  Commitment commitment;
  commitment.data()[0] = first_byte;
  return commitment;
}

PrefixLeaf LeafOf(uint8_t first_byte) {
  return {KeyOf(first_byte), CommitmentOf(first_byte)};
}

// An included key.
PrefixQuery Included(uint8_t first_byte) {
  return {KeyOf(first_byte), CommitmentOf(first_byte)};
}

// A key that is searched without an expectation.
PrefixQuery Searched(uint8_t first_byte) { return {.key = KeyOf(first_byte)}; }

PrefixSearchResult Inclusion(uint8_t depth) {
  return {.type = Type::kInclusion, .depth = depth};
}

PrefixSearchResult OtherLeaf(const PrefixLeaf& leaf, uint8_t depth) {
  return {.type = Type::kNonInclusionLeaf, .leaf = leaf, .depth = depth};
}

PrefixSearchResult Missing(uint8_t depth) {
  return {.type = Type::kNonInclusionParent, .depth = depth};
}

Hash Element(uint8_t first_byte) {
  Hash hash;
  hash.data()[0] = first_byte;
  return hash;
}

void ExpectRefused(const std::vector<PrefixQuery>& queries,
                   const PrefixProof& proof, const std::string& word) {
  const absl::Status status = EvaluatePrefixProof(queries, proof).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

Hash RootOf(const std::vector<PrefixQuery>& queries, const PrefixProof& proof) {
  absl::StatusOr<Hash> root = EvaluatePrefixProof(queries, proof);
  EXPECT_TRUE(root.ok()) << root.status();
  return root.value_or(Hash());
}

// --- What is accepted ---

TEST(PrefixProofTest, AProofWithoutResultsIsTheRoot) {
  EXPECT_EQ(RootOf({}, {.elements = {Element(7)}}), Element(7));
}

TEST(PrefixProofTest, TheEmptyTreeHasAllZeroRoot) {
  EXPECT_EQ(RootOf({Searched(1)}, {.results = {Missing(0)}}), Hash());
}

TEST(PrefixProofTest, TheOneLeafTreeHasItsLeafAsRoot) {
  const PrefixProof proof{.results = {Inclusion(0), OtherLeaf(LeafOf(1), 0)}};
  EXPECT_EQ(RootOf({Included(1), Searched(2)}, proof),
            HashPrefixLeaf(LeafOf(1)));
}

TEST(PrefixProofTest, SeveralSearchesMayEndAtOneLeaf) {
  // 0x01 and 0x02 are absent: both searches end at the leaf 0x00, which a third
  // finds.
  const PrefixProof proof{.results = {OtherLeaf(LeafOf(0), 1),
                                      OtherLeaf(LeafOf(0), 1), Inclusion(1)},
                          .elements = {Element(9)}};
  EXPECT_EQ(RootOf({Searched(1), Searched(2), Included(0)}, proof),
            HashPrefixParent(HashPrefixLeaf(LeafOf(0)), Element(9)));
}

TEST(PrefixProofTest, SeveralSearchesMayEndAtOneStandIn) {
  const PrefixProof proof{.results = {Missing(1), Missing(1)},
                          .elements = {Element(9)}};
  EXPECT_EQ(RootOf({Searched(1), Searched(2)}, proof),
            HashPrefixParent(Hash(), Element(9)));
}

TEST(PrefixProofTest, OneKeyMayBeSearchedTwice) {
  const PrefixProof proof{.results = {Inclusion(1), Inclusion(1)},
                          .elements = {Element(9)}};
  EXPECT_EQ(RootOf({Included(1), Included(1)}, proof),
            HashPrefixParent(HashPrefixLeaf(LeafOf(1)), Element(9)));
}

TEST(PrefixProofTest, ElementsAreTakenFromLeftToRight) {
  // 0x60 = 011..., at depth 3.
  const PrefixProof proof{.results = {Inclusion(3)},
                          .elements = {Element(1), Element(2), Element(3)}};
  const Hash leaf = HashPrefixLeaf(LeafOf(0x60));
  const Hash depth1 =
      HashPrefixParent(Element(1), HashPrefixParent(Element(2), leaf));
  EXPECT_EQ(RootOf({Included(0x60)}, proof),
            HashPrefixParent(depth1, Element(3)));
}

TEST(PrefixProofTest, AListedMissingNodeIsAllZero) {
  // The sibling of the leaf's parent does not exist, and is listed as zeros.
  const PrefixProof proof{.results = {Inclusion(2)},
                          .elements = {Element(1), Hash()}};
  EXPECT_EQ(
      RootOf({Included(0x40)}, proof),
      HashPrefixParent(
          HashPrefixParent(Element(1), HashPrefixLeaf(LeafOf(0x40))), Hash()));
}

TEST(PrefixProofTest, AcceptsWhatRemovalOfLeavesMayLeaveBehind) {
  // A parent with two missing children: one end of a search, one listed.
  EXPECT_EQ(
      RootOf({Searched(0)}, {.results = {Missing(1)}, .elements = {Hash()}}),
      HashPrefixParent(Hash(), Hash()));
  // A leaf without a neighbour that could have pushed it to depth 2.
  EXPECT_EQ(
      RootOf({Included(0x40), Searched(0)},
             {.results = {Inclusion(2), Missing(2)}, .elements = {Element(1)}}),
      HashPrefixParent(HashPrefixParent(Hash(), HashPrefixLeaf(LeafOf(0x40))),
                       Element(1)));
}

// --- Refusals ---

TEST(PrefixProofTest, RefusesAMissingResult) {
  ExpectRefused({Included(1), Searched(2)}, {.results = {Inclusion(0)}},
                "1 results, expected 2");
}

TEST(PrefixProofTest, RefusesATrailingResult) {
  ExpectRefused({Included(1)}, {.results = {Inclusion(0), Inclusion(0)}},
                "2 results, expected 1");
}

TEST(PrefixProofTest, RefusesAnUnknownResultType) {
  for (int type : {0, 4, 255}) {
    const PrefixProof proof{.results = {{.type = static_cast<Type>(type)}}};
    ExpectRefused({Included(1)}, proof, absl::StrCat("unknown type ", type));
  }
}

TEST(PrefixProofTest, RefusesAnInclusionWithoutACommitment) {
  ExpectRefused({Searched(1)}, {.results = {Inclusion(0)}},
                "result 0 is an inclusion, but has no commitment");
}

TEST(PrefixProofTest, RefusesANonInclusionLeafWithoutALeaf) {
  ExpectRefused({Searched(1)}, {.results = {{.type = Type::kNonInclusionLeaf}}},
                "without a leaf");
}

TEST(PrefixProofTest, RefusesALeafBesideAnotherType) {
  PrefixProof proof{.results = {Missing(0)}};
  proof.results[0].leaf = LeafOf(2);
  ExpectRefused({Searched(1)}, proof, "carries a leaf");
  proof.results[0].type = Type::kInclusion;
  ExpectRefused({Included(1)}, proof, "carries a leaf");
}

TEST(PrefixProofTest, RefusesANonInclusionLeafThatIsTheSearchedKey) {
  ExpectRefused({Searched(1)}, {.results = {OtherLeaf(LeafOf(1), 0)}},
                "is the searched key");
  // Whatever its commitment.
  PrefixLeaf leaf = LeafOf(1);
  leaf.commitment = CommitmentOf(9);
  ExpectRefused({Included(1)}, {.results = {OtherLeaf(leaf, 0)}},
                "is the searched key");
}

TEST(PrefixProofTest, RefusesANonInclusionLeafThatDoesNotShareItsDepth) {
  // 0x00 and 0x10 share 3 bits.
  EXPECT_TRUE(EvaluatePrefixProof(std::vector<PrefixQuery>{Searched(0)},
                                  {.results = {OtherLeaf(LeafOf(0x10), 3)},
                                   .elements = {Hash(), Hash(), Hash()}})
                  .ok());
  ExpectRefused({Searched(0)},
                {.results = {OtherLeaf(LeafOf(0x10), 4)},
                 .elements = {Hash(), Hash(), Hash(), Hash()}},
                "at depth 4 that shares only 3 bits");
}

TEST(PrefixProofTest, RefusesOneKeyWithTwoResults) {
  const std::vector<PrefixQuery> twice = {Included(0), Included(0)};
  ExpectRefused(twice,
                {.results = {Inclusion(1), Missing(1)}, .elements = {Hash()}},
                "results 0 and 1 contradict: two different nodes");
  ExpectRefused(twice,
                {.results = {OtherLeaf(LeafOf(1), 1), Inclusion(1)},
                 .elements = {Hash()}},
                "results 0 and 1 contradict: two different nodes");
  ExpectRefused(
      twice,
      {.results = {Inclusion(2), Inclusion(1)}, .elements = {Hash(), Hash()}},
      "results 0 and 1 contradict: the search that ends at depth 1");
}

TEST(PrefixProofTest, RefusesOneKeyWithTwoCommitments) {
  PrefixQuery other = Included(0);
  other.commitment = CommitmentOf(9);
  ExpectRefused({Included(0), other},
                {.results = {Inclusion(1), Inclusion(1)}, .elements = {Hash()}},
                "two different nodes at one place of depth 1");
}

TEST(PrefixProofTest, RefusesATerminalNodeAboveAnothersPath) {
  // 0x00 ends at depth 1, 0x10 goes through that node to depth 4.
  ExpectRefused({Searched(0), Included(0x10)},
                {.results = {Missing(1), Inclusion(4)},
                 .elements = {Hash(), Hash(), Hash(), Hash()}},
                "results 0 and 1 contradict: the search that ends at depth 1");
}

TEST(PrefixProofTest, RefusesATerminalNodeInsideAnothersPath) {
  // The same in the other order, with a leaf in the way.
  ExpectRefused({Included(0x10), Included(0)},
                {.results = {Inclusion(4), Inclusion(2)},
                 .elements = {Hash(), Hash(), Hash(), Hash()}},
                "results 0 and 1 contradict: the search that ends at depth 2");
}

TEST(PrefixProofTest, RefusesTwoDifferentLeavesAtOnePlace) {
  ExpectRefused({Searched(0), Searched(1)},
                {.results = {OtherLeaf(LeafOf(2), 1), OtherLeaf(LeafOf(3), 1)},
                 .elements = {Hash()}},
                "two different nodes at one place of depth 1");
}

TEST(PrefixProofTest, RefusesALeafAndAStandInAtOnePlace) {
  ExpectRefused({Included(0), Searched(1)},
                {.results = {Inclusion(1), Missing(1)}, .elements = {Hash()}},
                "two different nodes at one place of depth 1");
}

TEST(PrefixProofTest, RefusesALeafThatAnotherSearchSaysIsMissing) {
  // The leaf 0x10 is shown at depth 3; the search for it, at depth 4.
  ExpectRefused({Searched(0), Searched(0x10)},
                {.results = {OtherLeaf(LeafOf(0x10), 3), Missing(4)},
                 .elements = {Hash(), Hash(), Hash(), Hash()}},
                "results 0 and 1 contradict");
}

TEST(PrefixProofTest, RefusesAContradictionBetweenManyResults) {
  // Results 0 and 2 are 0x00 and 0x08, which share 4 bits; 1 is elsewhere.
  ExpectRefused({Included(0), Included(0x80), Searched(8)},
                {.results = {Inclusion(5), Inclusion(1), Missing(3)},
                 .elements = {Hash(), Hash(), Hash(), Hash()}},
                "results 0 and 2 contradict");
}

TEST(PrefixProofTest, RefusesATrailingElement) {
  ExpectRefused({Included(0)},
                {.results = {Inclusion(1)}, .elements = {Hash(), Hash()}},
                "2 elements, expected 1");
  ExpectRefused({Searched(0)}, {.results = {Missing(0)}, .elements = {Hash()}},
                "1 elements, expected 0");
}

TEST(PrefixProofTest, RefusesAMissingElement) {
  ExpectRefused({Included(0)},
                {.results = {Inclusion(2)}, .elements = {Hash()}},
                "1 elements, expected 2");
  ExpectRefused({}, {}, "0 elements, expected 1");
}

// --- Random proofs, honest and altered ---

struct HonestProof {
  std::vector<PrefixQuery> queries;
  PrefixProof proof;
  Hash root;
};

// A proof over a tree with many long common prefixes.
HonestProof RandomProof(RandomLeaves& random, size_t leaves, size_t keys) {
  ReferencePrefixTree tree;
  std::vector<VrfOutput> known = {random.Key()};
  for (size_t i = 0; i < leaves; ++i) {
    PrefixLeaf leaf = random.Leaf();
    if (random.random()() % 2 == 0) {
      leaf.vrf_output = random.KeyNear(known[random.random()() % known.size()],
                                       random.random()() % 20);
    }
    known.push_back(leaf.vrf_output);
    tree.Insert(leaf);
  }
  std::vector<VrfOutput> searched;
  for (size_t i = 0; i < keys; ++i) {
    VrfOutput key = known[random.random()() % known.size()];
    if (random.random()() % 2 == 0) {
      key = random.KeyNear(key, random.random()() % 20);
    }
    searched.push_back(key);
  }
  HonestProof honest{.proof = tree.Prove(searched), .root = tree.Root()};
  for (const VrfOutput& key : searched) {
    PrefixQuery query{.key = key};
    auto leaf = tree.leaves().find(key);
    if (leaf != tree.leaves().end()) query.commitment = leaf->second;
    honest.queries.push_back(query);
  }
  return honest;
}

TEST(PrefixProofTest, HonestProofsLeadToTheRoot) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  RandomLeaves random(seed);
  for (size_t i = 0; i < 300; ++i) {
    const HonestProof honest = RandomProof(random, i % 40, i % 12);
    ASSERT_EQ(RootOf(honest.queries, honest.proof), honest.root);
  }
}

// Refused, or a root that no signature covers.
void ExpectNotProven(const std::vector<PrefixQuery>& queries,
                     const PrefixProof& proof, const Hash& root) {
  absl::StatusOr<Hash> result = EvaluatePrefixProof(queries, proof);
  if (result.ok()) {
    EXPECT_NE(*result, root);
  } else {
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(PrefixProofTest, AlteredProofsAreRefusedOrLeadElsewhere) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  RandomLeaves random(seed);
  for (size_t i = 0; i < 200; ++i) {
    const HonestProof honest = RandomProof(random, 2 + i % 40, 1 + i % 8);
    PrefixProof altered = honest.proof;
    for (Hash& element : altered.elements) {
      element.data()[random.random()() % 32] ^= 1;
      ExpectNotProven(honest.queries, altered, honest.root);
      element = honest.proof.elements[&element - altered.elements.data()];
    }
    for (size_t r = 0; r < altered.results.size(); ++r) {
      PrefixSearchResult& result = altered.results[r];
      for (int step : {-1, 1}) {
        result.depth += step;
        ExpectNotProven(honest.queries, altered, honest.root);
        result = honest.proof.results[r];
      }
      if (result.leaf.has_value()) {
        result.leaf->commitment.data()[5] ^= 1;
        ExpectNotProven(honest.queries, altered, honest.root);
        result = honest.proof.results[r];
      }
      for (Type type : {Type::kInclusion, Type::kNonInclusionParent}) {
        if (result.type == type) continue;
        std::vector<PrefixQuery> queries = honest.queries;
        if (!queries[r].commitment) queries[r].commitment = Commitment();
        result = {.type = type, .depth = result.depth};
        ExpectNotProven(queries, altered, honest.root);
        result = honest.proof.results[r];
      }
    }
  }
}

// --- Leaves that are added ---

struct HonestAddition {
  std::vector<PrefixLeaf> added;
  PrefixProof proof;
  Hash before;
  Hash after;
};

// Adds `count` leaves to a tree of `leaves`, both with long common prefixes.
HonestAddition RandomAddition(RandomLeaves& random, size_t leaves,
                              size_t count) {
  ReferencePrefixTree tree;
  std::vector<VrfOutput> known = {random.Key()};
  const auto new_leaf = [&] {
    PrefixLeaf leaf = random.Leaf();
    if (random.random()() % 2 == 0) {
      leaf.vrf_output = random.KeyNear(known[random.random()() % known.size()],
                                       random.random()() % 20);
    }
    known.push_back(leaf.vrf_output);
    return leaf;
  };
  for (size_t i = 0; i < leaves; ++i) tree.Insert(new_leaf());
  HonestAddition honest{.before = tree.Root()};
  ReferencePrefixTree grown = tree;
  while (honest.added.size() < count) {
    const PrefixLeaf leaf = new_leaf();
    if (grown.Insert(leaf)) honest.added.push_back(leaf);
  }
  std::sort(honest.added.begin(), honest.added.end(),
            [](const PrefixLeaf& a, const PrefixLeaf& b) {
              return a.vrf_output < b.vrf_output;
            });
  std::vector<VrfOutput> keys;
  for (const PrefixLeaf& leaf : honest.added) keys.push_back(leaf.vrf_output);
  honest.proof = tree.Prove(keys);
  honest.after = grown.Root();
  return honest;
}

TEST(PrefixAdditionTest, HonestAdditionsLeadToBothRoots) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  RandomLeaves random(seed);
  for (size_t i = 0; i < 400; ++i) {
    const HonestAddition honest = RandomAddition(random, i % 40, 1 + i % 12);
    const auto roots = EvaluatePrefixAddition(honest.added, honest.proof);
    ASSERT_TRUE(roots.ok()) << roots.status();
    ASSERT_EQ(roots->before, honest.before);
    ASSERT_EQ(roots->after, honest.after);
  }
}

TEST(PrefixAdditionTest, TakesAFullEntryAndNone) {
  RandomLeaves random(1);
  const HonestAddition full = RandomAddition(random, 500, 255);
  EXPECT_EQ(EvaluatePrefixAddition(full.added, full.proof)->after, full.after);
  const HonestAddition none = RandomAddition(random, 5, 0);
  EXPECT_EQ(EvaluatePrefixAddition({}, none.proof)->after, none.before);
}

// Whatever is altered, the auditor's root before does not come out, or the tree
// after it is not the one that holds just the honest leaves.
void ExpectNotAdded(const HonestAddition& honest,
                    const std::vector<PrefixLeaf>& added,
                    const PrefixProof& proof) {
  const auto roots = EvaluatePrefixAddition(added, proof);
  if (!roots.ok()) {
    EXPECT_EQ(roots.status().code(), absl::StatusCode::kInvalidArgument);
    return;
  }
  EXPECT_TRUE(roots->before != honest.before || roots->after != honest.after);
}

TEST(PrefixAdditionTest, AlteredAdditionsAreRefusedOrLeadElsewhere) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  RandomLeaves random(seed);
  for (size_t i = 0; i < 200; ++i) {
    const HonestAddition honest = RandomAddition(random, i % 40, 1 + i % 8);
    for (size_t e = 0; e < honest.proof.elements.size(); ++e) {
      PrefixProof altered = honest.proof;
      altered.elements[e].data()[random.random()() % 32] ^= 1;
      ExpectNotAdded(honest, honest.added, altered);
    }
    for (size_t r = 0; r < honest.added.size(); ++r) {
      for (int step : {-1, 1}) {
        PrefixProof altered = honest.proof;
        altered.results[r].depth += step;
        ExpectNotAdded(honest, honest.added, altered);
      }
      std::vector<PrefixLeaf> added = honest.added;
      added[r].commitment.data()[3] ^= 1;
      ExpectNotAdded(honest, added, honest.proof);
      added = honest.added;
      added[r].vrf_output.data()[31] ^= 1;
      ExpectNotAdded(honest, added, honest.proof);
      // One that is left out, with its result.
      added = honest.added;
      added.erase(added.begin() + r);
      PrefixProof fewer = honest.proof;
      fewer.results.erase(fewer.results.begin() + r);
      ExpectNotAdded(honest, added, fewer);
    }
  }
}

void ExpectAdditionRefused(const std::vector<PrefixLeaf>& added,
                           const PrefixProof& proof, const std::string& words) {
  const absl::Status status = EvaluatePrefixAddition(added, proof).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(words));
}

TEST(PrefixAdditionTest, RefusesWhatIsThereAlready) {
  ExpectAdditionRefused({LeafOf(1)}, {{Inclusion(0)}, {}},
                        "the added leaf is there already");
  ExpectAdditionRefused({LeafOf(1)}, {{OtherLeaf(LeafOf(1), 0)}, {}},
                        "is the searched key");
}

TEST(PrefixAdditionTest, RefusesDisorderAndDuplicates) {
  const PrefixProof proof = {{Missing(0), Missing(0)}, {}};
  ExpectAdditionRefused({LeafOf(2), LeafOf(1)}, proof, "ascending");
  ExpectAdditionRefused({LeafOf(1), LeafOf(1)}, proof, "ascending");
}

TEST(PrefixAdditionTest, RefusesAWrongNumberOfAnything) {
  ExpectAdditionRefused({LeafOf(1)}, {{}, {}}, "0 results, expected 1");
  ExpectAdditionRefused({LeafOf(1)}, {{Missing(0)}, {Hash()}},
                        "1 elements, expected 0");
  ExpectAdditionRefused({LeafOf(1)}, {{Missing(1)}, {}},
                        "0 elements, expected 1");
}

TEST(PrefixAdditionTest, RefusesLeavesThatNoProofCanTellApart) {
  RandomLeaves random(1);
  const PrefixLeaf leaf = random.Leaf();
  PrefixLeaf near = leaf;
  near.vrf_output = random.KeyNear(leaf.vrf_output, 255);
  const bool less = leaf.vrf_output < near.vrf_output;
  ExpectAdditionRefused({less ? leaf : near, less ? near : leaf},
                        {{Missing(0), Missing(0)}, {}}, "255 bits");
  near.vrf_output = random.KeyNear(leaf.vrf_output, 254);
  ReferencePrefixTree tree;
  tree.Insert(leaf);
  tree.Insert(near);
  const bool lesser = leaf.vrf_output < near.vrf_output;
  const std::vector<PrefixLeaf> added = {lesser ? leaf : near,
                                         lesser ? near : leaf};
  EXPECT_EQ(
      EvaluatePrefixAddition(added, {{Missing(0), Missing(0)}, {}})->after,
      tree.Root());
}

}  // namespace
}  // namespace sealbook::merkle
