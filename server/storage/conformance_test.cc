// What Storage promises, asked of every backend.

#include <cstdint>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/ascending.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/memory_storage.h"
#include "server/storage/storage.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/status_matchers.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Apply;
using ::sealbook::server::testing::Contents;
using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::kAllTables;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::ScanAll;
using ::sealbook::server::testing::TemporaryDirectory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

// A place where one store can be.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual absl::StatusOr<std::unique_ptr<Storage>> Create() = 0;
  virtual absl::StatusOr<std::unique_ptr<Storage>> Open() = 0;
};

class MemoryBackend : public Backend {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return MemoryStorage::Create(disk_);
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    return MemoryStorage::Open(disk_);
  }

 private:
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

class DiskBackend : public Backend {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return LevelDbStorage::Create(path_, {});
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    return LevelDbStorage::Open(path_, {});
  }

 private:
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/log";
};

// Small buffers: the records are in logs and in tables of several levels.
class FaultEnvBackend : public Backend {
 public:
  absl::StatusOr<std::unique_ptr<Storage>> Create() override {
    return LevelDbStorage::Create("/log", env_.Options());
  }
  absl::StatusOr<std::unique_ptr<Storage>> Open() override {
    return LevelDbStorage::Open("/log", env_.Options());
  }

 private:
  FaultEnv env_;
};

struct BackendKind {
  const char* name;
  std::function<std::unique_ptr<Backend>()> make;
};

class StorageConformanceTest : public ::testing::TestWithParam<BackendKind> {
 protected:
  void SetUp() override {
    backend_ = GetParam().make();
    Take(backend_->Create());
  }

  void Take(absl::StatusOr<std::unique_ptr<Storage>> opened) {
    ASSERT_THAT(opened, IsOk());
    storage_ = *std::move(opened);
  }

  void Reopen() {
    storage_.reset();
    Take(backend_->Open());
  }

  // Commits on top of whatever head is stored.
  void Commit(std::string new_head, std::vector<Put> puts) {
    ASSERT_THAT(storage_->Commit({.expected_head = Read(Table::kHead, ""),
                                  .new_head = std::move(new_head),
                                  .puts = std::move(puts)}),
                IsOk());
  }

  std::optional<std::string> Read(Table table, const std::string& key) {
    absl::StatusOr<std::vector<std::optional<std::string>>> values =
        storage_->Read(table, {key});
    EXPECT_THAT(values, IsOk());
    if (!values.ok() || values->size() != 1) return std::nullopt;
    return values->front();
  }

  std::vector<std::pair<std::string, std::string>> Scan(
      Table table, absl::string_view from, size_t limit = SIZE_MAX) {
    std::vector<std::pair<std::string, std::string>> records;
    EXPECT_THAT(
        storage_->Scan(table, from,
                       [&](absl::string_view key, absl::string_view value) {
                         records.emplace_back(std::string(key),
                                              std::string(value));
                         return records.size() < limit;
                       }),
        IsOk());
    return records;
  }

  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Storage> storage_;
};

TEST_P(StorageConformanceTest, ANewStoreIsEmpty) {
  const absl::StatusOr<Contents> contents = ScanAll(*storage_);
  ASSERT_THAT(contents, IsOk());
  EXPECT_THAT(*contents, IsEmpty());
  EXPECT_EQ(Read(Table::kHead, ""), std::nullopt);
}

TEST_P(StorageConformanceTest, ReadsValuesInTheOrderOfTheirKeys) {
  Commit("h1", {{Table::kLabels, "a", "1"},
                {Table::kLabels, "b", "2"},
                {Table::kLabels, "c", ""}});
  const auto values =
      storage_->Read(Table::kLabels, {"c", "x", "a", "b", "a", ""});
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(*values, ElementsAre(Optional(std::string()), std::nullopt,
                                   Optional(std::string("1")),
                                   Optional(std::string("2")),
                                   Optional(std::string("1")), std::nullopt));
}

TEST_P(StorageConformanceTest, ReadsNothingForNoKeys) {
  const auto values = storage_->Read(Table::kPages, {});
  ASSERT_THAT(values, IsOk());
  EXPECT_THAT(*values, IsEmpty());
}

