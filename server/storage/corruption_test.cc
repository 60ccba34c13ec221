// Damaged stores: each bit of each kind of file flipped in turn, files cut off
// and files removed. The store must not open, or say DATA_LOSS when it is read,
// or hold what it held: it never answers that something is not there.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/leveldb_storage.h"
#include "server/storage/storage.h"
#include "server/storage/testing/contents.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/status_matchers.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::Contents;
using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::FaultFilesystem;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::ScanAll;
using ::sealbook::server::testing::TemporaryDirectory;

constexpr char kDirectory[] = "/log";

// A store with records in a table (commits before it was opened anew) and in a
// log (commits after that).
class CorruptionTest : public ::testing::Test {
 protected:
  explicit CorruptionTest(std::string database = "")
      : database_(std::move(database)) {}

  void SetUp() override {
    FaultEnv env;
    auto storage = LevelDbStorage::Create(kDirectory, env.Options());
    ASSERT_THAT(storage, IsOk());
    for (int i = 0; i < 4; ++i) {
      if (i == 2) {
        storage->reset();
        storage = LevelDbStorage::Open(kDirectory, env.Options());
        ASSERT_THAT(storage, IsOk());
      }
      CommitRequest request = {.new_head = absl::StrCat("head ", i)};
      if (i > 0) request.expected_head = absl::StrCat("head ", i - 1);
      for (int j = 0; j < 3; ++j) {
        const std::string key = absl::StrCat(10'000'000 + i, "/", j);
        const std::string value(40, static_cast<char>('a' + i));
        request.puts.push_back({Table::kPages, key, value});
        request.puts.push_back({Table::kVersions, key, value});
      }
      ASSERT_THAT((*storage)->Commit(request), IsOk());
    }
    const absl::StatusOr<Contents> contents = ScanAll(**storage);
    ASSERT_THAT(contents, IsOk());
    contents_ = *contents;
    files_ = env.Files();
  }

  // Of the database that is damaged, or of the store.
  std::string PathOf(absl::string_view part) const {
    for (const std::string& path : files_.AllFiles()) {
      if (absl::StrContains(path, part) &&
          (part == "FORMAT" || absl::StrContains(path, database_))) {
        return path;
      }
    }
    ADD_FAILURE() << "no file of kind " << part;
    return "";
  }

  // What became of the store once `damage` was done to a copy of it.
  enum class Outcome { kHeld, kNotOpened, kDataLoss, kWrong };
  template <typename Damage>
  Outcome After(Damage damage) const {
    FaultFilesystem files = files_.DurableCopy();
    damage(files);
    FaultEnv env(std::move(files));
    auto storage = LevelDbStorage::Open(kDirectory, env.Options());
    if (!storage.ok()) return Outcome::kNotOpened;
    // Point reads first: each record on its own.
    bool lost = false;
    for (const auto& [key, value] : contents_) {
      const auto values = (*storage)->Read(key.first, {key.second});
      if (!values.ok()) {
        if (!absl::IsDataLoss(values.status())) return Outcome::kWrong;
        lost = true;
      } else if (values->front() != value) {
        return Outcome::kWrong;
      }
    }
    const absl::StatusOr<Contents> contents = ScanAll(**storage);
    if (!contents.ok()) {
      return absl::IsDataLoss(contents.status()) ? Outcome::kDataLoss
                                                 : Outcome::kWrong;
    }
    if (lost || *contents != contents_) return Outcome::kWrong;
    return Outcome::kHeld;
  }

  // Flips each bit of the file whose path has `part` in it.
  std::map<Outcome, int> FlipEachBit(absl::string_view part) const {
    const std::string path = PathOf(part);
    const size_t bits = 8 * files_.Find(path)->data.size();
    std::map<Outcome, int> outcomes;
    for (size_t bit = 0; bit < bits; ++bit) {
      const Outcome outcome = After([&](FaultFilesystem& files) {
        files.Find(path)->data[bit / 8] ^= 1 << bit % 8;
      });
      EXPECT_NE(outcome, Outcome::kWrong) << path << ", bit " << bit;
      ++outcomes[outcome];
    }
    std::cout << path << ": " << bits << " bits, "
              << outcomes[Outcome::kNotOpened] << " not opened, "
              << outcomes[Outcome::kDataLoss] << " data loss, "
              << outcomes[Outcome::kHeld] << " without effect" << std::endl;
    return outcomes;
  }

