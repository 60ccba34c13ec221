#include "tests/reference/prefix_tree.h"

#include <algorithm>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/reference/hash.h"

namespace sealbook::reference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Type = PrefixSearchResultType;

// A search key that starts with these bits and goes on with zeros.
std::string Key(const std::string& bits) {
  std::string key(kVrfOutputSize, '\0');
  for (size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') key[i / 8] |= static_cast<char>(0x80 >> (i % 8));
  }
  return key;
}

PrefixLeaf MakeLeaf(const std::string& bits, char commitment) {
  return {Key(bits), std::string(kHashSize, commitment)};
}

std::string Commitment(char byte) { return std::string(kHashSize, byte); }

PrefixTree MakeTree(std::vector<PrefixLeaf> leaves) {
  std::sort(leaves.begin(), leaves.end(), [](const auto& a, const auto& b) {
    return a.vrf_output < b.vrf_output;
  });
  return {0, leaves};
}

// The five entries of the draft's figure.
const PrefixLeaf kA = MakeLeaf("00010", 'A');
const PrefixLeaf kB = MakeLeaf("00101", 'B');
const PrefixLeaf kC = MakeLeaf("10001", 'C');
const PrefixLeaf kD = MakeLeaf("10111", 'D');
const PrefixLeaf kE = MakeLeaf("11011", 'E');

// Root of the figure from its nodes; the tree on paper names a parent by the
// bit on the way to it, and between 0 and A or B lie the prefixes 00 and 001.
std::string LowerLeft() {
  return PrefixParentValue(PrefixLeafValue(kA), PrefixLeafValue(kB));
}
std::string UpperRight() {
  return PrefixParentValue(
      PrefixParentValue(PrefixLeafValue(kC), PrefixLeafValue(kD)),
      PrefixLeafValue(kE));
}
std::string FigureRoot() {
  return PrefixParentValue(
      PrefixParentValue(
          PrefixParentValue(PrefixLeafValue(kA), PrefixLeafValue(kB)),
          MissingNode()),
      UpperRight());
}

PrefixTree Figure() { return MakeTree({kA, kB, kC, kD, kE}); }

TEST(PrefixRootTest, OfNothingIsThirtyTwoZeroBytes) {
  EXPECT_EQ(PrefixRoot({}, nullptr), std::string(32, '\0'));
}

TEST(PrefixRootTest, OfOneLeafIsTheLeaf) {
  EXPECT_EQ(PrefixRoot(MakeTree({kA}), nullptr),
            Sha256('\x02' + kA.vrf_output + kA.commitment));
}

TEST(PrefixRootTest, OfTheDraftsFigureIsBuiltBitByBit) {
  EXPECT_EQ(PrefixRoot(Figure(), nullptr), FigureRoot());
}

// The draft's second figure: 01101 becomes the missing child of 0.
TEST(PrefixRootTest, ChangesAsInTheDraftsSecondFigure) {
  const PrefixLeaf added = MakeLeaf("01101", 'F');
  PrefixTree tree = MakeTree({kA, kB, added, kC, kD, kE});
  EXPECT_EQ(
      PrefixRoot(tree, nullptr),
      PrefixParentValue(PrefixParentValue(LowerLeft(), PrefixLeafValue(added)),
                        UpperRight()));
}

TEST(ProvePrefixTest, ListsResultsAsAskedAndElementsFromLeftToRight) {
  const PrefixProof proof = ProvePrefix(
      Figure(), {Key("11011"), Key("00011"), Key("01"), Key("00101")}, nullptr);
  ASSERT_EQ(proof.results.size(), 4u);
  EXPECT_EQ(proof.results[0], (PrefixSearchResult{Type::kInclusion, {}, 2}));
  EXPECT_EQ(proof.results[1],
            (PrefixSearchResult{Type::kNonInclusionLeaf, kA, 3}));
  EXPECT_EQ(proof.results[2],
            (PrefixSearchResult{Type::kNonInclusionParent, {}, 2}));
  EXPECT_EQ(proof.results[3], (PrefixSearchResult{Type::kInclusion, {}, 3}));
  EXPECT_THAT(proof.elements, ElementsAre(PrefixParentValue(
                                  PrefixLeafValue(kC), PrefixLeafValue(kD))));
}

