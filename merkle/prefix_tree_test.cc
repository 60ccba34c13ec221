#include "merkle/prefix_tree.h"

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/testing/memory_page_store.h"
#include "merkle/testing/random_leaves.h"
#include "merkle/testing/reference_prefix_tree.h"
#include "merkle/testing/versioned_tree.h"

namespace sealbook::merkle {
namespace {

using crypto::Hash;
using crypto::VrfOutput;
using ::testing::ElementsAre;
using testing::Entries;
using testing::EntrySource;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RandomLeaves;
using testing::ReferencePrefixTree;
using testing::SerialFor;
using testing::VersionedTree;

void ExpectStatus(const absl::Status& status, absl::StatusCode code,
                  const std::string& word) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

VrfOutput KeyOf(std::initializer_list<uint8_t> first_bytes) {
  VrfOutput key;
  std::copy(first_bytes.begin(), first_bytes.end(), key.data());
  return key;
}

PrefixLeaf LeafOf(std::initializer_list<uint8_t> first_bytes) {
  PrefixLeaf leaf{.vrf_output = KeyOf(first_bytes)};
  leaf.commitment.data()[0] = *first_bytes.begin();
  return leaf;
}

// The queries that belong to `keys` when `reference` is the tree.
std::vector<PrefixQuery> QueriesFor(const std::vector<VrfOutput>& keys,
                                    const ReferencePrefixTree& reference) {
  std::vector<PrefixQuery> queries;
  for (const VrfOutput& key : keys) {
    PrefixQuery query{.key = key};
    auto leaf = reference.leaves().find(key);
    if (leaf != reference.leaves().end()) query.commitment = leaf->second;
    queries.push_back(query);
  }
  return queries;
}

void ExpectProven(VersionedTree& tree, size_t version,
                  const std::vector<VrfOutput>& keys,
                  const ReferencePrefixTree& reference) {
  absl::StatusOr<PrefixProof> proof = tree.Prove(keys, version);
  ASSERT_TRUE(proof.ok()) << proof.status();
  ASSERT_EQ(*proof, reference.Prove(keys));
  absl::StatusOr<Hash> root =
      EvaluatePrefixProof(QueriesFor(keys, reference), *proof);
  ASSERT_TRUE(root.ok()) << root.status();
  ASSERT_EQ(*root, tree.versions[version].root);
}

// --- Against the reference ---

TEST(PrefixTreeTest, ProvesAllLookupsInAllVersionsAsTheReferenceDoes) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree tree;
  ReferencePrefixTree reference;
  std::vector<ReferencePrefixTree> references = {reference};
  for (size_t batch = 0; batch < 9; ++batch) {
    const Entries entries = source.Next(1 + batch % 3, 2 + 2 * batch);
    ASSERT_TRUE(tree.Insert(entries).ok());
    for (const std::vector<PrefixLeaf>& entry : entries) {
      for (const PrefixLeaf& leaf : entry) ASSERT_TRUE(reference.Insert(leaf));
      references.push_back(reference);
      ASSERT_EQ(tree.versions[references.size() - 1].root, reference.Root());
    }
  }
  for (size_t version = 0; version < references.size(); ++version) {
    SCOPED_TRACE(absl::StrCat("version ", version));
    for (const VrfOutput& key : source.keys) {
      ASSERT_NO_FATAL_FAILURE(
          ExpectProven(tree, version, {key}, references[version]));
    }
    for (size_t count : {0, 2, 3, 10, 60, 255}) {
      ASSERT_NO_FATAL_FAILURE(ExpectProven(
          tree, version, source.SearchKeys(count), references[version]));
    }
  }
}

TEST(PrefixTreeTest, ProvesLookupsInSeveralVersionsAtOnce) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree tree;
  for (size_t i = 0; i < 10; ++i) {
    ASSERT_TRUE(tree.Insert(source.Next(2, 20)).ok());
  }
  std::vector<PrefixLookup> lookups;
  std::vector<PrefixProof> expected;
  for (const PrefixTreeVersion& version : tree.versions) {
    lookups.push_back({version, source.SearchKeys(8)});
    expected.push_back(*tree.Prove(lookups.back().keys, expected.size()));
  }
  absl::StatusOr<std::vector<PrefixProof>> proofs =
      ProveLookups(tree.store, lookups);
  ASSERT_TRUE(proofs.ok()) << proofs.status();
  EXPECT_EQ(*proofs, expected);
}