TEST_P(StorageConformanceTest, KeepsAnyBytesInKeysAndValues) {
  const std::string zero("\0", 1);
  const std::string high("\xff\xff\0\x01", 4);
  const std::string large(300'000, 'v');
  const std::string place = zero + high + std::string("\x80\0\0", 3);
  Commit("h1", {{Table::kVersions, zero, high},
                {Table::kVersions, high, zero},
                {Table::kVersions, "large", large},
                {Table::kValues, place + zero, large},
                {Table::kValues, place + high, zero}});
  Reopen();
  EXPECT_THAT(Read(Table::kValues, place + zero), Optional(large));
  EXPECT_THAT(Read(Table::kValues, place + high), Optional(zero));
  EXPECT_THAT(Read(Table::kVersions, zero), Optional(high));
  EXPECT_THAT(Read(Table::kVersions, high), Optional(zero));
  EXPECT_THAT(Read(Table::kVersions, "large"), Optional(large));
}

TEST_P(StorageConformanceTest, KeepsTablesApart) {
  const std::string key = "00000001";
  Commit("h1", {{Table::kEntries, key, "entry"},
                {Table::kPages, key, "page"},
                {Table::kLabels, key, "label"},
                {Table::kVersions, key, "version"}});
  EXPECT_THAT(Read(Table::kEntries, key), Optional(std::string("entry")));
  EXPECT_THAT(Read(Table::kPages, key), Optional(std::string("page")));
  EXPECT_THAT(Read(Table::kLabels, key), Optional(std::string("label")));
  EXPECT_THAT(Read(Table::kVersions, key), Optional(std::string("version")));
  EXPECT_EQ(Read(Table::kValues, key), std::nullopt);
  EXPECT_EQ(Read(Table::kIssuers, key), std::nullopt);
  EXPECT_THAT(Scan(Table::kEntries, ""), ElementsAre(Pair(key, "entry")));
  EXPECT_THAT(Scan(Table::kLabels, ""), ElementsAre(Pair(key, "label")));
}

TEST_P(StorageConformanceTest, ScansEverythingAsOfOneMoment) {
  Contents seen;
  std::vector<std::pair<Table, std::string>> order;
  ASSERT_THAT(storage_->Commit({.new_head = "1",
                                .puts = {{Table::kLabels, "b", "2"},
                                         {Table::kEntries, "00000002", "e"},
                                         {Table::kPages, "00000002", "p"},
                                         {Table::kPages, "000000010", "q"},
                                         {Table::kLabels, "a", "1"}}}),
              IsOk());
  const absl::StatusOr<Contents> before = ScanAll(*storage_);
  ASSERT_THAT(storage_->ScanEverything([&](Table table, absl::string_view key,
                                           absl::string_view value) {
    order.emplace_back(table, std::string(key));
    seen[order.back()] = std::string(value);
    // What is committed meanwhile does not appear.
    const std::string head = std::to_string(order.size());
    EXPECT_THAT(storage_->Commit(
                    {.expected_head = head,
                     .new_head = std::to_string(order.size() + 1),
                     .puts = {{Table::kLabels, "c", "3"},
                              {Table::kValues,
                               absl::StrCat(10000002 + order.size()), "v"}}}),
                IsOk());
    return true;
  }),
              IsOk());
  EXPECT_EQ(seen, *before);
  EXPECT_THAT(
      order,
      ElementsAre(Pair(Table::kHead, ""), Pair(Table::kLabels, "a"),
                  Pair(Table::kLabels, "b"), Pair(Table::kPages, "000000010"),
                  Pair(Table::kEntries, "00000002"),
                  Pair(Table::kPages, "00000002")));
  int visits = 0;
  ASSERT_THAT(
      storage_->ScanEverything([&](Table, absl::string_view,
                                   absl::string_view) { return ++visits < 2; }),
      IsOk());
  EXPECT_EQ(visits, 2);
}

TEST_P(StorageConformanceTest, ScansUpwardsFromTheGivenKey) {
  Commit("h1", {{Table::kLabels, "b", "2"},
                {Table::kLabels, "\xf0", "5"},
                {Table::kLabels, "ba", "3"},
                {Table::kLabels, "", "0"},
                {Table::kLabels, "a", "1"},
                {Table::kVersions, "aa", "another table"}});
  EXPECT_THAT(Scan(Table::kLabels, ""),
              ElementsAre(Pair("", "0"), Pair("a", "1"), Pair("b", "2"),
                          Pair("ba", "3"), Pair("\xf0", "5")));
  EXPECT_THAT(Scan(Table::kLabels, "aa"),
              ElementsAre(Pair("b", "2"), Pair("ba", "3"), Pair("\xf0", "5")));
  EXPECT_THAT(Scan(Table::kLabels, "b", 2),
              ElementsAre(Pair("b", "2"), Pair("ba", "3")));
  EXPECT_THAT(Scan(Table::kLabels, "\xf1"), IsEmpty());
}

TEST_P(StorageConformanceTest, ScansManyRecordsAndMayReadMeanwhile) {
  std::vector<Put> puts;
  for (int i = 1000; i < 2000; ++i) {
    puts.push_back({Table::kLabels, absl::StrCat(i), absl::StrCat("v", i)});
  }
  Commit("h1", puts);
  int next = 1000;
  EXPECT_THAT(
      storage_->Scan(Table::kLabels, "",
                     [&](absl::string_view key, absl::string_view value) {
                       EXPECT_EQ(key, absl::StrCat(next));
                       EXPECT_EQ(Read(Table::kLabels, std::string(key)),
                                 std::string(value));
                       ++next;
                       return true;
                     }),
      IsOk());
  EXPECT_EQ(next, 2000);
}

TEST_P(StorageConformanceTest, TheLaterPutOfOneKeyWins) {
  Commit("h1", {{Table::kLabels, "k", "first"}, {Table::kLabels, "k", "last"}});
  EXPECT_THAT(Read(Table::kLabels, "k"), Optional(std::string("last")));
  Commit("h2", {{Table::kLabels, "k", "later commit"}});
  EXPECT_THAT(Read(Table::kLabels, "k"), Optional(std::string("later commit")));
}

// Records of the ascending tables: key, then value.
using Records = std::vector<std::pair<std::string, std::string>>;

TEST_P(StorageConformanceTest, ScansAnAscendingTableFromAnyKey) {
  Commit("h1", {{Table::kPages, "00000001b", "1"},
                {Table::kEntries, "00000001", "not asked for"},
                {Table::kPages, "00000001a", "0"}});
  Commit("h2", {{Table::kValues, "00000002x", "not asked for"},
                {Table::kPages, "00000003", "2"}});
  Reopen();
  const Records all = {
      {"00000001a", "0"}, {"00000001b", "1"}, {"00000003", "2"}};
  const auto behind = [&](size_t count) {
    return Records(all.begin() + static_cast<ptrdiff_t>(count), all.end());
  };
  EXPECT_EQ(Scan(Table::kPages, ""), behind(0));
  EXPECT_EQ(Scan(Table::kPages, "0000"), behind(0));
  EXPECT_EQ(Scan(Table::kPages, "00000001"), behind(0));
  EXPECT_EQ(Scan(Table::kPages, "00000001aa"), behind(1));
  EXPECT_EQ(Scan(Table::kPages, "00000002"), behind(2));
  EXPECT_EQ(Scan(Table::kPages, "00000003"), behind(2));
  EXPECT_EQ(Scan(Table::kPages, "000000030"), behind(3));
  EXPECT_EQ(Scan(Table::kPages, "1"), behind(3));
  EXPECT_EQ(Scan(Table::kPages, "", 1), Records(all.begin(), all.begin() + 1));
  EXPECT_EQ(Read(Table::kPages, "0000"), std::nullopt);
  EXPECT_EQ(Read(Table::kPages, "00000002x"), std::nullopt);
}

TEST_P(StorageConformanceTest, ReplacesNothingInAnAscendingTable) {
  Commit("h1", {{Table::kPages, "00000005a", "p"}});
  const auto refuses = [&](Table table, const std::string& key,
                           const std::string& why) {
    EXPECT_THAT(storage_->Commit({.expected_head = "h1",
                                  .new_head = "h2",
                                  .puts = {{Table::kLabels, "l", "1"},
                                           {table, key, "another"}}}),
                Refuses(absl::StatusCode::kInvalidArgument, why))
        << key;
  };
  refuses(Table::kPages, "00000005a", "not above");
  refuses(Table::kPages, "00000004z", "not above");
  // Of one position, the tables come in the order of their numbers.
  refuses(Table::kEntries, "00000005z", "not above");
  refuses(Table::kValues, "0000006", "7 bytes");
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h1")));
  EXPECT_EQ(Read(Table::kLabels, "l"), std::nullopt);
  EXPECT_THAT(Read(Table::kPages, "00000005a"), Optional(std::string("p")));
  Commit("h2", {{Table::kValues, "00000005a", "v"}});
  Reopen();
  Commit("h3", {{Table::kEntries, "00000006", "e"}});
  EXPECT_THAT(Read(Table::kValues, "00000005a"), Optional(std::string("v")));
}

TEST_P(StorageConformanceTest, CommitsEverythingWithItsHead) {
  Commit("h1",
         {{Table::kEntries, "00000000", "e"}, {Table::kLabels, "0", "l"}});
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h1")));
  EXPECT_THAT(Read(Table::kEntries, "00000000"), Optional(std::string("e")));
  EXPECT_THAT(Read(Table::kLabels, "0"), Optional(std::string("l")));
}

TEST_P(StorageConformanceTest, RefusesAStaleHeadAndWritesNothing) {
  Commit("h1", {});
  Commit("h2", {});
  EXPECT_THAT(storage_->Commit({.expected_head = "h1",
                                .new_head = "h3",
                                .puts = {{Table::kEntries, "key of 8", "v"}}}),
              Refuses(absl::StatusCode::kAborted, "not the one"));
  EXPECT_EQ(Read(Table::kEntries, "key of 8"), std::nullopt);
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h2")));
  // The object is none the worse for it.
  Commit("h3", {{Table::kEntries, "key of 8", "v"}});
  EXPECT_THAT(Read(Table::kEntries, "key of 8"), Optional(std::string("v")));
}

TEST_P(StorageConformanceTest, RefusesAnExpectedHeadInANewStore) {
  EXPECT_THAT(storage_->Commit({.expected_head = "h0",
                                .new_head = "h1",
                                .puts = {{Table::kEntries, "key of 8", "v"}}}),
              Refuses(absl::StatusCode::kAborted, "no head is stored"));
  EXPECT_EQ(Read(Table::kHead, ""), std::nullopt);
  EXPECT_EQ(Read(Table::kEntries, "key of 8"), std::nullopt);
}

TEST_P(StorageConformanceTest, RefusesTheFirstCommitASecondTime) {
  Commit("h1", {});
  EXPECT_THAT(storage_->Commit({.new_head = "h1"}),
              Refuses(absl::StatusCode::kAborted, "new log"));
}

TEST_P(StorageConformanceTest, TellsAnEmptyHeadFromNone) {
  Commit("", {});
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string()));
  EXPECT_THAT(storage_->Commit({.new_head = "h1"}),
              Refuses(absl::StatusCode::kAborted, "new log"));
  EXPECT_THAT(storage_->Commit({.expected_head = "", .new_head = "h1"}),
              IsOk());
}

