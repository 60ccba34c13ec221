// What is refused when a LevelDB store is made or opened. What it does once it
// is open: conformance_test, crash_test, corruption_test.
#include "server/storage/leveldb_storage.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/format_file.h"
#include "server/storage/migration.h"
#include "server/storage/testing/fault_env.h"
#include "server/storage/testing/status_matchers.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::sealbook::server::testing::FaultEnv;
using ::sealbook::server::testing::IsOk;
using ::sealbook::server::testing::Refuses;
using ::sealbook::server::testing::Survives;
using ::sealbook::server::testing::TemporaryDirectory;
using ::testing::ElementsAre;

class LevelDbStorageTest : public ::testing::Test {
 protected:
  void WriteFile(const std::string& name, const std::string& bytes) {
    std::ofstream(path_ + "/" + name, std::ios::binary) << bytes;
  }
  std::string ReadFile(const std::string& name) {
    std::ifstream file(path_ + "/" + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

  const TemporaryDirectory parent_;
  const std::string path_ = parent_.path() + "/log";
};

TEST_F(LevelDbStorageTest, CreatesInADirectoryThatDoesNotExist) {
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  EXPECT_EQ(ReadFile("FORMAT"), "sealbook storage\nformat 1\n");
  EXPECT_THAT(LevelDbStorage::Open(path_, {}), IsOk());
  EXPECT_THAT(LevelDbStorage::Open(path_ + "/", {}), IsOk());
}

TEST_F(LevelDbStorageTest, CreatesInAnEmptyFileSystem) {
  std::filesystem::create_directories(path_ + "/lost+found");
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  EXPECT_THAT(LevelDbStorage::Open(path_, {}), IsOk());
}

TEST_F(LevelDbStorageTest, MakesTheNameOfAnExistingDirectoryDurable) {
  FaultEnv env;
  // Made, but its name not synced.
  ASSERT_TRUE(env.CreateDir("/log").ok());
  ASSERT_THAT(LevelDbStorage::Create("/log", env.Options()), IsOk());
  env.PowerCut(Survives::kNothing, /*seed=*/1);
  EXPECT_THAT(LevelDbStorage::Open("/log", env.Options()), IsOk());
}

TEST_F(LevelDbStorageTest, RefusesToCreateWithoutAParentDirectory) {
  EXPECT_THAT(LevelDbStorage::Create(path_ + "/deeper", {}),
              Refuses(absl::StatusCode::kNotFound, path_ + " does not exist"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LevelDbStorageTest, RefusesToCreateInSomebodyElsesDirectory) {
  std::filesystem::create_directory(path_);
  WriteFile("letter.txt", "dear");
  EXPECT_THAT(LevelDbStorage::Create(path_, {}),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "holds \"letter.txt\"): name an empty directory"));
  // Nothing was added to it.
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(path_)) {
    names.push_back(file.path().filename());
  }
  EXPECT_THAT(names, ElementsAre("letter.txt"));
}

TEST_F(LevelDbStorageTest, RefusesToCreateOverAStore) {
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  EXPECT_THAT(LevelDbStorage::Create(path_, {}),
              Refuses(absl::StatusCode::kAlreadyExists, "sealbookd serve"));
}

TEST_F(LevelDbStorageTest, RefusesToCreateInAFile) {
  std::ofstream(path_) << "a file";
  EXPECT_THAT(
      LevelDbStorage::Create(path_, {}),
      Refuses(absl::StatusCode::kFailedPrecondition, "Not a directory"));
  EXPECT_THAT(
      LevelDbStorage::Open(path_, {}),
      Refuses(absl::StatusCode::kFailedPrecondition, "Not a directory"));
}

TEST_F(LevelDbStorageTest, RefusesToOpenADirectoryThatDoesNotExist) {
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kNotFound, "sealbookd init"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LevelDbStorageTest, RefusesToOpenAnEmptyDirectory) {
  std::filesystem::create_directory(path_);
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kNotFound, "may not be mounted"));
  EXPECT_TRUE(std::filesystem::is_empty(path_));
}

TEST_F(LevelDbStorageTest, RefusesToOpenAForeignDirectory) {
  std::filesystem::create_directory(path_);
  WriteFile("letter.txt", "dear");
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kFailedPrecondition, "no FORMAT file"));
}

