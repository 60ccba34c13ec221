#include "server/storage/log_tail.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/status_matchers.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;

// Two records as LevelDB wrote them: the log of a store after two commits.
std::string TwoRecords() {
  FaultEnv env;
  auto storage = LevelDbStorage::Create("/log", env.Options());
  EXPECT_THAT(storage, IsOk());
  EXPECT_THAT((*storage)->PutRecord({Table::kLabels, "a", "first value"}),
              IsOk());
  EXPECT_THAT((*storage)->PutRecord({Table::kLabels, "b", "second value"}),
              IsOk());
  for (const std::string& path : env.Files().AllFiles()) {
    if (path.find("/leveldb/") != std::string::npos &&
        path.substr(path.size() - 4) == ".log") {
      return env.Files().Find(path)->data;
    }
  }
  ADD_FAILURE() << "no log";
  return "";
}

// Bytes of the first record: header, then its length from the header.
size_t FirstSize(const std::string& records) {
  return 7 + static_cast<uint8_t>(records[4]);
}

TEST(LogTailTest, AcceptsWholeRecords) {
  EXPECT_THAT(CheckLastBlock(""), IsOk());
  EXPECT_THAT(CheckLastBlock(TwoRecords()), IsOk());
}

TEST(LogTailTest, AcceptsARecordCutShortAnywhere) {
  const std::string records = TwoRecords();
  for (size_t size = 0; size < records.size(); ++size) {
    EXPECT_THAT(CheckLastBlock(records.substr(0, size)), IsOk()) << size;
  }
}

TEST(LogTailTest, RefusesADamagedLengthThatReachesOverTheEnd) {
  const std::string records = TwoRecords();
  const size_t first = FirstSize(records);
  int refused = 0;
  for (const size_t start : {size_t{0}, first}) {
    for (int bit = 0; bit < 16; ++bit) {
      std::string damaged = records;
      damaged[start + 4 + bit / 8] ^= 1 << bit % 8;
      const size_t length = static_cast<uint8_t>(damaged[start + 4]) |
                            static_cast<uint8_t>(damaged[start + 5]) << 8;
      if (start + 7 + length <= records.size()) continue;
      EXPECT_THAT(CheckLastBlock(damaged),
                  Refuses(absl::StatusCode::kDataLoss, absl::StrCat(length)))
          << "record at " << start << ", bit " << bit;
      ++refused;
    }
  }
  EXPECT_GE(refused, 20);
}

TEST(LogTailTest, NamesTheTrueLength) {
  std::string records = TwoRecords();
  const size_t length = FirstSize(records) - 7;
  records[5] = 0x10;
  EXPECT_THAT(CheckLastBlock(records),
              Refuses(absl::StatusCode::kDataLoss,
                      absl::StrCat("a record of ", length, " bytes")));
}

// A store whose log is longer than a block: only the last one is looked at.
TEST(LogTailTest, ChecksTheLastBlockOfALongLog) {
  FaultEnv env;
  LevelDbOptions options = env.Options();
  options.write_buffer_bytes = size_t{1} << 20;
  auto storage = LevelDbStorage::Create("/log", options);
  ASSERT_THAT(storage, IsOk());
  ASSERT_THAT(
      (*storage)->PutRecord({Table::kLabels, "a", std::string(90'000, 'a')}),
      IsOk());
  storage->reset();
  EXPECT_THAT(CheckLogTails(env, "/log/leveldb"), IsOk());

  testing::FaultFilesystem files = env.Files();
  for (const std::string& path : files.AllFiles()) {
    if (path.find("/leveldb/") == std::string::npos ||
        path.find(".log") == std::string::npos) {
      continue;
    }
    std::string& data = files.Find(path)->data;
    ASSERT_GT(data.size(), 2 * 32768);
    // The fragment that starts the last block, and its length's high byte.
    data[data.size() / 32768 * 32768 + 5] ^= 0x80;
  }
  FaultEnv damaged(std::move(files));
  EXPECT_THAT(CheckLogTails(damaged, "/log/leveldb"),
              Refuses(absl::StatusCode::kDataLoss, ".log: a record of"));
  EXPECT_THAT(LevelDbStorage::Open("/log", damaged.Options()),
              Refuses(absl::StatusCode::kDataLoss, ".log: a record of"));
}

TEST(LogTailTest, ReportsAFailedRead) {
  FaultEnv env;
  ASSERT_THAT(LevelDbStorage::Create("/log", env.Options()), IsOk());
  env.FailReads(true);
  EXPECT_THAT(CheckLogTails(env, "/log/leveldb"),
              Refuses(absl::StatusCode::kInternal, "Input/output error"));
}

}  // namespace
}  // namespace sealbook::server