TEST(PrefixTreeTest, ReadsTheLeavesOfEachVersion) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree tree;
  std::vector<PrefixLeaf> leaves;
  for (size_t i = 0; i < 8; ++i) {
    const Entries entries = source.Next(1, 30);
    ASSERT_TRUE(tree.Insert(entries).ok());
    leaves.insert(leaves.end(), entries[0].begin(), entries[0].end());
    std::vector<VrfOutput> keys;
    for (const PrefixLeaf& leaf : leaves) keys.push_back(leaf.vrf_output);
    const PrefixTreeVersion& now = tree.versions.back();
    const auto read = ReadLeaves(tree.store, now, keys);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, leaves);
    // One that came with this entry is not in the tree before it.
    ExpectStatus(
        ReadLeaves(tree.store, tree.versions[i], {keys.back()}).status(),
        absl::StatusCode::kDataLoss, "lacks the leaf");
  }
  EXPECT_THAT(*ReadLeaves(tree.store, tree.versions.back(), {}), IsEmpty());
}

TEST(PrefixTreeTest, HashesTheDraftsExampleTree) {
  // The keys of the draft's figure, padded with zero bits; the root was
  // computed with Python's hashlib.
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert({{LeafOf({0b00010000}), LeafOf({0b00101000}),
                            LeafOf({0b10001000}), LeafOf({0b10111000}),
                            LeafOf({0b11011000})},
                           {LeafOf({0b01101000})}})
                  .ok());
  EXPECT_EQ(tree.versions[1].root.ToHex(),
            "7167cdd79336004fe8055f114f79e33e2bcdefc616d9368b0f6580e72c417e02");
  EXPECT_EQ(tree.versions[2].root.ToHex(),
            "c194db8fe6e791b304b89a071623328af4bd326fc5b3e3ea19fe117b2644139f");
}

// --- Small trees ---

TEST(PrefixTreeTest, TheEmptyTreeAnswersWithAStandInAtDepthZero) {
  VersionedTree tree;
  absl::StatusOr<PrefixProof> proof = tree.Prove({KeyOf({1}), KeyOf({2})});
  ASSERT_TRUE(proof.ok()) << proof.status();
  const PrefixSearchResult missing{
      .type = PrefixSearchResultType::kNonInclusionParent, .depth = 0};
  EXPECT_THAT(proof->results, ElementsAre(missing, missing));
  EXPECT_THAT(proof->elements, IsEmpty());
}

TEST(PrefixTreeTest, TheProofWithoutKeysIsTheRootAndReadsNothing) {
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert({{LeafOf({1}), LeafOf({2})}}).ok());
  tree.store.TakeReads();
  absl::StatusOr<PrefixProof> proof = tree.Prove({});
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_THAT(proof->results, IsEmpty());
  EXPECT_THAT(proof->elements, ElementsAre(tree.versions[1].root));
  EXPECT_THAT(tree.store.TakeReads(), IsEmpty());
}

TEST(PrefixTreeTest, TheOneLeafTreeIsItsLeafAtDepthZero) {
  VersionedTree tree;
  const PrefixLeaf leaf = LeafOf({7});
  ASSERT_TRUE(tree.Insert({{leaf}}).ok());
  EXPECT_EQ(tree.versions[1].root, HashPrefixLeaf(leaf));
  EXPECT_EQ(tree.store.pages().size(), 1u);

  absl::StatusOr<PrefixProof> proof = tree.Prove({leaf.vrf_output, KeyOf({9})});
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_THAT(
      proof->results,
      ElementsAre(
          PrefixSearchResult{.type = PrefixSearchResultType::kInclusion},
          PrefixSearchResult{.type = PrefixSearchResultType::kNonInclusionLeaf,
                             .leaf = leaf}));
  EXPECT_THAT(proof->elements, IsEmpty());
}

TEST(PrefixTreeTest, ALonelyLeafNeedsNoPageOfItsOwn) {
  VersionedTree tree;
  // The two share 3 bits: both sit at depth 4, in the root page.
  ASSERT_TRUE(tree.Insert({{LeafOf({0x00}), LeafOf({0x10})}}).ok());
  EXPECT_EQ(tree.store.pages().size(), 1u);
  // The third shares 4 bits with the first: they sit at depth 5, in a new page.
  ASSERT_TRUE(tree.Insert({{LeafOf({0x08})}}).ok());
  EXPECT_EQ(tree.store.pages().size(), 3u);
}