TEST_F(LevelDbStorageTest, RefusesAFormatFileThatIsNotOurs) {
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  for (const char* contents :
       {"", "sealbook storage\n", "sealbook storage\nformat \n",
        "sealbook storage\nformat 1", "sealbook storage\nformat one\n",
        "sealbook storage\nformat 1\nmore\n", "SQLite format 3"}) {
    WriteFile("FORMAT", contents);
    EXPECT_THAT(LevelDbStorage::Open(path_, {}),
                Refuses(absl::StatusCode::kFailedPrecondition,
                        "damaged or not Sealbook's"))
        << contents;
  }
}

TEST_F(LevelDbStorageTest, NamesBothVersionsWhenItRefusesAFormat) {
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  WriteFile("FORMAT", "sealbook storage\nformat 7\n");
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "format 7, but this program reads and writes format 1"));
}

TEST_F(LevelDbStorageTest, RefusesAStoreWhoseDatabaseIsGone) {
  for (const std::string name : {"leveldb", "entries"}) {
    const std::string path = absl::StrCat(path_, ".without.", name);
    ASSERT_THAT(LevelDbStorage::Create(path, {}), IsOk());
    std::filesystem::remove_all(path + "/" + name);
    EXPECT_THAT(LevelDbStorage::Open(path, {}),
                Refuses(absl::StatusCode::kDataLoss, "/" + name));
    EXPECT_FALSE(std::filesystem::exists(path + "/" + name));
  }
}

// Each database is sound by itself; that they are copies of different times has
// to be noticed all the same.
TEST_F(LevelDbStorageTest, NoticesDatabasesOfDifferentTimes) {
  const auto commit = [&](int i) {
    auto storage = LevelDbStorage::Open(path_, {});
    ASSERT_THAT(storage, IsOk());
    CommitRequest request = {.new_head = absl::StrCat(i)};
    if (i > 1) request.expected_head = absl::StrCat(i - 1);
    request.puts.push_back(
        {Table::kEntries, absl::StrCat(10'000'000 + i), "entry"});
    ASSERT_THAT((*storage)->Commit(request), IsOk());
  };
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  commit(1);
  const std::string older = path_ + ".older";
  std::filesystem::copy(path_, older, std::filesystem::copy_options::recursive);
  commit(2);
  const std::string newer = path_ + ".newer";
  std::filesystem::copy(path_, newer, std::filesystem::copy_options::recursive);
  const auto take = [&](const std::string& name, const std::string& copy) {
    std::filesystem::remove_all(path_ + "/" + name);
    std::filesystem::copy(copy + "/" + name, path_ + "/" + name,
                          std::filesystem::copy_options::recursive);
  };
  take("entries", older);
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kDataLoss,
                      "/entries lacks what the last commit"));
  // The other way round it is the log as it was, which the mark tells from the
  // newest. Nothing newer shows.
  take("leveldb", older);
  take("entries", newer);
  const auto storage = LevelDbStorage::Open(path_, {});
  ASSERT_THAT(storage, IsOk());
  EXPECT_EQ((*storage)->Read(Table::kHead, {""}).value()[0], "1");
  EXPECT_EQ((*storage)->Read(Table::kEntries, {"10000001"}).value()[0],
            "entry");
  EXPECT_EQ((*storage)->Read(Table::kEntries, {"10000002"}).value()[0],
            std::nullopt);
}

TEST_F(LevelDbStorageTest, TakesNoSingleRecordIntoAnAscendingTable) {
  auto storage = LevelDbStorage::Create(path_, {});
  ASSERT_THAT(storage, IsOk());
  for (const Table table : {Table::kEntries, Table::kPages, Table::kValues}) {
    EXPECT_THAT((*storage)->PutRecord({table, "00000001", "record"}),
                Refuses(absl::StatusCode::kInvalidArgument, "only a commit"));
  }
}

// Runs `body` in another process; true if it returned true.
template <typename Body>
bool InAnotherProcess(Body body) {
  const pid_t child = fork();
  if (child == 0) _exit(body() ? 0 : 1);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(LevelDbStorageTest, RefusesAStoreThatAnotherProcessHasOpen) {
  ASSERT_THAT(LevelDbStorage::Create(path_, {}), IsOk());
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto storage = LevelDbStorage::Open(path_, {});
    const char answer = storage.ok() ? 'y' : 'n';
    if (write(ready[1], &answer, 1) == 1) pause();
    _exit(0);
  }
  char answer = 0;
  ASSERT_EQ(read(ready[0], &answer, 1), 1);
  ASSERT_EQ(answer, 'y');
  EXPECT_THAT(LevelDbStorage::Open(path_, {}),
              Refuses(absl::StatusCode::kUnavailable,
                      path_ + " is in use by another sealbookd"));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  close(ready[0]);
  close(ready[1]);
  // A lock dies with its process: nothing is left to be cleared away.
  EXPECT_THAT(LevelDbStorage::Open(path_, {}), IsOk());
}

