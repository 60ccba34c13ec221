#include "server/storage/durable_env.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::Survives;
using ::sealbook::server::testing::TemporaryDirectory;
using ::testing::HasSubstr;

class DurableEnvTest : public ::testing::Test {
 protected:
  static constexpr uint64_t kSeed = 1;

  void WriteAndSync(const std::string& path, const std::string& bytes) {
    leveldb::WritableFile* opened = nullptr;
    ASSERT_TRUE(env_.NewWritableFile(path, &opened).ok());
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    ASSERT_TRUE(file->Append(bytes).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(file->Close().ok());
  }

  std::string Read(const std::string& path) {
    std::string bytes;
    const leveldb::Status status =
        leveldb::ReadFileToString(&disk_, path, &bytes);
    return status.ok() ? bytes : status.ToString();
  }

  FaultEnv disk_;
  DurableEnv env_{&disk_, [this](const std::string& path) {
                    return disk_.SyncDirectory(path);
                  }};
};

TEST_F(DurableEnvTest, NamesTheDirectoryOfAPath) {
  EXPECT_EQ(ParentDirectory("/a/b"), "/a");
  EXPECT_EQ(ParentDirectory("/a/b//"), "/a");
  EXPECT_EQ(ParentDirectory("/a//b"), "/a");
  EXPECT_EQ(ParentDirectory("/a"), "/");
  EXPECT_EQ(ParentDirectory("//a"), "/");
  EXPECT_EQ(ParentDirectory("/"), "/");
  EXPECT_EQ(ParentDirectory("a/b"), "a");
  EXPECT_EQ(ParentDirectory("a"), ".");
  EXPECT_EQ(ParentDirectory("a/"), ".");
  EXPECT_EQ(ParentDirectory(""), ".");
}

TEST_F(DurableEnvTest, ASyncedFileSurvivesWithItsName) {
  WriteAndSync("/file", "bytes");
  disk_.PowerCut(Survives::kNothing, kSeed);
  EXPECT_EQ(Read("/file"), "bytes");
}

TEST_F(DurableEnvTest, ARenamedFileSurvivesUnderItsNewName) {
  WriteAndSync("/old", "bytes");
  ASSERT_TRUE(env_.RenameFile("/old", "/new").ok());
  disk_.PowerCut(Survives::kNothing, kSeed);
  EXPECT_EQ(Read("/new"), "bytes");
  EXPECT_FALSE(disk_.FileExists("/old"));
}

TEST_F(DurableEnvTest, AMadeDirectorySurvives) {
  ASSERT_TRUE(env_.CreateDir("/dir").ok());
  disk_.PowerCut(Survives::kNothing, kSeed);
  EXPECT_TRUE(disk_.FileExists("/dir"));
}

TEST_F(DurableEnvTest, KeepsFilesAfterARenameOfUnknownOutcome) {
  WriteAndSync("/new", "manifest");
  disk_.FailFrom(
      {.operation = disk_.operations() + 1, .then = FaultEnv::Then::kAllWorks});
  const leveldb::Status renamed = env_.RenameFile("/new", "/current");
  EXPECT_TRUE(renamed.IsIOError());
  EXPECT_THAT(renamed.ToString(), HasSubstr("Input/output error"));
  const leveldb::Status removed = env_.RemoveFile("/current");
  EXPECT_TRUE(removed.IsIOError());
  EXPECT_THAT(removed.ToString(), HasSubstr("earlier operation failed"));
  EXPECT_EQ(Read("/current"), "manifest");
}

// Making a file, appending, syncing its bytes, syncing its name.
TEST_F(DurableEnvTest, RemovesNoFileOnceAnOperationHasFailed) {
  for (uint64_t failing = 0; failing < 4; ++failing) {
    FaultEnv disk;
    DurableEnv env(&disk, [&](const std::string& path) {
      return disk.SyncDirectory(path);
    });
    leveldb::WritableFile* opened = nullptr;
    ASSERT_TRUE(env.NewWritableFile("/old", &opened).ok());
    delete opened;
    disk.FailFrom({.operation = disk.operations() + failing,
                   .then = FaultEnv::Then::kAllWorks});
    leveldb::Status status = env.NewWritableFile("/new", &opened);
    const std::unique_ptr<leveldb::WritableFile> file(opened);
    if (status.ok()) status = file->Append("bytes");
    if (status.ok()) status = file->Sync();
    EXPECT_TRUE(status.IsIOError()) << failing;
    EXPECT_TRUE(env.RemoveFile("/old").IsIOError()) << failing;
    EXPECT_TRUE(disk.FileExists("/old")) << failing;
  }
}

// As LevelDB's compaction writes its manifest.
TEST_F(DurableEnvTest, AFileWhoseWriteHasFailedTakesNothingMore) {
  leveldb::WritableFile* opened = nullptr;
  ASSERT_TRUE(env_.NewWritableFile("/manifest", &opened).ok());
  const std::unique_ptr<leveldb::WritableFile> file(opened);
  ASSERT_TRUE(file->Append("header and payload, header").ok());
  ASSERT_TRUE(file->Sync().ok());
  disk_.FailFrom(
      {.operation = disk_.operations(), .then = FaultEnv::Then::kAllWorks});
  EXPECT_FALSE(file->Append(" and payload").ok());
  EXPECT_FALSE(file->Append(", header and payload").ok());
  EXPECT_FALSE(file->Flush().ok());
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_EQ(Read("/manifest"), "header and payload, header");
  // Others do.
  WriteAndSync("/other", "bytes");
}

TEST_F(DurableEnvTest, DoesNotTakeALogThatIsNotThereForAnError) {
  WriteAndSync("/file", "bytes");
  EXPECT_TRUE(env_.RenameFile("/LOG", "/LOG.old").IsNotFound());
  EXPECT_TRUE(env_.RemoveFile("/file").ok());
}

TEST_F(DurableEnvTest, AMissingTableDoesNotLookLikeAMissingKey) {
  leveldb::RandomAccessFile* random = nullptr;
  leveldb::Status status = env_.NewRandomAccessFile("/1.ldb", &random);
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_THAT(status.ToString(),
              HasSubstr("a table file is missing: NotFound: "));
}

TEST_F(DurableEnvTest, SyncsDirectoriesOfTheMachine) {
  const TemporaryDirectory directory;
  EXPECT_TRUE(PosixSyncDirectory(directory.path()).ok());
  const leveldb::Status missing =
      PosixSyncDirectory(directory.path() + "/missing");
  EXPECT_TRUE(missing.IsIOError());
  EXPECT_THAT(missing.ToString(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace sealbook::server