TEST(PrefixTreeTest, ProvesLeavesAsDeepAsADepthOctetGoes) {
  RandomLeaves leaves(1);
  const PrefixLeaf first = leaves.Leaf();
  const PrefixLeaf second{leaves.KeyNear(first.vrf_output, 254),
                          leaves.Commitment()};
  VersionedTree tree;
  ReferencePrefixTree reference;
  reference.Insert(first);
  reference.Insert(second);
  ASSERT_TRUE(tree.Insert({{first, second}}).ok());
  EXPECT_EQ(tree.versions[1].root, reference.Root());
  ASSERT_NO_FATAL_FAILURE(
      ExpectProven(tree, 1, {first.vrf_output, second.vrf_output}, reference));
  // One more page for each four bits.
  EXPECT_EQ(tree.store.pages().size(), 64u);
}

TEST(PrefixTreeTest, NoEntriesChangeNothing) {
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert({}).ok());
  EXPECT_EQ(tree.versions.size(), 1u);
  EXPECT_THAT(tree.store.pages(), IsEmpty());
}

// --- What InsertLeaves writes ---

// Runs the tasks in reverse.
void ReverseFor(size_t n, const std::function<void(size_t)>& task) {
  while (n > 0) task(--n);
}

// A thread for each task.
void ThreadedFor(size_t n, const std::function<void(size_t)>& task) {
  std::vector<std::thread> threads;
  for (size_t i = 0; i < n; ++i) threads.emplace_back(task, i);
  for (std::thread& thread : threads) thread.join();
}

TEST(PrefixTreeTest, WritesTheSamePagesHoweverTasksAreScheduled) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree serial, reverse, threaded;
  for (size_t batch = 0; batch < 5; ++batch) {
    const Entries entries = source.Next(4, 60);
    ASSERT_TRUE(serial.Insert(entries).ok());
    ASSERT_TRUE(reverse.Insert(entries, ReverseFor).ok());
    ASSERT_TRUE(threaded.Insert(entries, ThreadedFor).ok());
  }
  EXPECT_EQ(reverse.store.pages(), serial.store.pages());
  EXPECT_EQ(threaded.store.pages(), serial.store.pages());
}

TEST(PrefixTreeTest, WritesTheSameTreeInOneBatchAsEntryByEntry) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree batch, single;
  const Entries entries = source.Next(30, 40);
  ASSERT_TRUE(batch.Insert(entries).ok());
  for (const std::vector<PrefixLeaf>& entry : entries) {
    ASSERT_TRUE(single.Insert({entry}).ok());
  }
  EXPECT_EQ(batch.store.pages(), single.store.pages());
}

TEST(PrefixTreeTest, PageIdsAscendAndNameTheirLogEntry) {
  const uint64_t seed = std::random_device()();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  EntrySource source(seed);
  VersionedTree tree;
  const Entries entries = source.Next(6, 200);
  absl::StatusOr<PrefixTreeUpdate> update =
      InsertLeaves(tree.store, PrefixTreeVersion(), 100, entries, SerialFor());
  ASSERT_TRUE(update.ok()) << update.status();
  ASSERT_EQ(update->versions.size(), entries.size());
  for (size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(update->versions[i].root_page, (PageId{100 + i, 0}));
  }
  for (size_t i = 1; i < update->pages.size(); ++i) {
    EXPECT_LT(update->pages[i - 1].id, update->pages[i].id);
  }
  EXPECT_EQ(update->pages.front().id.position, 100u);
  EXPECT_EQ(update->pages.back().id.position, 105u);
}

TEST(PrefixTreeTest, WritesOnlyPagesOnThePathsOfNewKeys) {
  EntrySource source(3);
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert(source.Next(1, 1000)).ok());
  ASSERT_TRUE(tree.Insert({{LeafOf({0x12, 0x34, 0x56})}}).ok());
  // At most the root page, and one for each four bits below it that the new key
  // shares with its neighbours.
  size_t written = 0;
  for (const auto& [id, bytes] : tree.store.pages()) {
    written += id.position == tree.versions[2].root_page->position;
  }
  EXPECT_GE(written, 1u);
  EXPECT_LE(written, 5u);
}