TEST_P(StorageConformanceTest, LetsCommitAloneWriteTheHead) {
  Commit("h1", {});
  EXPECT_THAT(storage_->Commit({.expected_head = "h1",
                                .new_head = "h2",
                                .puts = {{Table::kEntries, "key of 8", "v"},
                                         {Table::kHead, "", "forged"}}}),
              Refuses(absl::StatusCode::kInvalidArgument, "put 1"));
  EXPECT_THAT(storage_->PutRecord({Table::kHead, "", "forged"}),
              Refuses(absl::StatusCode::kInvalidArgument, "head"));
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h1")));
  EXPECT_EQ(Read(Table::kEntries, "key of 8"), std::nullopt);
  Commit("h2", {});
}

TEST_P(StorageConformanceTest, PutsSingleRecordsBesideTheHead) {
  ASSERT_THAT(storage_->PutRecord({Table::kConfiguration, "", "config"}),
              IsOk());
  Commit("h1", {});
  ASSERT_THAT(storage_->PutRecord({Table::kSignedHead, "", "s1"}), IsOk());
  ASSERT_THAT(storage_->PutRecord({Table::kSignedHead, "", "s2"}), IsOk());
  Reopen();
  EXPECT_THAT(Read(Table::kConfiguration, ""), Optional(std::string("config")));
  EXPECT_THAT(Read(Table::kSignedHead, ""), Optional(std::string("s2")));
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h1")));
}

