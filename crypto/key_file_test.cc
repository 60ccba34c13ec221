#include "crypto/key_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace sealbook::crypto {
namespace {

using ::testing::HasSubstr;

class KeyFileTest : public ::testing::Test {
 protected:
  KeyFileTest() {
    std::string pattern = absl::StrCat(::testing::TempDir(), "/keys.XXXXXX");
    folder_ = mkdtemp(pattern.data());
  }
  ~KeyFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }

  std::string MakeFile(const std::string& name, const std::string& bytes,
                       mode_t mode) {
    std::string path = Path(name);
    std::ofstream(path, std::ios::binary) << bytes;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  size_t FileCount() const {
    std::filesystem::directory_iterator files(folder_);
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }

  std::string folder_;
};

TEST_F(KeyFileTest, ReadsWhatWasWritten) {
  std::string bytes("-----BEGIN\0\xff\n", 13);
  ASSERT_TRUE(WriteKeyFile(Path("a.pem"), SecretText(std::string(bytes))).ok());
  absl::StatusOr<SecretText> read = ReadKeyFile(Path("a.pem"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->view(), bytes);
}

TEST_F(KeyFileTest, WritesForTheOwnerAloneWhateverTheUmask) {
  for (mode_t mask : {0000, 0277}) {
    std::string path = Path(absl::StrCat("mask", mask));
    mode_t before = umask(mask);
    absl::Status status = WriteKeyFile(path, SecretText("key"));
    umask(before);
    ASSERT_TRUE(status.ok()) << status;
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, static_cast<mode_t>(0600));
  }
}

TEST_F(KeyFileTest, NeverOverwritesAndLeavesNoOtherFile) {
  ASSERT_TRUE(WriteKeyFile(Path("a.pem"), SecretText("first")).ok());
  absl::Status second = WriteKeyFile(Path("a.pem"), SecretText("second"));
  EXPECT_EQ(second.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(second.message(), HasSubstr("never overwritten"));
  EXPECT_EQ(ReadKeyFile(Path("a.pem"))->view(), "first");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(KeyFileTest, NeverReplacesADanglingLink) {
  ASSERT_EQ(symlink("nowhere", Path("link").c_str()), 0);
  absl::Status status = WriteKeyFile(Path("link"), SecretText("key"));
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr(Path("link")));
  EXPECT_FALSE(std::filesystem::exists(Path("nowhere")));
}

TEST_F(KeyFileTest, WriteNamesAMissingFolder) {
  absl::Status status = WriteKeyFile(Path("no/a.pem"), SecretText("key"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(Path("no/a.pem")));
}

TEST_F(KeyFileTest, WritesIntoTheCurrentFolder) {
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  absl::Status status = WriteKeyFile("bare.pem", SecretText("key"));
  std::filesystem::current_path(before);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(ReadKeyFile(Path("bare.pem"))->view(), "key");
}

TEST_F(KeyFileTest, MissingFileIsNotFound) {
  absl::Status status = ReadKeyFile(Path("none.pem")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr(Path("none.pem")));
}

TEST_F(KeyFileTest, RefusesEveryModeThatLetsOthersIn) {
  for (mode_t bit : {0040, 0020, 0010, 0004, 0002, 0001}) {
    std::string path = MakeFile("open.pem", "key", 0600 | bit);
    absl::Status status = ReadKeyFile(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << bit;
    EXPECT_THAT(status.message(), HasSubstr(path));
    EXPECT_THAT(status.message(),
                HasSubstr(absl::StrCat("06", bit / 8, bit % 8)));
    EXPECT_THAT(status.message(), HasSubstr("chmod 600"));
  }
  for (mode_t mode : {0600, 0400, 0700}) {
    std::string path = MakeFile("closed.pem", "key", 0600);
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_TRUE(ReadKeyFile(path).ok()) << mode;
    ASSERT_EQ(unlink(path.c_str()), 0);
  }
}

TEST_F(KeyFileTest, RefusesAFileOfSomebodyElse) {
  // Root gives its file away; anybody else has root's files at hand.
  std::string path = "/etc/passwd";
  if (geteuid() == 0) {
    path = MakeFile("given.pem", "key", 0600);
    ASSERT_EQ(chown(path.c_str(), 65534, 65534), 0);
  }
  absl::Status status = ReadKeyFile(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr(path));
  EXPECT_THAT(status.message(), HasSubstr("is owned by user"));
  EXPECT_THAT(status.message(), HasSubstr("chmod 600"));
}

TEST_F(KeyFileTest, LargestFileIs64KiB) {
  std::string path = MakeFile("max.pem", std::string(65536, 'k'), 0600);
  EXPECT_EQ(ReadKeyFile(path)->view().size(), 65536u);
  path = MakeFile("big.pem", std::string(65537, 'k'), 0600);
  absl::Status status = ReadKeyFile(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("more than 65536"));
}

TEST_F(KeyFileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(Path("folder").c_str(), 0700), 0);
  for (const char* name : {"pipe", "folder"}) {
    absl::Status status = ReadKeyFile(Path(name)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(status.message(), HasSubstr("not a regular file"));
  }
}

TEST_F(KeyFileTest, FollowsALinkAndJudgesItsTarget) {
  MakeFile("target.pem", "key", 0600);
  ASSERT_EQ(symlink("target.pem", Path("link").c_str()), 0);
  EXPECT_EQ(ReadKeyFile(Path("link"))->view(), "key");
  ASSERT_EQ(chmod(Path("target.pem").c_str(), 0644), 0);
  absl::Status status = ReadKeyFile(Path("link")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("0644"));
}

}  // namespace
}  // namespace sealbook::crypto