  FaultFilesystem files_;
  Contents contents_;
  const std::string database_;
};

// In each of the two databases.
class DatabaseCorruptionTest
    : public CorruptionTest,
      public ::testing::WithParamInterface<const char*> {
 protected:
  DatabaseCorruptionTest()
      : CorruptionTest(absl::StrCat("/", GetParam(), "/")) {}

  // A table of the database, and two keys of it.
  Table DamagedTable() const {
    return database_ == "/entries/" ? Table::kPages : Table::kVersions;
  }
  static constexpr char kKey[] = "00000001";
  static constexpr char kOther[] = "00000002";
};

INSTANTIATE_TEST_SUITE_P(Databases, DatabaseCorruptionTest,
                         ::testing::Values("entries", "leveldb"),
                         [](const ::testing::TestParamInfo<const char*>& info) {
                           return std::string(info.param);
                         });

TEST_F(CorruptionTest, HoldsEverythingWhereNothingIsDamaged) {
  EXPECT_EQ(After([](FaultFilesystem&) {}), Outcome::kHeld);
}

TEST_P(DatabaseCorruptionTest, NoticesEachFlippedBitOfALog) {
  auto outcomes = FlipEachBit(".log");
  EXPECT_GT(outcomes[Outcome::kNotOpened], 0);
  EXPECT_EQ(outcomes[Outcome::kHeld], 0);
}

TEST_P(DatabaseCorruptionTest, NoticesEachFlippedBitOfATable) {
  auto outcomes = FlipEachBit(".ldb");
  EXPECT_GT(outcomes[Outcome::kDataLoss], 0);
}

TEST_P(DatabaseCorruptionTest, NoticesEachFlippedBitOfAManifest) {
  auto outcomes = FlipEachBit("MANIFEST");
  EXPECT_GT(outcomes[Outcome::kNotOpened], 0);
  EXPECT_EQ(outcomes[Outcome::kHeld], 0);
}

TEST_P(DatabaseCorruptionTest, NoticesEachFlippedBitOfTheCurrentFile) {
  auto outcomes = FlipEachBit("CURRENT");
  EXPECT_EQ(outcomes[Outcome::kHeld], 0);
  EXPECT_EQ(outcomes[Outcome::kDataLoss], 0);
}

TEST_F(CorruptionTest, NoticesEachFlippedBitOfTheFormatFile) {
  auto outcomes = FlipEachBit("FORMAT");
  EXPECT_EQ(outcomes[Outcome::kHeld], 0);
  EXPECT_EQ(outcomes[Outcome::kDataLoss], 0);
}

TEST_P(DatabaseCorruptionTest, NamesTheKindOfDamage) {
  const auto open_after = [&](absl::string_view part, size_t byte) {
    FaultFilesystem files = files_.DurableCopy();
    files.Find(PathOf(part))->data[byte] ^= 0x40;
    FaultEnv env(std::move(files));
    return LevelDbStorage::Open(kDirectory, env.Options()).status();
  };
  EXPECT_THAT(open_after(".log", 20),
              Refuses(absl::StatusCode::kDataLoss, "checksum mismatch"));
  // The high byte of the first record's length.
  EXPECT_THAT(open_after(".log", 5),
              Refuses(absl::StatusCode::kDataLoss, "in its header"));
  EXPECT_THAT(open_after("MANIFEST", 20),
              Refuses(absl::StatusCode::kDataLoss, "checksum mismatch"));
  EXPECT_THAT(open_after("CURRENT", 12),
              Refuses(absl::StatusCode::kDataLoss, "CURRENT"));
}

TEST_P(DatabaseCorruptionTest, RefusesToOpenWithoutOneOfItsFiles) {
  const auto open_without = [&](absl::string_view part) {
    FaultFilesystem files = files_.DurableCopy();
    files.Remove(PathOf(part));
    FaultEnv env(std::move(files));
    return LevelDbStorage::Open(kDirectory, env.Options()).status();
  };
  EXPECT_THAT(open_without(".ldb"),
              Refuses(absl::StatusCode::kDataLoss, "missing"));
  EXPECT_THAT(open_without("MANIFEST"),
              Refuses(absl::StatusCode::kDataLoss, "non-existent"));
  EXPECT_THAT(open_without("CURRENT"),
              Refuses(absl::StatusCode::kDataLoss, "does not exist"));
}

