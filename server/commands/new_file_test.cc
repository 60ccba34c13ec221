#include "server/commands/new_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/commands/testing/temp_dir.h"

namespace sealbook::server {
namespace {

using ::testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(NewFileTest, WritesAFileThatOthersMayRead) {
  testing::TempDir dir;
  const mode_t before = umask(077);
  const absl::Status status = WriteNewFile(dir.File("a"), "text");
  umask(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Contents(dir.File("a")), "text");
  struct stat info {};
  ASSERT_EQ(stat(dir.File("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0644u);
}

TEST(NewFileTest, NeverOverwrites) {
  testing::TempDir dir;
  ASSERT_TRUE(WriteNewFile(dir.File("a"), "first").ok());
  const absl::Status status = WriteNewFile(dir.File("a"), "second");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir.File("a")));
  EXPECT_EQ(Contents(dir.File("a")), "first");
}

TEST(NewFileTest, NamesAFolderThatIsMissing) {
  testing::TempDir dir;
  const absl::Status status = WriteNewFile(dir.File("no/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(dir.File("no/a")));
}

TEST(NewFileTest, ReplacesAsAWhole) {
  testing::TempDir dir;
  ASSERT_TRUE(ReplaceFile(dir.File("a"), "first").ok());
  ASSERT_TRUE(ReplaceFile(dir.File("a"), "second").ok());
  EXPECT_EQ(Contents(dir.File("a")), "second");
  EXPECT_NE(access(dir.File("a.new").c_str(), F_OK), 0);

  const absl::Status status = ReplaceFile(dir.File("no/a"), "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot make"));
}

}  // namespace
}  // namespace sealbook::server
