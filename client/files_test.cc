#include "client/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "client/testing/temp_folder.h"

namespace sealbook::client {
namespace {

using ::testing::HasSubstr;

TEST(FilesTest, ReadsBackWhatItWrote) {
  TempFolder folder;
  std::string bytes("a\0b\n", 4);
  ASSERT_TRUE(WriteNewFile(folder.path("f"), bytes).ok());
  EXPECT_EQ(ReadFile(folder.path("f")).value(), bytes);
}

TEST(FilesTest, NeverOverwrites) {
  TempFolder folder;
  ASSERT_TRUE(WriteNewFile(folder.path("f"), "first").ok());
  absl::Status status = WriteNewFile(folder.path("f"), "second");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("exists"));
  EXPECT_EQ(ReadFile(folder.path("f")).value(), "first");
}

TEST(FilesTest, SaysWhichFileIsMissing) {
  TempFolder folder;
  absl::Status status = ReadFile(folder.path("nothing")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("nothing"));
}

TEST(FilesTest, RefusesAFolderAndAFileThatIsTooLarge) {
  TempFolder folder;
  absl::Status status = ReadFile(folder.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("folder"));
  ASSERT_TRUE(WriteNewFile(folder.path("f"), "12345").ok());
  EXPECT_TRUE(ReadFile(folder.path("f"), 5).ok());
  status = ReadFile(folder.path("f"), 4).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("larger than 4"));
}

TEST(FilesTest, MakesFoldersThatOthersCannotEnter) {
  TempFolder folder;
  ASSERT_TRUE(MakePrivateFolder(folder.path("a/b/c")).ok());
  ASSERT_TRUE(MakePrivateFolder(folder.path("a/b/c")).ok());
  struct stat facts;
  ASSERT_EQ(stat(folder.path("a/b").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0700u);
}

TEST(FilesTest, SaysWhatIsInTheWayOfAFolder) {
  TempFolder folder;
  ASSERT_TRUE(WriteNewFile(folder.path("f"), "").ok());
  absl::Status status = MakePrivateFolder(folder.path("f"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a folder"));
  status = MakePrivateFolder(folder.path("f/g"));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("f/g"));
}

}  // namespace
}  // namespace sealbook::client