TEST(ProvePrefixTest, ListsZerosForAMissingNode) {
  const PrefixProof proof = ProvePrefix(Figure(), {Key("00010")}, nullptr);
  EXPECT_THAT(proof.elements,
              ElementsAre(PrefixLeafValue(kB), MissingNode(), UpperRight()));
}

TEST(ProvePrefixTest, EndsAtDepthZeroInATreeWithoutParents) {
  const PrefixProof empty = ProvePrefix({}, {Key("1")}, nullptr);
  EXPECT_THAT(empty.results, ElementsAre(PrefixSearchResult{
                                 Type::kNonInclusionParent, {}, 0}));
  EXPECT_THAT(empty.elements, IsEmpty());
  const PrefixProof one = ProvePrefix(MakeTree({kA}), {Key("1")}, nullptr);
  EXPECT_THAT(one.results,
              ElementsAre(PrefixSearchResult{Type::kNonInclusionLeaf, kA, 0}));
}

TEST(ProvePrefixTest, OfNoKeysIsTheRootAlone) {
  const PrefixProof proof = ProvePrefix(Figure(), {}, nullptr);
  EXPECT_THAT(proof.results, IsEmpty());
  EXPECT_THAT(proof.elements, ElementsAre(FigureRoot()));
  EXPECT_EQ(EvaluatePrefix({}, proof).root, FigureRoot());
}

TEST(EvaluatePrefixTest, LeadsToTheRootOfRandomTreesThroughACache) {
  const uint64_t seed = 20260818;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  PrefixCache cache;
  std::vector<PrefixLeaf> leaves;
  for (int size = 0; size <= 60; ++size) {
    const PrefixTree tree = MakeTree(leaves);
    const std::string root = PrefixRoot(tree, nullptr);
    ASSERT_EQ(PrefixRoot(tree, &cache), root);
    for (int round = 0; round < 20; ++round) {
      std::vector<std::string> keys;
      std::vector<Lookup> lookups;
      for (uint64_t left = random() % 6; left > 0; --left) {
        if (!leaves.empty() && random() % 2 == 0) {
          const PrefixLeaf& leaf = leaves[random() % leaves.size()];
          lookups.push_back({leaf.vrf_output, leaf.commitment});
        } else {
          lookups.push_back({Sha256(std::to_string(random())), std::nullopt});
        }
        keys.push_back(lookups.back().vrf_output);
      }
      const PrefixProof proof = ProvePrefix(tree, keys, &cache);
      const PrefixEvaluation evaluation = EvaluatePrefix(lookups, proof);
      ASSERT_EQ(evaluation.error, "");
      ASSERT_EQ(evaluation.root, root);
    }
    const std::string name = std::to_string(random());
    leaves.push_back({Sha256(name), Sha256("commitment" + name)});
  }
}

TEST(EvaluatePrefixTest, HandlesKeysThatPartAtTheLastPossibleBit) {
  std::string left(kVrfOutputSize, '\x55'), right = left, other = left;
  right.back() = '\x57';  // bit 254 differs
  other.back() = '\x54';  // as left, but for bit 255
  const PrefixTree tree =
      MakeTree({{left, Commitment('l')}, {right, Commitment('r')}});
  const PrefixProof proof = ProvePrefix(tree, {left, other}, nullptr);
  EXPECT_EQ(proof.results[0].depth, 255);
  EXPECT_EQ(proof.results[1].result_type, Type::kNonInclusionLeaf);
  EXPECT_EQ(EvaluatePrefix({{left, Commitment('l')}, {other, {}}}, proof).root,
            PrefixRoot(tree, nullptr));
}

