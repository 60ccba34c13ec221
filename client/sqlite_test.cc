#include "client/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/files.h"
#include "client/testing/temp_folder.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

Database OpenEmpty(const std::string& path) {
  EXPECT_TRUE(WriteNewFile(path, "").ok());
  auto database = Database::Open(path, Database::Mode::kReadWrite);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

TEST(SqliteTest, KeepsBytesTextAndNumbersAsTheyAre) {
  TempFolder folder;
  Database database = OpenEmpty(folder.path("db"));
  ASSERT_TRUE(database.Execute("CREATE TABLE t (b BLOB, s TEXT, i INT)").ok());
  Statement put = database.Prepare("INSERT INTO t VALUES (?1, ?2, ?3)").value();
  std::string bytes("\0\xff\0", 3);
  put.BindBytes(1, bytes);
  put.BindText(2, "text");
  put.BindInteger(3, -5);
  ASSERT_TRUE(put.Run().ok());
  Statement get = database.Prepare("SELECT b, s, i, NULL FROM t").value();
  ASSERT_TRUE(get.Step().value());
  EXPECT_EQ(get.Bytes(0), bytes);
  EXPECT_EQ(get.Bytes(1), "text");
  EXPECT_EQ(get.Integer(2), -5);
  EXPECT_TRUE(get.IsNull(3));
  EXPECT_FALSE(get.IsNull(0));
  EXPECT_FALSE(get.Step().value());
}

TEST(SqliteTest, TellsNoBytesFromNothing) {
  TempFolder folder;
  Database database = OpenEmpty(folder.path("db"));
  Statement get = database.Prepare("SELECT ?1 IS NULL").value();
  get.BindBytes(1, absl::string_view());
  ASSERT_TRUE(get.Step().value());
  EXPECT_EQ(get.Integer(0), 0);
}

TEST(SqliteTest, AnUncommittedTransactionLeavesNothing) {
  TempFolder folder;
  Database database = OpenEmpty(folder.path("db"));
  ASSERT_TRUE(database.Execute("CREATE TABLE t (i INT)").ok());
  {
    Transaction change = Transaction::Begin(database).value();
    ASSERT_TRUE(database.Execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(database.ReadInteger("SELECT count(*) FROM t").value(), 0);
  {
    Transaction change = Transaction::Begin(database).value();
    ASSERT_TRUE(database.Execute("INSERT INTO t VALUES (1)").ok());
    ASSERT_TRUE(change.Commit().ok());
  }
  EXPECT_EQ(database.ReadInteger("SELECT count(*) FROM t").value(), 1);
}

TEST(SqliteTest, NamesTheFileThatIsNoDatabase) {
  TempFolder folder;
  ASSERT_TRUE(WriteNewFile(folder.path("db"), std::string(4096, 'x')).ok());
  auto database = Database::Open(folder.path("db"), Database::Mode::kReadWrite);
  ASSERT_TRUE(database.ok()) << database.status();
  absl::Status status = database->ReadInteger("PRAGMA user_version").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(folder.path("db")), HasSubstr("not a database")));
}

TEST(SqliteTest, DoesNotMakeAFile) {
  TempFolder folder;
  absl::Status status =
      Database::Open(folder.path("db"), Database::Mode::kReadWrite).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("unable to open"));
}

TEST(SqliteTest, ReadOnlyRefusesToWrite) {
  TempFolder folder;
  ASSERT_TRUE(
      OpenEmpty(folder.path("db")).Execute("CREATE TABLE t (i INT)").ok());
  auto database = Database::Open(folder.path("db"), Database::Mode::kReadOnly);
  ASSERT_TRUE(database.ok()) << database.status();
  absl::Status status = database->Execute("INSERT INTO t VALUES (1)");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("readonly"));
}

TEST(SqliteTest, ReportsAParameterThatIsNotThere) {
  TempFolder folder;
  Database database = OpenEmpty(folder.path("db"));
  Statement get = database.Prepare("SELECT ?1").value();
  get.BindInteger(2, 1);
  absl::Status status = get.Step().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("out of range"));
}

}  // namespace
}  // namespace sealbook::client
