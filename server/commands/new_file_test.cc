#include "server/commands/new_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/storage/testing/temporary_directory.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(NewFileTest, WritesAFileThatOthersMayRead) {
  testing::TemporaryDirectory dir;
  const mode_t before = umask(077);
  const absl::Status status = WriteNewFile((dir.path() + "/a"), "text");
  umask(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Contents((dir.path() + "/a")), "text");
  struct stat info {};
  ASSERT_EQ(stat((dir.path() + "/a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST(NewFileTest, NeverOverwrites) {
  testing::TemporaryDirectory dir;
  ASSERT_TRUE(WriteNewFile((dir.path() + "/a"), "first").ok());
  const absl::Status status = WriteNewFile((dir.path() + "/a"), "second");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr((dir.path() + "/a")));
  EXPECT_EQ(Contents((dir.path() + "/a")), "first");
}

TEST(NewFileTest, NamesAFolderThatIsMissing) {
  testing::TemporaryDirectory dir;
  const absl::Status status = WriteNewFile((dir.path() + "/no/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr((dir.path() + "/no/a")));
}

TEST(NewFileTest, ReplacesAsAWhole) {
  testing::TemporaryDirectory dir;
  ASSERT_TRUE(ReplaceFile((dir.path() + "/a"), "first").ok());
  ASSERT_TRUE(ReplaceFile((dir.path() + "/a"), "second").ok());
  EXPECT_EQ(Contents((dir.path() + "/a")), "second");
  EXPECT_NE(access((dir.path() + "/a.new").c_str(), F_OK), 0);

  const absl::Status status = ReplaceFile((dir.path() + "/no/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot make"));
}

}  // namespace
}  // namespace sealbook::server