TEST_P(StorageConformanceTest, ReadsAllKeysAsOfOneMoment) {
  constexpr int kLast = 300;
  const std::vector<std::string> keys = {"a", "b", "c", "d", "e", "f"};
  std::thread writer([&] {
    for (int i = 0; i <= kLast; ++i) {
      std::vector<Put> puts;
      for (const std::string& key : keys) {
        puts.push_back({Table::kLabels, key, absl::StrCat(i)});
      }
      Commit(absl::StrCat("h", i), std::move(puts));
    }
  });
  const std::optional<std::string> last = absl::StrCat(kLast);
  std::optional<std::string> seen;
  while (seen != last && !HasFailure()) {
    const auto values = storage_->Read(Table::kLabels, keys);
    EXPECT_THAT(values, IsOk());
    if (!values.ok()) break;
    seen = values->front();
    EXPECT_THAT(*values, ::testing::Each(seen));
  }
  writer.join();
}

TEST_P(StorageConformanceTest, ShowsNoHeadWithoutWhatItStandsFor) {
  constexpr int kFirst = 10'000'000;
  constexpr int kLast = kFirst + 300;
  Commit(absl::StrCat(kFirst), {{Table::kEntries, absl::StrCat(kFirst), "e"}});
  std::thread writer([&] {
    for (int i = kFirst + 1; i <= kLast; ++i) {
      Commit(absl::StrCat(i), {{Table::kEntries, absl::StrCat(i), "e"}});
    }
  });
  std::optional<std::string> head;
  while (head != absl::StrCat(kLast) && !HasFailure()) {
    head = Read(Table::kHead, "");
    ASSERT_TRUE(head.has_value());
    EXPECT_THAT(Read(Table::kEntries, *head), Optional(std::string("e")));
    EXPECT_EQ(Scan(Table::kEntries, *head, 1).size(), 1);
  }
  writer.join();
}

