// A store that returns something else than what was written is noticed, by
// lookups and by insertion, before anything is proven or written.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "merkle/page.h"
#include "merkle/prefix_tree.h"
#include "merkle/testing/memory_page_store.h"
#include "merkle/testing/versioned_tree.h"

namespace sealbook::merkle {
namespace {

using crypto::Commitment;
using crypto::VrfOutput;
using testing::EntrySource;
using ::testing::HasSubstr;
using testing::SerialFor;
using testing::VersionedTree;

void ExpectStatus(const absl::Status& status, absl::StatusCode code,
                  const std::string& word) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(word));
}

// Every version of a small tree, proven for every key that was ever inserted.
absl::Status ProveEverything(VersionedTree& tree,
                             const std::vector<VrfOutput>& keys) {
  for (size_t version = 1; version < tree.versions.size(); ++version) {
    absl::Status status = tree.Prove(keys, version).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Two new leaves beside each existing one, so that insertion reads every page
// of the newest tree.
std::vector<PrefixLeaf> LeavesBesideAll(EntrySource& source) {
  std::vector<PrefixLeaf> entry;
  for (const VrfOutput& key : source.keys) {
    entry.push_back({source.leaves.KeyNear(key, 100), Commitment()});
  }
  return entry;
}

class DamagedStoreTest : public ::testing::Test {
 protected:
  DamagedStoreTest() : source_(6) {
    EXPECT_TRUE(tree_.Insert(source_.Next(4, 8)).ok());
    beside_ = LeavesBesideAll(source_);
  }

  // Lookups see every page, insertion those of the newest tree.
  void ExpectDataLoss(const std::string& word) {
    ExpectStatus(ProveEverything(tree_, source_.keys),
                 absl::StatusCode::kDataLoss, word);
  }
  absl::Status InsertBesideAll() {
    return InsertLeaves(tree_.store, tree_.versions.back(), 1000, {beside_},
                        SerialFor())
        .status();
  }

  EntrySource source_;
  VersionedTree tree_;
  std::vector<PrefixLeaf> beside_;
};

TEST_F(DamagedStoreTest, AnUndamagedStoreProvesAndInserts) {
  EXPECT_TRUE(ProveEverything(tree_, source_.keys).ok());
  EXPECT_TRUE(InsertBesideAll().ok());
}

TEST_F(DamagedStoreTest, AFlippedBitInAnyPageIsDataLoss) {
  tree_.store.TakeReads();
  ASSERT_TRUE(InsertBesideAll().ok());
  std::set<PageId> newest;
  for (const std::vector<PageId>& read : tree_.store.TakeReads()) {
    newest.insert(read.begin(), read.end());
  }
  const std::map<PageId, std::string> pages = tree_.store.pages();
  ASSERT_GT(newest.size(), 3u);
  ASSERT_GT(pages.size(), newest.size());
  for (const auto& [id, bytes] : pages) {
    SCOPED_TRACE(absl::StrCat("page ", id.position, "/", id.ordinal));
    // page_test flips every bit of a byte; here it is one of each.
    for (size_t i = 0; i < bytes.size(); ++i) {
      tree_.store.BytesOf(id)[i] ^= 1 << (i % 8);
      ASSERT_NO_FATAL_FAILURE(ExpectDataLoss("prefix page"));
      if (newest.contains(id)) {
        ExpectStatus(InsertBesideAll(), absl::StatusCode::kDataLoss,
                     "prefix page");
      }
      tree_.store.BytesOf(id) = bytes;
    }
  }
}

TEST_F(DamagedStoreTest, AMissingPageIsDataLoss) {
  const std::map<PageId, std::string> pages = tree_.store.pages();
  for (const auto& [id, bytes] : pages) {
    tree_.store.Erase(id);
    ExpectDataLoss("is not stored");
    tree_.store.Put({{id, bytes}});
  }
}

TEST_F(DamagedStoreTest, AnotherIntactPageInItsPlaceIsDataLoss) {
  const std::map<PageId, std::string> pages = tree_.store.pages();
  const std::string& other = pages.rbegin()->second;
  for (const auto& [id, bytes] : pages) {
    if (bytes == other) continue;
    tree_.store.BytesOf(id) = other;
    ExpectDataLoss("but was named with");
    tree_.store.BytesOf(id) = bytes;
  }
}

TEST_F(DamagedStoreTest, ARootPageOtherThanTheLogEntryNamesIsDataLoss) {
  tree_.versions.back().root.data()[0] ^= 1;
  ExpectDataLoss("but was named with");
  ExpectStatus(InsertBesideAll(), absl::StatusCode::kDataLoss,
               "but was named with");
}

TEST_F(DamagedStoreTest, ARootWithoutARootPageIsDataLoss) {
  tree_.versions.back().root_page.reset();
  ExpectDataLoss("no root page");
  ExpectStatus(InsertBesideAll(), absl::StatusCode::kDataLoss, "no root page");
}

TEST_F(DamagedStoreTest, AStoreThatReturnsTooFewPagesIsDataLoss) {
  class Short : public PageStore {
    absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
        absl::Span<const PageId>) override {
      return std::vector<std::shared_ptr<const Page>>();
    }
  };
  Short store;
  const std::vector<PrefixLookup> lookups = {
      {tree_.versions.back(), {source_.keys.front()}}};
  ExpectStatus(ProveLookups(store, lookups).status(),
               absl::StatusCode::kDataLoss, "0 prefix pages for 1");
}

TEST_F(DamagedStoreTest, ErrorsOfTheStoreAreHandedOn) {
  class Failing : public PageStore {
    absl::StatusOr<std::vector<std::shared_ptr<const Page>>> ReadPages(
        absl::Span<const PageId>) override {
      return absl::UnavailableError("disk is away");
    }
  };
  Failing store;
  const std::vector<PrefixLookup> lookups = {
      {tree_.versions.back(), {source_.keys.front()}}};
  ExpectStatus(ProveLookups(store, lookups).status(),
               absl::StatusCode::kUnavailable, "disk is away");
  ExpectStatus(
      InsertLeaves(store, tree_.versions.back(), 1000, {beside_}, SerialFor())
          .status(),
      absl::StatusCode::kUnavailable, "disk is away");
}

}  // namespace
}  // namespace sealbook::merkle