// Root may do anything: become somebody who may not.
void BecomeNobody() {
  if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0)) _exit(2);
}

TEST_F(LevelDbStorageTest, NamesADirectoryThatItMayNotWrite) {
  // Below /tmp, which anybody may walk through to get there.
  char open_to_all[] = "/tmp/storage-XXXXXX";
  ASSERT_NE(mkdtemp(open_to_all), nullptr);
  const std::string path = std::string(open_to_all) + "/log";
  ASSERT_THAT(LevelDbStorage::Create(path, {}), IsOk());
  ASSERT_EQ(chmod(open_to_all, 0555), 0);
  ASSERT_EQ(chmod((path + "/LOCK").c_str(), 0444), 0);
  ASSERT_EQ(chmod(path.c_str(), 0555), 0);
  EXPECT_TRUE(InAnotherProcess([&] {
    BecomeNobody();
    EXPECT_THAT(LevelDbStorage::Open(path, {}),
                Refuses(absl::StatusCode::kPermissionDenied, path));
    EXPECT_THAT(LevelDbStorage::Create(std::string(open_to_all) + "/new", {}),
                Refuses(absl::StatusCode::kPermissionDenied, "/new"));
    return !::testing::Test::HasFailure();
  }));
  EXPECT_EQ(chmod(open_to_all, 0755), 0);
  EXPECT_EQ(chmod(path.c_str(), 0755), 0);
  std::filesystem::remove_all(open_to_all);
}

TEST_F(LevelDbStorageTest, NamesADirectoryThatItMayNotRead) {
  char open_to_all[] = "/tmp/storage-XXXXXX";
  ASSERT_NE(mkdtemp(open_to_all), nullptr);
  const std::string path = std::string(open_to_all) + "/log";
  ASSERT_THAT(LevelDbStorage::Create(path, {}), IsOk());
  ASSERT_EQ(chmod(open_to_all, 0755), 0);
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_TRUE(InAnotherProcess([&] {
    BecomeNobody();
    EXPECT_THAT(LevelDbStorage::Open(path, {}),
                Refuses(absl::StatusCode::kPermissionDenied, "listing"));
    return !::testing::Test::HasFailure();
  }));
  EXPECT_EQ(chmod(path.c_str(), 0755), 0);
  std::filesystem::remove_all(open_to_all);
}

TEST_F(LevelDbStorageTest, NamesAReadOnlyFileSystem) {
  FaultEnv env;
  ASSERT_THAT(LevelDbStorage::Create("/log", env.Options()), IsOk());
  env.FailFrom({.operation = env.operations(),
                .then = FaultEnv::Then::kAllWorks,
                .message = "Read-only file system"});
  EXPECT_THAT(LevelDbStorage::Open("/log", env.Options()),
              Refuses(absl::StatusCode::kPermissionDenied, "Read-only"));
}

TEST_F(LevelDbStorageTest, NamesAFullDiskAtCreation) {
  FaultEnv env;
  env.FailFrom({.operation = 8,
                .then = FaultEnv::Then::kAllWorks,
                .message = "No space left on device"});
  EXPECT_THAT(LevelDbStorage::Create("/log", env.Options()),
              Refuses(absl::StatusCode::kResourceExhausted, "No space left"));
  EXPECT_THAT(
      LevelDbStorage::Open("/log", env.Options()),
      Refuses(absl::StatusCode::kFailedPrecondition, "was interrupted"));
  EXPECT_THAT(LevelDbStorage::Create("/log", env.Options()),
              Refuses(absl::StatusCode::kFailedPrecondition, "not empty"));
}

// From format 1 to an invented one: its records are the same, a file tells.
absl::Status CopyStep(const std::string& from, const std::string& to) {
  for (const std::string name : {"/leveldb", "/entries"}) {
    std::filesystem::copy(from + name, to + name,
                          std::filesystem::copy_options::recursive);
  }
  std::ofstream(to + "/new") << "format 2";
  return absl::OkStatus();
}