TEST_P(StorageConformanceTest, KeepsEverythingOverAReopening) {
  Contents model;
  for (int i = 0; i < 20; ++i) {
    CommitRequest request = {.expected_head = Read(Table::kHead, ""),
                             .new_head = absl::StrCat("h", i)};
    for (int j = 0; j < 20; ++j) {
      request.puts.push_back(
          {kAllTables[3 + j % 8], absl::StrCat(10000000 + i, "/", j),
           std::string(500 + j, static_cast<char>('a' + i))});
    }
    ASSERT_THAT(storage_->Commit(request), IsOk());
    Apply(request, model);
  }
  Reopen();
  const absl::StatusOr<Contents> contents = ScanAll(*storage_);
  ASSERT_THAT(contents, IsOk());
  EXPECT_EQ(*contents, model);
}

TEST_P(StorageConformanceTest, RefusesASecondOpening) {
  EXPECT_THAT(backend_->Open(),
              Refuses(absl::StatusCode::kUnavailable, "in use"));
  // The first one was not disturbed, and its lock is still held.
  Commit("h1", {{Table::kEntries, "key of 8", "v"}});
  EXPECT_THAT(backend_->Open(),
              Refuses(absl::StatusCode::kUnavailable, "in use"));
  Reopen();
  EXPECT_THAT(Read(Table::kEntries, "key of 8"), Optional(std::string("v")));
}

TEST_P(StorageConformanceTest, RefusesToCreateASecondTime) {
  Commit("h1", {});
  EXPECT_THAT(backend_->Create(),
              Refuses(absl::StatusCode::kAlreadyExists, "already"));
  storage_.reset();
  EXPECT_THAT(backend_->Create(),
              Refuses(absl::StatusCode::kAlreadyExists, "already"));
  Take(backend_->Open());
  EXPECT_THAT(Read(Table::kHead, ""), Optional(std::string("h1")));
}

// Random operations on a store and on a map, which must agree throughout.
class RandomWalk {
 public:
  RandomWalk(uint64_t seed, std::unique_ptr<Storage>* storage)
      : random_(seed), storage_(storage) {}

  void Commit() {
    CommitRequest request = {.expected_head = Head(),
                             .new_head = RandomBytes(40)};
    const size_t count = random_() % 40;
    for (size_t i = 0; i < count; ++i) {
      const Table table = RandomTable();
      request.puts.push_back(
          {table, IsAscending(table) ? Key(position_) : RandomKey(table),
           RandomBytes(900)});
    }
    const bool stale = random_() % 5 == 0;
    if (stale) request.expected_head = "stale";
    const absl::Status status = (*storage_)->Commit(request);
    if (stale) {
      ASSERT_THAT(status, Refuses(absl::StatusCode::kAborted, "head"));
      return;
    }
    ASSERT_THAT(status, IsOk());
    Apply(request, model_);
    ++position_;
  }