// The refusals. Each starts from a proof of three searches that is accepted.
class EvaluatePrefixRefusalTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(EvaluatePrefix(lookups_, proof_).root, FigureRoot());
  }

  std::string Error() { return EvaluatePrefix(lookups_, proof_).error; }

  std::vector<Lookup> lookups_ = {{kA.vrf_output, kA.commitment},
                                  {Key("00011"), std::nullopt},
                                  {Key("01"), std::nullopt}};
  PrefixProof proof_ =
      ProvePrefix(Figure(), {kA.vrf_output, Key("00011"), Key("01")}, nullptr);
};

TEST_F(EvaluatePrefixRefusalTest, ALeafThatIsTheSearchedKey) {
  proof_.results[1].leaf.vrf_output = lookups_[1].vrf_output;
  EXPECT_THAT(Error(), HasSubstr("shows the searched key"));
}

TEST_F(EvaluatePrefixRefusalTest, ALeafOffTheSearchedPath) {
  proof_.results[1].leaf = kE;
  EXPECT_THAT(Error(), HasSubstr("does not share the prefix"));
  proof_.results[1].leaf = MakeLeaf("0011", 'x');
  EXPECT_THAT(Error(), HasSubstr("does not share the prefix"));
}

TEST_F(EvaluatePrefixRefusalTest, TwoContentsOfOneNode) {
  proof_.results[1].leaf.commitment = Commitment('x');
  EXPECT_THAT(Error(), HasSubstr("contradict"));
  proof_.results[1] = {Type::kNonInclusionParent, {}, 3};
  EXPECT_THAT(Error(), HasSubstr("contradict"));
}

TEST_F(EvaluatePrefixRefusalTest, ASearchThatPassesThroughAnothersEnd) {
  proof_.results[1].depth = 2;
  EXPECT_THAT(Error(), HasSubstr("contradict"));
  proof_.results[1].depth = 4;
  EXPECT_THAT(Error(), HasSubstr("contradict"));
}

TEST_F(EvaluatePrefixRefusalTest, AnInclusionThatCannotBeFollowed) {
  lookups_[0].commitment.reset();
  EXPECT_THAT(Error(), HasSubstr("commitment is not known"));
}

TEST_F(EvaluatePrefixRefusalTest, ElementsMissingOrLeftOver) {
  const PrefixProof whole = proof_;
  proof_.elements.pop_back();
  EXPECT_THAT(Error(), HasSubstr("elements missing"));
  proof_ = whole;
  proof_.elements.push_back(MissingNode());
  EXPECT_THAT(Error(), HasSubstr("elements left over"));
}

TEST_F(EvaluatePrefixRefusalTest, ResultsMissingOrLeftOver) {
  const PrefixProof whole = proof_;
  proof_.results.pop_back();
  EXPECT_THAT(Error(), HasSubstr("results missing"));
  proof_ = whole;
  proof_.results.push_back({Type::kNonInclusionParent, {}, 2});
  EXPECT_THAT(Error(), HasSubstr("results left over"));
}

TEST_F(EvaluatePrefixRefusalTest, OrChangesTheRootWithEveryOtherDepth) {
  lookups_ = {{kA.vrf_output, kA.commitment}};
  const PrefixProof honest = ProvePrefix(Figure(), {kA.vrf_output}, nullptr);
  for (int depth = 0; depth <= 255; ++depth) {
    if (depth == 3) continue;
    proof_ = honest;
    proof_.results[0].depth = static_cast<uint8_t>(depth);
    EXPECT_THAT(Error(), HasSubstr("elements")) << depth;
    proof_.elements.resize(depth, MissingNode());
    const PrefixEvaluation evaluation = EvaluatePrefix(lookups_, proof_);
    EXPECT_EQ(evaluation.error, "") << depth;
    EXPECT_NE(evaluation.root, FigureRoot()) << depth;
  }
}

}  // namespace
}  // namespace sealbook::reference
