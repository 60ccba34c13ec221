#include "server/mark/high_water_mark.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "crypto/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/status_matchers.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::TemporaryDirectory;

constexpr size_t kSlotBytes = 4096;

Mark MarkAt(uint64_t tree_size) {
  return {.tree_size = tree_size,
          .log_root = crypto::Sha256(absl::StrCat("root ", tree_size)),
          .timestamp_ms = 1'700'000'000'000 + tree_size};
}

class HighWaterMarkTest : public ::testing::Test {
 protected:
  // A mark that was advanced to 1, 2, ... `tree_size`.
  void MakeMark(uint64_t tree_size) {
    auto mark = HighWaterMark::Create(path_, log_id_);
    ASSERT_THAT(mark, IsOk());
    for (uint64_t i = 1; i <= tree_size; ++i) {
      ASSERT_THAT((*mark)->Advance(MarkAt(i)), IsOk());
    }
  }

  absl::StatusOr<Mark> ReadMark() {
    const auto mark = HighWaterMark::Open(path_, log_id_);
    if (!mark.ok()) return mark.status();
    return (*mark)->current();
  }

  std::string ReadBytes() {
    std::ifstream file(path_, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void WriteBytes(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << bytes;
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/mark";
  const crypto::Hash log_id_ = crypto::Sha256("a configuration");
};

TEST_F(HighWaterMarkTest, StartsAtNothing) {
  const auto mark = HighWaterMark::Create(path_, log_id_);
  ASSERT_THAT(mark, IsOk());
  EXPECT_EQ((*mark)->current(), Mark());
  EXPECT_EQ(std::filesystem::file_size(path_), 2 * kSlotBytes);
}

TEST_F(HighWaterMarkTest, KeepsEachAdvance) {
  MakeMark(0);
  for (uint64_t i = 1; i <= 5; ++i) {
    const auto mark = HighWaterMark::Open(path_, log_id_);
    ASSERT_THAT(mark, IsOk());
    EXPECT_EQ((*mark)->current(), i == 1 ? Mark() : MarkAt(i - 1));
    ASSERT_THAT((*mark)->Advance(MarkAt(i)), IsOk());
    EXPECT_EQ((*mark)->current(), MarkAt(i));
  }
  const auto last = ReadMark();
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ(*last, MarkAt(5));
}

TEST_F(HighWaterMarkTest, HasTheDocumentedBytes) {
  MakeMark(1);
  const std::string slot = ReadBytes().substr(kSlotBytes);
  std::string expected("sealbook mark 1\0", 16);
  expected += log_id_.ToString();
  expected += std::string("\0\0\0\0\0\0\0\1", 8);
  expected += MarkAt(1).log_root.ToString();
  // 1'700'000'000'001
  expected += std::string("\x00\x00\x01\x8b\xcf\xe5\x68\x01", 8);
  expected += crypto::Sha256(expected).ToString();
  EXPECT_EQ(slot, expected + std::string(kSlotBytes - 128, '\0'));
}

TEST_F(HighWaterMarkTest, WritesItsSlotsInTurns) {
  MakeMark(7);
  const std::string before = ReadBytes();
  {
    const auto mark = HighWaterMark::Open(path_, log_id_);
    ASSERT_THAT(mark, IsOk());
    ASSERT_THAT((*mark)->Advance(MarkAt(8)), IsOk());
  }
  const std::string after = ReadBytes();
  // The slot of 7 is as it was; that of 6 holds 8 now.
  EXPECT_EQ(before.substr(kSlotBytes), after.substr(kSlotBytes));
  EXPECT_NE(before.substr(0, kSlotBytes), after.substr(0, kSlotBytes));
}

// A write torn anywhere: its slot holds part of the new bytes, then old ones.
TEST_F(HighWaterMarkTest, SurvivesAWriteTornAtAnyByte) {
  MakeMark(6);
  const std::string before = ReadBytes();
  std::filesystem::remove(path_);
  MakeMark(7);
  const std::string after = ReadBytes();
  for (size_t torn = 0; torn <= 128; ++torn) {
    const std::string bytes = before.substr(0, kSlotBytes) +
                              after.substr(kSlotBytes, torn) +
                              before.substr(kSlotBytes + torn);
    WriteBytes(bytes);
    const auto mark = ReadMark();
    ASSERT_THAT(mark, IsOk()) << torn;
    ASSERT_EQ(*mark, MarkAt(bytes == after ? 7 : 6)) << torn;
  }
}

TEST_F(HighWaterMarkTest, FallsBackOnTheOtherSlotForEachFlippedBit) {
  MakeMark(7);
  const std::string good = ReadBytes();
  for (const size_t slot : {0, 1}) {
    // 7 is in slot 1, 6 in slot 0.
    const uint64_t expected = slot == 1 ? 6 : 7;
    for (size_t bit = 0; bit < 128 * 8; ++bit) {
      std::string bytes = good;
      bytes[slot * kSlotBytes + bit / 8] ^= 1 << bit % 8;
      WriteBytes(bytes);
      const auto mark = ReadMark();
      ASSERT_THAT(mark, IsOk()) << "slot " << slot << ", bit " << bit;
      ASSERT_EQ(*mark, MarkAt(expected)) << "slot " << slot << ", bit " << bit;
    }
  }
}

TEST_F(HighWaterMarkTest, OverwritesTheDamagedSlotNext) {
  MakeMark(7);
  std::string bytes = ReadBytes();
  bytes[kSlotBytes + 50] ^= 1;
  WriteBytes(bytes);
  {
    const auto mark = HighWaterMark::Open(path_, log_id_);
    ASSERT_THAT(mark, IsOk());
    ASSERT_THAT((*mark)->Advance(MarkAt(9)), IsOk());
  }
  EXPECT_EQ(ReadBytes().substr(0, kSlotBytes), bytes.substr(0, kSlotBytes));
  const auto mark = ReadMark();
  ASSERT_THAT(mark, IsOk());
  EXPECT_EQ(*mark, MarkAt(9));
}

TEST_F(HighWaterMarkTest, RefusesWhereBothSlotsAreDamaged) {
  MakeMark(7);
  std::string bytes = ReadBytes();
  bytes[60] ^= 1;
  bytes[kSlotBytes + 100] ^= 1;
  WriteBytes(bytes);
  EXPECT_THAT(ReadMark(), Refuses(absl::StatusCode::kDataLoss, "neither slot"));
}

TEST_F(HighWaterMarkTest, RefusesAnotherLength) {
  MakeMark(2);
  const std::string bytes = ReadBytes();
  for (const std::string& other :
       {std::string(), bytes.substr(1), bytes.substr(0, kSlotBytes),
        bytes + std::string(1, '\0')}) {
    WriteBytes(other);
    EXPECT_THAT(ReadMark(), Refuses(absl::StatusCode::kDataLoss, "8192"));
  }
}

TEST_F(HighWaterMarkTest, RefusesSlotsThatContradictEachOther) {
  MakeMark(1);
  const std::string one = ReadBytes();
  std::filesystem::remove(path_);
  {
    auto mark = HighWaterMark::Create(path_, log_id_);
    ASSERT_THAT(mark, IsOk());
    Mark fork = MarkAt(1);
    fork.log_root = crypto::Sha256("another root");
    ASSERT_THAT((*mark)->Advance(fork), IsOk());
  }
  WriteBytes(one.substr(kSlotBytes) + ReadBytes().substr(kSlotBytes));
  EXPECT_THAT(ReadMark(),
              Refuses(absl::StatusCode::kDataLoss, "contradicts itself"));
}

TEST_F(HighWaterMarkTest, RefusesTheMarkOfAnotherLog) {
  MakeMark(3);
  const crypto::Hash other = crypto::Sha256("another configuration");
  EXPECT_THAT(HighWaterMark::Open(path_, other),
              Refuses(absl::StatusCode::kFailedPrecondition, other.ToHex()));
  EXPECT_THAT(HighWaterMark::Open(path_, other),
              Refuses(absl::StatusCode::kFailedPrecondition, log_id_.ToHex()));
}

TEST_F(HighWaterMarkTest, RefusesToGoBackwards) {
  MakeMark(5);
  const std::string before = ReadBytes();
  const auto mark = HighWaterMark::Open(path_, log_id_);
  ASSERT_THAT(mark, IsOk());
  Mark fork = MarkAt(5);
  fork.log_root = MarkAt(4).log_root;
  Mark later = MarkAt(5);
  later.timestamp_ms += 1;
  Mark earlier = MarkAt(6);
  earlier.timestamp_ms = MarkAt(5).timestamp_ms - 1;
  for (const Mark& next : {MarkAt(4), Mark(), fork, later, earlier}) {
    EXPECT_THAT(
        (*mark)->Advance(next),
        Refuses(absl::StatusCode::kFailedPrecondition, "does not go on"));
    EXPECT_EQ((*mark)->current(), MarkAt(5));
  }
  EXPECT_EQ(ReadBytes(), before);
  // The mark itself is no step backwards, and needs no write.
  EXPECT_THAT((*mark)->Advance(MarkAt(5)), IsOk());
  EXPECT_EQ(ReadBytes(), before);
  EXPECT_THAT((*mark)->Advance(MarkAt(6)), IsOk());
}

TEST_F(HighWaterMarkTest, IsHeldByOneAtATime) {
  const auto mark = HighWaterMark::Create(path_, log_id_);
  ASSERT_THAT(mark, IsOk());
  EXPECT_THAT(HighWaterMark::Open(path_, log_id_),
              Refuses(absl::StatusCode::kUnavailable, "in use"));
  ASSERT_THAT((*mark)->Advance(MarkAt(1)), IsOk());
}

TEST_F(HighWaterMarkTest, IsNotCreatedTwice) {
  MakeMark(3);
  EXPECT_THAT(HighWaterMark::Create(path_, log_id_),
              Refuses(absl::StatusCode::kAlreadyExists, path_));
  const auto mark = ReadMark();
  ASSERT_THAT(mark, IsOk());
  EXPECT_EQ(*mark, MarkAt(3));
}

TEST_F(HighWaterMarkTest, IsNotCreatedByOpening) {
  EXPECT_THAT(ReadMark(), Refuses(absl::StatusCode::kNotFound, path_));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(HighWaterMarkTest, NamesADirectoryThatIsNotThere) {
  EXPECT_THAT(HighWaterMark::Create(path_ + "/none/mark", log_id_),
              Refuses(absl::StatusCode::kNotFound, "/none/mark"));
}

TEST_F(HighWaterMarkTest, RefusesToGoOnAfterAFailedWrite) {
  const auto mark = HighWaterMark::Create(path_, log_id_);
  ASSERT_THAT(mark, IsOk());
  // Writes past the limit of a file's length fail with EFBIG.
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit none = {.rlim_cur = 0, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const absl::Status failed = (*mark)->Advance(MarkAt(1));
  const absl::Status refused = (*mark)->Advance(MarkAt(2));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(failed.ok());
  EXPECT_THAT(failed, Refuses(failed.code(), "writing the high-water mark"));
  EXPECT_THAT(refused, Refuses(absl::StatusCode::kFailedPrecondition,
                               "an earlier write"));
  EXPECT_EQ((*mark)->current(), Mark());
  EXPECT_THAT(
      (*mark)->Advance(MarkAt(3)),
      Refuses(absl::StatusCode::kFailedPrecondition, "an earlier write"));
}

TEST_F(HighWaterMarkTest, RemovesAFileThatCouldNotBeWritten) {
  struct rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit little = {.rlim_cur = kSlotBytes,
                                .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  const auto mark = HighWaterMark::Create(path_, log_id_);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  ASSERT_FALSE(mark.ok());
  EXPECT_THAT(mark, Refuses(mark.status().code(), "File too large"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST(OnSameFileSystemTest, ComparesFilesDirectoriesAndNewNames) {
  const TemporaryDirectory directory;
  const std::string sub = directory.path() + "/sub";
  std::filesystem::create_directory(sub);
  const auto same = OnSameFileSystem(sub, directory.path() + "/new-mark");
  ASSERT_THAT(same, IsOk());
  EXPECT_TRUE(*same);
  // /proc is always a file system of its own.
  const auto other = OnSameFileSystem(directory.path(), "/proc");
  ASSERT_THAT(other, IsOk());
  EXPECT_FALSE(*other);
  EXPECT_THAT(OnSameFileSystem(directory.path(), sub + "/none/mark"),
              Refuses(absl::StatusCode::kNotFound, "/none/mark"));
}

}  // namespace
}  // namespace sealbook::server