class MigrationTest : public LevelDbStorageTest {
 protected:
  MigrationTest() {
    auto storage = LevelDbStorage::Create(path_, {});
    EXPECT_THAT(storage, IsOk());
    EXPECT_THAT((*storage)->PutRecord({Table::kLabels, "a", "1"}), IsOk());
  }
  const MigrationSteps steps_ = {{1, CopyStep}};
  const std::string kept_ = path_ + ".format-1";
  const std::string next_ = path_ + ".migrating";
};

TEST_F(MigrationTest, WritesTheNextFormatBesideAndKeepsTheOldOne) {
  auto plan = PlanMigration(path_, steps_, 2);
  ASSERT_THAT(plan, IsOk());
  EXPECT_EQ(plan->from, 1);
  EXPECT_EQ(plan->to, 2);
  EXPECT_FALSE(std::filesystem::exists(next_));
  // A trailing slash changes nothing.
  ASSERT_THAT(Migrate(path_ + "/", steps_, 2), IsOk());
  EXPECT_EQ(ReadFile("FORMAT"), "sealbook storage\nformat 2\n");
  EXPECT_EQ(ReadFile("new"), "format 2");
  EXPECT_THAT(
      LevelDbStorage::Open(path_, {}),
      Refuses(absl::StatusCode::kFailedPrecondition, "a newer sealbookd"));
  EXPECT_FALSE(std::filesystem::exists(next_));
  auto old = LevelDbStorage::Open(kept_, {});
  ASSERT_THAT(old, IsOk());
  EXPECT_EQ((*old)->Read(Table::kLabels, {"a"}).value()[0], "1");
  // Once more: nothing to do.
  EXPECT_THAT(Migrate(path_, steps_, 2), IsOk());
}

TEST_F(MigrationTest, LeavesTheDataWhereAStepFails) {
  const MigrationSteps failing = {
      {1, [](const std::string& from, const std::string& to) {
         CopyStep(from, to).IgnoreError();
         return absl::ResourceExhaustedError("the disk is full");
       }}};
  EXPECT_THAT(Migrate(path_, failing, 2),
              Refuses(absl::StatusCode::kResourceExhausted, "disk is full"));
  EXPECT_THAT(LevelDbStorage::Open(path_, {}), IsOk());
  EXPECT_FALSE(std::filesystem::exists(next_ + "/FORMAT"));
  // What the attempt left does not get in the way of the next.
  EXPECT_THAT(Migrate(path_, steps_, 2), IsOk());
  EXPECT_EQ(ReadFile("new"), "format 2");
}

TEST_F(MigrationTest, KeepsTheOldDataOfAnAttemptThatWasInterrupted) {
  ASSERT_THAT(Migrate(path_, steps_, 2), IsOk());
  // As if it had ended between the exchange of names and the last one.
  std::filesystem::rename(kept_, next_);
  ASSERT_THAT(Migrate(path_, steps_, 2), IsOk());
  EXPECT_THAT(LevelDbStorage::Open(kept_, {}), IsOk());
}

TEST_F(MigrationTest, RefusesWhatItCannotOrMustNotDo) {
  EXPECT_THAT(PlanMigration(path_ + "x", steps_, 2),
              Refuses(absl::StatusCode::kNotFound, "not a Sealbook data"));
  EXPECT_THAT(PlanMigration(path_, steps_, 3),
              Refuses(absl::StatusCode::kFailedPrecondition,
                      "leads from format 2 to 3"));
  EXPECT_THAT(PlanMigration(path_, steps_, 0),
              Refuses(absl::StatusCode::kFailedPrecondition, "newer"));
  {
    const auto open = LevelDbStorage::Open(path_, {});
    ASSERT_THAT(open, IsOk());
    EXPECT_THAT(Migrate(path_, steps_, 2),
                Refuses(absl::StatusCode::kUnavailable, "stop it first"));
  }
  std::filesystem::create_directory(kept_);
  EXPECT_THAT(Migrate(path_, steps_, 2),
              Refuses(absl::StatusCode::kAlreadyExists, "move it away"));
  WriteFile("FORMAT", "something else");
  EXPECT_THAT(Migrate(path_, steps_, 2),
              Refuses(absl::StatusCode::kFailedPrecondition, "damaged"));
}

}  // namespace
}  // namespace sealbook::server