TEST_P(DatabaseCorruptionTest, RefusesToOpenACutOffTableOrManifest) {
  const auto open_cut = [&](absl::string_view part, size_t bytes) {
    FaultFilesystem files = files_.DurableCopy();
    std::string& data = files.Find(PathOf(part))->data;
    data.resize(data.size() - bytes);
    FaultEnv env(std::move(files));
    auto storage = LevelDbStorage::Open(kDirectory, env.Options());
    if (!storage.ok()) return storage.status();
    return ScanAll(**storage).status();
  };
  EXPECT_THAT(open_cut(".ldb", 1),
              Refuses(absl::StatusCode::kDataLoss, "magic"));
  EXPECT_THAT(open_cut(".ldb", 60), Refuses(absl::StatusCode::kDataLoss, ""));
}

// On the machine's own file system, where LevelDB maps its tables.
TEST_P(DatabaseCorruptionTest, DoesNotTakeARemovedTableForAbsence) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  ASSERT_THAT(LevelDbStorage::Create(path, {}), IsOk());
  const auto commit = [&](std::optional<std::string> head, std::string next,
                          const char* key) {
    auto storage = LevelDbStorage::Open(path, {});
    ASSERT_THAT(storage, IsOk());
    ASSERT_THAT((*storage)->Commit({.expected_head = std::move(head),
                                    .new_head = std::move(next),
                                    .puts = {{DamagedTable(), key, "value"}}}),
                IsOk());
  };
  commit(std::nullopt, "h1", kKey);
  commit("h1", "h2", kOther);
  // An opening writes a table for what it finds in the log, and keeps it open;
  // the next one looks at the last record's, and at others only when it is
  // asked for something.
  ASSERT_THAT(LevelDbStorage::Open(path, {}), IsOk());
  auto storage = LevelDbStorage::Open(path, {});
  ASSERT_THAT(storage, IsOk());
  int removed = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(path + database_)) {
    if (file.path().extension() == ".ldb") {
      removed += std::filesystem::remove(file.path());
    }
  }
  ASSERT_EQ(removed, 2);
  EXPECT_THAT((*storage)->Read(DamagedTable(), {kKey}),
              Refuses(absl::StatusCode::kDataLoss, "missing"));
}

TEST_P(DatabaseCorruptionTest, NoticesAFlippedBitOfAMappedTable) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/log";
  {
    auto storage = LevelDbStorage::Create(path, {});
    ASSERT_THAT(storage, IsOk());
    ASSERT_THAT(
        (*storage)->Commit(
            {.new_head = "h1",
             .puts = {{DamagedTable(), kKey, std::string(5000, 'v')},
                      {DamagedTable(), kOther, std::string(5000, 'w')}}}),
        IsOk());
  }
  auto storage = LevelDbStorage::Open(path, {});
  ASSERT_THAT(storage, IsOk());
  // Read once: a block that was found good before is checked again.
  ASSERT_THAT((*storage)->Read(DamagedTable(), {kKey}), IsOk());
  for (const auto& file :
       std::filesystem::directory_iterator(path + database_)) {
    if (file.path().extension() != ".ldb") continue;
    std::fstream table(file.path(),
                       std::ios::in | std::ios::out | std::ios::binary);
    table.seekp(2000);
    table.put('x');
    ASSERT_TRUE(table.good());
  }
  EXPECT_THAT((*storage)->Read(DamagedTable(), {kKey}),
              Refuses(absl::StatusCode::kDataLoss, "checksum mismatch"));
  EXPECT_THAT((*storage)->Read(DamagedTable(), {kOther}), IsOk());
  // A scan does not step over the damage in silence.
  std::vector<std::string> visited;
  EXPECT_THAT((*storage)->Scan(DamagedTable(), "",
                               [&](absl::string_view key, absl::string_view) {
                                 visited.emplace_back(key);
                                 return true;
                               }),
              Refuses(absl::StatusCode::kDataLoss, "checksum mismatch"));
  EXPECT_THAT(visited, ::testing::IsEmpty());
}

}  // namespace
}  // namespace sealbook::server