// --- Reads ---

TEST(PrefixTreeTest, ReadsEachPageOfAllLookupsOnceAndLevelByLevel) {
  EntrySource source(4);
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert(source.Next(3, 2000)).ok());
  std::vector<PrefixLookup> lookups;
  for (size_t version = 1; version < tree.versions.size(); ++version) {
    lookups.push_back({tree.versions[version], source.SearchKeys(100)});
    lookups.push_back({tree.versions[version], source.SearchKeys(100)});
  }
  tree.store.TakeReads();
  ASSERT_TRUE(ProveLookups(tree.store, lookups).ok());
  const std::vector<std::vector<PageId>> reads = tree.store.TakeReads();

  ASSERT_GE(reads.size(), 2u);
  EXPECT_THAT(reads[0], ElementsAre(PageId{5, 0}, PageId{6, 0}, PageId{7, 0}));
  std::set<PageId> seen;
  for (const std::vector<PageId>& batch : reads) {
    for (const PageId& id : batch) EXPECT_TRUE(seen.insert(id).second);
  }
  // Keys share at most 40 bits here.
  EXPECT_LE(reads.size(), 11u);
}

TEST(PrefixTreeTest, InsertionReadsEachPageOnce) {
  EntrySource source(5);
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert(source.Next(1, 2000)).ok());
  tree.store.TakeReads();
  ASSERT_TRUE(tree.Insert(source.Next(10, 200)).ok());
  std::set<PageId> seen;
  for (const std::vector<PageId>& batch : tree.store.TakeReads()) {
    for (const PageId& id : batch) EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_GT(seen.size(), 16u);
}

// --- Refusals ---

TEST(PrefixTreeTest, RefusesASearchKeyThatIsInTheTree) {
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert({{LeafOf({1}), LeafOf({0x81})}}).ok());
  ExpectStatus(tree.Insert({{LeafOf({2})}, {LeafOf({1})}}),
               absl::StatusCode::kAlreadyExists, "in the prefix tree already");
}

TEST(PrefixTreeTest, RefusesASearchKeyTwiceInOneEntry) {
  VersionedTree tree;
  ExpectStatus(tree.Insert({{LeafOf({1}), LeafOf({2}), LeafOf({1})}}),
               absl::StatusCode::kAlreadyExists, KeyOf({1}).ToHex());
}

TEST(PrefixTreeTest, RefusesASearchKeyInTwoEntries) {
  VersionedTree tree;
  ExpectStatus(tree.Insert({{LeafOf({1})}, {LeafOf({2})}, {LeafOf({1})}}),
               absl::StatusCode::kAlreadyExists, KeyOf({1}).ToHex());
}

TEST(PrefixTreeTest, RefusesAnEntryWithoutLeaves) {
  VersionedTree tree;
  ExpectStatus(tree.Insert({{LeafOf({1})}, {}}),
               absl::StatusCode::kInvalidArgument,
               "log entry 6 adds no prefix leaf");
}

TEST(PrefixTreeTest, RefusesAPositionThatIsNotAfterTheTreeItExtends) {
  VersionedTree tree;
  ASSERT_TRUE(tree.Insert({{LeafOf({1})}}).ok());
  const Entries entries = {{LeafOf({2})}};
  ExpectStatus(
      InsertLeaves(tree.store, tree.versions[1], 5, entries, SerialFor())
          .status(),
      absl::StatusCode::kInvalidArgument, "log position 5 is not after 5");
}

TEST(PrefixTreeTest, RefusesKeysThatShareMoreBitsThanAProofCanExpress) {
  RandomLeaves leaves(2);
  const PrefixLeaf leaf = leaves.Leaf();
  const PrefixLeaf near{leaves.KeyNear(leaf.vrf_output, 255),
                        leaves.Commitment()};
  VersionedTree tree;
  ExpectStatus(tree.Insert({{leaf, near}}), absl::StatusCode::kInvalidArgument,
               "share 255 bits");
}

TEST(PrefixTreeTest, RefusesMoreKeysThanAProofHasResults) {
  VersionedTree tree;
  ExpectStatus(tree.Prove(std::vector<VrfOutput>(256)).status(),
               absl::StatusCode::kInvalidArgument, "256 search keys");
}

}  // namespace
}  // namespace sealbook::merkle