  void PutRecord() {
    const Put put = {Table::kSignedHead, "", RandomBytes(70)};
    ASSERT_THAT((*storage_)->PutRecord(put), IsOk());
    model_[{put.table, put.key}] = put.value;
  }

  void Read() {
    const Table table = RandomTable();
    std::vector<std::string> keys(random_() % 50);
    std::vector<std::optional<std::string>> expected;
    for (std::string& key : keys) {
      key = RandomKey(table);
      const auto found = model_.find({table, key});
      expected.push_back(found == model_.end() ? std::nullopt
                                               : std::optional(found->second));
    }
    const auto values = (*storage_)->Read(table, keys);
    ASSERT_THAT(values, IsOk());
    ASSERT_EQ(*values, expected);
  }

  void Scan() {
    const Table table = RandomTable();
    const std::string from = RandomKey(table);
    size_t left = 1 + random_() % 100;
    auto expected = model_.lower_bound({table, from});
    const auto visit = [&](absl::string_view key, absl::string_view value) {
      EXPECT_NE(expected, model_.end());
      if (expected == model_.end()) return false;
      EXPECT_EQ(expected->first, std::pair(table, std::string(key)));
      EXPECT_EQ(expected->second, std::string(value));
      ++expected;
      return --left > 0;
    };
    ASSERT_THAT((*storage_)->Scan(table, from, visit), IsOk());
    if (left > 0) {
      EXPECT_TRUE(expected == model_.end() || expected->first.first != table);
    }
  }

  void Compare() {
    const absl::StatusOr<Contents> contents = ScanAll(**storage_);
    ASSERT_THAT(contents, IsOk());
    ASSERT_EQ(*contents, model_);
  }

  uint64_t Dice(uint64_t sides) { return random_() % sides; }

 private:
  std::optional<std::string> Head() {
    const auto head = model_.find({Table::kHead, ""});
    if (head == model_.end()) return std::nullopt;
    return head->second;
  }
  Table RandomTable() { return kAllTables[3 + random_() % 8]; }
  // Of a record that may be there.
  std::string RandomKey(Table table) {
    return IsAscending(table) ? Key(random_() % position_) : FewBytes();
  }
  // Of an ascending table, with a position of more than one byte.
  std::string Key(uint64_t position) {
    std::string key(8, '\0');
    // Bytes on both sides of 0x80.
    key[6] = static_cast<char>(0x7f + position / 100);
    key[7] = static_cast<char>(2 * (position % 100));
    return key + FewBytes();
  }
  std::string FewBytes() {
    std::string key(random_() % 3, '\0');
    for (char& byte : key) byte = static_cast<char>(random_() % 16 * 17);
    return key;
  }
  std::string RandomBytes(size_t most) {
    std::string bytes(random_() % most, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    return bytes;
  }

  std::mt19937_64 random_;
  std::unique_ptr<Storage>* const storage_;
  Contents model_;
  // Of the next commit.
  uint64_t position_ = 1;
};

TEST_P(StorageConformanceTest, AgreesWithAMapOverRandomOperations) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::cout << "seed " << seed << std::endl;
    storage_.reset();
    backend_ = GetParam().make();
    Take(backend_->Create());
    RandomWalk walk(seed, &storage_);
    for (int step = 0; step < 400 && !HasFatalFailure(); ++step) {
      SCOPED_TRACE(absl::StrCat("step ", step));
      const uint64_t dice = walk.Dice(100);
      if (dice < 45) {
        walk.Commit();
      } else if (dice < 50) {
        walk.PutRecord();
      } else if (dice < 75) {
        walk.Read();
      } else if (dice < 95) {
        walk.Scan();
      } else {
        Reopen();
        walk.Compare();
      }
    }
    walk.Compare();
  }
}

INSTANTIATE_TEST_SUITE_P(
    Backends, StorageConformanceTest,
    ::testing::Values(
        BackendKind{"Memory", [] { return std::make_unique<MemoryBackend>(); }},
        BackendKind{"LevelDb", [] { return std::make_unique<DiskBackend>(); }},
        BackendKind{"LevelDbOnFaultEnv",
                    [] { return std::make_unique<FaultEnvBackend>(); }}),
    [](const ::testing::TestParamInfo<BackendKind>& info) {
      return std::string(info.param.name);
    });

}  // namespace
}  // namespace sealbook::server
